"""Referrers that lie among the blobs of a layout without being listed, as `cosign save` leaves bundles there."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path

from trust.digest import BadDigest, Digest
from verifier.errors import ContentNotFound, LimitExceeded, MalformedContent
from verifier.manifest import Descriptor, Fetched, parse_manifest
from verifier.registry.layout_files import names_below, read_below

UNLISTED_LIMIT = 2000
"""Blobs of one layout that are looked at."""

REFERRER_LIMIT_BYTES = 64 * 1024
"""The manifests that cosign writes have some 1000 bytes; what is larger is content, and is not opened."""


def unlisted_referrers(directory: Path, listed: Set[Digest]) -> Iterator[tuple[Digest, Descriptor]]:
    """Every small manifest among the blobs that is not `listed` and has a subject: the subject, and what it is.

    Nothing is trusted because it lies there: as everywhere, a blob hashes to its name, and only a signature counts.

    Raises:
        DigestMismatch: such a file has other content than its name says.
        LimitExceeded: there are more blobs than are looked at.
        RegistryError: a file cannot be read.

    """
    for digest in _unlisted(directory, listed):
        fetched = _manifest_if_any(directory, digest)
        if fetched is not None and fetched.document.subject is not None:
            yield fetched.document.subject.digest, fetched.descriptor


def _unlisted(directory: Path, listed: Set[Digest]) -> Iterator[Digest]:
    for name in names_below(directory, ("blobs", "sha256"), limit=UNLISTED_LIMIT):
        try:
            digest = Digest.parse(f"sha256:{name}")
        except BadDigest:
            continue
        if digest not in listed:
            yield digest


def _manifest_if_any(directory: Path, digest: Digest) -> Fetched | None:
    parts = ("blobs", digest.algorithm, digest.hex)
    try:
        content = read_below(directory, parts, limit_bytes=REFERRER_LIMIT_BYTES)
        if not content.startswith(b"{"):
            return None
        return parse_manifest(digest.check(content, f"blob `{digest}` in `{directory}`"), None, digest=digest)
    except (ContentNotFound, LimitExceeded, MalformedContent):
        return None
