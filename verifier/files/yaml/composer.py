"""From the syntax tree of tree-sitter to the graph of nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from verifier.errors import LimitExceeded
from verifier.files.place import Lines, Place, Span
from verifier.files.yaml import scalar
from verifier.files.yaml.node import Alias, Mapping, Node, Scalar, Sequence, Style

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode

DEPTH_LIMIT = 64
ANCHOR_LIMIT = 100
NODE_LIMIT = 100_000
"""Nodes of a document once every alias is expanded. Compose's own reader stops at as many."""

TAGS = frozenset(
    {"!reset", "!override", "!!str", "!!int", "!!bool", "!!float", "!!null", "!!map", "!!seq"},
)
"""Every tag that is read: Compose's two, and those of YAML's core schema. `!!binary` would be a second spelling
of text that no reader of the file sees, and others are ways to run code in other readers."""

_QUOTED: dict[str, Style] = {"double_quote_scalar": "double", "single_quote_scalar": "single"}
_MAPPINGS = {"block_mapping", "flow_mapping"}
_SEQUENCES = {"block_sequence", "flow_sequence"}
_PAIRS = {"block_mapping_pair", "flow_pair"}


@dataclass(slots=True)
class _Properties:
    """What stands before a node: anchor and tag."""

    anchor: str | None = None
    tag: str | None = None
    content: SyntaxNode | None = None


@dataclass(slots=True)
class Composer:
    """Composes the documents of one file.

    Attributes:
        content: the whole file; spans count its bytes.
        lines: of that file.

    """

    content: bytes
    lines: Lines
    _anchors: dict[str, Scalar | Sequence | Mapping | None] = field(default_factory=dict)
    _anchor_count: int = 0

    def document(self, syntax: SyntaxNode) -> Node | None:
        """The root of a document, or None where it is empty.

        Raises:
            SourceError: an alias without an anchor, a key given twice, an unknown tag, a bad escape.
            LimitExceeded: too deep, too many anchors, or too many nodes once every alias is expanded.

        """
        self._anchors = {}
        self._anchor_count = 0
        for child in syntax.named_children:
            if child.type in ("block_node", "flow_node"):
                return self._node(child, depth=1, indent=-1)
            if child.type in ("tag_directive", "reserved_directive"):
                self._refuse(child, "this directive changes how the rest is read, and is not accepted")
            if child.type == "yaml_directive" and self._text(child).split()[-1] != "1.1":
                self._refuse(child, "go-yaml, which Compose reads with, refuses every version of YAML but 1.1 here")
        return None

    def _node(self, syntax: SyntaxNode, *, depth: int, indent: int) -> Node:
        if depth > DEPTH_LIMIT:
            raise LimitExceeded(f"{self._place(syntax)}: nested deeper than {DEPTH_LIMIT} levels")
        properties = self._properties(syntax)
        content = properties.content
        if content is not None and content.type == "alias":
            return self._alias(content, properties)
        if properties.anchor is not None:
            self._open_anchor(properties.anchor, syntax)
        node = self._content(syntax, properties, depth=depth, indent=indent)
        if node.width > NODE_LIMIT:
            raise LimitExceeded(
                f"{node.place}: more than {NODE_LIMIT} nodes, once every alias stands for what it names",
            )
        if node.height + depth > DEPTH_LIMIT:
            raise LimitExceeded(f"{node.place}: nested deeper than {DEPTH_LIMIT} levels")
        if properties.anchor is not None and self._anchors[properties.anchor] is None:
            self._anchors[properties.anchor] = node
        return node

    def _properties(self, syntax: SyntaxNode) -> _Properties:
        found = _Properties()
        for child in syntax.named_children:
            match child.type:
                case "anchor":
                    found.anchor = self._text(child)[1:]
                case "tag":
                    found.tag = self._tag(child)
                case "comment":
                    pass
                case _:
                    found.content = child
        return found

    def _tag(self, syntax: SyntaxNode) -> str:
        tag = self._text(syntax)
        if tag not in TAGS:
            self._refuse(syntax, f"the tag `{tag[:60]}` is not one that is read here")
        return tag

    def _open_anchor(self, name: str, syntax: SyntaxNode) -> None:
        self._anchor_count += 1
        if self._anchor_count > ANCHOR_LIMIT:
            raise LimitExceeded(f"{self._place(syntax)}: more than {ANCHOR_LIMIT} anchors in one document")
        self._anchors[name] = None

    def _alias(self, syntax: SyntaxNode, properties: _Properties) -> Alias:
        name = self._text(syntax)[1:]
        if properties.anchor is not None or properties.tag is not None:
            self._refuse(syntax, "an alias has neither an anchor nor a tag of its own")
        if name not in self._anchors:
            self._refuse(syntax, f"the alias `*{name[:60]}` stands before, or without, its anchor")
        target = self._anchors[name]
        if target is None:
            self._refuse(syntax, f"the alias `*{name[:60]}` is inside of what it names")
        return Alias(name, target, self._place(syntax), target.width, target.height)

    def _content(
        self, syntax: SyntaxNode, properties: _Properties, *, depth: int, indent: int
    ) -> Scalar | Sequence | Mapping:
        content = properties.content
        if content is None:
            return self._scalar("", "plain", properties, Span(syntax.end_byte, syntax.end_byte), syntax.end_byte)
        if content.type in _MAPPINGS:
            return self._mapping(content, properties, depth=depth, indent=indent)
        if content.type in _SEQUENCES:
            return self._sequence(content, properties, depth=depth, indent=indent)
        if content.type == "block_scalar":
            return self._block_scalar(content, properties, indent)
        return self._flow_scalar(content, properties)

    def _mapping(self, syntax: SyntaxNode, properties: _Properties, *, depth: int, indent: int) -> Mapping:
        if syntax.type == "block_mapping":
            indent = self.lines.column_bytes(syntax.start_byte)
        pairs = tuple(
            self._pair(child, depth=depth + 1, indent=indent)
            for child in syntax.named_children
            if child.type != "comment"
        )
        return self._mapping_of(pairs, properties, self._place(syntax))

    def _mapping_of(self, pairs: tuple[tuple[Node, Node], ...], properties: _Properties, place: Place) -> Mapping:
        self._check_keys(pairs)
        width = 1 + sum(key.width + value.width for key, value in pairs)
        height = 1 + max((max(key.height, value.height) for key, value in pairs), default=0)
        return Mapping(pairs, properties.tag, properties.anchor, place, width, height)

    def _pair(self, syntax: SyntaxNode, *, depth: int, indent: int) -> tuple[Node, Node]:
        if syntax.type not in _PAIRS:
            return self._node(syntax, depth=depth, indent=indent), self._absent(syntax.end_byte)
        key = syntax.child_by_field_name("key")
        value = syntax.child_by_field_name("value")
        key_node = self._node(key, depth=depth, indent=indent) if key else self._absent(syntax.start_byte)
        value_node = self._node(value, depth=depth, indent=indent) if value else self._absent(syntax.end_byte)
        return key_node, value_node

    def _sequence(self, syntax: SyntaxNode, properties: _Properties, *, depth: int, indent: int) -> Sequence:
        if syntax.type == "block_sequence":
            indent = self.lines.column_bytes(syntax.start_byte)
        items = tuple(
            self._item(child, depth=depth + 1, indent=indent)
            for child in syntax.named_children
            if child.type != "comment"
        )
        width = 1 + sum(item.width for item in items)
        height = 1 + max((item.height for item in items), default=0)
        return Sequence(items, properties.tag, properties.anchor, self._place(syntax), width, height)

    def _item(self, syntax: SyntaxNode, *, depth: int, indent: int) -> Node:
        if syntax.type == "flow_pair":
            pair = self._pair(syntax, depth=depth + 1, indent=indent)
            return self._mapping_of((pair,), _Properties(), self._place(syntax))
        if syntax.type == "block_sequence_item":
            inner = next((child for child in syntax.named_children if child.type != "comment"), None)
            return self._node(inner, depth=depth, indent=indent) if inner else self._absent(syntax.end_byte)
        return self._node(syntax, depth=depth, indent=indent)

    def _check_keys(self, pairs: tuple[tuple[Node, Node], ...]) -> None:
        seen: dict[str, Place] = {}
        for key, _ in pairs:
            bare = key.target if isinstance(key, Alias) else key
            if not isinstance(bare, Scalar):
                key.place.refuse("a key is a single value, not a list or a mapping")
            if bare.text in seen:
                key.place.refuse(
                    f"the key `{bare.text[:60]}` is given twice, first at {seen[bare.text]}",
                    hint="Compose refuses a file with a key given twice: remove one of them",
                )
            seen[bare.text] = key.place

    def _flow_scalar(self, syntax: SyntaxNode, properties: _Properties) -> Scalar:
        start, end = syntax.start_byte, syntax.end_byte
        style = _QUOTED.get(syntax.type, "plain")
        if style != "plain":
            start, end = start + 1, end - 1
        raw = self.content[start:end].decode("utf-8")
        decode = {"double": scalar.double_quoted, "single": scalar.single_quoted}.get(style, scalar.plain)
        try:
            text = decode(raw)
        except scalar.BadScalar as error:
            self._refuse(syntax, str(error))
        return self._scalar(text, style, properties, Span(start, end), syntax.start_byte)

    def _block_scalar(self, syntax: SyntaxNode, properties: _Properties, indent: int) -> Scalar:
        start = syntax.start_byte
        raw = self.content[start : self._end_of_block(syntax.end_byte)].decode("utf-8")
        try:
            text, first, last = scalar.block(raw, indent)
        except scalar.BadScalar as error:
            self._refuse(syntax, str(error))
        span = Span(start + len(raw[:first].encode()), start + len(raw[:last].encode()))
        return self._scalar(text, "literal" if raw[0] == "|" else "folded", properties, span, start)

    def _end_of_block(self, end: int) -> int:
        """Behind the blank lines that follow the byte at `end`, which the tree leaves out of a block."""
        after = end
        while after < len(self.content) and self.content[after] in b" \r\n":
            after += 1
            if self.content[after - 1] in b"\r\n":
                end = after
        return len(self.content) if after == len(self.content) else end

    def _scalar(self, text: str, style: Style, properties: _Properties, span: Span, start: int) -> Scalar:
        return Scalar(text, style, properties.tag, properties.anchor, self.lines.place(start), span)

    def _absent(self, offset: int) -> Scalar:
        return Scalar("", "plain", None, None, self.lines.place(offset), Span(offset, offset))

    def _text(self, syntax: SyntaxNode) -> str:
        return self.content[syntax.start_byte : syntax.end_byte].decode("utf-8")

    def _place(self, syntax: SyntaxNode) -> Place:
        return self.lines.place(syntax.start_byte)

    def _refuse(self, syntax: SyntaxNode, message: str) -> NoReturn:
        self._place(syntax).refuse(message)
