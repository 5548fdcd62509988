"""A Compose project, from the options of the command line to its images."""

from __future__ import annotations

from verifier.files.compose.assembly import Assembler
from verifier.files.compose.discovery import selected
from verifier.files.compose.images import images_of
from verifier.files.compose.naming import project_name, with_name
from verifier.files.compose.project import ComposeProject, ProjectRequest
from verifier.files.compose.source import Sources
from verifier.files.disk import Disk


def load_project(request: ProjectRequest) -> ComposeProject:
    """The project that `request` asks for, with every image in it, also those of profiles that are not active.

    Nothing is fetched, written or run. Files that Compose would fetch are edges, and notes of the code
    `remote-file`: what they would bring is not known, so a project with one is not fully known.

    Spec: Compose specification and docker compose v5; where compose-go refuses a project, so does this. What
    has nothing to do with images is read as YAML and interpolated, and not looked at further.

    Raises:
        UsageError: there is no project, or the options cannot be carried out.
        SourceError: a file is refused; the message starts with the place.
        LimitExceeded: the project is larger than is read.

    """
    assembler = Assembler(Sources(Disk(request.directory), request.stdin))
    selection = selected(request, assembler)
    name = project_name(
        request.project_name, selection.files, selection.directory, selection.variables, assembler.sources
    )
    variables = with_name(selection.variables, name)
    model = assembler.model(selection.files, selection.directory, variables)
    if not model.entries:
        assembler.refuse_empty(selection.files)
    found = images_of(model, selection.profiles)
    sources = assembler.sources
    return ComposeProject(
        name=name,
        files=tuple(sources.files),
        images=tuple(found.images),
        edges=(*found.edges, *sources.edges),
        notes=(*found.notes, *sources.notes),
    )
