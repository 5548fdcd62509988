"""Answering a registry's challenge: who may see credentials, and the tokens that come for them."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from threading import Lock
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, urlencode

from trust.value import dataclass
from verifier.errors import AddressRefused, RegistryDenied, RegistryError
from verifier.reference import DOCKER_HUB, is_loopback
from verifier.registry.address import Origin, parse_url
from verifier.registry.challenge import Challenge, parse_challenges
from verifier.registry.credentials import Credential, IdentityToken, RegistryToken, UserPassword
from verifier.registry.exchange import Deadline, Response
from verifier.untrusted import expect_integer, expect_text, json_object

_CLIENT = "imgtrust"
_DEFAULT_LIFETIME_S = 60
"""Spec: distribution, "Token Authentication Specification": what a token without `expires_in` has."""

_MARGIN_S = 10
"""A token that is about to expire would do so on its way."""

_TOKEN = re.compile(r"[!-~]{1,32768}", re.ASCII)
_SERVICE_LIMIT = 256
_WELL_KNOWN_REALMS: Mapping[str, str] = {
    DOCKER_HUB: "auth.docker.io",
    "registry.gitlab.com": "gitlab.com",
    "registry.digitalocean.com": "api.digitalocean.com",
    "docker.elastic.co": "docker-auth.elastic.co",
}


@dataclass(frozen=True, slots=True)
class Realm:
    """A token service that a registry names.

    Attributes:
        target: path and query, as the registry says them.
        credentials: whether it may see credentials for the registry.
        internal: whether it may have an address that is not public.

    """

    origin: Origin
    target: str
    service: str | None
    credentials: bool
    internal: bool


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What is asked of a token service. With a form it is a POST."""

    realm: Realm
    target: str
    headers: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)


class AskTokenService(Protocol):
    """Carries a token request; what it raises is for whoever wanted the token."""

    def __call__(self, request: TokenRequest, registry: str, deadline: Deadline) -> Response:
        """The answer, which is neither a 429 nor a 5xx."""


@dataclass(frozen=True, slots=True)
class _Token:
    authorization: str = field(repr=False)
    expires_at: float


class Authorizer:
    """The `Authorization` headers of one run. Safe to use from several threads.

    Before its first challenge a registry gets nothing, and no credential is looked up. After it, a token is
    asked for before the request that needs it, once for each repository.

    Args:
        find: the credential for a repository, of a registry and a path.
        ask: carries requests to token services.
        token_realms: registry to the `host[:port]` of a service that may see its credentials.

    """

    def __init__(
        self,
        find: Callable[[str, str], Credential | None],
        ask: AskTokenService,
        token_realms: Mapping[str, str],
    ) -> None:
        self._find = find
        self._ask = ask
        self._token_realms = token_realms
        self._lock = Lock()
        self._methods: dict[str, Realm | None] = {}
        self._locks: dict[tuple[str, str], Lock] = {}
        self._tokens: dict[tuple[str, str], _Token] = {}

    def beforehand(self, registry: str, path: str, deadline: Deadline) -> str | None:
        """The header for a registry that has challenged before, None for one that has not.

        Raises:
            ImgtrustError: as `answer`.

        """
        with self._lock:
            if registry not in self._methods:
                return None
            realm = self._methods[registry]
        return self._authorization(registry, path, realm, None, deadline)

    def answer(
        self, registry: str, origin: Origin, path: str, challenge: str, sent: str | None, deadline: Deadline
    ) -> str:
        """The header that answers the untrusted `challenge` of `registry`, which refused what was `sent`.

        Raises:
            RegistryDenied: there is nothing more to answer with.
            AddressRefused: the challenge names a token service that must not be asked.
            RegistryError: the challenge or the token service's answer cannot be read.
            CredentialError: the credentials cannot be read.

        """
        realm = self._method(registry, origin, parse_challenges(challenge))
        with self._lock:
            self._methods[registry] = realm
        authorization = self._authorization(registry, path, realm, sent, deadline)
        if authorization == sent:
            raise RegistryDenied(f"`{registry}` refuses the credentials there are for `{path}`", hint=_login(registry))
        return authorization

    def _method(self, registry: str, origin: Origin, challenges: tuple[Challenge, ...]) -> Realm | None:
        """The token service, or None where user and password go to the registry itself."""
        schemes = {challenge.scheme: challenge for challenge in reversed(challenges)}
        if "bearer" in schemes:
            return check_realm(registry, origin, schemes["bearer"].parameters, self._token_realms.get(registry))
        if "basic" in schemes:
            return None
        raise RegistryDenied(f"`{registry}` wants an authentication that is none of `Bearer` and `Basic`")

    def _authorization(
        self, registry: str, path: str, realm: Realm | None, refused: str | None, deadline: Deadline
    ) -> str:
        if realm is None:
            return _basic(registry, self._find(registry, path))
        key = (registry, path)
        with self._lock:
            lock = self._locks.setdefault(key, Lock())
        # One request for each token: whoever comes while it is on its way waits for what it brings.
        if not lock.acquire(timeout=max(deadline.remaining_s, 0)):
            raise RegistryDenied(f"`{realm.origin.authority}` gave no token for `{path}` in time")
        try:
            known = self._tokens.get(key)
            if known is None or known.authorization == refused or known.expires_at <= time.monotonic():
                known = self._tokens[key] = self._fetched(registry, path, realm, deadline)
            return known.authorization
        finally:
            lock.release()

    def _fetched(self, registry: str, path: str, realm: Realm, deadline: Deadline) -> _Token:
        credential = self._find(registry, path)
        if isinstance(credential, RegistryToken):
            return _Token(f"Bearer {_checked(credential.token)}", float("inf"))
        usable = credential if realm.credentials else None
        asked_at = time.monotonic()
        response = self._ask(token_request(realm, path, usable), registry, deadline)
        if response.status != 200:
            raise _refusal(response, registry, realm, withheld=credential is not None and usable is None)
        text, lifetime_s = parse_token(response.content, realm)
        return _Token(f"Bearer {text}", asked_at + max(lifetime_s - _MARGIN_S, lifetime_s / 2))


def check_realm(registry: str, origin: Origin, parameters: Mapping[str, str], named: str | None) -> Realm:
    """The token service that the untrusted `parameters` of a challenge of `registry`, at `origin`, name.

    Credentials are for the registry's own host, for the hosts of well-known registries, and for the one that was
    `named` for this registry; every other service is asked anonymously.

    Spec: distribution, "Token Authentication Specification". The scope of the challenge is not used: what is
    asked for is always to pull from the one repository.

    Raises:
        AddressRefused: the service is at a place that must not be asked.
        RegistryDenied: the challenge names no service.

    """
    text = parameters.get("realm")
    if not text:
        raise RegistryDenied(f"`{registry}` wants a token and does not say from where")
    realm, target = parse_url(text, f"the token service that `{registry}` names")
    names = {name for name, _ in parse_qsl(target.partition("?")[2], keep_blank_values=True)}
    if names & {"scope", "service", "account"}:
        raise AddressRefused(f"`{registry}` names a token service and already what is to be asked of it")
    trusted = named is not None and realm.names(named)
    if realm.scheme == "http" and not _plain_allowed(origin, realm, trusted=trusted):
        raise AddressRefused(f"`{registry}` names a token service without TLS, `{realm.authority}`")
    service = parameters.get("service")
    if service is not None and len(service) > _SERVICE_LIMIT:
        raise RegistryError(f"`{registry}` sent a challenge with a service of {len(service)} characters")
    same_host = realm.scheme == origin.scheme and realm.host == origin.host and not realm.literal
    well_known = realm.scheme == "https" and realm.names(_WELL_KNOWN_REALMS.get(registry, ""))
    return Realm(
        realm,
        target,
        service,
        credentials=realm == origin or trusted or same_host or well_known,
        internal=realm == origin or trusted,
    )


def token_request(realm: Realm, path: str, credential: UserPassword | IdentityToken | None) -> TokenRequest:
    """The request for a token to pull from the repository `path`."""
    fields = {"service": realm.service} if realm.service is not None else {}
    fields["scope"] = f"repository:{path}:pull"
    if isinstance(credential, IdentityToken):
        form = {**fields, "grant_type": "refresh_token", "client_id": _CLIENT, "refresh_token": credential.token}
        return TokenRequest(realm, realm.target, {}, form)
    joint = "&" if "?" in realm.target else "?"
    headers = {} if credential is None else {"Authorization": _basic_header(credential)}
    return TokenRequest(realm, f"{realm.target}{joint}{urlencode(fields, quote_via=quote)}", headers)


def parse_token(content: bytes, realm: Realm) -> tuple[str, float]:
    """The token in the untrusted `content`, and for how many seconds it holds.

    Raises:
        MalformedContent: it is no such document.
        RegistryError: it has no token that could stand in a header.

    """
    what = f"the answer of the token service `{realm.origin.authority}`"
    document = json_object(content, what)
    token = _text(document, "token", what) or _text(document, "access_token", what)
    said = document.get("expires_in")
    lifetime_s = expect_integer(said, f"`expires_in` of {what}") if said else _DEFAULT_LIFETIME_S
    return _checked(token), float(min(max(lifetime_s, 0), 24 * 3600))


def _plain_allowed(origin: Origin, realm: Origin, *, trusted: bool) -> bool:
    # Only a registry that is itself asked without TLS, because it was named so, may name such a service.
    return origin.scheme == "http" and (realm.host == origin.host or trusted or is_loopback(realm.host))


def _checked(token: str) -> str:
    if _TOKEN.fullmatch(token) is None:
        raise RegistryError("a token service gave no token that could be sent")
    return token


def _text(document: Mapping[str, Any], name: str, what: str) -> str:
    value = document.get(name)
    return "" if value is None else expect_text(value, f"`{name}` of {what}")


def _basic(registry: str, credential: Credential | None) -> str:
    if isinstance(credential, UserPassword):
        return _basic_header(credential)
    if isinstance(credential, RegistryToken):
        return f"Bearer {_checked(credential.token)}"
    raise RegistryDenied(f"`{registry}` wants a user and a password, and there are none", hint=_login(registry))


def _basic_header(credential: UserPassword) -> str:
    return "Basic " + base64.b64encode(f"{credential.user}:{credential.password}".encode()).decode("ascii")


def _refusal(response: Response, registry: str, realm: Realm, *, withheld: bool) -> RegistryError:
    where = realm.origin.authority
    if 300 <= response.status < 400:
        return AddressRefused(f"the token service `{where}` answers with a redirect, which is not followed")
    if response.status not in (400, 401, 403, 404):
        return RegistryError(f"the token service `{where}` answered {response.status}")
    if withheld:
        return RegistryDenied(
            f"`{registry}` names the token service `{where}`, which is asked without credentials, and refuses that",
            hint=f"if it is the right one, allow it: `--token-realm {registry}={where}`",
        )
    return RegistryDenied(f"the token service `{where}` refused with status {response.status}", hint=_login(registry))


def _login(registry: str) -> str:
    return f"the repository does not exist, or is private: log in with `docker login {registry}`"
