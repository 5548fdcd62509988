"""DSSE envelopes: what is signed is the encoding of payload and type together, never the payload alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trust.value import dataclass
from verifier.errors import LimitExceeded, MalformedContent
from verifier.untrusted import base64_bytes, expect_list, expect_object, expect_text

IN_TOTO_PAYLOAD = "application/vnd.in-toto+json"
"""The payload type of statements, and the only one of which more is read than the signature."""

SIGNATURE_LIMIT = 10
VALUE_LIMIT = 10_000
"""Values in an envelope or a bundle. Their bulk is base64; millions of small values would cost gigabytes to read."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its type, as one DSSE envelope carries them.

    Attributes:
        payload: exactly the bytes that the signer saw.
        payload_type: what they are, as the signer saw it too.
        raw: the bytes of the envelope itself; None where it is a part of another document.

    """

    payload: bytes
    payload_type: str = IN_TOTO_PAYLOAD
    raw: bytes | None = None

    def signed(self, artifact: bytes | None) -> bytes:  # noqa: ARG002 - the same question to every kind of content
        """The bytes that a signature of this envelope is over."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding of `payload`.

    Spec: DSSE v1.0, "Protocol", "Signature Definition".
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse_envelope(
    document: Mapping[str, Any], what: str, *, raw: bytes | None = None, limit: int = SIGNATURE_LIMIT
) -> tuple[Envelope, tuple[bytes, ...]]:
    """The envelope that the untrusted `document` is, and its signatures, at least one and at most `limit`.

    A `keyid` is read by nobody: it is not signed.

    Spec: DSSE v1.0, "Protocol". Stricter in that base64 is the standard alphabet in its canonical form, which
    is what every writer in this field makes.

    Raises:
        MalformedContent: the document is no envelope, or has no signature.
        LimitExceeded: it has more signatures.

    """
    kind = expect_text(document.get("payloadType"), f"the payload type of {what}")
    payload = base64_bytes(document.get("payload"), f"the payload of {what}")
    entries = expect_list(document.get("signatures"), f"the signatures of {what}", limit=limit)
    if not entries:
        raise MalformedContent(f"{what} has no signature")
    return Envelope(payload, kind, raw), tuple(_signature(entry, what) for entry in entries)


def check_size(content: bytes, what: str, *, limit: int) -> None:
    """Refuse `content` that would cost too much to parse.

    Raises:
        LimitExceeded: it has more than `limit` bytes, or more than `VALUE_LIMIT` values.

    """
    if len(content) > limit:
        raise LimitExceeded(f"{what} has {len(content)} bytes, more than the {limit} that are read")
    if sum(content.count(mark) for mark in (b"{", b"[", b",")) > VALUE_LIMIT:
        raise LimitExceeded(f"{what} has more than the {VALUE_LIMIT} values that are read")


def _signature(entry: object, what: str) -> bytes:
    document = expect_object(entry, f"a signature of {what}")
    signature = base64_bytes(document.get("sig"), f"a signature of {what}")
    if not signature:
        raise MalformedContent(f"{what} has an empty signature")
    return signature
