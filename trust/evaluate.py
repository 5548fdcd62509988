"""Policy and evidence → verdict: the only place where they meet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from trust.digest import Digest
from trust.evidence import Evidence, Subject, VerifiedSignature
from trust.policy import MutableTag, Platforms, Policy, Rule, SignatureRequirement, UnsignedPermission
from trust.value import dataclass
from trust.verdict import Decision, Effect, Finding, Verdict

WARNING_PERIOD = timedelta(days=30)
"""How long before its end a leave is warned about."""

_RANK = {Effect.DENY: 0, Effect.UNDECIDED: 1, Effect.WARN: 2, Effect.INFO: 3}
_TAG_EFFECTS = {MutableTag.DENY: Effect.DENY, MutableTag.WARN: Effect.WARN, MutableTag.ALLOW: Effect.INFO}


def name_refusal(policy: Policy, repository: str) -> Finding | None:
    """Why the canonical `repository` is denied by its name alone, before any request; None if it is not."""
    denial = policy.name_denial(repository)
    if denial is not None:
        return Finding("image-denied", Effect.DENY, f"`{repository}` is denied by name: {denial.reason}")
    if policy.rule_for(repository) is not None:
        return None
    registry = repository.partition("/")[0]
    if policy.knows_registry(registry):
        return Finding(
            "no-rule", Effect.DENY, f"no rule matches `{repository}`", hint="add it to the `images` of a rule"
        )
    return Finding(
        "registry-unapproved",
        Effect.DENY,
        f"no rule is about the registry `{registry}`",
        hint="use an image from an approved registry, or add a rule for this one",
    )


def digest_refusal(policy: Policy, digest: Digest) -> Finding | None:
    """Why `digest` is denied wherever it is; None if it is not."""
    denial = policy.digest_denial(digest)
    if denial is None:
        return None
    return Finding("image-denied", Effect.DENY, f"`{digest}` is denied: {denial.reason}")


def evaluate(policy: Policy, evidence: Evidence, *, requested: str, now: datetime) -> Verdict:
    """The verdict on the image that `evidence` is about.

    Args:
        policy: what may run.
        evidence: all that was established, and all that was not.
        requested: the reference as it was written.
        now: the time of judgement, aware.

    """
    subject = evidence.subject
    rule = policy.rule_for(subject.repository)
    findings = list(_denials(policy, subject))
    unchecked: tuple[str, ...] = ()
    if rule is not None:
        findings += _tag_findings(rule, subject)
        signed, unchecked = _signature_findings(rule, evidence, now.astimezone(UTC).date())
        findings += signed
    decision = _decision(findings)
    denied = any(finding.code == "image-denied" for finding in findings)
    # A denial comes before every rule, so no rule's mode softens it.
    enforced = rule is None or rule.enforced or denied
    if rule is not None and not enforced and decision is not Decision.ALLOW:
        findings.append(not_enforced(rule))
    return Verdict(
        requested=requested,
        decision=decision,
        judged_at=now,
        policy_digest=policy.digest,
        repository=subject.repository,
        digest=subject.digest,
        rule=_name(rule),
        enforced=enforced,
        findings=tuple(sorted(findings, key=lambda finding: _RANK[finding.effect])),
        signatures=() if rule is None else _counted(rule, evidence),
        statements=evidence.statements,
        rejections=evidence.rejections,
        unsigned=evidence.unsigned,
        unchecked=unchecked,
        signer_names={signer.principal: signer.name for signer in policy.signers},
    )


def not_enforced(rule: Rule) -> Finding:
    """The finding that says that `rule` only warns."""
    return Finding("not-enforced", Effect.WARN, f"rule `{rule.name}` only warns (`mode: warn`)")


def satisfied(rule: Rule, evidence: Evidence) -> bool:
    """Whether the signatures at hand meet every requirement of `rule`, and there is one, whatever else may exist."""
    return bool(rule.signatures) and all(_met(requirement, rule, evidence) for requirement in rule.signatures)


def needs_signatures(rule: Rule) -> bool:
    """Whether any evidence can change what `rule` decides."""
    return bool(rule.signatures)


def _decision(findings: Iterable[Finding]) -> Decision:
    effects = {finding.effect for finding in findings}
    if Effect.DENY in effects:
        return Decision.DENY
    return Decision.UNDECIDED if Effect.UNDECIDED in effects else Decision.ALLOW


def _name(rule: Rule | None) -> str | None:
    return None if rule is None else rule.name


def _denials(policy: Policy, subject: Subject) -> Iterable[Finding]:
    refusal = name_refusal(policy, subject.repository)
    if refusal is not None:
        yield refusal
    # What is denied by its sha256 digest does not get in by its sha512 one.
    same = (subject.digest, subject.sha256 or subject.digest)
    for digest in dict.fromkeys((*same, *(child.digest for child in subject.children))):
        refusal = digest_refusal(policy, digest)
        if refusal is not None:
            yield refusal


def _tag_findings(rule: Rule, subject: Subject) -> Iterable[Finding]:
    if subject.tag_digest is not None and subject.tag_digest != subject.digest:
        yield Finding(
            "tag-digest-differ",
            Effect.WARN,
            f"the tag `{subject.tag}` now names `{subject.tag_digest}`; the pinned digest was judged",
        )
    if subject.pinned or rule.mutable_tag is MutableTag.ALLOW:
        return
    code, what = "mutable-tag", f"`{subject.tag}` is a tag, and can be moved"
    if subject.tag is None:
        code, what = "no-tag", "neither a tag nor a digest is named, so what it names can change"
    elif subject.tag == "latest":
        code, what = "latest-tag", "`latest` is a tag, and the one that moves most"
    yield Finding(code, _TAG_EFFECTS[rule.mutable_tag], what, hint=f"pin it: `@{subject.digest}`")


def _signature_findings(rule: Rule, evidence: Evidence, today: date) -> tuple[list[Finding], tuple[str, ...]]:
    if satisfied(rule, evidence):
        return [], ()
    if rule.unsigned is not None:
        # Where signatures are wanted too, a leave that does not hold says nothing: what they lack decides.
        refused = Effect.INFO if rule.signatures else Effect.DENY
        waiver = _waiver(rule.unsigned, evidence.subject.digest, today, refused)
        if waiver.allowed:
            return waiver.findings, (waiver.text,)
        return [*waiver.findings, *_unmet(rule, evidence)], ()
    return list(_unmet(rule, evidence)), ()


@dataclass(frozen=True, slots=True)
class _Waiver:
    """What leave to run unsigned amounts to on one day, for one digest."""

    findings: list[Finding]
    text: str
    allowed: bool


def _waiver(permission: UnsignedPermission, digest: Digest, today: date, refused: Effect) -> _Waiver:
    text = f"signatures, until {permission.until}: {permission.reason}"
    if permission.digests and digest not in permission.digests:
        narrowed = Finding(
            "unsigned-other-digest",
            refused,
            f"the rule's leave to run unsigned does not name `{digest}`: {permission.reason}",
            hint="add the digest to `digests` after a review, or sign the image",
        )
        return _Waiver([narrowed], text, allowed=False)
    if today > permission.until:
        ended = Finding(
            "unsigned-ended",
            refused,
            f"leave to run unsigned ended on {permission.until}: {permission.reason}",
            hint="sign the image, or renew the leave after a review",
        )
        return _Waiver([ended], text, allowed=False)
    findings = [
        Finding(
            "unsigned-allowed", Effect.WARN, f"not verified, by leave until {permission.until}: {permission.reason}"
        )
    ]
    if permission.until - today < WARNING_PERIOD:
        left = (permission.until - today).days
        findings.append(Finding("unsigned-ends-soon", Effect.WARN, f"leave to run unsigned ends in {left} days"))
    return _Waiver(findings, text, allowed=True)


def _targets(rule: Rule, subject: Subject) -> tuple[tuple[Digest, ...], ...]:
    """The alternatives: sets of digests of which one must be covered as a whole. Never an empty set."""
    whole = (subject.digest,)
    children = tuple(child.digest for child in subject.children)
    if not children:
        return (whole,)
    choices = {
        Platforms.INDEX: (whole,),
        Platforms.CHILDREN: (children,),
        Platforms.INDEX_OR_CHILDREN: (whole, children),
    }
    return choices[rule.platforms]


def _met(requirement: SignatureRequirement, rule: Rule, evidence: Evidence) -> bool:
    return any(
        all(len(_principals(requirement, evidence, digest)) >= requirement.at_least for digest in alternative)
        for alternative in _targets(rule, evidence.subject)
    )


def _principals(requirement: SignatureRequirement, evidence: Evidence, digest: Digest) -> set[str]:
    return {
        signature.signer.principal
        for signature in evidence.signatures
        if signature.covers == digest and _objection(requirement, signature, evidence.subject) is None
    }


def _objection(requirement: SignatureRequirement, signature: VerifiedSignature, subject: Subject) -> Finding | None:
    """Why a signature that holds does not count for `requirement`, all conditions on this one signature."""
    mismatches = [trusted.mismatch(signature.signer) for trusted in requirement.signers]
    if None not in mismatches:
        return Finding(
            "signer-untrusted",
            Effect.DENY,
            f"{signature.origin}: signed by {signature.signer}, who is not among the rule's signers",
        )
    for name, wanted in requirement.annotations.items():
        found = signature.annotations.get(name)
        if found != wanted:
            said = "lacks it" if found is None else f"says `{found}`"
            return Finding(
                "annotation-mismatch",
                Effect.DENY,
                f"{signature.origin}: annotation `{name}` must be `{wanted}`, and the signature {said}",
            )
    if requirement.repository_signed and signature.repository != subject.repository:
        said = "none" if signature.repository is None else f"`{signature.repository}`"
        return Finding(
            "repository-mismatch",
            Effect.DENY,
            f"{signature.origin}: must name the repository `{subject.repository}`, and names {said}",
        )
    return None


def _counted(rule: Rule, evidence: Evidence) -> tuple[VerifiedSignature, ...]:
    return tuple(
        signature
        for signature in evidence.signatures
        if any(_objection(one, signature, evidence.subject) is None for one in rule.signatures)
    )


def _unmet(rule: Rule, evidence: Evidence) -> Iterable[Finding]:
    """Why the requirements are not met: a gap makes it undecided, and everything else is told beside it."""
    unmet = [one for one in rule.signatures if not _met(one, rule, evidence)]
    if not unmet:
        return
    for gap in evidence.gaps:
        yield Finding("evidence-incomplete", Effect.UNDECIDED, gap.reason, evidence={"code": gap.code})
    effect = Effect.INFO if evidence.gaps else Effect.DENY
    for requirement in unmet:
        yield _shortage(requirement, rule, evidence, effect)
        yield from _objections(requirement, evidence)
    yield from _failed_candidates(evidence)


def _shortage(requirement: SignatureRequirement, rule: Rule, evidence: Evidence, effect: Effect) -> Finding:
    subject = evidence.subject
    names = ", ".join(f"`{signer.name}`" for signer in requirement.signers)
    if not evidence.signatures and not evidence.rejections and not evidence.gaps:
        return Finding(
            "no-signatures",
            effect,
            f"no signature is attached to `{subject.digest}`; the rule wants {requirement.at_least} of {names}",
        )
    best = max(
        min(len(_principals(requirement, evidence, digest)) for digest in alternative)
        for alternative in _targets(rule, subject)
    )
    covered = any(_principals(requirement, evidence, child.digest) for child in subject.children)
    if covered:
        bare = [str(c.platform) for c in subject.children if not _principals(requirement, evidence, c.digest)]
        if bare:
            return Finding("platforms-uncovered", effect, f"not covered by a trusted signature: {', '.join(bare[:20])}")
    return Finding(
        "signatures-short",
        effect,
        f"{best} of the {requirement.at_least} signers that the rule wants have signed; it accepts {names}",
    )


def _objections(requirement: SignatureRequirement, evidence: Evidence) -> Iterable[Finding]:
    for signature in evidence.signatures:
        objection = _objection(requirement, signature, evidence.subject)
        if objection is not None:
            yield Finding(objection.code, Effect.INFO, objection.message, objection.hint)


def _failed_candidates(evidence: Evidence) -> Iterable[Finding]:
    for rejection in evidence.rejections:
        yield Finding("signature-rejected", Effect.INFO, f"{rejection.origin}: {rejection.step}: {rejection.reason}")
    for statement in evidence.statements:
        yield Finding(
            "attestation-no-signature",
            Effect.INFO,
            f"{statement.origin}: `{statement.predicate_type}` by {statement.signer} is not a signature",
        )
