"""Which files, variables, profiles and name a project has, before it is read.

Spec: docker compose v5, the options that all its commands share, and its `COMPOSE_…` variables.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from trust.value import dataclass
from verifier.errors import SourceError, UsageError
from verifier.files.compose.assembly import Assembler
from verifier.files.compose.paths import joined
from verifier.files.compose.project import Note, ProjectRequest
from verifier.files.compose.source import STDIN, is_remote, is_stdin
from verifier.files.compose.variables import Variable, Variables, completed, from_environment
from verifier.files.disk import is_file
from verifier.files.place import Place

FILE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDE_NAMES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


@dataclass(frozen=True, slots=True)
class Selection:
    """What a project is read from.

    Attributes:
        files: absolute, or `STDIN`; each laid over those before it.
        directory: that relative paths in them start from.
        variables: for interpolating them.
        profiles: that are active; `*` is every one.

    """

    files: tuple[Path, ...]
    directory: Path
    variables: Variables
    profiles: tuple[str, ...]


def selected(request: ProjectRequest, assembler: Assembler) -> Selection:
    """What `request` selects.

    Raises:
        UsageError: there is no Compose file, or one is named that is fetched from elsewhere.
        SourceError: an env file cannot be read, or `COMPOSE_FILE` names what is no file.

    """
    named = tuple(_named(request, file) for file in request.files)
    variables = from_environment(_environment(request, named, assembler))
    env_files = request.env_files or _listed(request.environment.get("COMPOSE_ENV_FILES", ""))
    variables = _with_env_files(variables, env_files, _directory(request, named), request, assembler)
    files = named or _from_variable(request, variables) or _discovered(request, assembler)
    directory = _directory(request, files)
    variables = _with_env_files(variables, env_files, directory, request, assembler)
    profiles = request.profiles or tuple(
        profile.strip() for profile in _value(variables, "COMPOSE_PROFILES").split(",")
    )
    return Selection(files, directory, variables, profiles)


def _environment(request: ProjectRequest, files: Sequence[Path], assembler: Assembler) -> dict[str, str]:
    # docker compose first puts the COMPOSE_ variables of the .env file into its own environment.
    environment = dict(request.environment)
    variables = from_environment(environment)
    found = _with_env_files(variables, request.env_files, _directory(request, files), request, assembler)
    for name, variable in found.items():
        if name.startswith("COMPOSE_"):
            environment.setdefault(name, variable.value)
    return environment


def _with_env_files(
    variables: Variables, env_files: Sequence[str], directory: Path, request: ProjectRequest, assembler: Assembler
) -> dict[str, Variable]:
    paths = [joined(request.directory, file) for file in env_files]
    if not paths and not _is_disabled(variables) and is_file(directory / ".env"):
        paths = [directory / ".env"]
    return completed(variables, assembler.env_files(paths, variables))


def _is_disabled(variables: Variables) -> bool:
    variable = variables.get("COMPOSE_DISABLE_ENV_FILE")
    if variable is None:
        return False
    if variable.value not in _TRUE | _FALSE:
        raise UsageError(f"`COMPOSE_DISABLE_ENV_FILE` is `{variable.value[:60]}`, not `true` or `false`")
    return variable.value in _TRUE


def _named(request: ProjectRequest, file: str) -> Path:
    if is_stdin(file):
        return STDIN
    if is_remote(file) and not is_file(joined(request.directory, file)):
        raise UsageError(
            f"`{file[:300]}` is fetched from elsewhere, which is never done here",
            hint="fetch it yourself, look at it, and name the file",
        )
    return joined(request.directory, file)


def _from_variable(request: ProjectRequest, variables: Variables) -> tuple[Path, ...]:
    variable = variables.get("COMPOSE_FILE")
    if variable is None:
        return ()
    separator = _value(variables, "COMPOSE_PATH_SEPARATOR") or os.pathsep
    files = tuple(_named(request, file) for file in variable.value.split(separator))
    for file in files:
        if file != STDIN and not is_file(file):
            raise SourceError(f"`COMPOSE_FILE` names `{file}`, which is no file ({variable.origin})")
    return files


def _discovered(request: ProjectRequest, assembler: Assembler) -> tuple[Path, ...]:
    start = _directory(request, ())
    for directory in (start, *start.parents):
        files = _present(directory, FILE_NAMES, assembler)
        if files:
            return (files[0], *_present(directory, OVERRIDE_NAMES, assembler)[:1])
    raise UsageError(
        f"there is no Compose file in `{start}` or above it",
        hint="name one with -f, or name the image that is to be verified",
    )


def _present(directory: Path, names: Sequence[str], assembler: Assembler) -> list[Path]:
    found = [directory / name for name in names if is_file(directory / name)]
    if len(found) > 1:
        others = ", ".join(f"`{path.name}`" for path in found[1:])
        place = Place(assembler.sources.shown(found[0]), 1, 1)
        message = f"this file counts, and {others} beside it does not"
        assembler.sources.notes.append(Note("files-several", message, place))
    return found


def _directory(request: ProjectRequest, files: Sequence[Path]) -> Path:
    if request.project_directory:
        return joined(request.directory, request.project_directory)
    on_disk = next((file for file in files if file != STDIN), None)
    return on_disk.parent if on_disk is not None else request.directory


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _value(variables: Variables, name: str) -> str:
    variable = variables.get(name)
    return variable.value if variable is not None else ""
