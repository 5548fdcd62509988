"""Rows of the comparison: signatures that were moved, changed or made by hand with the right key."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.peers.support import forgery
from tests.peers.support.bench import Bench
from tests.peers.support.comparison import ALL_ALLOW, ALL_DENY, ONLY_WE_DENY, Case, Why
from tests.peers.support.images import OCI_MANIFEST, Content, Image, image


def _another(bench: Bench) -> Image:
    return image(bench.shelf.repository + " another")


def _payload_changed(bench: Bench) -> str:
    whole, other = image(bench.shelf.repository), _another(bench)
    bench.workshop.sign_legacy(bench.shelf.push(whole), bench.key)
    bench.shelf.push(other, "other")
    body, signature = forgery.attached_payload(bench.shelf, whole.digest)
    changed = body.replace(whole.digest.encode(), other.digest.encode())
    assert changed != body
    forgery.attach_payload(bench.shelf, other.digest, changed, signature)
    return f"{bench.shelf.name}@{other.digest}"


def _signature_broken(bench: Bench) -> str:
    whole = image(bench.shelf.repository)
    reference = bench.shelf.push(whole)
    bench.workshop.sign_legacy(reference, bench.key)
    body, signature = forgery.attached_payload(bench.shelf, whole.digest)
    forgery.attach_payload(bench.shelf, whole.digest, body, forgery.broken(signature))
    return reference


def _simple_signing_moved(bench: Bench) -> str:
    whole, other = image(bench.shelf.repository), _another(bench)
    bench.workshop.sign_legacy(bench.shelf.push(whole), bench.key)
    moved = bench.shelf.manifest(forgery.signature_tag(whole.digest))
    bench.shelf.put_manifest(forgery.signature_tag(other.digest), moved)
    return bench.shelf.push(other, "other")


def _bundle_about(*digests: str, kind: str = "https://sigstore.dev/cosign/sign/v1") -> Callable[[Bench], str]:
    """An image with a bundle by the trusted key about `digests`; `self` stands for the image's own."""

    def prepare(bench: Bench) -> str:
        whole = image(bench.shelf.repository)
        reference = bench.shelf.push(whole)
        subjects = [whole.digest if digest == "self" else forgery.stranger_digest(digest) for digest in digests]
        bundle = bench.workshop.sign_statement(forgery.statement(*subjects, predicate_type=kind), bench.key)
        forgery.attach_bundle(bench.shelf, whole.top, bundle, listed=bench.listed)
        return reference

    return prepare


def _bundle_edited(edit: Callable[[dict[str, object]], None]) -> Callable[[Bench], str]:
    """An image with a bundle by the trusted key about it, which was edited afterwards."""

    def prepare(bench: Bench) -> str:
        whole = image(bench.shelf.repository)
        reference = bench.shelf.push(whole)
        bundle = json.loads(bench.workshop.sign_statement(forgery.statement(whole.digest), bench.key))
        edit(bundle)
        forgery.attach_bundle(bench.shelf, whole.top, json.dumps(bundle).encode(), listed=bench.listed)
        return reference

    return prepare


def _break_envelope(bundle: dict[str, object]) -> None:
    envelope = bundle["dsseEnvelope"]
    assert isinstance(envelope, dict)
    signature = envelope["signatures"][0]
    signature["sig"] = forgery.broken(signature["sig"].encode()).decode()


def _forget_hint(bundle: dict[str, object]) -> None:
    material = bundle["verificationMaterial"]
    assert isinstance(material, dict)
    material["publicKey"] = {"hint": "of another key"}


def _manifest_edited(bench: Bench) -> str:
    """The tag leads to an edited manifest; the signature still hangs on the one that was signed."""
    whole = image(bench.shelf.repository)
    bench.workshop.sign_legacy(bench.shelf.push(whole), bench.key)
    edited = json.loads(whole.top.body) | {"annotations": {"edited": "yes"}}
    bench.shelf.put_manifest("1", Content(OCI_MANIFEST, json.dumps(edited).encode()))
    return f"{bench.shelf.name}:1"


def _payload(
    make: Callable[[str, str], bytes], *, media_type: str = forgery.PAYLOAD, wrap: bool = False
) -> Callable[[Bench], str]:
    """An image with a payload that `make` writes from repository and digest, signed by the trusted key."""

    def prepare(bench: Bench) -> str:
        whole = image(bench.shelf.repository)
        reference = bench.shelf.push(whole)
        body = make(bench.shelf.name, whole.digest)
        signature = bench.workshop.sign_bytes(body, bench.key)
        if wrap:
            signature = signature[:40] + b"\n" + signature[40:] + b"\n"
        forgery.attach_payload(bench.shelf, whole.digest, body, signature, media_type=media_type)
        return reference

    return prepare


def _plain(repository: str, digest: str) -> bytes:
    return forgery.payload(digest, repository=repository)


def _of_type(kind: str) -> Callable[[str, str], bytes]:
    return lambda repository, digest: forgery.payload(digest, repository=repository, kind=kind)


def _other_case(repository: str, digest: str) -> bytes:
    return _plain(repository, digest).replace(b"docker-manifest-digest", b"Docker-manifest-digest")


def _twice(repository: str, digest: str) -> bytes:
    other = forgery.stranger_digest("another image")
    entry = f'"docker-manifest-digest": "{digest}"'
    return _plain(repository, digest).replace(entry.encode(), f'"docker-manifest-digest": "{other}", {entry}'.encode())


def _trailing(repository: str, digest: str) -> bytes:
    return _plain(repository, digest) + b" {}"


SIGNATURE: tuple[str, ...] = ("signature",)
SUBJECT: tuple[str, ...] = ("subject",)
REJECTED = "signature-rejected"


def _lax(name: str, prepare: Callable[[Bench], str]) -> Case:
    """A row of payloads that cosign would not write, and takes."""
    return Case(name, prepare, ONLY_WE_DENY, Why.LAX_PAYLOAD, code=REJECTED, steps=SUBJECT)


FORGED_CASES: tuple[Case, ...] = (
    Case("payload changed after signing", _payload_changed, ALL_DENY, code=REJECTED, steps=SIGNATURE),
    Case("signature broken", _signature_broken, ALL_DENY, code=REJECTED, steps=SIGNATURE),
    Case("simple signing of another image", _simple_signing_moved, ALL_DENY, code=REJECTED, steps=SUBJECT),
    Case("bundle of another image", _bundle_about("another"), ALL_DENY, code=REJECTED, steps=SUBJECT),
    Case("bundle about two images, one is this", _bundle_about("another", "self"), ALL_ALLOW),
    Case("bundle broken", _bundle_edited(_break_envelope), ALL_DENY, code=REJECTED, steps=SIGNATURE),
    Case("bundle with a hint at another key", _bundle_edited(_forget_hint), ALL_ALLOW),
    Case(
        "statement of another type in a bundle",
        _bundle_about("self", kind="https://example.com/review/v1"),
        ONLY_WE_DENY,
        Why.ATTESTATION,
        code="attestation-no-signature",
    ),
    Case("manifest edited after signing", _manifest_edited, ALL_DENY, code="no-signatures"),
    Case("payload made by hand, as cosign writes it", _payload(_plain), ALL_ALLOW),
    Case("signature with line breaks", _payload(_plain, wrap=True), ALL_ALLOW),
    _lax("payload of another type", _payload(_of_type("something else"))),
    _lax("payload of empty type", _payload(_of_type(""))),
    _lax("payload with `Docker-manifest-digest`", _payload(_other_case)),
    _lax("payload with the digest named twice", _payload(_twice)),
    Case("payload with something after it", _payload(_trailing), ALL_DENY, code=REJECTED, steps=SUBJECT),
    Case(
        "payload under another media type",
        _payload(_plain, media_type="application/json"),
        ONLY_WE_DENY,
        Why.LAX_PAYLOAD,
        code="no-signatures",
    ),
)
