"""YAML files, untrusted, to documents."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NoReturn

from verifier.errors import LimitExceeded
from verifier.files.place import Lines
from verifier.files.yaml.composer import Composer
from verifier.files.yaml.node import Node
from verifier.files.yaml.second_reader import check_agreement, read_events

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode
    from tree_sitter import Parser

FILE_LIMIT_BYTES = 1 << 20
DOCUMENT_LIMIT = 100


def read_documents(content: bytes, file: str) -> tuple[Node | None, ...]:
    """The documents of the untrusted YAML `content`, each as its root node; None is an empty document.

    Two readers must understand it alike, and what they accept is YAML 1.2 without surprises: no key twice, no
    unknown tag, no alias into itself, UTF-8 without control characters. A byte order mark at the start is
    left out.

    Spec: YAML 1.2.2; where it differs from go-yaml, which Compose reads with, a file is refused.

    Args:
        content: the bytes of the file.
        file: its name in messages.

    Raises:
        SourceError: it is not such a file; the message starts with the place.
        LimitExceeded: it is larger, deeper or wider than is read.

    """
    if len(content) > FILE_LIMIT_BYTES:
        raise LimitExceeded(f"{file}: larger than the {FILE_LIMIT_BYTES} bytes that are read")
    lines = Lines(content, file)
    _check_characters(content, lines)
    events = read_events(content, lines)
    stream = _parser().parse(content).root_node
    if stream.has_error:
        lines.place(_first_error(stream)).refuse(
            "this cannot be read as YAML by both of the readers that must agree", hint="write it more plainly"
        )
    composer = Composer(content, lines)
    documents = [child for child in stream.named_children if child.type == "document"]
    if len(documents) > DOCUMENT_LIMIT:
        raise LimitExceeded(f"{file}: more than {DOCUMENT_LIMIT} documents")
    roots = tuple(composer.document(document) for document in documents)
    check_agreement(events, roots, lines)
    return roots


@cache
def _parser() -> Parser:
    # Imported here: most commands read no YAML with places, and each import costs milliseconds.
    import tree_sitter
    import tree_sitter_yaml

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_yaml.language()))


def _check_characters(content: bytes, lines: Lines) -> None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        lines.place(error.start).refuse("these bytes are not UTF-8 text")
    for at, character in enumerate(text):
        if character < " " and character not in "\t\r\n":
            _refuse_character(text, at, lines)
    if "\ufeff" in text[1:]:
        _refuse_character(text, text.index("\ufeff", 1), lines)


def _refuse_character(text: str, at: int, lines: Lines) -> NoReturn:
    lines.place(len(text[:at].encode())).refuse(f"the character U+{ord(text[at]):04X} has no place in YAML")


def _first_error(stream: SyntaxNode) -> int:
    node = stream
    while True:
        inner = next((child for child in node.children if child.has_error or child.is_missing), None)
        if inner is None:
            return node.start_byte
        node = inner
