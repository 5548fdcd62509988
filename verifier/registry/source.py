"""The one interface over a repository in a registry and over an image layout on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from trust.digest import Digest
from verifier.manifest import Descriptor, Fetched


@dataclass(frozen=True, slots=True)
class Referrers:
    """What a source lists as being about a digest.

    Attributes:
        descriptors: hints; the manifests themselves say what they are.
        supported: whether the source has the referrers API. Where it does not, the fallback tag is the list.

    """

    descriptors: tuple[Descriptor, ...]
    supported: bool


class Source(Protocol):
    """One repository: what a verifier may ask of it. Every answer hashes to its digest before it is parsed.

    Implementations are used from several threads at once. Every method raises `verifier.errors.RegistryError`
    (`ContentNotFound` where the source answered and does not have it), `MalformedContent`, `LimitExceeded` or
    `trust.digest.DigestMismatch`.
    """

    @property
    def place(self) -> str:
        """Where this is, for people: `mirror.local/hub/nginx`, or `oci:./layout`."""

    def by_tag(self, tag: str) -> Fetched:
        """The manifest that `tag` names now; its digest is that of the bytes that came."""

    def manifest(self, digest: Digest) -> Fetched:
        """The manifest with `digest`."""

    def blob(self, digest: Digest, *, limit_bytes: int) -> bytes:
        """The content with `digest`, of at most `limit_bytes`."""

    def referrers(self, digest: Digest) -> Referrers:
        """All that the referrers API lists for `digest`, over all of its pages, without filters."""

    def tags(self) -> tuple[str, ...]:
        """Every tag, over all pages, in the order the source gives them."""
