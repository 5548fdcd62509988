"""One candidate, verified or rejected at a named step. All formats take the same path."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from trust.digest import Digest
from trust.evidence import Origin, Rejection, VerifiedSignature, VerifiedStatement
from trust.key import VerificationKey
from trust.signer import KeySigner, Signer
from trust.value import dataclass
from verifier.attestations.statement import COSIGN_SIGNATURE, Statement, parse_statement
from verifier.errors import BadReference, LimitExceeded, MalformedContent, SignatureRejected
from verifier.reference import Reference
from verifier.signatures.algorithms import Message, verifies
from verifier.signatures.bundle import bundle_candidate
from verifier.signatures.candidate import (
    Candidate,
    CertificateMaterial,
    KeyMaterial,
    MessageSignature,
    rejection,
)
from verifier.signatures.dsse import IN_TOTO_PAYLOAD, Envelope
from verifier.signatures.entry import logged_verifier
from verifier.signatures.log_entry import LoggedVerifier
from verifier.signatures.simple_signing import SimpleSigning, parse_claim

Verified = VerifiedSignature | VerifiedStatement
Outcome = Verified | Rejection


@dataclass(frozen=True, slots=True)
class _Progress:
    """What is known of a candidate after some of the steps.

    Attributes:
        logged: the keys and certificates that its log entries name.
        signer: who made the signature, once that is known.
        verified: the outcome, after the last step.

    """

    candidate: Candidate
    keys: tuple[VerificationKey, ...]
    artifact: bytes | None
    logged: tuple[LoggedVerifier, ...] = ()
    signer: Signer | None = None
    verified: Verified | None = None


def verify(candidate: Candidate, keys: Sequence[VerificationKey], artifact: bytes | None = None) -> Outcome:
    """What `candidate` proves, or the step at which it does not hold.

    `artifact` is the content with the candidate's digest, an image's raw manifest, if it is at hand: signatures
    over the manifest itself need it, and so do statements that name it by a second algorithm.
    """
    progress = _Progress(candidate, tuple(keys), artifact)
    for name, step in _STEPS:
        try:
            progress = step(progress)
        except (SignatureRejected, MalformedContent, LimitExceeded) as error:
            return rejection(candidate.origin, candidate.digest, name, error)
    assert progress.verified is not None
    return progress.verified


def verify_bundle(content: bytes, artifact: bytes, keys: Sequence[VerificationKey], origin: Origin) -> Outcome:
    """What the untrusted bundle `content` proves about `artifact`, which may be any file."""
    candidate = bundle_candidate(origin, Digest.of(artifact), content)
    return candidate if isinstance(candidate, Rejection) else verify(candidate, keys, artifact)


def _material(progress: _Progress) -> _Progress:
    if progress.artifact is not None and not progress.candidate.digest.matches(progress.artifact):
        raise SignatureRejected("material", "the content at hand is not that of the digest it was found for")
    return progress


def _certificate(progress: _Progress) -> _Progress:
    if isinstance(progress.candidate.material, CertificateMaterial):
        raise SignatureRejected(
            "certificate", "it was signed with a certificate, and only keys are verified in this version"
        )
    return progress


def _entry(progress: _Progress) -> _Progress:
    candidate = progress.candidate
    logged = tuple(logged_verifier(entry, candidate, progress.artifact) for entry in candidate.log_entries)
    return replace(progress, logged=logged)


def _signature(progress: _Progress) -> _Progress:
    candidate = progress.candidate
    message = Message(candidate.content.signed(progress.artifact))
    for key in _by_hint(progress.keys, candidate.material):
        if verifies(key, candidate.signature, message):
            return replace(progress, signer=KeySigner(key))
    count = len(progress.keys)
    raise SignatureRejected("signature", f"none of {count} keys made it" if count else "there is no key to try")


def _logged_key(progress: _Progress) -> _Progress:
    # Whose key it is, is known only now, so this part of the comparison comes after the signature.
    if not isinstance(progress.signer, KeySigner):
        raise SignatureRejected("entry", "the log entries of other signers than keys are not compared in this version")
    fingerprint = progress.signer.key.fingerprint
    if any(hashlib.sha256(one.der).hexdigest() != fingerprint for one in progress.logged):
        raise SignatureRejected("entry", "a log entry is about another key than the one that made the signature")
    return progress


def _subject(progress: _Progress) -> _Progress:
    return replace(progress, verified=_verified(progress))


_STEPS: tuple[tuple[str, Callable[[_Progress], _Progress]], ...] = (
    ("material", _material),
    ("certificate", _certificate),
    ("entry", _entry),
    ("signature", _signature),
    ("entry", _logged_key),
    ("subject", _subject),
)
"""The steps that there are, in the order of `trust.evidence.STEPS`; times, SCTs and proofs join them here."""

STEP_NAMES = tuple(dict.fromkeys(name for name, _ in _STEPS))


def _by_hint(keys: Sequence[VerificationKey], material: object) -> Sequence[VerificationKey]:
    hint = material.hint if isinstance(material, KeyMaterial) else None
    return sorted(keys, key=lambda key: key.hint != hint)


def _verified(progress: _Progress) -> Verified:
    match progress.candidate.content:
        case SimpleSigning(payload):
            claim = parse_claim(payload)
            _check_digest(claim.digest, progress.candidate.digest)
            return _signed(progress, claim.annotations, _canonical(claim.repository))
        case Envelope(payload, payload_type):
            _check_payload_type(payload_type)
            return _stated(progress, parse_statement(payload))
        case MessageSignature():
            # A signature over the manifest's own bytes names its digest by being over them.
            return _signed(progress, {}, None)


def _check_payload_type(payload_type: str) -> None:
    if payload_type != IN_TOTO_PAYLOAD:
        raise SignatureRejected("subject", f"it is over a `{payload_type[:100]}`, not over a statement")


def _canonical(repository: str) -> str:
    # cosign writes `index.docker.io/library/nginx`, others add a tag; policies know one name for each repository.
    try:
        return str(Reference.parse(repository).repository)
    except BadReference:
        return repository


def _check_digest(named: Digest, wanted: Digest) -> None:
    if named != wanted:
        raise SignatureRejected("subject", f"it is about `{named}`")


def _stated(progress: _Progress, statement: Statement) -> Verified:
    candidate = progress.candidate
    about = statement.about(candidate.digest, progress.artifact)
    if not about:
        raise SignatureRejected("subject", f"none of its {len(statement.subjects)} subjects is this digest")
    if statement.predicate_type == COSIGN_SIGNATURE:
        if any(subject.annotations != about[0].annotations for subject in about):
            raise SignatureRejected("subject", "it names this digest twice, with different annotations")
        return _signed(progress, about[0].annotations, None)
    return VerifiedStatement(
        signer=_signer(progress),
        covers=candidate.digest,
        origin=candidate.origin,
        predicate_type=statement.predicate_type,
        unjudged=_unjudged(candidate),
    )


def _signed(progress: _Progress, annotations: Mapping[str, str], repository: str | None) -> VerifiedSignature:
    return VerifiedSignature(
        signer=_signer(progress),
        covers=progress.candidate.digest,
        origin=progress.candidate.origin,
        annotations=annotations,
        repository=repository,
        unjudged=_unjudged(progress.candidate),
    )


def _signer(progress: _Progress) -> Signer:
    assert progress.signer is not None
    return progress.signer


def _unjudged(candidate: Candidate) -> tuple[str, ...]:
    entries = tuple(f"log entry {entry.index}: no trusted root has its log" for entry in candidate.log_entries)
    times = tuple(
        f"timestamp {at}: no trusted root has its authority" for at in range(1, len(candidate.timestamps) + 1)
    )
    return entries + times
