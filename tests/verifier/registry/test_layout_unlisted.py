"""Bundles in a layout that `cosign save` wrote: among the blobs, and listed nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.images import artifact, encoded, image
from tests.support.layouts import kind, named, write_blob, write_layout
from trust.digest import Digest, DigestMismatch
from verifier.errors import LimitExceeded, RegistryError
from verifier.registry.layout import LayoutSource
from verifier.registry.layout_unlisted import REFERRER_LIMIT_BYTES, UNLISTED_LIMIT

IMAGE = image("saved")


def _saved(directory: Path, *loose: bytes) -> LayoutSource:
    """The layout that `cosign save` writes for IMAGE, with `loose` among its blobs."""
    write_layout(directory, [kind(IMAGE, "image")])
    for content in loose:
        write_blob(directory, content, hex_=Digest.of(content).hex)
    return LayoutSource(directory)


def _bundle(subject: Digest = IMAGE.digest, **more: object) -> bytes:
    document = artifact("application/vnd.dev.sigstore.bundle.v0.3+json", subject=IMAGE).document
    return encoded(document | {"subject": document["subject"] | {"digest": str(subject)}} | more)


def test_a_bundle_that_nothing_lists_is_a_referrer_of_its_subject(tmp_path: Path) -> None:
    bundle = _bundle()

    found = _saved(tmp_path, bundle).referrers(IMAGE.digest)

    assert [one.digest for one in found.descriptors] == [Digest.of(bundle)]


def test_what_is_about_another_image_is_no_referrer(tmp_path: Path) -> None:
    found = _saved(tmp_path, _bundle(Digest.of(b"another"))).referrers(IMAGE.digest)

    assert found.descriptors == ()


def test_only_a_layout_that_cosign_saved_is_searched(tmp_path: Path) -> None:
    write_layout(tmp_path, [named(IMAGE, "app")])
    bundle = _bundle()
    write_blob(tmp_path, bundle, hex_=Digest.of(bundle).hex)

    assert LayoutSource(tmp_path).referrers(IMAGE.digest).descriptors == ()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"not JSON", id="text"),
        pytest.param(b"{", id="broken-json"),
        pytest.param(b"{}", id="no-manifest"),
        pytest.param(json.dumps({"subject": {"digest": str(IMAGE.digest)}}).encode(), id="no-media-type"),
        pytest.param(_bundle(annotations={"pad": "x" * REFERRER_LIMIT_BYTES}), id="too-large"),
    ],
)
def test_blobs_that_are_no_small_manifest_are_passed_by(content: bytes, tmp_path: Path) -> None:
    assert _saved(tmp_path, content).referrers(IMAGE.digest).descriptors == ()


def test_a_bundle_under_another_name_than_its_digest_is_refused(tmp_path: Path) -> None:
    source = _saved(tmp_path)
    write_blob(tmp_path, _bundle(), hex_="0" * 64)

    with pytest.raises(DigestMismatch):
        source.referrers(IMAGE.digest)


def test_a_link_among_the_blobs_is_refused(tmp_path: Path) -> None:
    source = _saved(tmp_path / "layout")
    bundle = _bundle()
    (tmp_path / "outside").write_bytes(bundle)
    (tmp_path / "layout" / "blobs" / "sha256" / Digest.of(bundle).hex).symlink_to(tmp_path / "outside")

    with pytest.raises(RegistryError):
        source.referrers(IMAGE.digest)


def test_files_that_are_no_blobs_are_passed_by(tmp_path: Path) -> None:
    source = _saved(tmp_path)
    (tmp_path / "blobs" / "sha256" / ".DS_Store").write_bytes(_bundle())

    assert source.referrers(IMAGE.digest).descriptors == ()


def test_more_blobs_than_are_looked_at_is_an_error_and_not_a_shorter_list(tmp_path: Path) -> None:
    source = _saved(tmp_path)
    for number in range(UNLISTED_LIMIT):
        (tmp_path / "blobs" / "sha256" / f"{number:064x}").touch()

    with pytest.raises(LimitExceeded):
        source.referrers(IMAGE.digest)
