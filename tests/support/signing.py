"""Signs as cosign does, with real keys; every part is a value that a test can break."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl import bindings

from trust.digest import Digest
from trust.key import HashName, VerificationKey

SIGNATURE = "dev.cosignproject.cosign/signature"
CERTIFICATE = "dev.sigstore.cosign/certificate"
CHAIN = "dev.sigstore.cosign/chain"
LOG_ENTRY = "dev.sigstore.cosign/bundle"
TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp"

SIGN_V1 = "https://sigstore.dev/cosign/sign/v1"
PROVENANCE_V1 = "https://slsa.dev/provenance/v1"
STATEMENT_V01 = "https://in-toto.io/Statement/v0.1"
STATEMENT_V1 = "https://in-toto.io/Statement/v1"
IN_TOTO = "application/vnd.in-toto+json"

BUNDLE_V01 = "application/vnd.dev.sigstore.bundle+json;version=0.1"
BUNDLE_V02 = "application/vnd.dev.sigstore.bundle+json;version=0.2"
BUNDLE_V03_OLD = "application/vnd.dev.sigstore.bundle+json;version=0.3"
BUNDLE_V03 = "application/vnd.dev.sigstore.bundle.v0.3+json"

Scheme = Literal["ecdsa", "pkcs1v15", "pss", "pure", "prehashed"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_PROTO_HASHES = {"sha256": "SHA2_256", "sha384": "SHA2_384", "sha512": "SHA2_512"}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and how it signs.

    Attributes:
        hash_name: that the message is hashed with.

    """

    private: PrivateKey
    hash_name: HashName
    scheme: Scheme

    def sign(self, message: bytes) -> bytes:
        hashed = _HASHES[self.hash_name]
        match self.private:
            case ec.EllipticCurvePrivateKey():
                return self.private.sign(message, ec.ECDSA(hashed))
            case rsa.RSAPrivateKey():
                pss = padding.PSS(padding.MGF1(hashed), padding.PSS.DIGEST_LENGTH)
                return self.private.sign(message, pss if self.scheme == "pss" else padding.PKCS1v15(), hashed)
            case ed25519.Ed25519PrivateKey():
                return self.private.sign(message) if self.scheme == "pure" else _ed25519ph(self.private, message)

    @property
    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def der(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def trusted(self) -> VerificationKey:
        """The public half, as a policy has it."""
        own = None if isinstance(self.private, ed25519.Ed25519PrivateKey) else self.hash_name
        return VerificationKey.from_pem(self.pem, "the test's key", hash_name=own)


def _ed25519ph(private: ed25519.Ed25519PrivateKey, message: bytes) -> bytes:
    state = bindings.crypto_sign_ed25519ph_state()
    bindings.crypto_sign_ed25519ph_update(state, message)
    secret = private.private_bytes_raw() + private.public_key().public_bytes_raw()
    return bindings.crypto_sign_ed25519ph_final_create(state, secret)


_MAKERS: Mapping[str, Callable[[], SigningKey]] = {
    "P-256": lambda: SigningKey(ec.generate_private_key(ec.SECP256R1()), "sha256", "ecdsa"),
    "P-384": lambda: SigningKey(ec.generate_private_key(ec.SECP384R1()), "sha384", "ecdsa"),
    "P-521": lambda: SigningKey(ec.generate_private_key(ec.SECP521R1()), "sha512", "ecdsa"),
    "RSA PKCS#1 v1.5": lambda: SigningKey(rsa.generate_private_key(65537, 2048), "sha256", "pkcs1v15"),
    "RSA PSS": lambda: SigningKey(rsa.generate_private_key(65537, 2048), "sha256", "pss"),
    "Ed25519": lambda: SigningKey(ed25519.Ed25519PrivateKey.generate(), "sha512", "pure"),
    "Ed25519ph": lambda: SigningKey(ed25519.Ed25519PrivateKey.generate(), "sha512", "prehashed"),
}
KINDS = tuple(_MAKERS)


@functools.cache
def signing_key(name: str = "release", kind: str = "P-256") -> SigningKey:
    """The key of that name: made once in a process, since making one is slow."""
    assert name
    return _MAKERS[kind]()


def encoded(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def payload(
    digest: Digest, repository: str = "registry.test/app", annotations: Mapping[str, object] | None = None
) -> bytes:
    """What cosign signs about an image in simple signing."""
    critical = {
        "identity": {"docker-reference": repository},
        "image": {"docker-manifest-digest": str(digest)},
        "type": "cosign container image signature",
    }
    return encoded({"critical": critical, "optional": annotations})


def signed_layer(key: SigningKey, content: bytes, *, logged: bool = False) -> dict[str, str]:
    """The annotations that cosign writes beside the payload `content`."""
    signature = key.sign(content)
    found = {SIGNATURE: b64(signature)}
    if logged:
        found[LOG_ENTRY] = log_annotation(hashedrekord(key, content, signature))
    return found


def statement(
    *digests: Digest,
    predicate_type: str = SIGN_V1,
    annotations: Mapping[str, object] | None = None,
    **fields: object,
) -> bytes:
    """A statement about `digests`; `fields` add to it, replace its fields, or take them away where they are None."""
    beside = {} if annotations is None else {"annotations": annotations}
    subjects = [{"digest": {digest.algorithm: digest.hex}, **beside} for digest in digests]
    document = {"_type": STATEMENT_V1, "subject": subjects, "predicateType": predicate_type, "predicate": {}}
    return encoded({name: value for name, value in (document | fields).items() if value is not None})


def pae(content: bytes, payload_type: str = IN_TOTO) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(content), content)


def envelope(content: bytes, *keys: SigningKey, payload_type: str = IN_TOTO) -> dict[str, Any]:
    """A DSSE envelope that each of `keys` signed."""
    signatures = [{"sig": b64(key.sign(pae(content, payload_type)))} for key in keys]
    return {"payload": b64(content), "payloadType": payload_type, "signatures": signatures}


def bundle(
    content: Mapping[str, Any],
    *,
    media_type: str = BUNDLE_V03,
    hint: str = "",
    log_entries: Sequence[Mapping[str, Any]] = (),
    timestamps: Sequence[bytes] = (),
) -> dict[str, Any]:
    """A bundle that a key signed, around an envelope or a message signature."""
    name = "dsseEnvelope" if "payload" in content else "messageSignature"
    material: dict[str, Any] = {"publicKey": {"hint": hint}, "tlogEntries": list(log_entries)}
    if timestamps:
        stamps = [{"signedTimestamp": b64(one)} for one in timestamps]
        material["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
    return {"mediaType": media_type, "verificationMaterial": material, name: dict(content)}


def message_signature(key: SigningKey, artifact: bytes) -> dict[str, Any]:
    """A signature over `artifact` itself, as `cosign sign-blob` makes it."""
    digest = hashlib.new(key.hash_name, artifact).digest()
    said = {"algorithm": _PROTO_HASHES[key.hash_name], "digest": b64(digest)}
    return {"messageDigest": said, "signature": b64(key.sign(artifact))}


def hashedrekord(key: SigningKey, message: bytes, signature: bytes, *, kind: str = "hashedrekord") -> dict[str, Any]:
    """The body of an entry of Rekor v1 about a signature."""
    spec: dict[str, Any] = {
        "data": {"hash": {"algorithm": "sha256", "value": hashlib.sha256(message).hexdigest()}},
        "signature": {"content": b64(signature), "publicKey": {"content": b64(key.pem)}},
    }
    if kind == "rekord":
        spec["signature"]["format"] = "x509"
    return {"apiVersion": "0.0.1", "kind": kind, "spec": spec}


def hashedrekord_2(key: SigningKey, message: bytes, signature: bytes) -> dict[str, Any]:
    """The body of an entry of Rekor v2 about a signature."""
    record = {
        "data": {"algorithm": "SHA2_256", "digest": b64(hashlib.sha256(message).digest())},
        "signature": {"content": b64(signature), "verifier": {"publicKey": {"rawBytes": b64(key.der)}}},
    }
    return {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": record}}


def dsse(key: SigningKey, signed: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an entry of Rekor v1 about an envelope."""
    signatures = [{"signature": one["sig"], "verifier": b64(key.pem)} for one in signed["signatures"]]
    spec = {"payloadHash": _payload_hash(signed), "envelopeHash": _sha256(encoded(signed)), "signatures": signatures}
    return {"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}


def dsse_2(key: SigningKey, signed: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an entry of Rekor v2 about an envelope."""
    hashed = {"algorithm": "SHA2_256", "digest": b64(hashlib.sha256(base64.b64decode(signed["payload"])).digest())}
    signatures = [
        {"content": one["sig"], "verifier": {"publicKey": {"rawBytes": b64(key.der)}}} for one in signed["signatures"]
    ]
    return {
        "apiVersion": "0.0.2",
        "kind": "dsse",
        "spec": {"dsseV002": {"payloadHash": hashed, "signatures": signatures}},
    }


def intoto(key: SigningKey, signed: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the oldest kind of entry about an envelope, which keeps hashes alone."""
    content = {"hash": _sha256(encoded(signed)), "payloadHash": _payload_hash(signed)}
    return {"apiVersion": "0.0.1", "kind": "intoto", "spec": {"content": content, "publicKey": b64(key.pem)}}


def intoto_2(key: SigningKey, signed: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an entry about an envelope, with signatures that are encoded twice."""
    signatures = [{"sig": b64(one["sig"].encode()), "publicKey": b64(key.pem)} for one in signed["signatures"]]
    content = {"envelope": {"signatures": signatures}, "payloadHash": _payload_hash(signed)}
    return {"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": content}}


def log_entry(body: Mapping[str, Any], /, *, index: int = 7, **fields: object) -> dict[str, Any]:
    """An entry as a bundle carries it; neither its promise nor its proof was made by a log."""
    entry = {
        "logIndex": str(index),
        "logId": {"keyId": b64(bytes(32))},
        "kindVersion": {"kind": body["kind"], "version": body["apiVersion"]},
        "integratedTime": "1700000000",
        "inclusionPromise": {"signedEntryTimestamp": b64(b"no promise")},
        "inclusionProof": {"logIndex": "7", "rootHash": b64(bytes(32)), "treeSize": "8", "hashes": []},
        "canonicalizedBody": b64(encoded(body)),
    }
    return {name: value for name, value in (entry | fields).items() if value is not None}


def log_annotation(body: Mapping[str, Any], /, **fields: object) -> str:
    """An entry as cosign's annotation carries it, with a promise that no log made."""
    about = {"body": b64(encoded(body)), "integratedTime": 1700000000, "logIndex": 7, "logID": "00" * 32}
    return encoded({"SignedEntryTimestamp": b64(b"no promise"), "Payload": about | fields}).decode()


def _payload_hash(signed: Mapping[str, Any]) -> dict[str, str]:
    return _sha256(base64.b64decode(signed["payload"]))


def _sha256(content: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(content).hexdigest()}
