"""One HTTP/1.1 answer from a connection, read strictly and never later than a deadline.

Anything that two readers could frame differently is refused: this client shares no connection with anybody, but
what it verifies, others will pull.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping

from trust.value import dataclass
from verifier.errors import LimitExceeded, RegistryError, RegistryUnreachable
from verifier.registry.exchange import (
    HEAD_LIMIT_BYTES,
    HEADER_LIMIT,
    Deadline,
    Response,
    body_limit,
    check_encoding,
    content_length,
    over_limit,
)

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_CHUNK_LINE_LIMIT = 1024
_INTERIM_LIMIT = 8
_RECEIVE_BYTES = 64 * 1024
_ONCE = frozenset(
    {"content-length", "transfer-encoding", "content-type", "location", "docker-content-digest", "retry-after"}
)
"""Headers whose meaning is one value: two that differ are refused."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers.

    Attributes:
        persistent: whether the connection stays open behind the answer.

    """

    status: int
    headers: Mapping[str, str]
    persistent: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and whether its connection can carry another request."""

    response: Response
    reusable: bool


def read_answer(connection: socket.socket, *, method: str, limit_bytes: int, deadline: Deadline, what: str) -> Answer:
    """The answer to a request with `method` that was sent on `connection`; `what` names it in errors.

    Spec: RFC 9112. Stricter in that lines end with CRLF, that a folded header, a length beside a transfer
    encoding, and any transfer encoding but `chunked` are refused.

    Raises:
        ConnectionResetError: the connection ended before a byte of an answer.
        RegistryUnreachable: the answer ended early, or did not end before the deadline.
        LimitExceeded: there is more of it than is read.
        RegistryError: it is not such an answer.

    """
    stream = _Stream(connection, deadline, what)
    head = _final_head(stream)
    check_encoding(head.headers, what)
    limit = body_limit(head.status, limit_bytes)
    if method == "HEAD" or head.status in (204, 304):
        content, framed = b"", True
    else:
        content, framed = _body(stream, head, limit)
    if framed and stream.surplus:
        raise RegistryError(f"{what} goes on behind its own end")
    return Answer(Response(head.status, head.headers, content), framed and head.persistent)


def read_head(connection: socket.socket, deadline: Deadline, what: str) -> int:
    """The status of an answer that is only a head, as the one of a proxy that opens a tunnel.

    Raises:
        ConnectionResetError: the connection ended before a byte of an answer.
        RegistryUnreachable: the head did not end before the deadline.
        RegistryError: it is not such a head, or something follows it.

    """
    stream = _Stream(connection, deadline, what)
    head = _final_head(stream)
    if head.status == 200 and stream.surplus:
        raise RegistryError(f"{what} goes on behind its own end")
    return head.status


class _Stream:
    """The bytes of a connection, none of them later than the deadline."""

    def __init__(self, connection: socket.socket, deadline: Deadline, what: str) -> None:
        self._connection = connection
        self._deadline = deadline
        self._buffer = bytearray()
        self.what = what

    @property
    def surplus(self) -> bool:
        """Whether there are bytes that nothing has taken."""
        return bool(self._buffer)

    def until(self, end: bytes, limit_bytes: int) -> bytes:
        """The bytes before the next `end`."""
        start = 0
        while (at := self._buffer.find(end, start, limit_bytes)) < 0:
            start = max(len(self._buffer) - len(end) + 1, 0)
            if len(self._buffer) >= limit_bytes:
                raise LimitExceeded(f"{self.what} has headers of more than {limit_bytes} bytes")
            if not self.more():
                raise self._ended()
        return self._take(at, len(end))

    def exactly(self, length: int) -> bytes:
        """The next `length` bytes."""
        while len(self._buffer) < length:
            if not self.more():
                raise self._ended(f" after {len(self._buffer)} of {length} bytes")
        return self._take(length)

    def rest(self, limit_bytes: int) -> bytes:
        """All bytes until the connection ends."""
        while len(self._buffer) <= limit_bytes:
            if not self.more():
                return self._take(len(self._buffer))
        raise over_limit(self.what, limit_bytes)

    def _take(self, length: int, skipped: int = 0) -> bytes:
        found = bytes(self._buffer[:length])
        del self._buffer[: length + skipped]
        return found

    def more(self) -> bool:
        """Whether more bytes came: not if the connection has ended."""
        remaining_s = self._deadline.remaining_s
        if remaining_s <= 0:
            raise self._late()
        self._connection.settimeout(remaining_s)
        try:
            received = self._connection.recv(_RECEIVE_BYTES)
        except TimeoutError as error:
            raise self._late() from error
        except OSError as error:
            if self._buffer:
                raise self._ended() from error
            raise
        self._buffer += received
        return bool(received)

    def _ended(self, where: str = "") -> RegistryUnreachable:
        return RegistryUnreachable(f"{self.what} ended early{where}")

    def _late(self) -> RegistryUnreachable:
        return RegistryUnreachable(
            f"{self.what} did not come to an end in time",
            hint="the registry, or something in front of it, is too slow or stalls",
        )


def _final_head(stream: _Stream) -> Head:
    for _ in range(_INTERIM_LIMIT):
        head = _head(stream)
        if head.status >= 200:
            return head
        if head.status == 101:
            break
    raise RegistryError(f"{stream.what} has no end of interim answers")


def _head(stream: _Stream) -> Head:
    if not stream.surplus and not stream.more():
        raise ConnectionResetError("the connection ended before an answer")
    first, *lines = stream.until(b"\r\n\r\n", HEAD_LIMIT_BYTES).split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise RegistryError(f"{stream.what} is not HTTP: it begins with {first[:40]!r}")
    if len(lines) > HEADER_LIMIT:
        raise LimitExceeded(f"{stream.what} has more than {HEADER_LIMIT} headers")
    headers = _headers(lines, stream.what)
    connection = headers.get("connection", "").lower()
    return Head(int(status[2]), headers, status[1] == b"1" and "close" not in connection)


def _headers(lines: list[bytes], what: str) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise RegistryError(f"{what} has a header that cannot be read")
        name, value = found[1].decode("ascii").lower(), found[2].decode("latin-1").strip(" \t")
        before = headers.get(name)
        if before is not None and name in _ONCE:
            if before != value:
                raise RegistryError(f"{what} has the header `{name}` twice, with two values")
            continue
        headers[name] = value if before is None else f"{before}, {value}"
    return headers


def _body(stream: _Stream, head: Head, limit_bytes: int) -> tuple[bytes, bool]:
    """The body, and whether it said where it ends."""
    encoding = head.headers.get("transfer-encoding")
    length = content_length(head.headers, limit_bytes, stream.what)
    if encoding is not None:
        if encoding.lower() != "chunked" or length is not None:
            raise RegistryError(f"{stream.what} says in two ways where it ends, or in an unknown one")
        return _chunks(stream, limit_bytes), True
    if length is not None:
        return stream.exactly(length), True
    return stream.rest(limit_bytes), False


def _chunks(stream: _Stream, limit_bytes: int) -> bytes:
    content = bytearray()
    while True:
        line = _CHUNK.fullmatch(stream.until(b"\r\n", _CHUNK_LINE_LIMIT))
        if line is None:
            raise RegistryError(f"{stream.what} has a chunk without a length")
        length = int(line[1], 16)
        if length == 0:
            break
        if len(content) + length > limit_bytes:
            raise over_limit(stream.what, limit_bytes)
        content += stream.exactly(length)
        if stream.exactly(2) != b"\r\n":
            raise RegistryError(f"{stream.what} has a chunk that is longer than it says")
    # Trailers are read and dropped: nothing that comes behind a body changes what it means.
    trailers = 0
    while stream.until(b"\r\n", HEAD_LIMIT_BYTES):
        trailers += 1
        if trailers > HEADER_LIMIT:
            raise LimitExceeded(f"{stream.what} has more than {HEADER_LIMIT} trailers")
    return bytes(content)
