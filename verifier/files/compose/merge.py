"""How Compose lays one file over another, for the attributes that have to do with images.

Spec: Compose specification, "Merge and override". Attributes that carry no image are taken out before (see
`shape`), so that their own rules do not appear here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NoReturn

from verifier.files.compose.document import Path
from verifier.files.compose.value import Leaf, Listing, Table, Value, identity, kind_in_words

_BY_NAME = frozenset({"args", "additional_contexts"})
"""Attributes of `build` that are mappings, or lists of `NAME=VALUE`."""


def merged(below: Value, above: Value, path: Path) -> Value:
    """`below`, with `above` laid over it.

    Raises:
        SourceError: they are of kinds that do not go together.

    """
    if _is_build(path):
        return _tables(build_table(below), build_table(above), path)
    if _is_build(path[:-1]) and path[-1] in _BY_NAME:
        return _tables(named_table(below), named_table(above), path)
    if _is_null(above):
        return below
    match below, above:
        case Table(), Table():
            return _tables(below, above, path)
        case Listing(), Listing():
            return _listings(below, above)
        case Leaf(), _:
            return above
        case _:
            return _refused(below, above, path)


def merged_tables(below: Table, above: Table) -> Table:
    """The model `below` with the model `above` laid over it.

    Raises:
        SourceError: they do not go together.

    """
    return _tables(below, above, ())


def cleared(table: Table, paths: Collection[Path]) -> Table:
    """`table` without what stands at `paths`."""
    ends = {path[0] for path in paths if len(path) == 1}
    deeper: dict[str, list[Path]] = {}
    for path in paths:
        deeper.setdefault(path[0], []).append(path[1:])
    entries: dict[str, Value] = {}
    for name, value in table.entries.items():
        if name in ends:
            continue
        goes_on = name in deeper and isinstance(value, Table)
        entries[name] = cleared(value, deeper[name]) if goes_on and isinstance(value, Table) else value
    return replace(table, entries=entries)


def build_table(value: Value) -> Table:
    """The mapping that a `build` stands for: the short form is its context."""
    match value:
        case Table():
            return value
        case Leaf(kind="string"):
            return Table({"context": value}, value.place)
        case Leaf(kind="null"):
            return Table({}, value.place)
        case _:
            return value.place.refuse(f"`build` is {kind_in_words(value)}, not a mapping or the path of its context")


def named_table(value: Value) -> Table:
    """The mapping that a list of `NAME=VALUE` stands for.

    Raises:
        SourceError: it is neither a mapping nor such a list.

    """
    if isinstance(value, Table):
        return value
    if not isinstance(value, Listing):
        value.place.refuse(f"this is {kind_in_words(value)}, not a mapping or a list of `NAME=VALUE`")
    entries: dict[str, Value] = {}
    for item in value.items:
        if not isinstance(item, Leaf) or item.kind != "string":
            item.place.refuse(f"this is {kind_in_words(item)}, not `NAME=VALUE`")
        name, equals, text = item.text.partition("=")
        entries[name] = replace(item, text=text) if equals else replace(item, kind="null", text="")
    return Table(entries, value.place)


def volume_target(volume: Value) -> str | None:
    """Where a service mounts `volume`, in its short or its long form; None if that cannot be told."""
    if isinstance(volume, Table):
        target = volume.get("target")
        return target.text if isinstance(target, Leaf) else None
    if not isinstance(volume, Leaf):
        return None
    parts = _volume_parts(volume.text)
    return parts[0] if len(parts) == 1 else parts[1]


def unique_volumes(volumes: Listing) -> Listing:
    """`volumes` with one for each target: the last one counts, in the place of the first."""
    found: dict[str, Value] = {}
    for volume in volumes.items:
        target = volume_target(volume)
        if target is None:
            volume.place.refuse("this volume does not say its `target`")
        found[target] = volume
    return replace(volumes, items=tuple(found.values()))


def _volume_parts(text: str) -> list[str]:
    # `C:\data:/data`: the colon of a drive separates nothing.
    parts: list[str] = []
    for part in text.split(":"):
        if parts and len(parts[-1]) == 1 and parts[-1].isalpha():
            parts[-1] += ":" + part
        else:
            parts.append(part)
    return parts


def _tables(below: Table, above: Table, path: Path) -> Table:
    entries = dict(below.entries)
    for name, value in above.entries.items():
        there = entries.get(name)
        entries[name] = value if there is None else merged(there, value, (*path, name))
    return Table(entries, above.place if not below.entries else below.place)


def _listings(below: Listing, above: Listing) -> Listing:
    there = {identity(item) for item in below.items}
    items = list(below.items)
    for item in above.items:
        if identity(item) not in there:
            there.add(identity(item))
            items.append(item)
    return replace(below, items=tuple(items))


def _is_build(path: Path) -> bool:
    return len(path) == 3 and path[0] in ("services", "jobs") and path[2] == "build"


def _refused(below: Value, above: Value, path: Path) -> NoReturn:
    name = ".".join(path)
    above.place.refuse(f"`{name}` is {kind_in_words(above)} here and {kind_in_words(below)} before")


def _is_null(value: Value) -> bool:
    return isinstance(value, Leaf) and value.kind == "null"
