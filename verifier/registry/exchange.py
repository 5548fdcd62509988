"""One request and its answer as values, and the limits that both engines hold them to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import field

from trust.value import dataclass
from verifier.errors import LimitExceeded, RegistryError

REQUEST_TIMEOUT_S = 30.0
"""The whole of one request, redirects and body included: a registry that answers a byte a second ends here."""

ERROR_LIMIT_BYTES = 64 * 1024
"""Bodies of errors and of token services, as go-containerregistry and containerd bound them."""

HEAD_LIMIT_BYTES = 64 * 1024
"""Status line and headers together. Long `Link` headers and challenges have a few kilobytes."""

HEADER_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment after which nothing is waited for any more, on the clock that only runs forward.

    Attributes:
        at: seconds of `time.monotonic`.

    """

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that is `seconds` away."""
        return cls(time.monotonic() + seconds)

    def within(self, seconds: float) -> Deadline:
        """The earlier of this deadline and the one that is `seconds` away."""
        return Deadline(min(self.at, time.monotonic() + seconds))

    @property
    def remaining_s(self) -> float:
        """Seconds that are left; zero or less when it has passed."""
        return self.at - time.monotonic()


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to one origin.

    Attributes:
        target: path and query, as they stand in the request line.
        headers: by their names as they are sent.
        limit_bytes: of the body of a successful answer. Others are held to `ERROR_LIMIT_BYTES`.

    """

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    limit_bytes: int

    @property
    def path(self) -> str:
        """The target without its query, which may hold a signature: what messages and logs show."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, read to its end.

    Attributes:
        headers: by their names in lower case. Of a name that came twice the values are joined by a comma.
        content: exactly the bytes that were sent; never decoded.

    """

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def media_type(self) -> str | None:
        """The media type that the `Content-Type` header says, without parameters; None where there is none."""
        said = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return said or None


def body_limit(status: int, limit_bytes: int) -> int:
    """How many bytes are read of the body of an answer with `status`."""
    return limit_bytes if status == 200 else ERROR_LIMIT_BYTES


def check_encoding(headers: Mapping[str, str], what: str) -> None:
    """Refuse an answer that is not sent as it is: its bytes could not be hashed, and it may unpack to anything.

    Raises:
        RegistryError: the answer has a content encoding.

    """
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise RegistryError(
            f"{what} came with the content encoding `{encoding[:60]}`, though none was accepted",
            hint="something in front of the registry compresses what must stay as it is",
        )


def content_length(headers: Mapping[str, str], limit_bytes: int, what: str) -> int | None:
    """How long the body says it is, None where it does not say.

    Spec: RFC 9112, section 6.3.

    Raises:
        RegistryError: the length is no number.
        LimitExceeded: it is above the limit.

    """
    text = headers.get("content-length")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise RegistryError(f"{what} came with `{text[:60]}` as its length")
    if int(text) > limit_bytes:
        raise over_limit(what, limit_bytes)
    return int(text)


def over_limit(what: str, limit_bytes: int) -> LimitExceeded:
    """The error for a body that is longer than what is read of it."""
    return LimitExceeded(f"{what} is longer than the {limit_bytes} bytes that are read")
