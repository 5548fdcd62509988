"""Where in a file something stands."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import NoReturn

from verifier.errors import SourceError

_LINE_ENDS = (b"\r\n", b"\r", b"\n", "\x85".encode(), "\u2028".encode(), "\u2029".encode())


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file.

    Attributes:
        file: as it is shown to people.
        line: from 1.
        column: from 1, in characters.

    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def refuse(self, message: str, *, hint: str | None = None) -> NoReturn:
        """Refuse what stands here.

        Raises:
            SourceError: always.

        """
        raise SourceError(f"{self}: {message}", hint=hint)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of a file, from `start` up to and without `end`."""

    start: int
    end: int


class Lines:
    """The lines of a file, to tell the place of a byte.

    Lines end where go-yaml, the reader inside Compose and Kubernetes, ends them: U+0085, U+2028 and U+2029
    count too, so that a place is the one their own messages give.
    """

    def __init__(self, content: bytes, file: str) -> None:
        self._content = content
        self._file = file
        self._starts = _line_starts(content)

    def place(self, offset: int) -> Place:
        """The place of the byte at `offset`."""
        line = bisect_right(self._starts, offset)
        before = self._content[self._starts[line - 1] : offset]
        return Place(self._file, line, len(before.decode("utf-8", "replace")) + 1)

    def column_bytes(self, offset: int) -> int:
        """How many bytes of its line stand before the byte at `offset`."""
        return offset - self._starts[bisect_right(self._starts, offset) - 1]


def _line_starts(content: bytes) -> list[int]:
    first = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    starts = {first}
    for end in _LINE_ENDS:
        at = content.find(end)
        while at >= 0:
            starts.add(at + len(end))
            at = content.find(end, at + len(end))
    # The find of a lone CR also hits those of CRLF, whose line starts after the LF.
    return sorted(start for start in starts if not (content[start - 1 : start + 1] == b"\r\n" and start))
