"""The examples, and what the guides show of them, run as the pages show it."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from verifier.cli import run

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PAGES = sorted(EXAMPLES.glob("*/README.md"))
GUIDES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if "```console" in page.read_text(encoding="utf-8")]
POLICIES = [path for path in sorted(EXAMPLES.rglob("*.yaml")) if "compose" not in path.name]

_BLOCK = re.compile(r"```console\n(?P<text>.*?)```", re.DOTALL)
_CUT = "[…]"


@dataclass(frozen=True, slots=True)
class Shown:
    """One command on a page, what the page shows of its output, and its exit code."""

    command: str
    output: tuple[str, ...]
    exit_code: int


def shown(page: Path) -> Iterator[Shown]:
    """The commands of `page`, in their order."""
    for block in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        for part in block["text"].split("$ ")[1:]:
            command, *output, code = part.rstrip("\n").split("\n")
            yield Shown(command, tuple(output), int(code.removeprefix("exit code ")))


def check_output(printed: str, expected: tuple[str, ...]) -> None:
    """Check that `printed` has the lines of `expected` in their order, with other lines only where `[…]` stands."""
    pattern = re.escape("\n".join(expected)).replace(re.escape(_CUT), ".*")
    assert re.fullmatch(pattern, printed.rstrip("\n"), re.DOTALL), printed


def check_page(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check that every command of `page`, run here, does what the page shows."""
    commands = list(shown(page))
    assert commands
    for one in commands:
        program, *arguments = shlex.split(one.command)
        assert program == "imgtrust"
        assert run(arguments) == one.exit_code, one.command
        check_output(capsys.readouterr().out, one.output)


@pytest.fixture
def examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the examples, beside the layout that they are about, so that what they write stays there."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    shutil.copytree(ROOT / "verifier" / "demo", tmp_path / "verifier" / "demo")
    monkeypatch.delenv("IMGTRUST_POLICY", raising=False)
    return tmp_path / "examples"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_an_example_does_what_its_page_shows(
    page: Path, examples: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(examples / page.parent.name)

    check_page(page, capsys)


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_what_a_guide_shows_happens_in_the_example_of_a_project(
    page: Path, examples: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(examples / "compose-project")

    check_page(page, capsys)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_a_policy_of_the_examples_can_be_enforced_and_has_nothing_without_effect(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["policy", "check", str(policy)]) == 0
    assert "warning" not in capsys.readouterr().out


def test_the_key_of_the_examples_is_that_of_the_demo() -> None:
    keys = [path.read_bytes() for path in EXAMPLES.rglob("release.pub")]

    assert set(keys) == {(ROOT / "verifier" / "demo" / "release.pub").read_bytes()}


def test_the_list_of_examples_names_every_one() -> None:
    listed = re.findall(r"\]\(([\w-]+)/README\.md\)", (EXAMPLES / "README.md").read_text(encoding="utf-8"))

    assert sorted(listed) == [page.parent.name for page in PAGES]


def test_an_override_is_written_only_for_a_project_that_may_run(
    examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples / "compose-project")
    override = Path("compose.verified.yaml")

    run(["verify", "-f", "compose.yaml", "-f", "compose.worker.yaml", "--write-override", str(override)])
    assert not override.exists()

    run(["verify", "--write-override", str(override)])
    assert 'image: "ghcr.io/acme/app:1.4@sha256:c998438c' in override.read_text()
