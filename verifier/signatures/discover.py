"""Which signatures and attestations hang on a digest, in every place where the field has put them.

The union of: the referrers API, the fallback tag, cosign's tags `.sig` and `.att`, simple signing as a referrer,
and Sigstore bundles. No place is taken for the only one because something was found there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import field
from enum import Enum
from functools import partial

from trust.digest import Digest
from trust.errors import ImgtrustError
from trust.evidence import Gap, Origin, Rejection, Unsigned
from trust.value import dataclass
from verifier.errors import ContentNotFound, LimitExceeded, MalformedContent
from verifier.manifest import Descriptor, Fetched, Index, Manifest
from verifier.registry.source import Referrers, Source
from verifier.signatures.crawl import Crawl

CANDIDATE_LIMIT = 1000
"""Signatures and attestations that are read for one digest. More is refused as a whole."""

TOTAL_LIMIT = 4000
"""Referrers, signatures and attestations for the digests of one question, the platforms of an index together."""

PAYLOAD_LIMIT_BYTES = 1024 * 1024
ATTESTATION_LIMIT_BYTES = 64 * 1024 * 1024
TOTAL_LIMIT_BYTES = 256 * 1024 * 1024
"""Of all that is read for the digests of one question, the platforms of an index together."""

SIMPLE_SIGNING_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json"
BUNDLE_TYPE_PREFIX = "application/vnd.dev.sigstore.bundle"


_Handler = Callable[[Fetched], None]


class Kind(Enum):
    """What some material is, by the media type of its layer. The value is what is shown to people."""

    SIMPLE_SIGNING = "simple signing"
    ENVELOPE = "attestation"
    BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class Material:
    """Bytes that may be a signature or an attestation, hashed but not read yet.

    Attributes:
        digest: what it was found for.
        annotations: of its layer; untrusted.

    """

    kind: Kind
    origin: Origin
    digest: Digest
    content: bytes
    annotations: Mapping[str, str]


@dataclass(slots=True)
class Discovery:
    """What was found for a set of digests.

    Attributes:
        count: of referrers and candidates, with those that would have been too many.
        byte_count: of all materials together, as their descriptors say; with those that would have been too many.

    """

    materials: list[Material] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    unsigned: list[Unsigned] = field(default_factory=list)
    count: int = 0
    byte_count: int = 0


def discover(digests: Sequence[Digest], sources: Sequence[Source], pool: Executor) -> Discovery:
    """All that hangs on `digests` in `sources`, in an order that does not depend on when answers came.

    A source or a piece that cannot be read becomes a `Gap`; what is there and is not what it should be becomes
    a `Rejection`. Nothing is raised for either.
    """
    found = Discovery()
    crawl = Crawl(pool)
    for digest in digests:
        for source in sources:
            _Search(digest, source, crawl, found).begin()
    crawl.run()
    found.materials.sort(key=lambda material: (str(material.digest), material.origin.sort_key))
    found.rejections.sort(key=lambda one: (str(one.digest), one.origin.sort_key, one.reason))
    found.gaps.sort(key=lambda gap: (str(gap.digest), gap.reason))
    found.unsigned.sort(key=lambda one: (str(one.digest), one.origin.sort_key, one.kind))
    return found


def tag_stem(digest: Digest) -> str:
    """The tag under which clients list what is about `digest`, where there is no referrers API.

    Spec: OCI distribution-spec v1.1, "Referrers Tag Schema".
    """
    return f"{digest.algorithm}-{digest.hex[:64]}"


class _Search:
    """The search for what hangs on one digest in one source."""

    def __init__(self, digest: Digest, source: Source, crawl: Crawl, found: Discovery) -> None:
        self._digest = digest
        self._source = source
        self._crawl = crawl
        self._found = found
        self._referrers: set[Digest] = set()
        self._candidates = 0

    def begin(self) -> None:
        """Ask every place at once: the format is not known, and a list of places costs one round trip."""
        stem = tag_stem(self._digest)
        self._crawl.ask(
            partial(self._source.referrers, self._digest), then=self._list, otherwise=partial(self._gap, "referrers")
        )
        self._ask_tag(stem, self._fallback_list)
        for suffix in (".sig", ".att"):
            self._ask_tag(stem + suffix, partial(self._layers, stem + suffix))

    def _ask_tag(self, tag: str, then: _Handler) -> None:
        self._crawl.ask(partial(self._source.by_tag, tag), then=then, otherwise=partial(self._gap, tag))

    def _list(self, referrers: Referrers) -> None:
        self._ask_referrers(referrers.descriptors, "the list of referrers")

    def _fallback_list(self, fetched: Fetched) -> None:
        tag = tag_stem(self._digest)
        if fetched.descriptor.digest == self._digest:
            return  # `cosign copy` tags the image itself so
        if not isinstance(fetched.document, Index):
            self._reject(Origin(tag, "referrers"), "material", "the fallback tag holds no list of referrers")
            return
        self._ask_referrers(fetched.document.children, tag)

    def _ask_referrers(self, descriptors: Sequence[Descriptor], where: str) -> None:
        fresh = [one for one in descriptors if one.digest not in self._referrers]
        if len(self._referrers) + len(fresh) > CANDIDATE_LIMIT:
            self._gap(where, LimitExceeded(f"more than {CANDIDATE_LIMIT} referrers"))
            return
        if self._too_many(len(fresh), where):
            return
        for descriptor in fresh:
            self._referrers.add(descriptor.digest)
            self._crawl.ask(
                partial(self._source.manifest, descriptor),
                then=self._referrer,
                otherwise=partial(self._failed, f"referrer {descriptor.digest}", "referrer"),
            )

    def _referrer(self, fetched: Fetched) -> None:
        place = f"referrer {fetched.descriptor.digest}"
        subject = fetched.document.subject
        if subject is None or subject.digest != self._digest:
            said = "nothing" if subject is None else f"`{subject.digest}`"
            self._reject(Origin(place, "referrer"), "subject", f"it is listed here, and says that it is about {said}")
            return
        self._layers(place, fetched)

    def _layers(self, place: str, fetched: Fetched) -> None:
        manifest = fetched.document
        if not isinstance(manifest, Manifest):
            self._reject(Origin(place, "signatures"), "material", "it is an index, and signatures are manifests")
            return
        signed = [(at, layer, _kind(layer)) for at, layer in enumerate(manifest.layers)]
        wanted = [(at, layer, kind) for at, layer, kind in signed if kind is not None]
        if not wanted:
            kinds = sorted({layer.media_type for layer in manifest.layers}) or [manifest.artifact_type]
            self._found.unsigned.append(Unsigned(Origin(place, "artifact"), self._digest, ", ".join(kinds)[:200]))
            return
        self._candidates += len(wanted)
        if self._candidates > CANDIDATE_LIMIT:
            self._gap(place, LimitExceeded(f"more than {CANDIDATE_LIMIT} signatures and attestations on one image"))
            return
        if self._too_many(len(wanted), place):
            return
        for at, layer, kind in wanted:
            self._ask_blob(Origin(place, kind.value, at), kind, layer)

    def _too_many(self, more: int, place: str) -> bool:
        # An index has many platforms, and each would have its own thousand.
        self._found.count += more
        if self._found.count <= TOTAL_LIMIT:
            return False
        self._gap(place, LimitExceeded(f"more than {TOTAL_LIMIT} referrers, signatures and attestations in all"))
        return True

    def _ask_blob(self, origin: Origin, kind: Kind, layer: Descriptor) -> None:
        self._found.byte_count += layer.size
        if self._found.byte_count > TOTAL_LIMIT_BYTES:
            self._gap(origin.place, LimitExceeded(f"more than {TOTAL_LIMIT_BYTES >> 20} MiB of signatures"))
            return
        limit = PAYLOAD_LIMIT_BYTES if kind is Kind.SIMPLE_SIGNING else ATTESTATION_LIMIT_BYTES
        self._crawl.ask(
            partial(self._source.blob, layer, limit_bytes=limit),
            then=partial(self._material, origin, kind, layer.annotations or {}),
            otherwise=partial(self._failed, origin.place, kind.value),
        )

    def _material(self, origin: Origin, kind: Kind, annotations: Mapping[str, str], content: bytes) -> None:
        self._found.materials.append(Material(kind, origin, self._digest, content, annotations))

    def _failed(self, place: str, format_name: str, error: ImgtrustError) -> None:
        # What is there and is malformed is a candidate that does not hold; what was named and cannot be had is a gap.
        if isinstance(error, MalformedContent):
            self._reject(Origin(place, format_name), "material", error.message)
        else:
            self._found.gaps.append(Gap(error.code, f"{self._source.place}: {place}: {error.message}", self._digest))

    def _gap(self, place: str, error: ImgtrustError) -> None:
        if isinstance(error, ContentNotFound):
            return
        self._failed(place, "signatures", error)

    def _reject(self, origin: Origin, step: str, reason: str) -> None:
        self._found.rejections.append(Rejection(origin, self._digest, step, reason))


def _kind(layer: Descriptor) -> Kind | None:
    if layer.media_type == SIMPLE_SIGNING_TYPE:
        return Kind.SIMPLE_SIGNING
    if layer.media_type == ENVELOPE_TYPE:
        return Kind.ENVELOPE
    return Kind.BUNDLE if layer.media_type.startswith(BUNDLE_TYPE_PREFIX) else None
