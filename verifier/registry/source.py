"""The one interface over a repository in a registry and over an image layout on disk."""

from __future__ import annotations

from typing import Protocol

from trust.digest import Digest
from trust.value import dataclass
from verifier.errors import LimitExceeded, MalformedContent
from verifier.manifest import MANIFEST_LIMIT_BYTES, Descriptor, Fetched

Wanted = Digest | Descriptor
"""What content is asked for by. A descriptor says more: then the size, and of a manifest the type, must agree."""


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

    Implementations are used from several threads at once and ask for nothing twice. Every method raises
    `verifier.errors.RegistryError` (`ContentNotFound` where the source answered and does not have it),
    `MalformedContent`, `LimitExceeded` or `trust.digest.DigestMismatch`.
    """

    @property
    def place(self) -> str:
        """Where this is, for people: `mirror.local/hub/nginx`, or `oci:./layout`."""

    def by_tag(self, tag: str) -> Fetched:
        """The manifest that `tag` names now; its digest is that of the bytes that came."""

    def manifest(self, wanted: Wanted) -> Fetched:
        """The manifest that is `wanted`."""

    def blob(self, wanted: Wanted, *, limit_bytes: int) -> bytes:
        """The content that is `wanted`, of at most `limit_bytes`."""

    def referrers(self, digest: Digest) -> Referrers:
        """All that is listed for `digest`, over all pages, without filters, each digest once."""

    def tags(self) -> tuple[str, ...]:
        """Every tag, over all pages, in the order the source gives them."""


def digest_of(wanted: Wanted) -> Digest:
    """The digest of what is `wanted`."""
    return wanted.digest if isinstance(wanted, Descriptor) else wanted


def check_size(wanted: Wanted, limit_bytes: int, what: str) -> None:
    """Refuse what says of itself that it is larger than is read, before anything is asked for.

    Raises:
        LimitExceeded: it says so.

    """
    if isinstance(wanted, Descriptor) and wanted.size > limit_bytes:
        raise LimitExceeded(f"{what} has {wanted.size} bytes, more than the {limit_bytes} that are read")


def check_manifest_size(wanted: Wanted, what: str) -> None:
    """Refuse a manifest that says of itself that it is larger than manifests are.

    Raises:
        LimitExceeded: it says so.

    """
    check_size(wanted, MANIFEST_LIMIT_BYTES, what)


def check_manifest(fetched: Fetched, wanted: Wanted, what: str) -> Fetched:
    """`fetched`, if it agrees with everything by which it was `wanted`.

    Raises:
        DigestMismatch: it has another digest.
        MalformedContent: it has another size or media type.

    """
    wanted.check(fetched.content, what)
    kind = fetched.descriptor.media_type
    if isinstance(wanted, Descriptor) and wanted.media_type != kind:
        raise MalformedContent(f"{what} is `{kind}`, and was named as `{wanted.media_type[:100]}`")
    return fetched
