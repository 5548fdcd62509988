"""The one pattern language: `*` within a path segment, `**` across segments, always the whole string."""

from __future__ import annotations

import re
from dataclasses import field

from trust.errors import PolicyError
from trust.value import dataclass

EVERY_IMAGE = "**"
_LENGTH_LIMIT = 512
_ALLOWED = re.compile(r"[a-z0-9._:/\[\]*-]+", re.ASCII)
_LABELS = re.compile(r"[.:]|[^.:]+", re.ASCII)
_HUB_SPELLINGS = frozenset({"index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})

# Spec: distribution/reference, grammar in reference.go; in lower case, with `*` wherever a character may stand.
_LABEL = r"[a-z0-9*](?:[a-z0-9*-]*[a-z0-9*])?"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-f0-9:]+\])(?::(?P<port>[0-9*]+))?", re.ASCII)
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*", re.ASCII)
_WILD_COMPONENT = re.compile(r"[a-z0-9*._-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern over canonical repositories, such as `ghcr.io/acme/**`.

    `*` stands for any characters but `/`, at least one where it is a whole segment; `**` is a whole segment
    and stands for one or more segments. In the registry `*` crosses neither `.` nor `:`, so that `*.corp.io` is not
    met by `a.evil.corp.io`, nor `ghcr.io*` by another host; alone it is any registry, and `**` alone is every image.

    Matching is done piece by piece instead of by a regular expression, so that no pattern makes it slow, and so that
    the question whether one pattern covers another has the same answer as matching.
    """

    text: str
    _registry: str = field(compare=False, repr=False)
    _path: tuple[str, ...] = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """The pattern that `text` spells.

        Raises:
            PolicyError: it could never match a canonical repository, or it is not in the language.

        """
        _check_characters(text)
        if text == EVERY_IMAGE:
            return cls(text, "*", ("*", "**"))
        registry, *path = text.split("/")
        if registry == "**":
            raise _misplaced(text, hint=f"write `*/{'/'.join(path)}`: `*` alone is any registry")
        _check_registry(text, registry, path)
        for segment in path:
            _check_segment(text, segment)
        return cls(text, registry, _normal(path))

    @property
    def literal(self) -> bool:
        """Whether it has no wildcard, so that it matches its own text and nothing else."""
        return "*" not in self.text

    def matches(self, repository: str) -> bool:
        """Whether the whole of the canonical `repository` matches."""
        if self.literal:
            return repository == self.text
        if self.text == EVERY_IMAGE:
            return True  # images in layouts too, which are in no repository: `oci:layout`
        registry, _, path = repository.partition("/")
        return _covers_registry(self._registry, registry) and _covers_path(self._path, tuple(path.split("/")))

    def covers(self, other: Pattern) -> bool:
        """Whether whatever `other` matches is matched by this pattern too. False where that is not certain."""
        if self.literal:
            return self.text == other.text
        return _covers_registry(self._registry, other._registry) and _covers_path(self._path, other._path)

    def may_match_registry(self, registry: str) -> bool:
        """Whether some repository of `registry` could match."""
        return _covers_registry(self._registry, registry)

    @property
    def anchor(self) -> tuple[str | None, str | None]:
        """Its registry and first segment, each None where it has a wildcard."""
        registry, first = self._registry, self._path[0]
        return None if "*" in registry else registry, None if "*" in first else first

    def __str__(self) -> str:
        return self.text


def _normal(path: list[str]) -> tuple[str, ...]:
    # From here on `**` is zero or more segments: `**` is written as `*`, `**`. In a run of the two the order says
    # nothing, so all `*` come first and one `**` is enough: that makes equal patterns equal.
    segments: list[str] = []
    for segment in path:
        open_ended = bool(segments) and segments[-1] == "**"
        if open_ended and segment in ("*", "**"):
            segments.insert(-1, "*")
        else:
            segments += ["*", "**"] if segment == "**" else [segment]
    return tuple(segments)


def _covers_registry(pattern: str, registry: str) -> bool:
    if pattern in ("*", registry):
        return registry != ""
    if "*" not in pattern:
        return False
    wanted, found = _LABELS.findall(pattern), _LABELS.findall(registry)
    return len(wanted) == len(found) and all(map(_covers_segment, wanted, found))


def _covers_path(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether the segments of `pattern` cover those of `path`, which may be a pattern's too.

    A `**` in `path` is met by a `**` in `pattern` only: nothing else covers all that it stands for. The last `**`
    that was passed is the only one that is ever gone back to, which keeps the time to the product of the lengths.
    """
    position = at = 0
    retry: tuple[int, int] | None = None
    while at < len(path):
        if position < len(pattern) and pattern[position] == "**":
            position, retry = position + 1, (position + 1, at)
        elif position < len(pattern) and path[at] != "**" and _covers_segment(pattern[position], path[at]):
            position, at = position + 1, at + 1
        elif retry is not None:
            position, at = retry[0], retry[1] + 1
            retry = (position, at)
        else:
            return False
    return all(segment == "**" for segment in pattern[position:])


def _covers_segment(pattern: str, segment: str) -> bool:
    """Whether `pattern` covers `segment`: a `*` in that is a character that only a `*` meets."""
    if "*" not in pattern:
        return pattern == segment
    if pattern == "*":
        return segment != ""
    first, *middle, last = pattern.split("*")
    if not segment.startswith(first) or not segment.endswith(last) or len(segment) < len(first) + len(last):
        return False
    at, end = len(first), len(segment) - len(last)
    for piece in middle:
        at = segment.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _check_characters(text: str) -> None:
    if len(text) > _LENGTH_LIMIT or _ALLOWED.fullmatch(text) is None or "://" in text:
        raise PolicyError(f"`{escaped(text)}` is not a pattern over image repositories", hint=_character_hint(text))


def escaped(text: str) -> str:
    """The beginning of `text` in ASCII, so that look-alikes and control characters are seen."""
    return text[:100].encode("unicode_escape").decode("ascii")


def _character_hint(text: str) -> str:
    if "://" in text or "\\" in text:
        return "leave the scheme out: a pattern starts with the registry"
    if "@" in text:
        return "a pattern is about repositories; digests are listed in `digests`"
    if text != text.lower():
        return "canonical repositories are in lower case"
    return "repositories are lower-case ASCII; `*` stands for part of a segment, `**` for whole segments"


def registry_objection(registry: str) -> str | None:
    """Why no canonical repository can be in `registry`, which may have wildcards; None where one can."""
    if "**" in registry:
        return "`**` is a whole path segment, as in `ghcr.io/acme/**`, or the whole pattern"
    found = _REGISTRY.fullmatch(registry)
    if found is None:
        return "a registry is a host name or address in lower case, and perhaps a port"
    if not any(sign in registry for sign in ".:[") and registry != "localhost":
        return f"`{registry}` alone is no registry: write the registry too, as in `docker.io/{registry}/…`"
    if registry in _HUB_SPELLINGS:
        return "Docker Hub is `docker.io` under all of its names"
    if found["port"] is not None and not _is_port(found["port"]):
        return "ports are 1 to 65535, without zeros before them"
    if found["port"] == "443" and not registry.startswith(("localhost:", "127.", "[::1]")):
        return f"the default port is left out: `{registry.removesuffix(':443')}`"
    return None


def _check_registry(text: str, registry: str, path: list[str]) -> None:
    if not path:
        raise _impossible(text, hint="write registry and path, as in `docker.io/library/nginx` or `ghcr.io/acme/*`")
    objection = None if registry == "*" else registry_objection(registry)
    if objection is not None:
        raise _impossible(text, hint=objection)
    if registry == "docker.io" and len(path) == 1 and path != ["**"]:
        raise _impossible(text, hint=f"official images are `docker.io/library/{path[0]}`")


def _is_port(text: str) -> bool:
    return "*" in text or (not text.startswith("0") and len(text) <= 5 and int(text) <= 65535)


def _check_segment(text: str, segment: str) -> None:
    if segment == "**":
        return
    if "**" in segment:
        raise _misplaced(text)
    if ":" in segment:
        raise _impossible(text, hint="a pattern is about repositories, without tags")
    grammar = _WILD_COMPONENT if "*" in segment else _COMPONENT
    if grammar.fullmatch(segment) is None:
        raise _impossible(
            text, hint=f"`{segment}` cannot be part of a repository" if segment else "it has an empty part"
        )


def _impossible(text: str, *, hint: str) -> PolicyError:
    return PolicyError(f"`{text}` can never match a canonical repository", hint=hint)


def _misplaced(text: str, *, hint: str | None = None) -> PolicyError:
    return PolicyError(
        f"`{text}` has `**` where it cannot stand",
        hint=hint or "`**` is a whole path segment, as in `ghcr.io/acme/**`, or the whole pattern",
    )
