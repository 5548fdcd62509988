"""Our reading of Compose projects beside that of compose-go, the loader inside `docker compose`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.peers.support import composeload
from tests.peers.support.compose_cases import CASES, TABLES, Case
from tests.peers.support.composeload import Loaded
from trust.errors import ImgtrustError
from verifier.files.compose.project import ImageKind, ProjectRequest
from verifier.files.compose.loader import load_project

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
