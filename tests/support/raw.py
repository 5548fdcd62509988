"""A server on loopback that speaks whatever it is told to, byte by byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

Talk = Callable[[socket.socket, threading.Event], None]


class RawServer:
    """Runs `talk` for every connection, after the head of a request was read.

    Args:
        talk: gets the connection, and an event that is set when the server stops.
        read_request: whether a request's head is read before.

    Attributes:
        accepted: how many connections there were.

    """

    def __init__(self, talk: Talk, *, read_request: bool = True) -> None:
        self._talk = talk
        self._read_request = read_request
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self.accepted = 0

    @property
    def host(self) -> str:
        """Address and port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads.append(threading.Thread(target=self._accept))
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if self._read_request:
                received = b""
                while b"\r\n\r\n" not in received:
                    part = connection.recv(65536)
                    if not part:
                        return
                    received += part
            self._talk(connection, self._stopping)


def saying(answer: bytes) -> Talk:
    """Sends `answer`, and ends the connection."""
    return lambda connection, _: connection.sendall(answer)


def dripping(first: bytes, *, each_s: float, drop: bytes = b"x") -> Talk:
    """Sends `first`, and then `drop` again and again, with so much time between."""

    def talk(connection: socket.socket, stopping: threading.Event) -> None:
        connection.sendall(first)
        while not stopping.wait(each_s):
            connection.sendall(drop)

    return talk


def tunnel(port: int) -> Talk:
    """Answers as a proxy that opens a tunnel, and carries bytes to and from `port` of this machine."""

    def talk(connection: socket.socket, stopping: threading.Event) -> None:
        with socket.create_connection(("127.0.0.1", port)) as other:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(other, connection))
            back.start()
            _pump(connection, other)
            back.join()

    return talk


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
