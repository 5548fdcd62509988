"""The `WWW-Authenticate` header: what a registry wants before it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from trust.value import dataclass
from verifier.errors import RegistryError

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a token of the grammar
_SCHEME = re.compile(rf"({_TOKEN})(?: +|(?=,)|$)", re.ASCII)
_PARAMETER = re.compile(
    rf'({_TOKEN})[ \t]*=[ \t]*(?:({_TOKEN})|"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t -~])*)")', re.ASCII
)
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))", re.ASCII)
_COMMAS = re.compile(r"[ \t]*(?:,[ \t]*)*", re.ASCII)
_ESCAPED = re.compile(r"\\(.)")
HEADER_LIMIT = 8 * 1024
_CHALLENGE_LIMIT = 16


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way of authentication that a registry offers.

    Attributes:
        scheme: lower-case, such as `bearer`.
        parameters: by their names in lower case.

    """

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """The challenges in the untrusted value of a `WWW-Authenticate` header.

    Spec: RFC 9110, section 11.6.1. Stricter in that a parameter that is given twice in one challenge is
    refused, where others take the first or the last.

    Raises:
        RegistryError: the value does not match the grammar, or is longer than is read.

    """
    if len(header) > HEADER_LIMIT:
        raise RegistryError(f"the registry sent a challenge of {len(header)} bytes")
    found: list[Challenge] = []
    at = _skip_commas(header, 0)
    while at < len(header):
        challenge, at = _challenge(header, at)
        found.append(challenge)
        if len(found) > _CHALLENGE_LIMIT:
            raise RegistryError(f"the registry sent more than {_CHALLENGE_LIMIT} challenges")
    return tuple(found)


def _challenge(header: str, at: int) -> tuple[Challenge, int]:
    scheme = _SCHEME.match(header, at)
    if scheme is None:
        raise _malformed(header)
    at = scheme.end()
    opaque = _TOKEN68.match(header, at)
    if opaque is not None:
        return Challenge(scheme[1].lower(), {}), _next(header, opaque.end())
    parameters: dict[str, str] = {}
    while (parameter := _PARAMETER.match(header, at)) is not None:
        name = parameter[1].lower()
        if name in parameters:
            raise RegistryError(f"the registry sent a challenge with `{name[:60]}` twice")
        quoted = parameter[3]
        parameters[name] = parameter[2] if quoted is None else _ESCAPED.sub(r"\1", quoted)
        at = _next(header, parameter.end())
    if not parameters and scheme.end() < len(header) and header[scheme.end()] != ",":
        raise _malformed(header)
    return Challenge(scheme[1].lower(), parameters), _skip_commas(header, at)


def _next(header: str, at: int) -> int:
    # After a parameter comes a comma or the end; anything else would be read by others as something else.
    after = _skip_commas(header, at)
    if after < len(header) and "," not in header[at:after]:
        raise _malformed(header)
    return after


def _skip_commas(header: str, at: int) -> int:
    found = _COMMAS.match(header, at)
    assert found is not None
    return found.end()


def _malformed(header: str) -> RegistryError:
    return RegistryError(f"the registry sent a challenge that cannot be read: {header[:100]!a}")
