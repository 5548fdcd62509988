from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.support.signing import KINDS, signing_key
from trust.key import VerificationKey
from verifier.signatures.algorithms import Message, verifies

MESSAGE = b"the message"


def holds(key: VerificationKey, signature: bytes, message: bytes) -> bool:
    return verifies(key, signature, Message(message))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_key_verifies_what_it_signed_and_nothing_else(kind: str) -> None:
    key = signing_key("release", kind)
    signature = key.sign(MESSAGE)

    assert holds(key.trusted, signature, MESSAGE)
    assert not holds(key.trusted, signature, MESSAGE + b"!")
    assert not holds(signing_key("stranger", kind).trusted, signature, MESSAGE)


@pytest.mark.parametrize("kind", KINDS)
def test_no_signature_with_another_byte_holds(kind: str) -> None:
    key = signing_key("release", kind)
    signature = key.sign(MESSAGE)

    for at in range(len(signature)):
        broken = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        assert not holds(key.trusted, broken, MESSAGE), at


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("signature", [b"", b"\x00", b"0" * 63, bytes(64), bytes(256), b"0" * 100_000])
def test_what_is_no_signature_verifies_nothing(kind: str, signature: bytes) -> None:
    assert not holds(signing_key("release", kind).trusted, signature, MESSAGE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_with_more_behind_it_is_none(kind: str) -> None:
    key = signing_key("release", kind)

    assert not holds(key.trusted, key.sign(MESSAGE) + b"\x00", MESSAGE)


def test_an_ecdsa_signature_is_der_and_not_two_numbers() -> None:
    key = signing_key()
    r, s = decode_dss_signature(key.sign(MESSAGE))

    assert not holds(key.trusted, r.to_bytes(32, "big") + s.to_bytes(32, "big"), MESSAGE)


def test_an_ecdsa_signature_in_an_encoding_that_is_not_der_is_none() -> None:
    key = signing_key()
    signature = key.sign(MESSAGE)
    long_form = b"\x30\x81" + signature[1:]

    assert not holds(key.trusted, long_form, MESSAGE)


@pytest.mark.parametrize("salt", [0, 20, 32, padding.PSS.MAX_LENGTH])
def test_a_pss_signature_may_have_a_salt_of_any_length(salt: int | object) -> None:
    private = rsa.generate_private_key(65537, 2048)
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt)  # type: ignore[arg-type]
    signature = private.sign(MESSAGE, scheme, hashes.SHA256())

    assert holds(VerificationKey.from_public_key(private.public_key(), "a key"), signature, MESSAGE)


def test_a_pss_signature_whose_mask_has_another_hash_is_none() -> None:
    private = rsa.generate_private_key(65537, 2048)
    signature = private.sign(MESSAGE, padding.PSS(padding.MGF1(hashes.SHA512()), 32), hashes.SHA256())

    assert not holds(VerificationKey.from_public_key(private.public_key(), "a key"), signature, MESSAGE)


def test_a_signature_with_another_hash_than_the_keys_is_none() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    key = VerificationKey.from_public_key(private.public_key(), "a key")
    private_rsa = rsa.generate_private_key(65537, 2048)
    key_rsa = VerificationKey.from_public_key(private_rsa.public_key(), "a key")

    assert not holds(key, private.sign(MESSAGE, ec.ECDSA(hashes.SHA512())), MESSAGE)
    assert not holds(key_rsa, private_rsa.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA1()), MESSAGE)


# RFC 8032, section 7.3: Ed25519ph, "abc".
RFC_8032_KEY = bytes.fromhex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf")
RFC_8032_SIGNATURE = bytes.fromhex(
    "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
    "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
)


def test_the_vector_of_rfc_8032_for_the_prehashed_kind_holds() -> None:
    public = ed25519.Ed25519PublicKey.from_public_bytes(RFC_8032_KEY)
    key = VerificationKey.from_public_key(public, "the key of RFC 8032, section 7.3")

    assert holds(key, RFC_8032_SIGNATURE, b"abc")
    assert not holds(key, RFC_8032_SIGNATURE, b"abd")


def test_a_pss_signature_has_the_keys_hash_in_its_mask_too() -> None:
    private = rsa.generate_private_key(65537, 2048)
    key = VerificationKey.from_public_key(private.public_key(), "a key", hash_name="sha512")
    signature = private.sign(MESSAGE, padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512())

    assert holds(key, signature, MESSAGE)


def test_a_message_is_hashed_by_the_hash_that_is_asked_for() -> None:
    message = Message(MESSAGE)

    assert message.digest("sha256") == hashlib.sha256(MESSAGE).digest()
    assert message.digest("sha512") == hashlib.sha512(MESSAGE).digest()
    assert message.digest("sha256") is message.digest("sha256")
