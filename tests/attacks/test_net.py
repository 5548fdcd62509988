"""Registries that send their clients, and what the clients know, to where they must not go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import responses

from tests.support.loopback import LoopbackServer, Reply, Request
from tests.support.registry_auth import BasicAuth, TokenAuth
from tests.support.tls import Authority
from verifier.errors import AddressRefused, RegistryDenied, RegistryUnreachable
from verifier.registry.credentials import Credential, IdentityToken, UserPassword
from verifier.registry.transport import BLOB_REDIRECTS, Deadline, HttpSettings, Response, Transport

SECRET = "canary-4711"
ME = UserPassword("me", SECRET)


class Kept:
    """One credential, for whoever is asked."""

    def __init__(self, credential: Credential = ME) -> None:
        self._credential = credential

    def find(self, registry: str, path: str) -> Credential | None:
        return self._credential


class Sink(LoopbackServer):
    """A host that must not learn anything."""

    def __init__(self, answer: Callable[[Request], Reply] = lambda _: Reply(200, (), b"sink")) -> None:
        super().__init__(answer, address="127.0.0.3")

    @property
    def secrets(self) -> list[str]:
        """Every header of a request that could carry one."""
        names = ("authorization", "cookie", "proxy-authorization")
        return [request.headers[name] for request in self.log for name in names if name in request.headers]


def blob(transport: Transport, host: str, *, redirects: int = BLOB_REDIRECTS, name: str = "a") -> Response:
    return transport.get(
        host,
        f"/v2/app/blobs/{name}",
        repository="app",
        limit_bytes=1000,
        deadline=Deadline.after(5),
        redirects=redirects,
    )


def resolver(table: Mapping[str, list[str]]) -> Callable[[str, int], list[str]]:
    return lambda host, _: table.get(host, [host])


def redirecting(location: str, status: int = 307) -> Callable[[Request], Reply]:
    return lambda _: Reply(status, (("Location", location),))


def challenging(realm: str) -> Callable[[Request], Reply]:
    return lambda _: Reply(401, (("WWW-Authenticate", f'Bearer realm="{realm}",service="s"'),))


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.mark.parametrize("credential", [ME, IdentityToken(SECRET)])
def test_net_01_a_realm_elsewhere_gets_no_credentials(credential: Credential) -> None:
    # Another public host may be asked for an anonymous token; here a name stands for one, so that it is refused
    # by its address, and the sink proves that nothing left before.
    with Sink() as sink, LoopbackServer(challenging(f"{sink.url}/token")) as registry:
        with Transport(HttpSettings(), Kept(credential)) as transport, pytest.raises(AddressRefused):
            blob(transport, registry.host)
        assert sink.log == ()


@pytest.mark.parametrize("credential", [ME, IdentityToken(SECRET)])
@responses.activate
def test_net_01_another_public_realm_is_asked_without_credentials(credential: Credential) -> None:
    responses.get("https://evil.test/t", json={"token": "anonymous"})
    responses.get("https://evil.test/t", status=401)

    def answer(request: Request) -> Reply:
        served = request.headers.get("authorization") == "Bearer anonymous" and request.route.endswith("/a")
        return Reply(200) if served else challenging("https://evil.test/t")(request)

    with LoopbackServer(answer) as registry, Transport(HttpSettings(), Kept(credential)) as transport:
        assert blob(transport, registry.host).status == 200
        with pytest.raises(RegistryDenied) as caught:
            transport.get(registry.host, "/v2/b/blobs/b", repository="b", limit_bytes=9, deadline=Deadline.after(5))

    assert f"--token-realm {registry.host}=evil.test" in str(caught.value.hint)
    for call in responses.calls:
        assert "Authorization" not in call.request.headers
        assert call.request.method == "GET"
        assert SECRET not in str(call.request.url)


def test_twin_net_01_the_realm_that_was_named_for_the_registry_gets_them() -> None:
    auth = TokenAuth({"me": SECRET})

    def answer(request: Request) -> Reply:
        return auth.refusal(request, "app") or Reply(200)

    with auth.server, LoopbackServer(answer) as registry:
        settings = HttpSettings(token_realms={registry.host: auth.server.host})
        with Transport(settings, Kept()) as transport:
            assert blob(transport, registry.host).status == 200


@pytest.mark.parametrize(
    "realm",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/",
        "https://[::ffff:169.254.169.254]/",
        "http://[::]:80/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://[fd00:ec2::254]/",
        "https://internal.test/",
        "https://metadata.test/",
        "https://2130706433/",
        "https://127.1/",
    ],
)
def test_net_02_a_realm_inside_is_refused(realm: str) -> None:
    table = {"internal.test": ["10.0.0.1"], "metadata.test": ["93.184.216.34", "169.254.169.254"]}
    with LoopbackServer(challenging(realm)) as registry:
        with Transport(HttpSettings(), Kept(), resolver=resolver(table)) as transport, pytest.raises(AddressRefused):
            blob(transport, registry.host)
        assert len(registry.log) == 1


def test_twin_net_02_the_registrys_own_origin_may_be_its_token_service() -> None:
    def answer(request: Request) -> Reply:
        if request.route == "/token":
            return Reply(200, (), b'{"token": "t"}')
        if request.headers.get("authorization") == "Bearer t":
            return Reply(200)
        return challenging(f"http://{request.headers['host']}/token")(request)

    with LoopbackServer(answer) as registry, Transport(HttpSettings(), Kept()) as transport:
        assert blob(transport, registry.host).status == 200


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:{port}/x", "file:///etc/passwd", "gopher://a.test/", "ftp://a/"]
)
def test_net_03_a_redirect_away_from_tls_is_refused(tmp_path: Path, location: str, sink: Sink) -> None:
    authority = Authority(tmp_path)
    tls = authority.issue("127.0.0.1").server_context()
    target = location.replace("127.0.0.1:{port}", sink.host)
    with LoopbackServer(redirecting(target), tls=tls) as registry:
        settings = HttpSettings(ca_files=(authority.file,), internal_hosts=frozenset({sink.host}))
        with Transport(settings, Kept()) as transport, pytest.raises(AddressRefused):
            blob(transport, registry.host)
    assert sink.log == ()


def test_net_04_a_token_service_that_redirects_is_not_followed(sink: Sink) -> None:
    auth = TokenAuth({"me": SECRET})
    with auth.server, LoopbackServer(lambda request: auth.refusal(request, "app") or Reply(200)) as registry:
        auth.server.answer = redirecting(f"{sink.url}/token")
        settings = HttpSettings(token_realms={registry.host: auth.server.host}, internal_hosts=frozenset({sink.host}))
        with Transport(settings, Kept()) as transport, pytest.raises(AddressRefused):
            blob(transport, registry.host)
    assert sink.log == ()


def authenticated(reply: Callable[[Request], Reply]) -> Callable[[Request], Reply]:
    basic = BasicAuth("me", SECRET)
    return lambda request: basic.refusal(request, "app") or reply(request)


def test_net_05_authorization_ends_at_the_origin(sink: Sink) -> None:
    with LoopbackServer(authenticated(redirecting(f"{sink.url}/data?signature=x"))) as registry:
        settings = HttpSettings(internal_hosts=frozenset({sink.host}))
        with Transport(settings, Kept()) as transport:
            assert blob(transport, registry.host).content == b"sink"
            assert blob(transport, registry.host).content == b"sink"

    assert [request.path for request in sink.log] == ["/data?signature=x"] * 2
    assert sink.secrets == []


def test_net_05_another_port_of_the_same_host_is_another_origin() -> None:
    with LoopbackServer(lambda _: Reply(200, (), b"other")) as other:
        with LoopbackServer(authenticated(redirecting(f"{other.url}/data"))) as registry:
            settings = HttpSettings(internal_hosts=frozenset({other.host}))
            with Transport(settings, Kept()) as transport:
                assert blob(transport, registry.host).content == b"other"
        assert "authorization" not in other.log[0].headers


@pytest.mark.parametrize("scheme", ['Basic realm="x"', 'Bearer realm="{url}/token"'])
def test_net_05_a_challenge_behind_a_redirect_is_never_answered(scheme: str) -> None:
    def challenge(request: Request) -> Reply:
        return Reply(401, (("WWW-Authenticate", scheme.format(url=f"http://{request.headers['host']}")),))

    with Sink(challenge) as sink, LoopbackServer(authenticated(redirecting(f"{sink.url}/data"))) as registry:
        settings = HttpSettings(internal_hosts=frozenset({sink.host}), token_realms={registry.host: sink.host})
        with Transport(settings, Kept()) as transport, pytest.raises(RegistryDenied):
            blob(transport, registry.host)
        assert len(sink.log) >= 1
        assert sink.secrets == []
        assert not [request for request in sink.log if request.route == "/token"]


@pytest.mark.parametrize("scheme", ['Basic realm="x"', 'Bearer realm="{url}/token"'])
def test_net_05_the_first_challenge_behind_a_redirect_is_not_the_registrys(scheme: str) -> None:
    def challenge(request: Request) -> Reply:
        return Reply(401, (("WWW-Authenticate", scheme.format(url=f"http://{request.headers['host']}")),))

    with Sink(challenge) as sink, LoopbackServer(redirecting(f"{sink.url}/data")) as registry:
        settings = HttpSettings(internal_hosts=frozenset({sink.host}), token_realms={registry.host: sink.host})
        with Transport(settings, Kept()) as transport, pytest.raises(RegistryDenied):
            blob(transport, registry.host)
        assert sink.lines == ["GET /data"]
        assert not [request for request in registry.log if "authorization" in request.headers]


def test_net_05_authorization_is_not_added_again_on_the_way_back(sink: Sink) -> None:
    def answer(request: Request) -> Reply:
        if request.route == "/back":
            return Reply(200, (), b"back")
        return authenticated(redirecting(f"{sink.url}/there"))(request)

    with LoopbackServer(answer) as registry:
        sink.answer = redirecting(f"{registry.url}/back")
        settings = HttpSettings(internal_hosts=frozenset({sink.host}))
        with Transport(settings, Kept()) as transport:
            assert blob(transport, registry.host).content == b"back"
        assert "authorization" not in registry.log[-1].headers


def test_net_05_authorization_is_not_added_again_within_the_other_host(sink: Sink) -> None:
    sink.answer = lambda request: Reply(200) if request.route == "/y" else redirecting("/y")(request)
    with LoopbackServer(authenticated(redirecting(f"{sink.url}/x"))) as registry:
        settings = HttpSettings(internal_hosts=frozenset({sink.host}))
        with Transport(settings, Kept()) as transport:
            assert blob(transport, registry.host).status == 200

    assert sink.lines == ["GET /x", "GET /y"]
    assert sink.secrets == []


def test_twin_net_05_a_redirect_within_the_origin_keeps_it() -> None:
    def answer(request: Request) -> Reply:
        return Reply(200, (), b"here") if request.route == "/x" else redirecting("/x")(request)

    with LoopbackServer(authenticated(answer)) as registry, Transport(HttpSettings(), Kept()) as transport:
        assert blob(transport, registry.host, redirects=0).content == b"here"
        assert "authorization" in registry.log[-1].headers


@pytest.mark.parametrize(
    "location",
    ["http://10.0.0.1/x", "//10.0.0.1/x", "https://inside.test/x", "http://169.254.169.254/x", "{sink}/x"],
)
def test_net_06_a_redirect_inside_is_refused(location: str, sink: Sink) -> None:
    inside = resolver({"inside.test": ["192.168.0.1"]})
    with (
        LoopbackServer(redirecting(location.format(sink=sink.url))) as registry,
        Transport(HttpSettings(), resolver=inside) as transport,
        pytest.raises(AddressRefused),
    ):
        blob(transport, registry.host)
    assert sink.log == ()


def test_net_06_a_manifest_is_not_redirected_to_another_host(sink: Sink) -> None:
    with LoopbackServer(redirecting(f"{sink.url}/x")) as registry:
        settings = HttpSettings(internal_hosts=frozenset({sink.host}))
        with Transport(settings) as transport:
            with pytest.raises(AddressRefused, match="another host"):
                blob(transport, registry.host, redirects=0)
            assert sink.log == ()
            assert blob(transport, registry.host).content == b"sink"


def test_net_06_a_host_that_was_named_as_a_registry_is_not_thereby_open_to_others() -> None:
    # The pool has a connection to the second registry already: a redirect must not find it.
    with LoopbackServer(lambda _: Reply(200, (), b"own")) as second:
        leading = LoopbackServer(redirecting(f"{second.url}/v2/app/blobs/a"))
        with leading as first, Transport(HttpSettings()) as transport:
            assert blob(transport, second.host).content == b"own"
            with pytest.raises(AddressRefused):
                blob(transport, first.host)
        assert len(second.log) == 1


def test_net_07_a_connection_goes_to_the_address_that_was_classified() -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with LoopbackServer(lambda request: Reply(200, (), request.headers["host"].encode())) as registry:
        name = f"registry.test:{registry.host.partition(':')[2]}"
        settings = HttpSettings(insecure_registries=frozenset({name}))
        with Transport(settings, resolver=rebinding) as transport:
            assert blob(transport, name).content == name.encode()
            assert blob(transport, name).content == name.encode()

    assert asked == ["registry.test"]


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1:1:1:1:80ff:fffe", "fe80::1%lo"],
)
def test_net_07_a_name_for_an_address_inside_is_refused(address: str) -> None:
    table = {"cdn.test": ["93.184.216.34", address]}
    with (
        LoopbackServer(redirecting("https://cdn.test/x")) as registry,
        Transport(HttpSettings(), resolver=resolver(table)) as transport,
        pytest.raises(AddressRefused),
    ):
        blob(transport, registry.host)


def test_net_07_the_name_stays_what_the_certificate_is_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    settings = HttpSettings(ca_files=(authority.file,))
    found = resolver({"registry.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
    tls = authority.issue("registry.test").server_context()
    with LoopbackServer(lambda request: Reply(200, (), request.headers["host"].encode()), tls=tls) as registry:
        port = registry.host.partition(":")[2]
        with Transport(settings, resolver=found) as transport:
            assert blob(transport, f"registry.test:{port}").content == f"registry.test:{port}".encode()
            with pytest.raises(RegistryUnreachable, match="TLS"):
                blob(transport, f"other.test:{port}")


def test_net_08_nothing_is_taken_from_netrc_or_kept_as_cookies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text(f"default login me password {SECRET}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    cookie = ("Set-Cookie", "session=canary; Path=/")

    def answer(request: Request) -> Reply:
        if request.route == "/token":
            return Reply(200, (cookie,), b'{"token": "t", "expires_in": 1}')
        if request.headers.get("authorization") == "Bearer t":
            return Reply(200, (cookie,))
        return challenging(f"http://{request.headers['host']}/token")(request)

    with LoopbackServer(answer) as registry, Transport(HttpSettings()) as transport:
        for name in ("a", "b", "c"):
            assert blob(transport, registry.host, name=name).status == 200
        assert not [request for request in registry.log if "cookie" in request.headers]
        assert {request.headers.get("authorization") for request in registry.log} == {None, "Bearer t"}


@pytest.mark.parametrize(
    ("hosts", "expired"), [(("127.0.0.9",), False), (("127.0.0.1",), True)], ids=["another name", "expired"]
)
def test_net_10_a_certificate_that_does_not_hold_is_refused(
    tmp_path: Path, hosts: tuple[str, ...], expired: bool
) -> None:
    authority = Authority(tmp_path)
    tls = authority.issue(*hosts, expired=expired).server_context()
    with LoopbackServer(lambda _: Reply(200), tls=tls) as registry:
        settings = HttpSettings(ca_files=(authority.file,))
        with Transport(settings, Kept()) as transport, pytest.raises(RegistryUnreachable, match="TLS"):
            blob(transport, registry.host)
        assert registry.log == ()


def test_net_10_an_unknown_authority_is_refused_also_after_an_insecure_registry(tmp_path: Path) -> None:
    known, unknown = Authority(tmp_path / "known"), Authority(tmp_path / "unknown")
    tls = unknown.issue("127.0.0.1").server_context()
    with LoopbackServer(lambda _: Reply(200)) as plain, LoopbackServer(lambda _: Reply(200), tls=tls) as secure:
        settings = HttpSettings(ca_files=(known.file,), insecure_registries=frozenset({plain.host}))
        with Transport(settings) as transport:
            assert blob(transport, plain.host).status == 200
            with pytest.raises(RegistryUnreachable, match="TLS"):
                blob(transport, secure.host)
        assert secure.log == ()


@pytest.mark.parametrize("fault", ["another name", "another authority", "none"])
def test_net_10_a_token_service_is_verified_as_registries_are(tmp_path: Path, fault: str) -> None:
    known, unknown = Authority(tmp_path / "known"), Authority(tmp_path / "unknown")
    signer = unknown if fault == "another authority" else known
    tls = signer.issue("127.0.0.9" if fault == "another name" else "127.0.0.2").server_context()
    auth = TokenAuth({"me": SECRET}, tls=tls)
    with auth.server, LoopbackServer(lambda request: auth.refusal(request, "app") or Reply(200)) as registry:
        settings = HttpSettings(
            ca_files=(known.file,),
            insecure_registries=frozenset({registry.host}),
            token_realms={registry.host: auth.server.host},
        )
        with Transport(settings, Kept()) as transport:
            if fault == "none":
                assert blob(transport, registry.host).status == 200
            else:
                with pytest.raises(RegistryUnreachable):
                    blob(transport, registry.host)
                assert auth.server.log == ()


def test_net_11_redirects_end() -> None:
    with LoopbackServer(lambda request: redirecting(request.path + "x")(request)) as registry:
        with Transport(HttpSettings()) as transport, pytest.raises(AddressRefused, match="more than"):
            blob(transport, registry.host)
        assert len(registry.log) == 6


def test_net_11_redirects_between_hosts_end(sink: Sink) -> None:
    with LoopbackServer(redirecting(f"{sink.url}/x")) as registry:
        sink.answer = redirecting(f"{registry.url}/x")
        settings = HttpSettings(internal_hosts=frozenset({sink.host}))
        with Transport(settings) as transport, pytest.raises(AddressRefused, match="more than"):
            blob(transport, registry.host)
        assert len(registry.log) + len(sink.log) == 6


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_net_13_no_error_shows_a_secret(status: int, sink: Sink) -> None:
    body = f'{{"token": "{SECRET}"}}'.encode()
    sink.answer = lambda _: Reply(status, (("WWW-Authenticate", f'Basic realm="{SECRET}"'),), body)
    with LoopbackServer(authenticated(redirecting(f"{sink.url}/x?X-Amz-Signature={SECRET}"))) as registry:
        settings = HttpSettings(internal_hosts=frozenset({sink.host}))
        with Transport(settings, Kept()) as transport:
            try:
                blob(transport, registry.host)
            except Exception as error:
                shown = f"{error!r} {getattr(error, 'hint', '')} {error.__cause__!r}"
                assert SECRET not in shown


@pytest.mark.parametrize("location", [f"http://me:{SECRET}@a.test/", f"http://10.0.0.1/?sig={SECRET}"])
def test_net_13_a_refused_redirect_does_not_show_its_secrets(location: str) -> None:
    with (
        LoopbackServer(redirecting(location)) as registry,
        Transport(HttpSettings()) as transport,
        pytest.raises(AddressRefused) as caught,
    ):
        blob(transport, registry.host)

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "registry", ["169.254.169.254", "169.254.169.254:80", "[fe80::1]", "0.0.0.0:5000", "[::]:80", "metadata.test"]
)
def test_net_18_an_image_cannot_name_an_address_that_no_registry_has(registry: str) -> None:
    settings = HttpSettings(insecure_registries=frozenset({registry}))
    with Transport(settings, Kept(), resolver=resolver({"metadata.test": ["169.254.169.254"]})) as transport:
        with pytest.raises(AddressRefused):
            blob(transport, registry)
        assert transport.requests_sent == 0


def test_net_18_where_others_name_registries_private_ones_are_those_that_were_listed() -> None:
    with LoopbackServer(lambda _: Reply(200)) as listed, LoopbackServer(lambda _: Reply(200)) as other:
        with Transport(HttpSettings(private_registries=frozenset({listed.host}))) as transport:
            assert blob(transport, listed.host).status == 200
            with pytest.raises(AddressRefused):
                blob(transport, other.host)
        assert other.log == ()
