"""Candidates: one value for whatever format a signature was found in."""

from __future__ import annotations

import hashlib

from trust.digest import Digest
from trust.errors import ImgtrustError
from trust.evidence import Origin, Rejection
from trust.value import dataclass
from verifier.errors import SignatureRejected
from verifier.signatures.dsse import Envelope
from verifier.signatures.log_entry import LogEntry
from verifier.signatures.simple_signing import SimpleSigning


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """The signature verifies with a key that does not come with it.

    Attributes:
        hint: what the signer calls the key. It orders the keys that are tried, and decides nothing.

    """

    hint: str | None = None


@dataclass(frozen=True, slots=True)
class CertificateMaterial:
    """The signature verifies with the key of a certificate that comes with it.

    Attributes:
        leaf: DER.
        chain: DER of the certificates that came beside it, of which none is a root because it is here.

    """

    leaf: bytes
    chain: tuple[bytes, ...] = ()


Material = KeyMaterial | CertificateMaterial


@dataclass(frozen=True, slots=True)
class MessageSignature:
    """A signature over the artifact itself: for an image over the bytes of its manifest.

    Attributes:
        algorithm: of the hash that the signer says to have signed, as `hashlib` names it; None if none is said.
        value: of that hash. It must agree with the artifact, and is never what the signature is verified over.

    """

    algorithm: str | None = None
    value: bytes = b""

    def signed(self, artifact: bytes | None) -> bytes:
        """The bytes that this signature is over.

        Raises:
            SignatureRejected: they are not at hand, or are not those that the signer says to have signed.

        """
        if artifact is None:
            raise SignatureRejected("signature", "it is over the manifest itself, whose bytes are not at hand")
        if self.algorithm is not None and hashlib.new(self.algorithm, artifact).digest() != self.value:
            raise SignatureRejected("signature", "it says that it is over another message")
        return artifact


Content = SimpleSigning | Envelope | MessageSignature
"""What the signed bytes are. They are read only after the signature verified."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A signature that was found, of which nothing is verified yet.

    Attributes:
        origin: where it was found.
        digest: what it was found for.
        signature: the bytes of the signature.
        content: what it is over.
        material: with what it says that it verifies; exactly one kind.
        log_entries: that came with it.
        timestamps: RFC 3161 responses that came with it, DER.

    """

    origin: Origin
    digest: Digest
    signature: bytes
    content: Content
    material: Material
    log_entries: tuple[LogEntry, ...] = ()
    timestamps: tuple[bytes, ...] = ()


def rejection(origin: Origin, digest: Digest, step: str, error: ImgtrustError) -> Rejection:
    """The rejection that `error` makes of a candidate: at its own step if it has one, else at `step`."""
    if isinstance(error, SignatureRejected):
        return Rejection(origin, digest, error.step, error.reason)
    return Rejection(origin, digest, step, error.message)
