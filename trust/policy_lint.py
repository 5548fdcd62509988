"""What is odd about the text of a policy: what can never decide anything."""

from __future__ import annotations

from collections.abc import Iterator

from trust.pattern import Pattern
from trust.policy import Denial
from trust.policy_where import Read, Where
from trust.value import dataclass


@dataclass(frozen=True, slots=True)
class Lint:
    """Something in a policy that has no effect. The policy can be enforced nevertheless.

    Attributes:
        code: `unused-key`, `shadowed-pattern` or `denied-rule`.

    """

    code: str
    where: Where
    message: str

    def __str__(self) -> str:
        return f"{self.where.file}:{self.where.place}: {self.message} ({self.code})"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A pattern of a rule that was added."""

    rule: str
    image: Read[Pattern]


class Reach:
    """The patterns of the rules so far, to tell what a further rule can still reach."""

    def __init__(self) -> None:
        self._places: dict[str, Where] = {}
        self._rules: list[tuple[str, Where, tuple[Read[Pattern], ...]]] = []
        self._literals: dict[str, _Entry] = {}
        self._wild: dict[tuple[str | None, str | None], list[_Entry]] = {}
        self._lints: list[Lint] = []

    def add(self, name: str, where: Where, images: tuple[Read[Pattern], ...]) -> None:
        """Add a rule after those that were added before.

        Raises:
            PolicyError: another rule has its name, or earlier rules match every image that it matches.

        """
        if name in self._places:
            raise where.error(f"another rule is called `{name}` too, in line {self._places[name].place.line}")
        self._places[name] = where
        covered = [(image, self._cover(image.value)) for image in images]
        found = [(image, entry) for image, entry in covered if entry is not None]
        if len(found) == len(images):
            shown = "; ".join(_shadow(image, entry) for image, entry in found[:3])
            raise images[0].where.error(
                f"rule `{name}` can never decide: {shown}", hint="the first rule that matches decides: move it up"
            )
        self._lints += [Lint("shadowed-pattern", image.where, _shadow(image, entry)) for image, entry in found]
        self._rules.append((name, where, images))
        for image in images:
            self._remember(_Entry(name, image))

    def lints(self, denials: tuple[Denial, ...]) -> tuple[Lint, ...]:
        """The patterns that earlier rules cover, and the rules whose every image is denied."""
        denied = [pattern for denial in denials for pattern in denial.images]
        dead = (
            Lint("denied-rule", where, f"rule `{name}` can never decide: `deny` covers all of its images")
            for name, where, images in self._rules
            if denied and all(any(one.covers(image.value) for one in denied) for image in images)
        )
        return (*self._lints, *dead)

    def _cover(self, pattern: Pattern) -> _Entry | None:
        literal = self._literals.get(pattern.text)
        if literal is not None:
            return literal
        return next((one for one in self._candidates(pattern) if one.image.value.covers(pattern)), None)

    def _candidates(self, pattern: Pattern) -> Iterator[_Entry]:
        # A pattern covers another only if its registry and first segment do: where those have no wildcard, they are
        # the same, so that a policy of a thousand rules is not compared a million times.
        registry, first = pattern.anchor
        for anchor in dict.fromkeys(((registry, first), (registry, None), (None, first), (None, None))):
            yield from self._wild.get(anchor, ())

    def _remember(self, entry: _Entry) -> None:
        pattern = entry.image.value
        if pattern.literal:
            self._literals[pattern.text] = entry
        else:
            self._wild.setdefault(pattern.anchor, []).append(entry)


def _shadow(image: Read[Pattern], entry: _Entry) -> str:
    return (
        f"`{image.value}` is covered by `{entry.image.value}` of rule `{entry.rule}` in line "
        f"{entry.image.where.place.line}"
    )
