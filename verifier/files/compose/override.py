"""An override file that pins what was verified: `docker compose -f compose.yaml -f compose.verified.yaml up`.

Spec: Compose specification, "Merge and override": a single value of a later file takes the place of an earlier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trust.value import dataclass
from verifier.errors import BadReference, UsageError
from verifier.files.compose.project import ComposeProject, ImageKind
from verifier.files.compose.shape import SECTIONS
from verifier.reference import Reference

OVERRIDE_HEADER = (
    "# Written by imgtrust: the images of this project as they were verified.\n"
    "# It counts when it is the last file: docker compose -f compose.yaml -f compose.verified.yaml up\n"
)
"""With which every such file starts, so that a file of somebody else is known as one."""

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
        warnings: what it leaves as it is, and why, for people.

    """

    text: str
    warnings: tuple[str, ...]


def write_override(project: ComposeProject, pinned: Mapping[str, str]) -> Override:
    """The override file that gives services and jobs of `project` their `pinned` images.

    Args:
        project: that it is laid over.
        pinned: by the name of the service or job, the reference with its digest.

    Raises:
        BadReference: what is pinned is no reference with a digest.
        UsageError: a service is pinned that is none of the project, or has no image.

    """
    uses = {use.service: use for use in project.images if use.kind is ImageKind.IMAGE}
    unknown = sorted(pinned.keys() - uses.keys())
    if unknown:
        raise UsageError(f"the project has no service with an image that is called `{unknown[0][:60]}`")
    lines = [OVERRIDE_HEADER]
    for section in SECTIONS:
        chosen = [name for name, use in uses.items() if name in pinned and use.field.startswith(f"{section}.")]
        if chosen:
            lines.append(f"{section}:\n")
            lines += [_entry(name, pinned[name]) for name in chosen if name is not None]
    if len(lines) == 1:
        lines.append("services: {}\n")
    return Override("".join(lines), tuple(_left(project, pinned)))


def _entry(service: str, text: str) -> str:
    reference = Reference.parse(text)
    if reference.digest is None:
        raise BadReference(f"`{reference}` has no digest, so it would pin nothing")
    # Names of services are letters, digits, `.`, `_` and `-`: quoted, so that `on`, `1` or `1.5` stay names.
    return f'  "{service}":\n    image: "{reference}"\n'


def _left(project: ComposeProject, pinned: Mapping[str, str]) -> Iterator[str]:
    for use in project.images:
        if use.kind in _CANNOT:
            yield f"{use.place}: `{use.field}` stays as it is: {_CANNOT[use.kind]}"
        elif use.service not in pinned and use.pulled:
            yield f"{use.place}: `{use.field}` stays as it is: nothing is pinned for it"
