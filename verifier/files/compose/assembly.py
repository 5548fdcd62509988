"""From files to one model: every document laid over those before it, with what it includes and extends.

Spec: Compose specification, "Include", "extends", "Merge and override"; the order is that of compose-go v2.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from trust.value import dataclass
from verifier.errors import LimitExceeded
from verifier.files.compose.document import Document
from verifier.files.compose.dotenv import read_env_file
from verifier.files.compose.extends import Extender
from verifier.files.compose.include import Include, parsed_includes, with_imported
from verifier.files.compose.merge import cleared, merged_tables
from verifier.files.compose.paths import joined, with_paths
from verifier.files.compose.shape import SECTIONS, check
from verifier.files.compose.source import Sources, is_remote
from verifier.files.compose.value import Table, reached, size
from verifier.files.compose.variables import Variable, Variables, completed
from verifier.files.disk import is_file
from verifier.files.place import Place

INCLUDE_LIMIT = 32
"""Files that include each other in a row."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the files of a project, or of something that it includes, have in common."""

    directory: Path
    variables: Variables
    including: tuple[Path, ...]


@dataclass(slots=True)
class Assembler:
    """Puts models together.

    Attributes:
        sources: where files are read.

    """

    sources: Sources

    def model(self, files: Sequence[Path], directory: Path, variables: Variables) -> Table:
        """What `files` together say.

        Args:
            files: each laid over those before it.
            directory: that relative paths in them start from.
            variables: for interpolating them.

        Raises:
            SourceError: Compose would refuse them.
            LimitExceeded: they are larger than is read.

        """
        return self._model(files, _Scope(directory, variables, ()))

    def env_files(self, paths: Sequence[Path], known: Variables) -> dict[str, Variable]:
        """The variables of the env files at `paths`; those of later files count more.

        Raises:
            SourceError: Compose could not read one of them.

        """
        found: dict[str, Variable] = {}
        for path in paths:
            found = read_env_file(self.sources.content(path), self.sources.shown(path), known, found)
        return found

    def refuse_empty(self, files: Sequence[Path]) -> NoReturn:
        """Refuse a project whose `files` say nothing.

        Raises:
            SourceError: always.

        """
        Place(self.sources.shown(files[0]), 1, 1).refuse("this Compose file is empty")

    def _model(self, files: Sequence[Path], scope: _Scope) -> Table:
        model = Table()
        if len(scope.including) >= INCLUDE_LIMIT:
            place = self.sources.shown(files[0])
            raise LimitExceeded(f"{place}: more than {INCLUDE_LIMIT} files include each other")
        for file in files:
            inner = _Scope(scope.directory, scope.variables, (*scope.including, file))
            for document in self.sources.documents(file, scope.variables):
                model = check(self._laid_over(model, document, file, inner))
        return with_paths(model, scope.directory)

    def _laid_over(self, model: Table, document: Document, file: Path, scope: _Scope) -> Table:
        # Includes come first, so that a service can extend one that is included.
        table = self._with_includes(document, scope)
        below = cleared(model, document.cleared)
        extender = Extender(self.sources, scope.variables)
        table = extender.applied(table, file, scope.directory, document.cleared)
        return merged_tables(below, table)

    def _with_includes(self, document: Document, scope: _Scope) -> Table:
        table = document.table
        for include in parsed_includes(table.get("include")):
            remote = [path for path in include.paths if is_remote(path.text)]
            for path in remote:
                self.sources.remote(path, "`include`")
            if not remote:
                table = with_imported(table, self._included(include, scope), document.cleared)
        return table.without("include")

    def _included(self, include: Include, scope: _Scope) -> Table:
        files = [joined(scope.directory, path.text) for path in include.paths]
        if files[0] in scope.including:
            include.place.refuse(f"{self.sources.shown(files[0])} includes itself")
        directory = files[0].parent
        if include.project_directory is not None:
            directory = joined(scope.directory, include.project_directory.text)
        env_files = [joined(scope.directory, path.text) for path in include.env_files if path.text != "/dev/null"]
        if not include.env_files and is_file(directory / ".env"):
            env_files = [directory / ".env"]
        variables = completed(scope.variables, self.env_files(env_files, scope.variables))
        model = self._model(files, _Scope(directory, variables, scope.including))
        return self._marked(model, include.place)

    def _marked(self, model: Table, place: Place) -> Table:
        for section in (*SECTIONS, "models"):
            value = model.get(section)
            if value is not None:
                self.sources.spend(size(value), place)
                model = model.having(section, reached(value, f"included by {place}"))
        return model
