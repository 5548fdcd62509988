"""Images for several platforms: which signature covers what."""

from __future__ import annotations

import pytest

from tests.flow.attachments import attach, bundled, sign, simple
from tests.flow.desk import Desk, Ran, rule
from tests.support.images import Content, buildkit_index, for_platform, image, index, platform_index
from tests.support.registry import LoopbackRegistry
from tests.support.signing import bundle, encoded, message_signature
from verifier.output.exit_code import ALLOW, DENY, UNDECIDED

INDEX = platform_index("linux/amd64", "linux/arm64")
AMD64, ARM64 = INDEX.parts


def judged(
    desk: Desk, registry: LoopbackRegistry, whole: Content, signed: list[Content], *more: str, platforms: str = ""
) -> Ran:
    """The verdict on the image `whole`, of which `signed` are signed."""
    desk.policy(rule("'**'", "signatures: {from: [release]}", *([f"platforms: {platforms}"] if platforms else [])))
    registry.put("app", whole, tag="1")
    for content in signed:
        sign(registry, "app", content.digest, simple(content.digest, desk.key()))
    return desk.verify(f"{registry.host}/app@{whole.digest}", *more)


@pytest.mark.parametrize(
    ("signed", "platforms", "code"),
    [
        pytest.param([INDEX], "", ALLOW, id="the index"),
        pytest.param([AMD64, ARM64], "", ALLOW, id="every child"),
        pytest.param([AMD64], "", DENY, id="one child"),
        pytest.param([], "", DENY, id="nothing"),
        pytest.param([INDEX], "index", ALLOW, id="the index where it must be"),
        pytest.param([AMD64, ARM64], "index", DENY, id="children where the index must be"),
        pytest.param([AMD64, ARM64], "children", ALLOW, id="children where they must be"),
        pytest.param([INDEX], "children", DENY, id="the index where children must be"),
        pytest.param([INDEX, AMD64], "children", DENY, id="the index and one child where all must be"),
    ],
)
def test_man_07_what_is_signed_covers_what_the_rule_says(
    desk: Desk, registry: LoopbackRegistry, signed: list[Content], platforms: str, code: int
) -> None:
    assert judged(desk, registry, INDEX, signed, platforms=platforms).code == code


def test_man_07_a_signed_child_beside_an_unsigned_one_covers_nothing_else(
    desk: Desk, registry: LoopbackRegistry
) -> None:
    evil = index([AMD64, for_platform(image("evil", platform="linux/arm64"), "linux/arm64")])

    ran = judged(desk, registry, evil, [AMD64])

    assert (ran.code, ran.codes["platforms-uncovered"]) == (DENY, "deny")


def test_man_07_a_child_of_a_signed_index_is_not_covered_by_its_own_name(
    desk: Desk, registry: LoopbackRegistry
) -> None:
    judged(desk, registry, INDEX, [INDEX])

    assert desk.verify(f"{registry.host}/app@{AMD64.digest}").code == DENY


def test_man_07_signatures_of_the_old_and_the_new_format_cover_one_index_together(
    desk: Desk, registry: LoopbackRegistry
) -> None:
    attach(registry, "app", ARM64, bundled(ARM64.digest, desk.key()))

    assert judged(desk, registry, INDEX, [AMD64]).code == ALLOW


@pytest.mark.parametrize(
    ("platform", "code"), [("linux/amd64", ALLOW), ("linux/arm64", DENY), ("linux/arm64/v8", DENY)]
)
def test_a_run_that_is_narrowed_asks_for_one_platform_alone(
    desk: Desk, registry: LoopbackRegistry, platform: str, code: int
) -> None:
    ran = judged(desk, registry, INDEX, [AMD64], "--platform", platform)

    assert (ran.code, ran.verdict["digest"]) == (code, str(INDEX.digest))


def test_every_child_of_the_one_platform_must_be_covered(desk: Desk, registry: LoopbackRegistry) -> None:
    twice = index([AMD64, for_platform(image("evil"), "linux/amd64")])

    assert judged(desk, registry, twice, [AMD64], "--platform", "linux/amd64").code == DENY


def test_a_denied_child_denies_the_index(desk: Desk, registry: LoopbackRegistry) -> None:
    assert judged(desk, registry, INDEX, [INDEX]).code == ALLOW
    desk.policy(beside=f"deny:\n  - {{digests: ['{ARM64.digest}'], reason: incident}}\n")

    ran = desk.verify(f"{registry.host}/app@{INDEX.digest}")

    assert (ran.code, ran.codes) == (DENY, {"image-denied": "deny"})
    assert desk.verify(f"{registry.host}/app@{INDEX.digest}", "--platform", "linux/amd64").code == ALLOW


@pytest.mark.parametrize(("platform", "code"), [("linux/amd64", ALLOW), ("linux/s390x", UNDECIDED)])
def test_a_single_image_is_for_the_platform_that_its_configuration_says(
    desk: Desk, registry: LoopbackRegistry, platform: str, code: int
) -> None:
    single = image()

    ran = judged(desk, registry, single, [single], "--platform", platform)

    assert ran.code == code


@pytest.mark.parametrize("platform", ["linux", "linux/amd64/v1/x", ""])
def test_a_platform_that_is_none_is_a_usage_error(desk: Desk, registry: LoopbackRegistry, platform: str) -> None:
    desk.policy()

    ran = desk.verify("registry.test/app:1", "--platform", platform)

    assert (ran.code, ran.out) == (2, "")
    assert "--platform" in ran.err


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("whole", [True, False], ids=["index signed", "children signed"])
def test_what_buildkit_adds_is_listed_and_neither_judged_nor_trusted(
    desk: Desk, registry: LoopbackRegistry, legacy: bool, whole: bool
) -> None:
    built = buildkit_index("linux/amd64", "linux/arm64", legacy=legacy)
    signed = [built] if whole else list(built.parts[:2])

    ran = judged(desk, registry, built, signed)

    listed = [one for one in ran.verdict["unsigned"] if one["origin"].startswith("BuildKit attestation at index entry")]
    assert (ran.code, len(listed)) == (ALLOW, 2)
    assert judged(desk, registry, buildkit_index("linux/s390x"), []).code == DENY


def test_an_index_without_any_image_is_undecided(desk: Desk, registry: LoopbackRegistry) -> None:
    empty = index([])

    ran = judged(desk, registry, empty, [empty])

    assert (ran.code, ran.codes) == (UNDECIDED, {"content-malformed": "undecided"})


@pytest.mark.parametrize(("signer", "code"), [("release", ALLOW), ("other", DENY)])
def test_a_signature_over_the_manifest_of_a_platform_covers_it(
    desk: Desk, registry: LoopbackRegistry, signer: str, code: int
) -> None:
    desk.policy(rule("'**'", "signatures: {from: [release]}"))
    registry.put("app", INDEX, tag="1")
    for child in (AMD64, ARM64):
        attach(registry, "app", child, encoded(bundle(message_signature(desk.key(signer), child.content))))

    assert desk.verify(f"{registry.host}/app:1").code == code
