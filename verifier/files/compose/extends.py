"""`extends`: a service that starts from another one, of this file or of another.

Spec: Compose specification, "extends". A relative path in a file that is extended is relative to that file.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from verifier.errors import LimitExceeded
from verifier.files.compose.document import Path as ModelPath
from verifier.files.compose.merge import cleared, merged, merged_tables
from verifier.files.compose.paths import joined, with_paths
from verifier.files.compose.shape import SECTIONS, string, table
from verifier.files.compose.source import Sources, is_remote
from verifier.files.compose.value import Leaf, Table, Value, reached, size
from verifier.files.compose.variables import Variables

CHAIN_LIMIT = 64


@dataclass(slots=True)
class _Origin:
    """The services of one file, while those that extend are replaced by what they come to."""

    file: str
    directory: Path
    services: dict[str, Value]
    cleared: Collection[ModelPath]


@dataclass(slots=True)
class Extender:
    """Resolves the `extends` of one document.

    Attributes:
        sources: where other files are read.
        variables: for interpolating these.

    """

    sources: Sources
    variables: Variables

    def applied(self, model: Table, file: Path, directory: Path, paths: Collection[ModelPath]) -> Table:
        """`model`, a document of `file`, with every `extends` replaced by what it comes to.

        Args:
            model: one document.
            file: that it is of.
            directory: that relative paths in it start from.
            paths: that it clears.

        Raises:
            SourceError: a service extends what is not there, or itself.
            LimitExceeded: the chain is longer than `CHAIN_LIMIT`.

        """
        for section in SECTIONS:
            containers = model.get(section)
            if containers is None:
                continue
            services = dict(table(containers, section).entries)
            origin = _Origin(self.sources.shown(file), directory, services, paths)
            for name in tuple(services):
                self._resolved(name, origin, ())
            model = model.having(section, Table(services, containers.place))
        return model

    def _resolved(self, name: str, origin: _Origin, chain: tuple[tuple[str, str], ...]) -> Value:
        service = origin.services[name]
        extends = service.get("extends") if isinstance(service, Table) else None
        if not isinstance(service, Table) or extends is None:
            return service
        if (origin.file, name) in chain:
            extends.place.refuse(f"`{name}` extends itself, by way of {_shown(chain)}")
        if len(chain) >= CHAIN_LIMIT:
            raise LimitExceeded(f"{extends.place}: more than {CHAIN_LIMIT} services extend each other")
        merged_service = self._extended(name, service, extends, origin, (*chain, (origin.file, name)))
        origin.services[name] = merged_service
        return merged_service

    def _extended(
        self, name: str, service: Table, extends: Value, origin: _Origin, chain: tuple[tuple[str, str], ...]
    ) -> Value:
        reference, file = _parsed(extends, name)
        source = origin
        if file is not None:
            if is_remote(file.text):
                self.sources.remote(file, f"`extends` of `{name}`", name)
                return service.without("extends")
            source = self._origin(joined(origin.directory, file.text), reference)
        if reference.text not in source.services:
            reference.place.refuse(f"`{name}` extends `{reference.text}`, which {source.file} does not have")
        below = self._resolved(reference.text, source, chain)
        if not isinstance(below, Table):
            return service.without("extends")
        self.sources.spend(size(below), extends.place)
        below = reached(below, f"extends {source.file} services.{reference.text} ({extends.place})")
        kept = cleared(Table({"services": Table({name: below})}), origin.cleared)
        below = table(table(kept.entries["services"], "services").entries.get(name, Table()), name)
        return table(merged(below, service, ("services", name)), name).without("extends")

    def _origin(self, path: Path, reference: Leaf) -> _Origin:
        model = Table()
        paths: Collection[ModelPath] = ()
        for document in self.sources.documents(path, self.variables):
            model = merged_tables(cleared(model, document.cleared), document.table)
            paths = document.cleared
        services = model.get("services")
        if services is None:
            reference.place.refuse(f"{self.sources.shown(path)}, which is extended, has no `services`")
        resolved = with_paths(model.having("services", table(services, "services")), path.parent)
        entries = table(resolved.entries["services"], "services").entries
        return _Origin(self.sources.shown(path), path.parent, dict(entries), paths)


def _parsed(extends: Value, name: str) -> tuple[Leaf, Leaf | None]:
    """The service and the file that `extends` names."""
    what = f"services.{name}.extends"
    if isinstance(extends, Leaf):
        return string(extends, what), None
    long = table(extends, what)
    service, file = long.get("service"), long.get("file")
    for unknown in long.entries.keys() - {"service", "file"}:
        long.entries[unknown].place.refuse(f"`{what}` has no attribute `{unknown[:60]}`")
    if service is None:
        long.place.refuse(f"`{what}` does not say which `service`")
    return string(service, f"{what}.service"), None if file is None else string(file, f"{what}.file")


def _shown(chain: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"`{service}` of {file}" for file, service in chain[:10])
