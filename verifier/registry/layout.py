"""An OCI image layout on disk as a source: images, and the signatures as the common tools put them there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from trust.digest import BadDigest, Digest
from verifier.errors import BadReference, ContentNotFound, LimitExceeded, MalformedContent, RegistryError
from verifier.manifest import (
    MANIFEST_LIMIT_BYTES,
    MANIFEST_TYPES,
    OCI_INDEX,
    Descriptor,
    Fetched,
    Index,
    parse_manifest,
)
from verifier.reference import Repository
from verifier.registry.layout_entries import Entries
from verifier.registry.layout_files import read_below
from verifier.registry.layout_unlisted import unlisted_referrers
from verifier.registry.memo import Memo
from verifier.registry.source import Referrers, Wanted, check_manifest, check_manifest_size, check_size, digest_of
from verifier.untrusted import expect_text, json_object

LAYOUT_SCHEME = "oci:"
LAYOUT_VERSION = "1.0.0"
LISTED_LIMIT = 2000
"""Manifests that are opened to see which of them are referrers: those of `index.json` and of the indexes there."""

_VERSION_LIMIT_BYTES = 4096
_MEMO_LIMIT_BYTES = 32 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_\[][A-Za-z0-9_.:@/+\[\]-]{0,511}", re.ASCII)


class LayoutName(NamedTuple):
    """What `oci:DIR[:REF][@DIGEST]` says.

    Attributes:
        directory: as written.
        tag: the name within the layout, which may be a whole reference; None if none was written.
        digest: None if none was written.

    """

    directory: str
    tag: str | None
    digest: Digest | None


def parse_layout_name(text: str) -> LayoutName:
    """The layout, and the image in it, that `text` names as `oci:DIR`, `oci:DIR:REF` or `oci:DIR@DIGEST`.

    A directory's name has no `:`; the first one after `oci:` ends it. What follows an `@` after the last `/`
    is a digest.

    Raises:
        BadReference: the text is anything else.

    """
    if not text.startswith(LAYOUT_SCHEME):
        raise BadReference(f"`{text[:300]}` is not an image layout", hint="an image layout is `oci:DIR[:REF]`")
    rest, digest = _split_digest(text, text.removeprefix(LAYOUT_SCHEME))
    directory, colon, name = rest.partition(":")
    if not directory or "\0" in directory:
        raise BadReference(f"`{text[:300]}` names no directory", hint="write `oci:DIR`, as in `oci:./layout`")
    if colon and _NAME.fullmatch(name) is None:
        raise BadReference(
            f"`{text[:300]}`: `{name[:200]}` cannot be the name of an image in a layout",
            hint="after the directory comes `:` and a tag, as in `oci:./layout:app`",
        )
    return LayoutName(directory, name if colon else None, digest)


def _split_digest(text: str, rest: str) -> tuple[str, Digest | None]:
    before, at, after = rest.rpartition("@")
    if not at or "/" in after:
        return rest, None
    try:
        return before, Digest.parse(after)
    except BadDigest as error:
        raise BadReference(f"`{text[:300]}`: {error.message}", hint=error.hint) from error


class LayoutSource:
    """One OCI image layout, as a `Source`.

    Nothing below the directory is a link, every file is regular and within its limit, and every blob hashes to
    its name before it is parsed. `index.json` is read once.

    Names are matched on `org.opencontainers.image.ref.name` and `io.containerd.image.name`: on the whole text
    first, then on the tag of a full reference. In a layout that stands for a repository, an entry with a full
    name belongs to that name's repository alone, and an entry with only a tag to every one.

    Spec: OCI image-spec v1.1, "Image Layout".

    Args:
        directory: of the layout; it may be reached by a link.
        repository: the repository that the layout stands for, where a registry map says so.

    """

    def __init__(self, directory: Path, *, repository: Repository | None = None) -> None:
        self._directory = directory
        self._repository = repository
        self._entries: Memo[Entries] = Memo(limit=1, weight=lambda _: 1)
        self._subjects: Memo[Mapping[Digest, list[Descriptor]]] = Memo(limit=1, weight=lambda _: 1)
        self._manifests: Memo[Fetched] = Memo(limit=_MEMO_LIMIT_BYTES, weight=lambda fetched: len(fetched.content))
        self._blobs: Memo[bytes] = Memo(limit=_MEMO_LIMIT_BYTES, weight=len)

    @property
    def place(self) -> str:
        """The directory as it was named, as `oci:DIR`."""
        return f"{LAYOUT_SCHEME}{self._directory}"

    def by_tag(self, tag: str) -> Fetched:
        """The manifest that the layout's index names `tag`, or that `cosign save` attached to its image.

        Raises:
            ContentNotFound: no entry has the name.
            RegistryError: several have it, or a file cannot be read.
            MalformedContent, LimitExceeded, DigestMismatch: a file is not what the layout says.

        """
        entries = self._index()
        found = entries.named(tag) or entries.attached_by_cosign(tag)
        return self.manifest(self._one(found, f"`{tag[:300]}` in {self.place}"))

    def sole_image(self) -> Fetched:
        """The one image of a layout whose images need no name, apart from what is attached to it.

        Raises:
            ContentNotFound: there is none.
            RegistryError: there are several, or a file cannot be read.
            MalformedContent, LimitExceeded, DigestMismatch: a file is not what the layout says.

        """
        listed = [self.manifest(entry) for entry in self._index().images()]
        images = [fetched.descriptor for fetched in listed if fetched.document.subject is None]
        return self.manifest(self._one(images, f"image in {self.place}"))

    def manifest(self, wanted: Wanted) -> Fetched:
        """The manifest that is `wanted`, among the layout's blobs.

        Without a descriptor, the entries of the index say what it is where they name it.

        Raises:
            ContentNotFound: the layout has no such blob.
            DigestMismatch: its file has other content.
            MalformedContent, LimitExceeded: it is no manifest within limits.
            RegistryError: a file cannot be read.

        """
        digest = digest_of(wanted)
        what = f"manifest `{digest}` in {self.place}"
        check_manifest_size(wanted, what)
        said = self._said_type(wanted)
        fetched = self._manifests.get((digest, said), lambda: self._read_manifest(digest, said))
        return check_manifest(fetched, wanted, what)

    def blob(self, wanted: Wanted, *, limit_bytes: int) -> bytes:
        """The content that is `wanted`, of at most `limit_bytes`.

        Raises:
            ContentNotFound: the layout has no such blob.
            DigestMismatch: its file has other content.
            MalformedContent: it has another size than its descriptor says.
            LimitExceeded: it is larger.
            RegistryError: a file cannot be read.

        """
        digest = digest_of(wanted)
        what = f"blob `{digest}` in {self.place}"
        check_size(wanted, limit_bytes, what)
        content = self._blobs.get((digest, limit_bytes), lambda: self._read_blob(digest, limit_bytes, what))
        return wanted.check(content, what)

    def referrers(self, digest: Digest) -> Referrers:
        """Every manifest of the layout whose own `subject` is `digest`.

        Manifests are those of `index.json` and of the indexes that it lists; in a layout that `cosign save` wrote
        also the small ones that nothing lists. What is listed and is not there, or is no manifest, is no referrer.

        Raises:
            DigestMismatch: a file of the layout has other content than its name says.
            LimitExceeded: more manifests are listed than are opened.
            RegistryError: a file cannot be read.

        """
        subjects = self._subjects.get("subjects", self._read_subjects)
        return Referrers(tuple(subjects.get(digest, ())), supported=True)

    def tags(self) -> tuple[str, ...]:
        """The name of every entry that has one and belongs to the repository, in the order of the index."""
        return self._index().tags()

    def _index(self) -> Entries:
        return self._entries.get("index.json", self._read_index)

    def _read_index(self) -> Entries:
        self._check_version()
        content = read_below(self._directory, ("index.json",), limit_bytes=MANIFEST_LIMIT_BYTES)
        try:
            index = parse_manifest(content, OCI_INDEX).document
        except MalformedContent as error:
            raise MalformedContent(f"`{self._directory / 'index.json'}`: {error.message}") from error
        assert isinstance(index, Index)
        return Entries(index.children, self._repository)

    def _check_version(self) -> None:
        path = self._directory / "oci-layout"
        hint = "an OCI image layout has the files `oci-layout` and `index.json`, and the directory `blobs`"
        try:
            content = read_below(self._directory, ("oci-layout",), limit_bytes=_VERSION_LIMIT_BYTES)
        except ContentNotFound as error:
            raise ContentNotFound(
                f"`{self._directory}` is not an OCI image layout: it has no `oci-layout`", hint=hint
            ) from error
        version = json_object(content, f"`{path}`").get("imageLayoutVersion")
        if expect_text(version, f"`imageLayoutVersion` of `{path}`") != LAYOUT_VERSION:
            raise MalformedContent(f"`{path}` has the version `{str(version)[:50]}`, not {LAYOUT_VERSION}")

    def _read_manifest(self, digest: Digest, said: str | None) -> Fetched:
        content = self._read_checked(digest, MANIFEST_LIMIT_BYTES, f"manifest `{digest}` in {self.place}")
        return parse_manifest(content, said, digest=digest)

    def _said_type(self, wanted: Wanted) -> str | None:
        if isinstance(wanted, Descriptor):
            return wanted.media_type
        said = {entry.media_type for entry in self._index().all if entry.digest == wanted}
        if len(said) > 1:
            raise MalformedContent(f"{self.place} lists `{wanted}` as {' and as '.join(sorted(said))[:300]}")
        return next(iter(said), None)

    def _read_blob(self, digest: Digest, limit_bytes: int, what: str) -> bytes:
        self._index()
        return self._read_checked(digest, limit_bytes, what)

    def _read_checked(self, digest: Digest, limit_bytes: int, what: str) -> bytes:
        parts = ("blobs", digest.algorithm, digest.hex)
        return digest.check(read_below(self._directory, parts, limit_bytes=limit_bytes), what)

    def _one(self, found: Sequence[Descriptor], what: str) -> Descriptor:
        if not found:
            raise ContentNotFound(f"there is no {what}", hint=self._index().shown())
        if len({entry.digest for entry in found}) > 1:
            raise RegistryError(
                f"it is ambiguous which {what} is meant: {len(found)} entries could be",
                hint=f"name it by its digest, or in full; {self._index().shown()}",
            )
        return found[0]

    def _read_subjects(self) -> Mapping[Digest, list[Descriptor]]:
        subjects: dict[Digest, list[Descriptor]] = {}
        listed = {entry.digest: entry for entry in self._listed()}
        for entry in listed.values():
            fetched = self._manifest_if_any(entry)
            if fetched is not None and fetched.document.subject is not None:
                subjects.setdefault(fetched.document.subject.digest, []).append(entry)
        if self._index().saved_by_cosign:
            for subject, referrer in unlisted_referrers(self._directory, listed.keys()):
                subjects.setdefault(subject, []).append(referrer)
        return subjects

    def _listed(self) -> Iterator[Descriptor]:
        seen = 0
        for entry in self._index().all:
            for one in (entry, *self._children(entry)):
                seen += 1
                if seen > LISTED_LIMIT:
                    raise LimitExceeded(f"{self.place} lists more than {LISTED_LIMIT} manifests")
                yield one

    def _children(self, entry: Descriptor) -> tuple[Descriptor, ...]:
        fetched = self._manifest_if_any(entry)
        return fetched.document.children if fetched and isinstance(fetched.document, Index) else ()

    def _manifest_if_any(self, entry: Descriptor) -> Fetched | None:
        # Layouts are often copied in part, and list what is no manifest. Neither can be a referrer that counts.
        if entry.media_type not in MANIFEST_TYPES:
            return None
        try:
            return self.manifest(entry)
        except (ContentNotFound, MalformedContent):
            return None
