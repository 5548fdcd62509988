"""Opening connections: name to classified address to socket, with TLS and through a proxy where asked for."""

from __future__ import annotations

import re
import socket
from dataclasses import field
from typing import TYPE_CHECKING

from trust.value import dataclass
from verifier.errors import RegistryUnreachable, UsageError
from verifier.registry.address import Origin, Resolver, addresses, check_literal, parse_url
from verifier.registry.exchange import Deadline
from verifier.registry.http1 import read_head

if TYPE_CHECKING:
    import ssl

CONNECT_TIMEOUT_S = 10.0
_USER_INFO = re.compile(r"(?P<scheme>https?://)(?:(?P<user>[^@/]*)@)?(?P<rest>.*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Route:
    """An origin, with what decides which addresses it may have and how it proves who it is.

    Attributes:
        internal: whether it may have an address that is not public.
        context: of TLS; None for plain HTTP.

    """

    origin: Origin
    internal: bool
    context: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy that carries every connection.

    Attributes:
        authorization: value of `Proxy-Authorization`, or None.

    """

    origin: Origin
    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Proxy:
        """The proxy at `url`, which may have a user and a password.

        Raises:
            UsageError: the URL is not of the form `http://[user:password@]host:port`.

        """
        found = _USER_INFO.fullmatch(url)
        if found is None or found["scheme"] != "http://":
            raise UsageError("the proxy is not of the form `http://host:port`")
        origin, target = parse_url(found["scheme"] + found["rest"], "the proxy's URL")
        if target != "/":
            raise UsageError("the proxy's URL has a path")
        if found["user"] is None:
            return cls(origin)
        import base64
        from urllib.parse import unquote

        credential = base64.b64encode(unquote(found["user"]).encode()).decode()
        return cls(origin, f"Basic {credential}")


class Dialer:
    """Opens sockets to routes; the same rules for every engine.

    Args:
        resolver: asked once for each connection.
        proxy: which carries every connection, or None. Behind a proxy it is the proxy that resolves names, so
            that only literal addresses can be classified here.

    """

    def __init__(self, resolver: Resolver, proxy: Proxy | None) -> None:
        self._resolver = resolver
        self.proxy = proxy

    def dial(self, route: Route, deadline: Deadline) -> socket.socket:
        """A connection to `route`, without TLS yet.

        Raises:
            AddressRefused: an address of the route may not be asked.
            RegistryUnreachable: none of them accepts a connection in time.

        """
        if self.proxy is None:
            return _connected(route.origin, addresses(route.origin, self._resolver, internal=route.internal), deadline)
        check_literal(route.origin, internal=route.internal)
        proxy = self.proxy.origin
        connection = _connected(proxy, addresses(proxy, self._resolver, internal=True), deadline)
        if route.origin.scheme == "https":
            _open_tunnel(connection, self.proxy, route.origin, deadline)
        return connection

    def open(self, route: Route, deadline: Deadline) -> socket.socket:
        """A connection to `route`, with TLS where it has a context.

        Raises:
            AddressRefused: an address of the route may not be asked.
            RegistryUnreachable: there is no connection in time, or the certificate does not verify.

        """
        connection = self.dial(route, deadline)
        if route.context is None:
            return connection
        return _secured(connection, route, route.context, deadline)


def _connected(origin: Origin, found: tuple[str, ...], deadline: Deadline) -> socket.socket:
    failure: OSError = TimeoutError("no time is left")
    for address in found:
        remaining_s = min(deadline.remaining_s, CONNECT_TIMEOUT_S)
        if remaining_s <= 0:
            break
        try:
            connection = _socket_to(address, origin.port, remaining_s)
        except OSError as error:
            failure = error
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    raise RegistryUnreachable(
        f"`{origin.authority}` does not accept a connection: {failure.strerror or failure}",
        hint="check the registry's name and port, and the network",
    ) from failure


def _socket_to(address: str, port: int, timeout_s: float) -> socket.socket:
    # Not `create_connection`, which would look the address up once more as if it were a name.
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect((address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def _secured(connection: socket.socket, route: Route, context: ssl.SSLContext, deadline: Deadline) -> socket.socket:
    origin = route.origin
    try:
        connection.settimeout(max(deadline.remaining_s, 0.001))
        return context.wrap_socket(connection, server_hostname=origin.bare_host)
    except OSError as error:
        connection.close()
        reason = getattr(error, "verify_message", None) or getattr(error, "reason", None) or str(error)
        raise RegistryUnreachable(f"`{origin.authority}`: no TLS: {reason}", hint=_hint(str(reason))) from error


def _hint(reason: str) -> str:
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return "if the registry speaks plain HTTP, name it with `--insecure-registry`"
    return "a private certificate authority is named with `--ca-file`, or in Docker's `certs.d`"


def _open_tunnel(connection: socket.socket, proxy: Proxy, origin: Origin, deadline: Deadline) -> None:
    target = f"{origin.host}:{origin.port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    try:
        connection.settimeout(max(deadline.remaining_s, 0.001))
        connection.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        status = read_head(connection, deadline, "the proxy's answer")
    except OSError as error:
        connection.close()
        raise RegistryUnreachable(f"the proxy `{proxy.origin.authority}` does not answer: {error}") from error
    except BaseException:
        connection.close()
        raise
    if status != 200:
        connection.close()
        raise RegistryUnreachable(f"the proxy `{proxy.origin.authority}` answered {status} for `{target}`")
