"""`imgtrust explain`: any finding code, offline."""

from __future__ import annotations

import click

from trust.findings import CATALOGUE, Explanation
from verifier.errors import UsageError


def _codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    del ctx, param
    return [code for code in CATALOGUE if code.startswith(incomplete)]


@click.command("explain")
@click.argument("codes", nargs=-1, metavar="[CODE]...", shell_complete=_codes)
def command(codes: tuple[str, ...]) -> None:
    """Explain finding codes; without one, list them all."""
    if not codes:
        width = max(len(code) for code in CATALOGUE)
        for entry in CATALOGUE.values():
            click.echo(f"{entry.code.ljust(width)}  {entry.title}")
        return
    click.echo("\n\n".join(_text(_entry(code)) for code in codes))


def _entry(code: str) -> Explanation:
    if code in CATALOGUE:
        return CATALOGUE[code]
    import difflib

    near = difflib.get_close_matches(code, CATALOGUE, n=1)
    raise UsageError(
        f"`{code[:60]}` is not a finding code",
        hint=f"did you mean `{near[0]}`?" if near else "`imgtrust explain` lists them all",
    )


def _text(entry: Explanation) -> str:
    return f"{entry.code}: {entry.title}\n\n{_wrap(entry.meaning)}\n\nWhat to do: {_wrap(entry.remedy)}"


def _wrap(text: str) -> str:
    return click.wrap_text(text, width=100)
