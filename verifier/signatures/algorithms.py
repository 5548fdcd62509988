"""The one table of which kind of key verifies what, and how."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from trust.key import HashName, VerificationKey

_HASHES: dict[HashName, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class Message:
    """What a signature is over, hashed once by each hash, however many keys are tried on it.

    Attributes:
        content: the bytes themselves.

    """

    __slots__ = ("_digests", "content")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._digests: dict[HashName, bytes] = {}

    def digest(self, hash_name: HashName) -> bytes:
        """The hash of the content."""
        if hash_name not in self._digests:
            self._digests[hash_name] = hashlib.new(hash_name, self.content).digest()
        return self._digests[hash_name]


def verifies(key: VerificationKey, signature: bytes, message: Message) -> bool:
    """Whether `signature` over `message` was made by the holder of `key`.

    The key says which hash; the signature never does. ECDSA signatures are DER. RSA is PKCS#1 v1.5, or PSS with
    the same hash in MGF1 and a salt of any length. Ed25519 is pure, or Ed25519ph, which cosign makes.

    Spec: Sigstore "Algorithm Registry"; FIPS 186-5; RFC 8017, sections 8.1.2 and 8.2.2; RFC 8032, section 5.1.
    """
    match key.public_key:
        case ec.EllipticCurvePublicKey() as curve_key:
            hashed = ec.ECDSA(Prehashed(_HASHES[key.hash_name]))
            return _holds(lambda: curve_key.verify(signature, message.digest(key.hash_name), hashed))
        case rsa.RSAPublicKey() as rsa_key:
            return _rsa_holds(rsa_key, key.hash_name, signature, message)
        case ed25519.Ed25519PublicKey() as edwards_key:
            pure = _holds(lambda: edwards_key.verify(signature, message.content))
            return pure or _ed25519ph_holds(edwards_key.public_bytes_raw(), signature, message.content)


def _rsa_holds(key: rsa.RSAPublicKey, hash_name: HashName, signature: bytes, message: Message) -> bool:
    hashed, digest = _HASHES[hash_name], message.digest(hash_name)
    pss = padding.PSS(padding.MGF1(hashed), padding.PSS.AUTO)
    return _holds(lambda: key.verify(signature, digest, padding.PKCS1v15(), Prehashed(hashed))) or _holds(
        lambda: key.verify(signature, digest, pss, Prehashed(hashed))
    )


def _holds(verification: Callable[[], None]) -> bool:
    try:
        verification()
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _ed25519ph_holds(key: bytes, signature: bytes, message: bytes) -> bool:
    # `cryptography` has no Ed25519ph. The import is here because most runs never need it.
    from nacl import bindings, exceptions

    state = bindings.crypto_sign_ed25519ph_state()
    bindings.crypto_sign_ed25519ph_update(state, message)
    try:
        return bool(bindings.crypto_sign_ed25519ph_final_verify(state, signature, key))
    except (exceptions.CryptoError, ValueError, TypeError):
        return False
