"""Real registries and real cosign, one set for each worker. `.ci/peers` installs them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.peers.support.bench import Bench
from tests.peers.support.images import Shelf
from tests.peers.support.registries import Fleet
from tests.peers.support.tools import Home, ToolMissing, tool
from tests.peers.support.workshop import Workshop

Need = Callable[..., None]
MakeBench = Callable[[str, str], Bench]


@pytest.fixture(scope="session")
def need() -> Need:
    """Asks for programs by name. What is missing fails the test under CI=true, and skips it elsewhere."""

    def ask(*names: str) -> None:
        try:
            for name in names:
                tool(name)
        except ToolMissing as missing:
            if os.environ.get("CI") == "true":
                pytest.fail(str(missing))
            pytest.skip(str(missing))

    return ask


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Registries of every kind."""
    with Fleet(tmp_path_factory.mktemp("registries")) as running:
        yield running


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Cosign's two generations, in a home folder that was empty."""
    return Workshop(Home(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="session")
def bench(fleet: Fleet, workshop: Workshop, need: Need) -> MakeBench:
    """A bench on a registry of the given kind, with the repository of the given name."""

    def make(kind: str, repository: str) -> Bench:
        need("cosign2", "cosign3", Fleet.KINDS[kind])
        registry = fleet.of_kind(kind)
        return Bench(registry, workshop, Shelf(registry.host, repository))

    return make
