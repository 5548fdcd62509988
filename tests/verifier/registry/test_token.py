from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import responses

from tests.support.loopback import Fault, LoopbackServer, Reply, Request
from tests.support.registry_auth import Auth, BasicAuth, TokenAuth, basic
from verifier.errors import (
    AddressRefused,
    LimitExceeded,
    MalformedContent,
    RateLimited,
    RegistryDenied,
    RegistryError,
    RegistryUnreachable,
)
from verifier.registry.address import Origin
from verifier.registry.credentials import Credential, IdentityToken, RegistryToken, UserPassword
from verifier.registry.engine_dial import Dialer, Route
from verifier.registry.engine_requests import TokenEngine
from verifier.registry.token import Realm, check_realm, parse_token, token_request
from verifier.registry.transport import Deadline, HttpSettings, Response, Transport

GHCR = Origin("https", "ghcr.io", 443)
LOOPBACK = Origin("http", "127.0.0.1", 5000)


class Kept:
    """Credentials for every registry, and how often they were looked up."""

    def __init__(self, credential: Credential | None) -> None:
        self.credential = credential
        self.lookups = 0

    def find(self, registry: str, path: str) -> Credential | None:
        self.lookups += 1
        return self.credential


def server(auth: Auth) -> LoopbackServer:
    def answer(request: Request) -> Reply:
        repository = request.route.removeprefix("/v2/").partition("/manifests/")[0]
        return auth.refusal(request, repository) or Reply(200, (), b"hello")

    return LoopbackServer(answer)


def get(transport: Transport, host: str, repository: str = "acme/app") -> Response:
    return transport.get(
        host,
        f"/v2/{repository}/manifests/1",
        repository=repository,
        limit_bytes=1000,
        deadline=Deadline.after(10),
    )


def allowed(registry: LoopbackServer, auth: TokenAuth) -> HttpSettings:
    return HttpSettings(token_realms={registry.host: auth.server.host})


def test_a_token_is_asked_for_once_for_each_repository() -> None:
    auth = TokenAuth()
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth)) as transport:
        for repository in ("a", "a", "b", "a", "b"):
            assert get(transport, registry.host, repository).content == b"hello"

        assert auth.server.lines == [
            "GET /token?service=loopback&scope=repository%3Aa%3Apull",
            "GET /token?service=loopback&scope=repository%3Ab%3Apull",
        ]
        # The first request earned the challenge; no other did.
        assert len(registry.log) == 6


def test_credentials_are_looked_up_only_when_a_registry_wants_some() -> None:
    kept = Kept(UserPassword("me", "secret"))
    auth = TokenAuth({"me": "secret"})
    with LoopbackServer(lambda _: Reply(200)) as public, Transport(HttpSettings(), kept) as transport:
        get(transport, public.host)
        assert kept.lookups == 0
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth), kept) as transport:
        assert get(transport, registry.host).status == 200
        assert kept.lookups == 1
        assert auth.server.log[0].headers["authorization"] == basic("me", "secret")
        assert "authorization" not in registry.log[0].headers


def test_an_identity_token_is_posted() -> None:
    auth = TokenAuth(identity_token="refresh-me")
    kept = Kept(IdentityToken("refresh-me"))
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth), kept) as transport:
        assert get(transport, registry.host).status == 200

    request = auth.server.log[0]
    assert str(request) == "POST /token"
    assert b"grant_type=refresh_token" in request.body
    assert b"scope=repository%3Aacme%2Fapp%3Apull" in request.body


def test_a_registry_token_is_sent_as_it_is() -> None:
    def answer(request: Request) -> Reply:
        if request.headers.get("authorization") == "Bearer mine":
            return Reply(200)
        return Reply(401, (("WWW-Authenticate", f'Bearer realm="http://{request.headers["host"]}/token"'),))

    with LoopbackServer(answer) as registry, Transport(HttpSettings(), Kept(RegistryToken("mine"))) as transport:
        assert get(transport, registry.host).status == 200
        assert len(registry.log) == 2


def test_basic_credentials_go_to_the_registry_that_asks_for_them() -> None:
    kept = Kept(UserPassword("me", "secret"))
    with server(BasicAuth("me", "secret")) as registry, Transport(HttpSettings(), kept) as transport:
        assert get(transport, registry.host).status == 200
        assert get(transport, registry.host).status == 200
        assert len(registry.log) == 3


@pytest.mark.parametrize("credential", [None, UserPassword("me", "wrong"), IdentityToken("x")])
def test_credentials_that_do_not_serve_are_a_denial(credential: Credential | None) -> None:
    with server(BasicAuth("me", "secret")) as registry, Transport(HttpSettings(), Kept(credential)) as transport:
        with pytest.raises(RegistryDenied):
            get(transport, registry.host)
        assert len(registry.log) <= 2


def test_an_expired_token_is_replaced() -> None:
    auth = TokenAuth()
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth)) as transport:
        get(transport, registry.host)
        auth._tokens.clear()
        assert get(transport, registry.host).status == 200
        assert len(auth.server.log) == 2


def test_a_token_that_is_refused_anew_is_a_denial() -> None:
    auth = TokenAuth()
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth)) as transport:
        registry.fault(Fault("", status=401, headers={"WWW-Authenticate": f'Bearer realm="{auth.server.url}/token"'}))
        with pytest.raises(RegistryDenied):
            get(transport, registry.host)
        assert len(registry.log) == 2
        assert len(auth.server.log) == 1


def test_many_threads_ask_for_one_token_once() -> None:
    auth = TokenAuth(delay_s=0.1)
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth)) as transport:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: get(transport, registry.host), range(16)))

        assert [answer.status for answer in answers] == [200] * 16
        assert len(auth.server.log) == 1


def test_reg_18_a_challenge_does_not_widen_what_is_asked_for() -> None:
    auth = TokenAuth()
    auth.challenge_scope = "repository:corp/secret:pull,push repository:acme/app:*"
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth)) as transport:
        assert get(transport, registry.host).status == 200
        assert auth.server.log[0].query["scope"] == ["repository:acme/app:pull"]


@pytest.mark.parametrize("query", ["?scope=repository:corp/secret:pull", "?x=1&scope", "?service=x", "?account=me"])
def test_reg_18_a_realm_that_already_asks_is_refused(query: str) -> None:
    with pytest.raises(AddressRefused):
        check_realm("ghcr.io", GHCR, {"realm": f"https://ghcr.io/token{query}"}, None)
    assert check_realm("ghcr.io", GHCR, {"realm": "https://ghcr.io/token?x=1"}, None).target == "/token?x=1"


@pytest.mark.parametrize(
    ("registry", "origin", "realm", "named", "credentials"),
    [
        ("ghcr.io", GHCR, "https://ghcr.io/token", None, True),
        ("ghcr.io", GHCR, "https://ghcr.io:8443/token", None, True),
        ("docker.io", Origin("https", "registry-1.docker.io", 443), "https://auth.docker.io/token", None, True),
        ("docker.io", Origin("https", "registry-1.docker.io", 443), "https://auth.docker.io:444/token", None, False),
        ("registry.gitlab.com", Origin("https", "registry.gitlab.com", 443), "https://gitlab.com/jwt/auth", None, True),
        ("ghcr.io", GHCR, "https://auth.docker.io/token", None, False),
        ("ghcr.io", GHCR, "https://evil.test/token", None, False),
        ("ghcr.io", GHCR, "https://ghcr.io.evil.test/token", None, False),
        ("ghcr.io", GHCR, "https://x.ghcr.io/token", None, False),
        ("ghcr.io", GHCR, "https://auth.test/token", "auth.test", True),
        ("ghcr.io", GHCR, "https://auth.test/token", "auth.test:444", False),
        ("127.0.0.1:5000", LOOPBACK, "http://127.0.0.1:5000/token", None, True),
        ("127.0.0.1:5000", LOOPBACK, "http://127.0.0.1:5001/token", None, False),
        ("127.0.0.1:5000", LOOPBACK, "http://127.0.0.1:5001/token", "127.0.0.1:5001", True),
    ],
)
def test_net_01_credentials_are_for_services_that_belong_to_the_registry(
    registry: str, origin: Origin, realm: str, named: str | None, credentials: bool
) -> None:
    assert check_realm(registry, origin, {"realm": realm}, named).credentials is credentials


@pytest.mark.parametrize(
    "realm",
    [
        "http://ghcr.io/token",
        "http://evil.test/token",
        "file:///etc/passwd",
        "gopher://ghcr.io/",
        "/token",
        "//ghcr.io/token",
        "https://me:pw@ghcr.io/token",
        "https://ghcr.io\\@evil.test/",
    ],
)
def test_net_03_a_realm_without_tls_or_with_another_scheme_is_refused(realm: str) -> None:
    with pytest.raises(AddressRefused):
        check_realm("ghcr.io", GHCR, {"realm": realm}, None)


def test_net_03_a_plain_realm_is_for_plain_registries_of_the_same_host() -> None:
    plain = Origin("http", "registry.test", 80)

    assert check_realm("registry.test", plain, {"realm": "http://registry.test/t"}, None).credentials
    with pytest.raises(AddressRefused):
        check_realm("registry.test", plain, {"realm": "http://other.test/t"}, None)


@pytest.mark.parametrize("challenge", ["Bearer", "Negotiate", "Digest realm=x", ""])
def test_a_challenge_that_cannot_be_answered_is_a_denial(challenge: str) -> None:
    def answer(_: Request) -> Reply:
        return Reply(401, (("WWW-Authenticate", challenge),))

    with LoopbackServer(answer) as registry, Transport(HttpSettings()) as transport, pytest.raises(RegistryDenied):
        get(transport, registry.host)


REALM = Realm(Origin("https", "auth.test", 443), "/token", "s", credentials=True, internal=False)


@pytest.mark.parametrize(
    ("content", "token", "lifetime_s"),
    [
        (b'{"token": "t"}', "t", 60),
        (b'{"access_token": "t", "expires_in": 300}', "t", 300),
        (b'{"token": "t", "access_token": "u", "expires_in": null}', "t", 60),
        (b'{"token": "", "access_token": "u"}', "u", 60),
        (b'{"token": "t", "expires_in": 99999999}', "t", 86400),
        (b'{"token": "t", "expires_in": -5}', "t", 0),
    ],
)
def test_a_token_is_read(content: bytes, token: str, lifetime_s: float) -> None:
    assert parse_token(content, REALM) == (token, lifetime_s)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"token": 1}',
        b'{"token": "a\\r\\nX: y"}',
        b'{"token": "a b"}',
        b'{"token": "\\u00e9"}',
        b'{"token": "t", "expires_in": "300"}',
        b'{"token": "t", "token": "u"}',
    ],
)
def test_what_is_no_token_is_an_error(content: bytes) -> None:
    with pytest.raises((MalformedContent, RegistryError)):
        parse_token(content, REALM)


def test_net_13_a_request_for_a_token_does_not_show_its_secrets() -> None:
    for credential in (UserPassword("me", "canary"), IdentityToken("canary")):
        assert "canary" not in repr(token_request(REALM, "app", credential))


@pytest.fixture
def engine() -> Iterator[TokenEngine]:
    yield TokenEngine(Dialer(lambda *_: ["93.184.216.34"], None), lambda: None)


def send(engine: TokenEngine) -> Response:
    route = Route(Origin("https", "auth.test", 443), internal=False)
    return engine.send(route, "/token?a=b", headers={}, form=None, deadline=Deadline.after(5))


@responses.activate
def test_a_token_service_is_asked_without_cookies_or_encodings(engine: TokenEngine) -> None:
    responses.get("https://auth.test/token", body="one", headers={"Set-Cookie": "a=b"})
    responses.get("https://auth.test/token", body="two")

    assert send(engine).content == b"one"
    assert send(engine).content == b"two"
    headers = responses.calls[1].request.headers
    assert headers["Accept-Encoding"] == "identity"
    assert not {"Cookie", "Authorization"} & set(headers)


@responses.activate
def test_net_04_a_token_service_that_redirects_is_not_followed(engine: TokenEngine) -> None:
    responses.get("https://auth.test/token", status=302, headers={"Location": "http://127.0.0.3/"})

    assert send(engine).status == 302
    assert len(responses.calls) == 1


@responses.activate
def test_dos_06_a_token_has_a_small_body(engine: TokenEngine) -> None:
    responses.get("https://auth.test/token", body="x" * 70_000)

    with pytest.raises(LimitExceeded):
        send(engine)


@responses.activate
def test_dos_05_an_encoded_token_is_refused(engine: TokenEngine) -> None:
    responses.get("https://auth.test/token", body="x", headers={"Content-Encoding": "br"})

    with pytest.raises(RegistryError, match="content encoding"):
        send(engine)


@responses.activate
def test_what_fails_below_requests_is_unreachable(engine: TokenEngine) -> None:
    with pytest.raises(RegistryUnreachable):
        send(engine)


@pytest.mark.parametrize(
    ("status", "error"),
    [(302, AddressRefused), (401, RegistryDenied), (403, RegistryDenied), (404, RegistryDenied), (418, RegistryError)],
)
def test_a_token_service_that_refuses_has_its_error(status: int, error: type[RegistryError]) -> None:
    auth = TokenAuth()
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth)) as transport:
        auth.server.fault(Fault("token", status=status, headers={"Location": "http://127.0.0.3/"}))
        with pytest.raises(error) as caught:
            get(transport, registry.host)
        assert type(caught.value) is error
        assert len(auth.server.log) == 1


def test_a_token_service_that_cannot_serve_is_asked_three_times() -> None:
    auth = TokenAuth()
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth)) as transport:
        auth.server.fault(Fault("token", status=503))
        with pytest.raises(RegistryUnreachable):
            get(transport, registry.host)
        assert len(auth.server.log) == 3

        auth.server.forget_faults()
        auth.server.fault(Fault("token", times=1, status=429, headers={"Retry-After": "1"}))
        assert get(transport, registry.host).status == 200


def test_a_token_service_that_hangs_up_is_asked_three_times() -> None:
    auth = TokenAuth()
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth)) as transport:
        auth.server.fault(Fault("token", hang_up=True))
        with pytest.raises(RegistryUnreachable):
            get(transport, registry.host)
        assert len(auth.server.log) == 3


def test_net_12_a_limited_token_service_fails_at_once_beyond_the_deadline() -> None:
    auth = TokenAuth()
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth)) as transport:
        auth.server.fault(Fault("token", status=429, headers={"Retry-After": "9999"}))
        with pytest.raises(RateLimited):
            get(transport, registry.host)


def test_dos_07_a_token_that_drips_ends_at_the_deadline() -> None:
    auth = TokenAuth()
    with auth.server, server(auth) as registry, Transport(allowed(registry, auth)) as transport:
        auth.server.fault(Fault("token", drip_s=0.2))
        began = time.monotonic()
        with pytest.raises(RegistryUnreachable):
            transport.get(
                registry.host, "/v2/a/manifests/1", repository="a", limit_bytes=10, deadline=Deadline.after(1)
            )
        assert time.monotonic() - began < 4
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
