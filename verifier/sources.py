"""From the text of an image's name to the registry or layout where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

from verifier.errors import BadReference
from verifier.manifest import Fetched
from verifier.name import ImageName, LayoutImage, RegistryName
from verifier.reference import DOCKER_HUB, Reference, Repository
from verifier.registry.client import RegistrySource
from verifier.registry.hosts import LayoutLocation, RegistryMap
from verifier.registry.layout import LAYOUT_SCHEME, LayoutSource, parse_layout_name
from verifier.registry.source import Source
from verifier.registry.transport import Deadline, Transport

DECISION_TIMEOUT_S = 60.0
"""For everything that is asked about one image, waiting for a rate limit included."""


@dataclass(frozen=True, slots=True)
class OpenImage:
    """An image's source, with the question that resolves it.

    Attributes:
        resolve: what the name means now, by its tag, or the only image of a layout.

    """

    source: Source
    resolve: Callable[[], Fetched]


class Sources:
    """The sources of one run: one for each repository, so that nothing is asked for twice.

    Args:
        transport: of the run.
        registry_map: where names are fetched, and by which identity they are judged.
        deadline: of all questions of the run together; None gives each question its own.

    """

    def __init__(self, transport: Transport, registry_map: RegistryMap, deadline: Deadline | None = None) -> None:
        self._transport = transport
        self._map = registry_map
        self._deadline = deadline
        self._lock = Lock()
        self._open: dict[Repository | str, Source] = {}

    def identify(self, text: str) -> ImageName:
        """The name that `text` spells: a reference, or an image in a layout (`oci:DIR[:REF]`).

        Raises:
            BadReference: it is neither.

        """
        if text.startswith(LAYOUT_SCHEME):
            name = parse_layout_name(text)
            return LayoutImage(name.directory, name.tag, name.digest, _spelled_identity(name.tag))
        reference = Reference.parse(text)
        return RegistryName(reference, self._map.identity(reference.repository))

    def open_image(self, name: ImageName) -> OpenImage:
        """The source of the image `name`, as the registry map has it."""
        if isinstance(name, RegistryName):
            source = _for_one_decision(self.open_repository(name.reference.repository))
            return OpenImage(source, partial(source.by_tag, name.effective_tag or "latest"))
        layout = self._once(f"{LAYOUT_SCHEME}{name.directory}", lambda: LayoutSource(Path(name.directory)))
        assert isinstance(layout, LayoutSource)
        return OpenImage(layout, layout.sole_image if name.tag is None else partial(layout.by_tag, name.tag))

    def open_repository(self, repository: Repository) -> Source:
        """The source for `repository`, as the registry map has it."""
        return self._once(repository, lambda: self._located(repository))

    def _located(self, repository: Repository) -> Source:
        location = self._map.locate(repository)
        if isinstance(location, LayoutLocation):
            return LayoutSource(location.directory, repository=repository)
        return RegistrySource(self._transport, location.registry, location.path, self._deadline)

    def _once(self, key: Repository | str, make: Callable[[], Source]) -> Source:
        with self._lock:
            if key not in self._open:
                self._open[key] = make()
            return self._open[key]


def _for_one_decision(source: Source) -> Source:
    # A layout answers at once or not at all.
    return source.until(Deadline.after(DECISION_TIMEOUT_S)) if isinstance(source, RegistrySource) else source


def _spelled_identity(name: str | None) -> Repository | None:
    # A bare tag, or a name that only means Docker Hub by convention, is nobody's repository.
    try:
        reference = None if name is None else Reference.parse(name)
    except BadReference:
        return None
    if reference is None:
        return None
    spelled = reference.repository.registry != DOCKER_HUB or "." in reference.spelling.partition("/")[0]
    return reference.repository if spelled and "/" in reference.spelling else None
