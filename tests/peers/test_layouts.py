"""Image layouts as real tools write them, with the signatures where each of them puts them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peers.conftest import MakeBench, Need
from tests.peers.support.bench import Bench
from tests.peers.support.images import Image, image, index
from tests.peers.support.imgtrust import ask
from tests.peers.support.tools import tool

pytestmark = pytest.mark.peers

Save = Callable[[Bench, str, Path], str]
"""Copies a reference to a layout; the layout's name for imgtrust."""


def _cosign(by: str) -> Save:
    def save(bench: Bench, reference: str, folder: Path) -> str:
        bench.workshop.home.run(tool(by), "save", "--dir", folder, reference).checked()
        return f"oci:{folder}"

    return save


def _oras(bench: Bench, reference: str, folder: Path) -> str:
    options = ("--recursive", "--from-plain-http", "--to-oci-layout")
    bench.workshop.home.run(tool("oras"), "cp", *options, reference, f"{folder}:app").checked()
    return f"oci:{folder}:app"


def _regctl(bench: Bench, reference: str, folder: Path) -> str:
    options = ("--host", f"reg={bench.shelf.host},tls=disabled", "--referrers", "--digest-tags")
    bench.workshop.home.run(tool("regctl"), "image", "copy", *options, reference, f"ocidir://{folder}:app").checked()
    return f"oci:{folder}:app"


# `cosign save` of version 2 leaves bundles behind, and oras leaves what hangs on nothing but a tag.
WRITERS = [
    pytest.param(_cosign("cosign2"), "sign_legacy", id="cosign-2-simple-signing"),
    pytest.param(_cosign("cosign3"), "sign_legacy", id="cosign-3-simple-signing"),
    pytest.param(_cosign("cosign3"), "sign_bundle", id="cosign-3-bundle"),
    pytest.param(_oras, "sign_bundle", id="oras-bundle"),
    pytest.param(_regctl, "sign_legacy", id="regctl-simple-signing"),
    pytest.param(_regctl, "sign_bundle", id="regctl-bundle"),
]
by_writer = pytest.mark.parametrize(("save", "sign"), WRITERS)


@pytest.fixture(params=["distribution-3", "referrers-api"])
def here(request: pytest.FixtureRequest, bench: MakeBench, need: Need, tmp_path: Path) -> Bench:
    """A repository of this test's own."""
    need("oras", "regctl")
    return bench(request.param, "layouts-" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12])


def _saved(here: Bench, whole: Image, save: Save, sign: str, folder: Path) -> str:
    reference = here.shelf.push(whole)
    getattr(here.workshop, sign)(reference, here.key)
    return save(here, reference, folder)


@by_writer
@pytest.mark.parametrize("shape", [image, index])
def test_a_saved_image_keeps_its_signature(
    save: Save, sign: str, shape: Callable[[str], Image], here: Bench, tmp_path: Path
) -> None:
    whole = shape("saved")
    layout = _saved(here, whole, save, sign, tmp_path / "layout")

    answer = ask(here.workshop.home, layout, "--key", here.key.public)

    assert answer.decision == "allow", str(answer.outcome)
    assert answer.verdict["digest"] == whole.digest


@by_writer
def test_a_saved_image_is_denied_under_another_key(save: Save, sign: str, here: Bench, tmp_path: Path) -> None:
    layout = _saved(here, image("saved"), save, sign, tmp_path / "layout")

    answer = ask(here.workshop.home, layout, "--key", here.stranger.public)

    assert answer.decision == "deny", str(answer.outcome)
    assert answer.steps == ("signature",)


@by_writer
def test_a_manifest_that_was_changed_on_disk_is_not_judged(save: Save, sign: str, here: Bench, tmp_path: Path) -> None:
    whole = image("saved")
    layout = _saved(here, whole, save, sign, tmp_path / "layout")
    blob = tmp_path / "layout" / "blobs" / "sha256" / whole.digest.removeprefix("sha256:")
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes().replace(b"amd64", b"arm64") + b" ")

    answer = ask(here.workshop.home, layout, "--key", here.key.public)

    assert answer.decision == "undecided", str(answer.outcome)
    assert answer.codes == ("digest-mismatch",)
