"""Small Compose projects, each for one thing that a loader must get right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent


@dataclass(frozen=True, slots=True)
class Case:
    """A project and how it is loaded."""

    name: str
    files: Mapping[str, str | bytes]
    request: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""


CASES: list[Case] = []


def case(name: str, text: str | bytes = "", /, files: Mapping[str, str | bytes] | None = None, **more: object) -> None:
    given: dict[str, str | bytes] = {}
    if text:
        given["compose.yaml"] = text
    given |= files or {}
    dedented = {path: dedent(one).lstrip("\n") if isinstance(one, str) else one for path, one in given.items()}
    CASES.append(Case(name, dedented, **more))  # type: ignore[arg-type]


def one(image: str) -> str:
    return f"services:\n  web:\n    image: {image}\n"


BASE = one("base:1")


def two(name: str, first: str, second: str, **more: object) -> None:
    """A project of a file and its override."""
    case(name, first, files={"compose.override.yaml": second}, **more)
