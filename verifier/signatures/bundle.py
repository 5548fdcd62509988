"""Sigstore bundles, versions 0.1 to 0.3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from trust.digest import Digest
from trust.evidence import Origin, Rejection
from verifier.errors import LimitExceeded, MalformedContent
from verifier.signatures.candidate import (
    Candidate,
    CertificateMaterial,
    Content,
    KeyMaterial,
    Material,
    MessageSignature,
    rejection,
)
from verifier.signatures.dsse import check_size, parse_envelope
from verifier.signatures.log_entry import InclusionProof, LogEntry
from verifier.signatures.protojson import message, natural, one_of, repeated
from verifier.untrusted import base64_bytes, expect_text, json_object

BUNDLE_LIMIT_BYTES = 64 * 1024 * 1024
"""Attestations come in bundles, and lists of components are large."""

LOG_ENTRY_LIMIT = 32
TIMESTAMP_LIMIT = 32
CERTIFICATE_LIMIT = 10
PROOF_LIMIT = 64
"""Hashes in a proof: a tree of 2^64 entries needs no more."""

_VERSIONS = {
    "application/vnd.dev.sigstore.bundle+json;version=0.1": (0, 1),
    "application/vnd.dev.sigstore.bundle+json;version=0.2": (0, 2),
    "application/vnd.dev.sigstore.bundle+json;version=0.3": (0, 3),
    "application/vnd.dev.sigstore.bundle.v0.3+json": (0, 3),
}

_HASHES = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}
_MATERIALS = ("publicKey", "x509CertificateChain", "certificate")


def bundle_candidate(origin: Origin, digest: Digest, content: bytes) -> Candidate | Rejection:
    """The candidate for `digest` in the untrusted bundle `content`.

    Spec: Sigstore `sigstore_bundle.proto` in its JSON form, and "Sigstore Bundle Format". Stricter in that an
    unknown field is refused, since it may carry what the signer relies on.
    """
    try:
        check_size(content, "the bundle", limit=BUNDLE_LIMIT_BYTES)
        return _candidate(origin, digest, json_object(content, "the bundle"))
    except (MalformedContent, LimitExceeded) as error:
        return rejection(origin, digest, "material", error)


def _candidate(origin: Origin, digest: Digest, document: Mapping[str, Any]) -> Candidate:
    bundle = message(document, "the bundle", ("mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope"))
    version = _version(bundle.get("mediaType"))
    material = message(
        bundle.get("verificationMaterial"),
        "the verification material",
        (*_MATERIALS, "tlogEntries", "timestampVerificationData"),
    )
    content, signature = _content(bundle)
    return Candidate(
        origin,
        digest,
        signature,
        content,
        _material(material, version),
        _log_entries(material, version),
        _timestamps(material.get("timestampVerificationData")),
    )


def _version(media_type: object) -> tuple[int, int]:
    kind = expect_text(media_type, "the media type of the bundle")
    if kind not in _VERSIONS:
        raise MalformedContent(f"the bundle is of the type `{kind[:100]}`, which is not known")
    return _VERSIONS[kind]


def _content(bundle: Mapping[str, Any]) -> tuple[Content, bytes]:
    name = one_of(bundle, "the bundle", ("messageSignature", "dsseEnvelope"))
    if name == "messageSignature":
        return _message_signature(bundle[name])
    document = message(bundle[name], "the envelope", ("payload", "payloadType", "signatures"))
    # Spec: "Sigstore Bundle Format": exactly one signature, so that nobody has to say which of them counts.
    envelope, signatures = parse_envelope(document, "the envelope", limit=1)
    return envelope, signatures[0]


def _message_signature(value: object) -> tuple[MessageSignature, bytes]:
    document = message(value, "the message signature", ("messageDigest", "signature"))
    signature = base64_bytes(document.get("signature"), "the signature")
    if not signature:
        raise MalformedContent("the signature is empty")
    said = message(document.get("messageDigest", {}), "the message digest", ("algorithm", "digest"))
    if not said:
        # cosign leaves it empty beside an Ed25519 signature.
        return MessageSignature(), signature
    name = expect_text(said.get("algorithm"), "the algorithm of the message digest")
    if name not in _HASHES:
        raise MalformedContent(f"the message digest is of the algorithm `{name[:40]}`, which is not known")
    return MessageSignature(_HASHES[name], base64_bytes(said.get("digest"), "the message digest")), signature


def _material(document: Mapping[str, Any], version: tuple[int, int]) -> Material:
    name = one_of(document, "the verification material", _MATERIALS)
    value = document[name]
    if name == "publicKey":
        hint = message(value, "the public key", ("hint",)).get("hint", "")
        return KeyMaterial(expect_text(hint, "the hint of the public key"))
    if name == "certificate":
        return CertificateMaterial(_certificate(value))
    if version >= (0, 3):
        raise MalformedContent("a bundle of version 0.3 has one certificate, and this one has a chain")
    chain = message(value, "the certificate chain", ("certificates",))
    found = repeated(chain, "certificates", limit=CERTIFICATE_LIMIT)
    if not found:
        raise MalformedContent("the certificate chain is empty")
    leaf, *others = map(_certificate, found)
    return CertificateMaterial(leaf, tuple(others))


def _certificate(value: object) -> bytes:
    raw = base64_bytes(message(value, "a certificate", ("rawBytes",)).get("rawBytes"), "a certificate")
    if not raw:
        raise MalformedContent("a certificate is empty")
    return raw


def _log_entries(material: Mapping[str, Any], version: tuple[int, int]) -> tuple[LogEntry, ...]:
    found = repeated(material, "tlogEntries", limit=LOG_ENTRY_LIMIT)
    entries = tuple(_log_entry(value) for value in found)
    for entry in entries:
        # Spec: "Sigstore Bundle Format": 0.1 needs a promise of inclusion, and later versions need a proof.
        if version == (0, 1) and entry.promise is None:
            raise MalformedContent("an entry of a bundle of version 0.1 has no promise of inclusion")
        if version > (0, 1) and entry.proof is None:
            raise MalformedContent("an entry of a bundle of version 0.2 or later has no proof of inclusion")
    _check_distinct(entries)
    return entries


def _check_distinct(entries: Iterable[LogEntry]) -> None:
    seen: set[tuple[bytes, int]] = set()
    for entry in entries:
        if (entry.log_id, entry.index) in seen:
            raise MalformedContent(f"log entry {entry.index} is given twice")
        seen.add((entry.log_id, entry.index))


_ENTRY_FIELDS = (
    "logIndex",
    "logId",
    "kindVersion",
    "integratedTime",
    "inclusionPromise",
    "inclusionProof",
    "canonicalizedBody",
)


def _log_entry(value: object) -> LogEntry:
    what = "a log entry"
    document = message(value, what, _ENTRY_FIELDS)
    log_id = message(document.get("logId"), f"`logId` of {what}", ("keyId",))
    kind = message(document.get("kindVersion"), f"`kindVersion` of {what}", ("kind", "version"))
    return LogEntry(
        log_id=base64_bytes(log_id.get("keyId"), f"`keyId` of {what}"),
        index=natural(document.get("logIndex"), f"`logIndex` of {what}"),
        integrated_time=natural(document.get("integratedTime"), f"`integratedTime` of {what}"),
        body=base64_bytes(document.get("canonicalizedBody"), f"`canonicalizedBody` of {what}"),
        promise=_promise(document.get("inclusionPromise"), what),
        proof=_proof(document.get("inclusionProof"), what),
        kind=(
            expect_text(kind.get("kind"), f"`kind` of {what}"),
            expect_text(kind.get("version"), f"`version` of {what}"),
        ),
    )


def _promise(value: object, what: str) -> bytes | None:
    if value is None:
        return None
    promise = message(value, f"`inclusionPromise` of {what}", ("signedEntryTimestamp",))
    return base64_bytes(promise.get("signedEntryTimestamp"), f"`signedEntryTimestamp` of {what}")


def _proof(value: object, what: str) -> InclusionProof | None:
    if value is None:
        return None
    fields = ("logIndex", "rootHash", "treeSize", "hashes", "checkpoint")
    proof = message(value, f"`inclusionProof` of {what}", fields)
    hashes = repeated(proof, "hashes", limit=PROOF_LIMIT)
    checkpoint = message(proof.get("checkpoint", {}), f"`checkpoint` of {what}", ("envelope",))
    return InclusionProof(
        index=natural(proof.get("logIndex"), f"`logIndex` of the proof of {what}"),
        tree_size=natural(proof.get("treeSize"), f"`treeSize` of {what}"),
        root_hash=base64_bytes(proof.get("rootHash", ""), f"`rootHash` of {what}"),
        hashes=tuple(base64_bytes(one, f"a hash in the proof of {what}") for one in hashes),
        checkpoint=expect_text(checkpoint.get("envelope", ""), f"`checkpoint` of {what}"),
    )


def _timestamps(value: object) -> tuple[bytes, ...]:
    if value is None:
        return ()
    data = message(value, "the timestamps", ("rfc3161Timestamps",))
    found = repeated(data, "rfc3161Timestamps", limit=TIMESTAMP_LIMIT)
    return tuple(
        base64_bytes(message(one, "a timestamp", ("signedTimestamp",)).get("signedTimestamp"), "a timestamp")
        for one in found
    )
