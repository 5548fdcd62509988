"""The meaning of single values in a policy: names, days, registries, reasons."""

from __future__ import annotations

import re
from datetime import date

from trust.errors import PolicyError
from trust.pattern import Pattern, escaped, registry_objection

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
RULE_NAME = r"^[A-Za-z0-9](?:[A-Za-z0-9 ._/-]{0,98}[A-Za-z0-9])?$"
ENVIRONMENT_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,127}$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

_TEXT_LIMIT = 1000
_LAYOUT = "oci:"


def name(text: str) -> str:
    """`text`, the name of a key."""
    return _matching(text, NAME, "a name is letters, digits, `.`, `_` and `-`, at most 64")


def rule_name(text: str) -> str:
    """`text`, the name of a rule."""
    return _matching(text, RULE_NAME, "a name is letters, digits, spaces, `.`, `_`, `/` and `-`, at most 100")


def environment_name(text: str) -> str:
    """`text`, the name of an environment variable."""
    return _matching(text, ENVIRONMENT_NAME, "an environment variable is letters, digits and `_`")


def line(text: str) -> str:
    """`text` as one line that can be printed.

    Raises:
        PolicyError: it has characters that cannot, or is too long.

    """
    one = " ".join(text.split())
    if not one.isprintable():
        raise PolicyError("the text has characters that cannot be printed")
    if len(one) > _TEXT_LIMIT:
        raise PolicyError(f"the text is longer than {_TEXT_LIMIT} characters")
    return one


def exact(text: str) -> str:
    """`text` as it stands, every character one that can be printed.

    Raises:
        PolicyError: it has others, or is too long.

    """
    if line(text) != text:
        raise PolicyError("the text has line ends, or spaces around it or side by side")
    return text


def pem(text: str) -> bytes:
    """The bytes of a key that is written in the policy itself."""
    return text.encode()


def day(text: str) -> date:
    """The day that `text` spells as `2027-06-30`.

    Raises:
        PolicyError: it is no day of the calendar.

    """
    hint = "a day is written as `2027-06-30`; it is included, in UTC"
    _matching(text, DAY, hint)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise PolicyError(f"`{text}` is no day of the calendar", hint=hint) from error


def registry(text: str) -> str:
    """`text`, a registry in canonical form.

    Raises:
        PolicyError: it is anything else, such as a URL.

    """
    objection = "leave the scheme out" if "://" in text else registry_objection(text)
    if objection is not None or "*" in text:
        raise _no_registry(text, objection or "one registry is needed, without wildcards")
    return text


def repository(text: str) -> str:
    """`text`, a repository in canonical form.

    Raises:
        PolicyError: it is anything else, such as a pattern.

    """
    try:
        literal = Pattern.parse(text).literal
    except PolicyError as error:
        raise PolicyError(f"`{escaped(text)}` is not a repository in canonical form", hint=error.hint) from error
    if not literal:
        raise PolicyError(f"`{text}` is a pattern, and one repository is needed")
    return text


def prefix(text: str) -> str:
    """`text`, a registry or the beginning of repositories in one.

    Raises:
        PolicyError: it is anything else, such as a URL.

    """
    if "://" in text:
        raise _no_registry(text, "leave the scheme out")
    host, slash, path = text.partition("/")
    registry(host)
    if slash:
        # With one more component, because on Docker Hub a single one is a namespace here, not an official image.
        repository(f"{host}/{path}/any")
    return text


def mapped_from(text: str) -> str:
    """`text`, whose images are fetched elsewhere: `*` for every registry, or a registry or beginning."""
    return text if text == "*" else prefix(text)


def mapped_to(text: str) -> str:
    """`text`, where images are fetched: a registry, a beginning of repositories, or `oci:DIR`.

    Raises:
        PolicyError: it is none of these.

    """
    if text.startswith(_LAYOUT):
        if text == _LAYOUT:
            raise PolicyError("`oci:` names no directory", hint="write `oci:DIR`")
        return exact(text)
    return prefix(text)


def _no_registry(text: str, hint: str) -> PolicyError:
    return PolicyError(f"`{escaped(text)}` is not a registry in canonical form", hint=hint)


def _matching(text: str, expression: str, hint: str) -> str:
    if re.fullmatch(expression.removeprefix("^").removesuffix("$"), text, re.ASCII) is None:
        raise PolicyError(f"`{escaped(text)}` is not of the form that is needed", hint=hint)
    return text
