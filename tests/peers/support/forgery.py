"""Signatures as cosign would not have attached them: payloads of every kind, moved, changed, broken."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping

from tests.peers.support.images import OCI_CONFIG, OCI_MANIFEST, Content, Shelf

PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGNATURE = "dev.cosignproject.cosign/signature"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
EMPTY = Content("application/vnd.oci.empty.v1+json", b"{}")


def signature_tag(digest: str) -> str:
    """The tag under which cosign looks for simple signing."""
    return digest.replace(":", "-") + ".sig"


def payload(digest: str, *, repository: str, kind: str = "cosign container image signature") -> bytes:
    """What cosign signs about an image."""
    critical = {
        "identity": {"docker-reference": repository},
        "image": {"docker-manifest-digest": digest},
        "type": kind,
    }
    return json.dumps({"critical": critical, "optional": None}).encode()


def attach_payload(shelf: Shelf, digest: str, body: bytes, signature: bytes, *, media_type: str = PAYLOAD) -> None:
    """Puts one signed payload where cosign looks for it, for `digest`."""
    layer = Content(media_type, body, annotations={SIGNATURE: signature.decode()})
    config = Content(OCI_CONFIG, json.dumps({"rootfs": {"type": "layers", "diff_ids": [layer.digest]}}).encode())
    shelf.put_blob(body)
    shelf.put_blob(config.body)
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config.descriptor()}
    manifest = document | {"layers": [layer.descriptor()]}
    shelf.put_manifest(signature_tag(digest), Content(OCI_MANIFEST, json.dumps(manifest).encode()))


def attached_payload(shelf: Shelf, digest: str) -> tuple[bytes, bytes]:
    """The payload and the signature that cosign attached to `digest`."""
    layer = json.loads(shelf.manifest(signature_tag(digest)).body)["layers"][0]
    return shelf.blob(layer["digest"]), layer["annotations"][SIGNATURE].encode()


def edit_payload(shelf: Shelf, digest: str, edit: Callable[[bytes], bytes]) -> None:
    """Changes the payload that cosign attached to `digest`, and leaves its signature as it is."""
    body, signature = attached_payload(shelf, digest)
    changed = edit(body)
    assert changed != body
    attach_payload(shelf, digest, changed, signature)


def broken(signature: bytes) -> bytes:
    """`signature`, base64, with its last byte changed."""
    raw = base64.b64decode(signature)
    return base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1]))


def attach_bundle(shelf: Shelf, subject: Content, bundle: bytes, *, listed: bool) -> None:
    """Hangs a bundle on an image as cosign does, whatever the bundle is about."""
    shelf.put_blob(EMPTY.body)
    shelf.put_blob(bundle)
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": BUNDLE,
        "config": EMPTY.descriptor(),
        "layers": [Content(BUNDLE, bundle).descriptor()],
        "subject": subject.descriptor(),
        "annotations": {"dev.sigstore.bundle.content": "dsse-envelope"},
    }
    shelf.refer(subject.digest, Content(OCI_MANIFEST, json.dumps(document).encode()), listed=listed)


def statement(*digests: str, predicate_type: str = "https://sigstore.dev/cosign/sign/v1") -> bytes:
    """An in-toto statement about images; by its type a signature, unless told otherwise."""
    subjects: list[Mapping[str, object]] = [
        {"digest": {"sha256": digest.removeprefix("sha256:")}} for digest in digests
    ]
    return json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subjects,
            "predicateType": predicate_type,
            "predicate": {},
        }
    ).encode()


def stranger_digest(name: str) -> str:
    """The digest of something that is in no registry."""
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()
