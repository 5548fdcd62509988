"""From a YAML document to a value: tags, aliases, merge keys, and the paths that `!reset` and `!override` name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from trust.value import dataclass
from verifier.files.compose.value import Kind, Leaf, Listing, Table, Value, plain_kind
from verifier.files.yaml.node import Alias, Mapping, Node, Scalar, Sequence

Path = tuple[str, ...]

_MERGE_KEY = "<<"
_TAGGED_KINDS: dict[str, Kind] = {
    "!!str": "string",
    "!!int": "number",
    "!!float": "number",
    "!!bool": "boolean",
    "!!null": "null",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a Compose file.

    Attributes:
        table: what it says.
        cleared: paths at which everything that was there before is dropped.

    """

    table: Table
    cleared: tuple[Path, ...]


def read_document(root: Node) -> Document:
    """The Compose document with this `root`.

    Spec: Compose specification, "Fragments" and "Merge and override" (`!reset`, `!override`).

    Raises:
        SourceError: it is no mapping with strings for keys, or a merge key that merges no mapping.

    """
    if isinstance(root, Scalar) and _scalar_kind(root) == "null":
        root.place.refuse("the document is empty: a Compose file is a mapping")
    if not isinstance(root, Mapping) or root.tag in ("!reset", "!override"):
        root.place.refuse("a Compose file is a mapping with `services`")
    reader = _Reader()
    value = reader.value(root, (), ())
    if not isinstance(value, Table):
        root.place.refuse("a Compose file is a mapping with `services`")
    return Document(value, tuple(reader.cleared))


@dataclass(slots=True)
class _Reader:
    cleared: list[Path] = field(default_factory=list)
    _inside_override: bool = False

    def value(self, node: Node, path: Path, how: tuple[str, ...]) -> Value | None:
        """What `node` at `path` stands for; None where it is reset."""
        if isinstance(node, Alias):
            anchored = f"alias of &{node.name} ({node.target.place})"
            return self.value(node.target, path, (*how, anchored))
        if node.tag == "!reset" and not self._inside_override:
            self.cleared.append(path)
            return None
        if node.tag == "!override" and not self._inside_override:
            self.cleared.append(path)
            return self._override(node, path, how)
        return self._plain(node, path, how)

    def _override(self, node: Scalar | Sequence | Mapping, path: Path, how: tuple[str, ...]) -> Value:
        # Compose does not look for its tags inside of what overrides.
        self._inside_override = True
        try:
            return self._plain(node, path, how)
        finally:
            self._inside_override = False

    def _plain(self, node: Scalar | Sequence | Mapping, path: Path, how: tuple[str, ...]) -> Value:
        match node:
            case Scalar():
                return Leaf(_scalar_kind(node), node.text, node.place, how)
            case Sequence():
                items = (self.value(item, (*path, str(at)), how) for at, item in enumerate(node.items))
                return Listing(tuple(item for item in items if item is not None), node.place)
            case Mapping():
                return self._table(node, path, how)

    def _table(self, node: Mapping, path: Path, how: tuple[str, ...]) -> Table:
        entries: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key, value in node.pairs:
            if _is_merge_key(key):
                for source in _sources(value):
                    for name, one in self._merge(source, path, how).items():
                        merged.setdefault(name, one)
                continue
            name = _name(key)
            one_value = self.value(value, (*path, name), how)
            if one_value is not None:
                entries[name] = one_value
        return Table({**merged, **entries}, node.place)

    def _merge(self, source: Node, path: Path, how: tuple[str, ...]) -> dict[str, Value]:
        target = source.target if isinstance(source, Alias) else source
        step = f"merged by << from {_named(source)}"
        if not isinstance(target, Mapping):
            source.place.refuse("`<<` merges a mapping, or a list of mappings")
        # Compose drops the `<<` from the path that a `!reset` inside names, except at the top of the file.
        table = self._table(target, path or (_MERGE_KEY,), (*how, step))
        return dict(table.entries)


def _sources(value: Node) -> Iterator[Node]:
    bare = value.target if isinstance(value, Alias) else value
    if isinstance(bare, Sequence):
        yield from bare.items
    else:
        yield value


def _named(source: Node) -> str:
    return f"&{source.name} ({source.target.place})" if isinstance(source, Alias) else str(source.place)


def _is_merge_key(key: Node) -> bool:
    return isinstance(key, Scalar) and key.text == _MERGE_KEY and key.style == "plain" and key.tag is None


def _name(key: Node) -> str:
    bare = key.target if isinstance(key, Alias) else key
    if not isinstance(bare, Scalar) or _scalar_kind(bare) != "string":
        key.place.refuse("this key is not a string", hint="put quotes around it")
    return bare.text


def _scalar_kind(node: Scalar) -> Kind:
    if node.tag in _TAGGED_KINDS:
        return _TAGGED_KINDS[node.tag]
    return plain_kind(node.text) if node.style == "plain" else "string"
