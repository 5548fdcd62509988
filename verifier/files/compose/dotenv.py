"""Env files, as Compose reads them for interpolation."""

from __future__ import annotations

import re
from collections import ChainMap
from dataclasses import dataclass
from typing import NoReturn

from verifier.files.compose.template import BadTemplate, expand
from verifier.files.compose.variables import Variable, Variables
from verifier.files.place import place_after

# Spaces that end no line, as Go counts them.
_SPACE = "\t\v\f\r \x85\xa0"
_EXPORT = re.compile(r"export[\t\n\f\r ]+", re.ASCII)
_KEY_SIGNS = "_.-[]"
_ESCAPE = re.compile(r"\\(?:[abcfnrtv$\"\\]|0[0-9]{0,3})", re.ASCII)
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}


def read_env_file(content: bytes, file: str, known: Variables, before: Variables) -> dict[str, Variable]:
    """The variables of `before` and of the untrusted env file `content`, which counts more.

    Args:
        content: the bytes of the file.
        file: its name, in messages and as the origin of the variables.
        known: variables that count more than those of the file where it uses some.
        before: what earlier env files have given.

    Raises:
        SourceError: Compose could not read it either; the message starts with the place.

    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before_it = content[: error.start].decode("utf-8-sig")
        place_after(before_it, file).refuse("these bytes are not UTF-8 text")
    reader = _Reader(text, file, dict(known), dict(before))
    reader.read()
    return reader.found


@dataclass(slots=True)
class _Reader:
    text: str
    file: str
    known: dict[str, Variable]
    found: dict[str, Variable]
    at: int = 0

    def read(self) -> None:
        while self._skip_to_statement():
            statement = self.at
            key, ends_line = self._key()
            if " " in key:
                self._refuse(statement, "the name of a variable has no space in it")
            if ends_line:
                # A name alone takes its value from the environment, or is nothing.
                if key in self.known or key in self.found:
                    self.found[key] = self.known.get(key) or self.found[key]
                continue
            self.found[key] = Variable(self._value(), self.file)

    def _skip_to_statement(self) -> bool:
        while self.at < len(self.text):
            if self.text[self.at].isspace():
                self.at += 1
            elif self.text[self.at] == "#":
                line_end = self.text.find("\n", self.at)
                self.at = line_end if line_end >= 0 else len(self.text)
            else:
                return True
        return False

    def _key(self) -> tuple[str, bool]:
        """The name that starts here, and whether its line ends behind it."""
        exported = _EXPORT.match(self.text, self.at)
        if exported is not None:
            self.at += len("export")
            self._skip(_SPACE)
        start = self.at
        for at in range(start, len(self.text)):
            sign = self.text[at]
            if sign in "=:\n":
                self.at = at + 1
                self._skip(_SPACE)
                return self.text[start:at].rstrip(), sign == "\n"
            if not (sign in _SPACE or sign in _KEY_SIGNS or sign.isalnum()):
                self._refuse(at, "this character is not one of the name of a variable")
        # Compose takes a last line that is a name alone for the value of a variable without a name.
        return "", False

    def _value(self) -> str:
        quote = self.text[self.at : self.at + 1]
        if quote in ("'", '"') and quote:
            return self._quoted(quote)
        line_end = self.text.find("\n", self.at)
        line_end = line_end if line_end >= 0 else len(self.text)
        start, self.at = self.at, min(line_end + 1, len(self.text))
        value = self.text[start:line_end].partition(" #")[0].rstrip()
        return self._expanded(value, start)

    def _quoted(self, quote: str) -> str:
        start = self.at
        out: list[str] = []
        at = start + 1
        while at < len(self.text):
            sign = self.text[at]
            if sign == quote:
                self.at = at + 1
                value = "".join(out)
                return self._expanded(_unescaped(value), start) if quote == '"' else value
            if sign == "\\" and at + 1 < len(self.text):
                at += 1
                following = self.text[at]
                out.append(following if following == quote else "\\" + following)
            else:
                out.append(sign)
            at += 1
        return self._refuse(start, "this quote is never closed")

    def _expanded(self, value: str, start: int) -> str:
        try:
            return expand(value, ChainMap(self.known, self.found)).text
        except BadTemplate as error:
            self._refuse(start, str(error))

    def _skip(self, signs: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in signs:
            self.at += 1

    def _refuse(self, at: int, message: str) -> NoReturn:
        place_after(self.text[:at], self.file).refuse(message)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    sign = found[0][1]
    if sign == "$":
        return "$$"
    if sign == "0":
        octal = found[0][2:]
        # Three digits make a byte; with fewer Go reads no escape and leaves the text.
        return chr(int(octal, 8)) if re.fullmatch(r"[0-3][0-7]{2}", octal, re.ASCII) else found[0]
    return _ESCAPES.get(sign, found[0])
