from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.support.signing import KINDS, signing_key
from trust.errors import TrustRootError
from trust.key import KeyKind, VerificationKey

PKIX = PublicFormat.SubjectPublicKeyInfo


def pem(key: PublicKeyTypes, form: PublicFormat = PKIX) -> bytes:
    return key.public_bytes(Encoding.PEM, form)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_key_that_is_accepted_can_be_read(kind: str) -> None:
    made = signing_key("release", kind)

    key = VerificationKey.from_pem(made.pem, "a key")

    assert key.fingerprint == hashlib.sha256(made.der).hexdigest()
    assert key.kind.value == kind.removesuffix("ph").removesuffix(" PKCS#1 v1.5").removesuffix(" PSS").replace(
        "P-", "ECDSA P-"
    )


@pytest.mark.parametrize(
    ("kind", "hash_name"),
    [("P-256", "sha256"), ("P-384", "sha384"), ("P-521", "sha512"), ("RSA PSS", "sha256"), ("Ed25519", "sha512")],
)
def test_the_hash_is_the_keys_own(kind: str, hash_name: str) -> None:
    assert VerificationKey.from_pem(signing_key("release", kind).pem, "a key").hash_name == hash_name


def test_the_policy_can_name_another_hash() -> None:
    key = VerificationKey.from_pem(signing_key("release", "P-384").pem, "a key", hash_name="sha256")

    assert key.hash_name == "sha256"


def test_a_hash_for_an_ed25519_key_is_refused() -> None:
    with pytest.raises(TrustRootError, match="no choice of hash"):
        VerificationKey.from_pem(signing_key("release", "Ed25519").pem, "a key", hash_name="sha512")


def test_pkcs1_and_pkix_of_one_key_are_one_key() -> None:
    public = rsa.generate_private_key(65537, 2048).public_key()

    assert VerificationKey.from_pem(pem(public, PublicFormat.PKCS1), "one") == VerificationKey.from_pem(
        pem(public), "other"
    )


def test_a_compressed_point_is_the_same_key() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    prefix = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    point = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    body = base64.encodebytes(prefix + point)
    compressed = b"-----BEGIN PUBLIC KEY-----\n" + body + b"-----END PUBLIC KEY-----\n"

    assert VerificationKey.from_pem(compressed, "one") == VerificationKey.from_pem(pem(public), "other")


def test_the_hint_is_what_cosign_writes_into_bundles() -> None:
    made = signing_key()

    assert made.trusted.hint == base64.b64encode(hashlib.sha256(made.der).digest()).decode()


def test_text_around_the_block_and_other_line_ends_do_not_matter() -> None:
    content = b"the release key\r\n" + signing_key().pem.replace(b"\n", b"\r\n") + b"\r\n"

    assert VerificationKey.from_pem(content, "a key") == signing_key().trusted


def private(kind: str, form: PrivateFormat) -> bytes:
    return signing_key("release", kind).private.private_bytes(Encoding.PEM, form, NoEncryption())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(private("P-256", PrivateFormat.PKCS8), id="PKCS#8"),
        pytest.param(private("P-256", PrivateFormat.TraditionalOpenSSL), id="EC"),
        pytest.param(private("RSA PSS", PrivateFormat.TraditionalOpenSSL), id="RSA"),
        pytest.param(b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAA==\n", id="cosign's own"),
        pytest.param(signing_key().pem + private("P-256", PrivateFormat.PKCS8), id="beside the public one"),
    ],
)
def test_a_private_key_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(TrustRootError, match="is a private key"):
        VerificationKey.from_pem(content, "the key")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "has 0 PEM blocks", id="empty"),
        pytest.param(b"<html>404 not found</html>", "has 0 PEM blocks", id="an error page"),
        pytest.param(signing_key().pem * 2, "has 2 PEM blocks", id="two keys"),
        pytest.param(signing_key().pem + b"-----BEGIN PUBLIC KEY-----\n", "has 2 PEM blocks", id="one and a half"),
        pytest.param(signing_key().pem.replace(b"PUBLIC KEY", b"CERTIFICATE"), "is a `CERTIFICATE`", id="label"),
        pytest.param(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "can be read", id="not DER"),
        pytest.param(signing_key().pem + b" " * 65536, "larger than 64 KiB", id="large"),
    ],
)
def test_what_is_not_one_public_key_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(TrustRootError, match=reason):
        VerificationKey.from_pem(content, "the key")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ec.generate_private_key(ec.SECP256K1()).public_key(), id="secp256k1"),
        pytest.param(ec.generate_private_key(ec.SECP224R1()).public_key(), id="P-224"),
        pytest.param(ec.generate_private_key(ec.BrainpoolP256R1()).public_key(), id="brainpool"),
        pytest.param(ed448.Ed448PrivateKey.generate().public_key(), id="Ed448"),
        pytest.param(x25519.X25519PrivateKey.generate().public_key(), id="X25519"),
    ],
)
def test_a_key_of_another_kind_is_refused(key: PublicKeyTypes) -> None:
    with pytest.raises(TrustRootError, match="kind that is not accepted"):
        VerificationKey.from_pem(pem(key), "the key")


def rsa_of(bits: int) -> PublicKeyTypes:
    return rsa.RSAPublicNumbers(65537, (1 << bits) - 1).public_key()


@pytest.mark.parametrize("bits", [1024, 2047, 8193])
def test_an_rsa_key_of_a_size_that_is_not_safe_is_refused(bits: int) -> None:
    with pytest.raises(TrustRootError, match=f"RSA key of {bits} bits"):
        VerificationKey.from_public_key(rsa_of(bits), "the key")


@pytest.mark.parametrize("bits", [2048, 8192])
def test_an_rsa_key_of_the_sizes_between_is_accepted(bits: int) -> None:
    assert VerificationKey.from_public_key(rsa_of(bits), "the key").kind is KeyKind.RSA
