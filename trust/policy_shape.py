"""What values a policy file is made of: each shape reads a node strictly and describes itself as JSON Schema.

The reader and the published schema are two faces of the same objects, so they cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import Enum
from typing import Generic, Protocol, TypeVar

from trust.policy_where import Read, T, Where, did_you_mean, wrong_kind
from trust.value import dataclass
from trust.yaml_tree import Mapping as MappingNode
from trust.yaml_tree import Node, Scalar, Sequence, content

Schema = dict[str, object]
T_co = TypeVar("T_co", covariant=True)
Word = TypeVar("Word", bound=Enum)


class Shape(Protocol[T_co]):
    """What a value of the policy looks like."""

    def read(self, node: Node, where: Where) -> T_co:
        """The value of `node`, which stands at `where`.

        Raises:
            PolicyError: it has another shape.

        """

    def schema(self) -> Schema:
        """This shape in JSON Schema 2020-12. It says nothing that `read` does not enforce."""


@dataclass(frozen=True, slots=True)
class Text(Generic[T]):
    """Text, which means what `parse` makes of it.

    Attributes:
        what: what it is, for people: `a digest`.
        parse: raises an error of ours for text that it does not take.
        expression: what `parse` takes at least, as a regular expression both JavaScript and Python know.

    """

    what: str
    parse: Callable[[str], T]
    expression: str | None = None

    def read(self, node: Node, where: Where) -> T:
        """The meaning of the text."""
        return _meaning(self.parse, node, where, self.what)

    def schema(self) -> Schema:
        """A string."""
        pattern: Schema = {} if self.expression is None else {"pattern": self.expression}
        return {"type": "string", "minLength": 1, **pattern}


def _meaning(parse: Callable[[str], T], node: Node, where: Where, what: str) -> T:
    if not isinstance(node, Scalar):
        raise wrong_kind(node, where, what)
    if node.kind == "nothing":
        raise wrong_kind(node, where, what)
    if node.kind != "text":
        raise where.error(
            f"`{node.text}` without quotes is {node.kind}, and {what} is text", hint=f'write `"{node.text}"`'
        )
    if not node.text.strip():
        raise where.error(f"{what} is needed, and the text is empty")
    with where.placed():
        return parse(node.text)


@dataclass(frozen=True, slots=True)
class Choice(Generic[Word]):
    """One of a closed set of words, which are the values of `kind`."""

    kind: type[Word]

    def read(self, node: Node, where: Where) -> Word:
        """The member that the word names."""
        words = [str(member.value) for member in self.kind]
        listed = " or ".join(f"`{word}`" for word in words)
        if not isinstance(node, Scalar) or node.text not in words:
            shown = f"`{node.text[:100]}`" if isinstance(node, Scalar) and node.text else node.kind
            hint = did_you_mean(node.text, words) if isinstance(node, Scalar) else None
            raise where.error(f"this is {shown}, and must be {listed}", hint=hint)
        return self.kind(node.text)

    def schema(self) -> Schema:
        """An enumeration."""
        return {"enum": [member.value for member in self.kind]}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds, in decimal digits."""

    minimum: int
    maximum: int

    def read(self, node: Node, where: Where) -> int:
        """The number."""
        bounds = f"{self.minimum}" if self.minimum == self.maximum else f"{self.minimum} to {self.maximum}"
        if not isinstance(node, Scalar) or not node.plain or not (node.text.isascii() and node.text.isdigit()):
            shown = f"`{node.text[:100]}`" if isinstance(node, Scalar) and node.plain and node.text else node.kind
            raise where.error(f"this is {shown}, and must be a whole number: {bounds}")
        if str(int(node.text[:9])) != node.text or not self.minimum <= int(node.text) <= self.maximum:
            raise where.error(f"this is `{node.text[:100]}`, and must be {bounds}")
        return int(node.text)

    def schema(self) -> Schema:
        """An integer."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True)
class ListOf(Generic[T]):
    """A list with at least one item, and none of them twice."""

    item: Shape[T]

    def read(self, node: Node, where: Where) -> tuple[Read[T], ...]:
        """The items, each with its place."""
        if not isinstance(node, Sequence):
            raise wrong_kind(node, where, "a list")
        if not node.items:
            raise where.error("the list is empty", hint="name at least one, or leave the key out")
        seen: set[Hashable] = set()
        for index, item in enumerate(node.items):
            written = content(item)
            if written in seen:
                shown = f"`{item.text[:100]}`" if isinstance(item, Scalar) else "the same"
                raise where.item(index, item).error(f"{shown} is listed twice")
            seen.add(written)
        places = [where.item(index, item) for index, item in enumerate(node.items)]
        return tuple(Read(self.item.read(item, place), place) for item, place in zip(node.items, places, strict=True))

    def schema(self) -> Schema:
        """An array."""
        return {"type": "array", "items": self.item.schema(), "minItems": 1, "uniqueItems": True}


@dataclass(frozen=True, slots=True)
class OneOrMore(Generic[T]):
    """One value, or a list of them."""

    item: Shape[T]

    def read(self, node: Node, where: Where) -> tuple[Read[T], ...]:
        """The values, each with its place."""
        if isinstance(node, Sequence):
            return ListOf(self.item).read(node, where)
        return (Read(self.item.read(node, where), where),)

    def schema(self) -> Schema:
        """Either of the two."""
        return {"anyOf": [self.item.schema(), ListOf(self.item).schema()]}


@dataclass(frozen=True, slots=True)
class MapOf(Generic[T]):
    """Names of the policy's own choosing, each with a value; at least one."""

    name: Text[str]
    value: Shape[T]

    def read(self, node: Node, where: Where) -> dict[str, Read[T]]:
        """The values by name, in their order."""
        if not isinstance(node, MappingNode):
            raise wrong_kind(node, where, "a mapping")
        if not node.entries:
            raise where.error("the mapping is empty", hint="name at least one, or leave the key out")
        found: dict[str, Read[T]] = {}
        for name, value in node.entries:
            read = self.name.read(name, where.at(name))
            place = where.key(read, value)
            found[read] = Read(self.value.read(value, place), place)
        return found

    def schema(self) -> Schema:
        """An object with names of one form."""
        return {
            "type": "object",
            "minProperties": 1,
            "propertyNames": self.name.schema(),
            "additionalProperties": self.value.schema(),
        }
