"""HTTP to registries: the only client socket.

`Transport.get` is all that the rest of the program sees. Which connection carries a request, which token goes
with it, what is tried again and what is refused is decided below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from threading import Lock
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self

from trust.value import dataclass
from verifier.errors import AddressRefused, RegistryDenied, RegistryError
from verifier.registry.address import Origin, Resolver, parse_url, system_resolver
from verifier.registry.certificates import RegistryCertificates, registry_certificates, tls_context
from verifier.registry.engine import ReadEngine
from verifier.registry.engine_dial import Dialer, Proxy, Route
from verifier.registry.exchange import REQUEST_TIMEOUT_S, Deadline, Request, Response
from verifier.registry.hosts import registry_origin
from verifier.registry.retry import Retries

if TYPE_CHECKING:
    import ssl

    from verifier.registry.credentials import Credential
    from verifier.registry.engine_requests import TokenEngine
    from verifier.registry.token import Authorizer, TokenRequest

__all__ = ["BLOB_REDIRECTS", "Deadline", "HttpSettings", "Origin", "Response", "Transport"]

BLOB_REDIRECTS = 5
"""Redirects that are followed for a blob, which registries keep on other hosts. A manifest has none to other hosts."""

OWN_REDIRECTS = 5
"""Redirects that are followed within the registry's own origin."""

_PATH = re.compile(r"/v2/[!-~]*", re.ASCII)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """How registries are reached, as the command line and the policy say it. Nothing here switches a check off.

    Attributes:
        insecure_registries: `host[:port]` of the registries that speak plain HTTP; for them alone, and TLS is
            verified for every other. Loopback ones speak it anyway.
        ca_files: certificate authorities beside those of the system.
        certs_dirs: directories like `/etc/docker/certs.d`; the first that has a folder for a registry counts.
        proxy: URL of the proxy for everything; None for none. The environment's proxies are ignored.
        connections: how many are open at most to one host.
        token_realms: registry to the `host[:port]` of a token service that is given its credentials though it is
            not at the registry's own host, and that may have an address that is not public.
        internal_hosts: `host[:port]` that redirects may lead to although their addresses are not public.
        private_registries: the registries that may have private and loopback addresses; None for every one that
            is named, as for a person at a terminal. A server that is told names by others says which.

    """

    insecure_registries: frozenset[str] = frozenset()
    ca_files: tuple[Path, ...] = ()
    certs_dirs: tuple[Path, ...] = ()
    proxy: str | None = field(default=None, repr=False)
    user_agent: str = "imgtrust"
    connections: int = 32
    token_realms: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    internal_hosts: frozenset[str] = frozenset()
    private_registries: frozenset[str] | None = None


class Credentials(Protocol):
    """Where credentials come from: `verifier.registry.credentials.CredentialStore`."""

    def find(self, registry: str, path: str) -> Credential | None:
        """The credential for the repository `path` of `registry`, None if there is none."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A request to a registry, before it is known which hosts will answer it."""

    registry: str
    repository: str
    request: Request
    redirects: int

    @property
    def what(self) -> str:
        return f"{self.request.method} {self.registry}{self.request.path}"


@dataclass(frozen=True, slots=True)
class _Step:
    """A request on its way: where it goes, and whether it has never left the registry's own origin."""

    route: Route
    request: Request
    at_home: bool


class Transport:
    """Reads from registries; one for each run. Safe to use from several threads.

    Args:
        settings: of the run.
        credentials: asked only when a registry wants some; None for none.
        resolver: host name to addresses.

    """

    def __init__(
        self,
        settings: HttpSettings,
        credentials: Credentials | None = None,
        *,
        resolver: Resolver = system_resolver,
    ) -> None:
        proxy = None if settings.proxy is None else Proxy.parse(settings.proxy)
        self._settings = settings
        self._dialer = Dialer(resolver, proxy)
        self._reads = ReadEngine(self._dialer, settings.connections, self._count)
        self._tokens: TokenEngine | None = None
        self._retries = Retries()
        self._credentials = credentials
        self._authorizer: Authorizer | None = None
        self._lock = Lock()
        self._homes: dict[str, Route] = {}
        self._foreign: ssl.SSLContext | None = None
        self._sent = 0

    @property
    def requests_sent(self) -> int:
        """How many requests have been sent, those to token services included."""
        return self._sent

    def origin(self, registry: str) -> Origin:
        """Where `registry` is asked, and what every further page of its answers has to belong to.

        Raises:
            AddressRefused: it is no host and port.
            CredentialError: the certificates for it cannot be read.

        """
        return self._home(registry).origin

    def prepare(self, registry: str, connections: int, deadline: Deadline) -> None:
        """Open `connections` to `registry` in the background, for the requests that will follow the first answer.

        Raises:
            AddressRefused: it is no host and port.
            CredentialError: the certificates for it cannot be read.

        """
        self._reads.warm(self._home(registry), connections, deadline)

    def get(  # noqa: PLR0913 - a request has this many parts, all but two by name
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
            deadline: of the decision that the request is for. One try has at most `REQUEST_TIMEOUT_S` of it.
            method: `HEAD` for the headers alone.
            redirects: how many are followed to other origins.

        Raises:
            RegistryDenied: 401 or 403, with what credentials there are.
            RateLimited: 429, and waiting as long as the registry says would pass the deadline.
            RegistryUnreachable: no connection, no answer in time, or 5xx.
            AddressRefused: a redirect, a token service or an address that must not be asked.
            LimitExceeded: the body is longer than `limit_bytes`.
            RegistryError: an answer that is not HTTP as it should be; a status of 2xx other than 200, or 304.
            MalformedContent: the answer of a token service is not JSON.
            CredentialError: the credentials or certificates for the registry cannot be read.

        """
        if _PATH.fullmatch(path) is None:
            raise AddressRefused("a path of a registry starts with `/v2/` and has neither spaces nor controls")
        headers = {"User-Agent": self._settings.user_agent, "Accept-Encoding": "identity"}
        if accept:
            headers["Accept"] = ", ".join(accept)
        question = _Question(registry, repository, Request(method, path, headers, limit_bytes), redirects)
        response = self._retries.run(registry, question.what, deadline, lambda: self._tried(question, deadline))
        return _check_status(response, question)

    def close(self) -> None:
        """Close every connection, and let nothing wait any longer."""
        self._retries.end()
        self._reads.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _tried(self, question: _Question, deadline: Deadline) -> Response:
        """One try: with a token if one is known to be needed, and again with one if it turns out to be."""
        home = self._home(question.registry)
        known = self._authorizer
        sent = None if known is None else known.beforehand(question.registry, question.repository, deadline)
        response, at_home = self._followed(question, sent, deadline.within(REQUEST_TIMEOUT_S))
        # Only the registry itself is answered: who stands behind a redirect gets neither token nor credentials.
        if response.status != 401 or not at_home:
            return response
        challenge = response.headers.get("www-authenticate", "")
        answer = self._challenged().answer(
            question.registry, home.origin, question.repository, challenge, sent, deadline
        )
        return self._followed(question, answer, deadline.within(REQUEST_TIMEOUT_S))[0]

    def _followed(self, question: _Question, authorization: str | None, deadline: Deadline) -> tuple[Response, bool]:
        """The answer at the end of all redirects, and whether it is the registry's own."""
        step = _Step(self._home(question.registry), question.request, at_home=True)
        own, foreign = OWN_REDIRECTS, question.redirects
        while True:
            request = _authorized(step.request, authorization) if step.at_home else step.request
            response = self._reads.send(step.route, request, deadline)
            if response.status not in _REDIRECTS:
                return response, step.at_home
            following = self._redirected(step, response, question)
            stays = following.route.origin == step.route.origin
            own, foreign = (own - 1, foreign) if stays else (own, foreign - 1)
            if own < 0 or foreign < 0:
                raise _too_far(question, following.route.origin, stays=stays)
            step = following

    def _redirected(self, step: _Step, response: Response, question: _Question) -> _Step:
        here = step.route.origin
        origin, target = _location(here, step.request, response.headers.get("location", ""), question)
        if here.scheme == "https" and origin.scheme == "http":
            raise AddressRefused(f"{question.what} is redirected from HTTPS to HTTP, at `{origin.authority}`")
        request = Request(step.request.method, target, step.request.headers, step.request.limit_bytes)
        if origin == here:
            return _Step(step.route, request, step.at_home)
        return _Step(self._away(origin, question.registry), request, at_home=False)

    def _home(self, registry: str) -> Route:
        """The route to `registry`, which whoever runs this has named."""
        with self._lock:
            if registry not in self._homes:
                self._homes[registry] = self._named_route(registry)
            return self._homes[registry]

    def _named_route(self, registry: str) -> Route:
        settings = self._settings
        certificates = registry_certificates(registry, settings.certs_dirs)
        origin = registry_origin(
            registry,
            insecure=settings.insecure_registries,
            tls=bool(certificates.authorities or settings.ca_files),
        )
        private = settings.private_registries
        internal = private is None or registry in private
        context = tls_context(certificates, settings.ca_files) if origin.scheme == "https" else None
        return Route(origin, internal, context)

    def _away(self, origin: Origin, registry: str) -> Route:
        """The route to an origin that `registry`, and nobody else, has named."""
        home = self._home(registry)
        if origin == home.origin:
            return home
        internal = any(origin.names(host) for host in self._settings.internal_hosts)
        return Route(origin, internal, self._foreign_context() if origin.scheme == "https" else None)

    def _foreign_context(self) -> ssl.SSLContext:
        # Without the certificates of any `certs.d`: these are for their registry alone.
        with self._lock:
            if self._foreign is None:
                self._foreign = tls_context(RegistryCertificates(), self._settings.ca_files)
            return self._foreign

    def _ask_token_service(self, request: TokenRequest, registry: str, deadline: Deadline) -> Response:
        realm = request.realm
        home = self._home(registry)
        context = self._foreign_context() if realm.origin.scheme == "https" else None
        same_host = realm.origin == home.origin
        route = home if same_host else Route(realm.origin, realm.internal, context)
        engine = self._token_engine()
        headers = {"User-Agent": self._settings.user_agent, "Accept": "application/json", **request.headers}
        what = f"the token service `{realm.origin.authority}`"
        return self._retries.run(
            str(realm.origin),
            what,
            deadline,
            lambda: engine.send(
                route,
                request.target,
                headers=headers,
                form=request.form,
                deadline=deadline.within(REQUEST_TIMEOUT_S),
            ),
        )

    def _challenged(self) -> Authorizer:
        # Made at the first challenge, as most of what it imports is needed by no registry that anybody may read.
        from verifier.registry.token import Authorizer

        with self._lock:
            if self._authorizer is None:
                find = _nothing if self._credentials is None else self._credentials.find
                self._authorizer = Authorizer(find, self._ask_token_service, self._settings.token_realms)
            return self._authorizer

    def _token_engine(self) -> TokenEngine:
        # Imported when the first token is needed: requests costs 70 ms.
        from verifier.registry.engine_requests import TokenEngine

        with self._lock:
            if self._tokens is None:
                self._tokens = TokenEngine(self._dialer, self._count)
            return self._tokens

    def _count(self) -> None:
        with self._lock:
            self._sent += 1


def _nothing(_registry: str, _path: str) -> None:
    return None


def _authorized(request: Request, authorization: str | None) -> Request:
    if authorization is None:
        return request
    headers = {**request.headers, "Authorization": authorization}
    return Request(request.method, request.target, headers, request.limit_bytes)


def _location(here: Origin, request: Request, location: str, question: _Question) -> tuple[Origin, str]:
    """Where the untrusted `location` leads. Spec: RFC 3986, section 5.2, without dot segments in relative paths."""
    what = f"the redirect of {question.what}"
    if not location:
        raise RegistryError(f"{what} does not say where to")
    if location.startswith("//"):
        return parse_url(f"{here.scheme}:{location}", what)
    if location.startswith("/"):
        return parse_url(f"{here}{location}", what)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", location, re.ASCII):
        return parse_url(location, what)
    folder = request.path.rpartition("/")[0]
    return parse_url(f"{here}{folder}/{location}", what)


def _too_far(question: _Question, origin: Origin, *, stays: bool) -> AddressRefused:
    if stays:
        return AddressRefused(f"{question.what} is redirected more than {OWN_REDIRECTS} times")
    if question.redirects == 0:
        return AddressRefused(
            f"{question.what} is redirected to another host, `{origin.authority}`",
            hint="name the registry that really has the image, or map it with `--registry-map`",
        )
    return AddressRefused(f"{question.what} is redirected more than {question.redirects} times to other hosts")


def _check_status(response: Response, question: _Question) -> Response:
    if response.status in (401, 403):
        raise RegistryDenied(
            f"{question.what}: the registry answered {response.status}: not found, or private",
            hint=f"check the name; for a private repository, log in with `docker login {question.registry}`",
        )
    if response.status == 200 or 400 <= response.status < 500:
        return response
    raise RegistryError(f"{question.what}: the registry answered {response.status}, which is not asked for")
