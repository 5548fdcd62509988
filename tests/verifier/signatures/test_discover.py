"""What hangs on a digest: every place read, nothing taken for more than it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.flow.attachments import attach, bundled, sign, signatures, simple, stem
from tests.support.images import Content, artifact, blob, encoded, image, index
from tests.support.layouts import named, write_layout
from tests.support.registry import LoopbackRegistry
from tests.support.signing import signing_key
from trust.digest import Digest
from verifier.manifest import OCI_INDEX
from verifier.registry.client import RegistrySource
from verifier.registry.layout import LayoutSource
from verifier.registry.source import Source
from verifier.signatures import discover as discovery
from verifier.signatures.discover import (
    BUNDLE_TYPE_PREFIX,
    CANDIDATE_LIMIT,
    ENVELOPE_TYPE,
    PAYLOAD_LIMIT_BYTES,
    SIMPLE_SIGNING_TYPE,
    Discovery,
    Kind,
    discover,
    tag_stem,
)

IMAGE = image()
KEY = signing_key()


def found(*sources: Source, digests: tuple[Digest, ...] = (IMAGE.digest,)) -> Discovery:
    with ThreadPoolExecutor(4) as pool:
        return discover(digests, sources, pool)


def test_every_place_is_read_and_the_order_is_that_of_the_places(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, KEY), simple(IMAGE.digest, KEY, annotations={"n": "2"}))
    referrer = attach(registry, "app", IMAGE, bundled(IMAGE.digest, KEY))
    registry.put("app", signatures(blob(ENVELOPE_TYPE, b"{}")), tag=f"{stem(IMAGE.digest)}.att")

    everything = found(source)

    assert [(one.kind, str(one.origin)) for one in everything.materials] == [
        (Kind.BUNDLE, f"bundle at referrer {referrer}"),
        (Kind.ENVELOPE, f"attestation at {tag_stem(IMAGE.digest)}.att"),
        (Kind.SIMPLE_SIGNING, f"simple signing at {tag_stem(IMAGE.digest)}.sig"),
        (Kind.SIMPLE_SIGNING, f"simple signing at {tag_stem(IMAGE.digest)}.sig, layer 1"),
    ]
    assert (everything.gaps, everything.rejections, everything.unsigned) == ([], [], [])


def test_where_nothing_is_attached_nothing_is_said(source: RegistrySource) -> None:
    assert found(source) == Discovery()


def test_sources_are_searched_together(registry: LoopbackRegistry, source: RegistrySource, tmp_path: Path) -> None:
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, KEY))
    layout = write_layout(tmp_path, [named(signatures(simple(IMAGE.digest, KEY)), f"{stem(IMAGE.digest)}.sig")])

    assert len(found(source, LayoutSource(layout)).materials) == 2


def test_digests_are_searched_together_and_told_apart(registry: LoopbackRegistry, source: RegistrySource) -> None:
    other = image("other")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, KEY))
    sign(registry, "app", other.digest, simple(other.digest, KEY))

    both = found(source, digests=(other.digest, IMAGE.digest))

    assert [one.digest for one in both.materials] == sorted((IMAGE.digest, other.digest), key=str)


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        (SIMPLE_SIGNING_TYPE, Kind.SIMPLE_SIGNING),
        (ENVELOPE_TYPE, Kind.ENVELOPE),
        (f"{BUNDLE_TYPE_PREFIX}.v0.3+json", Kind.BUNDLE),
        (f"{BUNDLE_TYPE_PREFIX}+json;version=0.1", Kind.BUNDLE),
    ],
)
def test_a_layer_says_by_its_type_what_it_is(
    registry: LoopbackRegistry, source: RegistrySource, media_type: str, kind: Kind
) -> None:
    registry.put("app", signatures(blob(media_type, b"x")), tag=f"{stem(IMAGE.digest)}.sig")

    assert [one.kind for one in found(source).materials] == [kind]


def test_a_layer_of_another_type_is_listed_and_never_read(registry: LoopbackRegistry, source: RegistrySource) -> None:
    registry.attach("app", IMAGE, "application/spdx+json", b"{}")

    everything = found(source)

    assert ([one.kind for one in everything.unsigned], everything.materials) == (["application/spdx+json"], [])
    assert not any("blobs" in line for line in registry.lines)


@pytest.mark.parametrize("tag", ["", ".sig"])
def test_a_place_that_holds_something_else_is_a_rejection(
    registry: LoopbackRegistry, source: RegistrySource, tag: str
) -> None:
    held = {"": image("other"), ".sig": index([image()])}[tag]
    registry.put("app", held, tag=f"{stem(IMAGE.digest)}{tag}")

    (rejection,) = found(source).rejections

    assert (rejection.step, rejection.digest) == ("material", IMAGE.digest)


@pytest.mark.parametrize("place", [".sig", ".att", "", "referrers"])
def test_what_is_there_and_cannot_be_read_is_a_rejection_and_no_gap(
    registry: LoopbackRegistry, source: RegistrySource, place: str
) -> None:
    if place == "referrers":
        registry.fault("/referrers/", body=b'{"schemaVersion":2,"manifests":5}')
    else:
        registry.put_manifest("app", b"[]", tag=f"{stem(IMAGE.digest)}{place}")

    everything = found(source)

    assert ([one.step for one in everything.rejections], everything.gaps) == (["material"], [])


@pytest.mark.parametrize("subject", [None, image("other")], ids=["nothing", "another image"])
def test_a_referrer_that_is_about_something_else_is_a_rejection(
    registry: LoopbackRegistry, source: RegistrySource, subject: Content | None
) -> None:
    stray = artifact(SIMPLE_SIGNING_TYPE, (simple(IMAGE.digest, KEY),), subject=subject)
    registry.put("app", stray)
    listed(registry, [stray.descriptor()])

    everything = found(source)

    assert ([one.step for one in everything.rejections], everything.materials) == (["subject"], [])


def listed(registry: LoopbackRegistry, descriptors: list[dict[str, object]]) -> None:
    """Put a list of `descriptors` under the fallback tag of `IMAGE`."""
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": descriptors}
    registry.put_manifest("app", encoded(document), OCI_INDEX, tag=stem(IMAGE.digest))


def test_a_referrer_that_is_listed_and_not_there_is_a_gap(registry: LoopbackRegistry, source: RegistrySource) -> None:
    listed(registry, [artifact(SIMPLE_SIGNING_TYPE, subject=IMAGE).descriptor()])

    (gap,) = found(source).gaps

    assert (gap.code, gap.digest) == ("content-not-found", IMAGE.digest)


def test_a_place_that_is_not_there_is_no_gap(registry: LoopbackRegistry, source: RegistrySource) -> None:
    with LoopbackRegistry(referrers=False):
        assert found(source).gaps == []


@pytest.mark.parametrize("path", ["/referrers/", f"{stem(IMAGE.digest)}$", ".sig$", ".att$"])
def test_a_place_that_does_not_answer_is_a_gap(registry: LoopbackRegistry, source: RegistrySource, path: str) -> None:
    registry.fault(path, status=418)

    assert [gap.code for gap in found(source).gaps] == ["registry-error"]


def test_as_many_referrers_as_are_read_are_read_and_one_more_is_a_gap(
    registry: LoopbackRegistry, source: RegistrySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A thousand requests would show the same and take seconds.
    monkeypatch.setattr(discovery, "CANDIDATE_LIMIT", 3)
    for at in range(3):
        attach(registry, "app", IMAGE, bundled(IMAGE.digest, KEY, annotations={"n": str(at)}))
    assert len(found(source).materials) == 3

    attach(registry, "app", IMAGE, bundled(IMAGE.digest, KEY))
    refused = found(RegistrySource(source._transport, registry.host, "app"))

    assert ([gap.code for gap in refused.gaps], refused.materials) == (["limit-exceeded"], [])


def test_as_many_layers_as_are_read_are_read_and_one_more_is_a_gap(
    registry: LoopbackRegistry, source: RegistrySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "CANDIDATE_LIMIT", 3)
    layers = [simple(IMAGE.digest, KEY, annotations={"n": str(at)}) for at in range(4)]
    sign(registry, "app", IMAGE.digest, *layers[:3])
    assert len(found(source).materials) == 3

    sign(registry, "app", IMAGE.digest, *layers)
    refused = found(RegistrySource(source._transport, registry.host, "app"))

    assert ([gap.code for gap in refused.gaps], refused.materials) == (["limit-exceeded"], [])
    assert CANDIDATE_LIMIT == 1000


def test_a_payload_is_read_up_to_its_limit(registry: LoopbackRegistry, source: RegistrySource) -> None:
    sizes = (PAYLOAD_LIMIT_BYTES, PAYLOAD_LIMIT_BYTES + 1)
    sign(registry, "app", IMAGE.digest, *(blob(SIMPLE_SIGNING_TYPE, b"x" * size) for size in sizes))

    everything = found(source)

    assert [len(one.content) for one in everything.materials] == [PAYLOAD_LIMIT_BYTES]
    assert [gap.code for gap in everything.gaps] == ["limit-exceeded"]


def test_all_that_is_read_together_has_a_limit_over_all_digests(
    registry: LoopbackRegistry, source: RegistrySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "TOTAL_LIMIT_BYTES", 100)
    other = image("other")
    for digest in (IMAGE.digest, other.digest):
        sign(registry, "app", digest, blob(SIMPLE_SIGNING_TYPE, str(digest)[:60].encode()))

    assert found(source).gaps == []
    both = found(source, digests=(IMAGE.digest, other.digest))

    assert (len(both.materials), [gap.code for gap in both.gaps]) == (1, ["limit-exceeded"])


def test_a_stem_keeps_within_what_a_tag_may_have() -> None:
    long = Digest.parse("sha512:" + "a" * 128)

    assert (tag_stem(long), len(tag_stem(IMAGE.digest))) == ("sha512-" + "a" * 64, 71)
