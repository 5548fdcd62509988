from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, field
from typing import Any

import pytest

from trust.value import dataclass


@dataclass(frozen=True, slots=True)
class Fast:
    """What is held against `Plain`."""

    name: str
    size: int = 3
    secret: str = field(default="", repr=False)
    beside: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError(self.size)


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    name: str
    size: int = 3
    secret: str = field(default="", repr=False)
    beside: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError(self.size)


@dataclass(frozen=True, slots=True)
class Empty:
    pass


ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a",), {}),
    ((), {"name": "a"}),
    (("a", 5), {}),
    (("a",), {"size": 5}),
    (("a", 5, "s", {"x": "y"}), {}),
    (("a",), {"beside": {"x": "y"}, "size": 0}),
    ((), {}),
    (("a",), {"name": "b"}),
    (("a",), {"unknown": 1}),
    (("a", 1, "s", {}, 5), {}),
    (("a", -1), {}),
]


@pytest.mark.parametrize(("values", "named"), ARGUMENTS)
def test_a_value_is_made_from_the_same_arguments_as_with_dataclasses(
    values: tuple[Any, ...], named: dict[str, Any]
) -> None:
    try:
        expected: object = dataclasses.asdict(Plain(*values, **named))
    except (TypeError, ValueError) as error:
        with pytest.raises(type(error)):
            Fast(*values, **named)
        return

    assert dataclasses.asdict(Fast(*values, **named)) == expected


def test_values_are_equal_by_the_fields_that_are_compared() -> None:
    assert Fast("a", beside={"x": "y"}) == Fast("a")
    assert hash(Fast("a", beside={"x": "y"})) == hash(Fast("a"))
    assert Fast("a") != Fast("b")
    assert Fast("a", secret="s") != Fast("a")
    assert Fast("a").__eq__(Plain("a")) is NotImplemented
    assert Empty() == Empty()
    assert len({Fast("a"), Fast("a"), Fast("b")}) == 2


def test_fields_that_are_not_shown_are_not_in_the_repr() -> None:
    assert repr(Fast("a", secret="hidden")) == "Fast(name='a', size=3, beside={})"


def test_a_default_is_made_for_each_value() -> None:
    assert Fast("a").beside is not Fast("a").beside


@pytest.mark.parametrize("name", ["name", "unknown"])
def test_a_value_cannot_be_changed(name: str) -> None:
    value = Fast("a")

    with pytest.raises(FrozenInstanceError):
        setattr(value, name, "b")
    with pytest.raises(FrozenInstanceError):
        delattr(value, name)
    assert not hasattr(value, "__dict__")


def test_replace_checks_again() -> None:
    assert dataclasses.replace(Fast("a"), size=4) == Fast("a", 4)
    with pytest.raises(ValueError, match="-1"):
        dataclasses.replace(Fast("a"), size=-1)


def test_fields_and_matching_know_the_order() -> None:
    match Fast("a", 4):
        case Fast(name, size):
            assert (name, size) == ("a", 4)
    assert [one.name for one in dataclasses.fields(Fast)] == ["name", "size", "secret", "beside"]
    assert dataclasses.is_dataclass(Fast)
    assert Fast.__doc__ == "What is held against `Plain`."


def test_a_value_survives_copying_and_pickling() -> None:
    value = Fast("a", 4, "s", {"x": "y"})

    for twin in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):  # our own bytes
        assert (twin, twin.beside) == (value, value.beside)


def test_what_is_more_than_plain_fields_is_left_to_dataclasses() -> None:
    @dataclass(frozen=True, slots=True, order=True)
    class Ordered:
        at: int

    @dataclass(slots=True)
    class Changing:
        at: int = 0

    @dataclass(frozen=True, slots=True)
    class Derived:
        at: int
        twice: int = field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "twice", 2 * self.at)

    changing = Changing()
    changing.at = 5

    assert Ordered(1) < Ordered(2)
    assert changing == Changing(5)
    assert Derived(2).twice == 4
