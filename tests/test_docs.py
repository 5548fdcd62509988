"""The documentation, held against the code."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import verifier.demo
from tests.support.limits import SECTIONS, limits_in_code, limits_page
from tests.support.reference import commands, demo_output, findings_page, with_demo_block, with_help_blocks
from trust.findings import CATALOGUE
from verifier.cli import run
from verifier.output import exit_code

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
README = ROOT / "README.md"
DEMO = Path(next(iter(verifier.demo.__path__)))
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
OURS = sorted([*(ROOT / "trust").rglob("*.py"), *(ROOT / "verifier").rglob("*.py")])

_LINK = re.compile(r"(?<!!)\[[^\]\n]*(?:\n[^\]\n]*)?\]\((?P<target>[^)\s]+)\)")
_CODE_SPAN = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_ANSWERS_WITH_CODE = frozenset({"Finding", "Note"})


def ids(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


# What is generated


def test_the_page_of_findings_is_what_the_catalogue_yields() -> None:
    assert (REFERENCE / "findings.md").read_text() == findings_page(), "python -m tests.support.reference"


def test_the_page_of_limits_is_what_the_code_yields() -> None:
    assert (REFERENCE / "limits.md").read_text() == limits_page(), "python -m tests.support.reference"


def test_every_limit_in_the_code_is_told_on_the_page() -> None:
    told = {where for entries in SECTIONS.values() for where in entries}

    assert told == set(limits_in_code())


def test_help_texts_are_what_the_commands_print() -> None:
    page = (REFERENCE / "commands.md").read_text()

    assert page == with_help_blocks(page), "python -m tests.support.reference"


@pytest.mark.parametrize("words", [words for words, _ in commands()])
def test_every_command_has_its_help_text_on_the_page(words: str) -> None:
    line = f"$ imgtrust {words} --help\n".replace("  ", " ")

    assert line in (REFERENCE / "commands.md").read_text()


@pytest.mark.parametrize("option", sorted({o for _, c in commands() for p in c.params for o in p.opts if o[0] == "-"}))
def test_every_option_is_on_the_page_of_commands(option: str) -> None:
    assert re.search(rf"(?<![\w-]){option}(?![\w-])", (REFERENCE / "commands.md").read_text())


@pytest.mark.parametrize("words", [words for words, _ in commands()])
def test_every_option_says_what_it_is_for(words: str) -> None:
    command = dict(commands())[words]
    options = [one for one in command.params if isinstance(one, click.Option)]

    assert [one.name for one in options if not one.help] == []


# Findings


def codes_in(path: Path) -> Iterator[str]:
    """Every code that the module at `path` gives an error, a finding or a note."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield from _class_codes(node)
        if isinstance(node, ast.Call) and _name(node.func) in _ANSWERS_WITH_CODE and node.args:
            yield from _texts(node.args[0])
        if isinstance(node, ast.Assign) and _is_code(node.targets[0]):
            yield from _texts(node.value)


def _class_codes(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and _is_code(statement.target) and statement.value is not None:
            yield from _texts(statement.value)


def _is_code(target: ast.expr) -> bool:
    names = target.elts if isinstance(target, ast.Tuple) else [target]
    return any(isinstance(name, ast.Name) and name.id == "code" for name in names)


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def _texts(value: ast.expr) -> Iterator[str]:
    first = value.elts[0] if isinstance(value, ast.Tuple) else value
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        yield first.value


def all_codes() -> set[str]:
    return {code for path in OURS for code in codes_in(path)}


def test_every_code_in_the_code_is_in_the_catalogue() -> None:
    assert all_codes() - set(CATALOGUE) == set()


def test_codes_are_found_in_errors_findings_and_notes() -> None:
    # A search that finds nothing would let every code pass.
    assert {
        "registry-error",
        "digest-gone",
        "no-signatures",
        "latest-tag",
        "mutable-tag",
        "no-images",
        "not-read",
    } <= all_codes()


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_of_the_catalogue_is_used(code: str) -> None:
    users = [path for path in OURS if path.name != "findings.py" and f'"{code}"' in path.read_text(encoding="utf-8")]

    assert users


@pytest.mark.parametrize("page", PAGES, ids=ids(PAGES))
def test_no_page_explains_a_code_that_does_not_exist(page: Path) -> None:
    explained = re.findall(r"imgtrust explain ([a-z][a-z-]+)", page.read_text())

    assert set(explained) <= set(CATALOGUE)


# Exit codes


def test_exit_codes_are_those_of_the_code() -> None:
    values = {value for name, value in vars(exit_code).items() if name.isupper() and isinstance(value, int)}

    for page in (REFERENCE / "exit-codes.md", README):
        rows = re.findall(r"^\| (\d+) \| (\w+)", page.read_text(), re.MULTILINE)
        assert {int(code) for code, _ in rows} == values
        for code, word in rows:
            assert getattr(exit_code, word.upper()) == int(code)


# Environment

_VARIABLE = re.compile(r"[A-Z]+_(?:[A-Z]+_)*[A-Z]+|TERM|PATH|HOME", re.ASCII)
_READ_BY = ("environ", "environment", "variables", "option")


def variables_in(path: Path) -> Iterator[str]:
    """Every name of an environment variable that the module at `path` passes to something or looks up."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        inner = [*node.args, *(one.value for one in node.keywords)] if isinstance(node, ast.Call) else []
        inner += [node.slice] if isinstance(node, ast.Subscript) else []
        text = ast.unparse(node) if inner else ""
        for one in inner:
            if (
                isinstance(one, ast.Constant)
                and _VARIABLE.fullmatch(str(one.value))
                and any(w in text for w in _READ_BY)
            ):
                yield str(one.value)


def test_every_environment_variable_that_is_read_is_on_the_page() -> None:
    page = (REFERENCE / "environment.md").read_text()
    read = {name for path in OURS for name in variables_in(path)}

    assert {"IMGTRUST_POLICY", "DOCKER_CONFIG", "NO_COLOR", "COMPOSE_FILE"} <= read
    assert [name for name in sorted(read) if f"`{name}`" not in page] == []


# Dependencies


def _requirements(entries: list[str]) -> set[tuple[str, str]]:
    return {(name, floor) for name, _, floor in (entry.partition(">=") for entry in entries)}


def test_dependencies_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run_time, development = (REFERENCE / "dependencies.md").read_text().split("## For development")

    for page, entries in (
        (run_time, project["project"]["dependencies"]),
        (development, project["dependency-groups"]["dev"]),
    ):
        rows = re.findall(r"^\| ([\w-]+) \| ([\d.]+) \|", page, re.MULTILINE)
        assert set(rows) == _requirements(entries)


# Pages


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=ids(PAGES))
def test_links_lead_somewhere(page: Path) -> None:
    for found in _LINK.finditer(_CODE_SPAN.sub("", page.read_text())):
        target, _, anchor = found["target"].partition("#")
        if "://" in target:
            continue
        leads_to = (page.parent / target).resolve() if target else page
        assert leads_to.exists(), found["target"]
        assert not anchor or anchor in _anchors(leads_to), found["target"]


def test_every_page_is_linked_from_the_readme() -> None:
    linked = {(ROOT / found["target"].partition("#")[0]).resolve() for found in _LINK.finditer(README.read_text())}

    expected = [page for page in PAGES if page.is_relative_to(DOCS) and page.parent.name != "decisions"]
    assert [page for page in expected if page not in linked] == []


@pytest.mark.parametrize("page", PAGES, ids=ids(PAGES))
def test_pages_speak_of_the_project_alone(page: Path) -> None:
    text = page.read_text()

    assert not re.search(r"/(work|root|tmp|home/\w+)/", text)
    assert not re.search(r"(?i)\bpypi\b|pythonhosted|npmjs|crates\.io|proxy\.golang|files\.python", text)


@pytest.mark.parametrize("page", PAGES, ids=ids(PAGES))
def test_files_that_pages_name_exist(page: Path) -> None:
    named = re.findall(r"`((?:trust|verifier|tests|docs|examples)/[\w./-]+)`", page.read_text())

    assert [name for name in named if not (ROOT / name).exists()] == []


# The README


def test_the_readme_shows_what_the_demo_prints() -> None:
    text = README.read_text()

    assert "The demo lies in" in text
    assert text == with_demo_block(text), "python -m tests.support.reference"


def test_the_readme_leaves_out_of_the_demo_only_a_verdict_that_it_shows() -> None:
    block = README.read_text().partition("```text\n")[2].partition("```")[0]
    left_out = [line for line in demo_output().splitlines() if line not in block.splitlines()]

    assert left_out == ["The signed image alone:", "$ imgtrust verify ghcr.io/acme/app:1.4 --policy imgtrust.yaml"]


def test_the_policy_of_the_readme_can_be_enforced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = README.read_text().partition("```yaml\n")[2].partition("```")[0]
    keys = ROOT / "tests" / "vectors" / "keys"
    (tmp_path / "imgtrust.yaml").write_text(text)
    (tmp_path / "release.pub").write_bytes((keys / "release.pub").read_bytes())
    (tmp_path / "security.pub").write_bytes((keys / "second.pub").read_bytes())

    assert run(["policy", "check", str(tmp_path / "imgtrust.yaml")]) == 0
    assert "warning" not in capsys.readouterr().out


# What the guides write into policies

_PRELUDE = """\
version: 1
keys:
  release: {file: release.pub}
  security: {file: second.pub}
  release-a: {file: p384.pub}
  release-b: {file: p521.pub}
"""
_RULE = "rules:\n  - images: ['ghcr.io/acme/**']\n    signatures: {from: [release]}\n"


def _fragments() -> Iterator[tuple[str, str]]:
    """Each policy, or part of one, in the guides: its page, and the text of a whole policy with it."""
    for page in sorted((DOCS / "guides").glob("*.md")):
        text = page.read_text()
        for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
            if block.startswith("version:"):
                yield page.stem, block
            elif block.startswith("  - images"):
                yield page.stem, f"{_PRELUDE}rules:\n{block}"
            elif not block.startswith("services:"):
                yield page.stem, _PRELUDE + block + _RULE
        for requirement in re.findall(r"`(signatures:\s[^`]+)`", text):
            rule = f"rules:\n  - images: ['ghcr.io/acme/**']\n    {requirement}\n"
            yield page.stem, _PRELUDE + rule
        for setting in re.findall(r"`((?:token_realms|insecure_registries): [^`]+)`", text):
            yield page.stem, f"{_PRELUDE}{setting}\n{_RULE}"


@pytest.mark.parametrize(
    ("page", "policy"), [pytest.param(*one, id=f"{n}-{one[0]}") for n, one in enumerate(_fragments())]
)
def test_what_the_guides_write_into_a_policy_can_be_enforced(page: str, policy: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "vectors" / "keys", tmp_path, dirs_exist_ok=True)
    (tmp_path / "imgtrust.yaml").write_text(policy)

    assert run(["policy", "check", str(tmp_path / "imgtrust.yaml")]) == 0, (page, policy)


def test_the_guides_have_policies_to_check() -> None:
    assert len(list(_fragments())) > 8


# The guide to pipelines

_JQ = re.compile(r"jq -r '(?P<program>[^']+)' report\.json")


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("position", range(4), ids=["refused", "pinned", "unsigned", "places"])
def test_questions_to_a_report_have_answers(position: int, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    programs = [found["program"] for found in _JQ.finditer((DOCS / "guides" / "ci.md").read_text())]
    policy = tmp_path / "imgtrust.yaml"
    policy.write_text(
        f"version: 1\nkeys:\n  release: {{file: {DEMO / 'release.pub'}}}\n"
        f"registry_map:\n  ghcr.io/acme: oci:{DEMO / 'layout'}\nrules:\n"
        "  - images: [ghcr.io/acme/app]\n    unsigned: {reason: a test, until: 2100-01-01}\n"
        "  - images: [ghcr.io/acme/**]\n    signatures: {from: [release]}\n"
    )
    run(["verify", "-f", str(DEMO / "compose.yaml"), "--policy", str(policy), "--format", "json"])
    expected = [
        "ghcr.io/acme/worker:2.0: no-signatures: no signature",
        "ghcr.io/acme/app:1.4@sha256:c998438c",
        "ghcr.io/acme/app:1.4: signatures, until 2100-01-01: a test",
        "compose.yaml:6:12: deny: ghcr.io/acme/worker:2.0",
    ]

    answer = subprocess.run(
        ["jq", "-r", programs[position]], input=capsys.readouterr().out, capture_output=True, text=True, check=True
    )

    assert len(programs) == len(expected)
    (line,) = answer.stdout.splitlines()
    assert expected[position] in line


# Shell completion

_SHELLS = {"bash": "complete ", "zsh": "compdef ", "fish": "complete "}


def _completed(**variables: str) -> str:
    code = "from verifier.cli import main; main()"
    environment = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, timeout=60, text=True, check=False
    ).stdout


@pytest.mark.parametrize("shell", _SHELLS)
def test_the_page_says_how_a_shell_completes(shell: str) -> None:
    assert f"_IMGTRUST_COMPLETE={shell}_source imgtrust" in (REFERENCE / "commands.md").read_text()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_gets_its_completion_script(shell: str) -> None:
    assert _SHELLS[shell] in _completed(_IMGTRUST_COMPLETE=f"{shell}_source")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("imgtrust ver", "plain,verify"),
        ("imgtrust explain no-sig", "plain,no-signatures"),
        ("imgtrust policy ch", "plain,check"),
    ],
)
def test_words_are_completed(words: str, expected: str) -> None:
    position = str(len(words.split()) - 1)

    shown = _completed(_IMGTRUST_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=position)

    assert expected in shown.splitlines()
