"""Origins, and which addresses may be connected to.

A name is resolved once, every address it has is classified, and the connection goes to one of exactly these
addresses: a name that answers differently a second later changes nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Literal

from trust.value import dataclass
from verifier.errors import AddressRefused, RegistryUnreachable
from verifier.reference import is_loopback

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses that a host name, or a literal address without brackets, has. Raises OSError."""

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?", re.ASCII)
_AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?", re.ASCII)
_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)
_LAST_LABEL_IS_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?", re.ASCII)
_PORTS = {"https": 443, "http": 80}
_URL_LIMIT = 8192

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_V4_COMPATIBLE = ipaddress.IPv6Network("::/96")
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_METADATA = frozenset(
    ipaddress.ip_address(text) for text in ("100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254")
)
"""Services inside of clouds that hand out credentials, beside those at link-local addresses."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Reach(Enum):
    """How far an address is from where everybody is."""

    PUBLIC = "public"
    INTERNAL = "internal"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what a connection and an authorization belong to.

    Attributes:
        host: lower-case, with the brackets of an IPv6 address.

    """

    scheme: Literal["https", "http"]
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port as they stand in a `Host` header: without the port that goes without saying."""
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def bare_host(self) -> str:
        """The host without brackets."""
        return self.host.strip("[]")

    @property
    def literal(self) -> bool:
        """Whether the host is an address or this machine, so that no other host can share its domain."""
        return is_loopback(self.host) or _literal(self.bare_host) is not None

    def names(self, text: str) -> bool:
        """Whether `text`, a `host[:port]`, is this host and port."""
        found = _AUTHORITY.fullmatch(text)
        if found is None or found["host"].lower() != self.host:
            return False
        return self.port == (int(found["port"]) if found["port"] else _PORTS[self.scheme])

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def parse_url(text: str, what: str) -> tuple[Origin, str]:
    """Origin and target (path and query) of the untrusted absolute URL `text`; `what` names it in the error.

    Raises:
        AddressRefused: it has another scheme than http and https, user info, or anything that two readers could
            read differently.

    """
    found = _URL.fullmatch(text) if len(text) <= _URL_LIMIT and _PRINTABLE.fullmatch(text) else None
    if found is None or "\\" in text:
        raise AddressRefused(f"{what} is no absolute URL")
    scheme = found["scheme"].lower()
    if scheme not in _PORTS:
        raise AddressRefused(f"{what} has the scheme `{scheme[:20]}`, and only `https` is followed")
    authority = _AUTHORITY.fullmatch(found["authority"])
    if authority is None:
        raise AddressRefused(f"{what} does not name a host and a port, and nothing else")
    origin = Origin(
        "https" if scheme == "https" else "http",
        authority["host"].lower(),
        int(authority["port"]) if authority["port"] else _PORTS[scheme],
    )
    target = found["target"]
    return origin, target if target.startswith("/") else f"/{target}"


def split_registry(registry: str) -> tuple[str, int | None]:
    """Host and port of `registry`, which is a `host[:port]` of a canonical repository.

    Raises:
        AddressRefused: it is no host and port.

    """
    found = _AUTHORITY.fullmatch(registry)
    if found is None:
        raise AddressRefused(f"`{registry[:300]}` is not a host and a port")
    return found["host"].lower(), int(found["port"]) if found["port"] else None


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses that the system has for `host`, each once, in its order."""
    # As bytes: a name that is ASCII anyway would load the tables of international ones, for 2 ms.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def reach(address: str) -> Reach:
    """How far `address` is, after every form that carries an IPv4 address inside is unwrapped.

    Spec: the IANA special-purpose address registries, RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).
    """
    parsed = _literal(address.partition("%")[0])
    if parsed is None:
        return Reach.FORBIDDEN
    reaches = {_reach_of(one) for one in (parsed, *_embedded(parsed))}
    return next(one for one in (Reach.FORBIDDEN, Reach.INTERNAL, Reach.PUBLIC) if one in reaches)


def addresses(origin: Origin, resolver: Resolver, *, internal: bool) -> tuple[str, ...]:
    """The addresses of `origin`, all of which may be connected to.

    One refused address refuses the name: which of them a connection goes to must not matter.

    Args:
        origin: where to.
        resolver: asked once.
        internal: whether private and loopback addresses are accepted, because the user or the policy named
            exactly this origin.

    Raises:
        AddressRefused: one of the addresses is none that may be asked.
        RegistryUnreachable: the name has no address.

    """
    host = origin.bare_host
    if _literal(host) is None and _LAST_LABEL_IS_A_NUMBER.fullmatch(host):
        # `127.1` and `0x7f000001` are addresses to the C library, and names to whoever checks them before.
        raise AddressRefused(f"`{host}` is an IPv4 address in another form than four decimal numbers")
    found = _resolved(origin, resolver)
    for address in found:
        _check_reach(origin, address, internal=internal)
    return found


def check_literal(origin: Origin, *, internal: bool) -> None:
    """Refuse a host that is itself an address which may not be asked; names are left to a proxy to resolve.

    Raises:
        AddressRefused: the host is such an address.

    """
    if origin.literal or _LAST_LABEL_IS_A_NUMBER.fullmatch(origin.bare_host):
        addresses(origin, lambda host, _: ("127.0.0.1" if host == "localhost" else host,), internal=internal)


def _resolved(origin: Origin, resolver: Resolver) -> tuple[str, ...]:
    try:
        found = tuple(resolver(origin.bare_host, origin.port))
    except (OSError, UnicodeError) as error:
        raise RegistryUnreachable(
            f"`{origin.host}` has no address: {getattr(error, 'strerror', None) or error}",
            hint="check the spelling of the registry, and the network",
        ) from error
    if not found:
        raise RegistryUnreachable(f"`{origin.host}` has no address")
    return found


def _check_reach(origin: Origin, address: str, *, internal: bool) -> None:
    found = reach(address)
    if found is Reach.FORBIDDEN:
        raise AddressRefused(f"`{origin.host}` has the address `{address}`, which no registry can have")
    if found is Reach.INTERNAL and not internal:
        raise AddressRefused(
            f"`{origin.host}` has the address `{address}`, which is not public, and nobody but a registry named it",
            hint="a registry may send clients to public hosts and to itself only",
        )


def _literal(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _embedded(address: _Address) -> list[ipaddress.IPv4Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _NAT64) or _is_v4_compatible(address):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def _is_v4_compatible(address: ipaddress.IPv6Address) -> bool:
    return address in _V4_COMPATIBLE and not (address.is_unspecified or address.is_loopback)


def _reach_of(address: _Address) -> Reach:
    """How far the address itself is; one that only carries another is as far as what it carries."""
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or _is_v4_compatible(address)):
        return Reach.PUBLIC
    if address in _METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
        return Reach.FORBIDDEN
    if address.is_loopback or any(address in network for network in _PRIVATE):
        return Reach.INTERNAL
    return Reach.PUBLIC if address.is_global else Reach.FORBIDDEN
