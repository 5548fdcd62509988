"""The real programs that the tests run beside imgtrust."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

RUN_LIMIT_S = 120


class ToolMissing(Exception):
    """A program that `.ci/peers` should have installed is not there."""


def tool(name: str) -> Path:
    """The program called `name`, from the folder that `.ci/peers` fills, or else from PATH.

    Raises:
        ToolMissing: it is in neither.

    """
    folder = os.environ.get("IMGTRUST_PEERS")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    found = shutil.which(name, path=str(Path(folder or cache / "imgtrust-peers") / "bin")) or shutil.which(name)
    if found is None:
        raise ToolMissing(f"`{name}` is not installed; run `.ci/peers`")
    return Path(found)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended, and what it said."""

    command: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    @property
    def succeeded(self) -> bool:
        """Whether it ended with 0."""
        return self.exit_code == 0

    def checked(self) -> Outcome:
        """This outcome, which must be a success."""
        assert self.succeeded, str(self)
        return self

    def __str__(self) -> str:
        return f"{' '.join(self.command)}\nended with {self.exit_code}\n{self.stdout}\n{self.stderr}"


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder of a test's own: nothing of the user's is read, and nothing is left there.

    Attributes:
        folder: where programs find HOME, Docker's configuration and a TUF cache, all of them empty at first.

    """

    folder: Path

    def environment(self, **more: str) -> Mapping[str, str]:
        """The environment that every program runs in: this home, no proxy, an empty password for keys."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "DOCKER_CONFIG": str(self.folder / ".docker"),
            "TUF_ROOT": str(self.folder / ".sigstore"),
            "COSIGN_PASSWORD": "",
            "NO_COLOR": "1",
            **more,
        }

    def run(self, *command: str | Path, **more: str) -> Outcome:
        """How `command` ends, run in this home with `more` in its environment and nothing on standard input."""
        words = tuple(str(word) for word in command)
        ended = subprocess.run(
            words,
            env=dict(self.environment(**more)),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_LIMIT_S,
            check=False,
        )
        return Outcome(words, ended.returncode, ended.stdout, ended.stderr)
