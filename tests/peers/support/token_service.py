"""The service that a registry sends its clients to for a token: ours, with the registry's real checks behind it."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.peers.support.certificates import Identity

SERVICE = "imgtrust tests"
ISSUER = "tokens of the tests"
USER, PASSWORD, IDENTITY_TOKEN = "reader", "correct horse", "refresh-me"


@dataclass(frozen=True, slots=True)
class TokenService:
    """A running service.

    Attributes:
        address: of its only page, which the registry names as realm.
        granted: the scopes for which it gave tokens, in order, with the HTTP method.

    """

    address: str
    granted: list[tuple[str, str]] = field(default_factory=list)

    @property
    def host(self) -> str:
        """Host and port."""
        return urllib.parse.urlsplit(self.address).netloc


@contextmanager
def token_service(signer: Identity) -> Iterator[TokenService]:
    """A service that gives tokens signed by `signer` to those who know the password or the identity token."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    # By name, because cosign sends no password to a realm whose host is a private address.
    service = TokenService(f"http://localhost:{server.server_port}/token")
    server.RequestHandlerClass = _handler(service, signer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(service: TokenService, signer: Identity) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Docker's token protocol: Basic authentication, the scope in the query."""
            asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            self._answer(asked, known=self.headers.get("Authorization") == wanted)

        def do_POST(self) -> None:
            """The OAuth2 form of it: an identity token is given for an access token."""
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = dict(urllib.parse.parse_qsl(body))
            known = asked.get("grant_type") == "refresh_token" and asked.get("refresh_token") == IDENTITY_TOKEN
            self._answer(asked, known=known)

        def _answer(self, asked: Mapping[str, str], *, known: bool) -> None:
            if known and asked.get("service") == SERVICE:
                service.granted.append((self.command, asked["scope"]))
                token = _token(signer, asked["scope"])
                self._send(200, {"token": token, "access_token": token, "expires_in": 300})
            else:
                self._send(401, {"details": "no such user"})

        def _send(self, status: int, document: Mapping[str, object]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what matters is in `granted`."""

    return Handler


def _token(signer: Identity, scope: str) -> str:
    """A JWT for `scope`, with the signer's certificate, as distribution's registry verifies it."""
    now = int(time.time())
    access = []
    for part in scope.split():
        kind, name, actions = part.split(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    claims = {"iss": ISSUER, "sub": USER, "aud": SERVICE, "exp": now + 300, "nbf": now - 10, "iat": now}
    certificate = base64.b64encode(signer.certificate.public_bytes(Encoding.DER)).decode()
    head = {"typ": "JWT", "alg": "ES256", "x5c": [certificate]}
    signed = _part(head) + "." + _part(claims | {"jti": secrets.token_hex(8), "access": access})
    r, s = decode_dss_signature(signer.key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{_plain(r.to_bytes(32) + s.to_bytes(32))}"


def _part(document: Mapping[str, object]) -> str:
    return _plain(json.dumps(document).encode())


def _plain(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()
