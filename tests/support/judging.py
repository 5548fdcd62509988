"""What the verifier makes of one piece of evidence, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.signing import SigningKey, encoded, signing_key
from trust.digest import Digest
from trust.evidence import Origin, Rejection, VerifiedSignature, VerifiedStatement
from verifier.signatures.discover import Kind, Material
from verifier.signatures.judge import judge
from verifier.signatures.verify import Outcome

IMAGE = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}'
DIGEST = Digest.of(IMAGE)
OTHER = Digest.of(b"another image")


def judged(
    kind: Kind,
    content: bytes,
    annotations: Mapping[str, str] | None = None,
    *,
    keys: Sequence[SigningKey] | None = None,
    digest: Digest = DIGEST,
    artifact: bytes | None = IMAGE,
) -> tuple[Outcome, ...]:
    """All outcomes; without `keys` the key `release` is the one that is trusted."""
    trusted = [key.trusted for key in ([signing_key()] if keys is None else keys)]
    found = Material(kind, Origin("a tag", kind.value), digest, content, annotations or {})
    return judge(found, trusted, artifact)


def judged_layer(content: bytes, annotations: Mapping[str, str], **options: Any) -> Outcome:
    """The outcome of one layer of simple signing."""
    (outcome,) = judged(Kind.SIMPLE_SIGNING, content, annotations, **options)
    return outcome


def judged_envelope(
    envelope: Mapping[str, Any] | bytes, annotations: Mapping[str, str] | None = None, **options: Any
) -> tuple[Outcome, ...]:
    """The outcomes of one layer of attestation, one for each signature."""
    content = envelope if isinstance(envelope, bytes) else encoded(envelope)
    return judged(Kind.ENVELOPE, content, annotations, **options)


def judged_bundle(bundle: Mapping[str, Any] | bytes, **options: Any) -> Outcome:
    """The outcome of one bundle."""
    content = bundle if isinstance(bundle, bytes) else encoded(bundle)
    (outcome,) = judged(Kind.BUNDLE, content, **options)
    return outcome


def signed(outcome: Outcome) -> VerifiedSignature:
    """`outcome`, which must be a signature that holds."""
    assert isinstance(outcome, VerifiedSignature), outcome
    return outcome


def stated(outcome: Outcome) -> VerifiedStatement:
    """`outcome`, which must be a statement that holds, and no signature."""
    assert isinstance(outcome, VerifiedStatement), outcome
    return outcome


def rejected(outcome: Outcome, step: str) -> str:
    """The reason of `outcome`, which must be a rejection at `step`."""
    assert isinstance(outcome, Rejection), outcome
    assert outcome.step == step, outcome
    return outcome.reason
