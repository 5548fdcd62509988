"""Rows of the comparison: images as cosign leaves them."""

from __future__ import annotations

from collections.abc import Callable

from tests.peers.support.bench import Bench
from tests.peers.support.comparison import Case, Why
from tests.peers.support.images import children, index
from tests.peers.support.signing import (
    Signing,
    attestation,
    bundle,
    bundle_by_cosign2,
    legacy_attestation,
    pushed,
    signed,
    simple_signing,
    simple_signing_as_referrer,
    simple_signing_by_cosign3,
)
from tests.peers.support.workshop import KEY_KINDS, KeyPair


def _signed_by_two(first: Signing, second: Signing) -> Callable[[Bench], str]:
    def prepare(bench: Bench) -> str:
        reference = pushed(bench)
        first(bench, reference, bench.second_key)
        second(bench, reference, bench.key)
        return reference

    return prepare


def _beside_stranger(ours: Signing | None, strangers: Signing) -> Callable[[Bench], str]:
    """An image with our signature, if any, and then a stranger's."""

    def prepare(bench: Bench) -> str:
        reference = pushed(bench)
        if ours:
            ours(bench, reference, bench.key)
        strangers(bench, reference, bench.stranger)
        return reference

    return prepare


def _annotated(sign: str) -> Callable[[Bench], str]:
    def prepare(bench: Bench) -> str:
        reference = pushed(bench)
        getattr(bench.workshop, sign)(reference, bench.key, "-a", "env=prod", "-a", "team=web")
        return reference

    return prepare


def _index(sign: str, *, recursive: bool, ask_child: bool) -> Callable[[Bench], str]:
    def prepare(bench: Bench) -> str:
        whole = index(bench.shelf.repository)
        reference = bench.shelf.push(whole)
        getattr(bench.workshop, sign)(reference, bench.key, *(["-r"] if recursive else []))
        return f"{bench.shelf.name}@{children(whole)[1]}" if ask_child else reference

    return prepare


def _children_signed(how_many: int) -> Callable[[Bench], str]:
    def prepare(bench: Bench) -> str:
        whole = index(bench.shelf.repository)
        reference = bench.shelf.push(whole)
        for child in children(whole)[:how_many]:
            bench.workshop.sign_bundle(f"{bench.shelf.name}@{child}", bench.key)
        return reference

    return prepare


def _with_key_of(kind: str, sign: Signing) -> Callable[[Bench], str]:
    def prepare(bench: Bench) -> str:
        reference = pushed(bench)
        sign(bench, reference, bench.workshop.key(kind, kind))
        return reference

    return prepare


def _key_rows() -> tuple[Case, ...]:
    """Each kind of key in both formats. cosign verifies only what was hashed with SHA-256."""
    rows = []
    for kind in KEY_KINDS:
        plain = kind.startswith("rsa") or kind == "p256"
        for word, sign in (("simple signing", simple_signing), ("bundle", bundle)):
            rows.append(
                Case(
                    f"{word} by a {kind} key",
                    _with_key_of(kind, sign),
                    "allow",
                    cosign2=plain,
                    cosign3=plain,
                    why=None if plain else Why.KEY_HASH,
                    keys=lambda bench, kind=kind: (bench.workshop.key(kind, kind),),  # type: ignore[misc]
                )
            )
    return tuple(rows)


def _both_keys(bench: Bench) -> tuple[KeyPair, ...]:
    return (bench.key, bench.second_key)


PROD = (("env", "prod"),)
DEV = (("env", "dev"),)

SIGNED_CASES: tuple[Case, ...] = (
    Case("nothing attached", pushed, "deny", False, False),
    Case("simple signing by cosign 2", signed(simple_signing), "allow", True, True),
    Case("simple signing by cosign 3", signed(simple_signing_by_cosign3), "allow", True, True),
    Case("bundle by cosign 3", signed(bundle), "allow", True, True),
    Case("bundle by cosign 2", signed(bundle_by_cosign2), "allow", True, True),
    Case("simple signing and bundle by one key", signed(simple_signing, bundle), "allow", True, True),
    Case("simple signing as a referrer", signed(simple_signing_as_referrer), "allow", False, False, Why.REFERRER),
    Case(
        "simple signing by another key",
        _beside_stranger(None, simple_signing),
        "deny",
        False,
        False,
        steps=("signature",),
    ),
    Case("bundle by another key", _beside_stranger(None, bundle), "deny", False, False, steps=("signature",)),
    Case(
        "simple signing by two keys, one is trusted",
        _signed_by_two(simple_signing, simple_signing),
        "allow",
        True,
        True,
        steps=("signature",),
    ),
    Case(
        "bundles by two keys, one is trusted",
        _signed_by_two(bundle, bundle),
        "allow",
        True,
        True,
        steps=("signature",),
    ),
    Case(
        "simple signing by both of two keys",
        _signed_by_two(simple_signing, simple_signing),
        "allow",
        True,
        True,
        keys=_both_keys,
    ),
    Case("bundles by both of two keys", _signed_by_two(bundle, bundle), "allow", True, True, keys=_both_keys),
    Case(
        "one key in each format, both are asked for",
        _signed_by_two(simple_signing, bundle),
        "allow",
        False,
        False,
        Why.BUNDLES_ALONE,
        keys=_both_keys,
    ),
    Case("one key twice, both of two are asked for", signed(bundle, bundle), "deny", False, False, keys=_both_keys),
    Case(
        "our simple signing, a stranger's bundle",
        _beside_stranger(simple_signing, bundle),
        "allow",
        False,
        False,
        Why.BUNDLES_ALONE,
        steps=("signature",),
    ),
    Case(
        "our simple signing, a stranger's attestation",
        _beside_stranger(simple_signing, attestation),
        "allow",
        False,
        False,
        Why.BUNDLES_ALONE,
        steps=("signature",),
    ),
    Case(
        "our bundle, a stranger's simple signing",
        _beside_stranger(bundle, simple_signing),
        "allow",
        True,
        True,
        steps=("signature",),
    ),
    Case("our attestation as a bundle, no signature", signed(attestation), "deny", True, True, Why.ATTESTATION),
    Case("our attestation as `.att`, no signature", signed(legacy_attestation), "deny", False, False),
    Case("our simple signing and our attestation", signed(simple_signing, attestation), "allow", True, True),
    Case("annotation in simple signing, asked for", _annotated("sign_legacy"), "allow", True, True, annotations=PROD),
    Case(
        "annotation in simple signing, another value", _annotated("sign_legacy"), "deny", False, False, annotations=DEV
    ),
    Case("annotation in a bundle, asked for", _annotated("sign_bundle"), "allow", True, True, annotations=PROD),
    Case(
        "annotation in a bundle, another value",
        _annotated("sign_bundle"),
        "deny",
        True,
        False,
        Why.ANNOTATIONS,
        annotations=DEV,
    ),
    Case(
        "annotation asked for, simple signing has none", signed(simple_signing), "deny", False, False, annotations=PROD
    ),
    Case(
        "annotation asked for, a bundle has none",
        signed(bundle),
        "deny",
        True,
        False,
        Why.ANNOTATIONS,
        annotations=PROD,
    ),
    Case(
        "index in simple signing, recursively",
        _index("sign_legacy", recursive=True, ask_child=False),
        "allow",
        True,
        True,
    ),
    Case(
        "platform of a recursively signed index",
        _index("sign_legacy", recursive=True, ask_child=True),
        "allow",
        True,
        True,
    ),
    Case("index in bundles, recursively", _index("sign_bundle", recursive=True, ask_child=False), "allow", True, True),
    Case(
        "platform of an index in bundles, recursively",
        _index("sign_bundle", recursive=True, ask_child=True),
        "allow",
        True,
        True,
    ),
    Case(
        "index alone, in simple signing", _index("sign_legacy", recursive=False, ask_child=False), "allow", True, True
    ),
    Case(
        "platform of an index that alone is signed",
        _index("sign_legacy", recursive=False, ask_child=True),
        "deny",
        False,
        False,
    ),
    Case("index alone, in a bundle", _index("sign_bundle", recursive=False, ask_child=False), "allow", True, True),
    Case(
        "platform of an index that alone has a bundle",
        _index("sign_bundle", recursive=False, ask_child=True),
        "deny",
        False,
        False,
    ),
    Case("index whose every platform is signed", _children_signed(2), "allow", False, False, Why.CHILDREN),
    Case("index of which one platform is signed", _children_signed(1), "deny", False, False),
    Case(
        "the payload must name its repository, and does",
        signed(simple_signing),
        "allow",
        True,
        True,
        repository_signed=True,
    ),
    *_key_rows(),
)
