"""Evidence about one image: resolved once, then everything by digest, and no more than the rule needs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.flow.attachments import attest, sign, simple
from tests.support.images import Content, buildkit_index, image, platform_index
from tests.support.registry import LoopbackRegistry
from tests.support.signing import signing_key
from trust.digest import Digest
from trust.evidence import Evidence
from trust.pattern import Pattern
from trust.policy import Platforms, Rule, SignatureRequirement, UnsignedPermission
from trust.signer import TrustedKey
from verifier.errors import ContentNotFound, RegistryError
from verifier.gather import DigestGone, Target, gather
from verifier.registry.client import RegistrySource

IMAGE = image()
INDEX = platform_index("linux/amd64", "linux/arm64")
KEY = signing_key()
TRUSTED = TrustedKey("release", KEY.trusted)
SIGNED = Rule("signed", (Pattern.parse("**"),), signatures=(SignatureRequirement((TRUSTED,)),))


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(4) as running:
        yield running


def gathered(source: RegistrySource, pool: Executor, rule: Rule = SIGNED, **named: Any) -> Evidence:
    """Evidence about the image that `named` says, by its tag `1` if it says nothing."""
    tag = named.pop("tag", None if "digest" in named else "1")
    target = Target("registry.test/app", tag, named.get("digest"), source, partial(source.by_tag, "1"))
    return gather(target, rule, [KEY.trusted], pool)


def put(registry: LoopbackRegistry, content: Content, *signed: Content) -> None:
    registry.put("app", content, tag="1")
    for one in signed:
        sign(registry, "app", one.digest, simple(one.digest, KEY))


def test_a_tag_is_resolved_and_what_holds_is_told_apart(
    registry: LoopbackRegistry, source: RegistrySource, pool: Executor
) -> None:
    put(registry, IMAGE)
    bad = simple(Digest.of(b"other"), KEY)
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, KEY), bad)
    attest(registry, "app", IMAGE.digest, KEY)

    evidence = gathered(source, pool)

    assert (evidence.subject.digest, evidence.subject.tag, evidence.subject.pinned) == (IMAGE.digest, "1", False)
    assert [one.covers for one in evidence.signatures] == [IMAGE.digest]
    assert [one.covers for one in evidence.statements] == [IMAGE.digest]
    assert [one.step for one in evidence.rejections] == ["subject"]


@pytest.mark.parametrize("tag", [None, "1", "gone"])
def test_the_digest_is_judged_and_the_tag_beside_it_informs(
    registry: LoopbackRegistry, source: RegistrySource, pool: Executor, tag: str | None
) -> None:
    put(registry, image("moved"))
    registry.put("app", IMAGE)

    subject = gathered(source, pool, digest=IMAGE.digest, tag=tag).subject

    moved = image("moved").digest if tag == "1" else None
    assert (subject.digest, subject.pinned, subject.tag, subject.tag_digest) == (IMAGE.digest, True, tag, moved)


def test_a_digest_that_is_gone_is_not_a_tag_that_is_missing(
    registry: LoopbackRegistry, source: RegistrySource, pool: Executor
) -> None:
    with pytest.raises(DigestGone):
        gathered(source, pool, digest=IMAGE.digest)
    with pytest.raises(ContentNotFound) as missing:
        gathered(source, pool)

    assert not isinstance(missing.value, DigestGone)


def test_a_registry_that_fails_has_no_digest_that_is_gone(
    registry: LoopbackRegistry, source: RegistrySource, pool: Executor
) -> None:
    registry.fault("/manifests/sha256:", status=418)

    with pytest.raises(RegistryError) as failed:
        gathered(source, pool, digest=IMAGE.digest)

    assert not isinstance(failed.value, DigestGone)


@pytest.mark.parametrize("pinned", [True, False])
def test_a_rule_that_wants_no_signature_asks_for_none(
    registry: LoopbackRegistry, source: RegistrySource, pool: Executor, pinned: bool
) -> None:
    from datetime import date

    put(registry, IMAGE, IMAGE)
    leave = Rule("leave", (Pattern.parse("**"),), unsigned=UnsignedPermission("not yet", date(2099, 1, 1)))

    evidence = gathered(source, pool, leave, **({"digest": IMAGE.digest} if pinned else {}))

    assert (evidence.subject.digest, evidence.signatures, len(registry.lines)) == (IMAGE.digest, (), 1)


@pytest.mark.parametrize(
    ("platforms", "signed", "asked"),
    [
        pytest.param(Platforms.INDEX_OR_CHILDREN, [INDEX], False, id="the index suffices"),
        pytest.param(Platforms.INDEX_OR_CHILDREN, [], True, id="the index lacks"),
        pytest.param(Platforms.INDEX, [], False, id="children would not count"),
        pytest.param(Platforms.CHILDREN, [INDEX], True, id="only children count"),
    ],
)
def test_children_are_asked_about_where_they_can_change_something(
    registry: LoopbackRegistry,
    source: RegistrySource,
    pool: Executor,
    platforms: Platforms,
    signed: list[Content],
    asked: bool,
) -> None:
    put(registry, INDEX, *signed)
    rule = Rule("signed", SIGNED.images, signatures=SIGNED.signatures, platforms=platforms)

    gathered(source, pool, rule)

    child = f"GET /v2/app/referrers/{INDEX.parts[0].digest}"
    assert (child in registry.lines) == asked


def test_what_hangs_on_children_is_about_them(
    registry: LoopbackRegistry, source: RegistrySource, pool: Executor
) -> None:
    put(registry, INDEX, *INDEX.parts)

    evidence = gathered(source, pool)

    assert {one.covers for one in evidence.signatures} == {child.digest for child in INDEX.parts}
    assert [child.platform for child in evidence.subject.children] == ["linux/amd64", "linux/arm64"]


def test_what_was_found_about_the_index_stays_beside_what_was_found_about_its_children(
    registry: LoopbackRegistry, source: RegistrySource, pool: Executor
) -> None:
    registry.put("app", INDEX, tag="1")
    stray = simple(Digest.of(b"other"), KEY)
    for digest in (INDEX.digest, INDEX.parts[0].digest):
        sign(registry, "app", digest, stray)
    for path in (INDEX.digest, INDEX.parts[1].digest):
        registry.fault(f"/referrers/{path}", status=418)

    evidence = gathered(source, pool)

    assert {one.digest for one in evidence.rejections} == {INDEX.digest, INDEX.parts[0].digest}
    assert {one.digest for one in evidence.gaps} == {INDEX.digest, INDEX.parts[1].digest}


def test_signatures_of_the_index_and_of_its_children_stand_beside_each_other(
    registry: LoopbackRegistry, source: RegistrySource, pool: Executor
) -> None:
    put(registry, INDEX, INDEX, *INDEX.parts)
    rule = Rule("signed", SIGNED.images, signatures=SIGNED.signatures, platforms=Platforms.CHILDREN)

    covered = {one.covers for one in gathered(source, pool, rule).signatures}

    assert covered == {INDEX.digest, *(child.digest for child in INDEX.parts)}


def test_what_is_attached_without_a_signature_is_listed(
    registry: LoopbackRegistry, source: RegistrySource, pool: Executor
) -> None:
    put(registry, IMAGE, IMAGE)
    registry.attach("app", IMAGE, "application/spdx+json", b"{}")

    assert [one.kind for one in gathered(source, pool).unsigned] == ["application/spdx+json"]


def test_what_buildkit_put_beside_the_platforms_is_listed(
    registry: LoopbackRegistry, source: RegistrySource, pool: Executor
) -> None:
    built = buildkit_index("linux/amd64")
    put(registry, built, built)

    (listed,) = gathered(source, pool).unsigned

    assert (listed.origin.format, listed.digest) == ("BuildKit attestation", built.digest)
