"""One example of each finding, as the command line shows it: in the reference, and held against a run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

_FILE = Path(__file__).with_name("finding_examples.json")

_PLACES = (
    (re.compile(r"/\S*?/home/"), "~/"),
    (re.compile(r"/[^\s`]*?/desk/"), ""),
    (re.compile(r"(?:127\.0\.0\.1|localhost):\d+"), "registry.example"),
    (re.compile(r"(?<=sha256[:-])[0-9a-f]{64}"), "…"),
)


def examples() -> Mapping[str, str]:
    """The example of each code that has one, as a line of output."""
    found: Mapping[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def example_line(code: str, effect: str, message: str) -> str:
    """The line for a finding or note, or the first line of an error, without what differs from run to run."""
    line = message.splitlines()[0] if effect == "error" else f"{effect}  {code}: {message}"
    for pattern, shown in _PLACES:
        line = pattern.sub(shown, line)
    return line
