"""Where in a file something stands."""

from __future__ import annotations

from typing import NoReturn

from trust.value import dataclass
from verifier.errors import SourceError


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


def place_after(before: str, file: str) -> Place:
    """The place in `file` behind the text `before`."""
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Place(file, len(lines), len(lines[-1]) + 1)
