"""What the benchmarks ask about: images that real cosign signed, and one image with very many signatures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks.proxy import SlowRegistry, slow_registry
from tests.peers.support.images import OCI_INDEX, OCI_MANIFEST, Content, Image, Shelf, image
from tests.peers.support.registries import distribution
from tests.peers.support.tools import Home
from tests.peers.support.workshop import KeyPair, Workshop
from tests.support import signing
from trust.digest import Digest

IMAGES = 50
FORMATS = ("legacy", "bundle")
ROUND_TRIPS_MS = (0, 20, 100)
LIMIT = "60/1s"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
EMPTY = Content("application/vnd.oci.empty.v1+json", b"{}")


@dataclass(frozen=True, slots=True)
class Stage:
    """A registry with signed images, at several distances, and all that programs need to verify them.

    Attributes:
        near: the host of the registry itself.
        by_round_trip: the same registry, by its distance in milliseconds.
        limited: the same, 20 ms away and with a rate limit.
        many_key: public key of what `sign_often` signs.

    """

    folder: Path
    workshop: Workshop
    near: str
    by_round_trip: dict[int, SlowRegistry]
    limited: SlowRegistry
    many_key: Path

    @property
    def key(self) -> KeyPair:
        """The key that signed the images."""
        return self.workshop.key("release")

    def sign_images(self, kind: str, count: int = IMAGES) -> None:
        """Push `count` images, each into its own repository, and sign each with cosign."""
        for at in range(count):
            reference = Shelf(self.near, repository(kind, at)).push(image(f"{kind} {at}"))
            if kind == "legacy":
                self.workshop.sign_legacy(reference, self.key)
            else:
                self.workshop.sign_bundle(reference, self.key)

    def sign_often(self, kind: str, count: int) -> None:
        """Push one image with `count` signatures of one key, no two of them alike."""
        shelf = Shelf(self.near, many_repository(kind, count))
        whole = image(f"{kind} {count}")
        shelf.push(whole)
        shelf.put_blob(EMPTY.body)
        (_often_legacy if kind == "legacy" else _often_bundle)(shelf, whole, count)


def repository(kind: str, at: int) -> str:
    """The repository of image number `at`."""
    return f"{kind}/app{at:02}"


def many_repository(kind: str, count: int) -> str:
    """The repository of the image with `count` signatures."""
    return f"many/{kind}{count}"


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A stage with an empty registry, whose files are in `folder`."""
    workshop = Workshop(Home(folder))
    many_key = folder / "many.pub"
    many_key.write_bytes(signing.signing_key("many").pem)
    with (
        distribution(folder / "registry") as registry,
        slow_registry(registry.host, 0, folder) as at_0,
        slow_registry(registry.host, 20, folder) as at_20,
        slow_registry(registry.host, 100, folder) as at_100,
        slow_registry(registry.host, 20, folder, LIMIT) as limited,
    ):
        yield Stage(folder, workshop, registry.host, {0: at_0, 20: at_20, 100: at_100}, limited, many_key)


def _often_legacy(shelf: Shelf, whole: Image, count: int) -> None:
    key, digest = signing.signing_key("many"), Digest.parse(whole.digest)
    payloads = [signing.payload(digest, annotations={"number": str(at)}) for at in range(count)]
    _put_blobs(shelf, payloads)
    layers = [Content(SIMPLE_SIGNING, one, annotations=signing.signed_layer(key, one)).descriptor() for one in payloads]
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": EMPTY.descriptor(), "layers": layers}
    shelf.put_manifest(f"sha256-{digest.hex}.sig", Content(OCI_MANIFEST, json.dumps(document).encode()))


def _often_bundle(shelf: Shelf, whole: Image, count: int) -> None:
    key, digest = signing.signing_key("many"), Digest.parse(whole.digest)
    bundles = [_bundle(key, digest, at) for at in range(count)]
    _put_blobs(shelf, [one.body for one in bundles])
    referrers = [_referrer(whole.top, one) for one in bundles]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: shelf.put_manifest(one.digest, one), referrers))
    listed = [one.descriptor() | {"artifactType": signing.BUNDLE_V03} for one in referrers]
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}
    shelf.put_manifest(f"sha256-{digest.hex}", Content(OCI_INDEX, json.dumps(document).encode()))


def _bundle(key: signing.SigningKey, digest: Digest, at: int) -> Content:
    statement = signing.statement(digest, annotations={"number": str(at)})
    document = signing.bundle(signing.envelope(statement, key))
    return Content(signing.BUNDLE_V03, signing.encoded(document))


def _referrer(subject: Content, bundle: Content) -> Content:
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": signing.BUNDLE_V03,
        "config": EMPTY.descriptor(),
        "layers": [bundle.descriptor()],
        "subject": subject.descriptor(),
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": signing.SIGN_V1,
        },
    }
    return Content(OCI_MANIFEST, json.dumps(document).encode())


def _put_blobs(shelf: Shelf, bodies: list[bytes]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(Shelf.put_blob, shelf), bodies))
