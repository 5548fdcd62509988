"""Content digests, as everything that is judged is named."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from trust.errors import ImgtrustError

_HEX_LENGTH = {"sha256": 64, "sha512": 128}
_DIGEST = re.compile(r"(sha256|sha512):([0-9a-f]{64}|[0-9a-f]{128})", re.ASCII)


class BadDigest(ImgtrustError):
    """Text that is not a digest of an algorithm that is accepted."""

    code = "digest-invalid"


class DigestMismatch(ImgtrustError):
    """Bytes that are not the ones that were named."""

    code = "digest-mismatch"


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A digest of bytes: `sha256:` and 64, or `sha512:` and 128, lower-case hexadecimal digits.

    Spec: OCI image-spec v1.1, "Digests". The set of algorithms is closed, because the name of the algorithm
    is the attacker's to choose wherever a digest is read from content.
    """

    algorithm: Literal["sha256", "sha512"]
    hex: str

    @classmethod
    def parse(cls, text: str) -> Digest:
        """The digest that `text` names, which may be untrusted.

        Raises:
            BadDigest: the text is anything else than a whole, canonical digest.

        """
        found = _DIGEST.fullmatch(text)
        if found is None or len(found[2]) != _HEX_LENGTH[found[1]]:
            raise BadDigest(
                f"`{text[:150].encode('unicode_escape').decode('ascii')}` is not a digest",
                hint="a digest is `sha256:` and 64 lower-case hexadecimal digits (or `sha512:` and 128)",
            )
        return cls("sha256" if found[1] == "sha256" else "sha512", found[2])

    @classmethod
    def of(cls, content: bytes) -> Digest:
        """The sha256 digest of `content`."""
        return cls("sha256", hashlib.sha256(content).hexdigest())

    def matches(self, content: bytes) -> bool:
        """Whether `content` has this digest."""
        hashed = hashlib.sha256(content) if self.algorithm == "sha256" else hashlib.sha512(content)
        return hashed.hexdigest() == self.hex

    def check(self, content: bytes, what: str) -> bytes:
        """`content`, unchanged, which is called `what` in the error.

        Raises:
            DigestMismatch: the content has another digest.

        """
        if not self.matches(content):
            raise DigestMismatch(
                f"{what} was asked for as `{self}`, and the {len(content)} bytes that came have another digest",
                hint="the registry, or something in front of it, answers with other content than it names",
            )
        return content

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"
