"""The installed console script as a process: signals, closed and full outputs, encodings."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.flow.attachments import sign, simple
from tests.flow.desk import SCRIPT, Desk, clean, rule
from tests.support.images import image
from tests.support.registry import LoopbackRegistry
from trust import __version__
from verifier.output.exit_code import ALLOW, DENY, INTERNAL, INTERRUPTED, UNDECIDED, USAGE

IMAGE = image()


@pytest.fixture
def name(desk: Desk, registry: LoopbackRegistry) -> str:
    """The name of an image that `release` signed, under a policy that wants that."""
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    return f"{registry.host}/app:1"


def test_the_exit_code_of_the_process_is_that_of_the_verdict(desk: Desk, registry: LoopbackRegistry, name: str) -> None:
    allowed = desk.script("verify", name)
    registry.put("app", image("evil"), tag="1")
    denied = desk.script("verify", name)

    assert (allowed.returncode, denied.returncode) == (ALLOW, DENY)
    assert (allowed.stdout.splitlines()[0], denied.stdout.splitlines()[0]) == (f"ALLOW: {name}", f"DENY: {name}")
    assert (allowed.stderr, denied.stderr) == ("", "")


def test_the_version_is_told(desk: Desk) -> None:
    ran = desk.script("--version")

    assert (ran.returncode, ran.stdout) == (0, f"imgtrust {__version__}\n")


@pytest.mark.parametrize("arguments", [["explain"], ["verify", "NAME"], ["verify", "NAME", "--format", "json"]])
def test_a_full_disk_is_no_allow(desk: Desk, name: str, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ran = _script(arguments, name, stdout=full)

    assert (ran.returncode, "the output could not be written: No space left on device" in ran.stderr) == (
        INTERNAL,
        True,
    )
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("arguments", [["explain"], ["verify", "NAME"]])
def test_a_reader_that_has_gone_is_no_allow_and_needs_no_words(desk: Desk, name: str, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    ran = _script(arguments, name, stdout=writing)
    os.close(writing)

    assert (ran.returncode, ran.stderr) == (INTERNAL, "")


def test_an_output_that_was_closed_before_is_no_allow(desk: Desk, name: str) -> None:
    ran = subprocess.run(
        ["sh", "-c", f'exec {SCRIPT} verify {name} >&-'],
        capture_output=True, text=True, check=False, env=clean(), timeout=60,
    )  # fmt: skip

    assert (ran.returncode, "closed" in ran.stderr, "Traceback" in ran.stderr) == (INTERNAL, True, False)


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [("verify NAME", ALLOW), ("verify NAME App", UNDECIDED), ("verify ./x", USAGE), ("nonsense", USAGE)],
)
def test_messages_that_nobody_can_read_change_no_exit_code(
    desk: Desk, name: str, where: str, arguments: str, code: int
) -> None:
    command = f"exec {SCRIPT} {arguments.replace('NAME', name)} {where}"

    ran = subprocess.run(["sh", "-c", command], capture_output=True, check=False, env=clean(), timeout=60)

    assert ran.returncode == code


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_encoding_that_lacks_characters_is_no_crash(desk: Desk, name: str, encoding: str) -> None:
    desk.policy(rule("'**'", "unsigned: {reason: nächstes Jahr → é, until: 2099-01-01}"))

    ran = subprocess.run(
        [SCRIPT, "verify", name], capture_output=True, check=False, timeout=60,
        env=clean() | {"PYTHONIOENCODING": encoding},
    )  # fmt: skip

    assert (ran.returncode, ran.stderr) == (ALLOW, b"")
    assert b"unsigned-allowed" in ran.stdout


@pytest.mark.parametrize("what", ["one image", "several images", "resolve", "inspect"])
def test_ctrl_c_ends_at_once_although_the_registry_hangs(
    desk: Desk, registry: LoopbackRegistry, name: str, what: str
) -> None:
    registry.fault("/manifests/", delay_s=30)
    names = [name, f"{name}@{IMAGE.digest}"] if what == "several images" else [name]
    command = what if what in ("resolve", "inspect") else "verify"
    process = subprocess.Popen(
        [SCRIPT, command, *names], env=clean(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    _until(lambda: len(registry.lines) > 0)

    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    out, err = process.communicate(timeout=10)

    assert (process.returncode, out) == (INTERRUPTED, "")
    assert "interrupted" in err
    assert "Traceback" not in err
    assert time.monotonic() - started < 2


def test_a_registry_that_never_answers_holds_up_no_end(desk: Desk, registry: LoopbackRegistry, name: str) -> None:
    registry.fault("/manifests/", delay_s=30)
    started = time.monotonic()

    ran = desk.script("verify", name, "--timeout", "0.3")

    assert ran.returncode == UNDECIDED
    assert time.monotonic() - started < 5


def test_secrets_of_the_environment_stay_there(desk: Desk, registry: LoopbackRegistry, name: str) -> None:
    registry.fault("/manifests/1$", status=418)

    ran = desk.script("--debug", "verify", name, env=clean() | {"HTTP_PROXY": "http://user:hunter2@127.0.0.1:1"})

    assert ran.returncode == UNDECIDED
    assert "hunter2" not in ran.stdout + ran.stderr
    assert "418" in ran.stderr


def test_in_an_untrusted_folder_none_of_its_code_is_run(desk: Desk, name: str) -> None:
    for package in ("verifier", "trust", "click", "yaml"):
        desk.write({f"{package}/__init__.py": "raise SystemExit(0)\n", f"{package}.py": "raise SystemExit(0)\n"})

    assert desk.script("verify", name).stdout.startswith("ALLOW")


def _script(arguments: list[str], name: str, *, stdout: object) -> subprocess.CompletedProcess[str]:
    given = [name if one == "NAME" else one for one in arguments]
    return subprocess.run(
        [SCRIPT, *given], stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, env=clean(), timeout=60
    )  # type: ignore[call-overload,no-any-return]


def _until(happened: object) -> None:
    assert callable(happened)
    for _ in range(500):
        if happened():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen within five seconds")
