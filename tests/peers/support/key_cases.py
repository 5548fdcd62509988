"""Rows of the comparison: every kind of key, in both formats."""

from __future__ import annotations

from collections.abc import Callable

from tests.peers.support.bench import Bench
from tests.peers.support.comparison import ALL_ALLOW, ONLY_WE_ALLOW, Case, Why
from tests.peers.support.signing import Signing, bundle, pushed, simple_signing
from tests.peers.support.workshop import KeyPair

# With which hash cosign signs by such a key, and whether its `verify` can be told so.
KINDS = {
    "p256": ("P-256", "sha256", True),
    "rsa2048": ("RSA-2048", "sha256", True),
    "rsa3072": ("RSA-3072", "sha256", True),
    "rsa4096": ("RSA-4096", "sha256", True),
    "p384": ("P-384", "sha384", True),
    "p521": ("P-521", "sha512", True),
    "ed25519": ("Ed25519", "sha512", False),
}


def _signed_with(kind: str, sign: Signing) -> Callable[[Bench], str]:
    def prepare(bench: Bench) -> str:
        reference = pushed(bench)
        sign(bench, reference, bench.workshop.key(kind, kind))
        return reference

    return prepare


def _keys(kind: str) -> Callable[[Bench], tuple[KeyPair, ...]]:
    return lambda bench: (bench.workshop.key(kind, kind),)


def _row(kind: str, word: str, sign: Signing, *, told: bool) -> Case:
    """One kind in one format; `told` if cosign is told the hash."""
    name, algorithm, tellable = KINDS[kind]
    accepted = algorithm == "sha256" or (told and tellable)
    return Case(
        f"{word} by {name}" + (f", cosign with `--signature-digest-algorithm {algorithm}`" if told else ""),
        _signed_with(kind, sign),
        ALL_ALLOW if accepted else ONLY_WE_ALLOW,
        None if accepted else Why.KEY_HASH,
        keys=_keys(kind),
        cosign_options=("--signature-digest-algorithm", algorithm) if told else (),
    )


def _rows() -> tuple[Case, ...]:
    formats = (("simple signing", simple_signing), ("bundle", bundle))
    plain = [_row(kind, word, sign, told=False) for kind in KINDS for word, sign in formats]
    told = [_row(k, word, sign, told=True) for k in ("p384", "p521", "ed25519") for word, sign in formats]
    return (*plain, *told)


KEY_CASES: tuple[Case, ...] = _rows()
