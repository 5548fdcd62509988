"""OCI image layouts on disk, as the common tools write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.images import Content, encoded

REF_NAME = "org.opencontainers.image.ref.name"


def named(content: Content, name: str) -> Content:
    """`content` as an entry called `name`."""
    return content.with_hints(annotations={REF_NAME: name})


def kind(content: Content, kind: str) -> Content:
    """`content` as an entry of a layout that `cosign save` wrote: `image`, `imageIndex`, `sigs` or `atts`."""
    return content.with_hints(annotations={"kind": f"dev.cosignproject.cosign/{kind}"})


def write_layout(directory: Path, entries: Sequence[Content]) -> Path:
    """The layout at `directory` with `entries` in its index, and all that they name among its blobs."""
    for entry in entries:
        for content in entry.all():
            write_blob(directory, content.content, algorithm=content.digest.algorithm, hex_=content.digest.hex)
    (directory / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
    write_index(directory, [entry.descriptor() for entry in entries])
    (directory / "oci-layout").write_bytes(encoded({"imageLayoutVersion": "1.0.0"}))
    return directory


def write_blob(directory: Path, content: bytes, *, algorithm: str = "sha256", hex_: str) -> Path:
    """The file of a blob with `content` under the name `hex_`, which may be another's."""
    path = directory / "blobs" / algorithm / hex_
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def write_index(directory: Path, descriptors: Sequence[object]) -> None:
    """Write an `index.json` of `descriptors`, whatever they are."""
    document = {"schemaVersion": 2, "manifests": list(descriptors)}
    (directory / "index.json").write_bytes(encoded(document))
