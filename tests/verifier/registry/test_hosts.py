from __future__ import annotations

from pathlib import Path

import pytest

from verifier.errors import AddressRefused, UsageError
from verifier.reference import Repository
from verifier.registry.address import Origin
from verifier.registry.hosts import LayoutLocation, RegistryLocation, RegistryMap, registry_origin

NGINX = Repository("docker.io", "library/nginx")
APP = Repository("ghcr.io", "acme/app")
NOTHING: frozenset[str] = frozenset()


def test_a_name_without_an_entry_is_fetched_where_it_says() -> None:
    assert RegistryMap().locate(APP) == RegistryLocation("ghcr.io", "acme/app")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("mirror.local", RegistryLocation("mirror.local", "library/nginx")),
        ("mirror.local:5000/hub", RegistryLocation("mirror.local:5000", "hub/library/nginx")),
        ("127.0.0.1:5000/a/b", RegistryLocation("127.0.0.1:5000", "a/b/library/nginx")),
        ("oci:./layout", LayoutLocation(Path("layout"))),
    ],
)
def test_a_registry_is_fetched_elsewhere(place: str, expected: object) -> None:
    registry_map = RegistryMap.parse({"docker.io": place})

    assert registry_map.locate(NGINX) == expected
    assert registry_map.locate(APP) == RegistryLocation("ghcr.io", "acme/app")


def test_the_longest_prefix_of_whole_components_counts() -> None:
    registry_map = RegistryMap.parse(
        {"ghcr.io": "a.local", "ghcr.io/acme": "b.local/x", "ghcr.io/acme/app": "c.local/y", "*": "d.local/z"}
    )

    def place(path: str) -> object:
        return registry_map.locate(Repository("ghcr.io", path))

    assert place("acme/app") == RegistryLocation("c.local", "y")
    assert place("acme/app/web") == RegistryLocation("c.local", "y/web")
    assert place("acme/application") == RegistryLocation("b.local", "x/application")
    assert place("acme") == RegistryLocation("b.local", "x")
    assert place("acmes/app") == RegistryLocation("a.local", "acmes/app")
    assert registry_map.locate(NGINX) == RegistryLocation("d.local", "z/library/nginx")


def test_a_repository_becomes_a_layout() -> None:
    registry_map = RegistryMap.parse({"ghcr.io/acme/app": "oci:/srv/layout"})

    assert registry_map.locate(APP) == LayoutLocation(Path("/srv/layout"))


def test_names_of_docker_hub_are_one_registry() -> None:
    registry_map = RegistryMap.parse({"index.docker.io": "mirror.local"})

    assert registry_map.locate(NGINX) == RegistryLocation("mirror.local", "library/nginx")


def test_a_prefix_of_docker_hub_is_not_made_an_official_image() -> None:
    registry_map = RegistryMap.parse({"docker.io/acme": "mirror.local/acme"})

    assert registry_map.locate(Repository("docker.io", "acme/app")) == RegistryLocation("mirror.local", "acme/app")


def test_an_alias_is_judged_as_what_it_stands_for_and_fetched_as_it_is_spelled() -> None:
    registry_map = RegistryMap.parse({}, aliases={"mirror.local/hub": "docker.io", "mirror.local/hub/own": "own.test"})
    spelled = Repository("mirror.local", "hub/library/nginx")

    assert registry_map.identity(spelled) == NGINX
    assert registry_map.identity(Repository("mirror.local", "hub/own/app")) == Repository("own.test", "app")
    assert registry_map.identity(Repository("mirror.local", "hubs/app")) == Repository("mirror.local", "hubs/app")
    assert registry_map.locate(spelled) == RegistryLocation("mirror.local", "hub/library/nginx")


def test_an_alias_that_leaves_no_path_is_an_error() -> None:
    registry_map = RegistryMap.parse({}, aliases={"mirror.local/hub": "docker.io"})

    with pytest.raises(UsageError):
        registry_map.identity(Repository("mirror.local", "hub"))


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("", "mirror.local"),
        ("docker.io", ""),
        ("docker.io", "https://mirror.local"),
        ("docker.io", "mirror.local/Hub"),
        ("docker.io", "mirror.local/"),
        ("docker.io", "oci:"),
        ("docker.io", "*"),
        ("docker.io/*", "mirror.local"),
        ("docker.io/nginx:1", "mirror.local"),
        ("user@host", "mirror.local"),
        ("docker.io", "mirror.local:99999"),
    ],
)
def test_an_entry_that_is_no_prefix_is_a_usage_error(source: str, place: str) -> None:
    with pytest.raises(UsageError):
        RegistryMap.parse({source: place})


def test_one_registry_in_two_spellings_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        RegistryMap.parse({"docker.io": "a.local", "index.docker.io": "b.local"})


@pytest.mark.parametrize(
    ("registry", "insecure", "tls", "expected"),
    [
        ("docker.io", NOTHING, False, "https://registry-1.docker.io"),
        ("ghcr.io", NOTHING, False, "https://ghcr.io"),
        ("registry.test:5000", NOTHING, False, "https://registry.test:5000"),
        ("registry.test:80", NOTHING, False, "https://registry.test:80"),
        ("registry.test:5000", frozenset({"registry.test:5000"}), False, "http://registry.test:5000"),
        ("registry.test", frozenset({"registry.test"}), False, "http://registry.test"),
        ("registry.test:5001", frozenset({"registry.test:5000", "registry.test"}), False, "https://registry.test:5001"),
        ("127.0.0.1:5000", NOTHING, False, "http://127.0.0.1:5000"),
        ("localhost", NOTHING, False, "http://localhost"),
        ("[::1]:5000", NOTHING, False, "http://[::1]:5000"),
        ("127.0.0.1:5000", NOTHING, True, "https://127.0.0.1:5000"),
        ("127.0.0.1:443", NOTHING, False, "https://127.0.0.1"),
        ("127.0.0.1:5000", frozenset({"127.0.0.1:5000"}), True, "http://127.0.0.1:5000"),
        ("127.0.0.1.evil.test", NOTHING, False, "https://127.0.0.1.evil.test"),
        ("evil127.0.0.1", NOTHING, False, "https://evil127.0.0.1"),
    ],
)
def test_reg_15_plain_http_is_for_loopback_and_for_exactly_what_was_named(
    registry: str, insecure: frozenset[str], tls: bool, expected: str
) -> None:
    assert str(registry_origin(registry, insecure=insecure, tls=tls)) == expected


def test_what_is_no_host_has_no_origin() -> None:
    with pytest.raises(AddressRefused):
        registry_origin("user@host", insecure=NOTHING, tls=False)


def test_an_origin_is_a_value() -> None:
    assert registry_origin("a.test", insecure=NOTHING, tls=False) == Origin("https", "a.test", 443)
