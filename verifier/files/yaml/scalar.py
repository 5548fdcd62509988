"""What scalars stand for: quotes, escapes, folded lines and blocks.

Spec: YAML 1.2.2, chapters 7.3 and 8.1. Where it leaves room, libyaml's reading holds, which go-yaml shares.
"""

from __future__ import annotations

import re

_FOLD = re.compile(r"[ \t]*(?:\r\n|\r|\n)[ \t\r\n]*")
_BREAK = re.compile(r"\r\n|\r|\n")
_DOUBLE = re.compile(
    r"\\(?P<joined>(?:\r\n|\r|\n)[ \t\r\n]*)"
    r"|\\(?P<code>x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^xuU\r\n])"
    r"|(?P<fold>[ \t]*(?:\r\n|\r|\n)[ \t\r\n]*)"
    r"|(?P<bad>\\)",
)
_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_HEADER = re.compile(r"[|>](?:(?P<indent>[1-9])(?P<chomp>[+-])?|(?P<chomp_first>[+-])(?P<indent_last>[1-9])?)?")


class BadScalar(ValueError):
    """A scalar that has no text."""


def plain(raw: str) -> str:
    """The text of a plain scalar."""
    return _FOLD.sub(_folded, raw)


def single_quoted(inner: str) -> str:
    """The text between single quotes."""
    return _FOLD.sub(_folded, inner).replace("''", "'")


def double_quoted(inner: str) -> str:
    """The text between double quotes.

    Raises:
        BadScalar: it has an escape that YAML does not know.

    """
    return _DOUBLE.sub(_double, inner)


def block(raw: str, parent_indent: int) -> tuple[str, int, int]:
    """The text of a block scalar, and from where to where in `raw` its content stands.

    Args:
        raw: from `|` or `>` on, with the blank lines that follow.
        parent_indent: column of the collection that it is in, from 0; -1 at the top.

    Raises:
        BadScalar: its lines are indented in a way that no two readers read alike.

    """
    header_end = _BREAK.search(raw)
    header = _HEADER.match(raw)
    if header is None or header_end is None:
        return "", len(raw), len(raw)
    chomp = header["chomp"] or header["chomp_first"] or ""
    digit = header["indent"] or header["indent_last"]
    lines = _lines(raw, header_end.end())
    indent = max(parent_indent, 0) + int(digit) if digit else _detected(lines, parent_indent)
    return _unfolded(lines, indent, folds=raw[0] == ">", chomp=chomp)


def _lines(raw: str, start: int) -> list[tuple[int, str, str]]:
    """The lines from `start` on: where each starts, its text, and its line end as a line feed."""
    lines = []
    while start < len(raw):
        found = _BREAK.search(raw, start)
        end = found.start() if found else len(raw)
        lines.append((start, raw[start:end], "\n" if found else ""))
        start = found.end() if found else len(raw)
    return lines


def _detected(lines: list[tuple[int, str, str]], parent_indent: int) -> int:
    deepest = 0
    for _, text, _ in lines:
        spaces = len(text) - len(text.lstrip(" "))
        deepest = max(deepest, spaces)
        if text[spaces:]:
            if spaces < deepest:
                raise BadScalar("a blank line before the text is indented deeper than the text")
            break
    return max(deepest, parent_indent + 1, 1)


def _unfolded(lines: list[tuple[int, str, str]], indent: int, *, folds: bool, chomp: str) -> tuple[str, int, int]:
    out: list[str] = []
    start: int | None = None
    end = 0
    pending, blank_lines, was_blank = "", "", False
    for at, line, line_end in lines:
        if not line[indent:] and not line.strip(" "):
            blank_lines += line_end
            continue
        if line[:indent].strip(" "):
            raise BadScalar("a line is indented less than the text before it")
        text = line[indent:]
        starts_blank = text[0] in " \t"
        if folds and pending and not was_blank and not starts_blank:
            out.append("" if blank_lines else " ")
        else:
            out.append(pending)
        start = at + indent if start is None else start
        out += [blank_lines, text]
        pending, blank_lines, was_blank = line_end, "", starts_blank
        end = at + len(line)
    if chomp != "-":
        out.append(pending)
    if chomp == "+":
        out.append(blank_lines)
    return "".join(out), start or 0, end


def _folded(found: re.Match[str]) -> str:
    breaks = len(_BREAK.findall(found[0]))
    return " " if breaks == 1 else "\n" * (breaks - 1)


def _double(found: re.Match[str]) -> str:
    if found["joined"] is not None:
        return "\n" * (len(_BREAK.findall(found["joined"])) - 1)
    if found["fold"] is not None:
        return _folded(found)
    code = found["code"]
    if code is None:
        raise BadScalar("there is a `\\` with nothing that YAML knows behind it")
    return chr(_code_point(code)) if code[0] in "xuU" else _escape(code)


def _code_point(code: str) -> int:
    number = int(code[1:], 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise BadScalar(f"`\\{code}` is no character")
    return number


def _escape(code: str) -> str:
    if code not in _ESCAPES:
        raise BadScalar(f"`\\{code}` is no escape of YAML")
    return _ESCAPES[code]
