"""The engine of token services: `requests`, held to the same addresses, deadlines and limits."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Timer
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from verifier.errors import LimitExceeded, RegistryError, RegistryUnreachable
from verifier.registry.engine_dial import Dialer, Route
from verifier.registry.exchange import (
    ERROR_LIMIT_BYTES,
    HEADER_LIMIT,
    Deadline,
    Response,
    check_encoding,
    content_length,
    over_limit,
)

_READ_BYTES = 16 * 1024


class TokenEngine:
    """Sends requests to token services: no redirects, no cookies, nothing from the environment.

    Args:
        dialer: opens the connections.
        on_send: called for each request that is sent.

    """

    def __init__(self, dialer: Dialer, on_send: Callable[[], None]) -> None:
        self._dialer = dialer
        self._on_send = on_send

    def send(
        self,
        route: Route,
        target: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        deadline: Deadline,
    ) -> Response:
        """The answer of `route` to a GET of `target`, or to a POST of `form` where there is one.

        Raises:
            RegistryUnreachable: no connection, or no whole answer in time.
            AddressRefused: the route has an address that may not be asked.
            LimitExceeded: the answer is longer than is read.
            RegistryError: the answer is not HTTP as it should be.

        """
        method = "GET" if form is None else "POST"
        what = f"the answer to {method} {route.origin.authority}{target.partition('?')[0]}"
        adapter = _Adapter(self._dialer, route, deadline)
        if route.context is None and self._dialer.proxy is not None and self._dialer.proxy.authorization is not None:
            headers = {**headers, "Proxy-Authorization": self._dialer.proxy.authorization}
        with requests.Session() as session:
            session.trust_env = False
            session.headers.clear()
            session.mount(f"{route.origin.scheme}://", adapter)
            watch = Timer(max(deadline.remaining_s, 0), adapter.hang_up)
            watch.daemon = True
            watch.start()
            try:
                self._on_send()
                return _answer(session, method, f"{route.origin}{target}", headers, form, deadline, what)
            finally:
                watch.cancel()
                adapter.release()


def _answer(  # noqa: PLR0913, PLR0917 - one call with one caller, for the sake of its `try`
    session: requests.Session,
    method: str,
    url: str,
    headers: Mapping[str, str],
    form: Mapping[str, str] | None,
    deadline: Deadline,
    what: str,
) -> Response:
    try:
        with session.request(
            method,
            url,
            headers={"Accept-Encoding": "identity", **headers},
            data=form,
            allow_redirects=False,
            stream=True,
            timeout=max(deadline.remaining_s, 0.001),
        ) as response:
            names = _single_headers(response, what)
            check_encoding(names, what)
            content_length(names, ERROR_LIMIT_BYTES, what)
            return Response(response.status_code, names, _body(response, what))
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        reason = "it did not come in time" if deadline.remaining_s <= 0 else type(error).__name__
        raise RegistryUnreachable(f"{what}: {reason}") from _connection_error(error)


def _single_headers(response: requests.Response, what: str) -> Mapping[str, str]:
    if len(response.headers) > HEADER_LIMIT:
        raise LimitExceeded(f"{what} has more than {HEADER_LIMIT} headers")
    names = {name.lower(): value for name, value in response.headers.items()}
    if "content-length" in names and "transfer-encoding" in names:
        raise RegistryError(f"{what} says in two ways where it ends")
    return names


def _body(response: requests.Response, what: str) -> bytes:
    content = bytearray()
    for part in response.iter_content(_READ_BYTES):
        content += part
        if len(content) > ERROR_LIMIT_BYTES:
            raise over_limit(what, ERROR_LIMIT_BYTES)
    return bytes(content)


def _connection_error(error: BaseException) -> BaseException:
    """The `ConnectionError` of the system below `error`, if there is one: only then is the request tried again."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ConnectionError):
            return found
        found = found.__cause__ or found.__context__
    return error


class _Adapter(HTTPAdapter):
    """Connects to one route, through the dialer; a watch can end its connections."""

    def __init__(self, dialer: Dialer, route: Route, deadline: Deadline) -> None:
        self._dialer = dialer
        self._route = route
        self._deadline = deadline
        self._sockets: list[socket.socket] = []
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as requests has it
        if self._route.context is not None:
            kwargs["ssl_context"] = self._route.context
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._connect)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ANN401
        """Nothing: the context verifies, and the files that requests would load are not those of the system."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:  # noqa: ANN401
        """The target of the request line: the whole URL where a proxy is to fetch it."""
        through_proxy = self._dialer.proxy is not None and self._route.context is None
        return str(request.url) if through_proxy else super().request_url(request, proxies)

    def hang_up(self) -> None:
        """End every connection, in whatever it is."""
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Close what `hang_up` would have needed."""
        for connection in self._sockets:
            connection.close()
        self.close()

    def _connect(self) -> socket.socket:
        connection = self._dialer.dial(self._route, self._deadline)
        connection.settimeout(max(self._deadline.remaining_s, 0.001))
        # A second descriptor: TLS takes the first one away, and the watch has to end a handshake too.
        self._sockets.append(connection.dup())
        return connection


def _pool_classes(connect: Callable[[], socket.socket]) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect()

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
