"""What values a policy file is made of: each shape reads a node strictly and describes itself as JSON Schema.

The reader and the published schema are two faces of the same objects, so they cannot drift apart.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Generic, Protocol, TypeVar, cast

from trust.errors import ImgtrustError, PolicyError, TrustRootError
from trust.yaml_tree import Mapping as MappingNode
from trust.yaml_tree import Node, Place, Scalar, Sequence

NOT_SUPPORTED_YET: Mapping[str, str] = {
    "identities": "identities of certificates",
    "identity": "identities of certificates",
    "trusted_roots": "trusted roots",
    "root": "trusted roots",
    "certificate": "keys in certificates",
    "provenance": "requirements on provenance",
    "attestations": "requirements on attestations",
    "sbom": "requirements on SBOMs",
    "vulnerabilities": "requirements on vulnerability scans",
    "max_age": "requirements on the age of evidence",
    "extends": "policies that extend others",
    "exceptions": "exceptions",
    "starts": "rules that start on a day",
    "unlogged": "leave to be in no log",
    "log": "requirements on transparency logs",
    "time": "requirements on timestamps",
    "distinct": "requirements on distinct signers across requirements",
    "all_of": "nested requirements",
    "any_of": "nested requirements",
    "regex": "regular expressions",
}
"""Keys that the design has and this version does not: refused by name wherever they stand, never ignored."""

Schema = dict[str, object]
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Where:
    """Where the reader is: the file, the path of keys, the place in the text."""

    file: str
    path: str
    place: Place

    def key(self, name: str, node: Node) -> Where:
        """The place of `node`, which is the value of the key `name` here."""
        return Where(self.file, f"{self.path}.{name}" if self.path else name, node.place)

    def item(self, index: int, node: Node) -> Where:
        """The place of `node`, which is the item `index` here."""
        return Where(self.file, f"{self.path}[{index}]", node.place)

    def at(self, node: Node) -> Where:
        """The place of `node`, still by the path of the keys here: for the name of a key within it."""
        return replace(self, place=node.place)

    def error(self, why: str, *, hint: str | None = None) -> PolicyError:
        """An error with this place, ready to be raised."""
        return PolicyError(self._placed(why), hint=hint)

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Gives errors of constructors, which know no file, their place here.

        Raises:
            TrustRootError: the error within was one.
            PolicyError: the error within was any other of ours.

        """
        try:
            yield
        except TrustRootError as error:
            raise TrustRootError(self._placed(error.message), hint=error.hint) from error
        except ImgtrustError as error:
            raise self.error(error.message, hint=error.hint) from error

    def _placed(self, why: str) -> str:
        return f"{self.file}:{self.place}: " + (f"`{self.path}`: {why}" if self.path else why)


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A value with the place where it was read."""

    value: T
    where: Where


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
        raise _wrong(node, where, what)
    if node.kind == "nothing":
        raise _wrong(node, where, what)
    if node.kind != "text":
        raise where.error(
            f"`{node.text}` without quotes is {node.kind}, and {what} is text", hint=f'write `"{node.text}"`'
        )
    if not node.text.strip():
        raise where.error(f"{what} is needed, and the text is empty")
    with where.placed():
        return parse(node.text)


E_ = TypeVar("E_", bound=Enum)


@dataclass(frozen=True, slots=True)
class Choice(Generic[E_]):
    """One of a closed set of words, which are the values of `kind`."""

    kind: type[E_]

    def read(self, node: Node, where: Where) -> E_:
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
            raise _wrong(node, where, "a list")
        if not node.items:
            raise where.error("the list is empty", hint="name at least one, or leave the key out")
        seen: set[str] = set()
        for index, item in enumerate(node.items):
            if isinstance(item, Scalar) and item.text in seen:
                raise where.item(index, item).error(f"`{item.text[:100]}` is listed twice")
            seen |= {item.text} if isinstance(item, Scalar) else set()
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
            raise _wrong(node, where, "a mapping")
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


@dataclass(frozen=True, slots=True)
class Key(Generic[T_co]):
    """One key of a mapping whose keys are fixed.

    Attributes:
        description: what it means, in one or two sentences.
        default: what leaving it out means, where that is a value of its own.
        required: whether it must be there.

    """

    name: str
    shape: Shape[T_co]
    description: str
    default: str | int | None = None
    required: bool = False

    def schema(self) -> Schema:
        """The shape, with what it is for."""
        default: Schema = {} if self.default is None else {"default": self.default}
        return {"description": self.description, **default, **self.shape.schema()}


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of a mapping whose keys are fixed, as far as they are there."""

    where: Where
    values: Mapping[str, Read[object]]

    def get(self, key: Key[T]) -> T | None:
        """The value of `key`, or None if it is not there."""
        read = self.values.get(key.name)
        return None if read is None else cast("T", read.value)

    def need(self, key: Key[T]) -> T:
        """The value of `key`, which is a required one."""
        return cast("T", self.values[key.name].value)

    def at(self, key: Key[T]) -> Where:
        """The place of the value of `key`; of the whole mapping if it is not there."""
        read = self.values.get(key.name)
        return self.where if read is None else read.where


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping whose keys are fixed.

    Attributes:
        exactly_one: keys of which one must be there, and not two; may be empty.
        at_least_one: keys of which one must be there; may be empty.
        first: a key that is read before the others, wherever it stands, because it says what they mean.

    """

    keys: tuple[Key[object], ...]
    exactly_one: tuple[str, ...] = ()
    at_least_one: tuple[str, ...] = ()
    first: str = ""
    names: Mapping[str, Key[object]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", {key.name: key for key in self.keys})

    def read(self, node: Node, where: Where) -> Fields:
        """The values, every key known and every required one there."""
        if not isinstance(node, MappingNode):
            raise _wrong(node, where, "a mapping")
        values: dict[str, Read[object]] = {}
        for name, value in sorted(node.entries, key=lambda entry: entry[0].text != self.first):
            key = self.names.get(name.text)
            if key is None:
                raise self._unknown(name, where)
            place = where.key(name.text, value)
            values[key.name] = Read(key.shape.read(value, place), place)
        self._check_present(values, where)
        return Fields(where, values)

    def _unknown(self, name: Scalar, where: Where) -> PolicyError:
        unsupported = _not_supported(name, where)
        if unsupported is not None:
            return unsupported
        known = ", ".join(f"`{one}`" for one in self.names)
        hint = did_you_mean(name.text, self.names) or f"known here: {known}"
        return where.at(name).error(f"there is no key `{name.text[:100]}`", hint=hint)

    def _check_present(self, values: Mapping[str, object], where: Where) -> None:
        for key in self.keys:
            if key.required and key.name not in values:
                raise where.error(f"the key `{key.name}` is missing", hint=key.description)
        one = [name for name in self.exactly_one if name in values]
        if self.exactly_one and len(one) != 1:
            listed = ", ".join(f"`{name}`" for name in self.exactly_one)
            raise where.error(f"exactly one of {listed} is needed, and {len(one)} are here")
        if self.at_least_one and not any(name in values for name in self.at_least_one):
            raise where.error(f"one of {', '.join(f'`{name}`' for name in self.at_least_one)} is needed")

    def schema(self) -> Schema:
        """An object with these properties and no other."""
        required = [key.name for key in self.keys if key.required]
        one: Schema = {"oneOf": [{"required": [name]} for name in self.exactly_one]} if self.exactly_one else {}
        some: Schema = {"anyOf": [{"required": [name]} for name in self.at_least_one]} if self.at_least_one else {}
        return {
            "type": "object",
            "properties": {key.name: key.schema() for key in self.keys},
            "required": required,
            "additionalProperties": False,
            **one,
            **some,
        }


def _wrong(node: Node, where: Where, wanted: str) -> PolicyError:
    if isinstance(node, MappingNode):
        for name, _ in node.entries:
            unsupported = _not_supported(name, where)
            if unsupported is not None:
                return unsupported
    if node.kind == "nothing":
        return where.error(f"nothing is here, and {wanted} is needed")
    shown = f"{node.kind}, `{node.text[:100]}`" if isinstance(node, Scalar) else node.kind
    return where.error(f"this is {shown}, and {wanted} is needed")


def _not_supported(name: Scalar, where: Where) -> PolicyError | None:
    what = NOT_SUPPORTED_YET.get(name.text)
    if what is None:
        return None
    return where.at(name).error(
        f"`{name.text}` is not supported yet by this version ({what})",
        hint="nothing in a policy is ignored: take it out, or use a version that enforces it",
    )


def did_you_mean(text: str, known: Iterable[str]) -> str | None:
    """A hint at the one of the `known` names that `text` is most like, or None where none is."""
    near = difflib.get_close_matches(text, known, 1)
    return f"did you mean `{near[0]}`?" if near else None
