"""`imgtrust policy`: write, check and describe policies."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from verifier.cli.policies import POLICY_NAME, check_policy, find_policy
from verifier.cli.reading import current_directory
from verifier.errors import UsageError
from verifier.output.exit_code import ALLOW
from verifier.output.printable import printable


@click.group("policy")
def command() -> None:
    """Write, check and describe policies."""


@command.command("init", short_help="Write a first policy, with comments.")
@click.argument("path", default=POLICY_NAME, metavar="[FILE]")
@click.option("--key", "keys", multiple=True, metavar="FILE", help="The key it names.  [default: release.pub]")
@click.option("--images", default="ghcr.io/acme/**", show_default=True, metavar="PATTERN", help="What it is about.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it and write nothing.")
def init(path: str, keys: tuple[str, ...], images: str, *, to_stdout: bool) -> None:
    """Write a first policy, with comments, to FILE (default: imgtrust.yaml). A file that exists is left as it is."""
    from trust.policy_template import policy_template

    if len(keys) > 1:
        raise UsageError("`--key` is given more than once", hint="write the policy with one, and add the others to it")
    key = Path(keys[0] if keys else "release.pub")
    # What a policy names lies beside it, whatever directory it was written from.
    beside = key if to_stdout or key.is_absolute() else Path(os.path.relpath(key, Path(path).parent))
    text = policy_template(key_file=str(beside), images=images)
    if to_stdout:
        click.echo(text, nl=False)
        return
    _write_new(Path(path), text)
    click.echo(f"{printable(path)} is written; `imgtrust policy check` tells whether it can be enforced")
    if not key.is_file():
        click.echo(f"warning: the key `{printable(str(key))}` is not there yet", err=True)


@command.command("check", short_help="Tell whether a policy can be enforced.")
@click.argument("path", required=False, envvar="IMGTRUST_POLICY", metavar="[FILE]")
def check(path: str | None) -> int:
    """Tell whether a policy can be enforced, and what in it looks like a mistake. Exit code 2 if it cannot."""
    found = path if path is not None else find_policy(current_directory())
    if found is None:
        raise UsageError(
            f"there is no `{POLICY_NAME}` here or above in the repository",
            hint="name the policy, or run `policy init`",
        )
    checked = check_policy(str(found))
    for lint in checked.lints:
        click.echo(f"warning: {printable(str(lint))}")
    count = len(checked.policy.rules)
    rules = "1 rule" if count == 1 else f"{count} rules"
    click.echo(f"{printable(str(found))} can be enforced: {rules}, {checked.policy.digest}")
    return ALLOW


@command.command("schema", short_help="Print the JSON Schema of policies.")
def schema() -> None:
    """Print the JSON Schema of policies, from which editors complete and check."""
    from trust.policy_schema import policy_schema

    click.echo(json.dumps(policy_schema(), indent=2))


def _write_new(path: Path, text: str) -> None:
    try:
        # `x` makes the file or fails: what is there is never overwritten, and no link is followed.
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise UsageError(f"`{path}` exists, and is left as it is", hint="name another file, or use --stdout") from None
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror or error}") from error
