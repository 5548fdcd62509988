"""`include`: other projects that become part of this one."""

from __future__ import annotations

from collections.abc import Collection

from trust.value import dataclass
from verifier.files.compose.document import Path as ModelPath
from verifier.files.compose.merge import cleared, merged
from verifier.files.compose.shape import SECTIONS, string, strings, table
from verifier.files.compose.value import Leaf, Listing, Table, Value, kind_in_words
from verifier.files.place import Place

_ATTRIBUTES = frozenset({"env_file", "path", "project_directory"})


@dataclass(frozen=True, slots=True)
class Include:
    """One entry of `include`.

    Attributes:
        paths: of the files; the first is the project, the others are laid over it.
        project_directory: that relative paths in them start from, or None for the directory of the first.
        env_files: that its variables come from; empty for the `.env` beside it.
        place: of the entry.

    """

    paths: tuple[Leaf, ...]
    project_directory: Leaf | None
    env_files: tuple[Leaf, ...]
    place: Place


def parsed_includes(value: Value | None) -> tuple[Include, ...]:
    """The entries of `include`, which may be absent.

    Raises:
        SourceError: it is no list of paths or mappings.

    """
    if value is None or (isinstance(value, Leaf) and value.kind == "null"):
        return ()
    if not isinstance(value, Listing):
        value.place.refuse(f"`include` is {kind_in_words(value)}, not a list")
    return tuple(_parsed(item) for item in value.items)


def with_imported(target: Table, imported: Table, paths: Collection[ModelPath]) -> Table:
    """`target` with what is `imported`. What both have is laid over what is imported.

    Args:
        target: the document that includes.
        imported: the model of the included project.
        paths: that the document clears.

    Raises:
        SourceError: they do not go together.

    """
    for section in (*SECTIONS, "models"):
        source = imported.get(section)
        if source is None:
            continue
        there = target.get(section)
        entries = dict(table(there, section).entries) if there is not None else {}
        for name, value in table(source, section).entries.items():
            entries[name] = _joined(entries.get(name), value, (section, name), paths)
        target = target.having(section, Table(entries, source.place if there is None else there.place))
    return target


def _joined(local: Value | None, imported: Value, path: ModelPath, paths: Collection[ModelPath]) -> Value:
    if local is None:
        return imported
    kept = cleared(Table({path[0]: Table({path[1]: imported})}), paths)
    below = table(kept.entries[path[0]], path[0]).get(path[1])
    return local if below is None else merged(below, local, path)


def _parsed(item: Value) -> Include:
    if isinstance(item, Leaf):
        return Include((string(item, "include"),), None, (), item.place)
    long = table(item, "include")
    for name in long.entries.keys() - _ATTRIBUTES:
        long.entries[name].place.refuse(f"`include` has no attribute `{name[:60]}`")
    paths = _string_or_list(long.get("path"), "include.path")
    if not paths:
        long.place.refuse("`include` does not say its `path`")
    env_files = _string_or_list(long.get("env_file"), "include.env_file")
    return Include(paths, _directory(long.get("project_directory")), env_files, long.place)


def _directory(value: Value | None) -> Leaf | None:
    directory = None if value is None else string(value, "include.project_directory")
    return directory if directory is not None and directory.text else None


def _string_or_list(value: Value | None, what: str) -> tuple[Leaf, ...]:
    if value is None:
        return ()
    return (string(value, what),) if isinstance(value, Leaf) else strings(value, what)
