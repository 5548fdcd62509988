"""Mappings whose keys are fixed: the keys of a policy, and their values as they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Generic, cast

from trust.errors import PolicyError
from trust.policy_shape import Schema, Shape, T_co
from trust.policy_where import Read, T, Where, did_you_mean, not_supported, wrong_kind
from trust.value import dataclass
from trust.yaml_tree import Mapping as MappingNode
from trust.yaml_tree import Node, Scalar


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
            raise wrong_kind(node, where, "a mapping")
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
        unsupported = not_supported(name, where)
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
