"""The engine of registry reads: connections that are kept open, one pool for each route."""

from __future__ import annotations

import logging
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Semaphore, Thread

from trust.errors import ImgtrustError
from verifier.errors import RegistryUnreachable
from verifier.registry.engine_dial import Dialer, Route
from verifier.registry.exchange import Deadline, Request, Response
from verifier.registry.http1 import read_answer

LOG = logging.getLogger("imgtrust.http")


class ReadEngine:
    """Sends requests without a body over kept connections.

    Args:
        dialer: opens the connections.
        connections: how many of one route carry a request at the same time; more wait.
        on_send: called for each request that is sent.

    """

    def __init__(self, dialer: Dialer, connections: int, on_send: Callable[[], None]) -> None:
        self._dialer = dialer
        self._connections = connections
        self._on_send = on_send
        self._lock = Lock()
        self._pools: dict[Route, _Pool] = {}
        self._closed = False

    def send(self, route: Route, request: Request, deadline: Deadline) -> Response:
        """The answer of `route` to `request`, read to its end before the deadline.

        Raises:
            RegistryUnreachable: no connection, or no whole answer in time. Its cause is a `ConnectionError` if
                not a byte of an answer had come.
            AddressRefused: the route has an address that may not be asked.
            LimitExceeded: there is more of the answer than is read.
            RegistryError: the answer is not HTTP as it should be.

        """
        pool = self._pool(route)
        began = time.monotonic()
        with pool.slot(route, deadline):
            response = self._sent(pool, route, request, deadline)
        elapsed_ms = 1000 * (time.monotonic() - began)
        LOG.debug(
            "%s %s %s %d %.0f ms", request.method, route.origin.authority, request.path, response.status, elapsed_ms
        )
        return response

    def warm(self, route: Route, connections: int, deadline: Deadline) -> None:
        """Open `connections` to `route` beforehand, in the background. What fails is left to the requests."""
        pool = self._pool(route)
        for _ in range(min(connections, self._connections)):
            Thread(target=self._open_idle, args=(pool, route, deadline), daemon=True).start()

    def close(self) -> None:
        """Close every connection. Requests that are on their way end as if the server had hung up."""
        with self._lock:
            self._closed = True
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()

    def _pool(self, route: Route) -> _Pool:
        with self._lock:
            if self._closed:
                raise RegistryUnreachable("the run has ended")
            return self._pools.setdefault(route, _Pool(self._connections))

    def _open_idle(self, pool: _Pool, route: Route, deadline: Deadline) -> None:
        try:
            pool.keep(self._dialer.open(route, deadline))
        except ImgtrustError as error:
            LOG.debug("%s: %s", route.origin.authority, error)

    def _sent(self, pool: _Pool, route: Route, request: Request, deadline: Deadline) -> Response:
        kept = pool.idle()
        if kept is not None:
            try:
                return self._exchanged(pool, kept, route, request, deadline)
            except RegistryUnreachable as error:
                # The server closed a kept connection in the moment of its use: that is not a failure yet.
                if not isinstance(error.__cause__, ConnectionError):
                    raise
        return self._exchanged(pool, self._dialer.open(route, deadline), route, request, deadline)

    def _exchanged(
        self, pool: _Pool, connection: socket.socket, route: Route, request: Request, deadline: Deadline
    ) -> Response:
        what = f"the answer to {request.method} {route.origin.authority}{request.path}"
        reusable = False
        pool.begin(connection)
        try:
            self._on_send()
            connection.settimeout(max(deadline.remaining_s, 0.001))
            connection.sendall(self._head(route, request))
            answer = read_answer(
                connection, method=request.method, limit_bytes=request.limit_bytes, deadline=deadline, what=what
            )
            reusable = answer.reusable
            return answer.response
        except OSError as error:
            raise RegistryUnreachable(
                f"{request.method} {route.origin.authority}{request.path}: {error.strerror or error}"
            ) from error
        finally:
            pool.finish(connection, keep=reusable)

    def _head(self, route: Route, request: Request) -> bytes:
        through_proxy = self._dialer.proxy is not None and route.origin.scheme == "http"
        target = f"http://{route.origin.authority}{request.target}" if through_proxy else request.target
        lines = [f"{request.method} {target} HTTP/1.1", f"Host: {route.origin.authority}"]
        lines += (f"{name}: {value}" for name, value in request.headers.items())
        if through_proxy and self._dialer.proxy is not None and self._dialer.proxy.authorization is not None:
            lines.append(f"Proxy-Authorization: {self._dialer.proxy.authorization}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class _Pool:
    """The connections of one route: those that wait for a request, and how many may carry one."""

    def __init__(self, connections: int) -> None:
        self._slots = Semaphore(connections)
        self._limit = connections
        self._lock = Lock()
        self._idle: list[socket.socket] = []
        self._busy: set[socket.socket] = set()
        self._closed = False

    @contextmanager
    def slot(self, route: Route, deadline: Deadline) -> Iterator[None]:
        """The right to carry one request."""
        if not self._slots.acquire(timeout=max(deadline.remaining_s, 0)):
            raise RegistryUnreachable(f"`{route.origin.authority}`: no connection became free in time")
        try:
            yield
        finally:
            self._slots.release()

    def idle(self) -> socket.socket | None:
        """A kept connection that is still open, the last one first; None where there is none."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if not _readable(connection):
                return connection
            # Something came though nothing was asked: the end of the connection, or bytes that belong to no request.
            connection.close()

    def begin(self, connection: socket.socket) -> None:
        """Note that `connection` carries a request."""
        with self._lock:
            self._busy.add(connection)
            if self._closed:
                _hang_up(connection)

    def finish(self, connection: socket.socket, *, keep: bool) -> None:
        """Note that `connection` carries none any more, and keep it for the next one or close it."""
        with self._lock:
            self._busy.discard(connection)
        if keep:
            self.keep(connection)
        else:
            connection.close()

    def keep(self, connection: socket.socket) -> None:
        """Keep `connection` for the next request."""
        with self._lock:
            if not self._closed and len(self._idle) < self._limit:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            for connection in self._busy:
                _hang_up(connection)
        for connection in idle:
            connection.close()


def _hang_up(connection: socket.socket) -> None:
    # Not closed: another thread waits for it, and its descriptor could be somebody else's by then.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _readable(connection: socket.socket) -> bool:
    # `poll`, because `select` cannot take descriptors above 1023.
    poll = select.poll()
    poll.register(connection, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
