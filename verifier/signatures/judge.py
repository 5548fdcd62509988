"""From what was discovered to what holds: the one way for every format."""

from __future__ import annotations

from collections.abc import Sequence

from trust.evidence import Rejection
from trust.key import VerificationKey
from verifier.signatures.annotations import attestation_candidates, signature_candidate
from verifier.signatures.bundle import bundle_candidate
from verifier.signatures.candidate import Candidate
from verifier.signatures.discover import Kind, Material
from verifier.signatures.verify import Outcome, verify


def judge(material: Material, keys: Sequence[VerificationKey], artifact: bytes | None) -> tuple[Outcome, ...]:
    """What each signature in the untrusted `material` proves, or the step at which it does not hold.

    `artifact` is the manifest with the digest that the material was found for, if it is at hand.
    """
    return tuple(one if isinstance(one, Rejection) else verify(one, keys, artifact) for one in candidates(material))


def candidates(material: Material) -> tuple[Candidate | Rejection, ...]:
    """The signatures in the untrusted `material`, none of them verified: one, or one for each of an envelope."""
    origin, digest, content = material.origin, material.digest, material.content
    match material.kind:
        case Kind.SIMPLE_SIGNING:
            return (signature_candidate(origin, digest, content, material.annotations),)
        case Kind.ENVELOPE:
            return attestation_candidates(origin, digest, content, material.annotations)
        case Kind.BUNDLE:
            return (bundle_candidate(origin, digest, content),)
