from __future__ import annotations

import pytest

from verifier.registry.hosts import RegistryMap
from verifier.registry.transport import HttpSettings, Transport
from verifier.sources import Sources


@pytest.mark.parametrize(
    ("text", "repository"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("mirror.test/hub/nginx:1", "docker.io/library/nginx"),
        ("mirror.test/hub/acme/app:1", "docker.io/acme/app"),
        ("oci:./layout", "oci:./layout"),
        ("oci:./layout:app", "oci:./layout"),
        ("oci:./layout:my.app", "oci:./layout"),
        ("oci:./layout:acme/app:1.4", "oci:./layout"),
        ("oci:./layout:ghcr.io/acme/app:1.4", "ghcr.io/acme/app"),
        ("oci:./layout:docker.io/library/nginx:1.27", "docker.io/library/nginx"),
    ],
)
def test_a_name_is_judged_by_the_repository_that_it_spells(text: str, repository: str) -> None:
    registry_map = RegistryMap.parse({}, aliases={"mirror.test/hub": "docker.io"})
    with Transport(HttpSettings()) as transport:
        assert Sources(transport, registry_map).identify(text).repository == repository
