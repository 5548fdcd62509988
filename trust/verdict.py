"""The answer: may this image run here?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import Enum

from trust.digest import Digest
from trust.evidence import Rejection, Unsigned, VerifiedSignature, VerifiedStatement
from trust.findings import CATALOGUE
from trust.value import dataclass


class Decision(Enum):
    """Allow, deny, or undecided: could not tell. Only allow lets an image run."""

    ALLOW = "allow"
    DENY = "deny"
    UNDECIDED = "undecided"


class Effect(Enum):
    """What a finding does to the decision."""

    DENY = "deny"
    UNDECIDED = "undecided"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One coded reason.

    Attributes:
        code: stable; explained by `imgtrust explain` and in `docs/reference/findings.md`.
        message: what was found, in one line. May hold untrusted text, which outputs escape.
        hint: the way out in this very case, or None where the general one says it all.
        evidence: what it rests on, for readers of the report: names and values as text.

    """

    code: str
    effect: Effect
    message: str
    hint: str | None = None
    evidence: Mapping[str, str] | None = None

    @property
    def way_out(self) -> str | None:
        """What to do about it: the hint, or what the catalogue says of the code."""
        if self.hint is not None or self.code not in CATALOGUE:
            return self.hint
        remedy = CATALOGUE[self.code].remedy
        return remedy[0].lower() + remedy[1:].removesuffix(".")


@dataclass(frozen=True, slots=True)
class Use:
    """Where an image is named in a file.

    Attributes:
        file: as it was reached; `-` for standard input.
        line: from 1.
        column: from 1, in characters.
        field: such as `services.web.image`.
        how: through which anchors, variables, files it came there; for people.

    """

    file: str
    line: int
    column: int
    field: str
    how: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one reference, with every reason.

    Attributes:
        requested: the reference as it was written.
        uses: where it is named; empty if it came by the command line.
        repository: canonical; None if the reference does not parse.
        pinned: the reference with the digest that was judged, in the spelling that was used; None if none was.
        digest: what was judged. Whoever acts on the verdict acts on this digest. None if it was not established.
        rule: the rule that decided, as the policy names it; None if none matched.
        decision: allow, deny or undecided.
        enforced: False where the rule is in `mode: warn`, so that the decision is only shown.
        findings: every reason, the gravest first.
        signatures: those that hold and are by a signer the rule accepts.
        statements: attestations that hold.
        rejections: candidates that do not.
        unsigned: what is attached without a signature.
        unchecked: what was not checked, and by whose leave.
        policy_digest: of the policy text.
        signer_names: what the policy calls the signers, by principal.
        judged_at: time of judgement, UTC.

    """

    requested: str
    decision: Decision
    judged_at: datetime
    policy_digest: Digest
    repository: str | None = None
    digest: Digest | None = None
    pinned: str | None = None
    rule: str | None = None
    enforced: bool = True
    findings: tuple[Finding, ...] = ()
    signatures: tuple[VerifiedSignature, ...] = ()
    statements: tuple[VerifiedStatement, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    unsigned: tuple[Unsigned, ...] = ()
    unchecked: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    signer_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def admitted(self) -> bool:
        """Whether the image may run: allowed, or refused by a rule that only warns."""
        return self.decision is Decision.ALLOW or not self.enforced
