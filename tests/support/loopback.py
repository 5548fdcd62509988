"""A real HTTP server on loopback: what it answers is a function, and what goes wrong on the way is a fault."""

from __future__ import annotations

import gzip
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; names of headers are lower-case, and the path is the raw one with its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @property
    def route(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is to be sent. `Content-Length` is added where it is not said."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)

    def with_headers(self, changed: Mapping[str, str | None]) -> Reply:
        """The reply with headers replaced or added, and those that are None taken away."""
        lower = {name.lower() for name in changed}
        kept = [(name, value) for name, value in self.headers if name.lower() not in lower]
        return replace(
            self,
            headers=(*kept, *((name, value) for name, value in changed.items() if value is not None)),
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the requests whose path, query included, has a match of `path`.

    Attributes:
        method: of the requests; None for all.
        first: the first of the matching requests that it concerns, counted from 1.
        times: how many it concerns; None for all that follow.
        reply: the whole answer instead, made from the request.
        status, headers, body: parts of the answer instead; a header that is None is taken away.
        delay_s: how long the answer waits.
        gzipped: the body is compressed, and says so.
        cut_after: the connection ends after so many bytes of the body.
        drip_s: the body comes byte by byte, with so much between them.
        endless: the body is repeated for ever, without a length.
        hang_up: the connection ends without an answer.

    """

    path: str
    method: str | None = None
    first: int = 1
    times: int | None = None
    reply: Callable[[Request], Reply] | None = None
    status: int | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: bytes | None = None
    delay_s: float = 0.0
    gzipped: bool = False
    cut_after: int | None = None
    drip_s: float | None = None
    endless: bool = False
    hang_up: bool = False

    def changed(self, request: Request, reply: Reply) -> Reply:
        """What is sent instead of `reply`."""
        if self.reply is not None:
            reply = self.reply(request)
        if self.status is not None:
            reply = replace(reply, status=self.status)
        if self.body is not None:
            reply = replace(reply, body=self.body)
        if self.gzipped:
            reply = replace(reply, body=gzip.compress(reply.body)).with_headers({"Content-Encoding": "gzip"})
        return reply.with_headers(self.headers)


class LoopbackServer:
    """A server that answers with `answer`, keeps a log, and lets faults happen.

    Args:
        answer: called once for each request, from several threads.
        address: one of 127.0.0.0/8, so that there can be several hosts.
        tls: wraps every connection.
        delay_s: how long every answer waits, as a round trip would.

    """

    def __init__(
        self,
        answer: Callable[[Request], Reply],
        *,
        address: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        delay_s: float = 0.0,
    ) -> None:
        self.answer = answer
        self.delay_s = delay_s
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._log: list[Request] = []
        self._faults: list[Fault] = []
        self._matched: dict[int, int] = {}
        self._scheme = "https" if tls else "http"
        self._server = _Server(self, address, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def host(self) -> str:
        """Address and port."""
        address, port = self._server.server_address[:2]
        return f"{address!s}:{port}"

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self.host}"

    @property
    def log(self) -> tuple[Request, ...]:
        """Every request so far, in the order in which they came."""
        with self._lock:
            return tuple(self._log)

    @property
    def lines(self) -> list[str]:
        """The log as `METHOD path`."""
        return [str(request) for request in self.log]

    def forget_requests(self) -> None:
        """Begin a new log."""
        with self._lock:
            self._log.clear()

    def fault(self, fault: Fault) -> None:
        """From now on `fault` happens. Of several that match, the one that was said last."""
        with self._lock:
            self._faults.append(fault)

    def forget_faults(self) -> None:
        """From now on nothing goes wrong."""
        with self._lock:
            self._faults.clear()
            self._matched.clear()

    def receive(self, request: Request) -> Fault | None:
        """Note `request`; the fault that happens to it, if any."""
        with self._lock:
            self._log.append(request)
            return next((fault for fault in reversed(self._faults) if self._happens(fault, request)), None)

    def _happens(self, fault: Fault, request: Request) -> bool:
        if fault.method not in (None, request.method) or re.search(fault.path, request.path) is None:
            return False
        count = self._matched[id(fault)] = self._matched.get(id(fault), 0) + 1
        return count >= fault.first and (fault.times is None or count < fault.first + fault.times)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()
        assert not self._server.errors, self._server.errors


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = False

    def __init__(self, owner: LoopbackServer, address: str, tls: ssl.SSLContext | None) -> None:
        self.owner = owner
        self.errors: list[BaseException] = []
        self._tls = tls
        self._connections: set[socket.socket] = set()
        super().__init__((address, 0), _Handler)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        if self._tls is not None:
            # The handshake is made by the connection's own thread, at its first read.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._connections):
            try:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: object, client_address: object) -> None:
        import sys

        error = sys.exception()
        if not isinstance(error, OSError) and error is not None:
            self.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _handle(self) -> None:
        owner = self.server.owner
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self._body(headers))
        fault = owner.receive(request)
        owner.stopping.wait(owner.delay_s + (fault.delay_s if fault else 0))
        if fault is not None and fault.hang_up:
            self.close_connection = True
            return
        reply = owner.answer(request) if fault is None or fault.reply is None else Reply(200)
        self._send(request, reply if fault is None else fault.changed(request, reply), fault)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length", "0")))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _send(self, request: Request, reply: Reply, fault: Fault | None) -> None:
        names = {name.lower() for name, _ in reply.headers}
        endless = fault is not None and fault.endless
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if not names & {"content-length", "transfer-encoding"} and not endless:
            self.send_header("Content-Length", str(len(reply.body)))
        if endless or (fault is not None and fault.cut_after is not None):
            self.send_header("Connection", "close")
        self.end_headers()
        if request.method != "HEAD":
            self._send_body(reply.body, fault)

    def _send_body(self, body: bytes, fault: Fault | None) -> None:
        stopping = self.server.owner.stopping
        if fault is None:
            self.wfile.write(body)
            return
        for byte in body if fault.drip_s is not None else b"":
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if stopping.wait(fault.drip_s):
                return
        if fault.drip_s is None:
            self.wfile.write(body if fault.cut_after is None else body[: fault.cut_after])
        while fault.endless and not stopping.is_set():
            self.wfile.write(body or b"\0" * 65536)
        if fault.endless or fault.cut_after is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the owner keeps the log."""
