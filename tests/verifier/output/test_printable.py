"""Untrusted text, made safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.output.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ghcr.io/acme/app:1.4", "ghcr.io/acme/app:1.4"),
        ("für später", "für später"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("line\u2028end", "line\\u2028end"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
        ("\0", "\\x00"),
    ],
)
def test_what_could_move_hide_or_reorder_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(alphabet=st.characters()))
def test_nothing_that_is_hidden_is_left(text: str) -> None:
    assert all(unicodedata.category(one)[0] not in "C" for one in printable(text))


@given(st.text(alphabet=st.characters(blacklist_categories=("C", "Zl", "Zp"))))
def test_what_can_be_seen_stays(text: str) -> None:
    assert printable(text) == text
