"""The entries of a layout's index: which of them a name means, as the tools that write layouts name them."""

from __future__ import annotations

import re

from trust.digest import Digest
from trust.value import dataclass
from verifier.errors import BadReference
from verifier.manifest import MANIFEST_TYPES, Descriptor
from verifier.reference import Reference, Repository

_REF_NAME = "org.opencontainers.image.ref.name"
_CONTAINERD_NAME = "io.containerd.image.name"
_ATTACHED_TAG = re.compile(r"sha(?:256|512)-[0-9a-f]{64,128}(?:\.(?P<suffix>[a-z]+))?", re.ASCII)

# What `cosign save` writes into the entries of its layouts, which have no names.
_COSIGN_KIND = "kind"
_COSIGN_IMAGES = frozenset({"dev.cosignproject.cosign/image", "dev.cosignproject.cosign/imageIndex"})
_COSIGN_SUFFIXES = {"sig": "dev.cosignproject.cosign/sigs", "att": "dev.cosignproject.cosign/atts"}


@dataclass(frozen=True, slots=True)
class Entries:
    """What the `index.json` of a layout lists.

    Names are those of the annotations `org.opencontainers.image.ref.name` and `io.containerd.image.name`. An
    entry with a full reference as a name belongs to that repository alone, one with only a tag to every one.

    Attributes:
        all: every entry, as it was listed.
        repository: the repository that the layout stands for; None where it stands for itself.

    """

    all: tuple[Descriptor, ...]
    repository: Repository | None

    def named(self, name: str) -> tuple[Descriptor, ...]:
        """The entries that have exactly this name, or else those that have it as their tag."""
        ours = [entry for entry in self.all if self._is_ours(entry)]
        exact = tuple(entry for entry in ours if name in _names(entry))
        return exact or tuple(entry for entry in ours if name in _tags(entry))

    def attached_by_cosign(self, tag: str) -> tuple[Descriptor, ...]:
        """The entries that `cosign save` made of what had `tag`, a `.sig` or `.att` of the one image it saved."""
        attached = _ATTACHED_TAG.fullmatch(tag)
        kind = _COSIGN_SUFFIXES.get(attached["suffix"] or "") if attached else None
        images = {entry.digest for entry in self.all if _cosign_kind(entry) in _COSIGN_IMAGES}
        if kind is None or len(images) != 1 or tag.rpartition(".")[0] != _stem(images.pop()):
            return ()
        return tuple(entry for entry in self.all if _cosign_kind(entry) == kind)

    @property
    def saved_by_cosign(self) -> bool:
        """Whether `cosign save` wrote the layout, which lists simple signing, and bundles nowhere."""
        return any(_cosign_kind(entry) in _COSIGN_IMAGES for entry in self.all)

    def images(self) -> tuple[Descriptor, ...]:
        """The entries that may be images: manifests of the repository that are not attached by name or kind."""
        return tuple(entry for entry in self.all if self._is_ours(entry) and _may_be_image(entry))

    def tags(self) -> tuple[str, ...]:
        """The tags of the entries of the repository, each once."""
        return tuple(dict.fromkeys(tag for entry in self.all if self._is_ours(entry) for tag in _tags(entry)))

    def shown(self) -> str:
        """What there is, for people: some names, and digests where there are none."""
        known = [name for entry in self.all for name in _names(entry) or (str(entry.digest),)]
        return f"the layout has {', '.join(f'`{name[:100]}`' for name in known[:8])}" if known else "it is empty"

    def _is_ours(self, entry: Descriptor) -> bool:
        full = [found for found in map(_full_name, _names(entry)) if found]
        return self.repository is None or not full or any(self.repository == one.repository for one in full)


def _names(entry: Descriptor) -> tuple[str, ...]:
    annotations = entry.annotations or {}
    return tuple(annotations[name] for name in (_REF_NAME, _CONTAINERD_NAME) if annotations.get(name))


def _tags(entry: Descriptor) -> tuple[str, ...]:
    full = {name: _full_name(name) for name in _names(entry)}
    return tuple(one.tag if one and one.tag else name for name, one in full.items())


def _cosign_kind(entry: Descriptor) -> str | None:
    return (entry.annotations or {}).get(_COSIGN_KIND)


def _may_be_image(entry: Descriptor) -> bool:
    attached = _cosign_kind(entry) in _COSIGN_SUFFIXES.values() or any(map(_ATTACHED_TAG.fullmatch, _tags(entry)))
    return entry.media_type in MANIFEST_TYPES and entry.runnable and not attached


def _stem(digest: Digest) -> str:
    return f"{digest.algorithm}-{digest.hex}"


def _full_name(name: str) -> Reference | None:
    """The reference that the name of an entry is, or None where it is a tag alone."""
    if "/" not in name and ":" not in name:
        return None
    try:
        return Reference.parse(name)
    except BadReference:
        return None
