"""Real registries on loopback, each started for the tests and ended with them."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.peers.support.tools import tool

START_LIMIT_S = 20
START_TRIES = 3


@dataclass(frozen=True, slots=True)
class RunningRegistry:
    """A registry that answers.

    Attributes:
        host: with its port, as references name it.
        referrers_api: whether it has the referrers API, which says where cosign and others hang signatures.

    """

    host: str
    referrers_api: bool = False


def free_port() -> int:
    """A port of loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def crane_registry(folder: Path) -> Iterator[RunningRegistry]:
    """The registry that crane carries: no referrers API."""
    disk = folder / "blobs"
    disk.mkdir(parents=True)

    def command(port: int) -> Sequence[str]:
        return (str(tool("crane")), "registry", "serve", f"--address=127.0.0.1:{port}", f"--disk={disk}")

    with _serving(command, folder) as port:
        yield RunningRegistry(f"127.0.0.1:{port}")


@contextmanager
def referrers_registry(folder: Path) -> Iterator[RunningRegistry]:
    """Our own few lines around go-containerregistry's registry: it has the referrers API."""
    folder.mkdir(parents=True)
    with _serving(lambda port: (str(tool("refreg")), f"127.0.0.1:{port}"), folder) as port:
        yield RunningRegistry(f"127.0.0.1:{port}", referrers_api=True)


@contextmanager
def distribution(
    folder: Path,
    program: str = "registry",
    *,
    content: Path | None = None,
    auth: Mapping[str, object] | None = None,
    tls: Mapping[str, str] | None = None,
    ca: Path | None = None,
) -> Iterator[RunningRegistry]:
    """Distribution's registry, on files: version 3 (`registry`) or Debian's 2.8 (`docker-registry`).

    Args:
        folder: of its own; configuration and log lie in it.
        program: which of the two.
        content: where its repositories are; within `folder` if it shares them with no other registry.
        auth: `auth` of its configuration.
        tls: `http.tls` of its configuration.
        ca: the authority that its certificate is from, where `tls` is given.

    """
    folder.mkdir(parents=True)
    context = ssl.create_default_context(cafile=str(ca)) if ca else None

    def command(port: int) -> Sequence[str]:
        config = folder / "config.yml"
        http = {"addr": f"127.0.0.1:{port}", **({"tls": dict(tls)} if tls else {})}
        storage = {"filesystem": {"rootdirectory": str(content or folder / "content")}, "delete": {"enabled": True}}
        # JSON is YAML, so no quoting of ours stands between a path and the registry.
        document = {"version": 0.1, "storage": storage, "http": http, **({"auth": dict(auth)} if auth else {})}
        config.write_text(json.dumps(document))
        return (str(tool(program)), "serve", str(config))

    with _serving(command, folder, context) as port:
        yield RunningRegistry(f"127.0.0.1:{port}")


@contextmanager
def _serving(
    command: Callable[[int], Sequence[str]], folder: Path, context: ssl.SSLContext | None = None
) -> Iterator[int]:
    """The port on which `command` serves a registry. It is ended when the block is left, however that happens."""
    for attempt in range(START_TRIES):
        port = free_port()
        log = folder / f"log-{attempt}.txt"
        process = _started(command(port), folder, log)
        try:
            if _answers(process, port, context):
                yield port
                return
        finally:
            _end(process)
    raise AssertionError(f"{command(0)} did not start: {log.read_text(errors='replace')[-2000:]}")


def _started(words: Sequence[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    # Registries trace to a collector unless they are told not to: nothing may leave the machine.
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "OTEL_TRACES_EXPORTER": "none"}
    with log.open("wb") as output:
        return subprocess.Popen(
            words, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=folder
        )


def _answers(process: subprocess.Popen[bytes], port: int, context: ssl.SSLContext | None) -> bool:
    """Whether the registry answers on `port` in time, be it by asking who is there. False if it ended instead."""
    scheme = "https" if context else "http"
    direct = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=context)] if context else [])
    )
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with direct.open(f"{scheme}://127.0.0.1:{port}/v2/", timeout=5):
                return True
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code == 401
        except OSError:
            time.sleep(0.05)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Fleet:
    """Real registries of every kind, each started when it is first asked for, all of them ended together."""

    KINDS: Mapping[str, str] = {
        "crane": "crane",
        "distribution-3": "registry",
        "distribution-2.8": "docker-registry",
        "referrers-api": "refreg",
    }
    """The kinds, with the program that each needs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, RunningRegistry] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def of_kind(self, kind: str) -> RunningRegistry:
        """The running registry of `kind`."""
        if kind not in self._running:
            self._running[kind] = self._open.enter_context(self._start(kind))
        return self._running[kind]

    def _start(self, kind: str) -> AbstractContextManager[RunningRegistry]:
        folder = self._folder / kind
        if kind == "crane":
            return crane_registry(folder)
        if kind == "referrers-api":
            return referrers_registry(folder)
        return distribution(folder, self.KINDS[kind])
