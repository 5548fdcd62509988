"""Programs that keep credentials: `docker-credential-NAME`."""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from verifier.errors import CredentialError

TIMEOUT_S = 10.0
OUTPUT_LIMIT_BYTES = 1024 * 1024

_NAME = re.compile(r"[a-z0-9-]+", re.ASCII)
_NOT_FOUND = b"credentials not found"
_READ_BYTES = 64 * 1024


def ask_helper(name: str, server: str, environment: Mapping[str, str]) -> bytes | None:
    """What the helper `name` prints for `server`, None if it has nothing for it.

    Spec: github.com/docker/docker-credential-helpers, "Development": `get` reads the server from its input.

    Args:
        name: as a configuration file has it; it never names a path.
        server: as the helper knows it.
        environment: with the `PATH` on which the helper is, and everything that it gets.

    Raises:
        CredentialError: there is no such program, or it fails, or prints without end.

    """
    if _NAME.fullmatch(name) is None:
        raise CredentialError(
            f"`{name[:60]}` is not the name of a credential helper",
            hint="`credsStore` and `credHelpers` name helpers by what follows `docker-credential-`",
        )
    status, output = _run(_program(name, environment), server, environment)
    if status == 0:
        return output
    if _NOT_FOUND in output:
        return None
    # What it printed may hold a secret, so that it is not shown.
    raise CredentialError(f"`docker-credential-{name} get` failed with status {status}")


def _program(name: str, environment: Mapping[str, str]) -> str:
    # A relative entry of PATH would run what lies in the directory that is looked at.
    absolute = [entry for entry in environment.get("PATH", "").split(os.pathsep) if Path(entry).is_absolute()]
    found = shutil.which(f"docker-credential-{name}", path=os.pathsep.join(absolute)) if absolute else None
    if found is None:
        raise CredentialError(
            f"`docker-credential-{name}` is not on the PATH",
            hint="the Docker configuration names it; install it, or remove it from `credsStore` or `credHelpers`",
        )
    return found


def _run(program: str, server: str, environment: Mapping[str, str]) -> tuple[int, bytes]:
    try:
        process = subprocess.Popen(  # noqa: S603 - an absolute path, and no shell
            [program, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            start_new_session=True,
        )
    except OSError as error:
        raise CredentialError(f"`{program}` cannot be started: {error.strerror}") from error
    with process:
        try:
            return _conversation(process, server, program)
        finally:
            # Its children too: they may hold the pipe open.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _conversation(process: subprocess.Popen[bytes], server: str, program: str) -> tuple[int, bytes]:
    assert process.stdin is not None
    ends = time.monotonic() + TIMEOUT_S
    with suppress(BrokenPipeError):
        process.stdin.write(server.encode())
    with suppress(BrokenPipeError):
        process.stdin.close()
    output = _output(process, ends, program)
    try:
        return process.wait(max(ends - time.monotonic(), 0)), output
    except subprocess.TimeoutExpired as error:
        raise _late(program) from error


def _output(process: subprocess.Popen[bytes], ends: float, program: str) -> bytes:
    assert process.stdout is not None
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(max(ends - time.monotonic(), 0)):
            received = os.read(process.stdout.fileno(), _READ_BYTES)
            output += received
            if not received:
                return bytes(output)
            if len(output) > OUTPUT_LIMIT_BYTES:
                raise CredentialError(f"`{program}` printed more than {OUTPUT_LIMIT_BYTES} bytes")
    raise _late(program)


def _late(program: str) -> CredentialError:
    return CredentialError(f"`{program}` did not answer within {TIMEOUT_S:.0f} seconds")
