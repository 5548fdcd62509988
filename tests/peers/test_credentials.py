"""Registries that want to know who asks, and registries behind the TLS of a private authority.

What they hold was put there through another registry over the same files that asks nobody.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.conftest import Need
from tests.peers.support import certificates
from tests.peers.support.images import Shelf, image
from tests.peers.support.imgtrust import ask
from tests.peers.support.registries import distribution
from tests.peers.support.token_service import (
    IDENTITY_TOKEN,
    ISSUER,
    PASSWORD,
    SERVICE,
    USER,
    TokenService,
    token_service,
)
from tests.peers.support.tools import Home
from tests.peers.support.workshop import Workshop

pytestmark = pytest.mark.peers

# PASSWORD under bcrypt, the only hash that distribution takes.
HTPASSWD = "reader:$2b$05$Vq1whKcfwn6mZxukDRHk.emnFS8JH4wOGBgSh.00D5xAAWqA2D6i.\n"

programs = pytest.mark.parametrize("program", ["registry", "docker-registry"])


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed image on disk, and where its registry finds it.

    Attributes:
        content: the files of a registry's storage.
        name: repository and digest of the image.
        workshop: whose key `release` signed it.

    """

    content: Path
    name: str
    workshop: Workshop

    def ask(self, home: Home, host: str, *options: str | Path, **env: str) -> tuple[str, tuple[str, ...], str]:
        """Decision, codes and everything printed, of `imgtrust verify` on the image at `host`."""
        key = self.workshop.key("release").public
        answer = ask(home, f"{host}/{self.name}", "--key", key, *options, **env)
        return answer.decision, answer.codes, answer.outcome.stdout + answer.outcome.stderr

    def cosign_accepts(self, home: Home, host: str, *options: str) -> bool:
        """Whether cosign reaches the image at `host` and accepts it."""
        keys = {"release": self.workshop.key("release")}
        here = Workshop(home, options, keys)
        return here.verify("cosign3", f"{host}/{self.name}", keys["release"]).succeeded


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop, need: Need) -> Signed:
    need("cosign2", "cosign3", "registry", "docker-registry")
    folder = tmp_path_factory.mktemp("open")
    content = folder / "content"
    with distribution(folder / "registry", content=content) as registry:
        reference = Shelf(registry.host, "team/app").push(image("app"))
        workshop.sign_bundle(reference, workshop.key("release"))
        workshop.sign_legacy(reference, workshop.key("release"))
    return Signed(content, reference.removeprefix(registry.host + "/"), workshop)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(_folder(tmp_path / "home"))


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[tuple[TokenService, Mapping[str, object]]]:
    """A token service, and what a registry that trusts it has in its configuration."""
    signer = certificates.authority("tokens")
    certificate, _ = signer.write(_folder(tmp_path / "tokens"), "signer")
    with token_service(signer) as service:
        realm = {"realm": service.address, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": str(certificate)}
        yield service, {"token": realm}


@pytest.fixture
def basic(tmp_path: Path) -> Mapping[str, object]:
    """What a registry with Basic authentication has in its configuration."""
    path = tmp_path / "htpasswd"
    path.write_text(HTPASSWD)
    return {"htpasswd": {"realm": "tests", "path": str(path)}}


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _log_in(home: Home, host: str, user: str = USER, password: str = PASSWORD, **more: str) -> None:
    """Writes Docker's configuration, as `docker login` does."""
    entry = {"auth": base64.b64encode(f"{user}:{password}".encode()).decode(), **more}
    folder = home.folder / ".docker"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"auths": {host: entry}}))


@programs
def test_a_token_is_fetched_with_the_password_of_docker_s_configuration(
    program: str, signed: Signed, tokens: tuple[TokenService, Mapping[str, object]], home: Home, tmp_path: Path
) -> None:
    service, auth = tokens
    with distribution(tmp_path / "registry", program, content=signed.content, auth=auth) as registry:
        _log_in(home, registry.host)
        assert signed.cosign_accepts(home, registry.host)
        service.granted.clear()

        decision, _, _ = signed.ask(home, registry.host, "--token-realm", f"{registry.host}={service.host}")

    assert decision == "allow"
    assert set(service.granted) == {("GET", "repository:team/app:pull")}


@programs
def test_an_identity_token_is_given_for_an_access_token(
    program: str, signed: Signed, tokens: tuple[TokenService, Mapping[str, object]], home: Home, tmp_path: Path
) -> None:
    service, auth = tokens
    with distribution(tmp_path / "registry", program, content=signed.content, auth=auth) as registry:
        _log_in(home, registry.host, "<token>", "", identitytoken=IDENTITY_TOKEN)

        decision, _, _ = signed.ask(home, registry.host, "--token-realm", f"{registry.host}={service.host}")

    assert decision == "allow"
    assert set(service.granted) == {("POST", "repository:team/app:pull")}


def test_a_token_service_that_is_not_named_gets_no_password(
    signed: Signed, tokens: tuple[TokenService, Mapping[str, object]], home: Home, tmp_path: Path
) -> None:
    service, auth = tokens
    with distribution(tmp_path / "registry", content=signed.content, auth=auth) as registry:
        _log_in(home, registry.host)

        decision, codes, said = signed.ask(home, registry.host)

    assert (decision, codes) == ("undecided", ("address-refused",)), said
    assert service.granted == []


@pytest.mark.parametrize("password", ["wrong", None])
def test_without_the_right_password_a_token_registry_leaves_it_undecided(
    password: str | None,
    signed: Signed,
    tokens: tuple[TokenService, Mapping[str, object]],
    home: Home,
    tmp_path: Path,
) -> None:
    service, auth = tokens
    with distribution(tmp_path / "registry", content=signed.content, auth=auth) as registry:
        if password is not None:
            _log_in(home, registry.host, password=password)

        decision, codes, said = signed.ask(home, registry.host, "--token-realm", f"{registry.host}={service.host}")

    assert (decision, codes) == ("undecided", ("registry-denied",)), said
    assert base64.b64encode(b"reader:wrong").decode() not in said


@programs
def test_basic_authentication_uses_the_password_of_docker_s_configuration(
    program: str, signed: Signed, basic: Mapping[str, object], home: Home, tmp_path: Path
) -> None:
    with distribution(tmp_path / "registry", program, content=signed.content, auth=basic) as registry:
        _log_in(home, registry.host)
        assert signed.cosign_accepts(home, registry.host)

        decision, _, said = signed.ask(home, registry.host)

    assert decision == "allow", said


@pytest.mark.parametrize("password", ["wrong", None])
def test_without_the_right_password_a_basic_registry_leaves_it_undecided(
    password: str | None, signed: Signed, basic: Mapping[str, object], home: Home, tmp_path: Path
) -> None:
    with distribution(tmp_path / "registry", content=signed.content, auth=basic) as registry:
        if password is not None:
            _log_in(home, registry.host, password=password)

        decision, codes, said = signed.ask(home, registry.host)

    assert (decision, codes) == ("undecided", ("registry-denied",)), said


def test_the_password_for_another_host_is_not_used(
    signed: Signed, basic: Mapping[str, object], home: Home, tmp_path: Path
) -> None:
    with distribution(tmp_path / "registry", content=signed.content, auth=basic) as registry:
        _log_in(home, "registry.example")

        decision, codes, said = signed.ask(home, registry.host)

    assert (decision, codes) == ("undecided", ("registry-denied",)), said


@dataclass(frozen=True, slots=True)
class Tls:
    """The registry's side of TLS.

    Attributes:
        ca: file with the authority's certificate.
        settings: of the registry.

    """

    ca: Path
    settings: Mapping[str, str]


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    folder = _folder(tmp_path / "tls")
    authority = certificates.authority("private authority")
    ca, _ = authority.write(folder, "ca")
    certificate, key = certificates.server(authority).write(folder, "server")
    return Tls(ca, {"certificate": str(certificate), "key": str(key)})


@programs
def test_a_private_authority_is_trusted_where_it_is_named(
    program: str, signed: Signed, tls: Tls, home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "registry"
    with distribution(folder, program, content=signed.content, tls=tls.settings, ca=tls.ca) as registry:
        assert signed.cosign_accepts(home, registry.host, "--registry-cacert", str(tls.ca))

        decision, _, said = signed.ask(home, registry.host, "--ca-file", tls.ca)

    assert decision == "allow", said


@pytest.mark.parametrize("keeper", [".docker", ".config/docker", ".config/containers"])
def test_a_private_authority_is_found_where_docker_and_podman_keep_it(
    keeper: str, signed: Signed, tls: Tls, home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "registry"
    with distribution(folder, content=signed.content, tls=tls.settings, ca=tls.ca) as registry:
        kept = home.folder / keeper / "certs.d" / registry.host
        kept.mkdir(parents=True)
        shutil.copy(tls.ca, kept / "ca.crt")

        decision, _, said = signed.ask(home, registry.host)

    assert decision == "allow", said


def test_a_registry_of_another_authority_than_the_trusted_one_leaves_it_undecided(
    signed: Signed, tls: Tls, home: Home, tmp_path: Path
) -> None:
    other, _ = certificates.authority("another authority").write(_folder(tmp_path / "other"), "ca")
    folder = tmp_path / "registry"
    with distribution(folder, content=signed.content, tls=tls.settings, ca=tls.ca) as registry:
        decision, codes, said = signed.ask(home, registry.host, "--ca-file", other)

    assert (decision, codes) == ("undecided", ("registry-unreachable",)), said


def test_a_loopback_registry_for_which_no_authority_is_known_is_not_asked_over_tls(
    signed: Signed, tls: Tls, home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "registry"
    with distribution(folder, content=signed.content, tls=tls.settings, ca=tls.ca) as registry:
        decision, codes, said = signed.ask(home, registry.host)

    assert (decision, codes) == ("undecided", ("registry-error",)), said


def test_a_registry_behind_tls_may_ask_for_a_password_too(
    signed: Signed, tls: Tls, basic: Mapping[str, object], home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "registry"
    with distribution(folder, content=signed.content, auth=basic, tls=tls.settings, ca=tls.ca) as registry:
        _log_in(home, registry.host)

        decision, _, said = signed.ask(home, registry.host, "--ca-file", tls.ca)

    assert decision == "allow", said
