"""Protocol buffers in their JSON form, as others wrote them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from verifier.errors import MalformedContent
from verifier.untrusted import expect_integer, expect_list, expect_object

_CAPITAL = re.compile(r"[A-Z]", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def message(value: object, what: str, fields: Sequence[str]) -> Mapping[str, Any]:
    """The fields of the untrusted message `value`, by their lowerCamelCase names; a null is an absent field.

    Spec: Protocol Buffers, "ProtoJSON Format": a field may be spelled in lowerCamelCase or as the schema has
    it, and an unknown one is refused. Stricter in that a field given in both spellings is refused too.

    Raises:
        MalformedContent: it is no object, or has a field that is unknown or given twice.

    """
    spellings = {spelling: field for field in fields for spelling in (field, _schema_name(field))}
    found: dict[str, Any] = {}
    for name, inner in expect_object(value, what).items():
        field = spellings.get(name)
        if field is None:
            raise MalformedContent(f"{what} has the field `{name[:60]}`, which is not known")
        if field in found:
            raise MalformedContent(f"{what} has the field `{field}` twice, in two spellings")
        found[field] = inner
    return {field: inner for field, inner in found.items() if inner is not None}


def one_of(fields: Mapping[str, Any], what: str, names: Sequence[str]) -> str:
    """The one of `names` that is among `fields`.

    Raises:
        MalformedContent: there is none, or more than one.

    """
    present = [name for name in names if name in fields]
    if len(present) != 1:
        listed = " and ".join(f"`{name}`" for name in present) or "none"
        raise MalformedContent(f"{what} needs exactly one of {', '.join(names)}, and has {listed}")
    return present[0]


def repeated(fields: Mapping[str, Any], name: str, *, limit: int) -> Sequence[Any]:
    """The repeated field `name`, at most `limit` long; an absent one is empty.

    Raises:
        MalformedContent: it is no list.
        LimitExceeded: it is longer.

    """
    return expect_list(fields.get(name, []), f"`{name}`", limit=limit)


def natural(value: object, what: str) -> int:
    """The 64-bit number `value`, as a JSON number or as text; absent it is 0.

    Raises:
        MalformedContent: it is anything else, or negative.

    """
    if value is None:
        return 0
    if isinstance(value, str):
        if _NUMBER.fullmatch(value) is None:
            raise MalformedContent(f"{what} is not a number")
        value = int(value)
    number = expect_integer(value, what)
    if not 0 <= number < 1 << 63:
        raise MalformedContent(f"{what} is not a number from 0 to 2^63")
    return number


def _schema_name(field: str) -> str:
    return _CAPITAL.sub(lambda capital: f"_{capital[0].lower()}", field)
