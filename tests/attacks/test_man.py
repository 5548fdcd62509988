"""Manifests that mean two things, or lie about what they name. Rows MAN of the attack catalogue."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.images import Content, docker_image, image, index, platform_index
from tests.support.layouts import write_layout
from tests.support.loopback import LoopbackServer, Reply
from tests.support.registry import LoopbackRegistry
from trust.digest import BadDigest, Digest
from trust.errors import ImgtrustError
from verifier.errors import LimitExceeded, MalformedContent
from verifier.manifest import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    LAYER_LIMIT,
    MANIFEST_TYPES,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    Index,
    Manifest,
    parse_descriptor,
    parse_manifest,
)
from verifier.registry.client import RegistrySource
from verifier.registry.layout import LayoutSource

IMAGE = image()
INDEX = platform_index("linux/amd64")


@pytest.mark.parametrize(
    ("made", "fields"),
    [
        pytest.param(IMAGE, {"manifests": INDEX.document["manifests"]}, id="a manifest with children"),
        pytest.param(IMAGE, {"manifests": []}, id="a manifest with no children"),
        pytest.param(INDEX, {"layers": IMAGE.document["layers"]}, id="an index with layers"),
        pytest.param(INDEX, {"config": IMAGE.document["config"]}, id="an index with a config"),
        pytest.param(IMAGE, {"Manifests": []}, id="children in capitals"),
        pytest.param(INDEX, {"LAYERS": []}, id="layers in capitals"),
        pytest.param(IMAGE, {"fsLayers": []}, id="a manifest with the layers of schema 1"),
        pytest.param(IMAGE, {"history": []}, id="a manifest with the history of schema 1"),
        pytest.param(IMAGE, {"blobs": []}, id="a manifest with the blobs of an artifact manifest"),
        pytest.param(IMAGE, {"Layers": []}, id="its own layers again in capitals"),
        pytest.param(IMAGE, {"mediatype": OCI_INDEX}, id="its own type again in lower case"),
        pytest.param(INDEX, {"Subject": IMAGE.descriptor()}, id="a subject in capitals"),
    ],
)
def test_man_01_a_document_that_is_two_things_is_refused(
    registry: LoopbackRegistry, source: RegistrySource, made: Content, fields: dict[str, Any]
) -> None:
    registry.put("app", made, tag="good")
    registry.put("app", made.changed(**fields), tag="evil")

    assert source.by_tag("good").descriptor.digest == made.digest
    with pytest.raises(MalformedContent):
        source.by_tag("evil")


@pytest.mark.parametrize("field", ["Digest", "mediatype", "SIZE", "Annotations", "artifacttype"])
def test_man_01_a_descriptor_s_field_in_other_capitals_is_refused(field: str) -> None:
    with pytest.raises(MalformedContent, match="capitals"):
        parse_descriptor(IMAGE.descriptor(**{field: "x"}), "the descriptor")


@pytest.mark.parametrize("said", [*MANIFEST_TYPES, None], ids=str)
@pytest.mark.parametrize("header", MANIFEST_TYPES)
def test_man_02_header_and_body_must_agree(
    registry: LoopbackRegistry, source: RegistrySource, header: str, said: str | None
) -> None:
    is_index = (said or header) in (OCI_INDEX, DOCKER_LIST)
    made = (INDEX if is_index else IMAGE).changed(mediaType=said)
    registry.put_manifest("app", made.content, header, tag="1")
    agree = said == header or (said is None and header in (OCI_INDEX, OCI_MANIFEST))

    if agree:
        assert source.by_tag("1").descriptor.media_type == header
    else:
        with pytest.raises(MalformedContent):
            source.by_tag("1")


@pytest.mark.parametrize("described", MANIFEST_TYPES)
def test_man_02_descriptor_and_manifest_must_agree(
    registry: LoopbackRegistry, source: RegistrySource, described: str
) -> None:
    registry.put("app", IMAGE)
    wanted = Descriptor(described, IMAGE.digest, len(IMAGE.content))

    if described == OCI_MANIFEST:
        assert source.manifest(wanted).content == IMAGE.content
    else:
        with pytest.raises(MalformedContent):
            source.manifest(wanted)


@pytest.mark.parametrize(
    "content",
    [
        IMAGE.content.replace(b'"layers":', b'"layers":[],"layers":'),
        IMAGE.content[:-1] + b',"config":{}}',
        IMAGE.content.replace(b'"digest":', b'"digest":"sha256:x","digest":', 1),
        IMAGE.content[:-1] + b',"\\u006cayers":[]}',
    ],
    ids=["layers first", "config last", "digest of the config", "layers escaped"],
)
def test_man_03_a_name_given_twice_is_refused(
    registry: LoopbackRegistry, source: RegistrySource, content: bytes
) -> None:
    registry.put_manifest("app", content, tag="1")

    with pytest.raises(MalformedContent, match="given twice"):
        source.by_tag("1")


BAD_DIGESTS = [
    "sha256:../../../etc/passwd",
    "sha256:" + "A" * 64,
    "sha256:" + "a" * 63,
    "sha256:" + "a" * 64 + "\n",
    "sha256:" + "a" * 65,
    "md5:" + "a" * 32,
    "sha1:" + "a" * 40,
    "shake_128:" + "a" * 64,
    "sha256+b64:" + "a" * 64,
    "sha384:" + "a" * 96,
    "",
]


@pytest.mark.parametrize("digest", BAD_DIGESTS)
@pytest.mark.parametrize("where", ["config", "layers", "manifests", "subject"])
def test_man_04_05_a_digest_of_another_form_or_algorithm_is_refused_wherever_it_stands(
    registry: LoopbackRegistry, source: RegistrySource, where: str, digest: str
) -> None:
    made = INDEX if where == "manifests" else IMAGE
    evil = IMAGE.descriptor(digest=digest)
    registry.put("app", made.changed(**{where: evil if where in ("config", "subject") else [evil]}), tag="1")

    with pytest.raises(MalformedContent, match="digest"):
        source.by_tag("1")
    assert registry.lines == ["GET /v2/app/manifests/1"]


def test_man_05_the_algorithms_are_a_closed_set() -> None:
    for algorithm in hashlib.algorithms_available - {"sha256", "sha512"}:
        for length in (32, 40, 64, 96, 128):
            with pytest.raises(BadDigest):
                Digest.parse(f"{algorithm}:{'a' * length}")


@pytest.mark.parametrize("size", [-1, 2**62, True, 1.0, "1", None, [1]], ids=repr)
def test_man_06_a_size_that_is_none_is_refused_before_anything_is_asked(
    registry: LoopbackRegistry, source: RegistrySource, size: object
) -> None:
    layer = IMAGE.document["layers"][0] | {"size": size}
    registry.put("app", IMAGE.changed(layers=[layer]), tag="1")

    with pytest.raises(MalformedContent, match="size"):
        source.by_tag("1")
    assert len(registry.lines) == 1


@pytest.mark.parametrize("off", [-1, 1])
def test_man_06_a_body_has_exactly_the_size_that_was_said(
    registry: LoopbackRegistry, source: RegistrySource, off: int, tmp_path: Path
) -> None:
    registry.put("app", IMAGE)
    layout = LayoutSource(write_layout(tmp_path, [IMAGE]))
    layer = IMAGE.parts[1]

    for place in (source, layout):
        for made, ask in ((IMAGE, place.manifest), (layer, lambda one, at=place: at.blob(one, limit_bytes=10_000))):
            right = Descriptor(made.media_type, made.digest, len(made.content))
            assert ask(right)
            with pytest.raises(MalformedContent, match="named with a size"):
                ask(Descriptor(made.media_type, made.digest, len(made.content) + off))


def test_man_06_a_size_above_the_limit_is_refused_unasked(registry: LoopbackRegistry, source: RegistrySource) -> None:
    with pytest.raises(LimitExceeded):
        source.blob(Descriptor("x", IMAGE.digest, 1 << 40), limit_bytes=1 << 20)
    assert registry.lines == []


def test_man_08_an_index_that_is_too_wide_is_a_limit(registry: LoopbackRegistry, source: RegistrySource) -> None:
    wide = INDEX.changed(manifests=INDEX.document["manifests"] * (LAYER_LIMIT + 1))
    registry.put_manifest("app", wide.content, OCI_INDEX, tag="1")

    with pytest.raises(LimitExceeded):
        source.by_tag("1")


def test_man_08_children_that_two_parents_share_are_asked_for_once(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    parents = [index([IMAGE], annotations={"x": str(at)}) for at in range(3)]
    registry.put("app", index(parents), tag="1")

    top = source.by_tag("1").document
    assert isinstance(top, Index)
    for parent in top.children:
        inner = source.manifest(parent).document
        assert isinstance(inner, Index)
        for child in inner.children:
            source.manifest(child)

    assert len(registry.lines) == len(set(registry.lines)) == 5


def test_man_10_the_urls_of_a_layer_are_never_asked(registry: LoopbackRegistry, source: RegistrySource) -> None:
    with LoopbackServer(lambda _: Reply(200), address="127.0.0.2") as sink:
        layer = IMAGE.document["layers"][0] | {"urls": [f"{sink.url}/layer", "http://169.254.169.254/latest"]}
        registry.put("app", IMAGE.changed(layers=[layer]), tag="1")

        document = source.by_tag("1").document
        assert isinstance(document, Manifest)
        assert source.blob(document.layers[0], limit_bytes=10_000) == IMAGE.parts[1].content
        assert sink.log == ()


def test_man_11_the_data_of_a_descriptor_is_never_used(registry: LoopbackRegistry, source: RegistrySource) -> None:
    evil = base64.b64encode(b"evil").decode()
    layer = IMAGE.document["layers"][0] | {"data": evil}
    registry.put("app", IMAGE.changed(layers=[layer]), tag="1")

    document = source.by_tag("1").document

    assert isinstance(document, Manifest)
    assert source.blob(document.layers[0], limit_bytes=10_000) == IMAGE.parts[1].content


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(IMAGE.document, indent=3).encode(),
        b"\n " + IMAGE.content + b"\r\n",
        IMAGE.content.replace(b"/", b"\\/"),
        IMAGE.content.replace(b'"schemaVersion":2,', b"").replace(
            b'{"mediaType"', b'{"schemaVersion":2,"mediaType"', 1
        ),
    ],
    ids=["indented", "spaces around it", "escaped", "another order"],
)
def test_man_14_the_digest_is_that_of_the_very_bytes(
    registry: LoopbackRegistry, source: RegistrySource, content: bytes
) -> None:
    registry.put_manifest("app", content, tag="1")

    fetched = source.by_tag("1")

    assert fetched.content == content
    assert fetched.descriptor.digest == Digest.of(content)
    assert fetched.descriptor.size == len(content)


@given(st.text(" \n\t\r", max_size=8), st.text(" \n\t\r", max_size=8))
def test_man_14_spaces_change_the_digest_and_nothing_else(before: str, after: str) -> None:
    content = before.encode() + IMAGE.content + after.encode()

    fetched = parse_manifest(content, OCI_MANIFEST)

    assert fetched.content == content
    assert fetched.descriptor.digest == Digest.of(content)
    assert fetched.document == parse_manifest(IMAGE.content, OCI_MANIFEST).document


@pytest.mark.parametrize(
    "content",
    [
        IMAGE.content.replace(b'"schemaVersion":2', b'"schemaVersion":2.0'),
        IMAGE.content.replace(b'"schemaVersion":2', b'"schemaVersion":true'),
        IMAGE.content.replace(b'"schemaVersion":2', b'"schemaVersion":"2"'),
        IMAGE.content.replace(b'"schemaVersion":2', b'"schemaVersion":NaN'),
        IMAGE.content.replace(b'"schemaVersion":2', b'"schemaVersion":2,"x":1e999'),
        IMAGE.content.replace(b'"schemaVersion":2', b'"schemaVersion":2,"x":"\\ud800"'),
        b"\xef\xbb\xbf" + IMAGE.content,
        IMAGE.content.decode().encode("utf-16"),
        b"[" * 100_000,
        b"",
        b"null",
    ],
    ids=["2.0", "true", "text", "NaN", "1e999", "surrogate", "mark", "UTF-16", "deep", "nothing", "null"],
)
def test_man_15_json_of_another_type_than_it_looks_is_refused(
    registry: LoopbackRegistry, source: RegistrySource, content: bytes
) -> None:
    registry.put_manifest("app", content, tag="1")

    with pytest.raises((MalformedContent, LimitExceeded)):
        source.by_tag("1")


def test_man_15_no_error_leaves_but_ours(registry: LoopbackRegistry, source: RegistrySource) -> None:
    for at, content in enumerate((b"\x00", b'"', b'{"a"', b"1" * 10_000, b'{"schemaVersion":2}')):
        registry.put_manifest("app", content, DOCKER_MANIFEST, tag=f"v{at}")
        with pytest.raises(ImgtrustError):
            source.by_tag(f"v{at}")
    registry.put("app", docker_image(), tag="good")
    assert source.by_tag("good")
