"""The name of a project."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from verifier.errors import SourceError, UsageError
from verifier.files.compose.source import Sources, interpolated
from verifier.files.compose.value import Leaf, Table
from verifier.files.compose.variables import Variable, Variables

VARIABLE = "COMPOSE_PROJECT_NAME"

_OUTSIDE = re.compile(r"[^a-z0-9_-]", re.ASCII)


def project_name(
    asked: str | None, files: Sequence[Path], directory: Path, variables: Variables, sources: Sources
) -> str:
    """The name of the project: as asked for, of the environment, of its files, or of its directory.

    Spec: Compose specification, "Name top-level element".

    Raises:
        UsageError: a name was asked for that Compose refuses.
        SourceError: no name is left.

    """
    variable = variables.get(VARIABLE)
    explicit = asked or (variable.value if variable is not None else "")
    if explicit:
        if normalized(explicit) != explicit:
            raise UsageError(
                f"`{explicit[:60]}` cannot be the name of a project",
                hint="a name has lower-case letters, digits, `-` and `_`, and starts with a letter or a digit",
            )
        return explicit
    name = normalized(_written(files, variables, sources)) or normalized(directory.name)
    if not name:
        raise SourceError("the project has no name", hint="give it one with `name:`, or --project-name")
    return name


def normalized(name: str) -> str:
    """`name` with what no name of a project has left out."""
    return _OUTSIDE.sub("", name.lower()).lstrip("_-")


def with_name(variables: Variables, name: str) -> dict[str, Variable]:
    """`variables`, with the name of the project among them, as Compose has it."""
    return {**variables, VARIABLE: Variable(name, "the name of the project")}


def _written(files: Sequence[Path], variables: Variables, sources: Sources) -> str:
    """The name that the last document with one gives; its own variables are replaced before any other's."""
    written = Table()
    for file in files:
        for document in sources.written(file):
            leaf = document.table.get("name")
            if isinstance(leaf, Leaf) and leaf.kind == "string" and leaf.text:
                written = written.having("name", leaf)
    name = interpolated(written, variables).get("name")
    return name.text if isinstance(name, Leaf) else ""
