"""A registry that is a round trip away, and what was asked of it."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.support.registries import free_port
from tests.peers.support.tools import tool

SETTLE_S = 0.05
"""After a program has ended: the proxy writes its line when the answer is out."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one run asked for.

    Attributes:
        requests: how many.
        chain: the longest chain of requests of which none began before the one before it was answered.
        repeated: how many of them asked again for what had been asked for.

    """

    requests: int
    chain: int
    repeated: int


@dataclass(frozen=True, slots=True)
class SlowRegistry:
    """A registry behind a proxy that delays each request, and each new connection, by one round trip.

    Attributes:
        host: of the proxy, as references name it.
        log: where the proxy writes a line for each request.

    """

    host: str
    log: Path

    def forget(self) -> None:
        """Leave out of `traffic` what was asked until now."""
        # The proxy appends, so that a file that is cut is written from its start again.
        with self.log.open("r+b") as lines:
            lines.truncate(0)

    def traffic(self) -> Traffic:
        """What was asked since `forget`."""
        time.sleep(SETTLE_S)
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        asked = Counter((line["method"], line["path"]) for line in lines)
        return Traffic(len(lines), longest_chain(lines), len(lines) - len(asked))


def longest_chain(requests: Sequence[Mapping[str, Any]]) -> int:
    """How many of `requests` can follow each other, each of them begun after the one before was answered."""
    length, end = 0, float("-inf")
    # Whichever ends first leaves most room: the usual greedy choice of intervals.
    for request in sorted(requests, key=lambda one: float(one["answered"])):
        if request["came"] >= end:
            length, end = length + 1, request["answered"]
    return length


@contextmanager
def slow_registry(target: str, round_trip_ms: int, folder: Path, limit: str = "") -> Iterator[SlowRegistry]:
    """The registry at the host `target`, `round_trip_ms` away. `limit` (`60/1s`) adds a rate limit."""
    host = f"127.0.0.1:{free_port()}"
    log = folder / f"proxy-{host.rpartition(':')[2]}.jsonl"
    words = [str(tool("delayproxy")), host, f"http://{target}", f"{round_trip_ms}ms", *([limit] if limit else [])]
    with log.open("ab") as lines:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=lines)
    try:
        _await_listener(host)
        yield SlowRegistry(host, log)
    finally:
        process.terminate()
        process.wait()


def _await_listener(host: str) -> None:
    name, _, port = host.rpartition(":")
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex((name, int(port))) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"the proxy at {host} did not start")
