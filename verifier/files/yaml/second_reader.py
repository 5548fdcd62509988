"""A second reader that must agree on every value.

tree-sitter gives bytes and accepts what people write; libyaml, which PyYAML binds, is the reader that go-yaml
was made from. A file that the two understand differently is one that Compose may understand in a third way,
so that what was verified is not what runs.

The comparison is made on the events of the parser: they carry every value, and the names of anchors and
aliases, and nothing is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, NoReturn

import yaml

from verifier.errors import LimitExceeded
from verifier.files.place import Lines, Place
from verifier.files.yaml.node import Alias, Mapping, Node, Scalar

DEPTH_LIMIT = 64
EVENT_LIMIT = 300_000
"""A file of 1 MiB has at most twice as many, and only if it is nothing but empty values."""

_STARTS = frozenset({"mapping", "sequence"})
_END = "end of collection"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STYLES = {"plain": None, "single": "'", "double": '"', "literal": "|", "folded": ">"}
_CORE = "tag:yaml.org,2002:"
# The pure reader of PyYAML refuses a TAB between tokens, as before a comment, which YAML allows. A TAB that
# indents is left as it is.
_TAB_AFTER_TOKEN = re.compile(rb"(?<=[^\s])([ \t]*\t[ \t]*)(?=#|\r|\n|$)")

Event = tuple[str, str | None, str | None, str | None]
"""Kind, text or name, style, tag."""


def read_events(content: bytes, lines: Lines) -> Sequence[Event]:
    """What the second reader reads in the untrusted `content`.

    It is asked first, and its refusal is final: it has no recursion and stops at the limits, whereas the other
    parser's scanner keeps its levels of indentation in a buffer of fixed size and overruns it beyond 250.

    Raises:
        SourceError: it cannot read the file.
        LimitExceeded: it is nested deeper than `DEPTH_LIMIT`, or has more events than are read.

    """
    events: list[Event] = []
    depth = 0
    try:
        for event in _parse(content):
            seen = _seen(event)
            if seen is None:
                continue
            events.append(seen)
            depth += (seen[0] in _STARTS) - (seen[0] == _END)
            if depth > DEPTH_LIMIT or len(events) > EVENT_LIMIT:
                _refuse_size(event, depth, content, lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is not YAML"
        _place(mark, content, lines).refuse(f"this cannot be read as YAML: {problem}")
    return events


def check_agreement(events: Sequence[Event], roots: Sequence[Node | None], lines: Lines) -> None:
    """Refuse a file unless its `events` are those of the documents with these `roots`.

    Raises:
        SourceError: the two readers do not agree.

    """
    none: tuple[Event, Place | None] = (("nothing", None, None, None), None)
    for event, (wanted, place) in zip_longest(events, _expected(roots), fillvalue=none):
        seen = event if len(event) == 4 else none[0]
        if seen != wanted:
            _disagree(seen, wanted, place or lines.place(0))


def _parse(content: bytes) -> Iterator[Any]:
    text = content if _LOADER is not yaml.SafeLoader else _TAB_AFTER_TOKEN.sub(_spaces, content)
    parsed: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    return parsed


def _seen(event: Any) -> Event | None:  # noqa: ANN401 - PyYAML's events have no common type with values
    match event:
        case yaml.ScalarEvent():
            return "scalar", event.value, event.style or None, _explicit(event)
        case yaml.AliasEvent():
            return "alias", event.anchor, None, None
        case yaml.MappingStartEvent():
            return "mapping", event.anchor, None, _explicit(event)
        case yaml.SequenceStartEvent():
            return "sequence", event.anchor, None, _explicit(event)
        case yaml.CollectionEndEvent():
            return _END, None, None, None
        case yaml.DocumentStartEvent():
            return "document", None, None, None
        case _:
            return None


def _explicit(event: Any) -> str | None:  # noqa: ANN401 - as above
    return None if event.tag is None or event.tag == "!" else str(event.tag)


def _expected(roots: Sequence[Node | None]) -> Iterator[tuple[Event, Place | None]]:
    for root in roots:
        yield ("document", None, None, None), None
        if root is None:
            yield ("scalar", "", None, None), None
        else:
            yield from _walk(root)


def _walk(node: Node) -> Iterator[tuple[Event, Place]]:
    match node:
        case Scalar():
            yield ("scalar", node.text, _STYLES[node.style], _tag(node.tag)), node.place
            return
        case Alias():
            yield ("alias", node.name, None, None), node.place
            return
        case Mapping():
            yield ("mapping", node.anchor, None, _tag(node.tag)), node.place
            for key, value in node.pairs:
                yield from _walk(key)
                yield from _walk(value)
        case _:
            yield ("sequence", node.anchor, None, _tag(node.tag)), node.place
            for item in node.items:
                yield from _walk(item)
    yield (_END, None, None, None), node.place


def _tag(tag: str | None) -> str | None:
    return _CORE + tag[2:] if tag is not None and tag.startswith("!!") else tag


def _disagree(seen: Event, wanted: Event, place: Place) -> NoReturn:
    place.refuse(
        f"two YAML readers understand this differently: {_shown(wanted)} and {_shown(seen)}",
        hint="write it so that it can be read in one way: quote the value, and use plain spaces and line ends",
    )


def _shown(seen: Event) -> str:
    what = seen[0] if seen[1] is None else f"{seen[0]} {seen[1][:60]!a}"
    return f"`{what}`"


def _refuse_size(event: Any, depth: int, content: bytes, lines: Lines) -> NoReturn:  # noqa: ANN401 - as above
    place = _place(event.start_mark, content, lines)
    if depth > DEPTH_LIMIT:
        raise LimitExceeded(f"{place}: nested deeper than {DEPTH_LIMIT} levels")
    raise LimitExceeded(f"{place}: more than {EVENT_LIMIT} values and collections")


def _place(mark: Any, content: bytes, lines: Lines) -> Place:  # noqa: ANN401 - None or a mark of PyYAML
    if mark is None:
        return lines.place(0)
    # Marks count characters, and not a byte order mark.
    text = content.decode("utf-8-sig")
    ahead = len(content) - len(text.encode("utf-8"))
    return lines.place(min(ahead + len(text[: mark.index].encode("utf-8")), len(content)))


def _spaces(found: re.Match[bytes]) -> bytes:
    return b" " * len(found[1])
