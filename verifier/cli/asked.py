"""What a `verify` command line asks about: references, layouts, and the images of Compose projects."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from trust.value import dataclass
from trust.verdict import Use
from verifier.cli.reading import current_directory, is_directory
from verifier.decide import Question
from verifier.errors import BadReference, UsageError
from verifier.reference import Reference
from verifier.registry.layout import LAYOUT_SCHEME

if TYPE_CHECKING:
    from verifier.files.compose.project import ComposeProject, ImageUse

_ONLY_LISTED = frozenset({"model", "cache"})
"""Kinds that no container runs: named, and not judged."""

_NOTHING_NAMED = "the project names no image that could be judged"

_PATH_STARTS = (".", "/", "~")
_PATH_ENDINGS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a project that was not judged, or that people should know.

    Attributes:
        code: of a finding.
        message: one line.
        place: `file:line:column`.

    """

    code: str
    message: str
    place: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions of one command line.

    Attributes:
        questions: each image once, with every place that names it.
        notes: what was found beside them.
        projects: that were read.
        complete: whether every image could be listed, and every project names one. Remote files are not fetched,
            and may name more.

    """

    questions: tuple[Question, ...]
    notes: tuple[Note, ...]
    projects: tuple[ComposeProject, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class ProjectOptions:
    """What the command line says of Compose projects."""

    files: tuple[str, ...]
    env_files: tuple[str, ...]
    profiles: tuple[str, ...]
    project_directory: str | None

    @property
    def given(self) -> bool:
        """Whether any of them was."""
        return bool(self.files or self.env_files or self.profiles or self.project_directory)


def ask(arguments: Sequence[str], options: ProjectOptions) -> Asked:
    """What `arguments` and `options` ask about.

    An argument that names an existing file, or a directory by a path, is a Compose project of its own. Without
    arguments the project is that of the options, or the one that is found here.

    Raises:
        UsageError: an argument looks like a path and nothing is there, or is the name of an image and of a file.
        SourceError: a file cannot be read as Compose would read it.

    """
    images = [one for one in arguments if not _is_file(one)]
    files = [one for one in arguments if _is_file(one)]
    for one in images:
        _refuse_lost_path(one)
    projects = [_project_of((one,), options) for one in files]
    if options.files or not arguments:
        projects.append(_project_of(options.files, options))
    if options.given and not projects:
        raise UsageError(
            "`--env-file`, `--profile` and `--project-directory` are about Compose files, and none is given"
        )
    return _collected(images, projects)


def _is_file(argument: str) -> bool:
    if argument.startswith(LAYOUT_SCHEME) or "\0" in argument:
        return False
    if argument.startswith(_PATH_STARTS):
        return is_directory(argument) or os.path.lexists(argument)
    if is_directory(argument) or not os.path.lexists(argument):
        return False  # people have folders called like images
    if argument.endswith(_PATH_ENDINGS) and ":" not in argument:
        return True
    if not _is_image(argument):
        return True
    # Whoever wrote the files here must not decide what the name of an image means.
    raise UsageError(
        f"`{argument}` is the name of an image, and of a file that is here",
        hint=f"write `-f {argument}` for the Compose file; name the image from another directory",
    )


def _is_image(argument: str) -> bool:
    try:
        Reference.parse(argument)
    except BadReference:
        return False
    return True


def _refuse_lost_path(argument: str) -> None:
    looks = argument.startswith(_PATH_STARTS) or argument.endswith(_PATH_ENDINGS) or "\\" in argument
    if looks and not argument.startswith(LAYOUT_SCHEME):
        raise UsageError(
            f"`{argument}` looks like a path, and there is no such file",
            hint="an image reference starts with a registry or a repository name, as in `ghcr.io/acme/app:1.4`",
        )


def _project_of(files: Sequence[str], options: ProjectOptions) -> ComposeProject:
    from verifier.files.compose.loader import load_project
    from verifier.files.compose.project import ProjectRequest

    directory = current_directory()
    if len(files) == 1 and files[0] != "-" and is_directory(files[0]):
        directory, files = (directory / files[0]).absolute(), ()
    return load_project(
        ProjectRequest(
            directory=directory,
            files=tuple(files),
            env_files=options.env_files,
            profiles=options.profiles,
            project_directory=options.project_directory,
            environment=os.environ,
            stdin=sys.stdin.buffer.read() if "-" in files else None,
        )
    )


def _collected(images: Sequence[str], projects: Sequence[ComposeProject]) -> Asked:
    uses: dict[str, list[Use]] = {text: [] for text in images}
    notes: list[Note] = []
    for project in projects:
        for image in project.images:
            _refuse_layout(image)
            if _is_judged(image):
                uses.setdefault(image.text, []).append(_use(image))
            else:
                notes.append(_not_judged(image))
        notes += [Note("not-read", f"{one.kind.value}: `{one.text}`", str(one.place)) for one in project.edges]
        notes += [Note(one.code, one.message, str(one.place)) for one in project.notes]
    questions = tuple(Question(text, tuple(named)) for text, named in uses.items())
    # What was asked beside an empty project must not answer for it.
    empty = [project for project in projects if not any(map(_is_judged, project.images))] if questions else []
    notes += [Note("no-images", _NOTHING_NAMED, f"{project.files[0]}:1:1") for project in empty]
    complete = not empty and not any(project.unknown for project in projects)
    return Asked(questions, tuple(notes), tuple(projects), complete)


def _is_judged(image: ImageUse) -> bool:
    return image.pulled and image.kind.value not in _ONLY_LISTED


def _refuse_layout(image: ImageUse) -> None:
    # On the command line `oci:DIR` is a layout on disk; Compose pulls it from Docker Hub, as `oci` with a tag.
    if image.text.startswith(LAYOUT_SCHEME):
        image.place.refuse(f"`{image.field}` would be read as an image layout, and Compose asks Docker Hub for it")


def _not_judged(image: ImageUse) -> Note:
    if image.pulled:
        return Note("not-judged", f"`{image.field}`: `{image.text}` is a {image.kind.value}", str(image.place))
    return Note("not-pulled", f"`{image.field}`: {image.skipped}", str(image.place))


def _use(image: ImageUse) -> Use:
    place = image.place
    profile = (f"only with the profile {' or '.join(image.needs_profile)}",) if image.needs_profile else ()
    return Use(place.file, place.line, place.column, image.field, (*image.how, *profile))
