"""Manifests and indexes, parsed from bytes that already hash to their digest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trust.digest import BadDigest, Digest
from trust.value import dataclass
from verifier.errors import LimitExceeded, MalformedContent, UnsupportedManifest
from verifier.untrusted import expect_integer, expect_list, expect_object, expect_text, json_object

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST_TYPES = (OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST)
"""All that is accepted, and always asked for in this order: fewer types make registries convert or choose."""

MANIFEST_LIMIT_BYTES = 4 * 1024 * 1024
LAYER_LIMIT = 1000
CHILD_LIMIT = 256
_ANNOTATION_LIMIT = 200
_SIZE_LIMIT = 1 << 50
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1"
_INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_LIST})
_DOCKER_TYPES = frozenset({DOCKER_LIST, DOCKER_MANIFEST})
_MANIFEST_FIELDS = frozenset(
    {"schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations"}
)
_DESCRIPTOR_FIELDS = frozenset(
    {"mediaType", "digest", "size", "urls", "annotations", "data", "artifactType", "platform"}
)
_PLATFORM_FIELDS = frozenset({"architecture", "os", "os.version", "os.features", "variant", "features"})
_FIELDS_OF_OTHERS = frozenset({"fslayers", "history", "blobs"})


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image runs on, as an index says it."""

    os: str
    architecture: str
    variant: str | None = None
    os_version: str | None = None

    @classmethod
    def parse(cls, text: str) -> Platform:
        """The platform that a person wrote as `os/architecture[/variant]`.

        Raises:
            MalformedContent: the text is anything else.

        """
        parts = text.split("/")
        if len(parts) not in (2, 3) or not all(parts):
            raise MalformedContent(
                f"`{text[:100]}` is not a platform",
                hint="a platform looks like `linux/amd64` or `linux/arm/v7`",
            )
        return cls(parts[0], parts[1], parts[2] if len(parts) == 3 else None)

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What an index, a manifest or a list of referrers says of some content. A hint until the content is read.

    Spec: OCI image-spec v1.1, "Content Descriptors". `urls` and `data` are never used.
    """

    media_type: str
    digest: Digest
    size: int
    artifact_type: str | None = None
    annotations: Mapping[str, str] | None = None
    platform: Platform | None = None

    @property
    def runnable(self) -> bool:
        """Whether a runtime could take this child of an index for an image; not so what BuildKit puts beside them.

        The platform alone says so, because runtimes choose by it. Annotations are anybody's, and they skip nothing.
        """
        return self.platform is None or (self.platform.os, self.platform.architecture) != ("unknown", "unknown")

    def check(self, content: bytes, what: str) -> bytes:
        """`content`, unchanged, which is called `what` in errors.

        Raises:
            DigestMismatch: the content has another digest.
            MalformedContent: the content has the digest and another size.

        """
        self.digest.check(content, what)
        if len(content) != self.size:
            raise MalformedContent(f"{what} has {len(content)} bytes, and was named with a size of {self.size}")
        return content


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image or artifact.

    Attributes:
        subject: what it says that it is about, if it is a referrer.
        artifact_type: its own, or the media type of its config where it has none.

    """

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    subject: Descriptor | None
    artifact_type: str
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Index:
    """One image for each platform, or a list of referrers."""

    media_type: str
    children: tuple[Descriptor, ...]
    subject: Descriptor | None
    artifact_type: str | None
    annotations: Mapping[str, str]

    def images(self) -> tuple[Descriptor, ...]:
        """The children that can be run.

        Raises:
            LimitExceeded: there are more than `CHILD_LIMIT`.

        """
        runnable = tuple(child for child in self.children if child.runnable)
        if len(runnable) > CHILD_LIMIT:
            raise LimitExceeded(f"the index has {len(runnable)} images, more than the {CHILD_LIMIT} that are read")
        return runnable


@dataclass(frozen=True, slots=True)
class Fetched:
    """A manifest or index with the exact bytes that were hashed.

    Attributes:
        descriptor: media type, digest and size of `content`.

    """

    descriptor: Descriptor
    content: bytes
    document: Manifest | Index


def parse_manifest(content: bytes, media_type: str | None, *, digest: Digest | None = None) -> Fetched:
    """The manifest or index that the untrusted `content` holds.

    `media_type` is what a header or a descriptor said, None where nothing did. `digest` is the digest that
    `content` was already checked against; without it the sha256 digest is computed.

    Spec: OCI image-spec v1.1, "Image Manifest" and "Image Index"; Docker image manifest v2, schema 2. Stricter
    in that every media type that is given must agree and that one must be given, that a document with the
    fields of both kinds is refused (CVE-2021-41190), and that a field's name in other capitals is refused,
    because some readers take it for the field.

    Raises:
        UnsupportedManifest: it is a schema 1 manifest, or of another type that is no manifest.
        MalformedContent: it does not parse, or its media types disagree.
        LimitExceeded: it has more children, layers or annotations than are read.

    """
    what = "the manifest"
    document = json_object(content, what)
    kind = _kind(document, media_type)
    size = len(content)
    found = Digest.of(content) if digest is None else digest
    descriptor = Descriptor(kind, found, size, artifact_type=_optional_text(document, "artifactType", what))
    value = _index(document, kind) if kind in _INDEX_TYPES else _manifest(document, kind)
    return Fetched(descriptor, content, value)


def parse_descriptor(value: object, what: str) -> Descriptor:
    """The descriptor that the untrusted `value` holds; `what` names it in errors.

    Raises:
        MalformedContent: it is no descriptor.
        LimitExceeded: its size or its annotations are beyond what is read.

    """
    document = expect_object(value, what)
    _refuse_other_capitals(document, _DESCRIPTOR_FIELDS, what)
    try:
        digest = Digest.parse(expect_text(document.get("digest"), f"the digest of {what}"))
    except BadDigest as error:
        raise MalformedContent(f"{what}: {error.message}") from error
    return Descriptor(
        media_type=expect_text(document.get("mediaType"), f"the media type of {what}"),
        digest=digest,
        size=_size(document.get("size"), what),
        artifact_type=_optional_text(document, "artifactType", what),
        annotations=_annotations(document, what),
        platform=_platform(document.get("platform"), what),
    )


def _kind(document: Mapping[str, Any], media_type: str | None) -> str:
    said = _optional_text(document, "mediaType", "the manifest")
    _refuse_schema_1(document, said, media_type)
    if said is not None and media_type is not None and said != media_type:
        raise MalformedContent(f"the manifest says that it is `{said[:100]}`, and was sent as `{media_type[:100]}`")
    kind = said or media_type
    if kind is None:
        raise MalformedContent("nothing says which kind of manifest it is")
    if kind not in MANIFEST_TYPES:
        raise UnsupportedManifest(f"`{kind[:100]}` is not the media type of a manifest that is read")
    if said is None and kind in _DOCKER_TYPES:
        raise MalformedContent(f"the manifest was sent as `{kind}`, which has a `mediaType`, and this has none")
    if type(document.get("schemaVersion")) is not int or document["schemaVersion"] != 2:
        raise MalformedContent("the manifest has a `schemaVersion` that is not 2")
    _refuse_ambiguity(document, kind)
    return kind


def _refuse_ambiguity(document: Mapping[str, Any], kind: str) -> None:
    foreign = {"config", "layers"} if kind in _INDEX_TYPES else {"manifests"}
    ambiguous = sorted(name for name in document if name.casefold() in foreign | _FIELDS_OF_OTHERS)
    if ambiguous:
        raise MalformedContent(f"the manifest is `{kind}` and has the field `{ambiguous[0]}` of another kind")
    _refuse_other_capitals(document, _MANIFEST_FIELDS, "the manifest")


def _refuse_other_capitals(document: Mapping[str, Any], fields: frozenset[str], what: str) -> None:
    # Go's reader of JSON, and so most of the field's, takes `Layers` for `layers`, and `layer\u017f` too.
    folded = {name.casefold() for name in fields}
    other = sorted(name for name in document if name not in fields and name.casefold() in folded)
    if other:
        raise MalformedContent(f"{what} has the field `{other[0]}`, which differs from the known one in capitals")


def _refuse_schema_1(document: Mapping[str, Any], *media_types: str | None) -> None:
    named = any(kind is not None and kind.startswith(_SCHEMA_1) for kind in media_types)
    if named or document.get("schemaVersion") == 1 or "fsLayers" in document:
        raise UnsupportedManifest(
            "the image has a manifest of schema 1, whose digest does not cover all of it",
            hint="push the image again with a client made since 2017",
        )


def _manifest(document: Mapping[str, Any], kind: str) -> Manifest:
    what = "the manifest"
    layers = expect_list(document.get("layers"), f"`layers` of {what}", limit=LAYER_LIMIT)
    config = parse_descriptor(document.get("config"), f"`config` of {what}")
    return Manifest(
        media_type=kind,
        config=config,
        layers=tuple(parse_descriptor(layer, f"layer {at} of {what}") for at, layer in enumerate(layers)),
        subject=_subject(document, what),
        artifact_type=_optional_text(document, "artifactType", what) or config.media_type,
        annotations=_annotations(document, what) or {},
    )


def _index(document: Mapping[str, Any], kind: str) -> Index:
    what = "the index"
    children = expect_list(document.get("manifests"), f"`manifests` of {what}", limit=LAYER_LIMIT)
    return Index(
        media_type=kind,
        children=tuple(parse_descriptor(child, f"entry {at} of {what}") for at, child in enumerate(children)),
        subject=_subject(document, what),
        artifact_type=_optional_text(document, "artifactType", what),
        annotations=_annotations(document, what) or {},
    )


def _subject(document: Mapping[str, Any], what: str) -> Descriptor | None:
    subject = document.get("subject")
    return None if subject is None else parse_descriptor(subject, f"`subject` of {what}")


def _platform(value: object, what: str) -> Platform | None:
    if value is None:
        return None
    document = expect_object(value, f"`platform` of {what}")
    _refuse_other_capitals(document, _PLATFORM_FIELDS, f"`platform` of {what}")
    return Platform(
        os=expect_text(document.get("os", ""), f"`os` of {what}"),
        architecture=expect_text(document.get("architecture", ""), f"`architecture` of {what}"),
        variant=_optional_text(document, "variant", what),
        os_version=_optional_text(document, "os.version", what),
    )


def _annotations(document: Mapping[str, Any], what: str) -> Mapping[str, str] | None:
    value = document.get("annotations")
    if value is None:
        return None
    found = expect_object(value, f"`annotations` of {what}")
    if len(found) > _ANNOTATION_LIMIT:
        raise LimitExceeded(f"{what} has more than {_ANNOTATION_LIMIT} annotations")
    return {name: expect_text(text, f"annotation `{name[:60]}` of {what}") for name, text in found.items()}


def _size(value: object, what: str) -> int:
    size = expect_integer(value, f"the size of {what}")
    if not 0 <= size <= _SIZE_LIMIT:
        raise MalformedContent(f"the size of {what} is {size}")
    return size


def _optional_text(document: Mapping[str, Any], name: str, what: str) -> str | None:
    value = document.get(name)
    return None if value is None else expect_text(value, f"`{name}` of {what}")
