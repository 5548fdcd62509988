"""What signers leave in a registry, put there as cosign, oras and BuildKit put it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.images import CONFIG, SIMPLE_SIGNING, Content, blob, encoded, manifest
from tests.support.registry import LoopbackRegistry
from tests.support.signing import (
    BUNDLE_V03,
    PROVENANCE_V1,
    SIGN_V1,
    SigningKey,
    bundle,
    envelope,
    payload,
    signed_layer,
    statement,
)
from trust.digest import Digest

ENVELOPE = "application/vnd.dsse.envelope.v1+json"


def stem(digest: Digest) -> str:
    """The tag that everything about `digest` starts with."""
    return f"{digest.algorithm}-{digest.hex}"


def simple(
    digest: Digest,
    key: SigningKey,
    *,
    repository: str = "registry.test/app",
    annotations: Mapping[str, object] | None = None,
) -> Content:
    """One layer of simple signing."""
    content = payload(digest, repository, annotations)
    return blob(SIMPLE_SIGNING, content, annotations=signed_layer(key, content))


def signatures(*layers: Content) -> Content:
    """The manifest that cosign keeps under the tag `.sig`."""
    return manifest(Content(CONFIG, b"{}"), layers)


def sign(registry: LoopbackRegistry, repository: str, digest: Digest, *layers: Content) -> Digest:
    """Leave `layers` under the tag `.sig` of `digest`."""
    return registry.put(repository, signatures(*layers), tag=f"{stem(digest)}.sig")


def attest(registry: LoopbackRegistry, repository: str, digest: Digest, key: SigningKey) -> Digest:
    """Leave provenance under the tag `.att` of `digest`."""
    signed = encoded(envelope(statement(digest, predicate_type=PROVENANCE_V1), key))
    layer = blob(ENVELOPE, signed, annotations={"dev.cosignproject.cosign/signature": ""})
    return registry.put(repository, signatures(layer), tag=f"{stem(digest)}.att")


def bundled(
    digest: Digest,
    key: SigningKey,
    *,
    predicate_type: str = SIGN_V1,
    annotations: Mapping[str, object] | None = None,
) -> bytes:
    """A bundle around a statement about `digest`."""
    said = statement(digest, predicate_type=predicate_type, annotations=annotations)
    return encoded(bundle(envelope(said, key)))


def attach(registry: LoopbackRegistry, repository: str, subject: Content, content: bytes) -> Digest:
    """Leave a bundle as a referrer of `subject`, or on its fallback tag where there is no referrers API."""
    return registry.attach(repository, subject, BUNDLE_V03, content)
