"""Files that the command line names."""

from __future__ import annotations

import stat
from pathlib import Path

from verifier.errors import UsageError


def read_limited(path: Path, *, limit_bytes: int, what: str) -> bytes:
    """The content of the file `path`, which is called `what` in errors.

    Raises:
        UsageError: it cannot be read, is no file, or is larger than `limit_bytes`.

    """
    try:
        with path.open("rb") as file:
            if stat.S_ISDIR(path.stat().st_mode):
                raise UsageError(f"{what} `{path}` is a directory")
            content = file.read(limit_bytes + 1)
    except OSError as error:
        raise UsageError(f"{what} `{path}` cannot be read: {error.strerror or error}") from error
    if len(content) > limit_bytes:
        raise UsageError(f"{what} `{path}` is larger than {limit_bytes // 1024} KiB")
    return content
