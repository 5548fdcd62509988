"""The name of an image that is judged: a reference in a registry, or an image in a layout on disk."""

from __future__ import annotations

from trust.digest import Digest
from trust.value import dataclass
from verifier.reference import Reference, Repository


@dataclass(frozen=True, slots=True)
class RegistryName:
    """An image in a registry.

    Attributes:
        reference: as it was written.
        identity: the canonical repository by which it is judged, after the aliases.

    """

    reference: Reference
    identity: Repository

    @property
    def repository(self) -> str:
        """What policies match."""
        return str(self.identity)

    @property
    def tag(self) -> str | None:
        """As it was written."""
        return self.reference.tag

    @property
    def effective_tag(self) -> str | None:
        """What a registry is asked for, `latest` where nothing was written."""
        return self.reference.effective_tag

    @property
    def digest(self) -> Digest | None:
        """The pinned one."""
        return self.reference.digest

    def pinned(self, digest: Digest) -> str:
        """The reference with `digest`, as it would be written into a file: with its tag, in its spelling."""
        pinned = self.reference.pinned(digest)
        tag = self.reference.tag or (self.reference.effective_tag if self.reference.digest is None else None)
        return f"{pinned.spelling}:{tag}@{digest}" if tag else f"{pinned.spelling}@{digest}"


@dataclass(frozen=True, slots=True)
class LayoutImage:
    """An image in an OCI image layout that was named on the command line.

    Attributes:
        directory: of the layout, as it was written.
        tag: the reference name within it; None for its only image.
        digest: the pinned one.
        identity: the canonical repository that the name within it spells with its registry; None if it does not.

    """

    directory: str
    tag: str | None
    digest: Digest | None
    identity: Repository | None = None

    @property
    def repository(self) -> str:
        """What policies match: the identity, or `oci:` and the directory, which only the pattern `**` matches."""
        return f"oci:{self.directory}" if self.identity is None else str(self.identity)

    def pinned(self, digest: Digest) -> str:
        """The name with `digest`."""
        return f"oci:{self.directory}@{digest}"


ImageName = RegistryName | LayoutImage
