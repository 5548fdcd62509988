"""A person's desk: a directory with a policy, keys and Compose files, where the command line is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.compose import write_files
from tests.support.signing import SigningKey, signing_key
from verifier.cli import run

SCRIPT = Path(sys.executable).with_name("imgtrust")
"""The console script, as it is installed."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run of the command line left."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Json:
        """The JSON document."""
        document: Json = json.loads(self.out)
        return document

    @property
    def verdicts(self) -> list[Json]:
        found: list[Json] = self.report["verdicts"]
        return found

    @property
    def verdict(self) -> Json:
        """The only verdict."""
        (found,) = self.verdicts
        return found

    @property
    def decision(self) -> str:
        return str(self.verdict["decision"])

    @property
    def codes(self) -> dict[str, str]:
        """The findings of the only verdict: code to effect."""
        return {one["code"]: one["effect"] for one in self.verdict["findings"]}

    @property
    def notes(self) -> set[str]:
        return {note["code"] for note in self.report["notes"]}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the command line is run. `directory` is the current one."""

    directory: Path
    capfd: pytest.CaptureFixture[str]

    def key(self, name: str = "release") -> SigningKey:
        """The key of that name, whose public half lies here as `NAME.pub`."""
        key = signing_key(name)
        (self.directory / f"{name}.pub").write_bytes(key.pem)
        return key

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write `files` here."""
        write_files(self.directory, files)

    def policy(self, rules: str = "", *, beside: str = "", keys: tuple[str, ...] = ("release", "other")) -> None:
        """Write `imgtrust.yaml` with `keys`, the YAML flow of `rules`, and lines `beside` them.

        Without `rules` every image must be signed by `release`.
        """
        for name in keys:
            self.key(name)
        listed = ", ".join(f"{name}: {{file: {name}.pub}}" for name in keys)
        rules = rules or rule()
        head = f"version: 1\nkeys: {{{listed}}}\n" if keys else "version: 1\n"
        self.write({"imgtrust.yaml": f"{head}{beside}rules:\n{rules}"})

    def run(self, *arguments: str) -> Ran:
        """Run the command line within this process."""
        self.capfd.readouterr()
        code = run(list(arguments))
        captured = self.capfd.readouterr()
        return Ran(code, captured.out, captured.err)

    def verify(self, *arguments: str) -> Ran:
        """Run `verify` with a report in JSON, whose exit code must be that of the process."""
        ran = self.run("verify", "--format", "json", *arguments)
        if ran.out:
            assert ran.report["exit_code"] == ran.code
        return ran

    def script(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the installed console script to its end."""
        return subprocess.run(
            [SCRIPT, *arguments], capture_output=True, text=True, timeout=60, check=False, **{"env": clean()} | options
        )


def clean() -> dict[str, str]:
    """The environment of a console script: no terminal, no settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("IMGTRUST_")}


def rule(images: str = "'**'", *more: str) -> str:
    """A rule about `images`, which must be signed by `release` unless `more` says what is required."""
    required = more or ("signatures: {from: [release]}",)
    return f"  - images: [{images}]\n" + "".join(f"    {line}\n" for line in required)
