"""`imgtrust verify IMAGE` over a socket: what is named, what hangs on it, what comes out."""

from __future__ import annotations

import pytest

from tests.flow.attachments import attach, attest, bundled, sign, simple
from tests.flow.desk import Desk, rule
from tests.support.images import artifact, image
from tests.support.registry import LoopbackRegistry
from tests.support.signing import PROVENANCE_V1
from trust.digest import Digest
from verifier.output.exit_code import ALLOW, DENY, UNDECIDED

IMAGE = image()
MOVED = image("moved")


@pytest.fixture
def signed(desk: Desk, registry: LoopbackRegistry) -> str:
    """The repository of an image that `release` signed in the old format, under a policy that wants that."""
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    return f"{registry.host}/app"


def test_by_tag_the_digest_is_resolved_judged_and_told(desk: Desk, signed: str) -> None:
    ran = desk.verify(f"{signed}:1")

    assert (ran.code, ran.decision) == (ALLOW, "allow")
    assert ran.verdict["digest"] == str(IMAGE.digest)
    assert ran.verdict["pinned"] == f"{signed}:1@{IMAGE.digest}"
    assert ran.codes == {"mutable-tag": "warn"}


def test_by_digest_no_tag_is_asked_for(desk: Desk, signed: str, registry: LoopbackRegistry) -> None:
    ran = desk.verify(f"{signed}@{IMAGE.digest}")

    assert (ran.code, ran.codes) == (ALLOW, {})
    assert ran.verdict["pinned"] == f"{signed}@{IMAGE.digest}"
    assert "GET /v2/app/manifests/latest" not in registry.lines


def test_an_unsigned_image_is_denied(desk: Desk, signed: str, registry: LoopbackRegistry) -> None:
    registry.put("app", MOVED, tag="1")

    ran = desk.verify(f"{signed}:1")

    assert (ran.code, ran.decision) == (DENY, "deny")
    assert ran.codes == {"no-signatures": "deny", "mutable-tag": "warn"}


def test_where_tag_and_digest_agree_nothing_is_said(desk: Desk, signed: str) -> None:
    assert desk.verify(f"{signed}:1@{IMAGE.digest}").codes == {}


def test_where_the_tag_moved_the_digest_is_judged(desk: Desk, signed: str, registry: LoopbackRegistry) -> None:
    registry.put("app", MOVED, tag="1")

    ran = desk.verify(f"{signed}:1@{IMAGE.digest}")

    assert (ran.code, ran.codes) == (ALLOW, {"tag-digest-differ": "warn"})
    assert ran.verdict["digest"] == str(IMAGE.digest)


def test_a_tag_beside_the_digest_that_cannot_be_asked_decides_nothing(
    desk: Desk, signed: str, registry: LoopbackRegistry
) -> None:
    registry.fault("/manifests/1$", status=403)

    ran = desk.verify(f"{signed}:1@{IMAGE.digest}")

    assert (ran.code, ran.codes) == (ALLOW, {})


def test_a_pinned_digest_that_is_gone_is_told_apart(desk: Desk, signed: str) -> None:
    gone = Digest.of(b"gone")

    ran = desk.verify(f"{signed}@{gone}")

    assert (ran.code, ran.decision) == (UNDECIDED, "undecided")
    assert ran.codes == {"digest-gone": "undecided"}
    assert ran.verdict["repository"] == signed


def test_a_tag_that_is_not_there_is_no_digest_that_is_gone(desk: Desk, signed: str) -> None:
    assert desk.verify(f"{signed}:2").codes == {"content-not-found": "undecided"}


# Every place and format


def _bundle(registry: LoopbackRegistry, desk: Desk) -> None:
    attach(registry, "app", IMAGE, bundled(IMAGE.digest, desk.key()))


@pytest.mark.parametrize("api", [True, False], ids=["referrers API", "fallback tag"])
def test_a_bundle_counts_wherever_it_is_listed(desk: Desk, *, api: bool) -> None:
    desk.policy()
    with LoopbackRegistry(referrers=api) as registry:
        registry.put("app", IMAGE, tag="1")
        assert desk.verify(f"{registry.host}/app:1").code == DENY
        _bundle(registry, desk)

        ran = desk.verify(f"{registry.host}/app:1")

    assert ran.code == ALLOW
    assert ran.verdict["signatures"][0]["signer"]["name"] == "release"


def test_simple_signing_counts_as_a_referrer(desk: Desk, registry: LoopbackRegistry) -> None:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    layer = simple(IMAGE.digest, desk.key())
    registry.put("app", artifact("application/vnd.dev.cosign.artifact.sig.v1+json", (layer,), subject=IMAGE))

    ran = desk.verify(f"{registry.host}/app:1")

    assert ran.code == ALLOW
    assert ran.verdict["signatures"][0]["origin"].startswith("simple signing at referrer sha256:")


@pytest.mark.parametrize("form", ["tag", "bundle"])
def test_an_attestation_is_not_a_signature(desk: Desk, registry: LoopbackRegistry, form: str) -> None:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    if form == "tag":
        attest(registry, "app", IMAGE.digest, desk.key())
    else:
        attach(registry, "app", IMAGE, bundled(IMAGE.digest, desk.key(), predicate_type=PROVENANCE_V1))

    ran = desk.verify(f"{registry.host}/app:1")

    assert (ran.code, ran.codes["attestation-no-signature"], ran.codes["no-signatures"]) == (DENY, "info", "deny")
    assert [one["predicate_type"] for one in ran.verdict["statements"]] == [PROVENANCE_V1]


def test_an_attestation_beside_a_signature_takes_nothing_away(
    desk: Desk, signed: str, registry: LoopbackRegistry
) -> None:
    attest(registry, "app", IMAGE.digest, desk.key())

    ran = desk.verify(f"{signed}:1")

    assert (ran.code, len(ran.verdict["statements"])) == (ALLOW, 1)


def test_a_copy_with_its_signatures_is_judged_as_the_first(desk: Desk, signed: str, registry: LoopbackRegistry) -> None:
    registry.put("copy", IMAGE, tag="1")
    assert desk.verify(f"{registry.host}/copy:1").code == DENY
    sign(registry, "copy", IMAGE.digest, simple(IMAGE.digest, desk.key()))

    assert desk.verify(f"{registry.host}/copy:1").code == ALLOW


def test_a_signature_about_another_image_does_not_count(desk: Desk, signed: str, registry: LoopbackRegistry) -> None:
    registry.put("app", MOVED, tag="2")
    sign(registry, "app", MOVED.digest, simple(IMAGE.digest, desk.key()))

    ran = desk.verify(f"{signed}:2")

    assert ran.code == DENY
    assert [one["step"] for one in ran.verdict["rejections"]] == ["subject"]
    assert ran.codes["signature-rejected"] == "info"


def test_a_rejected_signature_does_not_spoil_a_good_one(desk: Desk, signed: str, registry: LoopbackRegistry) -> None:
    good, bad = simple(IMAGE.digest, desk.key()), simple(MOVED.digest, desk.key())
    sign(registry, "app", IMAGE.digest, bad, good)

    ran = desk.verify(f"{signed}:1")

    assert (ran.code, [one["step"] for one in ran.verdict["rejections"]]) == (ALLOW, ["subject"])


# What a rule asks for


def test_a_signature_by_a_key_of_another_rule_is_named_as_such(desk: Desk, registry: LoopbackRegistry) -> None:
    other = rule("'*/other'", "signatures: {from: [other]}")
    desk.policy(rule(f"'{registry.host}/app'") + other.replace("*/", f"{registry.host}/"))
    for repository in ("app", "other"):
        registry.put(repository, IMAGE, tag="1")
        sign(registry, repository, IMAGE.digest, simple(IMAGE.digest, desk.key("other")))

    denied, allowed = (desk.verify(f"{registry.host}/{name}:1") for name in ("app", "other"))

    assert (denied.code, denied.codes["signer-untrusted"]) == (DENY, "info")
    assert allowed.code == ALLOW


@pytest.mark.parametrize("formats", ["one format", "both formats"])
def test_one_key_counts_once_however_often_it_signed(desk: Desk, registry: LoopbackRegistry, formats: str) -> None:
    desk.policy(rule("'**'", "signatures: {from: [release, other], at_least: 2}"))
    registry.put("app", IMAGE, tag="1")
    layers = [simple(IMAGE.digest, desk.key(), annotations={"build": str(at)}) for at in range(3)]
    sign(registry, "app", IMAGE.digest, *layers)
    if formats == "both formats":
        _bundle(registry, desk)

    ran = desk.verify(f"{registry.host}/app:1")

    assert (ran.code, ran.codes["signatures-short"]) == (DENY, "deny")
    sign(registry, "app", IMAGE.digest, *layers, simple(IMAGE.digest, desk.key("other")))
    assert desk.verify(f"{registry.host}/app:1").code == ALLOW


def test_every_requirement_of_a_list_must_be_met(desk: Desk, registry: LoopbackRegistry) -> None:
    desk.policy(rule("'**'", "signatures: [{from: [release]}, {from: [other]}]"))
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    assert desk.verify(f"{registry.host}/app:1").code == DENY

    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()), simple(IMAGE.digest, desk.key("other")))

    assert desk.verify(f"{registry.host}/app:1").code == ALLOW


def test_sig_04_conditions_are_met_by_one_signature_and_not_by_several(desk: Desk, registry: LoopbackRegistry) -> None:
    wanted = "annotations: {env: prod, team: a}"
    desk.policy(rule("'**'", f"signatures: {{from: [release], {wanted}}}"))
    registry.put("app", IMAGE, tag="1")
    env = simple(IMAGE.digest, desk.key(), annotations={"env": "prod"})
    team = simple(IMAGE.digest, desk.key(), annotations={"team": "a"})
    stranger = simple(IMAGE.digest, desk.key("other"), annotations={"env": "prod", "team": "a"})
    sign(registry, "app", IMAGE.digest, env, team, stranger)

    denied = desk.verify(f"{registry.host}/app:1")

    assert (denied.code, denied.codes["annotation-mismatch"]) == (DENY, "info")
    both = simple(IMAGE.digest, desk.key(), annotations={"env": "prod", "team": "a"})
    sign(registry, "app", IMAGE.digest, env, team, both)
    assert desk.verify(f"{registry.host}/app:1").code == ALLOW


def test_sig_02_a_signature_for_another_repository_counts_unless_the_rule_binds_it(
    desk: Desk, registry: LoopbackRegistry
) -> None:
    desk.policy(rule("'**'", "signatures: {from: [release], repository: signed}"))
    here = f"{registry.host}/app"
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key(), repository="registry.test/dev"))
    _bundle(registry, desk)

    denied = desk.verify(f"{here}:1")

    assert (denied.code, denied.codes["repository-mismatch"]) == (DENY, "info")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key(), repository=here))
    assert desk.verify(f"{here}:1").code == ALLOW


@pytest.mark.parametrize(
    ("tag", "code"), [(":1", "mutable-tag"), (":latest", "latest-tag"), ("", "no-tag")], ids=["tag", "latest", "none"]
)
@pytest.mark.parametrize(("mode", "effect"), [("deny", "deny"), ("warn", "warn"), ("allow", None)])
def test_a_reference_without_a_digest_is_met_as_the_rule_says(
    desk: Desk, registry: LoopbackRegistry, tag: str, code: str, mode: str, effect: str | None
) -> None:
    desk.policy(rule("'**'", "signatures: {from: [release]}", f"mutable_tag: {mode}"))
    for name in ("1", "latest"):
        registry.put("app", IMAGE, tag=name)
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()))

    ran = desk.verify(f"{registry.host}/app{tag}")

    assert ran.code == (DENY if effect == "deny" else ALLOW)
    assert ran.codes == ({code: effect} if effect else {})


def test_signatures_may_be_in_a_repository_that_the_policy_names(desk: Desk, registry: LoopbackRegistry) -> None:
    registry.put("app", IMAGE, tag="1")
    sign(registry, "signatures", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    desk.policy()
    assert desk.verify(f"{registry.host}/app:1").code == DENY

    desk.policy(beside=f"signature_repository: {registry.host}/signatures\n")

    assert desk.verify(f"{registry.host}/app:1").code == ALLOW


def test_a_signature_repository_that_is_the_images_own_is_asked_once(desk: Desk, registry: LoopbackRegistry) -> None:
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    desk.policy(beside=f"signature_repository: {registry.host}/app\n")

    ran = desk.verify(f"{registry.host}/app:1")

    assert (ran.code, len(ran.verdict["signatures"])) == (ALLOW, 1)
    assert len(registry.lines) == len(set(registry.lines))


def test_one_key_suffices_instead_of_a_policy(desk: Desk, signed: str) -> None:
    desk.key("other")

    assert desk.verify(f"{signed}:1", "--key", "release.pub").code == ALLOW
    assert desk.verify(f"{signed}:1", "--key", "other.pub").code == DENY
