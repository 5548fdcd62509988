"""Variables, each with where its value comes from."""

from __future__ import annotations

from collections.abc import Mapping

from trust.value import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """A value and where it comes from, for people: `the environment`, or the name of a file."""

    value: str
    origin: str


Variables = Mapping[str, Variable]


def from_environment(environment: Mapping[str, str]) -> dict[str, Variable]:
    """The variables of the `environment`."""
    return {name: Variable(value, "the environment") for name, value in environment.items()}


def completed(first: Variables, more: Variables) -> dict[str, Variable]:
    """`first`, with those of `more` that it does not have."""
    return {**more, **first}
