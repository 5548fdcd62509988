"""Where the next page of a list is, as a registry says it and as far as it is followed."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urljoin, urlsplit

from verifier.errors import AddressRefused, MalformedContent

_LINK_LIMIT = 4096
_PORTS = {"http": 80, "https": 443}

# Spec: RFC 8288, section 3. Only what registries write: `<target>; rel="next"`, perhaps among others.
_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(
    rf'[ \t]*;[ \t]*(?P<name>{_NAME})[ \t]*=[ \t]*(?:"(?P<quoted>[^"\\]*)"|(?P<plain>{_NAME}))', re.ASCII
)
_TARGET = re.compile(r"[ \t]*<([^<>\s]*)>", re.ASCII)
_END = re.compile(r"[ \t]*(?:,|\Z)", re.ASCII)

_SEGMENT = r"(?!\.{1,2}(?:/|\?|$))(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%(?!2[EeFf]|5[Cc])[0-9A-Fa-f]{2})+"
_PATH = re.compile(rf"(?:/{_SEGMENT})+(?:\?[A-Za-z0-9._~!$&'()*+,;=:@/?%|-]*)?", re.ASCII)


def next_page(link: str | None, *, page: str, origin: str, below: str) -> str | None:
    """The path, with its query, of the page after `page`, or None where `link` names no next one.

    Untrusted: `link` is what the registry said. Nothing but another page of the same repository on the same
    scheme, host and port is followed: a link elsewhere could carry credentials away or reach into a network.

    Spec: OCI distribution-spec v1.1, "Listing Tags" and "Listing Referrers".

    Args:
        link: the value of the header `Link`.
        page: the path, with its query, that was asked for.
        origin: scheme, host and port of the registry, as in `https://registry.test:5000`.
        below: what the path must begin with.

    Raises:
        MalformedContent: the header cannot be read, or names several next pages.
        AddressRefused: the next page is somewhere else.

    """
    if link is None:
        return None
    targets = _next_targets(link)
    if not targets:
        return None
    if len(targets) > 1:
        raise MalformedContent("the registry names several next pages of one list")
    return _followed(targets[0], page=page, origin=origin, below=below)


def _next_targets(link: str) -> list[str]:
    unreadable = MalformedContent(f"the registry sent the `Link` `{link[:200]}`, which cannot be read")
    if len(link) > _LINK_LIMIT:
        raise unreadable
    at, targets = 0, []
    while at < len(link):
        target = _TARGET.match(link, at)
        if target is None:
            raise unreadable
        relations, at = _relations(link, target.end())
        end = _END.match(link, at)
        if end is None:
            raise unreadable
        at = end.end()
        if "next" in relations:
            targets.append(target[1])
    return targets


def _relations(link: str, at: int) -> tuple[list[str], int]:
    """What the link whose parameters begin at `at` is, and where they end. The first `rel` counts."""
    relations: list[str] | None = None
    while (found := _PARAMETER.match(link, at)) is not None:
        at = found.end()
        if found["name"].lower() == "rel" and relations is None:
            relations = (found["quoted"] or found["plain"] or "").lower().split()
    return relations or [], at


def _followed(target: str, *, page: str, origin: str, below: str) -> str:
    refused = f"the registry at `{origin}` names the next page of a list as `{target[:200]}`"
    try:
        parts = urlsplit(urljoin(origin + page, target))
        elsewhere = _origin(parts) != _origin(urlsplit(origin)) or parts.username is not None
    except ValueError as error:
        raise AddressRefused(f"{refused}, which is no address") from error
    if elsewhere or parts.fragment:
        raise AddressRefused(f"{refused}, which is another place than it was asked at")
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if _PATH.fullmatch(path) is None or not path.startswith(below):
        raise AddressRefused(f"{refused}, which is not in the repository `{below}`")
    return path


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
