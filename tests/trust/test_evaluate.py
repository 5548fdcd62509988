"""Policy and evidence meet: every way to a verdict, with values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.policies import key
from trust.digest import Digest
from trust.evaluate import WARNING_PERIOD, evaluate, name_refusal, needs_signatures, satisfied
from trust.evidence import (
    STEPS,
    Child,
    Evidence,
    Gap,
    Origin,
    Rejection,
    Subject,
    Unsigned,
    VerifiedSignature,
    VerifiedStatement,
)
from trust.pattern import Pattern
from trust.policy import Denial, MutableTag, Platforms, Policy, Rule, SignatureRequirement, UnsignedPermission
from trust.signer import CertificateSigner, KeySigner, TrustedKey
from trust.verdict import Decision, Effect, Verdict

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REPOSITORY = "ghcr.io/acme/app"
IMAGE, AMD64, ARM64, OTHER, POLICY_DIGEST = (
    Digest.of(name.encode()) for name in ("image", "amd64", "arm64", "other", "policy")
)
TRUSTED = {name: TrustedKey(name, key(name)) for name in ("a", "b", "c")}
CHILDREN = (Child("linux/amd64", AMD64), Child("linux/arm64", ARM64))


def subject(*, children: tuple[Child, ...] = (), **fields: object) -> Subject:
    given_fields = {"tag": "1.4", "pinned": True, "children": children} | fields
    return Subject(REPOSITORY, IMAGE, **given_fields)  # type: ignore[arg-type]


def signature(
    name: str = "a",
    covers: Digest = IMAGE,
    annotations: Mapping[str, str] | None = None,
    repository: str | None = REPOSITORY,
) -> VerifiedSignature:
    origin = Origin(f"sha256-{covers.hex[:8]}.sig", "simple signing")
    return VerifiedSignature(KeySigner(key(name)), covers, origin, annotations or {}, repository)


def requirement(*names: str, **fields: object) -> SignatureRequirement:
    return SignatureRequirement(tuple(TRUSTED[name] for name in names or ("a",)), **fields)  # type: ignore[arg-type]


def policy(
    *requirements: SignatureRequirement,
    denials: tuple[Denial, ...] = (),
    pattern: str = "ghcr.io/acme/**",
    **fields: object,
) -> Policy:
    rule = Rule("ours", (Pattern.parse(pattern),), signatures=requirements, **fields)  # type: ignore[arg-type]
    return Policy(POLICY_DIGEST, (rule,), denials=denials)


def judge(rules: Policy, *signatures: VerifiedSignature, about: Subject | None = None, **fields: object) -> Verdict:
    evidence = Evidence(about or subject(), signatures=signatures, **fields)  # type: ignore[arg-type]
    return evaluate(rules, evidence, requested="ghcr.io/acme/app:1.4", now=NOW)


def codes(verdict: Verdict, effect: Effect | None = None) -> list[str]:
    return [finding.code for finding in verdict.findings if effect in (None, finding.effect)]


def leave(until: date, **fields: object) -> UnsignedPermission:
    return UnsignedPermission("no key yet", until, **fields)  # type: ignore[arg-type]


REJECTION = Rejection(Origin("sha256-aa.sig", "simple signing"), IMAGE, STEPS[6], "no key of the policy made it")
GAP = Gap("registry-unreachable", "the referrers of the image could not be listed", IMAGE)
STATEMENT = VerifiedStatement(
    KeySigner(key("a")), IMAGE, Origin("sha256:bb", "attestation"), "https://slsa.dev/provenance/v1"
)


# What a verdict is about


def test_a_signature_by_a_trusted_key_allows() -> None:
    verdict = judge(policy(requirement("a")), signature("a"))

    assert verdict.decision is Decision.ALLOW
    assert verdict.admitted
    assert verdict.findings == ()
    assert verdict.signatures == (signature("a"),)
    assert (verdict.requested, verdict.repository, verdict.digest) == ("ghcr.io/acme/app:1.4", REPOSITORY, IMAGE)
    assert (verdict.rule, verdict.enforced) == ("ours", True)
    assert (verdict.judged_at, verdict.policy_digest) == (NOW, POLICY_DIGEST)
    assert verdict.unchecked == ()
    assert verdict.signer_names == {TRUSTED["a"].principal: "a"}


def test_a_verdict_keeps_everything_that_was_found() -> None:
    unsigned = Unsigned(Origin("index", "attestation"), IMAGE, "provenance")
    verdict = judge(
        policy(requirement("a")), signature("a"), rejections=(REJECTION,), statements=(STATEMENT,), unsigned=(unsigned,)
    )

    assert (verdict.rejections, verdict.statements, verdict.unsigned) == ((REJECTION,), (STATEMENT,), (unsigned,))


# Denials and rules


def test_an_image_that_no_rule_matches_is_denied() -> None:
    verdict = judge(policy(requirement("a"), pattern="ghcr.io/other/**"), signature("a"))

    assert verdict.decision is Decision.DENY
    assert codes(verdict) == ["no-rule"]
    assert (verdict.rule, verdict.enforced, verdict.signatures) == (None, True, ())


def test_an_image_of_a_registry_that_no_rule_is_about_is_denied_as_such() -> None:
    verdict = judge(policy(requirement("a"), pattern="quay.io/**"), signature("a"))

    assert verdict.decision is Decision.DENY
    assert codes(verdict) == ["registry-unapproved"]


def test_an_image_that_is_denied_by_name_is_denied_however_well_it_is_signed() -> None:
    denial = Denial("typo-squat", images=(Pattern.parse("ghcr.io/acme/*"),))
    verdict = judge(policy(requirement("a"), denials=(denial,)), signature("a"))

    assert verdict.decision is Decision.DENY
    assert codes(verdict) == ["image-denied"]
    assert "typo-squat" in verdict.findings[0].message


def test_a_denial_of_another_name_denies_nothing() -> None:
    denial = Denial("typo-squat", images=(Pattern.parse("ghcr.io/evil/*"),))

    assert judge(policy(requirement("a"), denials=(denial,)), signature("a")).decision is Decision.ALLOW


@pytest.mark.parametrize("denied", [IMAGE, ARM64])
def test_a_digest_that_is_denied_denies_the_image_and_an_index_with_it(denied: Digest) -> None:
    denial = Denial("incident", digests=frozenset({denied}))
    verdict = judge(policy(requirement("a"), denials=(denial,)), signature("a"), about=subject(children=CHILDREN))

    assert verdict.decision is Decision.DENY
    assert codes(verdict) == ["image-denied"]


def test_a_denial_is_enforced_though_the_rule_only_warns() -> None:
    denial = Denial("incident", digests=frozenset({IMAGE}))
    warns = policy(requirement("a"), denials=(denial,), enforced=False)
    twin = policy(requirement("a"), enforced=False)

    assert not judge(warns, signature("a")).admitted
    assert judge(twin).admitted


def test_a_digest_that_is_not_denied_is_not() -> None:
    denial = Denial("incident", digests=frozenset({OTHER}))

    assert judge(policy(requirement("a"), denials=(denial,)), signature("a")).decision is Decision.ALLOW


def test_a_name_is_refused_before_any_request_only_where_no_evidence_could_help() -> None:
    denial = Denial("typo-squat", images=(Pattern.parse("ghcr.io/acme/evil"),))
    rules = policy(requirement("a"), denials=(denial,))

    assert name_refusal(rules, "ghcr.io/acme/app") is None
    for repository, code in (
        ("ghcr.io/acme/evil", "image-denied"),
        ("ghcr.io/other/app", "no-rule"),
        ("quay.io/acme/app", "registry-unapproved"),
    ):
        refusal = name_refusal(rules, repository)
        assert refusal is not None
        assert (refusal.code, refusal.effect) == (code, Effect.DENY)


# Signatures


def test_without_signatures_the_image_is_denied() -> None:
    verdict = judge(policy(requirement("a")))

    assert verdict.decision is Decision.DENY
    assert not verdict.admitted
    assert codes(verdict) == ["no-signatures"]


def test_a_signature_by_another_key_is_denied_and_named() -> None:
    verdict = judge(policy(requirement("a")), signature("b"))

    assert verdict.decision is Decision.DENY
    assert codes(verdict) == ["signatures-short", "signer-untrusted"]
    assert verdict.signatures == ()


def test_a_signature_by_a_certificate_is_none_by_a_key() -> None:
    by_certificate = replace(signature("a"), signer=CertificateSigner("https://ci.test/a", "https://issuer.test"))

    assert judge(policy(requirement("a")), by_certificate).decision is Decision.DENY


def test_a_signature_about_another_digest_does_not_count() -> None:
    assert judge(policy(requirement("a")), signature("a", covers=OTHER)).decision is Decision.DENY


def test_a_rejected_candidate_is_shown_with_its_step() -> None:
    verdict = judge(policy(requirement("a")), rejections=(REJECTION,))

    assert verdict.decision is Decision.DENY
    assert codes(verdict) == ["signatures-short", "signature-rejected"]
    assert "signature: no key of the policy made it" in verdict.findings[1].message


def test_a_statement_is_no_signature() -> None:
    verdict = judge(policy(requirement("a")), statements=(STATEMENT,))

    assert verdict.decision is Decision.DENY
    assert "attestation-no-signature" in codes(verdict, Effect.INFO)


def test_a_threshold_counts_signers_and_not_signatures() -> None:
    two = policy(requirement("a", "b", at_least=2))
    again = replace(signature("a"), origin=Origin("sha256:cc", "bundle"))

    assert judge(two, signature("a"), signature("b")).decision is Decision.ALLOW
    verdict = judge(two, signature("a"), again)
    assert verdict.decision is Decision.DENY
    assert codes(verdict) == ["signatures-short"]
    assert "1 of the 2 signers" in verdict.findings[0].message


def test_a_signer_who_is_not_accepted_does_not_fill_a_threshold() -> None:
    assert judge(policy(requirement("a", "b", at_least=2)), signature("a"), signature("c")).decision is Decision.DENY


def test_every_requirement_of_a_rule_must_be_met() -> None:
    both = policy(requirement("a"), requirement("b"))

    assert judge(both, signature("a"), signature("b")).decision is Decision.ALLOW
    verdict = judge(both, signature("a"))
    assert verdict.decision is Decision.DENY
    assert verdict.signatures == (signature("a"),)
    assert "`b`" in verdict.findings[0].message


@pytest.mark.parametrize(
    ("found", "allowed"),
    [({"env": "prod", "x": "y"}, True), ({"env": "test"}, False), ({}, False), ({"ENV": "prod"}, False)],
)
def test_annotations_are_compared_with_the_signed_ones(found: Mapping[str, str], *, allowed: bool) -> None:
    verdict = judge(policy(requirement("a", annotations={"env": "prod"})), signature("a", annotations=found))

    assert (verdict.decision is Decision.ALLOW) is allowed
    assert ("annotation-mismatch" in codes(verdict)) is not allowed


def test_an_objection_says_what_the_signature_has_instead() -> None:
    rules = policy(requirement("a", annotations={"env": "prod"}), requirement("b", repository_signed=True))
    found = (
        signature("a", annotations={"env": "test"}),
        signature("a"),
        signature("b", repository="ghcr.io/x/y"),
        signature("b", repository=None),
    )

    said = " ".join(finding.message for finding in judge(rules, *found).findings)

    for words in ("the signature says `test`", "the signature lacks it", "names `ghcr.io/x/y`", "names none"):
        assert words in said


def test_annotations_of_two_signatures_are_not_added_up() -> None:
    wanted = policy(requirement("a", annotations={"x": "1", "y": "2"}))
    one, other = signature("a", annotations={"x": "1"}), signature("a", annotations={"y": "2"})

    assert judge(wanted, one, other).decision is Decision.DENY
    assert judge(wanted, signature("a", annotations={"x": "1", "y": "2"})).decision is Decision.ALLOW


@pytest.mark.parametrize(
    ("repository", "allowed"),
    [(REPOSITORY, True), ("ghcr.io/acme/other", False), ("ghcr.io/acme/app2", False), (None, False)],
)
def test_the_signed_repository_is_compared_where_the_rule_asks(repository: str | None, *, allowed: bool) -> None:
    verdict = judge(policy(requirement("a", repository_signed=True)), signature("a", repository=repository))

    assert (verdict.decision is Decision.ALLOW) is allowed
    assert ("repository-mismatch" in codes(verdict)) is not allowed
    assert judge(policy(requirement("a")), signature("a", repository=repository)).decision is Decision.ALLOW


# Platforms

_BOTH_CHILDREN = (signature("a", covers=AMD64), signature("a", covers=ARM64))


@pytest.mark.parametrize(
    ("platforms", "found", "allowed"),
    [
        (Platforms.INDEX, (signature("a"),), True),
        (Platforms.INDEX, _BOTH_CHILDREN, False),
        (Platforms.CHILDREN, (signature("a"),), False),
        (Platforms.CHILDREN, _BOTH_CHILDREN, True),
        (Platforms.CHILDREN, _BOTH_CHILDREN[:1], False),
        (Platforms.INDEX_OR_CHILDREN, (signature("a"),), True),
        (Platforms.INDEX_OR_CHILDREN, _BOTH_CHILDREN, True),
        (Platforms.INDEX_OR_CHILDREN, _BOTH_CHILDREN[1:], False),
    ],
)
def test_an_index_is_covered_as_the_rule_asks(
    platforms: Platforms, found: tuple[VerifiedSignature, ...], *, allowed: bool
) -> None:
    verdict = judge(policy(requirement("a"), platforms=platforms), *found, about=subject(children=CHILDREN))

    assert (verdict.decision is Decision.ALLOW) is allowed


@pytest.mark.parametrize("platforms", list(Platforms))
def test_a_single_image_is_its_only_platform(platforms: Platforms) -> None:
    assert judge(policy(requirement("a"), platforms=platforms), signature("a")).decision is Decision.ALLOW
    assert judge(policy(requirement("a"), platforms=platforms)).decision is Decision.DENY


def test_the_platforms_that_nobody_signed_are_named() -> None:
    verdict = judge(policy(requirement("a")), signature("a", covers=AMD64), about=subject(children=CHILDREN))

    assert codes(verdict) == ["platforms-uncovered"]
    assert "linux/arm64" in verdict.findings[0].message
    assert "linux/amd64" not in verdict.findings[0].message


def test_an_index_that_nobody_trusted_signed_is_short_of_signatures_and_not_of_platforms() -> None:
    verdict = judge(policy(requirement("a")), signature("b", covers=AMD64), about=subject(children=CHILDREN))

    assert codes(verdict) == ["signatures-short", "signer-untrusted"]


def test_a_threshold_is_met_on_each_platform_or_not_at_all() -> None:
    two = policy(requirement("a", "b", at_least=2), platforms=Platforms.CHILDREN)
    mixed = (signature("a", covers=AMD64), signature("b", covers=ARM64))
    about = subject(children=CHILDREN)

    verdict = judge(two, *mixed, about=about)
    assert verdict.decision is Decision.DENY
    assert codes(verdict) == ["signatures-short"]
    rest = (signature("b", covers=AMD64), signature("a", covers=ARM64))
    assert judge(two, *mixed, *rest, about=about).decision is Decision.ALLOW


# What could not be read


def test_a_gap_makes_a_shortage_undecided() -> None:
    verdict = judge(policy(requirement("a")), signature("b"), gaps=(GAP,), rejections=(REJECTION,))

    assert verdict.decision is Decision.UNDECIDED
    assert not verdict.admitted
    assert codes(verdict)[0] == "evidence-incomplete"
    assert verdict.findings[0].evidence == {"code": "registry-unreachable"}
    assert "signatures-short" in codes(verdict, Effect.INFO)


def test_a_gap_beside_enough_signatures_changes_nothing() -> None:
    verdict = judge(policy(requirement("a")), signature("a"), gaps=(GAP,))

    assert (verdict.decision, verdict.findings) == (Decision.ALLOW, ())


def test_a_denial_is_a_denial_whatever_could_not_be_read() -> None:
    denial = Denial("incident", digests=frozenset({IMAGE}))

    assert judge(policy(requirement("a"), denials=(denial,)), gaps=(GAP,)).decision is Decision.DENY


# Leave to run unsigned


@pytest.mark.parametrize(
    ("until", "now", "allowed"),
    [
        pytest.param(date(2027, 6, 30), NOW, True, id="long before"),
        pytest.param(date(2026, 11, 24), NOW, True, id="on its last day"),
        pytest.param(date(2026, 11, 23), NOW, False, id="the day after"),
        pytest.param(date(2026, 11, 24), datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC), True, id="last second"),
        pytest.param(date(2026, 11, 24), datetime(2026, 11, 25, tzinfo=UTC), False, id="first second after"),
        pytest.param(
            date(2026, 11, 24), datetime(2026, 11, 25, 1, tzinfo=timezone(timedelta(hours=2))), True, id="east of UTC"
        ),
        pytest.param(
            date(2026, 11, 24),
            datetime(2026, 11, 24, 23, tzinfo=timezone(-timedelta(hours=2))),
            False,
            id="west of UTC",
        ),
    ],
)
def test_leave_holds_until_the_end_of_its_last_day_in_utc(until: date, now: datetime, *, allowed: bool) -> None:
    verdict = evaluate(policy(unsigned=leave(until)), Evidence(subject()), requested="x", now=now)

    assert (verdict.decision is Decision.ALLOW) is allowed
    assert ("unsigned-ended" in codes(verdict, Effect.DENY)) is not allowed
    assert verdict.unchecked == ((f"signatures, until {until}: no key yet",) if allowed else ())


def test_leave_shows_as_a_warning_and_earlier_before_its_end() -> None:
    today = NOW.date()

    assert codes(judge(policy(unsigned=leave(today + WARNING_PERIOD)))) == ["unsigned-allowed"]
    soon = judge(policy(unsigned=leave(today + WARNING_PERIOD - timedelta(days=1))))
    assert codes(soon, Effect.WARN) == ["unsigned-allowed", "unsigned-ends-soon"]
    assert "in 29 days" in soon.findings[1].message


def test_leave_for_one_digest_is_no_leave_for_another() -> None:
    narrowed = leave(date(2027, 6, 30), digests=frozenset({OTHER}))

    verdict = judge(policy(unsigned=narrowed))
    assert verdict.decision is Decision.DENY
    assert codes(verdict) == ["unsigned-other-digest"]
    assert verdict.unchecked == ()
    named = leave(date(2027, 6, 30), digests=frozenset({OTHER, IMAGE}))
    assert judge(policy(unsigned=named)).decision is Decision.ALLOW


def test_a_rule_that_takes_no_signatures_is_not_undecided_for_what_could_not_be_read() -> None:
    ended = judge(policy(unsigned=leave(date(2026, 1, 1))), gaps=(GAP,))

    assert (ended.decision, codes(ended)) == (Decision.DENY, ["unsigned-ended"])
    assert judge(policy(unsigned=leave(date(2027, 6, 30))), gaps=(GAP,)).decision is Decision.ALLOW


@pytest.mark.parametrize(
    "permission",
    [leave(date(2026, 1, 1)), leave(date(2027, 6, 30), digests=frozenset({OTHER}))],
    ids=["ended", "other"],
)
def test_where_leave_does_not_hold_the_signatures_of_the_rule_decide(permission: UnsignedPermission) -> None:
    both = policy(requirement("a"), unsigned=permission)

    assert judge(both, signature("a")).findings == ()
    denied = judge(both)
    assert denied.decision is Decision.DENY
    assert codes(denied, Effect.DENY) == ["no-signatures"]
    assert judge(both, gaps=(GAP,)).decision is Decision.UNDECIDED


def test_leave_beside_signatures_is_not_used_where_they_are_there() -> None:
    both = policy(requirement("a"), unsigned=leave(date(2027, 6, 30)))

    assert judge(both, signature("a")).unchecked == ()
    without = judge(both)
    assert (without.decision, len(without.unchecked)) == (Decision.ALLOW, 1)


# Tags


@pytest.mark.parametrize(("tag", "code"), [("1.4", "mutable-tag"), ("latest", "latest-tag"), (None, "no-tag")])
@pytest.mark.parametrize(
    ("setting", "decision", "effect"),
    [
        (MutableTag.DENY, Decision.DENY, Effect.DENY),
        (MutableTag.WARN, Decision.ALLOW, Effect.WARN),
    ],
)
def test_a_reference_without_a_digest_is_told_or_denied(
    tag: str | None, code: str, setting: MutableTag, decision: Decision, effect: Effect
) -> None:
    rules = policy(requirement("a"), mutable_tag=setting)
    verdict = judge(rules, signature("a"), about=subject(tag=tag, pinned=False))

    assert verdict.decision is decision
    assert codes(verdict, effect) == [code]
    assert str(IMAGE) in str(verdict.findings[0].hint)
    assert judge(rules, signature("a"), about=subject(tag=tag, pinned=True)).findings == ()


def test_a_mutable_tag_that_is_allowed_is_not_mentioned() -> None:
    rules = policy(requirement("a"), mutable_tag=MutableTag.ALLOW)

    assert judge(rules, signature("a"), about=subject(pinned=False)).findings == ()


def test_a_tag_that_names_another_digest_than_the_pinned_one_is_told() -> None:
    rules = policy(requirement("a"))

    moved = judge(rules, signature("a"), about=subject(tag_digest=OTHER))
    assert (moved.decision, codes(moved, Effect.WARN)) == (Decision.ALLOW, ["tag-digest-differ"])
    assert judge(rules, signature("a"), about=subject(tag_digest=IMAGE)).findings == ()


# Rules that only warn


def test_a_rule_that_only_warns_keeps_its_decision_and_admits() -> None:
    verdict = judge(policy(requirement("a"), enforced=False))

    assert verdict.decision is Decision.DENY
    assert not verdict.enforced
    assert verdict.admitted
    assert codes(verdict, Effect.WARN) == ["not-enforced"]


def test_a_rule_that_only_warns_says_nothing_of_an_image_that_it_allows() -> None:
    verdict = judge(policy(requirement("a"), enforced=False), signature("a"))

    assert (verdict.decision, verdict.findings) == (Decision.ALLOW, ())


def test_the_gravest_finding_comes_first() -> None:
    verdict = judge(policy(requirement("a")), signature("b"), about=subject(pinned=False))

    assert [finding.effect for finding in verdict.findings] == [Effect.DENY, Effect.WARN, Effect.INFO]


# What gathering asks


def test_what_is_satisfied_needs_no_more_evidence() -> None:
    rule = policy(requirement("a")).rules[0]
    unsigned = policy(unsigned=leave(date(2027, 6, 30))).rules[0]

    assert satisfied(rule, Evidence(subject(), signatures=(signature("a"),)))
    assert not satisfied(rule, Evidence(subject()))
    assert not satisfied(unsigned, Evidence(subject()))
    assert needs_signatures(rule)
    assert not needs_signatures(unsigned)


# Properties

_SIGNATURES = st.lists(
    st.builds(
        signature,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([IMAGE, AMD64, ARM64, OTHER]),
        st.sampled_from([{}, {"env": "prod"}, {"env": "test"}]),
        st.sampled_from([REPOSITORY, "ghcr.io/acme/other", None]),
    ),
    max_size=6,
)
_REQUIREMENTS = st.lists(
    st.builds(
        lambda at_least, annotations, signed: requirement(
            "a", "b", at_least=at_least, annotations=annotations, repository_signed=signed
        ),
        st.sampled_from([1, 2]),
        st.sampled_from([{}, {"env": "prod"}]),
        st.booleans(),
    ),
    min_size=1,
    max_size=2,
)
_POLICIES = st.builds(
    lambda requirements, platforms, tag, enforced: policy(
        *requirements, platforms=platforms, mutable_tag=tag, enforced=enforced
    ),
    _REQUIREMENTS,
    st.sampled_from(Platforms),
    st.sampled_from(MutableTag),
    st.booleans(),
)
_SUBJECTS = st.builds(
    lambda pinned, children: subject(pinned=pinned, children=children),
    st.booleans(),
    st.sampled_from([(), CHILDREN, CHILDREN[:1]]),
)
_GAPS = st.sampled_from([(), (GAP,)])


@given(_POLICIES, _SUBJECTS, _GAPS)
def test_no_evidence_never_allows(rules: Policy, about: Subject, gaps: tuple[Gap, ...]) -> None:
    assert judge(rules, about=about, gaps=gaps).decision is not Decision.ALLOW


@given(_POLICIES, _SUBJECTS, _SIGNATURES, _GAPS, st.integers(1, 3))
def test_rejections_and_unrelated_evidence_never_turn_a_verdict_into_allow(
    rules: Policy, about: Subject, found: list[VerifiedSignature], gaps: tuple[Gap, ...], more: int
) -> None:
    before = judge(rules, *found, about=about, gaps=gaps)
    after = judge(
        rules,
        *found,
        *[signature("c", annotations={"env": "prod"}), signature("a", covers=OTHER)] * more,
        about=about,
        gaps=gaps,
        rejections=(REJECTION,) * more,
        statements=(STATEMENT,) * more,
        unsigned=(Unsigned(Origin("x", "attestation"), IMAGE, "sbom"),) * more,
    )

    assert after.decision is before.decision


@given(_POLICIES, _SUBJECTS, _SIGNATURES, _GAPS, st.randoms(use_true_random=False))
def test_the_order_of_evidence_changes_no_decision(
    rules: Policy, about: Subject, found: list[VerifiedSignature], gaps: tuple[Gap, ...], random: object
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    one, other = (judge(rules, *order, about=about, gaps=gaps) for order in (found, shuffled))

    assert one.decision is other.decision
    assert sorted(codes(one)) == sorted(codes(other))


@given(_POLICIES, _SUBJECTS, _SIGNATURES)
def test_a_gap_never_turns_a_verdict_into_allow_nor_an_allow_into_anything(
    rules: Policy, about: Subject, found: list[VerifiedSignature]
) -> None:
    whole, lacking = judge(rules, *found, about=about), judge(rules, *found, about=about, gaps=(GAP,))

    assert (whole.decision is Decision.ALLOW) is (lacking.decision is Decision.ALLOW)


@given(_POLICIES, _SUBJECTS, _SIGNATURES)
def test_an_allow_rests_on_a_signature_that_is_shown(
    rules: Policy, about: Subject, found: list[VerifiedSignature]
) -> None:
    verdict = judge(rules, *found, about=about)

    if verdict.decision is Decision.ALLOW:
        assert verdict.signatures
