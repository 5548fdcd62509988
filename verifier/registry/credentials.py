"""Credentials for registries, from the files and helpers of Docker and Podman."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from trust.value import dataclass
from verifier.errors import BadReference, CredentialError, LimitExceeded, MalformedContent
from verifier.reference import DOCKER_HUB, canonical_registry
from verifier.untrusted import base64_bytes, expect_object, expect_text, json_object

FILE_LIMIT_BYTES = 4 * 1024 * 1024

T = TypeVar("T")

_IDENTITY_USER = "<token>"
_HUB_SERVER = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True)
class UserPassword:
    """A user and a password, or a personal token in the place of one."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IdentityToken:
    """A token that a token service takes for another one: an OAuth2 refresh token."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegistryToken:
    """A token that is sent to the registry as it is."""

    token: str = field(repr=False)


Credential = UserPassword | IdentityToken | RegistryToken


class CredentialStore:
    """The credentials of whoever runs the program. Nothing is read before the first question.

    Files in this order, and the first that has something for a registry counts: `REGISTRY_AUTH_FILE`, Docker's
    `config.json`, Podman's `auth.json`. Within one file: `credHelpers` for exactly the registry, then an entry
    of `auths` that holds something, then `credsStore`.

    Spec: docker login, "Credential stores"; containers-auth.json(5). Stricter in that a registry is always
    compared as a whole, and a path only by whole components.

    Args:
        environment: `DOCKER_CONFIG`, `REGISTRY_AUTH_FILE`, `XDG_RUNTIME_DIR`; helpers get all of it.
        home: of the user.

    """

    def __init__(self, *, environment: Mapping[str, str], home: Path) -> None:
        self._environment = environment
        self._home = home
        self._lock = Lock()
        self._files: tuple[_AuthFile, ...] | None = None
        self._known: dict[tuple[Path, str, str], Credential | CredentialError | None] = {}

    def find(self, registry: str, path: str) -> Credential | None:
        """The credential for the repository `path` of `registry`, None if there is none.

        Raises:
            CredentialError: a file or helper that should say it cannot be used.

        """
        with self._lock:
            for file in self._read():
                found = self._found(file, registry, path)
                if found is not None:
                    return found
            return None

    def _read(self) -> tuple[_AuthFile, ...]:
        if self._files is None:
            self._files = tuple(
                file for file in map(_auth_file, _file_paths(self._environment, self._home)) if file is not None
            )
        return self._files

    def _found(self, file: _AuthFile, registry: str, path: str) -> Credential | None:
        source = file.source(registry, path)
        if not isinstance(source, _Helper):
            return source
        key = (file.path, source.name, source.server)
        if key not in self._known:
            # A helper that hangs is waited for once, not again for every image.
            try:
                self._known[key] = self._asked(source)
            except CredentialError as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, CredentialError):
            raise known
        return known

    def _asked(self, helper: _Helper) -> Credential | None:
        # Here, because starting programs is 10 ms of imports that most runs do not need.
        from verifier.registry.credential_helper import ask_helper

        output = ask_helper(helper.name, helper.server, self._environment)
        return None if output is None else _helper_credential(output, helper.name)


@dataclass(frozen=True, slots=True)
class _Helper:
    name: str
    server: str


@dataclass(frozen=True, slots=True)
class _AuthFile:
    """One file, with its keys as `registry` or `registry/path`."""

    path: Path
    auths: Mapping[str, tuple[str, Credential | None]]
    helpers: Mapping[str, _Helper]
    store: str | None

    def source(self, registry: str, path: str) -> Credential | _Helper | None:
        """The credential, or the helper that is to be asked for it."""
        if registry in self.helpers:
            return self.helpers[registry]
        server = _HUB_SERVER if registry == DOCKER_HUB else registry
        for key in _keys(registry, path):
            spelling, credential = self.auths.get(key, (server, None))
            if credential is not None:
                return credential
            if key == registry:
                server = spelling
        return None if self.store is None else _Helper(self.store, server)


def _keys(registry: str, path: str) -> list[str]:
    """The keys that are for a repository, the longest first."""
    parts = path.split("/")
    return ["/".join((registry, *parts[:length])) for length in range(len(parts), -1, -1)]


def _file_paths(environment: Mapping[str, str], home: Path) -> list[Path]:
    paths = []
    if environment.get("REGISTRY_AUTH_FILE"):
        paths.append(Path(environment["REGISTRY_AUTH_FILE"]))
    paths.append(Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "config.json")
    if environment.get("XDG_RUNTIME_DIR"):
        paths.append(Path(environment["XDG_RUNTIME_DIR"]) / "containers/auth.json")
    return [*paths, home / ".config/containers/auth.json"]


def _auth_file(path: Path) -> _AuthFile | None:
    try:
        with open(path, "rb", opener=_open) as file:
            content = file.read(FILE_LIMIT_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CredentialError(f"{path}: {error.strerror}") from error
    if len(content) > FILE_LIMIT_BYTES:
        raise CredentialError(f"{path}: longer than the {FILE_LIMIT_BYTES} bytes that are read")
    try:
        return _parsed(path, content)
    except (MalformedContent, LimitExceeded) as error:
        raise CredentialError(f"{path}: {error.message}") from error


def _open(path: str, flags: int) -> int:
    # Opening a named pipe waits for a writer, for ever if none comes.
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return descriptor


def _parsed(path: Path, content: bytes) -> _AuthFile:
    if not content.strip():
        return _empty_file(path)
    document = json_object(content, "the file")
    helpers = _objects(document, "credHelpers", expect_text)
    store = document.get("credsStore") or None
    return _AuthFile(
        path,
        auths=_by_key(_objects(document, "auths", _credential)),
        helpers={
            key: _Helper(name, _HUB_SERVER if key == DOCKER_HUB else spelling)
            for key, (spelling, name) in _by_key(helpers).items()
        },
        store=None if store is None else expect_text(store, "`credsStore`"),
    )


def _empty_file(path: Path) -> _AuthFile:
    return _AuthFile(path, {}, {}, None)


def _objects(document: Mapping[str, Any], name: str, parse: Callable[[object, str], T]) -> Mapping[str, T]:
    value = document.get(name)
    entries = {} if value is None else expect_object(value, f"`{name}`")
    return {key: parse(entry, f"`{name}` of `{key[:100]}`") for key, entry in entries.items()}


def _by_key(entries: Mapping[str, T]) -> dict[str, tuple[str, T]]:
    found: dict[str, tuple[str, T]] = {}
    for spelling, entry in entries.items():
        key = _normal_key(spelling)
        # The plain spelling of a registry counts before its URL forms; keys that are no registry are for nobody.
        if key is not None and (key not in found or spelling == key):
            found[key] = (spelling, entry)
    return found


def _normal_key(spelling: str) -> str | None:
    scheme, separator, rest = spelling.rpartition("://")
    if separator and scheme not in ("https", "http"):
        return None
    host, _, path = rest.partition("/")
    try:
        registry = canonical_registry(host)
    except BadReference:
        return None
    path = path.strip("/")
    # Docker's keys are URLs of registries, whose path is the version of an old protocol; Podman's have no scheme.
    return registry if separator or path in ("", "v1", "v2") else f"{registry}/{path}"


def _credential(value: object, what: str) -> Credential | None:
    entry = expect_object(value, what)
    token, identity = _text(entry, "registrytoken", what), _text(entry, "identitytoken", what)
    if token:
        return RegistryToken(token)
    if identity:
        return IdentityToken(identity)
    user, password = _text(entry, "username", what), _text(entry, "password", what)
    encoded = _text(entry, "auth", what)
    if encoded:
        user, password = _user_and_password(encoded, what)
    return _of_user(user, password)


def _of_user(user: str, password: str) -> Credential | None:
    if not user and not password:
        return None
    return IdentityToken(password) if user == _IDENTITY_USER else UserPassword(user, password)


def _user_and_password(encoded: str, what: str) -> tuple[str, str]:
    try:
        user, colon, password = base64_bytes(encoded, what, spaces=True).decode("utf-8").partition(":")
    except (MalformedContent, UnicodeDecodeError):
        # The text is a secret, and an error that quoted it, or carried it as its cause, would show it.
        raise MalformedContent(f"`auth` in {what} is not base64 of `user:password`") from None
    if not colon:
        raise MalformedContent(f"`auth` in {what} is not base64 of `user:password`")
    return user, password.strip("\x00")


def _text(entry: Mapping[str, Any], name: str, what: str) -> str:
    value = entry.get(name)
    return "" if value is None else expect_text(value, f"`{name}` in {what}")


def _helper_credential(output: bytes, name: str) -> Credential | None:
    what = f"what `docker-credential-{name}` printed"
    try:
        document = json_object(output, what)
        return _of_user(_text(document, "Username", what), _text(document, "Secret", what))
    except (MalformedContent, LimitExceeded):
        raise CredentialError(f"{what} is not a credential") from None
