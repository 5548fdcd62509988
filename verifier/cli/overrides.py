"""`verify --write-override`: a Compose override with exactly the digests that were verified."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from trust.verdict import Verdict
from verifier.errors import UsageError
from verifier.files.compose.override import OVERRIDE_HEADER, write_override
from verifier.files.compose.project import ComposeProject, ImageKind

_NEW_FILE_MODE = 0o644


def write(path: Path, project: ComposeProject, verdicts: Sequence[Verdict]) -> Sequence[str]:
    """Write the override for `project` to `path`, whole or not at all; what it cannot override is returned.

    An existing file is replaced only if it is an override that was written here before.

    Raises:
        UsageError: the file is something else, or cannot be written.

    """
    pinned = {verdict.requested: verdict.pinned for verdict in verdicts if verdict.pinned is not None}
    services = {
        image.service: pinned[image.text]
        for image in project.images
        if image.kind is ImageKind.IMAGE and image.pulled and image.service is not None
    }
    override = write_override(project, services)
    _check_replaceable(path)
    _replace(path, override.text)
    return override.warnings


def _check_replaceable(path: Path) -> None:
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise UsageError(f"`{path}` is not a plain file, so it is not replaced")
        foreign = path.exists() and not path.read_bytes().startswith(OVERRIDE_HEADER.encode())
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read: {error.strerror}") from error
    if foreign:
        raise UsageError(
            f"`{path}` exists and was not written by `--write-override`, so it is not replaced",
            hint="give another name, or remove the file",
        )


def _replace(path: Path, text: str) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(_NEW_FILE_MODE)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror}") from error
