"""The one door for JSON and base64 that others wrote."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.errors import LimitExceeded, MalformedContent
from verifier.untrusted import (
    DEPTH_LIMIT,
    base64_bytes,
    expect_integer,
    expect_list,
    expect_object,
    expect_text,
    json_object,
    json_value,
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "line 1", id="nothing"),
        pytest.param(b"{", "line 1", id="half"),
        pytest.param(b'{"a":1} x', "Extra data", id="something behind it"),
        pytest.param(b'{"a":1,"a":2}', "`a` is given twice", id="a name twice"),
        pytest.param(b'{"b":{"a":1,"a":1}}', "`a` is given twice", id="a name twice further in"),
        pytest.param(b'{"a":1,"\\u0061":2}', "`a` is given twice", id="a name twice, once escaped"),
        pytest.param(b'{"a":NaN}', "`NaN`", id="NaN"),
        pytest.param(b'{"a":-Infinity}', "`-Infinity`", id="infinity"),
        pytest.param(b'{"a":1e999}', "too large", id="a number that overflows"),
        pytest.param(b"\xef\xbb\xbf{}", "not JSON", id="a byte order mark"),
        pytest.param('{"a":1}'.encode("utf-16"), "UTF-8", id="UTF-16"),
        pytest.param(b'{"a":"\xff"}', "UTF-8", id="bytes that are no UTF-8"),
        pytest.param(b'{"a":"\\ud800"}', "UTF-8", id="a lone surrogate"),
        pytest.param(b'{"\\udfff":1}', "UTF-8", id="a lone surrogate in a name"),
        pytest.param(b'{"a":' + b"1" * 5000 + b"}", "not JSON", id="more digits than Python converts"),
        pytest.param(b"{'a':1}", "line 1", id="single quotes"),
        pytest.param(b'{"a":1,}', "not JSON", id="a comma too many"),
        pytest.param(b'{"a":01}', "not JSON", id="a leading zero"),
    ],
)
def test_a_document_that_two_readers_could_take_differently_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(MalformedContent, match=reason):
        json_object(content, "the document")


def test_nesting_is_bounded_before_it_is_parsed() -> None:
    deep = b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT

    assert json_value(deep, "the document") is not None
    with pytest.raises(LimitExceeded):
        json_value(b"[" + deep + b"]", "the document")
    with pytest.raises(LimitExceeded):
        json_value(b'{"a":' * 200_000, "the document")


def test_brackets_within_strings_are_not_nesting() -> None:
    content = json.dumps({"a": "[{" * 500 + '\\"'}).encode()

    assert json_object(content, "the document")["a"].startswith("[{[{")


@pytest.mark.parametrize("content", [b"[]", b'"a"', b"1", b"null", b"true"], ids=bytes.decode)
def test_what_is_not_an_object_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedContent, match="not an object"):
        json_object(content, "the document")


@pytest.mark.parametrize("value", [True, 1.0, "1", None, [1]], ids=repr)
def test_only_an_integer_is_an_integer(value: object) -> None:
    with pytest.raises(MalformedContent):
        expect_integer(value, "the size")


def test_values_of_the_expected_kind_come_back() -> None:
    assert expect_integer(1, "it") == 1
    assert expect_text("a", "it") == "a"
    assert expect_object({"a": 1}, "it") == {"a": 1}
    assert expect_list([1, 2], "it", limit=2) == [1, 2]


def test_values_of_another_kind_are_named() -> None:
    with pytest.raises(MalformedContent, match="it is missing or null, not a string"):
        expect_text(None, "it")
    with pytest.raises(MalformedContent, match="it is an object, not a list"):
        expect_list({}, "it", limit=1)
    with pytest.raises(MalformedContent, match="it is a list, not an object"):
        expect_object([], "it")


def test_a_list_above_its_limit_is_a_limit_and_not_cut() -> None:
    with pytest.raises(LimitExceeded, match="3 entries"):
        expect_list([1, 2, 3], "it", limit=2)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("YQ", id="padding missing"),
        pytest.param("YR==", id="padding bits that are not zero"),
        pytest.param("YQ==\n", id="a newline"),
        pytest.param("Y Q==", id="a space"),
        pytest.param("YQ==YQ==", id="two in one"),
        pytest.param("_-8=", id="the alphabet for URLs"),
        pytest.param("YQ=é", id="not ASCII"),
        pytest.param(None, id="nothing"),
    ],
)
def test_base64_that_is_not_canonical_is_refused(text: object) -> None:
    with pytest.raises(MalformedContent):
        base64_bytes(text, "the signature")


def test_base64_may_have_spaces_where_signers_leave_them() -> None:
    assert base64_bytes("YQ==", "the signature") == b"a"
    assert base64_bytes(" Y\nQ=\r\n=\t", "the signature", spaces=True) == b"a"
    with pytest.raises(MalformedContent):
        base64_bytes("YQ=\x0b=", "the signature", spaces=True)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_content_makes_the_door_raise_anything_else(content: bytes) -> None:
    with contextlib.suppress(MalformedContent, LimitExceeded):
        json_value(content, "the document")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    )
)
def test_what_json_writes_is_read_as_it_was(value: object) -> None:
    assert json_value(json.dumps(value).encode(), "the document") == value
