"""Frozen values at a tenth of what `dataclasses` takes to make their classes.

`@dataclass(frozen=True, slots=True)` compiles six functions for each class, half a millisecond, and a run has
a hundred such classes: more than it takes to verify a hundred signatures. Here no code is made: one function of
each kind serves all fields. What such a class can do stays the same, `dataclasses.replace`, `asdict` and `fields`
included, and whatever is asked for beyond it is left to `dataclasses`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

_OWN = frozenset(
    {"__init__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__slots__", "__getstate__", "__setstate__"}
)
"""A class that has one of these means something by it that is not known here."""


def _dataclass(**options: bool) -> Callable[[type], type]:
    """A decorator like that of `dataclasses`, fast for frozen values with slots."""

    def made(cls: type) -> type:
        fields = _plain_fields(cls) if options == {"frozen": True, "slots": True} else None
        return dataclasses.dataclass(**options)(cls) if fields is None else _value_class(cls, fields)

    return made


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _dataclass

__all__ = ["dataclass"]


def _plain_fields(cls: type) -> Mapping[str, dataclasses.Field[Any]] | None:
    """The fields of `cls` in their order; None where there is more to it than fields with and without defaults."""
    namespace = vars(cls)
    annotations: Mapping[str, Any] = namespace.get("__annotations__", {})
    inherited = any(hasattr(one, "__dataclass_fields__") for one in cls.__bases__)
    if inherited or not _OWN.isdisjoint(namespace) or any(_is_special(one) for one in annotations.values()):
        return None
    fields = {name: _field(namespace.get(name, dataclasses.MISSING)) for name in annotations}
    plain = all(one.init and one.kw_only is not True and one.hash is None for one in fields.values())
    return fields if plain and _defaults_last(list(fields.values())) else None


def _is_special(annotation: object) -> bool:
    return not isinstance(annotation, str) or any(word in annotation for word in ("ClassVar", "InitVar", "KW_ONLY"))


def _field(default: Any) -> dataclasses.Field[Any]:  # noqa: ANN401 - any value
    made: dataclasses.Field[Any] = dataclasses.field(default=default)
    return default if isinstance(default, dataclasses.Field) else made


def _defaults_last(fields: list[dataclasses.Field[Any]]) -> bool:
    optional = [_is_optional(one) for one in fields]
    return optional == sorted(optional)


def _is_optional(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _value_class(cls: type, fields: Mapping[str, dataclasses.Field[Any]]) -> type:
    """`cls` again, with slots for its `fields`: slots cannot be given to a class that is there already."""
    namespace = {name: item for name, item in vars(cls).items() if name not in fields}
    namespace.pop("__dict__", None)
    namespace.pop("__weakref__", None)
    names = tuple(fields)
    compared = [name for name, one in fields.items() if one.compare]
    namespace |= {
        "__slots__": names,
        "__match_args__": names,
        "__qualname__": cls.__qualname__,
        "__dataclass_fields__": _LateFields(vars(cls).get("__annotations__", {}), fields),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__getstate__": _state,
        "__setstate__": _restore,
        **_comparison(attrgetter(*compared) if compared else _nothing),
    }
    namespace.setdefault("__repr__", _repr([name for name, one in fields.items() if one.repr]))
    new = type(cls)(cls.__name__, cls.__bases__, namespace)
    # Set afterwards, as what it needs are the slots themselves: they alone write to a frozen value.
    type.__setattr__(new, "__init__", _init(new, fields))
    return new


def _init(cls: type, fields: Mapping[str, dataclasses.Field[Any]]) -> Callable[..., None]:
    parts = [(name, getattr(cls, name).__set__, one) for name, one in fields.items()]
    puts = [put for _, put, _ in parts]
    finish = getattr(cls, "__post_init__", None)

    def __init__(self: object, /, *values: object, **named: object) -> None:
        for put, one in zip(puts, values, strict=False):
            put(self, one)
        for name, put, field in parts[len(values) :]:
            put(self, named.pop(name) if name in named else _default(field, cls, name))
        if named or len(values) > len(puts):
            raise TypeError(f"{cls.__name__}() got too many arguments, or an unknown one: {', '.join(named)}")
        if finish is not None:
            finish(self)

    return __init__


def _default(field: dataclasses.Field[Any], cls: type, name: str) -> object:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    raise TypeError(f"{cls.__name__}() is missing the argument `{name}`")


def _comparison(compared: Callable[[object], object]) -> Mapping[str, object]:
    def __eq__(self: object, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    def __hash__(self: object) -> int:
        return hash(compared(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


def _repr(names: list[str]) -> Callable[[object], str]:
    def __repr__(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


def _nothing(_value: object) -> object:
    return ()


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to or delete `{name}` of a {type(self).__name__}")


def _state(self: Any) -> list[object]:  # noqa: ANN401 - any value
    return [getattr(self, name) for name in self.__match_args__]


def _restore(self: Any, state: list[object]) -> None:  # noqa: ANN401 - any value
    for name, one in zip(self.__match_args__, state, strict=True):
        object.__setattr__(self, name, one)


class _LateFields:
    """`__dataclass_fields__`, made by `dataclasses` itself when it first asks for them."""

    def __init__(self, annotations: Mapping[str, Any], fields: Mapping[str, dataclasses.Field[Any]]) -> None:
        self._annotations = annotations
        self._fields = fields
        self._made: Mapping[str, dataclasses.Field[Any]] | None = None

    def __get__(self, instance: object, owner: type) -> Mapping[str, dataclasses.Field[Any]]:
        if self._made is None:
            described = [(name, self._annotations[name], one) for name, one in self._fields.items()]
            # Without a docstring it would write one, from a signature that takes longer than all the rest.
            space = {"__doc__": owner.__name__}
            late: Any = dataclasses.make_dataclass(
                owner.__name__, described, namespace=space, init=False, repr=False, eq=False
            )
            self._made = late.__dataclass_fields__
        return self._made
