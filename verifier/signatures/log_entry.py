"""Entries of transparency logs as values, and what they say that they are about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from trust.value import dataclass
from verifier.errors import MalformedContent
from verifier.signatures.pem import pem_blocks
from verifier.untrusted import base64_bytes, expect_list, expect_object, expect_text, json_object

SIGNATURES_IN_ENTRY_LIMIT = 10

Part = Literal["signed", "payload", "envelope"]
"""The bytes that a log hashes: those that the signature is over, the payload, or the whole envelope."""

_HEX = re.compile(r"[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}", re.ASCII)
_HASHES = {"sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}
_PROTO_HASHES = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """A proof that an entry is in a log of a certain size.

    Attributes:
        index: of the entry within its tree.
        checkpoint: the signed note; empty where none came with it.

    """

    index: int
    tree_size: int
    root_hash: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of a transparency log, as it came with a candidate. Nothing of it is proved.

    Attributes:
        log_id: which log it says that it is in.
        index: in that log, over all of its trees.
        integrated_time: seconds since 1970; 0 in logs without.
        body: exactly the bytes that were logged.
        promise: the signed entry timestamp.
        proof: of inclusion.
        kind: kind and version beside the body; None where only the body says them.

    """

    log_id: bytes
    index: int
    integrated_time: int
    body: bytes
    promise: bytes | None
    proof: InclusionProof | None
    kind: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class LoggedVerifier:
    """With what a log says that a signature verifies: a key, or the key of a certificate.

    Attributes:
        der: of the SubjectPublicKeyInfo, or of the certificate.

    """

    kind: Literal["key", "certificate"]
    der: bytes


@dataclass(frozen=True, slots=True)
class LoggedHash:
    """The hash of some part of what was signed."""

    part: Part
    algorithm: str
    value: bytes


@dataclass(frozen=True, slots=True)
class LoggedSignature:
    """A signature as it was logged; `signature` is None where the log keeps only a hash of it."""

    signature: bytes | None
    verifier: LoggedVerifier


@dataclass(frozen=True, slots=True)
class EntryBody:
    """What the body of an entry is about."""

    hashes: tuple[LoggedHash, ...]
    signatures: tuple[LoggedSignature, ...]


def parse_body(entry: LogEntry) -> EntryBody:
    """What `entry` is about, whose body is of a closed set of kinds.

    Spec: Rekor v1 types `hashedrekord`, `rekord`, `dsse` and `intoto`; Rekor v2 (rekor-tiles) `hashedrekord`
    and `dsse` 0.0.2.

    Raises:
        MalformedContent: the body does not parse, is of another kind or of another than is said beside it.
        LimitExceeded: it has more signatures than are read.

    """
    what = f"the body of log entry {entry.index}"
    document = json_object(entry.body, what)
    kind = _text(document, "kind", what), _text(document, "apiVersion", what)
    if entry.kind is not None and entry.kind != kind:
        raise MalformedContent(f"{what} is of the kind `{_name(kind)}`, and said to be `{_name(entry.kind)}`")
    reader = _READERS.get(kind)
    if reader is None:
        raise MalformedContent(f"{what} is of the kind `{_name(kind)}`, which is not known")
    return reader(_object(document, "spec", what), what)


def _hashedrekord(spec: Mapping[str, Any], what: str) -> EntryBody:
    signature = _object(spec, "signature", what)
    key = _text(_object(signature, "publicKey", what), "content", what)
    return EntryBody(
        (_hash(_object(_object(spec, "data", what), "hash", what), "signed", what),),
        (LoggedSignature(_bytes(signature, "content", what), _pem_verifier(key, what)),),
    )


def _rekord(spec: Mapping[str, Any], what: str) -> EntryBody:
    if _object(spec, "signature", what).get("format") != "x509":
        raise MalformedContent(f"{what} is of a format of signature that is not known")
    return _hashedrekord(spec, what)


def _hashedrekord_2(spec: Mapping[str, Any], what: str) -> EntryBody:
    record = _object(spec, "hashedRekordV002", what)
    return EntryBody(
        (_proto_hash(_object(record, "data", what), "signed", what),),
        (_proto_signature(_object(record, "signature", what), what),),
    )


def _dsse(spec: Mapping[str, Any], what: str) -> EntryBody:
    hashes = (
        _hash(_object(spec, "payloadHash", what), "payload", what),
        _hash(_object(spec, "envelopeHash", what), "envelope", what),
    )
    return EntryBody(
        hashes,
        tuple(
            LoggedSignature(_bytes(one, "signature", what), _pem_verifier(_text(one, "verifier", what), what))
            for one in _signatures(spec, what)
        ),
    )


def _dsse_2(spec: Mapping[str, Any], what: str) -> EntryBody:
    record = _object(spec, "dsseV002", what)
    return EntryBody(
        (_proto_hash(_object(record, "payloadHash", what), "payload", what),),
        tuple(_proto_signature(one, what) for one in _signatures(record, what)),
    )


def _intoto_1(spec: Mapping[str, Any], what: str) -> EntryBody:
    # This kind keeps no signature: only the hash of the envelope that carries it.
    content = _object(spec, "content", what)
    hashes = (
        _hash(_object(content, "payloadHash", what), "payload", what),
        _hash(_object(content, "hash", what), "envelope", what),
    )
    return EntryBody(hashes, (LoggedSignature(None, _pem_verifier(_text(spec, "publicKey", what), what)),))


def _intoto_2(spec: Mapping[str, Any], what: str) -> EntryBody:
    # The hash of the envelope is over Rekor's own form of it, so the signatures bind in its place.
    content = _object(spec, "content", what)
    return EntryBody(
        (_hash(_object(content, "payloadHash", what), "payload", what),),
        tuple(
            LoggedSignature(_twice_encoded(one, what), _pem_verifier(_text(one, "publicKey", what), what))
            for one in _signatures(_object(content, "envelope", what), what)
        ),
    )


_READERS: Mapping[tuple[str, str], Callable[[Mapping[str, Any], str], EntryBody]] = {
    ("hashedrekord", "0.0.1"): _hashedrekord,
    ("hashedrekord", "0.0.2"): _hashedrekord_2,
    ("rekord", "0.0.1"): _rekord,
    ("dsse", "0.0.1"): _dsse,
    ("dsse", "0.0.2"): _dsse_2,
    ("intoto", "0.0.1"): _intoto_1,
    ("intoto", "0.0.2"): _intoto_2,
}


def _hash(document: Mapping[str, Any], part: Part, what: str) -> LoggedHash:
    value = _text(document, "value", what)
    algorithm = _HASHES.get(_text(document, "algorithm", what))
    if algorithm is None or _HEX.fullmatch(value) is None:
        raise MalformedContent(f"{what} has a hash that is not a SHA-2 in lower-case hexadecimal")
    return LoggedHash(part, algorithm, bytes.fromhex(value))


def _proto_hash(document: Mapping[str, Any], part: Part, what: str) -> LoggedHash:
    algorithm = _PROTO_HASHES.get(_text(document, "algorithm", what))
    if algorithm is None:
        raise MalformedContent(f"{what} has a hash that is not a SHA-2")
    return LoggedHash(part, algorithm, _bytes(document, "digest", what))


def _proto_signature(value: object, what: str) -> LoggedSignature:
    document = expect_object(value, f"a signature in {what}")
    return LoggedSignature(
        _bytes(document, "content", what), _proto_verifier(_object(document, "verifier", what), what)
    )


def _proto_verifier(document: Mapping[str, Any], what: str) -> LoggedVerifier:
    if ("publicKey" in document) == ("x509Certificate" in document):
        raise MalformedContent(f"{what} must have either a public key or a certificate")
    if "publicKey" in document:
        return LoggedVerifier("key", _bytes(_object(document, "publicKey", what), "rawBytes", what))
    return LoggedVerifier("certificate", _bytes(_object(document, "x509Certificate", what), "rawBytes", what))


def _pem_verifier(encoded: str, what: str) -> LoggedVerifier:
    ((label, der),) = pem_blocks(base64_bytes(encoded, f"the verifier in {what}"), f"the verifier in {what}", limit=1)
    return LoggedVerifier("key" if label == "PUBLIC KEY" else "certificate", der)


def _twice_encoded(document: Mapping[str, Any], what: str) -> bytes:
    once = _bytes(document, "sig", what)
    return base64_bytes(once.decode("ascii", "replace"), f"a signature in {what}")


def _signatures(document: Mapping[str, Any], what: str) -> tuple[Mapping[str, Any], ...]:
    entries = expect_list(document.get("signatures"), f"the signatures in {what}", limit=SIGNATURES_IN_ENTRY_LIMIT)
    return tuple(expect_object(entry, f"a signature in {what}") for entry in entries)


def _object(document: Mapping[str, Any], name: str, what: str) -> Mapping[str, Any]:
    return expect_object(document.get(name), f"`{name}` in {what}")


def _text(document: Mapping[str, Any], name: str, what: str) -> str:
    return expect_text(document.get(name), f"`{name}` in {what}")


def _bytes(document: Mapping[str, Any], name: str, what: str) -> bytes:
    return base64_bytes(document.get(name), f"`{name}` in {what}")


def _name(kind: tuple[str, str]) -> str:
    return f"{kind[0][:40]} {kind[1][:20]}"
