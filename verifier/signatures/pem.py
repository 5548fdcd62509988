"""PEM blocks in what others wrote."""

from __future__ import annotations

import re

from verifier.errors import LimitExceeded, MalformedContent
from verifier.untrusted import base64_bytes

_BEGIN = b"-----BEGIN "
_BLOCK = re.compile(
    rb"\s*-----BEGIN (PUBLIC KEY|CERTIFICATE)-----[ \t]*\r?\n([A-Za-z0-9+/=\s]*)-----END \1-----\s*",
    re.ASCII,
)


def pem_blocks(content: bytes, what: str, *, limit: int) -> tuple[tuple[str, bytes], ...]:
    """Label and DER of each of the blocks that the untrusted `content` consists of; `what` names it in errors.

    Spec: RFC 7468. Stricter in that nothing may stand around the blocks, and only keys and certificates count.

    Raises:
        MalformedContent: there is no block, or anything beside blocks.
        LimitExceeded: there are more than `limit`.

    """
    if content.count(_BEGIN) > limit:
        raise LimitExceeded(f"{what} has more than the {limit} PEM blocks that are read")
    blocks, at = [], 0
    while at < len(content):
        found = _BLOCK.match(content, at)
        if found is None:
            raise MalformedContent(f"{what} is not PEM of a public key or a certificate")
        der = base64_bytes(found[2].decode("ascii"), what, spaces=True)
        blocks.append((found[1].decode("ascii"), der))
        at = found.end()
    if not blocks:
        raise MalformedContent(f"{what} is empty")
    return tuple(blocks)
