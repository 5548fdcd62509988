"""Untrusted text made safe to show."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    r"""`text` with everything that could move the cursor, hide or reorder other text shown as an escape.

    Registry strings are data: control and format characters, among them terminal sequences, line ends and the
    bidirectional overrides, come out as `\x1b` or `\u202e`.
    """
    # What is plain, which is nearly everything, is not looked at letter by letter.
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if unicodedata.category(character) in _HIDDEN:
        return character.encode("unicode_escape").decode("ascii")
    return character
