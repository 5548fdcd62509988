"""Rows of the comparison: images as cosign leaves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from tests.peers.support.bench import Bench
from tests.peers.support.comparison import (
    ALL_ALLOW,
    ALL_DENY,
    ONLY_COSIGN_2_ACCEPTS,
    ONLY_WE_ALLOW,
    ONLY_WE_DENY,
    Case,
    Why,
)
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
from tests.peers.support.workshop import KeyPair


def _two(first: Signing, second: Signing) -> Callable[[Bench], str]:
    def prepare(bench: Bench) -> str:
        reference = pushed(bench)
        first(bench, reference, bench.second_key)
        second(bench, reference, bench.key)
        return reference

    return prepare


def _stranger(ours: Signing | None, strangers: Signing) -> Callable[[Bench], str]:
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


def _both(bench: Bench) -> tuple[KeyPair, ...]:
    return (bench.key, bench.second_key)


PROD = (("env", "prod"),)
BAD = ("signature",)
NO_SIGNATURE = "attestation-no-signature"


class _Denied(TypedDict, total=False):
    code: str
    steps: tuple[str, ...]
    annotations: tuple[tuple[str, str], ...]


NOT_BY_US: _Denied = {"code": "signature-rejected", "steps": BAD}
NOT_IN_DEV: _Denied = {"code": "annotation-mismatch", "annotations": (("env", "dev"),)}

SIGNED_CASES: tuple[Case, ...] = (
    Case("nothing attached", pushed, ALL_DENY, code="no-signatures"),
    Case("simple signing by cosign 2", signed(simple_signing), ALL_ALLOW),
    Case("simple signing by cosign 3", signed(simple_signing_by_cosign3), ALL_ALLOW),
    Case("bundle by cosign 3", signed(bundle), ALL_ALLOW),
    Case("bundle by cosign 2", signed(bundle_by_cosign2), ALL_ALLOW),
    Case("simple signing and bundle by one key", signed(simple_signing, bundle), ALL_ALLOW),
    Case("simple signing as a referrer", signed(simple_signing_as_referrer), ONLY_WE_ALLOW, Why.REFERRER),
    Case(
        "simple signing as a referrer, cosign with `--experimental-oci11`",
        signed(simple_signing_as_referrer),
        ALL_ALLOW,
        cosign_options=("--experimental-oci11",),
    ),
    Case("simple signing by another key", _stranger(None, simple_signing), ALL_DENY, **NOT_BY_US),
    Case("bundle by another key", _stranger(None, bundle), ALL_DENY, **NOT_BY_US),
    Case("simple signing by two keys, one is trusted", _two(simple_signing, simple_signing), ALL_ALLOW, steps=BAD),
    Case("bundles by two keys, one is trusted", _two(bundle, bundle), ALL_ALLOW, steps=BAD),
    Case("simple signing by two keys, both are asked for", _two(simple_signing, simple_signing), ALL_ALLOW, keys=_both),
    Case("bundles by two keys, both are asked for", _two(bundle, bundle), ALL_ALLOW, keys=_both),
    Case(
        "one key in each format, both are asked for",
        _two(simple_signing, bundle),
        ONLY_WE_ALLOW,
        Why.BUNDLES_ALONE,
        keys=_both,
    ),
    Case("one key twice, two are asked for", signed(bundle, bundle), ALL_DENY, code="signatures-short", keys=_both),
    Case(
        "our simple signing, a stranger's bundle",
        _stranger(simple_signing, bundle),
        ONLY_WE_ALLOW,
        Why.BUNDLES_ALONE,
        steps=BAD,
    ),
    Case(
        "our simple signing, a stranger's attestation",
        _stranger(simple_signing, attestation),
        ONLY_WE_ALLOW,
        Why.BUNDLES_ALONE,
        steps=BAD,
    ),
    Case("our bundle, a stranger's simple signing", _stranger(bundle, simple_signing), ALL_ALLOW, steps=BAD),
    Case("our bundle, a stranger's attestation", _stranger(bundle, attestation), ALL_ALLOW, steps=BAD),
    Case("our attestation alone, as a bundle", signed(attestation), ONLY_WE_DENY, Why.ATTESTATION, code=NO_SIGNATURE),
    Case("our attestation alone, as `.att`", signed(legacy_attestation), ALL_DENY, code=NO_SIGNATURE),
    Case("our simple signing and our attestation", signed(simple_signing, attestation), ALL_ALLOW),
    Case("annotation in simple signing, asked for", _annotated("sign_legacy"), ALL_ALLOW, annotations=PROD),
    Case("annotation in simple signing, another value", _annotated("sign_legacy"), ALL_DENY, **NOT_IN_DEV),
    Case("annotation in a bundle, asked for", _annotated("sign_bundle"), ALL_ALLOW, annotations=PROD),
    Case(
        "annotation in a bundle, another value",
        _annotated("sign_bundle"),
        ONLY_COSIGN_2_ACCEPTS,
        Why.ANNOTATIONS,
        **NOT_IN_DEV,
    ),
    Case("annotation asked for, simple signing has none", signed(simple_signing), ALL_DENY, **NOT_IN_DEV),
    Case(
        "annotation asked for, a bundle has none", signed(bundle), ONLY_COSIGN_2_ACCEPTS, Why.ANNOTATIONS, **NOT_IN_DEV
    ),
)
