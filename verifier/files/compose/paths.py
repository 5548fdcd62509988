"""Paths in a Compose model."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from verifier.files.compose.merge import build_table
from verifier.files.compose.shape import SECTIONS
from verifier.files.compose.value import Leaf, Table

_REMOTE_CONTEXTS = ("https://", "http://", "git://", "ssh://", "github.com/", "git@", "service:")


def joined(directory: Path, path: str) -> Path:
    """`path`, from `directory` where it is relative. `..` goes up by name, as in Go."""
    return Path(os.path.normpath(directory / path)) if "\0" not in path else directory / "\ufffd"


def is_remote_context(text: str) -> bool:
    """Whether the context of a build is something else than a directory here."""
    return "://" in text or text.startswith(_REMOTE_CONTEXTS)


def with_paths(model: Table, directory: Path) -> Table:
    """`model` with the contexts of its builds made absolute, from `directory`."""
    for section in SECTIONS:
        containers = model.get(section)
        if not isinstance(containers, Table):
            continue
        entries = {
            name: _with_context(one, directory) if isinstance(one, Table) else one
            for name, one in containers.entries.items()
        }
        model = model.having(section, replace(containers, entries=entries))
    return model


def _with_context(container: Table, directory: Path) -> Table:
    build = container.get("build")
    if build is None:
        return container
    builds = build_table(build)
    context = builds.get("context")
    if not isinstance(context, Leaf) or not context.text or is_remote_context(context.text):
        return container.having("build", builds)
    absolute = replace(context, text=str(joined(directory, context.text)))
    return container.having("build", builds.having("context", absolute))
