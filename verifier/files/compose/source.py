"""The files of a project: read once, within limits for all of them together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from verifier.errors import LimitExceeded
from verifier.files.compose.document import Document, read_document
from verifier.files.compose.project import REMOTE_FILE, Edge, EdgeKind, Note
from verifier.files.compose.shape import pruned
from verifier.files.compose.template import BadTemplate, expand
from verifier.files.compose.value import Leaf, Table, Value, mapped, size
from verifier.files.compose.variables import Variables
from verifier.files.disk import Disk
from verifier.files.place import Place
from verifier.files.yaml.reader import read_documents

STDIN = Path("-")

READS_LIMIT = 500
"""Times that a file of the project is taken up: files that include each other twice double at every level."""

BYTES_LIMIT = 16 << 20
"""Bytes of all these files together, each as often as it is taken up."""

VALUES_LIMIT = 300_000
"""Values of all these files together, with those that `extends` copies."""

_REMOTE = re.compile(r"(?i:oci|https?|git|ssh)://|git@|github\.com/", re.ASCII)


def is_stdin(file: str) -> bool:
    """Whether `file`, of the command line, is standard input."""
    return file == str(STDIN)


def is_remote(text: str) -> bool:
    """Whether Compose would fetch what `text` names, instead of opening a file."""
    return _REMOTE.match(text) is not None


@dataclass(slots=True)
class Sources:
    """The files of one project, and what reading them brings up.

    Attributes:
        disk: where they are read from.
        stdin: what standard input has.
        files: shown names of those that were read.
        edges: remote files.
        notes: about files.

    """

    disk: Disk
    stdin: bytes | None = None
    files: list[str] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    _contents: dict[Path, bytes] = field(default_factory=dict)
    _documents: dict[Path, tuple[Document, ...]] = field(default_factory=dict)
    _reads: int = 0
    _bytes: int = 0
    _values: int = 0

    def documents(self, path: Path, variables: Variables) -> list[Document]:
        """The documents of the Compose file at `path`, interpolated, with what has to do with images.

        Raises:
            SourceError: Compose would refuse it.
            LimitExceeded: it, or the project with it, is larger than is read.

        """
        self._reads += 1
        if self._reads > READS_LIMIT:
            raise LimitExceeded(f"{self.shown(path)}: the project takes up files more than {READS_LIMIT} times")
        self._bytes += len(self.content(path))
        if self._bytes > BYTES_LIMIT:
            raise LimitExceeded(f"{self.shown(path)}: the project takes up more than {BYTES_LIMIT} bytes of files")
        start = Place(self.shown(path), 1, 1)
        documents = []
        for document in self.written(path):
            self.spend(size(document.table), start)
            table = pruned(interpolated(document.table, variables))
            documents.append(replace(document, table=table))
        return documents

    def written(self, path: Path) -> tuple[Document, ...]:
        """The documents of the Compose file at `path`, as they are written.

        Raises:
            SourceError: it is no such file.
            LimitExceeded: it is larger than is read.

        """
        if path not in self._documents:
            shown = self.shown(path)
            content = self.content(path)
            self._documents[path] = tuple(read_document(root) for root in read_documents(content, shown))
            self.files.append(shown)
        return self._documents[path]

    def content(self, path: Path) -> bytes:
        """The bytes of the file at `path`, which is read once: what is judged is one state of it.

        Raises:
            SourceError: it cannot be read.
            LimitExceeded: it is larger than is read.

        """
        if path not in self._contents:
            self._contents[path] = (self.stdin or b"") if path == STDIN else self.disk.read(path)
        return self._contents[path]

    def spend(self, values: int, place: Place) -> None:
        """Count `values` of the project.

        Raises:
            LimitExceeded: there are too many.

        """
        self._values += values
        if self._values > VALUES_LIMIT:
            raise LimitExceeded(f"{place}: the project has more than {VALUES_LIMIT} values")

    def remote(self, leaf: Leaf, what: str, service: str | None = None) -> None:
        """Note that `leaf` names a file that Compose would fetch."""
        self.edges.append(Edge(EdgeKind.REMOTE_FILE, leaf.text, leaf.place, service))
        message = f"{what} names a file that is fetched from elsewhere, so the images in it are not known"
        self.notes.append(Note(REMOTE_FILE, message, leaf.place))

    def shown(self, path: Path) -> str:
        """The name of `path` for people."""
        return "<stdin>" if path == STDIN else self.disk.shown(path)


def interpolated(table: Table, variables: Variables) -> Table:
    """`table` with the variables in its strings replaced.

    Raises:
        SourceError: a string is no template, or a required variable is missing.

    """

    def change(leaf: Leaf) -> Leaf:
        if leaf.kind != "string" or "$" not in leaf.text:
            return leaf
        try:
            expansion = expand(leaf.text, variables)
        except BadTemplate as error:
            leaf.place.refuse(f"this cannot be interpolated: {error}")
        how = (*leaf.how, *expansion.how)
        return replace(leaf, text=expansion.text, how=how, unset=tuple(expansion.unset))

    entries: dict[str, Value] = {name: mapped(one, change) for name, one in table.entries.items()}
    return replace(table, entries=entries)
