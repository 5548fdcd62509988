"""`imgtrust verify`: judge images, or all images of a Compose project."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click
from click.core import ParameterSource

from trust.policy import Policy
from trust.verdict import Verdict
from verifier.cli.asked import Asked, Note, ProjectOptions, ask
from verifier.cli.policies import POLICY_NAME, find_policy, load_policy, policy_of_key
from verifier.cli.reading import current_directory
from verifier.cli.session import format_option, open_session, options_from, registry_options
from verifier.decide import Judge, Question, decide_all
from verifier.errors import MalformedContent, UsageError
from verifier.manifest import Platform
from verifier.output.exit_code import ALLOW, exit_code
from verifier.output.printable import printable


@click.command("verify")
@click.argument("what", nargs=-1, metavar="[IMAGE|FILE]...")
@click.option("-f", "--file", "files", multiple=True, metavar="FILE", help="A Compose file; several are merged.")
@click.option("--env-file", "env_files", multiple=True, metavar="FILE", help="Variables for the Compose files.")
@click.option("--profile", "profiles", multiple=True, metavar="NAME", help="A Compose profile to activate.")
@click.option("--project-directory", metavar="DIR", help="The directory of the Compose project.")
@click.option("--policy", "policy_path", envvar="IMGTRUST_POLICY", metavar="FILE", help="The trust policy.")
@click.option(
    "--key", "keys", multiple=True, metavar="FILE", help="Instead of a policy: the key that must have signed."
)
@click.option("--platform", metavar="OS/ARCH", help="Judge only this platform of each image.")
@format_option
@click.option("--write-override", metavar="FILE", help="Write a Compose override with the digests that were verified.")
@registry_options
@click.pass_context
def command(ctx: click.Context, /, **values: Any) -> int:  # noqa: ANN401 - click's parameters, read once below
    """Judge images, or all images of a Compose project.

    An argument with the path of a file (./app, stack.yaml) is a Compose file; anything else is an image, or one in a
    layout on disk (oci:DIR[:REF]). Without arguments and -f, the Compose project of this directory is judged, as
    `docker compose` would find it.
    """
    key = _one_key(values["keys"])
    # What is said on the command line goes before what the environment says for every run.
    ambient = ctx.get_parameter_source("policy_path") is ParameterSource.ENVIRONMENT
    policy, base = _policy(None if key is not None and ambient else values["policy_path"], key)
    platform = _platform(values["platform"])
    options = ProjectOptions(values["files"], values["env_files"], values["profiles"], values["project_directory"])
    asked = ask(values["what"], options)
    override = values["write_override"]
    if override is not None and len(asked.projects) != 1:
        raise UsageError("`--write-override` needs exactly one Compose project")
    with open_session(options_from(values), policy, base) as session:
        judge = Judge(
            policy=policy,
            identify=session.sources.identify,
            open_image=session.sources.open_image,
            requests=session.requests,
            now=datetime.now(UTC),
            platform=platform,
        )
        verdicts = _judged(judge, asked.questions)
    # The override says that its images were verified, so for it a rule that only warns counts like any other.
    strict = override is not None
    code = exit_code(verdicts, complete=asked.complete, strict=strict)
    if override is not None:
        _write_override(override, asked, verdicts, code)
    if values["output"] == "json":
        _print_report(verdicts, asked, strict=strict)
    else:
        _print_lines(verdicts, _notes(asked))
    return code


def _one_key(paths: Sequence[str]) -> str | None:
    if len(paths) > 1:
        raise UsageError(
            "`--key` is given more than once, and it is not said whether one or all of them must have signed",
            hint="name the keys in a policy, whose rules say so; `imgtrust policy init` writes a first one",
        )
    return paths[0] if paths else None


def _platform(text: str | None) -> Platform | None:
    try:
        return None if text is None else Platform.parse(text)
    except MalformedContent as error:
        raise UsageError(f"--platform: {error.message}", hint=error.hint) from error


def _policy(policy_path: str | None, key_path: str | None) -> tuple[Policy, Path]:
    """The policy, and the folder that what it names is beside."""
    if key_path is not None and policy_path is not None:
        raise UsageError("both a policy and `--key` are given", hint="name the key in the policy, or leave one out")
    if key_path is not None:
        return policy_of_key(key_path), Path()
    found = Path(policy_path) if policy_path is not None else find_policy(current_directory())
    if found is None:
        raise UsageError(
            f"there is no policy: no `{POLICY_NAME}` here or above in the repository, no `--policy` and no `--key`",
            hint="`imgtrust policy init` writes a first one; `--key FILE` verifies against one key without a policy",
        )
    return load_policy(str(found)), found.parent


def _judged(judge: Judge, questions: Sequence[Question]) -> list[Verdict]:
    verdicts = []
    with _progress(len(questions)) as show:
        for verdict in decide_all(judge, questions):
            verdicts.append(verdict)
            show(len(verdicts))
    return verdicts


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """Shows how many images are judged, on a terminal's standard error, and leaves nothing there."""
    shown = total > 1 and _is_terminal(sys.stderr)

    def show(done: int) -> None:
        if shown:
            click.echo(f"\r\x1b[K{done} of {total} images judged", nl=False, err=True)

    show(0)
    try:
        yield show
    finally:
        if shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def _notes(asked: Asked) -> Sequence[Note]:
    if asked.questions:
        return asked.notes
    return (*asked.notes, Note("no-images", "the project names no image that could be judged", ""))


def _print_report(verdicts: Sequence[Verdict], asked: Asked, *, strict: bool) -> None:
    from verifier.output.report import report

    notes = [asdict(note) for note in _notes(asked)]
    click.echo(report(verdicts, complete=asked.complete, strict=strict, notes=notes), nl=False)


def _print_lines(verdicts: Sequence[Verdict], notes: Sequence[Note]) -> None:
    from verifier.output.text import TextStyle, summary_line, verdict_lines

    style = TextStyle(colour=_colour())
    for verdict in verdicts:
        click.echo("\n".join(verdict_lines(verdict, style)), color=True)
    for note in notes:
        where = f"{printable(note.place)}: " if note.place else ""
        click.echo(f"note: {where}{note.code}: {printable(note.message)}")
    if len(verdicts) != 1:
        click.echo(summary_line(verdicts, style), color=True)


def _colour() -> bool:
    import os

    return _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_terminal(stream: TextIO | None) -> bool:
    # None where it was closed before the start.
    return stream is not None and stream.isatty()


def _write_override(path: str, asked: Asked, verdicts: Sequence[Verdict], code: int) -> None:
    from verifier.cli.overrides import write

    if code != ALLOW:
        click.echo(f"`{printable(path)}` is not written: not every image may run", err=True)
        return
    warnings = write(Path(path), asked.projects[0], verdicts)
    click.echo(f"`{printable(path)}` is written", err=True)
    left_out = [f"`{one.requested}` is pinned, and not checked: {what}" for one in verdicts for what in one.unchecked]
    for warning in (*warnings, *left_out):
        click.echo(f"warning: {printable(warning)}", err=True)
