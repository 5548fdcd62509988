"""The one door for JSON and base64 that others wrote."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from verifier.errors import LimitExceeded, MalformedContent

DEPTH_LIMIT = 64
"""Levels of nesting in a document. What is signed in this field has fewer than ten."""

# Possessive, and the last quote optional: else a long or an unterminated string costs gigabytes or hours.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(rb"[\[{]|[\]}]")
_SPACE = re.compile(r"[ \t\r\n]+")


def json_value(content: bytes, what: str) -> Any:  # noqa: ANN401 - parsed JSON, until a reader makes it a value
    """The JSON document that the untrusted `content` holds; `what` names it in the error.

    Spec: RFC 8259, stricter where two readers could differ: UTF-8 without a byte order mark, no name twice in
    an object, no number that is not finite or that overflows, no lone surrogates.

    Raises:
        MalformedContent: the content is not such a document.
        LimitExceeded: it is nested deeper than `DEPTH_LIMIT`.

    """
    _check_depth(content, what)
    try:
        document = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
        _check_surrogates(document)
    except (ValueError, RecursionError) as error:
        raise MalformedContent(f"{what} is not JSON that can be relied on: {_reason(error)}") from error
    return document


def json_object(content: bytes, what: str) -> Mapping[str, Any]:
    """The JSON object that the untrusted `content` holds.

    Raises:
        MalformedContent: the content is anything else.
        LimitExceeded: it is nested deeper than `DEPTH_LIMIT`.

    """
    return expect_object(json_value(content, what), what)


def expect_object(value: object, what: str) -> Mapping[str, Any]:
    """`value`, if it is an object.

    Raises:
        MalformedContent: it is anything else.

    """
    if not isinstance(value, dict):
        raise MalformedContent(f"{what} is {_kind(value)}, not an object")
    return value


def expect_list(value: object, what: str, *, limit: int) -> Sequence[Any]:
    """`value`, if it is a list of at most `limit` entries.

    Raises:
        MalformedContent: it is anything else.
        LimitExceeded: it has more entries.

    """
    if not isinstance(value, list):
        raise MalformedContent(f"{what} is {_kind(value)}, not a list")
    if len(value) > limit:
        raise LimitExceeded(f"{what} has {len(value)} entries, more than the {limit} that are read")
    return value


def expect_text(value: object, what: str) -> str:
    """`value`, if it is a string.

    Raises:
        MalformedContent: it is anything else.

    """
    if not isinstance(value, str):
        raise MalformedContent(f"{what} is {_kind(value)}, not a string")
    return value


def expect_integer(value: object, what: str) -> int:
    """`value`, if it is an integer; neither a boolean nor a float counts as one.

    Raises:
        MalformedContent: it is anything else.

    """
    if type(value) is not int:
        raise MalformedContent(f"{what} is {_kind(value)}, not an integer")
    return value


def base64_bytes(text: object, what: str, *, spaces: bool = False) -> bytes:
    """The bytes that canonical standard base64 in `text` stands for.

    `spaces` allows white space around and within the text, which some signers of annotations leave there.
    Non-canonical padding bits are refused: two texts for one signature would make two of one.

    Spec: RFC 4648, section 4.

    Raises:
        MalformedContent: the text is not that.

    """
    plain = expect_text(text, what)
    if spaces:
        plain = _SPACE.sub("", plain)
    try:
        decoded = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedContent(f"{what} is not base64: {error}") from error
    if base64.b64encode(decoded).decode() != plain:
        raise MalformedContent(f"{what} is base64 that is not canonical")
    return decoded


def _check_depth(content: bytes, what: str) -> None:
    depth = 0
    for bracket in _BRACKETS.finditer(_STRINGS.sub(b"", content)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > DEPTH_LIMIT:
            raise LimitExceeded(f"{what} is nested deeper than {DEPTH_LIMIT} levels")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the name `{twice[:60]}` is given twice in one object")
    return document


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"`{text}` is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"the number `{text[:30]}` is too large")
    return number


def _check_surrogates(value: object) -> None:
    # A lone surrogate is the one string that json accepts and nothing can write again.
    match value:
        case str():
            value.encode("utf-8")
        case dict():
            for name, inner in value.items():
                name.encode("utf-8")
                _check_surrogates(inner)
        case list():
            for inner in value:
                _check_surrogates(inner)
        case _:
            pass


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return "missing or null" if value is None else names[type(value)]


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno} column {error.colno}"
    if isinstance(error, UnicodeError):
        return "it is not UTF-8 text"
    return str(error)[:200]
