"""Our reading of Compose projects beside that of compose-go, the loader inside `docker compose`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.peers.support import composeload
from tests.peers.support.compose_cases import CASES, TABLES, Case
from tests.peers.support.composeload import Loaded
from trust.errors import ImgtrustError
from verifier.files.compose.loader import load_project
from verifier.files.compose.override import write_override
from verifier.files.compose.project import ImageKind, ProjectRequest

pytestmark = pytest.mark.peers

SHARED = Path(__file__).parents[2] / "../shared/fixtures"

# Where the answers differ, and why. Either ours is the stricter one, or the case has nothing to do with images.
DIFFERENCES = {
    "nel-in-comment": "U+0085 ends a line for go-yaml and for no editor: a comment can hide an attribute",
    "nel-image": "as before",
    "ls-in-comment": "as before, with U+2028: Compose runs the image that the comment hides",
    "ls-in-quotes": "as before: these are refused wherever they are, and can be written as an escape",
    "tag-unknown": "tags that are not YAML's own are refused: other readers run code for some of them",
    "tag-binary": "text in base64 is refused: people who read the file would not see the image",
    "anchor-dotted": "libyaml knows only letters, digits, `-` and `_` in the name of an anchor",
    "documents-anchor": "go-yaml v4 keeps anchors from one document to the next, which YAML forbids",
    "extends-unknown": "Compose passes over an attribute of `extends` that it does not know; it could bring in images",
    "include-unknown": "as before, for `include`",
    "depends-on-undefined": "`depends_on` names no image, and is not read",
    "ports-bad": "`ports` name no image, and are not read",
}


@pytest.fixture(scope="module", autouse=True)
def built() -> Path:
    return composeload.binary()


def ours(directory: Path, request: Mapping[str, Any], environment: Mapping[str, str], stdin: bytes) -> Loaded:
    try:
        project = load_project(
            ProjectRequest(
                directory,
                tuple(request.get("Files", ())),
                project_directory=request.get("ProjectDirectory"),
                project_name=request.get("Name"),
                env_files=tuple(request.get("EnvFiles", ())),
                profiles=tuple(request.get("Profiles", ())),
                environment=environment,
                stdin=stdin,
            ),
        )
    except ImgtrustError as error:
        return Loaded(error=error.message)
    named = {
        use.field: use.text
        for use in project.images
        if use.kind is not ImageKind.GENERATOR and not (use.kind is ImageKind.CACHE and "=" in use.text)
    }
    inactive = {use.service for use in project.images if use.needs_profile and use.service}
    return Loaded(None, project.name, named, frozenset(inactive))


def write(case: Case, directory: Path) -> None:
    for path, content in case.files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_small_project_is_read_as_compose_reads_it(case: Case, tmp_path: Path) -> None:
    directory = tmp_path / "project"
    directory.mkdir()
    write(case, directory)

    theirs = composeload.load(directory, case.request, case.environment, case.stdin)
    mine = ours(directory, case.request, case.environment, case.stdin)

    same = agreed(mine, theirs)
    assert same != (case.name in DIFFERENCES), f"\nours:   {mine}\ntheirs: {theirs}"


# What a mutation puts in: all that means something to YAML or to Compose.
PIECES = [
    "\t",
    " ",
    "\n",
    "\r\n",
    "'",
    '"',
    "#",
    " #",
    ":",
    ": ",
    "- ",
    "? ",
    "|",
    ">-",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a",
    "!!str ",
    "!reset ",
    "!override ",
    "<<: ",
    "<<: *a",
    "\\",
    "$",
    "${",
    "${V}",
    "${V:-x}",
    "null",
    "image: z:9",
    "build: .",
    "services:",
    "    ",
    "---\n",
    "...\n",
    "é",
    "0",
    "1.5",
    "extends: base",
    "\u2028",
    "%",
    "@",
]


def mutated(text: str, random: Random) -> str:
    for _ in range(random.choice([1, 1, 2, 3])):
        at = random.randrange(len(text) + 1)
        removed = random.choice([0, 0, 1, 2])
        text = text[:at] + random.choice([*PIECES, ""]) + text[at + removed :]
    return text


@pytest.mark.parametrize("seed", range(200))
def test_a_project_that_both_read_has_the_same_images_in_both(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    case = random.choice([case for case in CASES if isinstance(case.files.get("compose.yaml"), str)])
    text = str(case.files["compose.yaml"])
    changed = replace(case, files={**case.files, "compose.yaml": mutated(text, random)})
    directory = tmp_path / "project"
    directory.mkdir()
    write(changed, directory)

    theirs = composeload.load(directory, case.request, case.environment, case.stdin)
    mine = ours(directory, case.request, case.environment, case.stdin)

    if mine.error is None and theirs.error is None:
        assert agreed(mine, theirs), f"\n{changed.files}\nours:   {mine}\ntheirs: {theirs}"


def fixtures() -> list[tuple[Path, str]]:
    found = [(path.parent, path.name) for path in sorted(SHARED.glob("awesome-compose/**/compose.y*ml"))]
    found += [(path.parent, path.name) for path in sorted(SHARED.glob("compose-conformance/tests/*/compose.yaml"))]
    found += [
        (path.parent, path.name)
        for path in sorted(SHARED.glob("dependabot-docker/docker/spec/fixtures/docker_compose/composefiles/*"))
    ]
    return found


@pytest.mark.parametrize(
    ("directory", "file"), fixtures(), ids=lambda part: part if isinstance(part, str) else part.name
)
def test_a_real_project_is_read_as_compose_reads_it(directory: Path, file: str) -> None:
    request = {"Files": [file], "Name": "real"}

    theirs = composeload.load(directory, request, {}, b"")
    mine = ours(directory.resolve(), request, {}, b"")

    assert agreed(mine, theirs), f"\nours:   {mine}\ntheirs: {theirs}"


def test_there_are_real_projects_to_read() -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared fixtures are not here")

    assert len(fixtures()) >= 35


def test_there_are_small_projects_to_read() -> None:
    assert len(TABLES) == 4
    assert len({case.name for case in CASES}) == len(CASES) > 400


def agreed(mine: Loaded, theirs: Loaded) -> bool:
    if mine.error is not None or theirs.error is not None:
        return mine.error is not None and theirs.error is not None
    without_caches = {
        field: text
        for field, text in (mine.named or {}).items()
        if ".cache_" not in field or field in (theirs.named or {})
    }
    return without_caches == theirs.named and mine.name == theirs.name and mine.inactive <= theirs.inactive


def test_an_override_gives_the_pinned_images_to_compose(tmp_path: Path) -> None:
    digest = "sha256:" + "0" * 64
    files = {
        "compose.yaml": "services:\n  web:\n    image: a:${T:-1}\n  'on': &b\n    image: b:1\n    build: .\n"
        "  1.5x: *b\n"
        "jobs:\n  once:\n    image: j:1\n    triggers: {manual: true}\n",
    }
    write(Case("override", files), tmp_path)
    pinned = {"web": f"a:1@{digest}", "on": f"b:1@{digest}", "1.5x": f"b:1@{digest}", "once": f"j@{digest}"}
    override = write_override(load_project(ProjectRequest(tmp_path)), pinned)
    (tmp_path / "verified.yaml").write_text(override.text)

    theirs = composeload.load(tmp_path, {"Files": ["compose.yaml", "verified.yaml"]}, {}, b"")

    assert theirs.error is None
    assert theirs.named == {
        "services.web.image": pinned["web"],
        "services.on.image": pinned["on"],
        "services.1.5x.image": pinned["1.5x"],
        "jobs.once.image": pinned["once"],
    }
