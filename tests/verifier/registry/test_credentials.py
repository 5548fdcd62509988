from __future__ import annotations

import base64
import json
import os
import time
from pathlib import Path

import pytest

from verifier.errors import CredentialError
from verifier.registry.credentials import Credential, CredentialStore, IdentityToken, RegistryToken, UserPassword

SECRET = "canary-4711"


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def docker(home: Path, document: object) -> Path:
    path = home / ".docker/config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def helper(home: Path, name: str, script: str) -> None:
    folder = home / "bin"
    folder.mkdir(exist_ok=True)
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def store(home: Path, **environment: str) -> CredentialStore:
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return CredentialStore(environment={"PATH": path, **environment}, home=home)


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("ghcr.io", "ghcr.io"),
        ("https://ghcr.io", "ghcr.io"),
        ("https://ghcr.io/v2/", "ghcr.io"),
        ("GHCR.io", "ghcr.io"),
        ("ghcr.io:443", "ghcr.io"),
        ("registry.test:5000", "registry.test:5000"),
        ("http://registry.test:5000", "registry.test:5000"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("index.docker.io", "docker.io"),
        ("docker.io", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
    ],
)
def test_r22_keys_of_docker_are_registries(tmp_path: Path, key: str, registry: str) -> None:
    docker(tmp_path, {"auths": {key: auth("me", "secret")}})

    assert store(tmp_path).find(registry, "acme/app") == UserPassword("me", "secret")


@pytest.mark.parametrize(
    "registry",
    [
        "registry.io.evil.test",
        "evil-registry.io",
        "io",
        "sub.registry.io",
        "registry.io:5000",
        "docker.io",
        "registry.i",
    ],
)
def test_net_09_a_credential_is_for_exactly_its_registry(tmp_path: Path, registry: str) -> None:
    docker(tmp_path, {"auths": {"registry.io": auth("me", SECRET)}})

    assert store(tmp_path).find(registry, "acme/app") is None
    assert store(tmp_path).find("registry.io", "acme/app") == UserPassword("me", SECRET)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (auth("me", "se:cret"), UserPassword("me", "se:cret")),
        (auth("me", "padded\x00\x00"), UserPassword("me", "padded")),
        ({"username": "me", "password": "secret"}, UserPassword("me", "secret")),
        ({**auth("me", ""), "identitytoken": "t"}, IdentityToken("t")),
        (auth("<token>", "t"), IdentityToken("t")),
        ({"registrytoken": "t"}, RegistryToken("t")),
        ({}, None),
        ({"auth": ""}, None),
        ({"email": "me@a.test"}, None),
    ],
)
def test_every_kind_of_entry_is_read(tmp_path: Path, entry: object, expected: Credential | None) -> None:
    docker(tmp_path, {"auths": {"a.test": entry}})

    assert store(tmp_path).find("a.test", "app") == expected


def test_podmans_keys_name_repositories_by_whole_components(tmp_path: Path) -> None:
    file = tmp_path / ".config/containers/auth.json"
    file.parent.mkdir(parents=True)
    keys = {"a.test": "registry", "a.test/acme": "group", "a.test/acme/app": "one"}
    file.write_text(json.dumps({"auths": {key: auth(user, "x") for key, user in keys.items()}}))

    def user(path: str) -> str:
        found = store(tmp_path).find("a.test", path)
        assert isinstance(found, UserPassword)
        return found.user

    assert user("acme/app") == "one"
    assert user("acme/app/web") == "one"
    assert user("acme/application") == "group"
    assert user("acmes/app") == "registry"


def test_files_are_asked_in_their_order(tmp_path: Path) -> None:
    docker(tmp_path, {"auths": {"a.test": auth("docker", "x")}})
    for name, registry in (("explicit", "a.test"), ("run/containers/auth", "b.test")):
        file = tmp_path / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"auths": {registry: auth(name, "x")}}))
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({"auths": {"a.test": auth("moved", "x")}}))

    def user(registry: str, **environment: str) -> str | None:
        found = store(tmp_path, **environment).find(registry, "app")
        return found.user if isinstance(found, UserPassword) else None

    assert user("a.test") == "docker"
    assert user("a.test", REGISTRY_AUTH_FILE=str(tmp_path / "explicit.json")) == "explicit"
    assert user("a.test", DOCKER_CONFIG=str(other)) == "moved"
    assert user("b.test", XDG_RUNTIME_DIR=str(tmp_path / "run")) == "run/containers/auth"
    assert user("b.test") is None


def test_no_file_is_no_credential(tmp_path: Path) -> None:
    assert store(tmp_path).find("a.test", "app") is None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"auths": []}',
        '{"auths": {"a.test": "x"}}',
        '{"auths": {"a.test": {"auth": 1}}}',
        '{"auths": {"a.test": {"auth": "@@canary-4711"}}}',
        '{"auths": {"a.test": {"auth": "Y2FuYXJ5LTQ3MTE="}}}',
        '{"auths": {"a.test": {}, "a.test": {}}}',
        '{"credsStore": 1}',
        '{"credHelpers": {"a.test": 1}}',
        "[" * 100000,
    ],
)
def test_a_broken_file_is_an_error_that_names_it_and_no_secret(tmp_path: Path, content: str) -> None:
    path = docker(tmp_path, content)

    with pytest.raises(CredentialError) as caught:
        store(tmp_path).find("a.test", "app")

    assert str(path) in caught.value.message
    assert "canary" not in repr(caught.value)
    assert "Y2FuYXJ5" not in repr(caught.value)


def test_an_empty_file_is_one_without_credentials(tmp_path: Path) -> None:
    docker(tmp_path, "")

    assert store(tmp_path).find("a.test", "app") is None


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    docker(tmp_path, {}).chmod(0)
    if os.geteuid() == 0:
        pytest.skip("nothing is unreadable for root")

    with pytest.raises(CredentialError):
        store(tmp_path).find("a.test", "app")


def test_r22_an_empty_entry_is_kept_in_the_store(tmp_path: Path) -> None:
    docker(tmp_path, {"auths": {"https://index.docker.io/v1/": {}}, "credsStore": "kept"})
    helper(tmp_path, "kept", 'read server; echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"')

    assert store(tmp_path).find("docker.io", "library/nginx") == UserPassword("https://index.docker.io/v1/", "s")
    assert store(tmp_path).find("a.test", "app") == UserPassword("a.test", "s")


def test_a_helper_of_its_own_comes_before_the_store(tmp_path: Path) -> None:
    docker(tmp_path, {"credsStore": "kept", "credHelpers": {"a.test": "own-1"}})
    helper(tmp_path, "kept", """echo '{"Username":"kept","Secret":"s"}'""")
    helper(tmp_path, "own-1", """echo '{"Username":"<token>","Secret":"t"}'""")

    assert store(tmp_path).find("a.test", "app") == IdentityToken("t")
    assert store(tmp_path).find("b.test", "app") == UserPassword("kept", "s")


def test_a_helper_that_has_nothing_means_no_credential(tmp_path: Path) -> None:
    docker(tmp_path, {"credsStore": "kept"})
    helper(tmp_path, "kept", "echo 'credentials not found in native keychain'; exit 1")

    assert store(tmp_path).find("a.test", "app") is None


def test_a_helper_is_asked_once_for_a_registry(tmp_path: Path) -> None:
    docker(tmp_path, {"credsStore": "kept"})
    helper(tmp_path, "kept", f"""echo asked >> {tmp_path}/log; echo '{{"Username":"u","Secret":"s"}}'""")
    credentials = store(tmp_path)

    for path in ("a", "b", "a"):
        credentials.find("a.test", path)

    assert (tmp_path / "log").read_text() == "asked\n"


@pytest.mark.parametrize("name", ["../../evil", "x/y", "Evil", "a b", "a;b", "é", "a\n"])
def test_net_14_a_helper_is_named_and_never_located(tmp_path: Path, name: str) -> None:
    docker(tmp_path, {"credHelpers": {"a.test": name}})

    with pytest.raises(CredentialError, match="not the name of a credential helper"):
        store(tmp_path).find("a.test", "app")


def test_net_14_a_helper_is_not_looked_for_in_the_directory_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, "here", """echo '{"Username":"u","Secret":"s"}'""")
    docker(tmp_path, {"credsStore": "here"})
    monkeypatch.chdir(tmp_path / "bin")

    with pytest.raises(CredentialError, match="not on the PATH"):
        CredentialStore(environment={"PATH": f".{os.pathsep}{os.pathsep}bin"}, home=tmp_path).find("a.test", "app")
    assert store(tmp_path).find("a.test", "app") == UserPassword("u", "s")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("yes canary-4711", id="prints without end"),
        pytest.param("echo canary-4711; exit 1", id="fails"),
        pytest.param("echo canary-4711", id="prints no JSON"),
        pytest.param("""echo '{"Username":1,"Secret":"canary-4711"}'""", id="prints other types"),
    ],
)
def test_net_14_a_helper_that_misbehaves_is_an_error_without_its_output(tmp_path: Path, script: str) -> None:
    docker(tmp_path, {"credsStore": "bad"})
    helper(tmp_path, "bad", script)

    with pytest.raises(CredentialError) as caught:
        store(tmp_path).find("a.test", "app")

    assert "canary" not in repr(caught.value)
    assert "canary" not in repr(caught.value.__cause__)


def test_net_14_a_helper_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Ten seconds are the product's patience; a test has less.
    monkeypatch.setattr("verifier.registry.credential_helper.TIMEOUT_S", 1.0)
    docker(tmp_path, {"credsStore": "slow"})
    helper(tmp_path, "slow", "sleep 60 & echo $! > $HOME/child; wait")
    began = time.monotonic()

    with pytest.raises(CredentialError, match="did not answer"):
        store(tmp_path, HOME=str(tmp_path)).find("a.test", "app")

    assert time.monotonic() - began < 30
    child = int((tmp_path / "child").read_text())
    status = Path(f"/proc/{child}/status")
    # The signal is sent; when the machine gets round to it is the machine's affair.
    while time.monotonic() - began < 30 and _is_alive(status):
        time.sleep(0.01)
    assert not _is_alive(status)


def _is_alive(status: Path) -> bool:
    try:
        return "zombie" not in status.read_text()
    except OSError:
        return False


@pytest.mark.parametrize("credential", [UserPassword("me", SECRET), IdentityToken(SECRET), RegistryToken(SECRET)])
def test_net_13_a_credential_does_not_show_its_secret(credential: Credential) -> None:
    assert SECRET not in repr(credential)
    assert SECRET not in f"{credential}"
