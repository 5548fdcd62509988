"""From the events of the YAML parser to the graph of nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, NoReturn

from verifier.errors import LimitExceeded
from verifier.files.place import Place, Span, place_after
from verifier.files.yaml.node import Alias, Mapping, Node, Scalar, Sequence, Style

if TYPE_CHECKING:
    import yaml

    Collection = yaml.MappingStartEvent | yaml.SequenceStartEvent

DEPTH_LIMIT = 64
ANCHOR_LIMIT = 100
NODE_LIMIT = 100_000
"""Nodes of a document once every alias is expanded. Compose's own reader stops at as many."""

_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = {_CORE + name: f"!!{name}" for name in ("str", "int", "bool", "float", "null")}
_COMPOSE_TAGS = {"!reset": "!reset", "!override": "!override"}
# Compose's two, and those of the core schema. `!!binary` would hide a text from everyone who reads the file, and
# others are ways to run code in other readers. `!` says that a scalar is a string.
SCALAR_TAGS = {**_SCALAR_TAGS, **_COMPOSE_TAGS, "!": "!!str"}
MAPPING_TAGS = {_CORE + "map": "!!map", **_COMPOSE_TAGS}
SEQUENCE_TAGS = {_CORE + "seq": "!!seq", **_COMPOSE_TAGS}

_STYLES: dict[str, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+|$)(?:#[^\r\n]*\s*)*)*")
# PyYAML without libyaml makes one of an escape, and nothing could write it again.
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLOCK = re.compile(r"[^\r\n]*[\r\n]\s*")


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    anchor: str | None
    tag: str | None
    place: Place
    is_mapping: bool
    nodes: list[Node] = field(default_factory=list)
    keys: dict[str, Place] = field(default_factory=dict)


@dataclass(slots=True)
class Composer:
    """Composes the documents of one file, without recursion.

    Attributes:
        text: the whole file, without a byte order mark.
        file: its name in messages.
        ahead: bytes of the file before `text`.

    """

    text: str
    file: str
    ahead: int
    roots: list[Node] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _anchors: dict[str, Scalar | Sequence | Mapping | None] = field(default_factory=dict)
    _anchor_count: int = 0
    _node_count: int = 0
    _offsets: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.text.isascii():
            widths = (len(character.encode("utf-8")) for character in self.text)
            self._offsets = [0, *accumulate(widths)]

    def start_document(self, event: yaml.DocumentStartEvent) -> None:
        """A document starts: anchors of others do not count in it.

        Raises:
            SourceError: it says that it is of a version that go-yaml refuses.

        """
        if event.version is not None and event.version != (1, 1):
            self._place(event).refuse("Compose's reader refuses every version of YAML but 1.1 here")
        self._anchors = {}
        self._anchor_count = 0
        self._node_count = 0

    def start(self, event: Collection, *, is_mapping: bool) -> None:
        """A collection starts.

        Raises:
            SourceError: it is a key, or has an unknown tag.
            LimitExceeded: it is nested too deep, or has one anchor too many.

        """
        place = self._place(event)
        if len(self._open) >= DEPTH_LIMIT:
            self._too_deep(place)
        if self._expects_key():
            place.refuse("a key is a single value, not a list or a mapping")
        tag = self._tag(event.tag, MAPPING_TAGS if is_mapping else SEQUENCE_TAGS, place)
        self._open_anchor(event.anchor, place)
        self._open.append(_Open(event.anchor, tag, place, is_mapping))

    def end(self) -> None:
        """The collection that started last ends.

        Raises:
            LimitExceeded: it is too large, or too deep, once every alias is expanded.

        """
        closed = self._open.pop()
        width = 1 + sum(node.width for node in closed.nodes)
        height = 1 + max((node.height for node in closed.nodes), default=0)
        if width > NODE_LIMIT:
            self._too_many(closed.place)
        if height + len(self._open) > DEPTH_LIMIT:
            self._too_deep(closed.place)
        node: Sequence | Mapping
        if closed.is_mapping:
            pairs = tuple(zip(closed.nodes[::2], closed.nodes[1::2], strict=True))
            node = Mapping(pairs, closed.tag, closed.anchor, closed.place, width, height)
        else:
            node = Sequence(tuple(closed.nodes), closed.tag, closed.anchor, closed.place, width, height)
        self._close_anchor(node)
        self._add(node)

    def scalar(self, event: yaml.ScalarEvent) -> None:
        """A scalar.

        Raises:
            SourceError: it has an unknown tag, or is a key for the second time.
            LimitExceeded: it has one anchor too many.

        """
        tag = self._tag(event.tag, SCALAR_TAGS, self._place(event))
        style = _STYLES.get(event.style or "", "plain")
        if style == "double" and _SURROGATE.search(event.value):
            self._place(event).refuse("half of a surrogate pair is no character")
        place, span = self._value(event, style)
        node = Scalar(event.value, style, tag, event.anchor, place, span)
        self._open_anchor(event.anchor, place)
        self._close_anchor(node)
        self._add(node)

    def alias(self, event: yaml.AliasEvent) -> None:
        """A second use of a node.

        Raises:
            SourceError: there is no such node before it, or it is inside of that node.

        """
        place, name = self._place(event), event.anchor or ""
        if name not in self._anchors:
            place.refuse(f"the alias `*{name[:60]}` stands before, or without, its anchor")
        target = self._anchors[name]
        if target is None:
            place.refuse(f"the alias `*{name[:60]}` is inside of what it names")
        self._add(Alias(name, target, place, target.width, target.height))

    def _add(self, node: Node) -> None:
        self._node_count += 1
        if self._node_count > NODE_LIMIT:
            self._too_many(node.place)
        if not self._open:
            self.roots.append(node)
            return
        if self._expects_key():
            self._check_key(node, self._open[-1].keys)
        self._open[-1].nodes.append(node)

    def _expects_key(self) -> bool:
        return bool(self._open) and self._open[-1].is_mapping and len(self._open[-1].nodes) % 2 == 0

    def _check_key(self, node: Node, keys: dict[str, Place]) -> None:
        key = node.target if isinstance(node, Alias) else node
        if not isinstance(key, Scalar):
            node.place.refuse("a key is a single value, not a list or a mapping")
        if key.text in keys:
            node.place.refuse(
                f"the key `{key.text[:60]}` is given twice, first at {keys[key.text]}",
                hint="Compose refuses a file with a key given twice: remove one of them",
            )
        keys[key.text] = node.place

    def _tag(self, tag: str | None, known: Table[str, str], place: Place) -> str | None:
        if tag is None:
            return None
        if tag not in known:
            place.refuse(f"the tag `{tag.replace(_CORE, '!!')[:60]}` is not one that is read here")
        return known[tag]

    def _open_anchor(self, name: str | None, place: Place) -> None:
        if name is None:
            return
        self._anchor_count += 1
        if self._anchor_count > ANCHOR_LIMIT:
            raise LimitExceeded(f"{place}: more than {ANCHOR_LIMIT} anchors in one document")
        self._anchors[name] = None

    def _close_anchor(self, node: Scalar | Sequence | Mapping) -> None:
        # An anchor of the same name inside of this node came later, and counts.
        if node.anchor is not None and self._anchors[node.anchor] is None:
            self._anchors[node.anchor] = node

    def _value(self, event: yaml.ScalarEvent, style: Style) -> tuple[Place, Span]:
        """Where the text of a scalar starts, behind anchor and tag, and its bytes, inside of quotes."""
        assert event.start_mark is not None
        assert event.end_mark is not None
        start, end = event.start_mark.index, event.end_mark.index
        properties = _PROPERTIES.match(self.text, start, end) if event.anchor or event.tag else None
        value = properties.end() if properties else start
        place = self._place(event, behind=value - start)
        if style in ("single", "double"):
            return place, self._span(value + 1, end - 1)
        if style in ("literal", "folded"):
            header = _BLOCK.match(self.text, value, end)
            first = header.end() if header else end
            return place, self._span(first, first + len(self.text[first:end].rstrip()))
        return place, self._span(value, end)

    def _place(self, event: yaml.Event, *, behind: int = 0) -> Place:
        mark = event.start_mark
        assert mark is not None
        if not behind:
            return Place(self.file, mark.line + 1, mark.column + 1)
        skipped = place_after(self.text[mark.index : mark.index + behind], self.file)
        column = skipped.column + (mark.column if skipped.line == 1 else 0)
        return Place(self.file, mark.line + skipped.line, column)

    def _span(self, start: int, end: int) -> Span:
        if self._offsets:
            start, end = self._offsets[start], self._offsets[end]
        return Span(self.ahead + start, self.ahead + end)

    def _too_many(self, place: Place) -> NoReturn:
        raise LimitExceeded(f"{place}: more than {NODE_LIMIT} nodes, once every alias stands for what it names")

    def _too_deep(self, place: Place) -> NoReturn:
        raise LimitExceeded(f"{place}: nested deeper than {DEPTH_LIMIT} levels")
