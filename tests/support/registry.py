"""An OCI registry on loopback: pull, push, tags, referrers, tokens, and everything that can go wrong."""

from __future__ import annotations

import json
import re
import ssl
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from tests.support.images import Annotations, Content, artifact, blob, image, platform_index
from tests.support.loopback import Fault, LoopbackServer, Reply, Request
from tests.support.registry_auth import Auth, TokenAuth, denial
from trust.digest import BadDigest, Digest
from verifier.manifest import OCI_INDEX, OCI_MANIFEST

_ROUTES = re.compile(
    r"/v2/(?P<path>[a-z0-9._/-]+)/(?:"
    r"manifests/(?P<manifest>[^/]+)|blobs/(?P<blob>sha(?:256|512):[0-9a-f]+)|"
    r"blobs/uploads/(?P<upload>[^/]*)|referrers/(?P<referrers>[^/]+)|tags/(?P<tags>list))"
)
_BINARY = ("Content-Type", "application/octet-stream")


class Stored:
    """What one repository holds."""

    def __init__(self) -> None:
        self.blobs: dict[Digest, bytes] = {}
        self.manifests: dict[Digest, tuple[str, bytes]] = {}
        self.tags: dict[str, Digest] = {}
        self.uploads: dict[str, bytes] = {}

    def referrers(self, digest: str) -> list[dict[str, Any]]:
        """The descriptors of every manifest whose subject is `digest`."""
        return [
            found
            for stored, (media_type, content) in self.manifests.items()
            if (found := _referrer(digest, stored, media_type, content)) is not None
        ]


class LoopbackRegistry:
    """A registry on 127.0.0.1, as a context manager; `server` has its log, faults and address.

    Args:
        referrers: whether it has the referrers API.
        page_size: of the lists of referrers and tags, where a client does not say one.
        auth: what it asks of its clients.

    """

    def __init__(
        self,
        *,
        referrers: bool = True,
        page_size: int | None = None,
        auth: Auth | None = None,
        tls: ssl.SSLContext | None = None,
        delay_s: float = 0.0,
        address: str = "127.0.0.1",
    ) -> None:
        self.server = LoopbackServer(self._answer, address=address, tls=tls, delay_s=delay_s)
        self.auth = auth
        self._referrers = referrers
        self._page_size = page_size
        self._lock = threading.Lock()
        self._repositories: dict[str, Stored] = {}

    @property
    def host(self) -> str:
        """Address and port, as a reference names the registry."""
        return self.server.host

    @property
    def lines(self) -> list[str]:
        """The requests so far, as `METHOD path`."""
        return self.server.lines

    def fault(self, path: str, **what: Any) -> None:
        """From now on requests with a match of `path` go wrong; `what` is that of `Fault`."""
        self.server.fault(Fault(path, **what))

    def stored(self, repository: str) -> Stored:
        """What `repository` holds; it comes into being by being asked for."""
        return self._repositories.setdefault(repository, Stored())

    def put(self, repository: str, content: Content, *, tag: str | None = None) -> Digest:
        """Store `content` and all that it names, and let `tag` name it."""
        for part in content.all():
            if part.is_manifest:
                self.put_manifest(repository, part.content, part.media_type)
            else:
                self.put_blob(repository, part.content)
        if tag is not None:
            self.stored(repository).tags[tag] = content.digest
        return content.digest

    def put_image(self, repository: str, tag: str | None = None, *, text: str = "hello") -> Digest:
        """Store a small image, which differs with `text`."""
        return self.put(repository, image(text), tag=tag)

    def put_index(self, repository: str, tag: str | None = None, *, platforms: Sequence[str] = ()) -> Digest:
        """Store an index of one image for each platform."""
        return self.put(repository, platform_index(*(platforms or ("linux/amd64", "linux/arm64"))), tag=tag)

    def put_manifest(
        self, repository: str, content: bytes, media_type: str = OCI_MANIFEST, *, tag: str | None = None
    ) -> Digest:
        """Store `content` as a manifest, whatever it is."""
        digest = Digest.of(content)
        self.stored(repository).manifests[digest] = (media_type, content)
        if tag is not None:
            self.stored(repository).tags[tag] = digest
        return digest

    def put_blob(self, repository: str, content: bytes) -> Digest:
        """Store a blob."""
        digest = Digest.of(content)
        self.stored(repository).blobs[digest] = content
        return digest

    def attach(
        self,
        repository: str,
        subject: Content,
        artifact_type: str,
        content: bytes,
        *,
        annotations: Annotations | None = None,
    ) -> Digest:
        """Store a referrer of `subject` with one layer of `content`, as the registry's clients do.

        Where the registry has no referrers API the fallback tag is brought up to date.
        """
        layers = (blob(artifact_type, content),)
        made = artifact(artifact_type, layers, subject=subject, annotations=annotations)
        digest = self.put(repository, made)
        if not self._referrers:
            listed = self.stored(repository).referrers(str(subject.digest))
            document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}
            tag = f"{subject.digest.algorithm}-{subject.digest.hex}"
            self.put_manifest(repository, json.dumps(document).encode(), OCI_INDEX, tag=tag)
        return digest

    def __enter__(self) -> Self:
        self.server.__enter__()
        if isinstance(self.auth, TokenAuth):
            self.auth.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(self.auth, TokenAuth):
            self.auth.server.__exit__(kind, error, trace)
        self.server.__exit__(kind, error, trace)

    def _answer(self, request: Request) -> Reply:
        route = _ROUTES.fullmatch(request.route)
        refusal = self.auth.refusal(request, route["path"] if route else None) if self.auth else None
        if refusal is not None:
            return refusal
        if request.route in ("/v2/", "/v2"):
            return Reply(200, (("Docker-Distribution-Api-Version", "registry/2.0"),), b"{}")
        if route is None:
            return denial(404, "NOT_FOUND")
        kind = next(name for name, value in route.groupdict().items() if value is not None and name != "path")
        with self._lock:
            return self._routes[kind](self, request, self.stored(route["path"]), route)

    def _manifest(self, request: Request, stored: Stored, route: re.Match[str]) -> Reply:
        name = route["manifest"].replace("%3A", ":")
        if request.method == "PUT":
            return self._put_manifest(request, stored, name, route["path"])
        digest = _digest(name) if ":" in name else stored.tags.get(name)
        if digest is None or digest not in stored.manifests:
            return denial(404, "MANIFEST_UNKNOWN")
        if request.method == "DELETE":
            del stored.manifests[digest]
            return Reply(202)
        media_type, content = stored.manifests[digest]
        return Reply(200, (("Content-Type", media_type), ("Docker-Content-Digest", str(digest))), content)

    def _put_manifest(self, request: Request, stored: Stored, name: str, path: str) -> Reply:
        asked = _digest(name) if ":" in name else None
        if asked is not None and not asked.matches(request.body):
            return denial(400, "DIGEST_INVALID")
        digest = asked or Digest.of(request.body)
        stored.manifests[digest] = (request.headers.get("content-type", OCI_MANIFEST), request.body)
        if asked is None:
            stored.tags[name] = digest
        headers = [("Location", f"/v2/{path}/manifests/{digest}"), ("Docker-Content-Digest", str(digest))]
        subject = json.loads(request.body).get("subject")
        if subject and self._referrers:
            headers.append(("OCI-Subject", subject["digest"]))
        return Reply(201, tuple(headers))

    def _blob(self, request: Request, stored: Stored, route: re.Match[str]) -> Reply:
        digest = _digest(route["blob"])
        if digest is None or digest not in stored.blobs:
            return denial(404, "BLOB_UNKNOWN")
        return Reply(200, (_BINARY, ("Docker-Content-Digest", str(digest))), stored.blobs[digest])

    def _upload(self, request: Request, stored: Stored, route: re.Match[str]) -> Reply:
        upload = route["upload"] or uuid.uuid4().hex
        stored.uploads[upload] = stored.uploads.get(upload, b"") + request.body
        place = (("Location", f"/v2/{route['path']}/blobs/uploads/{upload}"),)
        if "digest" not in request.query:
            received = ("Range", f"0-{max(len(stored.uploads[upload]) - 1, 0)}")
            return Reply(202, (*place, received, ("Docker-Upload-UUID", upload)))
        content = stored.uploads.pop(upload)
        digest = _digest(request.query["digest"][0])
        if digest is None or not digest.matches(content):
            return denial(400, "DIGEST_INVALID")
        stored.blobs[digest] = content
        where = ("Location", f"/v2/{route['path']}/blobs/{digest}")
        return Reply(201, (where, ("Docker-Content-Digest", str(digest))))

    def _list_referrers(self, request: Request, stored: Stored, route: re.Match[str]) -> Reply:
        if not self._referrers:
            return denial(404, "NOT_FOUND")
        found = stored.referrers(route["referrers"].replace("%3A", ":"))
        start = int(request.query.get("from", ["0"])[0])
        page = found[start:][: self._page_size]
        following = start + len(page)
        headers = [("Content-Type", OCI_INDEX)]
        if following < len(found):
            headers.append(("Link", f'<{request.route}?from={following}>; rel="next"'))
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": page}
        return Reply(200, tuple(headers), json.dumps(document).encode())

    def _list_tags(self, request: Request, stored: Stored, route: re.Match[str]) -> Reply:
        last = request.query.get("last", [""])[0]
        found = [tag for tag in sorted(stored.tags) if tag > last]
        size = int(request.query["n"][0]) if "n" in request.query else self._page_size
        page = found[:size]
        headers = [("Content-Type", "application/json")]
        if len(page) < len(found):
            headers.append(("Link", f'<{request.route}?n={size}&last={page[-1]}>; rel="next"'))
        return Reply(200, tuple(headers), json.dumps({"name": route["path"], "tags": page}).encode())

    _routes: Mapping[str, Callable[..., Reply]] = {
        "manifest": _manifest,
        "blob": _blob,
        "upload": _upload,
        "referrers": _list_referrers,
        "tags": _list_tags,
    }


def _digest(text: str) -> Digest | None:
    try:
        return Digest.parse(text)
    except BadDigest:
        return None


def _referrer(subject: str, digest: Digest, media_type: str, content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content)
    except ValueError:
        return None
    if not isinstance(document, dict) or document.get("subject", {}).get("digest") != subject:
        return None
    said = document.get("artifactType") or document.get("config", {}).get("mediaType")
    found = {"mediaType": media_type, "digest": str(digest), "size": len(content), "artifactType": said}
    return found | ({"annotations": document["annotations"]} if "annotations" in document else {})
