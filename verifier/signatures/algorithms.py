"""The one table of which kind of key verifies what, and how."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from trust.key import VerificationKey

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def verifies(key: VerificationKey, signature: bytes, message: bytes) -> bool:
    """Whether `signature` over `message` was made by the holder of `key`.

    The key says which hash; the signature never does. ECDSA signatures are DER. RSA is PKCS#1 v1.5, or PSS with
    the same hash in MGF1 and a salt of any length. Ed25519 is pure, or Ed25519ph, which cosign makes.

    Spec: Sigstore "Algorithm Registry"; FIPS 186-5; RFC 8017, sections 8.1.2 and 8.2.2; RFC 8032, section 5.1.
    """
    hashed = _HASHES[key.hash_name]
    match key.public_key:
        case ec.EllipticCurvePublicKey() as curve_key:
            return _holds(lambda: curve_key.verify(signature, message, ec.ECDSA(hashed)))
        case rsa.RSAPublicKey() as rsa_key:
            pss = padding.PSS(padding.MGF1(hashed), padding.PSS.AUTO)
            return any(
                _holds(lambda scheme=scheme: rsa_key.verify(signature, message, scheme, hashed))  # type: ignore[misc]
                for scheme in (padding.PKCS1v15(), pss)
            )
        case ed25519.Ed25519PublicKey() as edwards_key:
            pure = _holds(lambda: edwards_key.verify(signature, message))
            return pure or _ed25519ph_holds(edwards_key.public_bytes_raw(), signature, message)


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
