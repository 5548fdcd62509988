"""Public keys that a policy trusts, read from PEM and told apart by their material."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import field
from enum import Enum
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from trust.errors import TrustRootError
from trust.value import dataclass

RSA_MINIMUM_BITS = 2048
RSA_MAXIMUM_BITS = 8192
"""A larger modulus makes each verification cost the attacker nothing and us seconds."""

_KEY_FILE_LIMIT_BYTES = 64 * 1024
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,60})-----[ \t]*\r?\n[A-Za-z0-9+/=\s]*?-----END \1-----", re.ASCII)
_PUBLIC_LABELS = frozenset({b"PUBLIC KEY", b"RSA PUBLIC KEY"})

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
HashName = Literal["sha256", "sha384", "sha512"]


class KeyKind(Enum):
    """The kinds of key that are accepted, a closed set. The value is what is shown to people."""

    P256 = "ECDSA P-256"
    P384 = "ECDSA P-384"
    P521 = "ECDSA P-521"
    RSA = "RSA"
    ED25519 = "Ed25519"


_CURVES = {"secp256r1": KeyKind.P256, "secp384r1": KeyKind.P384, "secp521r1": KeyKind.P521}
_OWN_HASH: dict[KeyKind, HashName] = {
    KeyKind.P256: "sha256",
    KeyKind.P384: "sha384",
    KeyKind.P521: "sha512",
    KeyKind.RSA: "sha256",
    KeyKind.ED25519: "sha512",
}


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key with the one hash that its signatures are made with.

    Two keys are equal if their material is, whatever names or files they came by.

    Attributes:
        kind: of the closed set.
        hash_name: what a signature of this key hashes the message with. By default the key's own: SHA-256 for
            P-256 and RSA, SHA-384 for P-384, SHA-512 for P-521; Ed25519 has no choice.
        fingerprint: lower-case hexadecimal sha256 of the DER SubjectPublicKeyInfo.
        public_key: for `cryptography`.

    Spec: Sigstore "Algorithm Registry" for the table of keys and hashes; RFC 5280, 4.1 for the encoding.

    """

    kind: KeyKind
    hash_name: HashName
    fingerprint: str
    public_key: PublicKey = field(compare=False, repr=False)

    @classmethod
    def from_pem(cls, content: bytes, what: str, *, hash_name: HashName | None = None) -> VerificationKey:
        """The key in `content`: exactly one PEM block, PKIX (`PUBLIC KEY`) or PKCS#1 (`RSA PUBLIC KEY`).

        `what` names the key in errors. `hash_name` is for keys whose signer does not use the key's own hash.

        Raises:
            TrustRootError: there is no such block, more than one, a private key, or a key that is too weak or
                of a kind that is not accepted.

        """
        return cls.from_public_key(_public_key(_the_block(content, what), what), what, hash_name=hash_name)

    @classmethod
    def from_public_key(cls, public_key: object, what: str, *, hash_name: HashName | None = None) -> VerificationKey:
        """The key with the material of `public_key`, which `cryptography` has loaded.

        Raises:
            TrustRootError: it is too weak, or of a kind that is not accepted.

        """
        key, kind = _accepted(public_key, what)
        if hash_name is not None and kind is KeyKind.ED25519:
            raise TrustRootError(f"{what} is an Ed25519 key, which has no choice of hash", hint="leave `hash` out")
        encoded = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return cls(kind, hash_name or _OWN_HASH[kind], hashlib.sha256(encoded).hexdigest(), key)

    @property
    def hint(self) -> str:
        """The hint by which Sigstore bundles name this key: base64 of the fingerprint. A hint only."""
        return base64.b64encode(bytes.fromhex(self.fingerprint)).decode("ascii")

    def __str__(self) -> str:
        return f"{self.kind.value} key sha256:{self.fingerprint}"


def _the_block(content: bytes, what: str) -> bytes:
    if len(content) > _KEY_FILE_LIMIT_BYTES:
        raise TrustRootError(f"{what} is larger than {_KEY_FILE_LIMIT_BYTES // 1024} KiB, so it is no key")
    if b"PRIVATE KEY-----" in content:
        raise TrustRootError(
            f"{what} is a private key",
            hint="verification needs the public one (`cosign public-key --key …`); keep the private one elsewhere",
        )
    blocks = list(_BLOCK.finditer(content))
    if len(blocks) != 1 or content.count(b"-----BEGIN ") != 1:
        raise TrustRootError(
            f"{what} has {content.count(b'-----BEGIN ')} PEM blocks that could be a key, and needs exactly one",
            hint="a public key file starts with `-----BEGIN PUBLIC KEY-----`",
        )
    if blocks[0][1] not in _PUBLIC_LABELS:
        raise TrustRootError(f"{what} is a `{blocks[0][1].decode()}`, not a public key")
    return blocks[0][0] + b"\n"


def _public_key(block: bytes, what: str) -> object:
    try:
        return serialization.load_pem_public_key(block)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise TrustRootError(f"{what} is not a public key that can be read") from error


def _accepted(public_key: object, what: str) -> tuple[PublicKey, KeyKind]:
    if isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.name in _CURVES:
        return public_key, _CURVES[public_key.curve.name]
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return public_key, KeyKind.ED25519
    if isinstance(public_key, rsa.RSAPublicKey):
        if not RSA_MINIMUM_BITS <= public_key.key_size <= RSA_MAXIMUM_BITS:
            raise TrustRootError(
                f"{what} is an RSA key of {public_key.key_size} bits",
                hint=f"RSA keys have {RSA_MINIMUM_BITS} to {RSA_MAXIMUM_BITS} bits",
            )
        return public_key, KeyKind.RSA
    raise TrustRootError(
        f"{what} is a key of a kind that is not accepted",
        hint="accepted are ECDSA on P-256, P-384 and P-521, RSA from 2048 bits, and Ed25519",
    )
