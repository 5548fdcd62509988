from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.loopback import Fault, LoopbackServer, Reply, Request
from tests.support.raw import RawServer, saying, tunnel
from tests.support.tls import Authority
from verifier.errors import (
    AddressRefused,
    LimitExceeded,
    RateLimited,
    RegistryDenied,
    RegistryError,
    RegistryUnreachable,
    UsageError,
)
from verifier.registry.transport import Deadline, HttpSettings, Response, Transport

PATH = "/v2/acme/app/manifests/1"


def get(transport: Transport, host: str, path: str = PATH, *, seconds: float = 10, **more: object) -> Response:
    values = {"repository": "acme/app", "limit_bytes": 1000, "deadline": Deadline.after(seconds), **more}
    return transport.get(host, path, **values)  # type: ignore[arg-type]


def echo(request: Request) -> Reply:
    return Reply(200, (("Content-Type", "Text/Plain; charset=x"),), request.path.encode())


def test_an_answer_is_given_as_it_came() -> None:
    with LoopbackServer(echo) as server, Transport(HttpSettings(user_agent="imgtrust/1")) as transport:
        response = get(transport, server.host, f"{PATH}?n=1", accept=("a/b", "c/d"))

        assert response.content == f"{PATH}?n=1".encode()
        assert response.media_type == "text/plain"
        headers = server.log[0].headers
        assert headers["accept"] == "a/b, c/d"
        assert headers["accept-encoding"] == "identity"
        assert headers["user-agent"] == "imgtrust/1"
        assert headers["host"] == server.host
        assert "authorization" not in headers
        assert transport.requests_sent == 1


def test_a_head_request_has_headers_alone() -> None:
    with LoopbackServer(echo) as server, Transport(HttpSettings()) as transport:
        response = get(transport, server.host, method="HEAD")
        again = get(transport, server.host)

    assert response.content == b""
    assert response.headers["content-length"] == str(len(PATH))
    assert again.content == PATH.encode()


def test_connections_are_kept() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    def talk(connection: object, stopping: threading.Event) -> None:
        connection.sendall(answer)  # type: ignore[attr-defined]
        while connection.recv(65536):  # type: ignore[attr-defined]
            connection.sendall(answer)  # type: ignore[attr-defined]

    with RawServer(talk) as server, Transport(HttpSettings()) as transport:
        for _ in range(5):
            assert get(transport, server.host).content == b"ok"

        assert server.accepted == 1


def test_a_kept_connection_that_was_closed_is_replaced_in_silence() -> None:
    server = RawServer(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    with server, Transport(HttpSettings()) as transport:
        for _ in range(5):
            assert get(transport, server.host).content == b"ok"

        assert server.accepted == 5


def test_connections_to_one_host_are_bounded() -> None:
    busy, most, lock = [0], [0], threading.Lock()

    def answer(request: Request) -> Reply:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.02)
        with lock:
            busy[0] -= 1
        return Reply(200)

    with LoopbackServer(answer) as server, Transport(HttpSettings(connections=3)) as transport:
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: get(transport, server.host), range(24)))

        assert [response.status for response in answers] == [200] * 24
        assert most[0] == 3
        assert transport.requests_sent == 24


def test_connections_can_be_opened_beforehand() -> None:
    with LoopbackServer(echo) as server, Transport(HttpSettings()) as transport:
        transport.prepare(server.host, 3, Deadline.after(5))
        assert get(transport, server.host).status == 200


@pytest.mark.parametrize("status", [400, 404, 405, 406, 416])
def test_what_a_registry_does_not_have_is_an_answer(status: int) -> None:
    with LoopbackServer(lambda _: Reply(status)) as server, Transport(HttpSettings()) as transport:
        assert get(transport, server.host).status == status


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 305])
def test_reg_10_a_status_that_was_not_asked_for_is_an_error(status: int) -> None:
    with (
        LoopbackServer(lambda _: Reply(status)) as server,
        Transport(HttpSettings()) as transport,
        pytest.raises(RegistryError) as caught,
    ):
        get(transport, server.host)
    assert type(caught.value) is RegistryError


@pytest.mark.parametrize("status", [401, 403])
def test_a_denial_says_that_the_repository_may_be_private(status: int) -> None:
    challenge = (("WWW-Authenticate", 'Basic realm="x"'),)
    with LoopbackServer(lambda _: Reply(status, challenge)) as server, Transport(HttpSettings()) as transport:
        with pytest.raises(RegistryDenied) as caught:
            get(transport, server.host)
        assert transport.requests_sent == 1

    assert caught.value.hint is not None
    assert "docker login" in caught.value.hint


@pytest.mark.parametrize("path", ["/v2/a b", "/v2/a\r\nX: y", "/v3/", "v2/", "/v2/\x00", "http://a.test/v2/", "/v2/é"])
def test_reg_16_a_path_that_is_no_path_is_never_sent(path: str) -> None:
    with LoopbackServer(echo) as server, Transport(HttpSettings()) as transport:
        with pytest.raises(AddressRefused):
            get(transport, server.host, path)
        assert server.log == ()


def test_a_registry_that_does_not_listen_is_unreachable() -> None:
    with LoopbackServer(echo) as server:
        host = server.host
    with Transport(HttpSettings()) as transport, pytest.raises(RegistryUnreachable, match="does not accept"):
        get(transport, host)


def test_a_connection_that_ends_before_an_answer_is_tried_again() -> None:
    with LoopbackServer(echo) as server, Transport(HttpSettings()) as transport:
        server.fault(Fault("manifests", times=2, hang_up=True))
        assert get(transport, server.host).status == 200
        assert transport.requests_sent == 3


def test_a_connection_that_always_ends_is_tried_three_times() -> None:
    with LoopbackServer(echo) as server, Transport(HttpSettings()) as transport:
        server.fault(Fault("manifests", hang_up=True))
        with pytest.raises(RegistryUnreachable):
            get(transport, server.host)
        assert transport.requests_sent == 3


def test_an_answer_that_ends_early_is_not_tried_again() -> None:
    with RawServer(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")) as server:
        with Transport(HttpSettings()) as transport, pytest.raises(RegistryUnreachable, match="5 of 9"):
            get(transport, server.host)
        assert server.accepted == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_registry_that_cannot_serve_is_asked_three_times(status: int) -> None:
    with LoopbackServer(echo) as server, Transport(HttpSettings()) as transport:
        server.fault(Fault("manifests", times=2, status=status))
        assert get(transport, server.host).status == 200
        assert transport.requests_sent == 3

        server.fault(Fault("manifests", status=status))
        with pytest.raises(RegistryUnreachable, match=str(status)):
            get(transport, server.host)
        assert transport.requests_sent == 6


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_denial_is_never_tried_again(status: int) -> None:
    with LoopbackServer(lambda _: Reply(status)) as server, Transport(HttpSettings()) as transport:
        with suppress(RegistryDenied):
            get(transport, server.host)
        assert len(server.log) == 1


def test_a_rate_limit_is_waited_for_as_long_as_it_says() -> None:
    with LoopbackServer(echo) as server, Transport(HttpSettings()) as transport:
        server.fault(Fault("manifests", times=1, status=429, headers={"Retry-After": "1"}))
        began = time.monotonic()
        assert get(transport, server.host).status == 200
        assert 1 <= time.monotonic() - began < 3


def test_a_rate_limit_without_a_time_is_waited_for_too() -> None:
    with LoopbackServer(echo) as server, Transport(HttpSettings()) as transport:
        server.fault(Fault("manifests", times=1, status=429))
        assert get(transport, server.host).status == 200


def test_a_rate_limit_holds_back_every_request_to_its_registry() -> None:
    began = time.monotonic()
    limited = [0]
    lock = threading.Lock()

    def answer(request: Request) -> Reply:
        with lock:
            if time.monotonic() - began < 1:
                limited[0] += 1
                return Reply(429, (("Retry-After", "1"),))
        return Reply(200)

    with LoopbackServer(answer) as server, Transport(HttpSettings(connections=4)) as transport:
        with pytest.raises(RateLimited):
            get(transport, server.host, seconds=0.5)
        sent = transport.requests_sent
        began = time.monotonic() - 0.8
        limited[0] = 0
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: get(transport, server.host), range(20)))

    assert [response.status for response in answers] == [200] * 20
    assert limited[0] <= 8
    assert sent == 1


@pytest.mark.parametrize("said", ["999999", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_net_12_a_rate_limit_beyond_the_deadline_fails_at_once(said: str) -> None:
    with LoopbackServer(lambda _: Reply(429, (("Retry-After", said),))) as server, Transport(HttpSettings()) as one:
        began = time.monotonic()
        with pytest.raises(RateLimited, match="429"):
            get(one, server.host, seconds=5)
        with pytest.raises(RateLimited):
            get(one, server.host, seconds=5)
        assert time.monotonic() - began < 2
        assert one.requests_sent == 1


def test_net_12_a_rate_limit_that_never_ends_is_not_waited_for_for_ever() -> None:
    with LoopbackServer(lambda _: Reply(429, (("Retry-After", "0"),))) as server, Transport(HttpSettings()) as one:
        with pytest.raises(RateLimited):
            get(one, server.host, seconds=1)
        assert one.requests_sent < 10


def test_a_closed_transport_waits_for_nothing() -> None:
    with LoopbackServer(lambda _: Reply(429, (("Retry-After", "20"),))) as server:
        transport = Transport(HttpSettings())
        threading.Timer(0.3, transport.close).start()
        began = time.monotonic()
        with pytest.raises(RateLimited):
            get(transport, server.host, seconds=60)
        assert time.monotonic() - began < 5
        with pytest.raises(RegistryUnreachable, match="ended"):
            get(transport, "127.0.0.1:1")


def test_a_request_on_its_way_ends_when_the_transport_closes() -> None:
    def stall(_: object, stopping: threading.Event) -> None:
        stopping.wait(30)

    with RawServer(stall) as server:
        transport = Transport(HttpSettings())
        threading.Timer(0.3, transport.close).start()
        began = time.monotonic()
        with pytest.raises(RegistryUnreachable):
            get(transport, server.host, seconds=20)
        assert time.monotonic() - began < 5


def test_tls_is_verified_against_a_named_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = authority.issue("127.0.0.1").server_context()

    with LoopbackServer(echo, tls=tls) as server, Transport(HttpSettings(ca_files=(authority.file,))) as transport:
        assert get(transport, server.host).status == 200
        assert get(transport, server.host).status == 200


def test_a_folder_of_certs_d_makes_a_loopback_registry_speak_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "made")
    tls = authority.issue("127.0.0.1").server_context(clients_of=authority.file)
    client = authority.issue("client")

    with LoopbackServer(echo, tls=tls) as server:
        folder = tmp_path / "certs.d" / server.host
        folder.mkdir(parents=True)
        for path in (authority.file, client.certificate, client.key):
            (folder / path.name).write_bytes(path.read_bytes())
        with Transport(HttpSettings(certs_dirs=(tmp_path / "certs.d",))) as transport:
            assert get(transport, server.host).status == 200
        with Transport(HttpSettings(ca_files=(authority.file,))) as transport, pytest.raises(RegistryUnreachable):
            get(transport, server.host)


def test_a_proxy_carries_requests_where_one_was_named() -> None:
    with LoopbackServer(echo) as proxy:
        settings = HttpSettings(
            proxy=f"http://me:canary@{proxy.host}", insecure_registries=frozenset({"registry.test"})
        )
        assert "canary" not in repr(settings)
        with Transport(settings) as transport:
            response = get(transport, "registry.test")
        request = proxy.log[0]

    assert response.content == f"http://registry.test{PATH}".encode()
    assert request.headers["host"] == "registry.test"
    assert request.headers["proxy-authorization"] == "Basic bWU6Y2FuYXJ5"


def test_tls_goes_through_a_tunnel_of_the_proxy_for_tokens_too(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = authority.issue("registry.test").server_context()

    def answer(request: Request) -> Reply:
        if request.route == "/token":
            return Reply(200, (), b'{"token": "t"}')
        if request.headers.get("authorization") == "Bearer t":
            return Reply(200, (), b"tunnelled")
        return Reply(401, (("WWW-Authenticate", f'Bearer realm="https://{request.headers["host"]}/token"'),))

    with LoopbackServer(answer, tls=tls) as server:
        port = int(server.host.partition(":")[2])
        with RawServer(tunnel(port)) as proxy:
            settings = HttpSettings(proxy=f"http://{proxy.host}", ca_files=(authority.file,))
            with Transport(settings) as transport:
                assert get(transport, f"registry.test:{port}").content == b"tunnelled"
            assert proxy.accepted == 2


def test_a_proxy_that_refuses_a_tunnel_is_said_to(tmp_path: Path) -> None:
    with (
        RawServer(saying(b"HTTP/1.1 403 Forbidden\r\n\r\n")) as proxy,
        Transport(HttpSettings(proxy=f"http://{proxy.host}")) as transport,
        pytest.raises(RegistryUnreachable, match=r"403 for `registry\.test:443`"),
    ):
        get(transport, "registry.test")


def test_the_environments_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(echo) as proxy, LoopbackServer(echo) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with Transport(HttpSettings()) as transport:
            get(transport, server.host)
        assert proxy.log == ()


@pytest.mark.parametrize("url", ["socks5://a.test:1", "a.test:80", "http://a.test/path", "https://a.test"])
def test_a_proxy_that_is_none_is_a_usage_error(url: str) -> None:
    with pytest.raises((UsageError, AddressRefused)):
        Transport(HttpSettings(proxy=url))


def test_one_debug_line_is_logged_for_each_request(caplog: pytest.LogCaptureFixture) -> None:
    with LoopbackServer(echo) as server, Transport(HttpSettings()) as transport:
        with caplog.at_level(logging.DEBUG, "imgtrust.http"):
            get(transport, server.host, f"{PATH}?secret=canary")

        assert len(caplog.records) == 1
        assert f"GET {server.host} {PATH} 200" in caplog.text
        assert "canary" not in caplog.text


def test_a_body_may_be_as_long_as_the_limit_and_not_a_byte_longer() -> None:
    with LoopbackServer(lambda _: Reply(200, (), b"x" * 1000)) as server, Transport(HttpSettings()) as transport:
        assert len(get(transport, server.host, limit_bytes=1000).content) == 1000
        with pytest.raises(LimitExceeded):
            get(transport, server.host, limit_bytes=999)
