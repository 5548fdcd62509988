"""Small OCI images and indexes, built without any tool and pushed over the registry's API."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
IN_TOTO = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes with their media type.

    Attributes:
        platform: what an index says about it, empty for none.
        annotations: what an index says beside that.

    """

    media_type: str
    body: bytes
    platform: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Its digest, `sha256:` and 64 hex digits."""
        return "sha256:" + hashlib.sha256(self.body).hexdigest()

    def descriptor(self) -> dict[str, object]:
        """What a manifest or an index says of it."""
        said: dict[str, object] = {"mediaType": self.media_type, "digest": self.digest, "size": len(self.body)}
        return said | {k: dict(v) for k, v in (("platform", self.platform), ("annotations", self.annotations)) if v}


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest or an index, and everything below it, in the order in which it can be pushed."""

    top: Content
    blobs: Sequence[Content]
    manifests: Sequence[Content] = ()

    @property
    def digest(self) -> str:
        """The digest of its manifest or index."""
        return self.top.digest


def image(name: str, architecture: str = "amd64") -> Image:
    """An image of one small layer; `name` makes it another image."""
    layer = Content(OCI_LAYER, f"{name} for {architecture}\n".encode())
    rootfs = {"type": "layers", "diff_ids": [layer.digest]}
    config = _json(OCI_CONFIG, {"architecture": architecture, "os": "linux", "config": {}, "rootfs": rootfs})
    return Image(_manifest(config, [layer]), (layer, config))


def index(name: str) -> Image:
    """An index of two platforms, with an unsigned attestation manifest beside each as BuildKit writes it."""
    parts = [image(name, architecture) for architecture in ("amd64", "arm64")]
    children: list[Content] = []
    blobs: list[Content] = []
    for part, architecture in zip(parts, ("amd64", "arm64"), strict=True):
        children.append(_placed(part.top, {"architecture": architecture, "os": "linux"}))
        blobs.extend(part.blobs)
    for child in list(children):
        statement, attested = _unsigned_attestation(name, child)
        blobs.extend(statement)
        children.append(attested)
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child.descriptor() for child in children]}
    return Image(_json(OCI_INDEX, document), tuple(blobs), tuple(children))


def children(whole: Image) -> tuple[str, ...]:
    """The digests of the platforms of an index, in its order, without attestation manifests."""
    return tuple(m.digest for m in whole.manifests if m.platform.get("os") != "unknown")


def _unsigned_attestation(name: str, child: Content) -> tuple[tuple[Content, ...], Content]:
    subject = {"name": name, "digest": {"sha256": child.digest.removeprefix("sha256:")}}
    predicate = "https://slsa.dev/provenance/v1"
    statement = _json(
        IN_TOTO,
        {
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": predicate,
            "subject": [subject],
            "predicate": {},
        },
        annotations={"in-toto.io/predicate-type": predicate},
    )
    rootfs = {"type": "layers", "diff_ids": [statement.digest]}
    config = _json(OCI_CONFIG, {"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": rootfs})
    manifest = _manifest(config, [statement])
    said = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": child.digest}
    return (statement, config), _placed(manifest, {"architecture": "unknown", "os": "unknown"}, said)


def _placed(content: Content, platform: Mapping[str, str], annotations: Mapping[str, str] | None = None) -> Content:
    return Content(content.media_type, content.body, platform, annotations or {})


def _manifest(config: Content, layers: Sequence[Content]) -> Content:
    said = {"config": config.descriptor(), "layers": [layer.descriptor() for layer in layers]}
    return _json(OCI_MANIFEST, {"schemaVersion": 2, "mediaType": OCI_MANIFEST, **said})


def _json(media_type: str, document: object, annotations: Mapping[str, str] | None = None) -> Content:
    return Content(media_type, json.dumps(document).encode(), annotations=annotations or {})


@dataclass(frozen=True, slots=True)
class Shelf:
    """One repository of a running registry, to put into it and to take out of it what no tool would.

    Attributes:
        host: with its port.
        repository: within the registry.
        ca: file with the authority of the registry's certificate; None for plain HTTP.
        credential: user and password for Basic authentication.

    """

    host: str
    repository: str
    ca: str | None = None
    credential: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """Registry and repository, as a reference has them."""
        return f"{self.host}/{self.repository}"

    def push(self, whole: Image, tag: str = "1") -> str:
        """The reference, with digest, of `whole`, which is under `tag` afterwards."""
        for blob in whole.blobs:
            self.put_blob(blob.body)
        for manifest in whole.manifests:
            self.put_manifest(manifest.digest, manifest)
        self.put_manifest(tag, whole.top)
        return f"{self.name}@{whole.digest}"

    def put_blob(self, body: bytes) -> str:
        """The digest of `body`, which is in the repository afterwards."""
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        place, _ = self._ask("POST", "blobs/uploads/")
        address = urllib.parse.urljoin(self._base, place["Location"])
        joint = "&" if "?" in address else "?"
        self._request("PUT", f"{address}{joint}digest={digest}", body, {"Content-Type": "application/octet-stream"})
        return digest

    def put_manifest(self, name: str, content: Content) -> None:
        """Puts `content` under a tag or its digest."""
        self._ask("PUT", f"manifests/{name}", content.body, {"Content-Type": content.media_type})

    def manifest(self, name: str) -> Content:
        """What is under a tag or a digest."""
        accepted = f"{OCI_MANIFEST}, {OCI_INDEX}"
        headers, body = self._ask("GET", f"manifests/{name}", headers={"Accept": accepted})
        return Content(headers["Content-Type"], body)

    def refer(self, subject: str, referrer: Content, *, listed: bool) -> None:
        """Attaches `referrer`, whose manifest names `subject`; `listed` if the registry has no referrers API."""
        self.put_manifest(referrer.digest, referrer)
        if not listed:
            return
        fallback = subject.replace(":", "-")
        entries = json.loads(self.manifest(fallback).body)["manifests"] if self.has(fallback) else []
        entries.append(referrer.descriptor())
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
        self.put_manifest(fallback, Content(OCI_INDEX, json.dumps(document).encode()))

    def blob(self, digest: str) -> bytes:
        """The content with `digest`."""
        return self._ask("GET", f"blobs/{digest}")[1]

    def has(self, name: str) -> bool:
        """Whether something is under a tag or a digest."""
        try:
            self.manifest(name)
        except urllib.error.HTTPError as answer:
            with answer:
                assert answer.code == 404
            return False
        return True

    @property
    def _base(self) -> str:
        return f"{'https' if self.ca else 'http'}://{self.host}/v2/{self.repository}/"

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[Mapping[str, str], bytes]:
        return self._request(method, self._base + path, body, headers or {})

    def _request(
        self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[Mapping[str, str], bytes]:
        said = dict(headers)
        if self.credential:
            said["Authorization"] = "Basic " + base64.b64encode(":".join(self.credential).encode()).decode()
        request = urllib.request.Request(address, body, said, method=method)
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.ca:
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ca)))
        with urllib.request.build_opener(*handlers).open(request, timeout=30) as answer:
            return answer.headers, answer.read()
