"""HTTP to registries: the only client socket.

`Transport.get` is all that the rest of the program sees. Which connection carries a request, which token goes
with it, what is tried again and what is refused is decided below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from verifier.registry.exchange import Deadline, Response

__all__ = ["BLOB_REDIRECTS", "Deadline", "HttpSettings", "Response", "Transport"]

BLOB_REDIRECTS = 5
"""Redirects that are followed for a blob, which registries keep on other hosts. A manifest has none to other hosts."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """How registries are reached, as the command line and the policy say it. Nothing here switches a check off.

    Attributes:
        insecure_registries: `host[:port]` of the registries that speak plain HTTP. Loopback ones do anyway.
        ca_files: certificate authorities beside those of the system.
        certs_dirs: directories like `/etc/docker/certs.d`, the first with a folder for a registry counts.
        proxy: URL of the proxy for everything; None for none. The environment's proxies are ignored.
        connections: how many are open at most to one host.
        token_realms: `host[:port]` of token services that are given credentials though they are not at the
            registry's own host.
        internal_hosts: `host[:port]` that redirects may lead to although their addresses are not public.

    """

    insecure_registries: frozenset[str] = frozenset()
    ca_files: tuple[Path, ...] = ()
    certs_dirs: tuple[Path, ...] = ()
    proxy: str | None = field(default=None, repr=False)
    user_agent: str = "imgtrust"
    connections: int = 32
    token_realms: frozenset[str] = frozenset()
    internal_hosts: frozenset[str] = frozenset()


class Transport:
    """Reads from registries; one for each run. Safe to use from several threads.

    Attributes:
        requests_sent: how many requests have been sent, token requests included.

    """

    requests_sent: int

    def __init__(self, settings: HttpSettings) -> None: ...

    def get(
        self,
        registry: str,
        path: str,
        *,
        repository: str,
        accept: Sequence[str] = (),
        limit_bytes: int,
        deadline: Deadline,
        method: Literal["GET", "HEAD"] = "GET",
        redirects: int = 0,
    ) -> Response:
        """The answer of `registry` to a request for `path`, for every status that is not an error below.

        Args:
            registry: as in a `Repository`: `docker.io`, `127.0.0.1:5000`.
            path: starts with `/v2/`; with its query.
            repository: path of the repository; what a token is asked for.
            accept: media types.
            limit_bytes: of the body.
            deadline: of the decision that the request is for. One request has at most `REQUEST_TIMEOUT_S` of it.
            redirects: how many are followed to other origins.

        Raises:
            RegistryDenied: 401 or 403, with what credentials there are.
            RateLimited: 429, and waiting as long as the registry says would pass the deadline.
            RegistryUnreachable: no connection, no answer in time, or 5xx.
            AddressRefused: a redirect, a token service or an address that must not be asked.
            LimitExceeded: the body is longer than `limit_bytes`.
            RegistryError: an answer that is not HTTP as it should be; a status of 2xx other than 200, or 304.
            CredentialError: the credentials for the registry cannot be read.

        """
        raise NotImplementedError

    def close(self) -> None:
        """Close every connection."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
