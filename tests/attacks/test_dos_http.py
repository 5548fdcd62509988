"""What a registry can send to exhaust whoever reads it."""

from __future__ import annotations

import gzip
import threading
import time
from pathlib import Path

import pytest

from tests.support.loopback import Fault, LoopbackServer, Reply
from tests.support.raw import RawServer, Talk, dripping, saying
from trust.errors import ImgtrustError
from verifier.errors import LimitExceeded, RegistryError, RegistryUnreachable
from verifier.registry.transport import Deadline, HttpSettings, Response, Transport

OK = b"HTTP/1.1 200 OK\r\n"


def ask(talk: Talk, *, seconds: float = 5, limit_bytes: int = 1000, read_request: bool = True) -> Response:
    with RawServer(talk, read_request=read_request) as server, Transport(HttpSettings()) as transport:
        return transport.get(
            server.host,
            "/v2/app/manifests/1",
            repository="app",
            limit_bytes=limit_bytes,
            deadline=Deadline.after(seconds),
        )


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (OK + b"Content-Length: 5\r\n\r\nhello", b"hello"),
        (OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n003\r\nllo\r\n0\r\nTrailer: x\r\n\r\n", b"hello"),
        (OK + b"\r\nhello", b"hello"),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello"),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n",
            b"",
        ),
        (OK + b"X-Empty:\r\nContent-Length:\t1 \r\n\r\nx", b"x"),
    ],
)
def test_twin_every_way_to_frame_an_answer_is_read(answer: bytes, content: bytes) -> None:
    assert ask(saying(answer)).content == content


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OK + b"Content-Length: 500\r\n\r\n" + b"x" * 300, id="short"),
        pytest.param(OK + b"Content-Length: 3\r\n\r\n" + b"x" * 500, id="over-long"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", id="cut within a chunk"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", id="cut before the last chunk"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n", id="a chunk beyond its length"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n", id="a negative chunk"),
        pytest.param(OK + b"Content-Le", id="cut within the headers"),
    ],
)
def test_reg_11_a_truncated_or_over_long_answer_is_an_error(answer: bytes) -> None:
    with pytest.raises(RegistryError):
        ask(saying(answer))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OK + b"Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello", id="two lengths"),
        pytest.param(OK + b"Content-Length: 5, 5\r\n\r\nhello", id="a list of lengths"),
        pytest.param(OK + b"Content-Length: +5\r\n\r\nhello", id="a sign"),
        pytest.param(OK + b"Content-Length: 0x5\r\n\r\nhello", id="another base"),
        pytest.param(OK + b"Content-Length: -5\r\n\r\nhello", id="negative"),
        pytest.param(OK + "Content-Length: \u0665\r\n\r\nhello".encode(), id="other digits"),
        pytest.param(OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="length and chunks"),
        pytest.param(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="another transfer encoding"),
        pytest.param(OK + b"Transfer-Encoding: identity\r\n\r\nhello", id="an old transfer encoding"),
        pytest.param(OK + b"Content-Length : 5\r\n\r\nhello", id="a space before the colon"),
        pytest.param(OK + b"X: a\r\n folded\r\nContent-Length: 5\r\n\r\nhello", id="a folded header"),
        pytest.param(OK + b"X: a\x00b\r\nContent-Length: 5\r\n\r\nhello", id="a NUL"),
        pytest.param(OK + b"X: a\nContent-Length: 5\r\n\r\nhello", id="a bare line feed"),
        pytest.param(OK + b"Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n\r\n", id="two types"),
        pytest.param(b"HTTP/2 200 OK\r\n\r\n", id="another version"),
        pytest.param(b"<html>\r\n\r\n", id="no HTTP"),
        pytest.param(b"HTTP/1.1 99 OK\r\n\r\n", id="no status"),
        pytest.param(b"HTTP/1.1 101 Switching\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 50, id="interim answers without end"),
    ],
)
def test_reg_11_an_answer_that_two_readers_could_frame_differently_is_refused(answer: bytes) -> None:
    with pytest.raises(RegistryError):
        ask(saying(answer))


def test_reg_11_an_answer_that_nobody_asked_for_is_never_read() -> None:
    def talk(connection: object, stopping: threading.Event) -> None:
        connection.sendall(OK + b"Content-Length: 3\r\n\r\none")  # type: ignore[attr-defined]
        stopping.wait(0.1)
        connection.sendall(OK + b"Content-Length: 6\r\n\r\nforged")  # type: ignore[attr-defined]
        stopping.wait(10)

    with RawServer(talk) as server, Transport(HttpSettings()) as transport:

        def content() -> bytes:
            return transport.get(
                server.host, "/v2/app/x", repository="app", limit_bytes=100, deadline=Deadline.after(5)
            ).content

        assert content() == b"one"
        time.sleep(0.4)
        assert content() == b"one"
        assert server.accepted == 2


def test_dos_02_an_endless_body_without_a_length_ends_at_the_limit() -> None:
    def endless(connection: object, stopping: threading.Event) -> None:
        connection.sendall(OK + b"\r\n")  # type: ignore[attr-defined]
        while not stopping.is_set():
            connection.sendall(b"x" * 65536)  # type: ignore[attr-defined]

    with pytest.raises(LimitExceeded):
        ask(endless, limit_bytes=100_000)


def test_dos_02_endless_chunks_end_at_the_limit() -> None:
    with pytest.raises(LimitExceeded):
        ask(
            saying(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"64\r\n" + b"x" * 100 + b"\r\n1\r\ny\r\n"),
            limit_bytes=100,
        )


def test_dos_03_a_length_above_the_limit_is_refused_before_the_body_comes() -> None:
    began = time.monotonic()

    with pytest.raises(LimitExceeded):
        ask(dripping(OK + b"Content-Length: 10000000000\r\n\r\n", each_s=10))

    assert time.monotonic() - began < 2


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity", ", ".join(["gzip"] * 50)])
def test_dos_05_reg_12_an_encoded_answer_is_refused(encoding: str) -> None:
    bomb = gzip.compress(b"\0" * 1_000_000)
    head = OK + b"Content-Encoding: " + encoding.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(bomb)

    with pytest.raises(RegistryError, match="content encoding"):
        ask(saying(head + bomb), limit_bytes=10_000)


def test_twin_dos_05_the_identity_encoding_is_none() -> None:
    assert ask(saying(OK + b"Content-Encoding: identity\r\nContent-Length: 2\r\n\r\nok")).content == b"ok"


@pytest.mark.parametrize("status", [404, 500])
def test_dos_06_an_error_has_a_small_body(status: int) -> None:
    with LoopbackServer(lambda _: Reply(status)) as server, Transport(HttpSettings()) as transport:
        server.fault(Fault("", endless=True))
        with pytest.raises(LimitExceeded):
            transport.get(server.host, "/v2/app/x", repository="app", limit_bytes=10**9, deadline=Deadline.after(10))


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        pytest.param(b"", b"H", id="the status line"),
        pytest.param(OK + b"X: ", b"y", id="a header"),
        pytest.param(OK, b"X: y\r\n", id="headers without end"),
        pytest.param(OK + b"Content-Length: 500\r\n\r\n", b"x", id="the body"),
        pytest.param(OK + b"\r\n", b"x", id="a body without a length"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", id="chunks"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0", id="the length of a chunk"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n", id="trailers"),
    ],
)
def test_dos_07_an_answer_that_drips_ends_at_the_deadline(first: bytes, drop: bytes) -> None:
    began = time.monotonic()

    with pytest.raises(RegistryUnreachable, match="in time"):
        ask(dripping(first, each_s=0.05, drop=drop), seconds=0.6)

    assert 0.5 < time.monotonic() - began < 3


def test_dos_07_a_server_that_says_nothing_ends_at_the_deadline() -> None:
    began = time.monotonic()

    with pytest.raises(RegistryUnreachable):
        ask(lambda _, stopping: stopping.wait(20), seconds=0.5)  # type: ignore[arg-type, return-value]

    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(OK + b"X: y\r\n" * 200 + b"Content-Length: 0\r\n\r\n", id="many headers"),
        pytest.param(OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n", id="a long header"),
        pytest.param(OK + b"X: " + b"y" * 100_000, id="a long header without an end"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 100_000, id="a long length of a chunk"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 1000, id="many trailers"),
    ],
)
def test_dos_07_headers_without_end_hit_a_limit(head: bytes) -> None:
    with pytest.raises(LimitExceeded):
        ask(saying(head))


def test_dos_12_a_thousand_failures_leave_nothing_open() -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    answers = [
        OK + b"Content-Length: 500\r\n\r\nx",
        OK + b"Content-Encoding: gzip\r\n\r\n",
        b"nonsense\r\n\r\n",
        OK + b"Content-Length: 99999999\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n",
    ]
    at = [0]

    def talk(connection: object, stopping: threading.Event) -> None:
        at[0] += 1
        connection.sendall(answers[at[0] % len(answers)])  # type: ignore[attr-defined]

    with RawServer(talk) as server, Transport(HttpSettings()) as transport:
        before, threads = descriptors(), threading.active_count()
        for _ in range(250):
            with pytest.raises(ImgtrustError):
                transport.get(server.host, "/v2/app/x", repository="app", limit_bytes=1000, deadline=Deadline.after(5))
        deadline = time.monotonic() + 5
        while descriptors() > before + 10 and time.monotonic() < deadline:
            time.sleep(0.05)

        assert descriptors() <= before + 10
        assert threading.active_count() <= threads + 10
