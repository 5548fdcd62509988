"""One repository of a registry as a source: every body is held to its digest before it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy

from trust.digest import BadDigest, Digest, DigestMismatch
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
from verifier.reference import DOCKER_HUB, is_path, is_tag
from verifier.registry.memo import Memo
from verifier.registry.source import Referrers, Wanted, check_manifest, check_manifest_size, check_size, digest_of
from verifier.registry.transport import BLOB_REDIRECTS, Deadline, Response, Transport
from verifier.untrusted import expect_list, expect_text, json_object

QUESTION_TIMEOUT_S = 60.0
"""For one question with all its tries and pages, where the caller sets no deadline for all of them."""

REFERRER_PAGE_LIMIT = 20
REFERRER_LIMIT = 1000
TAG_PAGE_LIMIT = 100
TAG_LIMIT = 10_000
"""Tags inform and are never judged by their number, so more of them are read than of referrers."""

_MEMO_LIMIT_BYTES = 32 * 1024 * 1024
_GENERIC_TYPES = frozenset({"application/octet-stream", "application/json", "text/plain", "text/json"})
_NO_REFERRERS = frozenset({400, 404, 405, 406})


class RegistrySource:
    """One repository of a registry, as a `Source`.

    A tag is asked for once and everything else by digest; what was answered is remembered, so that no address is
    asked for twice. Headers never decide: the digest is that of the bytes, and a header that says otherwise is an
    error. `HEAD` is never sent.

    Spec: OCI distribution-spec v1.1, "Pulling manifests", "Pulling blobs", "Content Discovery". Stricter in that
    the status must be 200, that `Docker-Content-Digest` must agree where it is sent, and that pages are followed
    within the repository only.

    Args:
        transport: of the run.
        registry: as in a `Repository`.
        path: of the repository there.
        deadline: of all questions together; None gives each one `QUESTION_TIMEOUT_S`.

    Raises:
        BadReference: the path is none.

    """

    def __init__(self, transport: Transport, registry: str, path: str, deadline: Deadline | None = None) -> None:
        if not is_path(path):
            raise BadReference(f"`{path[:300]}` is not the path of a repository")
        self._transport = transport
        self._registry = registry
        self._path = path
        self._deadline = deadline
        self._manifests: Memo[Fetched] = Memo(limit=_MEMO_LIMIT_BYTES, weight=lambda one: len(one.content))
        self._blobs: Memo[bytes] = Memo(limit=_MEMO_LIMIT_BYTES, weight=len)
        self._lists: Memo[Referrers] = Memo(limit=_MEMO_LIMIT_BYTES, weight=lambda one: 512 * len(one.descriptors))
        self._tags: Memo[tuple[str, ...]] = Memo(limit=1, weight=lambda _: 1)

    def until(self, deadline: Deadline) -> RegistrySource:
        """This source with another deadline, for one decision among several. What was answered is shared."""
        other = copy(self)
        other._deadline = deadline  # noqa: SLF001 - its own class
        return other

    @property
    def registry(self) -> str:
        """The registry that is asked."""
        return self._registry

    @property
    def place(self) -> str:
        """Registry and path, as they are asked."""
        return f"{self._registry}/{self._path}"

    def by_tag(self, tag: str) -> Fetched:
        """The manifest that `tag` named when it was first asked for in this run.

        Raises:
            BadReference: it is no tag.
            ContentNotFound: the repository does not have it.
            DigestMismatch: the registry names another digest than that of the bytes.
            MalformedContent, LimitExceeded: it is no manifest within limits.
            RegistryError: the registry did not give it.

        """
        if not is_tag(tag):
            raise BadReference(f"`{tag[:200]}` is not a tag")
        fetched = self._manifests.get(tag, lambda: self._ask_manifest(tag, None))
        # Whoever asks for it by its digest now has it: the bytes hashed to it.
        return self._manifests.get(fetched.descriptor.digest, lambda: fetched)

    def manifest(self, wanted: Wanted) -> Fetched:
        """The manifest that is `wanted`.

        Raises:
            ContentNotFound: the repository does not have it.
            DigestMismatch: the bytes are others.
            MalformedContent, LimitExceeded: it is no manifest within limits, or not the one that was described.
            RegistryError: the registry did not give it.

        """
        digest = digest_of(wanted)
        what = f"manifest `{digest}` of `{self.place}`"
        check_manifest_size(wanted, what)
        fetched = self._manifests.get(digest, lambda: self._ask_manifest(str(digest), digest))
        return check_manifest(fetched, wanted, what)

    def blob(self, wanted: Wanted, *, limit_bytes: int) -> bytes:
        """The content that is `wanted`, of at most `limit_bytes`.

        Raises:
            ContentNotFound: the repository does not have it.
            DigestMismatch: the bytes are others.
            MalformedContent: it has another size than its descriptor says.
            LimitExceeded: it is larger.
            RegistryError: the registry did not give it.

        """
        digest = digest_of(wanted)
        what = f"blob `{digest}` of `{self.place}`"
        check_size(wanted, limit_bytes, what)
        content = self._blobs.get((digest, limit_bytes), lambda: self._ask_blob(digest, limit_bytes, what))
        return wanted.check(content, what)

    def referrers(self, digest: Digest) -> Referrers:
        """All that the referrers API lists for `digest`. No filter is asked for: a registry would be trusted with it.

        Raises:
            MalformedContent: the list cannot be read.
            LimitExceeded: it has more than `REFERRER_LIMIT` entries, or more than `REFERRER_PAGE_LIMIT` pages.
            AddressRefused: a page is somewhere else.
            RegistryError: the registry did not answer.

        """
        return self._lists.get(digest, lambda: self._ask_referrers(digest))

    def tags(self) -> tuple[str, ...]:
        """Every tag of the repository, at most `TAG_LIMIT` on `TAG_PAGE_LIMIT` pages.

        Raises:
            ContentNotFound: there is no such repository.
            MalformedContent: the list cannot be read.
            LimitExceeded: it is longer.
            AddressRefused: a page is somewhere else.
            RegistryError: the registry did not answer.

        """
        return self._tags.get("tags", self._ask_tags)

    def _ask_manifest(self, name: str, digest: Digest | None) -> Fetched:
        what = f"manifest `{name}` of `{self.place}`"
        response = self._get(
            f"manifests/{name}", self._until(), accept=MANIFEST_TYPES, limit_bytes=MANIFEST_LIMIT_BYTES
        )
        self._check_found(response, what)
        # Hashed before it is parsed: nothing reads bytes that are not the ones that were asked for.
        if digest is not None:
            digest.check(response.content, what)
        _check_named_digest(response, what)
        return parse_manifest(response.content, _said_type(response, what), digest=digest)

    def _ask_blob(self, digest: Digest, limit_bytes: int, what: str) -> bytes:
        response = self._get(f"blobs/{digest}", self._until(), limit_bytes=limit_bytes, redirects=BLOB_REDIRECTS)
        self._check_found(response, what)
        return digest.check(response.content, what)

    def _ask_referrers(self, digest: Digest) -> Referrers:
        what = f"the referrers of `{digest}` in `{self.place}`"
        found: dict[Digest, Descriptor] = {}
        for number, response in enumerate(self._pages(f"referrers/{digest}", (OCI_INDEX,), REFERRER_PAGE_LIMIT, what)):
            if number == 0 and not _is_referrer_list(response):
                return Referrers((), supported=False)
            for descriptor in _referrer_page(response, what):
                found.setdefault(descriptor.digest, descriptor)
            _check_count(len(found), REFERRER_LIMIT, what)
        return Referrers(tuple(found.values()), supported=True)

    def _ask_tags(self) -> tuple[str, ...]:
        what = f"the tags of `{self.place}`"
        found: dict[str, None] = {}
        for response in self._pages("tags/list", ("application/json",), TAG_PAGE_LIMIT, what):
            self._check_found(response, what)
            found |= dict.fromkeys(_tag_page(response, what))
            _check_count(len(found), TAG_LIMIT, what)
        return tuple(found)

    def _pages(self, first: str, accept: Sequence[str], limit: int, what: str) -> Iterator[Response]:
        """The answers for every page of a list. The first may have any status, those that follow are content."""
        below = f"/v2/{self._path}/"
        deadline = self._until()
        visited: set[str] = set()
        page: str | None = below + first
        while page is not None:
            if page in visited or len(visited) == limit:
                raise LimitExceeded(f"{what} go on for more than {len(visited)} pages, or in a circle")
            response = self._get(page.removeprefix(below), deadline, accept=accept, limit_bytes=MANIFEST_LIMIT_BYTES)
            if visited:
                self._check_found(response, what)
            visited.add(page)
            yield response
            page = self._page_after(response, page, below)

    def _page_after(self, response: Response, page: str, below: str) -> str | None:
        link = response.headers.get("link")
        if link is None:
            return None
        # Imported here, as nearly every list has one page.
        from verifier.registry.pages import next_page

        origin = str(self._transport.origin(self._registry))
        return next_page(link, page=page, origin=origin, below=below)

    def _get(
        self, name: str, deadline: Deadline, *, accept: Sequence[str] = (), limit_bytes: int, redirects: int = 0
    ) -> Response:
        return self._transport.get(
            self._registry,
            f"/v2/{self._path}/{name}",
            repository=self._path,
            accept=accept,
            limit_bytes=limit_bytes,
            deadline=deadline,
            redirects=redirects,
        )

    def _until(self) -> Deadline:
        return self._deadline or Deadline.after(QUESTION_TIMEOUT_S)

    def _check_found(self, response: Response, what: str) -> None:
        if response.status == 404:
            or_private = ", or is private" if self._registry == DOCKER_HUB else ""
            raise ContentNotFound(f"the registry does not have {what}{or_private}", hint="check the name and the tag")
        if response.status != 200:
            raise RegistryError(f"the registry answered {response.status} for {what}", hint=self._hint(response))

    def _hint(self, response: Response) -> str | None:
        # This is how a server that speaks TLS answers a plain request.
        plain = response.status == 400 and self._transport.origin(self._registry).scheme == "http"
        return "it was asked over plain HTTP; if it speaks TLS, name its authority with `--ca-file`" if plain else None


def _check_named_digest(response: Response, what: str) -> None:
    named = response.headers.get("docker-content-digest")
    if named is None:
        return
    try:
        agrees = Digest.parse(named).matches(response.content)
    except BadDigest:
        agrees = False
    if not agrees:
        raise DigestMismatch(
            f"the registry says that {what} is `{named[:150]}`, and the bytes that it sent have another digest",
            hint="the registry, or something in front of it, answers with other content than it names",
        )


def _said_type(response: Response, what: str) -> str | None:
    """The media type of a manifest, or None where the header says nothing of it and the body has to."""
    said = response.media_type
    if said is None or said in _GENERIC_TYPES:
        return None
    if said == "text/html":
        raise RegistryError(
            f"the registry answered for {what} with a page for browsers",
            hint="the address may be that of a login page or of another service",
        )
    return said


def _is_referrer_list(response: Response) -> bool:
    """Whether the first answer is a list of referrers. If not, the registry does not have the API.

    Registries without it answer 404, others 400, 405 or 406, or with whatever page they have for unknown
    addresses. An answer that says it is a list is one, and has to hold.
    """
    if response.status in _NO_REFERRERS:
        return False
    if response.status != 200:
        raise RegistryError(f"the registry answered {response.status} for a list of referrers")
    if response.media_type == OCI_INDEX:
        return True
    if response.media_type not in (None, *_GENERIC_TYPES):
        return False
    try:
        return "manifests" in json_object(response.content, "the list of referrers")
    except MalformedContent:
        return False


def _referrer_page(response: Response, what: str) -> Sequence[Descriptor]:
    try:
        document = parse_manifest(response.content, OCI_INDEX).document
    except MalformedContent as error:
        raise MalformedContent(f"{what} cannot be read: {error.message}") from error
    assert isinstance(document, Index)
    return document.children


def _tag_page(response: Response, what: str) -> Sequence[str]:
    tags = json_object(response.content, what).get("tags")
    # Registries write null for a repository that has no tags left.
    listed = expect_list([] if tags is None else tags, what, limit=TAG_LIMIT)
    found = [expect_text(tag, f"a tag among {what}") for tag in listed]
    for tag in found:
        if not is_tag(tag):
            raise MalformedContent(f"`{tag[:150]}` among {what} is not a tag")
    return found


def _check_count(count: int, limit: int, what: str) -> None:
    if count > limit:
        raise LimitExceeded(f"{what} are more than the {limit} that are read")
