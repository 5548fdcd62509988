"""The ways in which cosign signs an image, for rows of the comparison."""

from __future__ import annotations

from collections.abc import Callable

from tests.peers.support.bench import Bench
from tests.peers.support.images import image
from tests.peers.support.workshop import KeyPair

# What cosign needs to be told to write, and to look for, simple signing as a referrer.
AS_REFERRER = "--registry-referrers-mode=oci-1-1"

Signing = Callable[[Bench, str, KeyPair], None]


def simple_signing(bench: Bench, reference: str, key: KeyPair) -> None:
    bench.workshop.sign_legacy(reference, key)


def simple_signing_by_cosign3(bench: Bench, reference: str, key: KeyPair) -> None:
    bench.workshop.sign_legacy(reference, key, by="cosign3")


def bundle(bench: Bench, reference: str, key: KeyPair) -> None:
    bench.workshop.sign_bundle(reference, key)


def bundle_by_cosign2(bench: Bench, reference: str, key: KeyPair) -> None:
    bench.workshop.sign_bundle(reference, key, by="cosign2")


def simple_signing_as_referrer(bench: Bench, reference: str, key: KeyPair) -> None:
    bench.workshop.sign_legacy(reference, key, AS_REFERRER, COSIGN_EXPERIMENTAL="1")


def pushed(bench: Bench) -> str:
    return bench.shelf.push(image(bench.shelf.repository))


def signed(*signings: Signing) -> Callable[[Bench], str]:
    """An image that the trusted key signed, once in each way."""

    def prepare(bench: Bench) -> str:
        reference = pushed(bench)
        for sign in signings:
            sign(bench, reference, bench.key)
        return reference

    return prepare


def attestation(bench: Bench, reference: str, key: KeyPair) -> None:
    bench.workshop.attest(reference, key)


def legacy_attestation(bench: Bench, reference: str, key: KeyPair) -> None:
    bench.workshop.attest(reference, key, by="cosign2")
