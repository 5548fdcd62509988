"""Policies as text, with real keys beside them in place of files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from trust.key import VerificationKey
from trust.policy import Policy
from trust.policy_file import PolicyFile, read_policy

FILE = "imgtrust.yaml"
DIGEST_A = "sha256:" + "a" * 64
DIGEST_B = "sha256:" + "b" * 64


@cache
def pem(name: str) -> bytes:
    """The public key that `name` stands for in this run: a P-256 key, unless the name starts with another kind."""
    private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
    if name.startswith("ed25519"):
        private = ed25519.Ed25519PrivateKey.generate()
    elif name.startswith("rsa"):
        private = rsa.generate_private_key(65537, 2048)
    else:
        private = ec.generate_private_key(ec.SECP256R1())
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@cache
def key(name: str) -> VerificationKey:
    """The same key as a value."""
    return VerificationKey.from_pem(pem(name), name)


def read_key_file(path: str) -> bytes:
    """The key file `path`: `NAME.pub` holds the key `NAME`, and no other file exists."""
    if not path.endswith(".pub"):
        raise FileNotFoundError(2, "No such file or directory", path)
    return pem(path.removesuffix(".pub"))


def read(text: str | bytes, environment: Mapping[str, str] | None = None) -> PolicyFile:
    """The policy in `text` with its lints."""
    content = text.encode() if isinstance(text, str) else text
    return read_policy(content, FILE, read_file=read_key_file, environment=environment or {})


def policy(text: str) -> Policy:
    """The policy in `text`."""
    return read(text).policy


def with_rule(rule: str) -> str:
    """A policy with the keys `a`, `b` and `c`, and one rule about `ghcr.io/acme/**` that has `rule` in it."""
    lines = "\n".join(f"    {line}" for line in rule.strip().splitlines())
    return (
        "version: 1\nkeys:\n  a: {file: a.pub}\n  b: {file: b.pub}\n  c: {file: c.pub}\n"
        f"rules:\n  - images: [ghcr.io/acme/**]\n{lines}\n"
    )
