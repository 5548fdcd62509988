"""The parts of the documentation that follow from the code: `python -m tests.support.reference` writes them anew.

`tests/test_docs.py` compares them with what is committed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

import verifier.demo
from tests.support.finding_examples import examples
from tests.support.limits import limits_page
from trust.findings import CATALOGUE, Explanation
from verifier.cli import group

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
HELP_WIDTH = 100

_HELP_BLOCK = re.compile(r"```text\n\$ imgtrust(?P<command>[a-z -]*?) --help\n.*?```", re.DOTALL)
_DEMO_BLOCK = re.compile(r"(?<=```text\n)The demo lies in .*?\n(?=```)", re.DOTALL)
_REPEATED = "The signed image alone:"
_LAST = "What a finding means:"

_FINDINGS_HEAD = """\
# Findings

Every reason that imgtrust gives has a code. Codes are stable: scripts can rely on them, the words beside them may
change. `imgtrust explain CODE` shows the same offline.

A finding in a verdict has an effect: `deny` and `undecided` decide, `warn` and `info` do not. Codes of errors
(`policy-invalid`, `usage` and the like) reach you as a message with an exit code, and as an `undecided` finding where
they are about one image among several. Codes about a Compose project come as notes. Each example is what a test of the
command line gets; `…` stands for the digits of a digest.

This page is written by `python -m tests.support.reference` from the catalogue in `trust/findings.py`.
"""


def findings_page() -> str:
    """The page of finding codes, one heading for each."""
    return _FINDINGS_HEAD + "".join(_entry(entry) for entry in CATALOGUE.values())


def help_text(command: str) -> str:
    """What `imgtrust COMMAND --help` prints in a terminal of 100 columns."""
    result = CliRunner().invoke(group, [*command.split(), "--help"], prog_name="imgtrust", terminal_width=HELP_WIDTH)
    assert result.exit_code == 0, result.output
    return result.output


def with_help_blocks(text: str) -> str:
    """`text` with every help block as the code prints it now."""
    return _HELP_BLOCK.sub(lambda found: _help_block(found["command"]), text)


def with_demo_block(text: str) -> str:
    """`text` with what the demo prints now, and `[…]` for the step that repeats a verdict."""
    shown = demo_output()
    assert shown.count(_REPEATED) == shown.count(_LAST) == 1
    before, _, rest = shown.partition(_REPEATED)
    return _DEMO_BLOCK.sub(lambda _: f"{before}[…]\n\n{_LAST}{rest.partition(_LAST)[2]}", text)


def demo_output() -> str:
    """What `imgtrust demo` prints, with `…` for the folder that its own lies in."""
    # A process of its own, because the demo changes its directory.
    done = subprocess.run(
        [sys.executable, "-c", "from verifier.cli import main; main(['demo'])"],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return done.stdout.decode().replace(next(iter(verifier.demo.__path__)), "…/verifier/demo")


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it; the group itself has none."""
    yield from _commands("", group)


def _commands(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _commands(f"{words} {name}".strip(), below)


def _help_block(command: str) -> str:
    return f"```text\n$ imgtrust{command} --help\n{help_text(command)}```"


def _entry(entry: Explanation) -> str:
    title = entry.title[0].upper() + entry.title[1:]
    shown = examples().get(entry.code)
    example = "" if shown is None else f"\n```text\n{shown}\n```\n"
    return f"\n## `{entry.code}`\n\n{title}.\n\n{entry.meaning}\n{example}\n**What to do:** {entry.remedy}\n"


def main() -> None:
    """Write the pages anew."""
    (REFERENCE / "findings.md").write_text(findings_page(), encoding="utf-8")
    (REFERENCE / "limits.md").write_text(limits_page(), encoding="utf-8")
    for page, renewed in ((REFERENCE / "commands.md", with_help_blocks), (ROOT / "README.md", with_demo_block)):
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
