"""Every image in a Compose model, with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from verifier.files.compose.build import BuildReader
from verifier.files.compose.project import Edge, EdgeKind, ImageKind, ImageUse, Note
from verifier.files.compose.value import Leaf, Listing, Table, Value

EVERY_PROFILE = "*"


@dataclass(slots=True)
class Found:
    """What a model names."""

    images: list[ImageUse] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def add(self, leaf: Leaf, use: ImageUse) -> None:
        """Add `use`, which `leaf` names."""
        self.images.append(use)
        for name in leaf.unset:
            message = f"the variable `{name}` has no value, so nothing stands for it in `{use.field}`"
            self.notes.append(Note("variable-unset", message, leaf.place))
        if use.text.endswith("\n"):
            message = f"the block of `{use.field}` keeps its line end, which no image reference has"
            self.notes.append(Note("image-line-end", message, leaf.place))


def images_of(model: Table, profiles: Sequence[str]) -> Found:
    """All that `model` names, when `profiles` are active.

    Raises:
        SourceError: a service that would start has neither an image nor a build.

    """
    found = Found()
    services = _entries(model.get("services"))
    for section in ("services", "jobs"):
        for name, container in _entries(model.get(section)).items():
            if isinstance(container, Table):
                _Container(found, section, name, container, profiles, services).read()
    for name, entry in _entries(model.get("models")).items():
        reference = entry.get("model") if isinstance(entry, Table) else None
        if isinstance(reference, Leaf):
            found.add(reference, _use(reference, f"models.{name}.model", None, ImageKind.MODEL))
    return found


@dataclass(slots=True)
class _Container:
    """A service or a job."""

    found: Found
    section: str
    name: str
    table: Table
    profiles: Sequence[str]
    services: Mapping[str, Value]

    def read(self) -> None:
        build = self.table.get("build")
        self._image(build)
        self._provider()
        hooks = self.table.get("pre_start")
        for at, hook in enumerate(hooks.items if isinstance(hooks, Listing) else ()):
            if isinstance(hook, Table):
                self._hook(hook, f"{self._field}.pre_start[{at}]")
        self._volumes(self.table, self._field)
        if isinstance(build, Table):
            reader = BuildReader(build, f"{self._field}.build", self.name)
            for leaf, where, kind in reader.images():
                self._add(leaf, where, kind)
            self.found.edges += reader.edges()

    @property
    def _field(self) -> str:
        return f"{self.section}.{self.name}"

    def _image(self, build: Value | None) -> None:
        image = self.table.get("image")
        if isinstance(image, Leaf) and image.text:
            self._add(image, f"{self._field}.image", ImageKind.IMAGE, self._not_pulled())
            if build is not None and self._not_pulled() is None:
                message = (
                    f"`{self.name}` has `image` and `build`: Compose takes the image from the registry if it is"
                    " there, and builds it only if it is not"
                )
                self.found.notes.append(Note("image-also-built", message, image.place))
        elif build is None and self.table.get("provider") is None and not self._needed_profile():
            self._refuse_nothing(image)

    def _provider(self) -> None:
        provider = self.table.get("provider")
        if isinstance(provider, Table):
            program = provider.get("type")
            text = program.text if isinstance(program, Leaf) else ""
            self.found.edges.append(Edge(EdgeKind.PROVIDER, text, provider.place, self.name))

    def _refuse_nothing(self, image: Value | None) -> NoReturn:
        if isinstance(image, Leaf) and image.unset:
            names = ", ".join(f"`{name}`" for name in image.unset)
            image.place.refuse(f"`{self._field}.image` is empty, because {names} has no value")
        self.table.place.refuse(f"`{self._field}` has neither an `image` nor a `build`")

    def _not_pulled(self) -> str | None:
        if self.table.get("provider") is not None:
            return "another program provides this service"
        policy = self.table.get("pull_policy")
        if isinstance(policy, Leaf) and policy.text in ("never", "build"):
            return f"pull_policy is {policy.text}"
        return None

    def _hook(self, hook: Table, where: str) -> None:
        image = hook.get("image")
        if isinstance(image, Leaf) and image.text:
            policy = self.table.get("pull_policy")
            never = isinstance(policy, Leaf) and policy.text == "never"
            self._add(image, f"{where}.image", ImageKind.HOOK, "pull_policy is never" if never else None)
        self._volumes(hook, where)

    def _volumes(self, container: Table, where: str) -> None:
        volumes = container.get("volumes")
        for at, volume in enumerate(volumes.items if isinstance(volumes, Listing) else ()):
            kind = volume.get("type") if isinstance(volume, Table) else None
            source = volume.get("source") if isinstance(volume, Table) else None
            if isinstance(kind, Leaf) and kind.text == "image" and isinstance(source, Leaf):
                self._add(source, f"{where}.volumes[{at}].source", ImageKind.VOLUME)
                self._note_service(source)

    def _note_service(self, source: Leaf) -> None:
        # Compose asks the registry for an image of this name before it thinks of the service.
        if source.text in self.services:
            message = f"`{source.text}` is a service, and Compose takes an image of this name first if there is one"
            self.found.notes.append(Note("volume-names-service", message, source.place))

    def _needed_profile(self) -> tuple[str, ...]:
        needed = self.table.get("profiles")
        items = needed.items if isinstance(needed, Listing) else ()
        names = tuple(item.text for item in items if isinstance(item, Leaf))
        if EVERY_PROFILE in self.profiles or any(name in self.profiles for name in names):
            return ()
        return names

    def _add(self, leaf: Leaf, where: str, kind: ImageKind, skipped: str | None = None) -> None:
        self.found.add(leaf, _use(leaf, where, self.name, kind, skipped, self._needed_profile()))


def _use(
    leaf: Leaf,
    where: str,
    service: str | None,
    kind: ImageKind,
    skipped: str | None = None,
    needs_profile: tuple[str, ...] = (),
) -> ImageUse:
    how = (*leaf.how, *(f"variable {name} without a value" for name in leaf.unset))
    return ImageUse(leaf.text, where, service, leaf.place, how, kind, skipped is None, skipped, needs_profile)


def _entries(value: Value | None) -> Mapping[str, Value]:
    return value.entries if isinstance(value, Table) else {}
