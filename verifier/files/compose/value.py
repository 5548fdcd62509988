"""The model of a Compose file while it is put together: plain values that know where they come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Literal

from trust.value import dataclass
from verifier.files.place import Place

Kind = Literal["string", "null", "boolean", "number", "date"]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})
_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+"
    r"|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)",
    re.ASCII,
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]| +)[0-9:.]+(?:Z|[-+][0-9:]+)?)?", re.ASCII)
_NOT_A_NUMBER = frozenset(f"{sign}.{word}" for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")) | {
    ".nan",
    ".NaN",
    ".NAN",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value.

    Attributes:
        kind: what Compose takes it for.
        text: as written, or as interpolated.
        place: of the scalar that it was written as.
        how: how it got from there to here, for people.
        unset: the variables without a value that it was interpolated with.

    """

    kind: Kind
    text: str
    place: Place
    how: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Values in their order."""

    items: tuple[Value, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """Values by their names."""

    entries: Mapping[str, Value] = field(default_factory=dict)
    place: Place = field(default_factory=lambda: Place("", 1, 1))

    def get(self, name: str) -> Value | None:
        """The value of `name`; None where there is none."""
        return self.entries.get(name)

    def without(self, *names: str) -> Table:
        """This table, without `names`."""
        return replace(self, entries={key: one for key, one in self.entries.items() if key not in names})

    def having(self, name: str, value: Value) -> Table:
        """This table, with `value` for `name`."""
        return replace(self, entries={**self.entries, name: value})


Value = Leaf | Listing | Table


def plain_kind(text: str) -> Kind:
    """What go-yaml takes the plain scalar `text` for.

    Spec: YAML 1.2.2, 10.3 "Core Schema", with what go-yaml keeps from 1.1: dates, `_` in numbers, `0b`. `yes`
    and `on` are strings.
    """
    if text in _NULLS:
        return "null"
    if text in _BOOLEANS:
        return "boolean"
    if _DATE.fullmatch(text):
        return "date"
    number = text.replace("_", "") if text[0] in "+-.0123456789" else text
    return "number" if _NUMBER.fullmatch(number) or text in _NOT_A_NUMBER else "string"


def kind_in_words(value: Value | None) -> str:
    """What `value` is, in words for a message."""
    match value:
        case None:
            return "missing"
        case Leaf():
            return "empty" if value.kind == "null" else f"a {value.kind}"
        case Listing():
            return "a list"
        case Table():
            return "a mapping"


def mapped(value: Value, change: Callable[[Leaf], Leaf]) -> Value:
    """`value` with every leaf changed."""
    match value:
        case Leaf():
            return change(value)
        case Listing():
            return replace(value, items=tuple(mapped(item, change) for item in value.items))
        case Table():
            return replace(value, entries={key: mapped(one, change) for key, one in value.entries.items()})


def reached(value: Value, step: str) -> Value:
    """`value` with `step` added to how every leaf got here."""
    return mapped(value, lambda leaf: replace(leaf, how=(*leaf.how, step)))


def identity(value: Value) -> object:
    """What is equal for equal values, wherever they stand."""
    match value:
        case Leaf():
            return value.kind, value.text
        case Listing():
            return tuple(identity(item) for item in value.items)
        case Table():
            return frozenset((key, identity(one)) for key, one in value.entries.items())


def size(value: Value) -> int:
    """How many values `value` is made of."""
    match value:
        case Leaf():
            return 1
        case Listing():
            return 1 + sum(size(item) for item in value.items)
        case Table():
            return 1 + sum(size(one) for one in value.entries.values())
