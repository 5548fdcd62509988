"""Compose projects on a disk, loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verifier.files.compose.loader import load_project
from verifier.files.compose.project import ComposeProject, ImageUse, ProjectRequest


def write_files(directory: Path, files: Mapping[str, str | bytes]) -> None:
    """Write `files`, by their paths, below `directory`."""
    for path, content in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def loaded(directory: Path, files: str | Mapping[str, str | bytes], /, **request: Any) -> ComposeProject:
    """The project of `files`, or of a `compose.yaml` with that text."""
    write_files(directory, {"compose.yaml": files} if isinstance(files, str) else files)
    return load_project(ProjectRequest(directory, **request))


def image(project: ComposeProject, field: str) -> ImageUse:
    """The image at `field`."""
    (found,) = [use for use in project.images if use.field == field]
    return found


def texts(project: ComposeProject) -> dict[str, str]:
    """What every field has."""
    return {use.field: use.text for use in project.images}
