"""Reading files of a project from the disk."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NoReturn

from trust.value import dataclass
from verifier.errors import LimitExceeded
from verifier.files.place import Place

FILE_LIMIT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Disk:
    """The files that a project is read from.

    Attributes:
        directory: absolute; files below it are shown by their path from it.

    """

    directory: Path

    def shown(self, path: Path) -> str:
        """The name of `path` for people."""
        if path.is_relative_to(self.directory):
            return str(path.relative_to(self.directory))
        return str(path)

    def read(self, path: Path) -> bytes:
        """The content of the regular file at `path`. Symbolic links are followed, as Compose follows them.

        Raises:
            SourceError: it is no regular file, or cannot be read.
            LimitExceeded: it is larger than `FILE_LIMIT_BYTES`.

        """
        try:
            # Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as opened:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    self._refuse(path, "it is not a regular file")
                content = opened.read(FILE_LIMIT_BYTES + 1)
        except (OSError, ValueError) as error:
            self._refuse(path, _reason(error), error)
        if len(content) > FILE_LIMIT_BYTES:
            raise LimitExceeded(f"{self.shown(path)}: larger than the {FILE_LIMIT_BYTES} bytes that are read")
        return content

    def _refuse(self, path: Path, reason: str, cause: Exception | None = None) -> NoReturn:
        try:
            Place(self.shown(path), 1, 1).refuse(f"this file cannot be read: {reason}")
        except Exception as error:
            raise error from cause


def is_file(path: Path) -> bool:
    """Whether there is a file, of any kind but a directory, at `path`."""
    try:
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):
        return False


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or "it cannot be opened") if isinstance(error, OSError) else str(error)
