"""YAML text → tree, strictly: one document, no tags, no merge keys, no key twice, and within limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from typing import NoReturn, cast

import yaml

from trust.errors import PolicyError
from trust.value import dataclass
from trust.yaml_tree import Mapping, Node, Place, Scalar, Sequence

SIZE_LIMIT_BYTES = 1024 * 1024
DEPTH_LIMIT = 64
ANCHOR_LIMIT = 100
NODE_LIMIT = 100_000
"""Nodes after every alias was expanded, so that a few lines cannot stand for millions."""

# Some readers end a line, and so a comment, at these characters, and some editors hide or reorder text by them:
# what a reviewer saw would not be what is enforced.
_HIDING = re.compile("[\u0085\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\r(?!\n)")

_SURROGATE = re.compile("[\ud800-\udfff]")

# libyaml is some thirty times faster; wheels of PyYAML have it, builds from source perhaps not.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(content: bytes, name: str, *, loader: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = _LOADER) -> Node:
    """The one document in `content`, which is called `name` in errors.

    The parser's events are composed here, because its own composer expands aliases without a limit, keeps the
    last of two equal keys, recurses as deep as the text does, and forgets which tags were written.

    Raises:
        PolicyError: the text is not such a document.

    """
    text = _text(content, name)
    try:
        return _Composer(name, yaml.parse(text, Loader=loader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise PolicyError(f"{name}:{place}: this is not YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        raise PolicyError(
            f"{name}:{_place(text, int(error.position))}: this is not YAML: it has a control character"
        ) from error
    except (ValueError, ArithmeticError) as error:  # from the parser without libyaml, for numbers that are too large
        raise PolicyError(f"{name}:1:1: this is not YAML: {error}") from error


def _text(content: bytes, name: str) -> str:
    if len(content) > SIZE_LIMIT_BYTES:
        raise PolicyError(f"{name}:1:1: the file is larger than {SIZE_LIMIT_BYTES // 1024} KiB")
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        raise PolicyError(f"{name}:{_place(before, len(before))}: the file is not UTF-8") from error
    hiding = _HIDING.search(text)
    if hiding is not None:
        raise PolicyError(
            f"{name}:{_place(text, hiding.start())}: the character U+{ord(hiding[0]):04X} can hide text from a reader",
            hint="remove it; end lines with LF or CRLF",
        )
    return text


def _place(text: str, position: int) -> Place:
    before = text[:position]
    return Place(before.count("\n") + 1, position - before.rfind("\n"))


_Opening = yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an anchor names, and how many values and levels each alias to it adds."""

    node: Node
    size: int
    height: int


@dataclass(slots=True)
class _Composer:
    """Composes one document from events, counting what it makes."""

    name: str
    events: Iterator[yaml.Event]
    anchors: dict[str, _Anchored] = field(default_factory=dict)
    open_anchors: set[str] = field(default_factory=set)
    nodes: int = 0

    def document(self) -> Node:
        """The root of the only document."""
        next(self.events)  # the stream starts
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise PolicyError(f"{self.name}:1:1: the file is empty")
        root = self._node(next(self.events), 1)
        next(self.events)  # the document ends
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            self._refuse(event, "a second document starts here, and only one is read")
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, str(event.anchor), depth)
        opening = cast("_Opening", event)  # by YAML's grammar
        if opening.tag is not None:
            self._refuse(event, f"the tag `{opening.tag[:100]}` is not read", hint="write the value without it")
        if opening.anchor is not None:
            return self._anchored(opening, opening.anchor, depth)
        return self._plain_node(opening, depth)

    def _plain_node(self, event: _Opening, depth: int) -> Node:
        self._count(event, 1, depth)
        if isinstance(event, yaml.ScalarEvent):
            if _SURROGATE.search(event.value):
                self._refuse(event, "the text has half of a character")
            return Scalar(event.value, bool(event.implicit[0]), _start(event))
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(tuple(self._items(depth)), _start(event))
        return Mapping(tuple(self._entries(depth)), _start(event))

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> Iterator[tuple[Scalar, Node]]:
        seen: dict[str, Place] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                self._refuse(event, f"a key is text, and this is {key.kind}")
            if key.plain and key.text == "<<":
                self._refuse(event, "merge keys (`<<`) are not read", hint="write the keys out")
            if key.text in seen:
                self._refuse(event, f"the key `{key.text[:100]}` is here twice, first in line {seen[key.text].line}")
            seen[key.text] = _start(event)
            yield key, self._node(next(self.events), depth + 1)

    def _anchored(self, event: _Opening, anchor: str, depth: int) -> Node:
        if anchor in self.anchors or anchor in self.open_anchors:
            self._refuse(event, f"the anchor `{anchor[:100]}` is defined twice")
        if len(self.anchors) + len(self.open_anchors) == ANCHOR_LIMIT:
            self._refuse(event, f"there are more than {ANCHOR_LIMIT} anchors")
        self.open_anchors.add(anchor)
        before = self.nodes
        node = self._plain_node(event, depth)
        self.open_anchors.remove(anchor)
        self.anchors[anchor] = _Anchored(node, self.nodes - before, _height(node))
        return node

    def _alias(self, event: yaml.Event, anchor: str, depth: int) -> Node:
        if anchor in self.open_anchors:
            self._refuse(event, f"`*{anchor[:100]}` stands within what it names")
        if anchor not in self.anchors:
            self._refuse(event, f"`*{anchor[:100]}` names no anchor before it")
        found = self.anchors[anchor]
        self._count(event, found.size, depth + found.height - 1)
        return found.node

    def _count(self, event: yaml.Event, nodes: int, depth: int) -> None:
        self.nodes += nodes
        if self.nodes > NODE_LIMIT:
            self._refuse(event, f"there are more than {NODE_LIMIT:,} values, aliases expanded")
        if depth > DEPTH_LIMIT:
            self._refuse(event, f"values are nested more than {DEPTH_LIMIT} deep")

    def _refuse(self, event: yaml.Event, why: str, *, hint: str | None = None) -> NoReturn:
        raise PolicyError(f"{self.name}:{_start(event)}: {why}", hint=hint)


def _start(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)


def _height(node: Node) -> int:
    if isinstance(node, Scalar):
        return 1
    inside = node.items if isinstance(node, Sequence) else tuple(part for entry in node.entries for part in entry)
    return 1 + max(map(_height, inside), default=0)
