"""Keys, and signatures that real cosign makes with them: no service is asked, everything is a key and a registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.peers.support.tools import Home, Outcome, tool

KEY_KINDS: Mapping[str, Callable[[], PrivateKeyTypes]] = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa4096": lambda: rsa.generate_private_key(65537, 4096),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key as cosign holds it.

    Attributes:
        private: file in cosign's own form, under an empty password.
        public: PEM file.

    """

    private: Path
    public: Path


@dataclass(frozen=True, slots=True)
class Workshop:
    """A home folder in which images are signed and signatures verified, by cosign 2 and by cosign 3.

    Attributes:
        home: where every program runs.
        registry_options: what cosign must be told about the registry, such as its authority.

    """

    home: Home
    registry_options: tuple[str, ...] = ()
    _keys: dict[str, KeyPair] = field(default_factory=dict)

    def key(self, name: str, kind: str = "p256") -> KeyPair:
        """The key called `name`, made on first use."""
        if name not in self._keys:
            self._keys[name] = self._made(name, kind)
        return self._keys[name]

    def _made(self, name: str, kind: str) -> KeyPair:
        plain = self.home.folder / f"{name}.plain.pem"
        private = KEY_KINDS[kind]()
        plain.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        prefix = self.home.folder / name
        self.home.run(tool("cosign3"), "import-key-pair", "--key", plain, "--output-key-prefix", prefix, "-y").checked()
        return KeyPair(prefix.with_suffix(".key"), prefix.with_suffix(".pub"))

    def sign_legacy(self, reference: str, key: KeyPair, *more: str, by: str = "cosign2", **env: str) -> None:
        """Signs as cosign did before bundles: simple signing, under the tag `sha256-….sig`."""
        options = ["--tlog-upload=false"]
        if by == "cosign3":
            options += ["--new-bundle-format=false", "--use-signing-config=false"]
        self._sign(by, reference, key, *options, *more, **env)

    def sign_bundle(self, reference: str, key: KeyPair, *more: str, by: str = "cosign3") -> None:
        """Signs as cosign does now: a bundle, as a referrer."""
        if by == "cosign3":
            options = ["--signing-config", str(self.signing_config)]
        else:
            options = ["--new-bundle-format", "--tlog-upload=false"]
        self._sign(by, reference, key, *options, *more)

    def attest(self, reference: str, key: KeyPair, *, by: str = "cosign3") -> None:
        """Attaches a signed attestation, which is not a signature of the image."""
        predicate = self.home.folder / "predicate.json"
        predicate.write_text('{"approved": true}')
        options = ["--signing-config", str(self.signing_config)] if by == "cosign3" else ["--tlog-upload=false"]
        words = ("--type", "https://example.com/review/v1", "--predicate", str(predicate), "-y")
        self.home.run(
            tool(by), "attest", "--key", key.private, *options, *words, *self.registry_options, reference
        ).checked()

    @property
    def signing_config(self) -> Path:
        """A signing configuration that names no service."""
        path = self.home.folder / "no-services.json"
        if not path.exists():
            self.home.run(tool("cosign3"), "signing-config", "create", "--out", path).checked()
        return path

    @property
    def trusted_root(self) -> Path:
        """A trusted root without authorities and logs. Without one, cosign asks the public one's server."""
        path = self.home.folder / "empty-root.json"
        if not path.exists():
            self.home.run(tool("cosign3"), "trusted-root", "create", "--out", path).checked()
        return path

    def sign_bytes(self, body: bytes, key: KeyPair) -> bytes:
        """The signature of `body` as cosign makes it, base64."""
        path = self.home.folder / "bytes-to-sign"
        path.write_bytes(body)
        signed = self.home.run(tool("cosign2"), "sign-blob", "--key", key.private, "--tlog-upload=false", "-y", path)
        return signed.checked().stdout.strip().encode()

    def sign_statement(self, statement: bytes, key: KeyPair) -> bytes:
        """A bundle of cosign's about an in-toto statement that may say what cosign itself never would."""
        path, bundle = self.home.folder / "statement.json", self.home.folder / "statement.bundle"
        path.write_bytes(statement)
        options = (
            "--signing-config",
            str(self.signing_config),
            "--statement",
            str(path),
            "--bundle",
            str(bundle),
            "-y",
        )
        self.home.run(tool("cosign3"), "attest-blob", "--key", key.private, *options).checked()
        return bundle.read_bytes()

    def _sign(self, by: str, reference: str, key: KeyPair, *options: str, **env: str) -> None:
        self.home.run(
            tool(by), "sign", "--key", key.private, *options, "-y", *self.registry_options, reference, **env
        ).checked()

    def verify(self, by: str, reference: str, key: KeyPair, *more: str, **env: str) -> Outcome:
        """What cosign says of `reference` under one key. No log is asked for, because none was written to."""
        trust = ("--key", str(key.public), "--insecure-ignore-tlog", "--trusted-root", str(self.trusted_root))
        options = (*trust, *more, *self.registry_options)
        return self.home.run(tool(by), "verify", *options, reference, **env)
