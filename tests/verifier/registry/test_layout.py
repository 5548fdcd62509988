"""OCI image layouts, as the common tools write them and as nobody should."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.images import artifact, blob, buildkit_index, docker_image, encoded, image, index, platform_index
from tests.support.layouts import kind, named, write_blob, write_index, write_layout
from trust.digest import Digest, DigestMismatch
from trust.errors import ImgtrustError
from verifier.errors import (
    BadReference,
    ContentNotFound,
    LimitExceeded,
    MalformedContent,
    RegistryError,
)
from verifier.manifest import MANIFEST_LIMIT_BYTES, OCI_INDEX, Descriptor, Index, Manifest
from verifier.reference import Repository
from verifier.registry.layout import LISTED_LIMIT, LayoutSource, parse_layout_name

HEX = "a" * 64
DIGEST = Digest("sha256", HEX)


@pytest.mark.parametrize(
    ("text", "directory", "tag", "digest"),
    [
        ("oci:./layout", "./layout", None, None),
        ("oci:/a/b", "/a/b", None, None),
        ("oci:layout:app", "layout", "app", None),
        (f"oci:layout@sha256:{HEX}", "layout", None, DIGEST),
        (f"oci:layout:app@sha256:{HEX}", "layout", "app", DIGEST),
        ("oci:layout:docker.io/library/x:1", "layout", "docker.io/library/x:1", None),
        ("oci:./a@b/layout:app", "./a@b/layout", "app", None),
        ("oci:my layout:app", "my layout", "app", None),
    ],
)
def test_a_layout_is_named_by_directory_name_and_digest(
    text: str, directory: str, tag: str | None, digest: Digest | None
) -> None:
    assert parse_layout_name(text) == (directory, tag, digest)


@pytest.mark.parametrize(
    "text",
    [
        "layout",
        "docker:layout",
        "oci:",
        "oci::app",
        "oci:layout:",
        "oci:layout:a b",
        "oci:layout:a\n",
        "oci:layout@sha256:abc",
        "oci:layout@",
        f"oci:layout@md5:{HEX[:32]}",
        "oci:lay\0out",
    ],
)
def test_what_names_no_layout_is_refused(text: str) -> None:
    with pytest.raises(BadReference):
        parse_layout_name(text)


def test_an_image_is_found_by_its_name(tmp_path: Path) -> None:
    one, other = image("one"), image("other")
    source = LayoutSource(write_layout(tmp_path, [named(one, "one"), named(other, "other")]))

    fetched = source.by_tag("one")

    assert fetched.descriptor.digest == one.digest
    assert isinstance(fetched.document, Manifest)
    assert source.blob(fetched.document.layers[0], limit_bytes=10_000) == one.parts[1].content
    assert source.tags() == ("one", "other")
    assert source.place == f"oci:{tmp_path}"


@pytest.mark.parametrize("name", ["docker.io/library/x:1", "x:1", "docker.io/library/x:1@sha256:" + HEX])
def test_an_image_with_a_full_name_is_found_by_it_and_by_its_tag(tmp_path: Path, name: str) -> None:
    source = LayoutSource(write_layout(tmp_path, [named(image(), name)]))

    assert source.by_tag(name).descriptor.digest == image().digest
    assert source.by_tag("1").descriptor.digest == image().digest
    assert source.tags() == ("1",)


def test_containerd_and_buildx_write_the_full_name_beside_the_tag(tmp_path: Path) -> None:
    entry = image().with_hints(
        annotations={
            "io.containerd.image.name": "ghcr.io/acme/app:1",
            "org.opencontainers.image.ref.name": "1",
        }
    )
    write_layout(tmp_path, [entry])

    assert LayoutSource(tmp_path).by_tag("1").descriptor.digest == image().digest
    assert LayoutSource(tmp_path).by_tag("ghcr.io/acme/app:1").descriptor.digest == image().digest
    ours = LayoutSource(tmp_path, repository=Repository.parse("ghcr.io/acme/app"))
    assert ours.by_tag("1").descriptor.digest == image().digest
    with pytest.raises(ContentNotFound):
        LayoutSource(tmp_path, repository=Repository.parse("ghcr.io/acme/other")).by_tag("1")


def test_in_a_layout_of_several_repositories_a_full_name_belongs_to_its_own(tmp_path: Path) -> None:
    one, two = image("one"), image("two")
    write_layout(tmp_path, [named(one, "docker.io/library/one:1"), named(two, "ghcr.io/acme/two:1")])

    for name, made in (("docker.io/library/one", one), ("ghcr.io/acme/two", two)):
        source = LayoutSource(tmp_path, repository=Repository.parse(name))
        assert source.by_tag("1").descriptor.digest == made.digest
        assert source.tags() == ("1",)
        assert source.sole_image().descriptor.digest == made.digest
    with pytest.raises(RegistryError, match="ambiguous"):
        LayoutSource(tmp_path).by_tag("1")
    with pytest.raises(ContentNotFound):
        LayoutSource(tmp_path, repository=Repository.parse("ghcr.io/acme/three")).by_tag("1")


def test_a_name_that_two_images_have_is_ambiguous_and_one_image_twice_is_not(tmp_path: Path) -> None:
    one, other = image("one"), image("other")
    write_layout(tmp_path / "two", [named(one, "app"), named(other, "app")])
    write_layout(tmp_path / "one", [named(one, "app"), named(one, "app")])

    with pytest.raises(RegistryError, match="ambiguous"):
        LayoutSource(tmp_path / "two").by_tag("app")
    assert LayoutSource(tmp_path / "one").by_tag("app").descriptor.digest == one.digest


def test_the_only_image_needs_no_name(tmp_path: Path) -> None:
    made = image()
    stem = f"sha256-{made.digest.hex}"
    entries = [
        made,
        named(image("signature"), f"{stem}.sig"),
        named(index([image("referrer")]), stem),
        artifact("application/x", subject=made),
        blob("application/vnd.oci.descriptor.v1+json", b"{}"),
    ]

    assert LayoutSource(write_layout(tmp_path, entries)).sole_image().descriptor.digest == made.digest


def test_several_images_need_a_name_and_none_is_none(tmp_path: Path) -> None:
    write_layout(tmp_path / "two", [image("one"), image("other")])
    write_layout(tmp_path / "none", [])

    with pytest.raises(RegistryError, match="ambiguous"):
        LayoutSource(tmp_path / "two").sole_image()
    with pytest.raises(ContentNotFound):
        LayoutSource(tmp_path / "none").sole_image()


@pytest.mark.parametrize("image_kind", ["image", "imageIndex"])
def test_what_cosign_saved_is_found_by_the_tags_it_had(tmp_path: Path, image_kind: str) -> None:
    made = image() if image_kind == "image" else platform_index("linux/amd64")
    signatures, attestations = image("signatures"), image("attestations")
    stem = f"sha256-{made.digest.hex}"
    entries = [kind(made, image_kind), kind(signatures, "sigs"), kind(attestations, "atts")]

    source = LayoutSource(write_layout(tmp_path, entries))

    assert source.sole_image().descriptor.digest == made.digest
    assert source.by_tag(f"{stem}.sig").descriptor.digest == signatures.digest
    assert source.by_tag(f"{stem}.att").descriptor.digest == attestations.digest
    for other in (stem, f"{stem}.sbom", f"sha256-{HEX}.sig"):
        with pytest.raises(ContentNotFound):
            source.by_tag(other)


def test_what_cosign_saved_belongs_to_nobody_where_there_are_two_images(tmp_path: Path) -> None:
    one, other = image("one"), image("other")
    entries = [kind(one, "image"), kind(other, "image"), kind(image("signatures"), "sigs")]
    source = LayoutSource(write_layout(tmp_path, entries))

    with pytest.raises(ContentNotFound):
        source.by_tag(f"sha256-{one.digest.hex}.sig")


def test_an_explicit_tag_comes_before_what_cosign_saved(tmp_path: Path) -> None:
    made, tagged = image(), image("tagged")
    tag = f"sha256-{made.digest.hex}.sig"
    source = LayoutSource(
        write_layout(tmp_path, [kind(made, "image"), kind(image("saved"), "sigs"), named(tagged, tag)])
    )

    assert source.by_tag(tag).descriptor.digest == tagged.digest


def test_regctl_writes_signatures_under_their_tags(tmp_path: Path) -> None:
    made, signature = image(), image("signature")
    stem = f"sha256-{made.digest.hex}"
    fallback = index([artifact("application/x", subject=made)])
    entries = [named(made, "app"), named(signature, f"r.test/app:{stem}.sig"), named(fallback, stem)]

    source = LayoutSource(write_layout(tmp_path, entries))

    assert source.by_tag(f"{stem}.sig").descriptor.digest == signature.digest
    assert source.by_tag(stem).descriptor.digest == fallback.digest


def test_referrers_are_the_manifests_that_name_the_digest_themselves(tmp_path: Path) -> None:
    made, other = image(), image("other")
    direct = artifact("application/direct", subject=made)
    below = artifact("application/below", subject=made)
    stranger = artifact("application/stranger", subject=other)
    entries = [named(made, "app"), other, direct, index([below, stranger])]

    source = LayoutSource(write_layout(tmp_path, entries))

    found = source.referrers(made.digest)
    assert found.supported
    assert [one.digest for one in found.descriptors] == [direct.digest, below.digest]
    assert [one.digest for one in source.referrers(other.digest).descriptors] == [stranger.digest]
    assert source.referrers(DIGEST).descriptors == ()


def test_what_buildkit_attached_is_a_referrer_of_its_image(tmp_path: Path) -> None:
    made = buildkit_index("linux/amd64")
    child, attestation = made.parts

    found = LayoutSource(write_layout(tmp_path, [made])).referrers(child.digest)

    assert [one.digest for one in found.descriptors] == [attestation.digest]


def test_a_layout_that_was_copied_in_part_still_has_what_it_has(tmp_path: Path) -> None:
    made = platform_index("linux/amd64", "linux/arm64")
    referrer = artifact("application/x", subject=made)
    write_layout(tmp_path, [made, referrer])
    (tmp_path / "blobs/sha256" / made.parts[1].digest.hex).unlink()

    source = LayoutSource(tmp_path)

    assert isinstance(source.sole_image().document, Index)
    assert len(source.referrers(made.digest).descriptors) == 1
    with pytest.raises(ContentNotFound):
        source.manifest(made.parts[1].digest)


def test_a_listed_manifest_with_other_bytes_is_an_error_and_no_referrer(tmp_path: Path) -> None:
    made = image()
    referrer = artifact("application/x", subject=made)
    write_layout(tmp_path, [made, referrer])
    write_blob(tmp_path, referrer.content + b" ", hex_=referrer.digest.hex)

    with pytest.raises(DigestMismatch):
        LayoutSource(tmp_path).referrers(made.digest)


def test_more_manifests_than_are_opened_are_a_limit(tmp_path: Path) -> None:
    made = platform_index("linux/amd64")
    write_layout(tmp_path, [made])
    write_index(tmp_path, [made.descriptor()] * (LISTED_LIMIT // 2))
    assert LayoutSource(tmp_path).referrers(made.digest).descriptors == ()

    wide = index(list(made.parts) * 2)
    write_layout(tmp_path, [wide])
    write_index(tmp_path, [wide.descriptor()] * (LISTED_LIMIT // 2))
    with pytest.raises(LimitExceeded):
        LayoutSource(tmp_path).referrers(made.digest)


def test_a_manifest_is_what_the_index_says_and_a_lie_is_refused(tmp_path: Path) -> None:
    made = docker_image()
    write_layout(tmp_path, [made])
    write_index(tmp_path, [made.descriptor(mediaType=OCI_INDEX)])

    with pytest.raises(MalformedContent):
        LayoutSource(tmp_path).manifest(made.digest)


def test_a_digest_that_is_listed_as_two_kinds_is_refused(tmp_path: Path) -> None:
    made = image().changed(mediaType=None)
    write_layout(tmp_path, [made])
    write_index(tmp_path, [made.descriptor(), made.descriptor(mediaType=OCI_INDEX)])

    with pytest.raises(MalformedContent, match="lists"):
        LayoutSource(tmp_path).manifest(made.digest)


def test_the_size_in_the_index_must_be_that_of_the_file(tmp_path: Path) -> None:
    made = image()
    write_layout(tmp_path, [made])
    write_index(tmp_path, [made.descriptor(size=len(made.content) + 1)])

    with pytest.raises(MalformedContent, match="named with a size"):
        LayoutSource(tmp_path).sole_image()
    assert LayoutSource(tmp_path).manifest(made.digest).content == made.content


def test_a_blob_is_held_to_its_limit_and_its_descriptor(tmp_path: Path) -> None:
    made = image()
    source = LayoutSource(write_layout(tmp_path, [made]))
    layer = made.parts[1]
    size = len(layer.content)

    assert source.blob(layer.digest, limit_bytes=size) == layer.content
    with pytest.raises(LimitExceeded):
        source.blob(layer.digest, limit_bytes=size - 1)
    with pytest.raises(LimitExceeded):
        source.blob(Descriptor("x", layer.digest, size), limit_bytes=size - 1)
    with pytest.raises(MalformedContent):
        source.blob(Descriptor("x", layer.digest, size - 1), limit_bytes=size)


def test_a_blob_with_other_bytes_is_refused(tmp_path: Path) -> None:
    made = image()
    write_layout(tmp_path, [named(made, "app")])
    write_blob(tmp_path, image("evil").content, hex_=made.digest.hex)

    with pytest.raises(DigestMismatch):
        LayoutSource(tmp_path).by_tag("app")
    with pytest.raises(DigestMismatch):
        LayoutSource(tmp_path).blob(made.digest, limit_bytes=10_000)


def test_the_layout_is_read_once(tmp_path: Path) -> None:
    made = image()
    source = LayoutSource(write_layout(tmp_path, [named(made, "app")]))
    source.by_tag("app")

    write_index(tmp_path, [])

    assert source.by_tag("app").descriptor.digest == made.digest


def test_a_directory_without_its_marker_is_no_layout(tmp_path: Path) -> None:
    write_layout(tmp_path, [image()])
    (tmp_path / "oci-layout").unlink()

    with pytest.raises(ContentNotFound, match="is not an OCI image layout"):
        LayoutSource(tmp_path).sole_image()
    with pytest.raises(ContentNotFound, match="is not an OCI image layout"):
        LayoutSource(tmp_path).blob(image().digest, limit_bytes=1)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"imageLayoutVersion":1}', b'{"imageLayoutVersion":"2.0.0"}']
)
def test_another_version_of_layout_is_refused(tmp_path: Path, content: bytes) -> None:
    write_layout(tmp_path, [image()])
    (tmp_path / "oci-layout").write_bytes(content)

    with pytest.raises(MalformedContent):
        LayoutSource(tmp_path).sole_image()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", encoded({"schemaVersion": 2}), image().content])
def test_an_index_that_is_none_is_refused_with_its_path(tmp_path: Path, content: bytes) -> None:
    write_layout(tmp_path, [])
    (tmp_path / "index.json").write_bytes(content)

    with pytest.raises(MalformedContent, match=r"index\.json"):
        LayoutSource(tmp_path).sole_image()


def test_an_index_that_is_too_large_is_a_limit(tmp_path: Path) -> None:
    write_layout(tmp_path, [])
    (tmp_path / "index.json").write_bytes(b" " * (MANIFEST_LIMIT_BYTES + 1))

    with pytest.raises(LimitExceeded):
        LayoutSource(tmp_path).sole_image()


def test_the_directory_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    write_layout(tmp_path / "real", [image()])
    (tmp_path / "link").symlink_to("real")

    assert LayoutSource(tmp_path / "link").sole_image().descriptor.digest == image().digest


@pytest.mark.parametrize(
    "part", ["oci-layout", "index.json", "blobs", "blobs/sha256", f"blobs/sha256/{image().digest.hex}"]
)
def test_a_link_below_the_directory_is_refused_though_it_leads_to_the_same(tmp_path: Path, part: str) -> None:
    write_layout(tmp_path / "layout", [image()])
    assert LayoutSource(tmp_path / "layout").sole_image()
    linked = tmp_path / "layout" / part
    linked.rename(tmp_path / "elsewhere")
    linked.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RegistryError, match="symbolic link"):
        LayoutSource(tmp_path / "layout").sole_image()


@pytest.mark.parametrize("part", ["oci-layout", "index.json", f"blobs/sha256/{image().digest.hex}"])
@pytest.mark.parametrize("what", ["pipe", "directory"])
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path, part: str, what: str) -> None:
    write_layout(tmp_path, [image()])
    (tmp_path / part).unlink()
    if what == "pipe":
        os.mkfifo(tmp_path / part)
    else:
        (tmp_path / part).mkdir()

    with pytest.raises(RegistryError, match="not a regular file"):
        LayoutSource(tmp_path).sole_image()


def test_a_layout_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentNotFound, match=str(tmp_path / "gone")):
        LayoutSource(tmp_path / "gone").sole_image()
    (tmp_path / "file").write_text("x")
    with pytest.raises(RegistryError):
        LayoutSource(tmp_path / "file").sole_image()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    write_layout(tmp_path, [image()])
    (tmp_path / "index.json").chmod(0)

    with pytest.raises(RegistryError, match=r"index\.json` cannot be read"):
        LayoutSource(tmp_path).sole_image()


@pytest.mark.parametrize("what", ["pipe", "directory"])
def test_no_file_stays_open_after_a_refusal(tmp_path: Path, what: str) -> None:
    write_layout(tmp_path, [image()])
    (tmp_path / "index.json").unlink()
    (os.mkfifo if what == "pipe" else os.mkdir)(tmp_path / "index.json")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    for _ in range(50):
        with pytest.raises(RegistryError):
            LayoutSource(tmp_path).sole_image()

    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


# Why a layout among the real ones is refused.
REFUSED = {
    "test_gc_image_unknown_mediatype": "it lists a descriptor that is no manifest, and no image",
    "test_gc_index": "several images, one listed as another kind than it says",
    "test_index": "several images, one listed as another kind than it says",
    "artifacts": "several images, which need a name",
}


def test_every_real_layout_gives_its_image_or_is_refused_for_a_reason(shared: Path) -> None:
    found = sorted(path.parent for path in shared.rglob("oci-layout"))
    answers = {path: _answer(path) for path in found}

    assert len(found) >= 18
    assert {path.name for path, answer in answers.items() if answer is None} == set(REFUSED)


def _answer(directory: Path) -> Digest | None:
    try:
        return LayoutSource(directory).sole_image().descriptor.digest
    except ImgtrustError:
        return None


def test_real_layouts_of_cosign_give_image_signatures_and_attestations(shared: Path) -> None:
    source = LayoutSource(shared / "conforma-testimage/acceptance/image/testimage")
    stem = f"sha256-{source.sole_image().descriptor.digest.hex}"

    for suffix in (".sig", ".att"):
        document = source.by_tag(stem + suffix).document
        assert isinstance(document, Manifest)
        assert document.layers


def test_real_layouts_with_a_bundle_list_it_as_a_referrer(shared: Path) -> None:
    source = LayoutSource(shared / "derived-oci/cosign-bundle/attestation-valid")

    found = source.referrers(source.by_tag("image").descriptor.digest)

    assert [one.artifact_type for one in found.descriptors] == ["application/vnd.dev.sigstore.bundle.v0.3+json"]


def test_a_real_layout_of_zot_lists_every_manifest_with_a_subject(shared: Path) -> None:
    source = LayoutSource(shared / "oras/test/e2e/testdata/zot/command/artifacts")
    subjects = source._read_subjects()

    assert sum(map(len, subjects.values())) >= 8
    assert all(source.referrers(subject).descriptors for subject in subjects)


def test_a_manifest_is_hashed_before_it_is_read(tmp_path: Path) -> None:
    made = image()
    write_layout(tmp_path, [named(made, "app")])
    write_blob(tmp_path, b"{", hex_=made.digest.hex)

    with pytest.raises(DigestMismatch):
        LayoutSource(tmp_path).by_tag("app")


def test_the_size_of_a_file_is_known_before_it_is_read(tmp_path: Path) -> None:
    write_layout(tmp_path, [])
    os.truncate(tmp_path / "index.json", 1 << 40)

    with pytest.raises(LimitExceeded, match=f"has {1 << 40} bytes"):
        LayoutSource(tmp_path).sole_image()
