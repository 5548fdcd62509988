"""The files of an image layout, read without following a link or trusting a size."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from verifier.errors import ContentNotFound, LimitExceeded, RegistryError

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A pipe is opened without waiting for its other end, and refused afterwards."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LINK_ERRORS = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})


def read_below(directory: Path, parts: tuple[str, ...], *, limit_bytes: int) -> bytes:
    """The content of the file that `parts` name below `directory`, of at most `limit_bytes`.

    Every part is opened by itself, relative to the one before: a link anywhere below the directory ends it,
    also one that is put there meanwhile. The directory itself may be reached by links; it was named by the user.

    Raises:
        ContentNotFound: there is no such file.
        LimitExceeded: it is larger.
        RegistryError: it is a link, no regular file, or cannot be read.

    """
    path = directory.joinpath(*parts)
    with _errors_about(path):
        return _read(directory, parts, path, limit_bytes)


def names_below(directory: Path, parts: tuple[str, ...], *, limit: int) -> tuple[str, ...]:
    """The sorted names in the directory that `parts` name below `directory`, reached as files are.

    Raises:
        ContentNotFound: there is no such directory.
        LimitExceeded: it has more than `limit` names.
        RegistryError: it is reached by a link, or cannot be read.

    """
    path = directory.joinpath(*parts)
    with _errors_about(path):
        at = _opened_directory(directory, parts)
        try:
            with os.scandir(at) as entries:
                names = sorted(entry.name for entry in islice(entries, limit + 1))
        finally:
            os.close(at)
    if len(names) > limit:
        raise LimitExceeded(f"`{path}` has more than the {limit} files that are looked at")
    return tuple(names)


@contextmanager
def _errors_about(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ContentNotFound(f"`{path}` does not exist") from error
    except OSError as error:
        if error.errno in _LINK_ERRORS:
            raise RegistryError(
                f"`{path}` is reached by a symbolic link, or by a file where a directory should be",
                hint="in an image layout links are never followed; copy the layout with its files",
            ) from error
        raise RegistryError(f"`{path}` cannot be read: {error.strerror}") from error


def _opened_directory(directory: Path, parts: tuple[str, ...]) -> int:
    at = os.open(directory, _DIRECTORY)
    for part in parts:
        try:
            inner = os.open(part, _DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
        finally:
            os.close(at)
        at = inner
    return at


def _read(directory: Path, parts: tuple[str, ...], path: Path, limit_bytes: int) -> bytes:
    at = _opened_directory(directory, parts[:-1])
    try:
        file = os.open(parts[-1], _FILE, dir_fd=at)
    finally:
        os.close(at)
    try:
        _check_regular(os.fstat(file), path, limit_bytes)
        # Not `fdopen` before the check: it refuses a directory, and leaves it open.
        with os.fdopen(file, "rb", closefd=False) as opened:
            content = opened.read(limit_bytes + 1)
    finally:
        os.close(file)
    if len(content) > limit_bytes:
        raise LimitExceeded(f"`{path}` has more than the {limit_bytes} bytes that are read")
    return content


def _check_regular(status: os.stat_result, path: Path, limit_bytes: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RegistryError(f"`{path}` is not a regular file")
    if status.st_size > limit_bytes:
        raise LimitExceeded(f"`{path}` has {status.st_size} bytes, more than the {limit_bytes} that are read")
