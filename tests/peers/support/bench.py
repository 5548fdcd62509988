"""Where one comparison happens: a registry, a repository of its own in it, and a workshop."""

from __future__ import annotations

from dataclasses import dataclass

from tests.peers.support.images import Shelf
from tests.peers.support.registries import RunningRegistry
from tests.peers.support.workshop import KeyPair, Workshop


@dataclass(frozen=True, slots=True)
class Bench:
    """A registry and a workshop, with a repository that belongs to one comparison alone."""

    registry: RunningRegistry
    workshop: Workshop
    shelf: Shelf

    @property
    def key(self) -> KeyPair:
        """The key that is trusted."""
        return self.workshop.key("release")

    @property
    def second_key(self) -> KeyPair:
        """Another key that may be trusted beside it."""
        return self.workshop.key("second")

    @property
    def stranger(self) -> KeyPair:
        """A key that nobody trusts."""
        return self.workshop.key("stranger")

    @property
    def listed(self) -> bool:
        """Whether referrers hang on the fallback tag, because the registry has no referrers API."""
        return not self.registry.referrers_api

    def beside(self, suffix: str) -> Shelf:
        """Another repository of the same registry."""
        return Shelf(self.shelf.host, f"{self.shelf.repository}-{suffix}", self.shelf.ca, self.shelf.credential)
