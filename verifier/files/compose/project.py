"""What is known of a Compose project once it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from pathlib import Path

from trust.value import dataclass
from verifier.files.place import Place

REMOTE_FILE = "remote-file"
"""The code of the note on a file that Compose would fetch."""


class ImageKind(Enum):
    """What an image is used for."""

    IMAGE = "image"
    """A service or a job runs it."""
    HOOK = "hook"
    """It runs before a service starts (`pre_start`)."""
    VOLUME = "volume"
    """A container has it mounted (`type: image`)."""
    MODEL = "model"
    """A language model that is served to the containers."""
    BUILD_CONTEXT = "build-context"
    """A build takes it as one of its contexts (`docker-image://`)."""
    CACHE = "cache"
    """A build reads or writes its cache there."""
    GENERATOR = "generator"
    """A build runs it to write an SBOM or provenance."""


class EdgeKind(Enum):
    """What a project leads to that is listed, and not read."""

    DOCKERFILE = "dockerfile"
    DOCKERFILE_INLINE = "dockerfile-inline"
    BUILD_ARGUMENT = "build-argument"
    """The name of an argument, which a `FROM ${…}` can use. Its value may be a secret and is left out."""
    BUILD_CONTEXT = "build-context"
    """A context that is neither a directory here nor an image of a registry."""
    REMOTE_BUILD = "remote-build"
    """A build whose context is fetched: its Dockerfile is not here."""
    PROVIDER = "provider"
    """A program that provides the service, and may bring images of its own."""
    REMOTE_FILE = "remote-file"
    """An `include`, an `extends` or a file of the project that Compose would fetch. Never done here."""


@dataclass(frozen=True, slots=True)
class ImageUse:
    """An image that a project names.

    Attributes:
        text: the reference after interpolation, which may be none.
        field: as in `services.web.image`.
        service: the service or job, or None for a model.
        place: of the scalar that counts in the end.
        how: how it got from there to here, for people; empty where it stands there plainly.
        kind: what it is used for.
        pulled: whether Compose would get it from a registry.
        skipped: why it would not, for people; None where it would.
        needs_profile: the profiles of which one would start its service; empty where it starts as it is. Such
            an image counts like every other: whoever enables the profile runs it.

    """

    text: str
    field: str
    service: str | None
    place: Place
    how: tuple[str, ...]
    kind: ImageKind
    pulled: bool
    skipped: str | None
    needs_profile: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """Something that the project leads to, and that could name more images.

    Attributes:
        kind: what it leads to.
        text: a path, a URL or a name.
        place: of the scalar that says it.
        service: the service or job, or None.

    """

    kind: EdgeKind
    text: str
    place: Place
    service: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the project that people should know.

    Attributes:
        code: of the finding that it becomes.
        message: one line.
        place: what it is about.

    """

    code: str
    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class ComposeProject:
    """A Compose project, as `docker compose` would run it.

    Attributes:
        name: of the project.
        files: every file that was read, in the order of reading.
        images: all that it names, in the order of the model.
        edges: what it leads to.
        notes: about it.

    """

    name: str
    files: tuple[str, ...]
    images: tuple[ImageUse, ...]
    edges: tuple[Edge, ...]
    notes: tuple[Note, ...]

    @property
    def unknown(self) -> tuple[Note, ...]:
        """Why services of the project are not known; empty where all are.

        A project of which something is not known is never allowed, whatever its known images are.
        """
        return tuple(note for note in self.notes if note.code == REMOTE_FILE)


@dataclass(frozen=True, slots=True)
class ProjectRequest:
    """Which project to read: what the options of `docker compose` say.

    Attributes:
        directory: where the command is run; absolute. `..` in it is as the shell has it.
        files: of `-f`; `-` is standard input. Without any, the project is looked for.
        project_directory: of `--project-directory`.
        project_name: of `--project-name`.
        env_files: of `--env-file`.
        profiles: of `--profile`.
        environment: the variables of the process.
        stdin: what standard input has, if it was read.

    """

    directory: Path
    files: tuple[str, ...] = ()
    project_directory: str | None = None
    project_name: str | None = None
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes | None = None
