"""How a loopback registry wants its clients to prove who they are."""

from __future__ import annotations

import base64
import json
import re
import secrets
import ssl
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs

from tests.support.loopback import LoopbackServer, Reply, Request

_SCOPE = re.compile(r"repository:(?P<path>[^:]+):(?P<actions>[a-z,*]+)")


def denial(status: int, code: str, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An error as the distribution-spec has it."""
    body = json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode()
    return Reply(status, (("Content-Type", "application/json"), *headers), body)


class Auth(Protocol):
    """Decides whether a request to a registry may pass."""

    def refusal(self, request: Request, repository: str | None) -> Reply | None:
        """What is answered instead, or None where the request may pass."""


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """User and password with every request."""

    user: str
    password: str

    def refusal(self, request: Request, repository: str | None) -> Reply | None:
        if request.headers.get("authorization") == basic(self.user, self.password):
            return None
        return denial(401, "UNAUTHORIZED", (("WWW-Authenticate", 'Basic realm="loopback"'),))


class TokenAuth:
    """Bearer tokens from a server of its own, as most registries have it.

    Args:
        users: password by user. With none, anybody gets a token to pull.
        identity_token: what the OAuth2 form takes instead of a password.
        address: of the token server; another host than the registry's.

    Attributes:
        server: the token server, with its log and its faults.
        challenge_scope: what a challenge asks for instead of what is needed, where it is not None.

    """

    def __init__(
        self,
        users: dict[str, str] | None = None,
        *,
        identity_token: str | None = None,
        address: str = "127.0.0.2",
        tls: ssl.SSLContext | None = None,
        delay_s: float = 0.0,
    ) -> None:
        self.server = LoopbackServer(self._answer, address=address, tls=tls, delay_s=delay_s)
        self.service = "loopback"
        self.challenge_scope: str | None = None
        self._users = users or {}
        self._identity_token = identity_token
        self._tokens: dict[str, frozenset[tuple[str, str]]] = {}

    def refusal(self, request: Request, repository: str | None) -> Reply | None:
        action = "pull" if request.method in ("GET", "HEAD") else "push"
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        granted = self._tokens.get(token) if scheme.lower() == "bearer" else None
        if granted is not None and (repository is None or (repository, action) in granted):
            return None
        scope = f"repository:{repository}:{'pull' if action == 'pull' else 'pull,push'}" if repository else None
        return denial(401, "UNAUTHORIZED", (("WWW-Authenticate", self._challenge(scope)),))

    def _challenge(self, scope: str | None) -> str:
        asked = self.challenge_scope or scope
        plain = f'Bearer realm="{self.server.url}/token",service="{self.service}"'
        return plain + (f',scope="{asked}"' if asked else "")

    def _answer(self, request: Request) -> Reply:
        form = parse_qs(request.body.decode()) if request.method == "POST" else {}
        fields = form or request.query
        if not self._known(request, form):
            return denial(401, "UNAUTHORIZED")
        anonymous = not self._users and self._identity_token is None
        token = secrets.token_urlsafe(16)
        self._tokens[token] = frozenset(
            (found["path"], action)
            for scopes in fields.get("scope", ())
            for scope in scopes.split(" ")
            if (found := _SCOPE.fullmatch(scope))
            for action in found["actions"].split(",")
            if action == "pull" or not anonymous
        )
        body = {"token": token, "access_token": token, "expires_in": 300}
        return Reply(200, (("Content-Type", "application/json"),), json.dumps(body).encode())

    def _known(self, request: Request, form: dict[str, list[str]]) -> bool:
        if form.get("grant_type") == ["refresh_token"]:
            return form.get("refresh_token") == [self._identity_token]
        if form.get("grant_type") == ["password"]:
            return self._users.get(form["username"][0]) == form["password"][0]
        authorization = request.headers.get("authorization")
        if authorization is None:
            return not self._users and self._identity_token is None
        return authorization in {basic(user, password) for user, password in self._users.items()}


def basic(user: str, password: str) -> str:
    """The value of an `Authorization` header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
