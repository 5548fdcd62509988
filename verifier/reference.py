"""Image references: what a person writes, and the canonical repository that policies match."""

from __future__ import annotations

import re
from dataclasses import replace

from trust.digest import BadDigest, Digest
from trust.value import dataclass
from verifier.errors import BadReference

NAME_LIMIT = 255
"""Characters of a path without its registry. Spec: distribution/reference, RepositoryNameTotalLengthMax."""

DOCKER_HUB = "docker.io"
DEFAULT_TAG = "latest"

# Spec: distribution/reference, grammar in reference.go. Domains and names are ASCII, and always matched whole.
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_REFERENCE = re.compile(
    rf"(?P<name>(?:(?P<domain>{_DOMAIN})/)?(?P<path>{_PATH}))(?::(?P<tag>{_TAG}))?(?:@(?P<digest>[^@]+))?",
    re.ASCII,
)
_TAG_ALONE = re.compile(_TAG, re.ASCII)
_PATH_ALONE = re.compile(_PATH, re.ASCII)
_REPOSITORY = re.compile(rf"(?P<domain>{_DOMAIN})/(?P<path>{_PATH})", re.ASCII)
_REGISTRY = re.compile(_DOMAIN, re.ASCII)
_LOCAL_IMAGE_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}", re.ASCII)
_DOCKER_HUB_HOSTS = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
_PORT_LIMIT = 65535
_HTTPS_PORT = 443


class LocalImageId(BadReference):
    """An id of an image in a local store: 64 hexadecimal digits, with or without `sha256:`. No registry knows it."""

    code = "local-image-id"


@dataclass(frozen=True, slots=True)
class Repository:
    """A registry and a path in canonical form, such as `docker.io/library/nginx`: the name policies match.

    Attributes:
        registry: host and port as they were written, lower-case; `docker.io` for every name of Docker Hub.
        path: one or more components.

    """

    registry: str
    path: str

    @classmethod
    def parse(cls, text: str) -> Repository:
        """The repository that `text`, with an explicit registry, names.

        Raises:
            BadReference: the text is anything else.

        """
        found = _REPOSITORY.fullmatch(text)
        if found is None:
            raise BadReference(
                f"`{text[:300]}` is not a repository with its registry",
                hint="write the registry too, as in `docker.io/library/nginx` or `ghcr.io/acme/app`",
            )
        registry = canonical_registry(found["domain"])
        return cls(registry, _canonical_path(registry, found["path"]))

    def __str__(self) -> str:
        return f"{self.registry}/{self.path}"


@dataclass(frozen=True, slots=True)
class Reference:
    """An image reference in a registry, with the spelling that was used.

    Attributes:
        repository: canonical.
        tag: as written; None if none was.
        digest: as written; None if none was. Where there is one it is authoritative, and the tag informs.
        spelling: the text of the name as it was written, without tag and digest.

    """

    repository: Repository
    tag: str | None
    digest: Digest | None
    spelling: str

    @classmethod
    def parse(cls, text: str) -> Reference:
        """The reference that `text`, which may be untrusted, names.

        Spec: distribution/reference, "ParseNormalizedNamed". Stricter in that only sha256 and sha512 digests
        of their exact length are accepted, that a port is at most 65535, and that a name which other software
        takes for an id of a local image is a `LocalImageId`.

        Raises:
            LocalImageId: the text is such an id.
            BadReference: the text is not a reference.

        """
        if _LOCAL_IMAGE_ID.fullmatch(text):
            raise LocalImageId(
                f"`{text}` is the id of an image in a local store, which no registry can be asked for",
                hint="name the image by its repository, as in `ghcr.io/acme/app:1.4`",
            )
        found = _REFERENCE.fullmatch(text)
        if found is None:
            raise BadReference(f"{_shown(text)} is not an image reference: {_why(text)}", hint=_hint(text))
        domain, path = _split(found["domain"], found["path"])
        if len(path) > NAME_LIMIT:
            raise BadReference(f"{_shown(text)} has a repository name of more than {NAME_LIMIT} characters")
        registry = canonical_registry(domain)
        repository = Repository(registry, _canonical_path(registry, path))
        return cls(repository, found["tag"], _digest(text, found["digest"]), found["name"])

    @property
    def effective_tag(self) -> str | None:
        """The tag that a registry is asked for: `latest` where neither a tag nor a digest was written."""
        return DEFAULT_TAG if self.tag is None and self.digest is None else self.tag

    def pinned(self, digest: Digest) -> Reference:
        """This reference with `digest`, in the same spelling."""
        return replace(self, digest=digest)

    @property
    def canonical(self) -> str:
        """The reference in canonical form: `docker.io/library/nginx:1.27@sha256:…`."""
        return str(self.repository) + self._suffix(self.effective_tag)

    def __str__(self) -> str:
        return self.spelling + self._suffix(self.tag)

    def _suffix(self, tag: str | None) -> str:
        return (f":{tag}" if tag else "") + (f"@{self.digest}" if self.digest else "")


def is_tag(text: str) -> bool:
    """Whether `text` is a tag."""
    return _TAG_ALONE.fullmatch(text) is not None


def is_path(text: str) -> bool:
    """Whether `text` is the path of a repository, without its registry."""
    return len(text) <= NAME_LIMIT and _PATH_ALONE.fullmatch(text) is not None


def canonical_registry(domain: str) -> str:
    """`domain` in lower case, with the names of Docker Hub made one.

    Raises:
        BadReference: it is no registry's host and port.

    """
    if _REGISTRY.fullmatch(domain) is None:
        raise BadReference(
            f"`{domain[:300]}` is not a registry",
            hint="a registry is a host name or address, and perhaps a port",
        )
    host, port = _host_and_port(domain.lower())
    # `ghcr.io:443` is the registry `ghcr.io`: were they two, a rule about one would not hold for the other.
    registry = host if port in (None, _HTTPS_PORT) and not is_loopback(host) else domain.lower()
    return DOCKER_HUB if registry in _DOCKER_HUB_HOSTS else registry


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address without a port, is this machine by its spelling alone."""
    if host in ("localhost", "[::1]"):
        return True
    return re.fullmatch(r"127(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}", host, re.ASCII) is not None


def _split(domain: str | None, path: str) -> tuple[str, str]:
    # Spec: distribution/reference, splitDockerDomain: a first component is a registry only if it has a dot or
    # a port, is `localhost`, or is no repository name because of its capitals.
    if domain is None:
        return DOCKER_HUB, path
    if any(sign in domain for sign in ".:[") or domain == "localhost" or domain.lower() != domain:
        return domain, path
    return DOCKER_HUB, f"{domain}/{path}"


def _canonical_path(registry: str, path: str) -> str:
    return f"library/{path}" if registry == DOCKER_HUB and "/" not in path else path


def _host_and_port(domain: str) -> tuple[str, int | None]:
    host, separator, port = domain.rpartition(":")
    if not separator or domain.endswith("]"):
        return domain, None
    if port != port.lstrip("0") or not 0 < int(port[:6]) <= _PORT_LIMIT:
        raise BadReference(f"`{domain[:300]}` has a port that does not exist", hint="ports are 1 to 65535")
    return host, int(port)


def _digest(text: str, digest: str | None) -> Digest | None:
    if digest is None:
        return None
    try:
        return Digest.parse(digest)
    except BadDigest as error:
        raise BadReference(f"{_shown(text)} is not an image reference: {error.message}", hint=error.hint) from error


def _shown(text: str) -> str:
    # Registry names are ASCII: anything else is shown as its code points, so that look-alikes are seen.
    return "`" + text[:300].encode("unicode_escape").decode("ascii") + "`"


def _why(text: str) -> str:
    name = text.partition("@")[0]
    if not text:
        return "it is empty"
    if not text.isascii():
        return "it has characters that are not ASCII"
    if "://" in text:
        return "it has a scheme"
    if name != name.lower() and _REFERENCE.fullmatch(text.lower()):
        return "a repository name has no capitals"
    if text != text.strip():
        return "it has spaces around it"
    return "it does not match the grammar of registry, repository, tag and digest"


def _hint(text: str) -> str | None:
    if "://" in text:
        return f"leave the scheme out: `{text.partition('://')[2][:300]}`"
    return "a reference looks like `ghcr.io/acme/app:1.4` or `nginx@sha256:…`"
