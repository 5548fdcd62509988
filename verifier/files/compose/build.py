"""What a `build` leads to: images, Dockerfiles, contexts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath

from trust.value import dataclass
from verifier.files.compose.merge import named_table
from verifier.files.compose.paths import is_remote_context
from verifier.files.compose.project import Edge, EdgeKind, ImageKind
from verifier.files.compose.value import Leaf, Listing, Table

_IMAGE_CONTEXT = "docker-image://"
_SERVICE_CONTEXT = "service:"
_DEFAULT_DOCKERFILE = "Dockerfile"

_Named = tuple[Leaf, str, ImageKind]


@dataclass(frozen=True, slots=True)
class BuildReader:
    """Reads one `build`.

    Attributes:
        table: the long form.
        field: as in `services.web.build`.
        service: that is built.

    """

    table: Table
    field: str
    service: str

    def images(self) -> Iterator[_Named]:
        """The images that it names, each with its field and what it is used for."""
        for name, context in self._named("additional_contexts"):
            if context.text.startswith(_IMAGE_CONTEXT):
                image = replace(context, text=context.text.removeprefix(_IMAGE_CONTEXT))
                yield image, f"{self.field}.additional_contexts.{name}", ImageKind.BUILD_CONTEXT
        yield from self._caches("cache_from")
        yield from self._caches("cache_to")
        for name in ("sbom", "provenance"):
            leaf = self.table.get(name)
            generator = _attributes(leaf.text).get("generator") if isinstance(leaf, Leaf) else None
            if isinstance(leaf, Leaf) and generator:
                yield replace(leaf, text=generator), f"{self.field}.{name}", ImageKind.GENERATOR

    def edges(self) -> Iterator[Edge]:
        """What it leads to that is not read."""
        yield self._dockerfile()
        for name, argument in self._named("args"):
            yield Edge(EdgeKind.BUILD_ARGUMENT, name, argument.place, self.service)
        for _, context in self._named("additional_contexts"):
            text = context.text
            if is_remote_context(text) and not text.startswith((_IMAGE_CONTEXT, _SERVICE_CONTEXT)):
                yield Edge(EdgeKind.BUILD_CONTEXT, text, context.place, self.service)

    def _dockerfile(self) -> Edge:
        context = self.table.get("context")
        inline, named = self.table.get("dockerfile_inline"), self.table.get("dockerfile")
        directory = context.text if isinstance(context, Leaf) else "."
        place = context.place if context is not None else self.table.place
        if isinstance(inline, Leaf):
            return Edge(EdgeKind.DOCKERFILE_INLINE, inline.text, inline.place, self.service)
        if is_remote_context(directory):
            return Edge(EdgeKind.REMOTE_BUILD, directory, place, self.service)
        if isinstance(named, Leaf) and named.text:
            return Edge(EdgeKind.DOCKERFILE, str(PurePath(directory) / named.text), named.place, self.service)
        return Edge(EdgeKind.DOCKERFILE, str(PurePath(directory) / _DEFAULT_DOCKERFILE), place, self.service)

    def _caches(self, name: str) -> Iterator[_Named]:
        listing = self.table.get(name)
        for at, leaf in enumerate(listing.items if isinstance(listing, Listing) else ()):
            reference = _cache_reference(leaf.text) if isinstance(leaf, Leaf) else None
            if isinstance(leaf, Leaf) and reference is not None:
                yield replace(leaf, text=reference), f"{self.field}.{name}[{at}]", ImageKind.CACHE

    def _named(self, name: str) -> Iterator[tuple[str, Leaf]]:
        value = self.table.get(name)
        if value is not None:
            for key, one in named_table(value).entries.items():
                if isinstance(one, Leaf):
                    yield key, one


def _cache_reference(text: str) -> str | None:
    """The image that a cache is kept in; None where it is kept elsewhere.

    Spec: docker buildx, `--cache-from` and `--cache-to`: a bare name is an image of a registry.
    """
    if "=" not in text:
        return text
    attributes = _attributes(text)
    return attributes.get("ref", "") if attributes.get("type", "registry") == "registry" else None


def _attributes(text: str) -> dict[str, str]:
    # One line of comma-separated values, each `name=value`, as BuildKit's own tools read it.
    try:
        fields = next(csv.reader([text], strict=True), [])
    except csv.Error:
        return {}
    pairs = (part.partition("=") for part in fields)
    return {name.strip().lower(): value for name, _, value in pairs}
