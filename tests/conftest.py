"""What every test has: no network but loopback, and a registry of its own where it asks for one."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.registry import LoopbackRegistry
from verifier.registry.client import RegistrySource
from verifier.registry.transport import HttpSettings, Transport

# How long an example takes says more of the machine than of the code.
settings.register_profile("imgtrust", deadline=None)
settings.load_profile("imgtrust")

_SHARED = Path(__file__).parents[2] / "shared" / "fixtures"


class NetworkRefused(BaseException):
    """A test tried to leave this machine. No `except` of the code under test catches it."""


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if event not in ("socket.connect", "socket.sendto"):
        return
    address = arguments[-1]
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise NetworkRefused(f"a test tried to connect to {address!r}")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# A hook stays for the life of the process; tests against real peers use loopback too.
sys.addaudithook(_refuse_network)


@pytest.fixture
def registry() -> Iterator[LoopbackRegistry]:
    """A registry on loopback that has the referrers API and wants no credentials."""
    with LoopbackRegistry() as running:
        yield running


@pytest.fixture
def transport() -> Iterator[Transport]:
    """A transport without credentials."""
    with Transport(HttpSettings()) as running:
        yield running


@pytest.fixture
def source(registry: LoopbackRegistry, transport: Transport) -> RegistrySource:
    """The repository `app` of the registry."""
    return RegistrySource(transport, registry.host, "app")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real signed data, which is not part of the project."""
    if not _SHARED.is_dir():
        pytest.skip("the folder of real signed data, ../shared/fixtures beside the checkout, is not here")
    return _SHARED
