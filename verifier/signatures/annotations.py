"""What cosign writes into layers and their annotations, under the tags `.sig` and `.att` and as referrers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from trust.digest import Digest
from trust.evidence import Origin, Rejection
from verifier.errors import LimitExceeded, MalformedContent
from verifier.signatures.candidate import Candidate, CertificateMaterial, KeyMaterial, Material, rejection
from verifier.signatures.dsse import check_size, parse_envelope
from verifier.signatures.log_entry import LogEntry
from verifier.signatures.pem import pem_blocks
from verifier.signatures.simple_signing import SimpleSigning
from verifier.untrusted import base64_bytes, expect_integer, expect_object, expect_text, json_object

SIGNATURE = "dev.cosignproject.cosign/signature"
CERTIFICATE = "dev.sigstore.cosign/certificate"
CHAIN = "dev.sigstore.cosign/chain"
LOG_ENTRY = "dev.sigstore.cosign/bundle"
TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp"

PAYLOAD_LIMIT_BYTES = 16 * 1024 * 1024
ATTESTATION_LIMIT_BYTES = 64 * 1024 * 1024
CERTIFICATE_LIMIT = 10

_LOG_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)


def signature_candidate(
    origin: Origin, digest: Digest, payload: bytes, annotations: Mapping[str, str]
) -> Candidate | Rejection:
    """The candidate for `digest` in one layer of simple signing: the untrusted payload and its annotations.

    Spec: cosign SIGNATURE_SPEC, "Signatures".
    """
    try:
        check_size(payload, "the payload", limit=PAYLOAD_LIMIT_BYTES)
        content, signature, beside = SimpleSigning(payload), _signature(annotations), _beside(annotations)
    except (MalformedContent, LimitExceeded) as error:
        return rejection(origin, digest, "material", error)
    return Candidate(origin, digest, signature, content, *beside)


def attestation_candidates(
    origin: Origin, digest: Digest, envelope: bytes, annotations: Mapping[str, str]
) -> tuple[Candidate | Rejection, ...]:
    """The candidates for `digest` in one layer of attestation: one for each signature of the untrusted envelope.

    Spec: cosign ATTESTATION_SPEC; DSSE v1.0.
    """
    try:
        check_size(envelope, "the envelope", limit=ATTESTATION_LIMIT_BYTES)
        content, signatures = parse_envelope(json_object(envelope, "the envelope"), "the envelope", raw=envelope)
        beside = _beside(annotations)
    except (MalformedContent, LimitExceeded) as error:
        return (rejection(origin, digest, "material", error),)
    return tuple(
        Candidate(_numbered(origin, at, len(signatures)), digest, signature, content, *beside)
        for at, signature in enumerate(signatures, 1)
    )


def _numbered(origin: Origin, at: int, count: int) -> Origin:
    return origin if count == 1 else replace(origin, place=f"{origin.place}, signature {at}")


def _signature(annotations: Mapping[str, str]) -> bytes:
    # Some signers leave a final newline or wrapped lines in this annotation.
    signature = base64_bytes(annotations.get(SIGNATURE), f"annotation `{SIGNATURE}`", spaces=True)
    if not signature:
        raise MalformedContent(f"annotation `{SIGNATURE}` is empty")
    return signature


def _beside(annotations: Mapping[str, str]) -> tuple[Material, tuple[LogEntry, ...], tuple[bytes, ...]]:
    """What stands in the annotations beside the signature, in the order of the fields of `Candidate`."""
    return _material(annotations), _log_entries(annotations), _timestamps(annotations)


def _material(annotations: Mapping[str, str]) -> Material:
    # An annotation that is there and empty is not one that is absent: it must never turn a certificate's
    # signature into a key's.
    if CERTIFICATE not in annotations:
        if CHAIN in annotations:
            raise MalformedContent(f"annotation `{CHAIN}` is there without `{CERTIFICATE}`")
        return KeyMaterial()
    leaf = _certificates(annotations, CERTIFICATE, limit=1)[0]
    chain = _certificates(annotations, CHAIN, limit=CERTIFICATE_LIMIT) if CHAIN in annotations else ()
    return CertificateMaterial(leaf, chain)


def _certificates(annotations: Mapping[str, str], name: str, *, limit: int) -> tuple[bytes, ...]:
    what = f"annotation `{name}`"
    blocks = pem_blocks(annotations[name].encode(), what, limit=limit)
    if any(label != "CERTIFICATE" for label, _ in blocks):
        raise MalformedContent(f"{what} has something else than certificates")
    return tuple(der for _, der in blocks)


def _log_entries(annotations: Mapping[str, str]) -> tuple[LogEntry, ...]:
    if LOG_ENTRY not in annotations:
        return ()
    what = f"annotation `{LOG_ENTRY}`"
    document = json_object(annotations[LOG_ENTRY].encode(), what)
    payload = expect_object(document.get("Payload"), f"`Payload` of {what}")
    log_id = expect_text(payload.get("logID"), f"`logID` of {what}")
    if _LOG_ID.fullmatch(log_id) is None:
        raise MalformedContent(f"`logID` of {what} is not 64 lower-case hexadecimal digits")
    entry = LogEntry(
        log_id=bytes.fromhex(log_id),
        index=_natural(payload.get("logIndex"), f"`logIndex` of {what}"),
        integrated_time=_natural(payload.get("integratedTime"), f"`integratedTime` of {what}"),
        body=base64_bytes(payload.get("body"), f"`body` of {what}"),
        promise=base64_bytes(document.get("SignedEntryTimestamp"), f"`SignedEntryTimestamp` of {what}"),
        proof=None,
        kind=None,
    )
    return (entry,)


def _timestamps(annotations: Mapping[str, str]) -> tuple[bytes, ...]:
    if TIMESTAMP not in annotations:
        return ()
    what = f"annotation `{TIMESTAMP}`"
    document = json_object(annotations[TIMESTAMP].encode(), what)
    return (base64_bytes(document.get("SignedRFC3161Timestamp"), f"`SignedRFC3161Timestamp` of {what}"),)


def _natural(value: object, what: str) -> int:
    number = expect_integer(value, what)
    if number < 0:
        raise MalformedContent(f"{what} is negative")
    return number
