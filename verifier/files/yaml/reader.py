"""YAML files, untrusted, to documents.

The parser is libyaml, which PyYAML binds. go-yaml, the reader inside Compose and Kubernetes, was made from it:
the two agree on what is a comment, where a line ends and what a TAB may do, where newer parsers differ. It gives
events with their places, and has no recursion; the graph is composed here, within limits.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

import yaml

from verifier.errors import LimitExceeded
from verifier.files.place import place_after
from verifier.files.yaml.composer import Composer
from verifier.files.yaml.node import Node

FILE_LIMIT_BYTES = 1 << 20
DOCUMENT_LIMIT = 100

_BOM = b"\xef\xbb\xbf"
# Line ends for go-yaml and for no editor: behind one of them, what looks like a comment is an attribute.
_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")

# Without libyaml PyYAML is a reader of its own, which refuses some files that Compose reads; none the other way.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_documents(content: bytes, file: str) -> tuple[Node, ...]:
    """The documents of the untrusted YAML `content`, each as its root node.

    What is accepted has no surprises: no key twice, no unknown tag, no alias into itself, UTF-8 without control
    characters and without line ends that no editor shows. A byte order mark at the start is left out.

    Spec: YAML 1.1 as go-yaml reads it. Stricter in the above, and in that an anchor counts in its own document.

    Args:
        content: the bytes of the file.
        file: its name in messages.

    Raises:
        SourceError: it is not such a file; the message starts with the place.
        LimitExceeded: it is larger, deeper or wider than is read.

    """
    if len(content) > FILE_LIMIT_BYTES:
        raise LimitExceeded(f"{file}: larger than the {FILE_LIMIT_BYTES} bytes that are read")
    ahead = len(_BOM) if content.startswith(_BOM) else 0
    text = _text(content[ahead:], file)
    composer = Composer(text, file, ahead)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            _compose(event, composer)
    except yaml.YAMLError as error:
        _refuse_syntax(error, text, file)
    return tuple(composer.roots)


def _compose(event: yaml.Event, composer: Composer) -> None:
    match event:
        case yaml.ScalarEvent():
            composer.scalar(event)
        case yaml.AliasEvent():
            composer.alias(event)
        case yaml.MappingStartEvent():
            composer.start(event, is_mapping=True)
        case yaml.SequenceStartEvent():
            composer.start(event, is_mapping=False)
        case yaml.CollectionEndEvent():
            composer.end()
        case yaml.DocumentStartEvent():
            if len(composer.roots) >= DOCUMENT_LIMIT:
                raise LimitExceeded(f"{composer.file}: more than {DOCUMENT_LIMIT} documents")
            composer.start_document(event)
        case _:
            pass


def _text(content: bytes, file: str) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        place_after(before, file).refuse("these bytes are not UTF-8 text")
    refused = _CONTROL.search(text)
    if refused is not None:
        place_after(text[: refused.start()], file).refuse(f"U+{ord(refused[0]):04X} has no place in YAML")
    hidden = _LINE_ENDS.search(text)
    if hidden is not None:
        place_after(text[: hidden.start()], file).refuse(
            f"U+{ord(hidden[0]):04X} ends a line for Compose, and looks like nothing to people",
            hint="remove it, or write it as an escape in double quotes",
        )
    return text


def _refuse_syntax(error: yaml.YAMLError, text: str, file: str) -> NoReturn:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is not YAML"
    place_after(text[: mark.index] if mark is not None else "", file).refuse(f"this is not YAML: {problem}")
