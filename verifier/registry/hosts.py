"""Where repositories are fetched: the registry map, aliases, and the origin of a registry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trust.value import dataclass
from verifier.errors import BadReference, UsageError
from verifier.reference import DOCKER_HUB, Repository, canonical_registry, is_loopback
from verifier.registry.address import Origin, split_registry

_ANY = "*"
_LAYOUT = "oci:"
_PROBE = "x"
_HUB_HOST = "registry-1.docker.io"
_HTTPS = 443


@dataclass(frozen=True, slots=True)
class RegistryLocation:
    """A repository in a registry: where it is asked for."""

    registry: str
    path: str


@dataclass(frozen=True, slots=True)
class LayoutLocation:
    """An OCI image layout that stands for a repository."""

    directory: Path


Location = RegistryLocation | LayoutLocation


@dataclass(frozen=True, slots=True)
class _Prefix:
    """A registry, with the first components of a path or without."""

    registry: str
    path: str

    def rest(self, repository: Repository) -> str | None:
        """What of the path is behind this prefix, None where `repository` does not have it."""
        if self.registry != repository.registry:
            return None
        if self.path in ("", repository.path):
            return repository.path if not self.path else ""
        found = repository.path.removeprefix(f"{self.path}/")
        return None if found == repository.path else found

    def joined(self, rest: str) -> str:
        """The path of the repository that is `rest` below this prefix."""
        return "/".join(part for part in (self.path, rest) if part)


@dataclass(frozen=True, slots=True)
class RegistryMap:
    """Where names are fetched, and by which identity they are judged.

    Attributes:
        places: the prefix of a name, longest first, with where it is fetched.
        default: where every other registry is fetched: the `*` of the map.
        identities: the prefix of a spelling, longest first, with the identity that it stands for.

    """

    places: tuple[tuple[_Prefix, _Prefix | LayoutLocation], ...] = ()
    default: _Prefix | LayoutLocation | None = None
    identities: tuple[tuple[_Prefix, _Prefix], ...] = ()

    @classmethod
    def parse(cls, places: Mapping[str, str], *, aliases: Mapping[str, str] | None = None) -> RegistryMap:
        """The map with `places`, from a registry, a repository prefix or `*` to `host[:port][/prefix]` or `oci:DIR`.

        Raises:
            UsageError: an entry is anything else.

        """
        named = {_prefix(source): _place(place) for source, place in places.items() if source != _ANY}
        identities = {_prefix(spelling): _prefix(name) for spelling, name in (aliases or {}).items()}
        if len(named) + (_ANY in places) != len(places) or len(identities) != len(aliases or {}):
            raise UsageError("the registry map names one registry in two spellings")
        return cls(
            places=tuple(sorted(named.items(), key=lambda entry: -len(entry[0].path))),
            default=_place(places[_ANY]) if _ANY in places else None,
            identities=tuple(sorted(identities.items(), key=lambda entry: -len(entry[0].path))),
        )

    def identity(self, repository: Repository) -> Repository:
        """The repository that `repository` is judged as: by the alias with the longest prefix, or itself."""
        for prefix, name in self.identities:
            rest = prefix.rest(repository)
            if rest is not None:
                # A cache of Docker Hub may spell an official image without `library/`; its identity has it.
                return Repository.parse(str(_repository(name, rest, repository)))
        return repository

    def locate(self, repository: Repository) -> Location:
        """Where `repository` is fetched: at the entry with the longest prefix of whole components, or at itself.

        Raises:
            UsageError: the map leaves nothing of the path.

        """
        for prefix, place in self.places:
            rest = prefix.rest(repository)
            if rest is not None:
                return _located(place, rest, repository)
        if self.default is not None:
            return _located(self.default, repository.path, repository)
        return RegistryLocation(repository.registry, repository.path)


def registry_origin(registry: str, *, insecure: frozenset[str], tls: bool) -> Origin:
    """The origin at which `registry` is asked.

    Plain HTTP is for loopback, as in Docker, and for exactly the registries in `insecure`. A loopback registry
    speaks TLS if it is at port 443 or if `tls` says that there are certificates for it.

    Raises:
        AddressRefused: it is no host and port.

    """
    if registry == DOCKER_HUB:
        return Origin("https", _HUB_HOST, _HTTPS)
    host, port = split_registry(registry)
    loopback = is_loopback(host) and not tls and port != _HTTPS
    if loopback or registry in insecure:
        return Origin("http", host, port or 80)
    return Origin("https", host, port or _HTTPS)


def _located(place: _Prefix | LayoutLocation, rest: str, repository: Repository) -> Location:
    if isinstance(place, LayoutLocation):
        return place
    target = _repository(place, rest, repository)
    return RegistryLocation(target.registry, target.path)


def _repository(place: _Prefix, rest: str, repository: Repository) -> Repository:
    path = place.joined(rest)
    if not path:
        raise UsageError(
            f"the registry map leaves nothing of `{repository}`",
            hint=f"write the repository too: `{place.registry}/…`",
        )
    return Repository(place.registry, path)


def _prefix(text: str) -> _Prefix:
    domain, slash, path = text.partition("/")
    try:
        if not slash:
            return _Prefix(canonical_registry(domain), "")
        # A second component keeps `docker.io/nginx` from becoming `docker.io/library/nginx`: it is a prefix.
        return _Prefix(canonical_registry(domain), Repository.parse(f"{domain}/{path}/{_PROBE}").path[:-2])
    except BadReference as error:
        raise UsageError(
            f"`{text[:300]}` in the registry map is neither a registry nor a prefix of repositories",
            hint="write a registry such as `docker.io`, or a registry with a path such as `mirror.local/hub`",
        ) from error


def _place(text: str) -> _Prefix | LayoutLocation:
    if not text.startswith(_LAYOUT):
        return _prefix(text)
    directory = text.removeprefix(_LAYOUT)
    if not directory:
        raise UsageError("`oci:` in the registry map names no directory")
    return LayoutLocation(Path(directory))
