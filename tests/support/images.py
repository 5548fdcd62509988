"""Real manifests, indexes and artifacts as bytes, small and always the same for the same arguments."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trust.digest import Digest
from verifier.manifest import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
EMPTY = "application/vnd.oci.empty.v1+json"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
IN_TOTO = "application/vnd.in-toto+json"
BUILDKIT_ATTESTATION = "application/vnd.docker.attestation.manifest.v1+json"

Annotations = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes with a media type, and everything that they name.

    Attributes:
        parts: config, layers or children; `all` walks them before what names them, the order of pushing.
        hints: further fields of its descriptor, such as `platform` and `annotations`.

    """

    media_type: str
    content: bytes
    parts: tuple[Content, ...] = ()
    hints: tuple[tuple[str, Any], ...] = ()

    @property
    def digest(self) -> Digest:
        return Digest.of(self.content)

    @property
    def is_manifest(self) -> bool:
        return self.media_type in (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)

    @property
    def document(self) -> dict[str, Any]:
        """The parsed content, to change a copy of it."""
        parsed: dict[str, Any] = json.loads(self.content)
        return parsed

    def descriptor(self, **hints: object) -> dict[str, Any]:
        """Its descriptor as it stands in a document; `hints` add to it or replace its fields."""
        return {
            "mediaType": self.media_type,
            "digest": str(self.digest),
            "size": len(self.content),
            **dict(self.hints),
            **hints,
        }

    def changed(self, **fields: object) -> Content:
        """This manifest with other `fields`; a field that is None is taken away."""
        document = {name: value for name, value in (self.document | fields).items() if value is not None}
        return Content(self.media_type, encoded(document), self.parts, self.hints)

    def with_hints(self, **hints: object) -> Content:
        """The same content, described with further `hints`."""
        return Content(self.media_type, self.content, self.parts, (*self.hints, *hints.items()))

    def all(self) -> Iterator[Content]:
        """Everything that this names, and then this."""
        for part in self.parts:
            yield from part.all()
        yield self


def encoded(document: object) -> bytes:
    """`document` as JSON, always the same bytes."""
    return json.dumps(document, separators=(",", ":")).encode()


def blob(media_type: str, content: bytes, *, annotations: Annotations | None = None) -> Content:
    """A blob, and what its descriptor says beside."""
    return Content(media_type, content, hints=(("annotations", dict(annotations)),) if annotations else ())


def layer(text: str, *, media_type: str = LAYER) -> Content:
    """A gzipped layer with the one file `/hello` that holds `text`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo("hello")
        entry.size = len(text.encode())
        tar.addfile(entry, io.BytesIO(text.encode()))
    return Content(media_type, gzip.compress(packed.getvalue(), mtime=0))


def config(layers: Sequence[Content], *, platform: str = "linux/amd64", media_type: str = CONFIG) -> Content:
    """The config of an image with `layers`, for `platform`."""
    system, architecture, *variant = platform.split("/")
    document: dict[str, Any] = {
        "os": system,
        "architecture": architecture,
        "config": {"Cmd": ["/hello"]},
        "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(gzip.decompress(one.content))) for one in layers]},
    }
    return Content(media_type, encoded(document | ({"variant": variant[0]} if variant else {})))


def image(text: str = "hello", *, platform: str = "linux/amd64", annotations: Annotations | None = None) -> Content:
    """An OCI image with one layer, which differs with `text`."""
    layers = (layer(text),)
    return manifest(config(layers, platform=platform), layers, annotations=annotations)


def docker_image(text: str = "hello", *, platform: str = "linux/amd64") -> Content:
    """The same as a Docker manifest v2, schema 2."""
    layers = (layer(text, media_type=DOCKER_LAYER),)
    return manifest(config(layers, platform=platform, media_type=DOCKER_CONFIG), layers, media_type=DOCKER_MANIFEST)


def manifest(
    config: Content,
    layers: Sequence[Content],
    *,
    media_type: str = OCI_MANIFEST,
    subject: Content | None = None,
    artifact_type: str | None = None,
    annotations: Annotations | None = None,
) -> Content:
    """A manifest of `config` and `layers`."""
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": media_type}
    if artifact_type is not None:
        document["artifactType"] = artifact_type
    document |= {"config": config.descriptor(), "layers": [one.descriptor() for one in layers]}
    document |= _optional(subject, annotations)
    return Content(media_type, encoded(document), (config, *layers))


def artifact(
    artifact_type: str,
    layers: Sequence[Content] = (),
    *,
    subject: Content | None = None,
    annotations: Annotations | None = None,
) -> Content:
    """An artifact as image-spec v1.1 describes it: the empty config, and perhaps a `subject`."""
    empty = Content(EMPTY, b"{}")
    return manifest(empty, layers or (empty,), subject=subject, artifact_type=artifact_type, annotations=annotations)


def index(
    children: Sequence[Content],
    *,
    media_type: str = OCI_INDEX,
    subject: Content | None = None,
    annotations: Annotations | None = None,
) -> Content:
    """An index of `children`, each with the hints that it has."""
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": media_type}
    document |= {"manifests": [child.descriptor() for child in children]}
    document |= _optional(subject, annotations)
    return Content(media_type, encoded(document), tuple(children))


def for_platform(content: Content, platform: str) -> Content:
    """`content` as a child of an index, for `platform`."""
    system, architecture, *variant = platform.split("/")
    named = {"os": system, "architecture": architecture} | ({"variant": variant[0]} if variant else {})
    return content.with_hints(platform=named)


def platform_index(*platforms: str, text: str = "hello") -> Content:
    """An index of one image for each of `platforms`."""
    return index([for_platform(image(text, platform=one), one) for one in platforms])


def attestation_manifest(child: Content, *, legacy: bool = False) -> Content:
    """The unsigned attestations that BuildKit puts beside `child` into an index.

    Spec: BuildKit, docs/attestations/attestation-storage.md. `legacy` is the form without `subject`.
    """
    statement = encoded(
        {
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": "https://slsa.dev/provenance/v1",
            "subject": [{"name": "_", "digest": {child.digest.algorithm: child.digest.hex}}],
            "predicate": {"buildDefinition": {"buildType": "https://mobyproject.org/buildkit@v1"}},
        }
    )
    predicate_type = {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"}
    layers = (blob(IN_TOTO, statement, annotations=predicate_type),)
    if legacy:
        made = manifest(Content(CONFIG, encoded({"os": "unknown", "architecture": "unknown"})), layers)
    else:
        made = artifact(BUILDKIT_ATTESTATION, layers, subject=child)
    return made.with_hints(
        platform={"os": "unknown", "architecture": "unknown"},
        annotations={
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": str(child.digest),
        },
    )


def buildkit_index(*platforms: str, legacy: bool = False) -> Content:
    """An index as BuildKit writes it: an image for each platform, and an attestation manifest for each."""
    images = [for_platform(image(platform=one), one) for one in platforms]
    return index([*images, *(attestation_manifest(one, legacy=legacy) for one in images)])


def _optional(subject: Content | None, annotations: Annotations | None) -> dict[str, Any]:
    plain = None if subject is None else Content(subject.media_type, subject.content).descriptor()
    found = {"subject": plain, "annotations": dict(annotations) if annotations else None}
    return {name: value for name, value in found.items() if value is not None}
