"""Files that the command line names, and the directory it is run in."""

from __future__ import annotations

import os
from pathlib import Path

from verifier.errors import UsageError


def read_limited(path: Path, *, limit_bytes: int, what: str) -> bytes:
    """The content of the file `path`, which is called `what` in errors.

    Raises:
        UsageError: it cannot be read, is no file, or is larger than `limit_bytes`.

    """
    try:
        with open(path, "rb", opener=_open) as file:
            content = file.read(limit_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise UsageError(f"{what} `{path}` cannot be read: {reason or error}") from error
    if len(content) > limit_bytes:
        raise UsageError(f"{what} `{path}` is larger than {limit_bytes // 1024} KiB")
    return content


def current_directory() -> Path:
    """The current directory.

    Raises:
        UsageError: it has been removed.

    """
    try:
        return Path.cwd()
    except OSError as error:
        raise UsageError(f"the current directory cannot be used: {error.strerror}") from error


def is_directory(name: str) -> bool:
    """Whether there is a directory at the path `name`, which may be no path at all."""
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):
        return False


def _open(path: str, flags: int) -> int:
    # Opening a named pipe waits for a writer, for ever if none comes; so it is opened without waiting. What a shell
    # hands over as `<(…)` has its writer already, and is read to its end.
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return descriptor
