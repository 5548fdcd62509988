"""An override file that pins what was verified: `docker compose -f compose.yaml -f compose.verified.yaml up`.

Spec: Compose specification, "Merge and override": a single value of a later file takes the place of an earlier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verifier.errors import BadReference, UsageError
from verifier.files.compose.project import ComposeProject, ImageKind, ImageUse, Note
from verifier.reference import Reference

_HEADER = (
    "# Written by imgtrust: the images of this project as they were verified.\n"
    "# It counts when it is the last file: docker compose -f compose.yaml -f compose.verified.yaml up\n"
)
_CANNOT = {
    ImageKind.HOOK: "the images of `pre_start` cannot be replaced by another file: they are added to it",
    ImageKind.VOLUME: "the image of a volume cannot be pinned from another file without repeating the volume",
    ImageKind.MODEL: "a model is not pinned here",
    ImageKind.BUILD_CONTEXT: "what a build is made from is not pinned here",
    ImageKind.CACHE: "what a build is made from is not pinned here",
    ImageKind.GENERATOR: "what a build is made from is not pinned here",
}


@dataclass(frozen=True, slots=True)
class Override:
    """An override file.

    Attributes:
        text: of the file.
        notes: images that it leaves as they are.

    """

    text: str
    notes: tuple[Note, ...]


def write_override(project: ComposeProject, pinned: Mapping[str, str]) -> Override:
    """The override file that gives services and jobs of `project` their `pinned` images.

    Args:
        project: that it is laid over.
        pinned: by the field of the image, as in `services.web.image`, the reference with its digest.

    Raises:
        BadReference: what is pinned is no reference with a digest.
        UsageError: a field is pinned that is no image of a service or job of the project.

    """
    uses = {use.field: use for use in project.images if use.kind is ImageKind.IMAGE}
    unknown = pinned.keys() - uses.keys()
    if unknown:
        raise UsageError(f"no image of the project is at {', '.join(sorted(unknown))}")
    lines = [_HEADER]
    for section in ("services", "jobs"):
        chosen = [use for field, use in uses.items() if field in pinned and field.startswith(f"{section}.")]
        if chosen:
            lines.append(f"{section}:\n")
            lines += [_entry(use, pinned[use.field]) for use in chosen]
    if len(lines) == 1:
        lines.append("services: {}\n")
    return Override("".join(lines), tuple(_left(project, pinned)))


def _entry(use: ImageUse, text: str) -> str:
    reference = Reference.parse(text)
    if reference.digest is None:
        raise BadReference(f"`{text}` has no digest, so it would pin nothing")
    # Names of services are letters, digits, `.`, `_` and `-`: quoted, so that `on`, `1` or `1.5` stay names.
    return f'  "{use.service}":\n    image: "{reference}"\n'


def _left(project: ComposeProject, pinned: Mapping[str, str]) -> Iterator[Note]:
    for use in project.images:
        if use.kind in _CANNOT:
            yield Note("override-incomplete", f"`{use.field}` stays as it is: {_CANNOT[use.kind]}", use.place)
        elif use.field not in pinned and use.pulled:
            yield Note("override-incomplete", f"`{use.field}` stays as it is: nothing is pinned for it", use.place)
