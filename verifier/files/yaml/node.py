"""The nodes of a YAML document. They are compared by identity: two equal texts at two places are two nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from verifier.files.place import Place, Span

Style = Literal["plain", "single", "double", "literal", "folded"]


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """Text, with what says how it is to be understood.

    Attributes:
        text: decoded: without quotes, escapes, folded lines.
        style: how it is written.
        tag: as written, such as `!!str`, or None.
        anchor: the name behind `&`, or None.
        place: of its first character, behind anchor and tag; of the quote or the `|` where there is one.
        span: the bytes that make the text: inside of the quotes, without anchor and tag. Empty where nothing
            is written.
        width: how many nodes it is once every alias is expanded.
        height: how many levels are nested in it once every alias is expanded.

    """

    text: str
    style: Style
    tag: str | None
    anchor: str | None
    place: Place
    span: Span
    width: int = 1
    height: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """Nodes in their order."""

    items: tuple[Node, ...]
    tag: str | None
    anchor: str | None
    place: Place
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Pairs of nodes in their order. No key is there twice."""

    pairs: tuple[tuple[Node, Node], ...]
    tag: str | None
    anchor: str | None
    place: Place
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Alias:
    """A second use of a node, which is the nearest one before it that has this anchor."""

    name: str
    target: Scalar | Sequence | Mapping
    place: Place
    width: int
    height: int


Node = Scalar | Sequence | Mapping | Alias


def kind(node: Node) -> str:
    """What `node` is, in words for a message."""
    match node:
        case Scalar():
            return "a single value"
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case Alias():
            return kind(node.target)
