"""Manifests and indexes from bytes."""

from __future__ import annotations

import contextlib
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.images import (
    Content,
    artifact,
    attestation_manifest,
    buildkit_index,
    docker_image,
    encoded,
    image,
    index,
    platform_index,
)
from trust.digest import Digest, DigestMismatch
from trust.errors import ImgtrustError
from verifier.errors import LimitExceeded, MalformedContent, UnsupportedManifest
from verifier.manifest import (
    CHILD_LIMIT,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    LAYER_LIMIT,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    Fetched,
    Index,
    Manifest,
    Platform,
    parse_descriptor,
    parse_manifest,
)


def parsed(content: Content) -> Fetched:
    return parse_manifest(content.content, content.media_type)


def manifest_of(content: Content) -> Manifest:
    document = parsed(content).document
    assert isinstance(document, Manifest)
    return document


def index_of(content: Content) -> Index:
    document = parsed(content).document
    assert isinstance(document, Index)
    return document


@pytest.mark.parametrize("made", [image(), docker_image()], ids=["oci", "docker"])
def test_an_image_is_its_config_and_layers(made: Content) -> None:
    fetched = parsed(made)

    document = manifest_of(made)
    config, layer = made.parts
    assert fetched.descriptor == Descriptor(made.media_type, made.digest, len(made.content))
    assert fetched.content == made.content
    assert (document.config.digest, document.config.size) == (config.digest, len(config.content))
    assert [one.digest for one in document.layers] == [layer.digest]
    assert document.subject is None
    assert document.artifact_type == config.media_type


def test_an_index_is_its_children_with_their_platforms() -> None:
    made = platform_index("linux/amd64", "linux/arm/v7")

    found = index_of(made)

    assert [str(child.platform) for child in found.children] == ["linux/amd64", "linux/arm/v7"]
    assert [child.digest for child in found.children] == [child.digest for child in made.parts]
    assert found.images() == found.children


def test_a_docker_list_is_an_index_too() -> None:
    assert len(index_of(index([docker_image()], media_type=DOCKER_LIST)).children) == 1


def test_an_artifact_says_its_type_and_its_subject() -> None:
    made = artifact("application/x.review", subject=image(), annotations={"by": "me"})

    document = manifest_of(made)

    assert document.artifact_type == "application/x.review"
    assert document.subject is not None
    assert document.subject.digest == image().digest
    assert document.annotations == {"by": "me"}
    assert parsed(made).descriptor.artifact_type == "application/x.review"


@pytest.mark.parametrize("legacy", [False, True])
def test_what_buildkit_puts_beside_the_images_is_not_runnable(legacy: bool) -> None:
    found = index_of(buildkit_index("linux/amd64", "linux/arm64", legacy=legacy))

    assert len(found.children) == 4
    assert [str(child.platform) for child in found.images()] == ["linux/amd64", "linux/arm64"]


def test_a_buildkit_attestation_is_about_its_image() -> None:
    child = image()

    subject = manifest_of(attestation_manifest(child)).subject

    assert subject is not None
    assert subject.digest == child.digest
    assert manifest_of(attestation_manifest(child, legacy=True)).subject is None


def test_more_images_than_are_read_are_a_limit() -> None:
    child = image()
    enough = Index(OCI_INDEX, (Descriptor(OCI_MANIFEST, child.digest, 1),) * CHILD_LIMIT, None, None, {})
    more = Index(OCI_INDEX, (Descriptor(OCI_MANIFEST, child.digest, 1),) * (CHILD_LIMIT + 1), None, None, {})

    assert len(enough.images()) == CHILD_LIMIT
    with pytest.raises(LimitExceeded):
        more.images()


@pytest.mark.parametrize("name", ["layers", "manifests"])
def test_more_entries_than_are_read_are_a_limit(name: str) -> None:
    made = image() if name == "layers" else index([image()])
    entry = made.document[name][0]

    assert parsed(made.changed(**{name: [entry] * LAYER_LIMIT}))
    with pytest.raises(LimitExceeded):
        parsed(made.changed(**{name: [entry] * (LAYER_LIMIT + 1)}))


def test_more_annotations_than_are_read_are_a_limit() -> None:
    with pytest.raises(LimitExceeded):
        parsed(image().changed(annotations={str(at): "x" for at in range(201)}))


@pytest.mark.parametrize("made", [image(), index([image()])], ids=["manifest", "index"])
def test_without_a_media_type_in_the_body_the_header_says_what_it_is(made: Content) -> None:
    silent = made.changed(mediaType=None)

    assert parse_manifest(silent.content, made.media_type).descriptor.media_type == made.media_type
    with pytest.raises(MalformedContent, match="nothing says"):
        parse_manifest(silent.content, None)


def test_without_a_header_the_body_says_what_it_is() -> None:
    assert parse_manifest(image().content, None).descriptor.media_type == OCI_MANIFEST
    assert parse_manifest(docker_image().content, None).descriptor.media_type == DOCKER_MANIFEST


@pytest.mark.parametrize("made", [docker_image(), index([docker_image()], media_type=DOCKER_LIST)])
def test_a_docker_manifest_says_itself_what_it_is(made: Content) -> None:
    assert parsed(made)
    with pytest.raises(MalformedContent, match="has none"):
        parsed(made.changed(mediaType=None))


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"schemaVersion": 1, "name": "library/x", "fsLayers": [], "history": []}, id="unsigned"),
        pytest.param({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "fsLayers": []}, id="in disguise"),
        pytest.param({"mediaType": "application/vnd.docker.distribution.manifest.v1+json"}, id="by its type"),
    ],
)
def test_schema_1_is_refused_by_name(document: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedManifest, match="schema 1"):
        parse_manifest(encoded(document), None)


def test_schema_1_is_refused_by_its_header() -> None:
    kind = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    with pytest.raises(UnsupportedManifest, match="schema 1"):
        parse_manifest(b'{"schemaVersion":2}', kind)


@pytest.mark.parametrize("kind", ["application/vnd.oci.image.config.v1+json", "text/html", "", "x" * 300])
def test_another_media_type_is_no_manifest(kind: str) -> None:
    with pytest.raises(UnsupportedManifest):
        parse_manifest(image().changed(mediaType=None).content, kind)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"config": None}, id="no config"),
        pytest.param({"layers": None}, id="no layers"),
        pytest.param({"layers": {}}, id="layers that are no list"),
        pytest.param({"layers": [1]}, id="a layer that is no descriptor"),
        pytest.param({"config": "x"}, id="a config that is no descriptor"),
        pytest.param({"subject": []}, id="a subject that is no descriptor"),
        pytest.param({"annotations": []}, id="annotations that are a list"),
        pytest.param({"annotations": {"a": 1}}, id="an annotation that is no text"),
        pytest.param({"artifactType": 1}, id="an artifact type that is no text"),
        pytest.param({"mediaType": 1}, id="a media type that is no text"),
        pytest.param({"schemaVersion": None}, id="no version"),
        pytest.param({"schemaVersion": 3}, id="another version"),
    ],
)
def test_a_manifest_with_other_fields_than_it_must_have_is_malformed(fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedContent):
        parsed(image().changed(**fields))


def test_the_digest_it_was_checked_against_is_its_digest() -> None:
    made = image()
    digest = Digest.parse("sha512:" + hashlib.sha512(made.content).hexdigest())

    assert parse_manifest(made.content, None, digest=digest).descriptor.digest == digest


def test_content_is_held_to_digest_and_size_of_its_descriptor() -> None:
    content = b"content"
    right = Descriptor("x", Digest.of(content), len(content))

    assert right.check(content, "the blob") == content
    with pytest.raises(DigestMismatch):
        right.check(b"CONTENT", "the blob")
    with pytest.raises(MalformedContent, match="7 bytes, and was named with a size of 8"):
        Descriptor("x", Digest.of(content), len(content) + 1).check(content, "the blob")


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", Platform("linux", "amd64")),
        ("linux/arm/v7", Platform("linux", "arm", "v7")),
    ],
)
def test_a_platform_is_read_and_written_as_the_same_text(text: str, platform: Platform) -> None:
    assert Platform.parse(text) == platform
    assert str(platform) == text


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux//v7"])
def test_what_is_not_a_platform_is_refused(text: str) -> None:
    with pytest.raises(MalformedContent):
        Platform.parse(text)


@given(st.sampled_from([OCI_MANIFEST, OCI_INDEX, DOCKER_LIST, None]), st.data())
def test_no_document_makes_the_parser_raise_anything_else(kind: str | None, data: st.DataObject) -> None:
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["sha256:" + "a" * 64]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["mediaType", "digest", "size", "platform", "annotations", "config", "os"]), inner
            )
        ),
        max_leaves=8,
    )
    fields = ["schemaVersion", "mediaType", "config", "layers", "manifests", "subject", "annotations"]
    document = data.draw(st.dictionaries(st.sampled_from(fields), values)) | {"schemaVersion": 2}
    with contextlib.suppress(ImgtrustError):
        parse_manifest(encoded(document), kind)


def test_a_descriptor_keeps_what_it_hints_at() -> None:
    found = parse_descriptor(
        image().descriptor(
            platform={"os": "linux", "architecture": "arm64", "os.version": "1"}, annotations={"a": "b"}
        ),
        "it",
    )

    assert found.platform == Platform("linux", "arm64", None, "1")
    assert found.annotations == {"a": "b"}
