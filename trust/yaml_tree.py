"""A YAML document as a tree of plain values, each with its place, with no type guessed for any scalar."""

from __future__ import annotations

import re
from collections.abc import Hashable

from trust.value import dataclass

# What some reader of YAML 1.1 or 1.2 takes for something else than text when it is written without quotes.
_NULL = re.compile(r"|~|null|Null|NULL", re.ASCII)
_BOOLEAN = re.compile(r"(?i:true|false|yes|no|on|off|y|n)", re.ASCII)
_NUMBER = re.compile(
    r"[-+]?(?:[0-9][0-9_]*|0x[0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|(?:[0-9][0-9_]*)?\.?[0-9_]+(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*\.(?:[eE][-+]?[0-9]+)?|\.(?i:inf))|\.(?i:nan)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a text; line and column count from 1, columns in characters."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, a number, a truth value or nothing: which of them is for the reader to say.

    Attributes:
        plain: whether it was written without quotes, so that other readers may see something else than text.

    """

    text: str
    plain: bool
    place: Place

    @property
    def kind(self) -> str:
        """What it is, for people: `text`, `a number`, `a truth value` or `nothing`."""
        if not self.plain:
            return "text"
        if _NULL.fullmatch(self.text):
            return "nothing"
        if _BOOLEAN.fullmatch(self.text):
            return "a truth value"
        return "a number" if _NUMBER.fullmatch(self.text) else "text"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place
    kind = "a list"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in their order. No key is there twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place
    kind = "a mapping"


Node = Scalar | Sequence | Mapping


def content(node: Node) -> Hashable:
    """What `node` says, wherever it stands and in whatever order its keys are: equal for equal values."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return tuple(map(content, node.items))
    return frozenset((name.text, content(value)) for name, value in node.entries)
