"""From the text of an image's name to the registry or layout where it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from threading import Lock

from trust.value import dataclass
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

PREPARED_CONNECTIONS = 3
"""Behind the tag, which has one, four places are asked at once. For many images their own requests open more."""


@dataclass(frozen=True, slots=True)
class OpenImage:
    """An image's source, with the question that resolves it.

    Attributes:
        resolve: what the name means now, by its tag, or the only image of a layout.
        signatures: where signatures are besides.

    """

    source: Source
    resolve: Callable[[], Fetched]
    signatures: tuple[Source, ...] = ()


class Sources:
    """The sources of one run: one for each repository, so that nothing is asked for twice.

    Args:
        transport: of the run.
        registry_map: where names are fetched, and by which identity they are judged.
        signature_repository: where signatures are besides, for every image.
        timeout_s: for everything that is asked about one image.

    """

    def __init__(
        self,
        transport: Transport,
        registry_map: RegistryMap,
        signature_repository: Repository | None = None,
        timeout_s: float = DECISION_TIMEOUT_S,
    ) -> None:
        self._transport = transport
        self._map = registry_map
        self._signature_repository = signature_repository
        self._timeout_s = timeout_s
        self._lock = Lock()
        self._open: dict[Hashable, Source] = {}
        self._prepared: set[str] = set()

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
        """The source of the image `name`, as the registry map has it. From now on its time runs."""
        deadline = Deadline.after(self._timeout_s)
        if isinstance(name, RegistryName):
            source = self._repository(name.reference.repository)
            if name.digest is None:
                self._prepare(source, deadline)
            tag = name.effective_tag or "latest"
            resolve: Callable[[], Fetched] = partial(_until(source, deadline).by_tag, tag)
        else:
            source = layout = self._once(name.directory, lambda: LayoutSource(Path(name.directory)))
            assert isinstance(layout, LayoutSource)
            resolve = layout.sole_image if name.tag is None else partial(layout.by_tag, name.tag)
        besides = self._signatures_beside(source)
        return OpenImage(_until(source, deadline), resolve, tuple(_until(one, deadline) for one in besides))

    def _prepare(self, source: Source, deadline: Deadline) -> None:
        """Open the connections that will be needed behind the first answer while that is on its way."""
        registry = source.registry if isinstance(source, RegistrySource) else None
        with self._lock:
            if registry is None or registry in self._prepared:
                return
            self._prepared.add(registry)
        self._transport.prepare(registry, PREPARED_CONNECTIONS, deadline)

    def _signatures_beside(self, source: Source) -> tuple[Source, ...]:
        if self._signature_repository is None:
            return ()
        signatures = self._repository(self._signature_repository)
        # It may be the image's own, where everything is looked for anyway.
        return () if signatures is source else (signatures,)

    def _repository(self, repository: Repository) -> Source:
        # By where it is: two names may lead to one place.
        location = self._map.locate(repository)
        if isinstance(location, LayoutLocation):
            directory = location.directory
            return self._once((directory, repository), lambda: LayoutSource(directory, repository=repository))
        registry, path = location.registry, location.path
        return self._once((registry, path), lambda: RegistrySource(self._transport, registry, path))

    def _once(self, key: Hashable, make: Callable[[], Source]) -> Source:
        with self._lock:
            if key not in self._open:
                self._open[key] = make()
            return self._open[key]


def _until(source: Source, deadline: Deadline) -> Source:
    # A layout answers at once or not at all.
    return source.until(deadline) if isinstance(source, RegistrySource) else source


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
