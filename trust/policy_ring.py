"""The keys that a policy names, read from wherever it says, and looked up by its rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trust import policy_keys as keys
from trust.errors import TrustRootError
from trust.key import HashName, VerificationKey
from trust.policy_lint import Lint
from trust.policy_record import Fields
from trust.policy_where import Read, did_you_mean
from trust.signer import TrustedKey

_HASH_NAMES: Mapping[keys.KeyHash, HashName] = {
    keys.KeyHash.SHA256: "sha256",
    keys.KeyHash.SHA384: "sha384",
    keys.KeyHash.SHA512: "sha512",
}


class KeyRing:
    """The keys of a policy by name, each with what it was read from."""

    def __init__(self, read_file: Callable[[str], bytes], environment: Mapping[str, str]) -> None:
        self._read_file = read_file
        self._environment = environment
        self._keys: dict[str, Read[TrustedKey]] = {}
        self._used: set[str] = set()
        self.materials: list[bytes] = []

    def read(self, fields: Fields) -> None:
        """Read every key of the policy.

        Raises:
            TrustRootError: a key cannot be used.
            PolicyError: two names are one key.

        """
        for name, entry in (fields.get(keys.KEYS) or {}).items():
            material = self._material(entry.value)
            with entry.where.placed():
                hashed = entry.value.get(keys.KEY_HASH)
                key = VerificationKey.from_pem(
                    material, f"the key `{name}`", hash_name=None if hashed is None else _HASH_NAMES[hashed]
                )
            for other in self._keys.values():
                if other.value.key.fingerprint == key.fingerprint:
                    raise entry.where.error(f"this is the same key as `{other.where.path}`", hint="keep one name")
            self._keys[name] = Read(TrustedKey(name, key), entry.where)
            self.materials.append(material)

    def _material(self, fields: Fields) -> bytes:
        pem = fields.get(keys.KEY_PEM)
        if pem is not None:
            return pem
        variable = fields.get(keys.KEY_ENV)
        if variable is not None:
            with fields.at(keys.KEY_ENV).placed():
                return self._variable(variable)
        with fields.at(keys.KEY_FILE).placed():
            return self._file(fields.get(keys.KEY_FILE) or "")

    def _variable(self, name: str) -> bytes:
        value = self._environment.get(name)
        if not value:
            raise TrustRootError(f"the environment variable `{name}` is not set, or is empty")
        return value.encode("utf-8", "surrogateescape")

    def _file(self, path: str) -> bytes:
        try:
            return self._read_file(path)
        except OSError as error:
            raise TrustRootError(
                f"the key file `{path}` cannot be read: {error.strerror or type(error).__name__}",
                hint="paths are relative to the policy file",
            ) from error

    def named(self, name: Read[str]) -> TrustedKey:
        """The key that a rule names.

        Raises:
            PolicyError: there is none.

        """
        found = self._keys.get(name.value)
        if found is None:
            known = ", ".join(f"`{one}`" for one in self._keys) or "none"
            raise name.where.error(
                f"there is no key named `{name.value}`",
                hint=did_you_mean(name.value, self._keys) or f"named under `keys`: {known}",
            )
        self._used.add(name.value)
        return found.value

    def lints(self) -> tuple[Lint, ...]:
        """The keys that no rule names."""
        return tuple(
            Lint("unused-key", one.where, f"no rule names the key `{name}`")
            for name, one in self._keys.items()
            if name not in self._used
        )
