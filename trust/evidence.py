"""What was established about one image: the contract between the mechanism and the policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from trust.digest import Digest
from trust.signer import Signer
from trust.value import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """The image that is judged.

    Attributes:
        repository: canonical, as in `docker.io/library/nginx`.
        digest: of the manifest or index that the reference named.
        tag: the one that was asked for, None if the reference had only a digest.
        pinned: whether the reference named the digest itself.
        children: the runnable platforms of an index, or the chosen ones; empty for a single image.
        tag_digest: what the tag beside a pinned digest names now; None if there is none, or it was not asked.
        sha256: the sha256 digest of the same content, where the reference may have named another; None if not known.

    """

    repository: str
    digest: Digest
    tag: str | None
    pinned: bool
    children: tuple[Child, ...] = ()
    tag_digest: Digest | None = None
    sha256: Digest | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """One platform of an index."""

    platform: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a candidate was found, so that a person finds it again.

    Attributes:
        place: the tag, or the digest of the referrer.
        format: `simple signing`, `bundle` or `attestation`.
        layer: its position in the manifest there, from 0.

    """

    place: str
    format: str
    layer: int = 0

    @property
    def sort_key(self) -> tuple[str, int, str]:
        """What candidates are listed by, so that the order does not depend on when answers came."""
        return self.place, self.layer, self.format

    def __str__(self) -> str:
        return f"{self.format} at {self.place}" + (f", layer {self.layer}" if self.layer else "")


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that holds, about an image. Whether its signer is wanted is for the policy.

    Attributes:
        signer: who made it.
        covers: the digest that was signed.
        origin: where it was found.
        annotations: the signed ones.
        repository: the repository that the signed payload names; None where the format has none.
        times: verified times of signing, in UTC; empty where nothing proves one.
        log_indexes: of proved entries, as `log id:index`.
        unjudged: what came with it and was not judged, and why; nothing rests on it.

    """

    signer: Signer
    covers: Digest
    origin: Origin
    annotations: Mapping[str, str]
    repository: str | None = None
    times: tuple[datetime, ...] = ()
    log_indexes: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifiedStatement:
    """An in-toto statement with a signature that holds, about an image. Never a signature itself.

    Attributes:
        predicate_type: its exact type URI.
        unjudged: as of a signature.

    """

    signer: Signer
    covers: Digest
    origin: Origin
    predicate_type: str
    times: tuple[datetime, ...] = ()
    unjudged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A candidate that does not hold.

    Attributes:
        step: the named step at which it failed, one of `trust.evidence.STEPS`.
        reason: what was found there, in one line.
        digest: what it was a candidate for.

    """

    origin: Origin
    digest: Digest
    step: str
    reason: str


STEPS = (
    "material",  # it parses within limits, with exactly one kind of verification material
    "time",  # a verified time exists
    "certificate",  # the chain holds at every verified time
    "sct",  # the certificate was logged
    "log",  # the entry is proved
    "entry",  # the entry is about these bytes, this signature and this certificate or key
    "signature",  # it verifies over the exact bytes
    "subject",  # what is signed names this digest
)
"""The steps of a verification, in their order."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A source of evidence that could not be read, so that more may exist than is known.

    Attributes:
        code: of the error.
        reason: what happened, in one line.
        digest: what evidence was looked for.

    """

    code: str
    reason: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Something that is attached without any signature. Listed, never trusted."""

    origin: Origin
    digest: Digest
    kind: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was established about one image, and all that was not."""

    subject: Subject
    signatures: tuple[VerifiedSignature, ...] = ()
    statements: tuple[VerifiedStatement, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unsigned: tuple[Unsigned, ...] = ()
