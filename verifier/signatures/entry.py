"""Whether a log entry is about the very bytes and the very signature that it came with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from verifier.errors import SignatureRejected
from verifier.signatures.candidate import Candidate, CertificateMaterial
from verifier.signatures.dsse import Envelope
from verifier.signatures.log_entry import LogEntry, LoggedHash, LoggedVerifier, Part, parse_body

STEP = "entry"


def logged_verifier(entry: LogEntry, candidate: Candidate, artifact: bytes | None) -> LoggedVerifier:
    """The key or certificate that `entry` says made the signature of `candidate`, over what it is over.

    A valid entry of something else is the oldest attack on this field, and the one that came back most often:
    so everything that the entry names is compared, on the one path that all formats take.

    Raises:
        SignatureRejected: the entry is about other bytes, another signature or another kind of material.
        MalformedContent: its body does not parse, or is of a kind that is not known.
        LimitExceeded: its body has more signatures than are read.

    """
    body = parse_body(entry)
    parts = _parts(candidate, artifact)
    for logged in body.hashes:
        _check_hash(logged, parts, entry)
    found = [
        one.verifier
        for one in body.signatures
        if one.signature == candidate.signature or (one.signature is None and parts["envelope"] is not None)
    ]
    if not found:
        raise SignatureRejected(STEP, f"log entry {entry.index} is about another signature")
    return _of_same_kind(found[0], candidate, entry)


def _parts(candidate: Candidate, artifact: bytes | None) -> Mapping[Part, bytes | None]:
    signed = candidate.content.signed(artifact)
    if isinstance(candidate.content, Envelope):
        return {"signed": signed, "payload": candidate.content.payload, "envelope": candidate.content.raw}
    return {"signed": signed}


def _check_hash(logged: LoggedHash, parts: Mapping[Part, bytes | None], entry: LogEntry) -> None:
    if logged.part not in parts:
        raise SignatureRejected(STEP, f"log entry {entry.index} is of a kind for envelopes, and this is none")
    content = parts[logged.part]
    # Only the hash of an envelope that is part of a bundle cannot be told: its bytes were not kept.
    if content is not None and hashlib.new(logged.algorithm, content).digest() != logged.value:
        raise SignatureRejected(STEP, f"log entry {entry.index} is about another {_NAMES[logged.part]}")


_NAMES: Mapping[Part, str] = {"signed": "message", "payload": "payload", "envelope": "envelope"}


def _of_same_kind(verifier: LoggedVerifier, candidate: Candidate, entry: LogEntry) -> LoggedVerifier:
    wanted = "certificate" if isinstance(candidate.material, CertificateMaterial) else "key"
    if verifier.kind != wanted:
        raise SignatureRejected(STEP, f"log entry {entry.index} is about a {verifier.kind}, and this is of a {wanted}")
    return verifier
