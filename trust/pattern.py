"""The one pattern language: `*` within a path segment, `**` across segments, always the whole string."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from trust.errors import PolicyError

_LENGTH_LIMIT = 512
_PART = re.compile(r"\*\*|\*|[^*]+", re.ASCII)
_ALLOWED = re.compile(r"[a-z0-9._:/\[\]*-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern over canonical repositories, such as `ghcr.io/acme/**`.

    `*` stands for any characters but `/`, at least one where it is a whole segment; `**` is a whole segment
    and stands for one or more segments. In the registry `*` does not cross a `.`, so that `*.corp.io` is not met
    by `a.evil.corp.io`; alone it is any registry.
    """

    text: str
    _expression: re.Pattern[str] = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """The pattern that `text` spells.

        Raises:
            PolicyError: it could never match a canonical repository, or it is not in the language.

        """
        _check(text)
        if text == "**":
            return cls(text, re.compile(r".+", re.ASCII | re.DOTALL))
        registry, _, path = text.partition("/")
        segments = [".+" if part == "**" else _segment(part, "[^/]") for part in path.split("/")]
        host = _registry_expression(registry).pattern
        return cls(text, re.compile(host + "/" + "/".join(segments), re.ASCII))

    def matches(self, repository: str) -> bool:
        """Whether the whole of the canonical `repository` matches."""
        return self._expression.fullmatch(repository) is not None

    def may_match_registry(self, registry: str) -> bool:
        """Whether some repository of `registry` could match."""
        return self.text == "**" or _registry_expression(self.text).fullmatch(registry) is not None

    def __str__(self) -> str:
        return self.text


def _registry_expression(text: str) -> re.Pattern[str]:
    registry = text.partition("/")[0]
    return re.compile("[^/]+" if registry == "*" else _segment(registry, r"[^./]"), re.ASCII)


def _segment(text: str, one: str) -> str:
    if text == "*":
        return f"{one}+"
    return "".join(f"{one}*" if part == "*" else re.escape(part) for part in _PART.findall(text))


def _check(text: str) -> None:
    if len(text) > _LENGTH_LIMIT or _ALLOWED.fullmatch(text) is None:
        raise PolicyError(
            f"`{text[:100]}` is not a pattern over image repositories",
            hint="repositories are lower-case ASCII; `*` stands for part of a segment, `**` for whole segments",
        )
    parts = text.split("/")
    if any("**" in part and part != "**" for part in parts) or (parts[0] == "**" and text != "**"):
        raise PolicyError(
            f"`{text}` has `**` beside other characters, where it cannot stand",
            hint="`**` is a whole path segment, as in `ghcr.io/acme/**`, or the whole pattern",
        )
    if text != "**" and (len(parts) < 2 or not all(parts)):
        raise PolicyError(
            f"`{text}` is not a pattern over canonical repositories, so it could never match",
            hint="write the registry too, as in `docker.io/library/nginx` or `ghcr.io/acme/*`",
        )
    if parts[0] == "docker.io" and len(parts) == 2 and parts[1] != "**":
        raise PolicyError(
            f"`{text}` can never match: official images are `docker.io/library/…`",
            hint=f"write `docker.io/library/{parts[1]}`",
        )
