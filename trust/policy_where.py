"""Where something stands in a policy file, and errors that say so."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Generic, TypeVar

from trust.errors import ImgtrustError, PolicyError, TrustRootError
from trust.value import dataclass
from trust.yaml_tree import Mapping as MappingNode
from trust.yaml_tree import Node, Place, Scalar

T = TypeVar("T")

NOT_SUPPORTED_YET: Mapping[str, str] = {
    "identities": "identities of certificates",
    "identity": "identities of certificates",
    "trusted_roots": "trusted roots",
    "root": "trusted roots",
    "certificate": "keys in certificates",
    "provenance": "requirements on provenance",
    "attestations": "requirements on attestations",
    "sbom": "requirements on SBOMs",
    "vulnerabilities": "requirements on vulnerability scans",
    "max_age": "requirements on the age of evidence",
    "extends": "policies that extend others",
    "exceptions": "exceptions",
    "starts": "rules that start on a day",
    "unlogged": "leave to be in no log",
    "log": "requirements on transparency logs",
    "time": "requirements on timestamps",
    "distinct": "requirements on distinct signers across requirements",
    "all_of": "nested requirements",
    "any_of": "nested requirements",
    "regex": "regular expressions",
}
"""Keys that the design has and this version does not: refused by name wherever they stand, never ignored."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where the reader is: the file, the path of keys, the place in the text."""

    file: str
    path: str
    place: Place

    def key(self, name: str, node: Node) -> Where:
        """The place of `node`, which is the value of the key `name` here."""
        return Where(self.file, f"{self.path}.{name}" if self.path else name, node.place)

    def item(self, index: int, node: Node) -> Where:
        """The place of `node`, which is the item `index` here."""
        return Where(self.file, f"{self.path}[{index}]", node.place)

    def at(self, node: Node) -> Where:
        """The place of `node`, still by the path of the keys here: for the name of a key within it."""
        return replace(self, place=node.place)

    def error(self, why: str, *, hint: str | None = None) -> PolicyError:
        """An error with this place, ready to be raised."""
        return PolicyError(self._placed(why), hint=hint)

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Gives errors of constructors, which know no file, their place here.

        Raises:
            TrustRootError: the error within was one.
            PolicyError: the error within was any other of ours.

        """
        try:
            yield
        except TrustRootError as error:
            raise TrustRootError(self._placed(error.message), hint=error.hint) from error
        except ImgtrustError as error:
            raise self.error(error.message, hint=error.hint) from error

    def _placed(self, why: str) -> str:
        return f"{self.file}:{self.place}: " + (f"`{self.path}`: {why}" if self.path else why)


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A value with the place where it was read."""

    value: T
    where: Where


def wrong_kind(node: Node, where: Where, wanted: str) -> PolicyError:
    """An error about `node`, which is no `wanted`; or about what it has in it that is not supported yet."""
    if isinstance(node, MappingNode):
        for name, _ in node.entries:
            unsupported = not_supported(name, where)
            if unsupported is not None:
                return unsupported
    if node.kind == "nothing":
        return where.error(f"nothing is here, and {wanted} is needed")
    shown = f"{node.kind}, `{node.text[:100]}`" if isinstance(node, Scalar) else node.kind
    return where.error(f"this is {shown}, and {wanted} is needed")


def not_supported(name: Scalar, where: Where) -> PolicyError | None:
    """An error if the key `name` is one that this version does not have yet, and None if it is not."""
    what = NOT_SUPPORTED_YET.get(name.text)
    if what is None:
        return None
    return where.at(name).error(
        f"`{name.text}` is not supported yet by this version ({what})",
        hint="nothing in a policy is ignored: take it out, or use a version that enforces it",
    )


def did_you_mean(text: str, known: Iterable[str]) -> str | None:
    """A hint at the one of the `known` names that `text` is most like, or None where none is."""
    near = difflib.get_close_matches(text, known, 1)
    return f"did you mean `{near[0]}`?" if near else None
