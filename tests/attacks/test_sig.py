"""Signatures that must not count: payloads, annotations, bundles and keys that an attacker chose."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from tests.support.judging import DIGEST, IMAGE, OTHER, judged_bundle, judged_layer, rejected, signed
from tests.support.signing import (
    BUNDLE_V03,
    CERTIFICATE,
    CHAIN,
    SIGNATURE,
    b64,
    bundle,
    encoded,
    envelope,
    hashedrekord,
    log_annotation,
    message_signature,
    payload,
    signed_layer,
    signing_key,
    statement,
)
from trust.digest import Digest
from trust.key import VerificationKey
from verifier.signatures.algorithms import Message, verifies

KEY = signing_key()
STRANGER = signing_key("stranger")
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def good() -> bytes:
    return payload(DIGEST)


def changed(**critical: object) -> bytes:
    """The good payload with other fields in `critical`, or without those that are None."""
    document = json.loads(good())
    document["critical"] = {name: value for name, value in (document["critical"] | critical).items() if value}
    return encoded(document)


def test_sig_01_a_payload_about_this_digest_counts() -> None:
    assert signed(judged_layer(good(), signed_layer(KEY, good()))).covers == DIGEST


def test_sig_01_a_payload_about_another_digest_does_not_count() -> None:
    moved = payload(OTHER)

    assert str(OTHER) in rejected(judged_layer(moved, signed_layer(KEY, moved)), "subject")


def test_sig_01_the_sha512_digest_of_the_same_image_is_another_digest() -> None:
    moved = payload(Digest.parse("sha512:" + "0" * 128))

    rejected(judged_layer(moved, signed_layer(KEY, moved)), "subject")


def test_sig_02_the_repository_that_was_signed_is_kept_for_the_policy() -> None:
    copied = payload(DIGEST, "registry.test/dev/app")

    assert signed(judged_layer(copied, signed_layer(KEY, copied))).repository == "registry.test/dev/app"


def duplicate(name: str, again: str) -> bytes:
    return good().replace(b'"' + name.encode() + b'":', f'"{name}":{again},"{name}":'.encode(), 1)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(changed(type="atomic container signature"), id="another type"),
        pytest.param(changed(type="Cosign container image signature"), id="type in another case"),
        pytest.param(changed(type=None), id="no type"),
        pytest.param(changed(image=None), id="no image"),
        pytest.param(changed(identity=None), id="no identity"),
        pytest.param(changed(image={"Docker-manifest-digest": str(DIGEST)}), id="digest in another case"),
        pytest.param(changed(image={"docker-manifest-digest": str(DIGEST), "x": 1}), id="field in image"),
        pytest.param(changed(image={"docker-manifest-digest": DIGEST.hex}), id="digest without algorithm"),
        pytest.param(changed(image={"docker-manifest-digest": str(DIGEST).upper()}), id="digest in capitals"),
        pytest.param(changed(image=[str(DIGEST)]), id="image is a list"),
        pytest.param(changed(identity={"docker-reference": 1}), id="reference is a number"),
        pytest.param(changed(identity={"docker-reference": "a", "x": 1}), id="field in identity"),
        pytest.param(changed(expires="2030"), id="unknown field in critical"),
        pytest.param(duplicate("critical", "{}"), id="critical twice"),
        pytest.param(duplicate("image", "{}"), id="image twice"),
        pytest.param(duplicate("docker-manifest-digest", f'"{OTHER}"'), id="digest twice"),
        pytest.param(good()[:-1] + b',"more":1}', id="unknown field beside critical"),
        pytest.param(good().replace(b'"optional":null', b'"optional":[]'), id="optional is a list"),
        pytest.param(b"\xef\xbb\xbf" + good(), id="byte order mark"),
        pytest.param(good().decode().encode("utf-16"), id="UTF-16"),
        pytest.param(good() + b"{}", id="two documents"),
        pytest.param(b"[" * 5_000, id="nested"),
        pytest.param(b"not JSON", id="no JSON"),
        pytest.param(b"", id="empty"),
        pytest.param(b'{"critical":null,"optional":null}', id="critical is null"),
    ],
)
def test_sig_03_a_payload_that_is_not_exactly_what_cosign_signs_is_rejected(content: bytes) -> None:
    rejected(judged_layer(content, signed_layer(KEY, content)), "subject")


@pytest.mark.parametrize(
    ("optional", "annotations"),
    [
        pytest.param(None, {}, id="null"),
        pytest.param({}, {}, id="none"),
        pytest.param({"env": "prod", "team": "a"}, {"env": "prod", "team": "a"}, id="text"),
        pytest.param({"approved": True, "n": 1, "x": None, "env": "prod"}, {"env": "prod"}, id="other values"),
    ],
)
def test_sig_03_annotations_are_the_signed_ones_whose_value_is_text(
    optional: Mapping[str, object] | None, annotations: Mapping[str, str]
) -> None:
    content = payload(DIGEST, annotations=optional)

    assert signed(judged_layer(content, signed_layer(KEY, content))).annotations == annotations


def test_sig_03_a_payload_without_optional_is_accepted() -> None:
    content = good().replace(b',"optional":null', b"")

    assert signed(judged_layer(content, signed_layer(KEY, content))).annotations == {}


def test_sig_04_each_signature_carries_its_own_annotations() -> None:
    plain, marked = good(), payload(DIGEST, annotations={"env": "prod"})

    trusted = signed(judged_layer(plain, signed_layer(KEY, plain)))
    stranger = judged_layer(marked, signed_layer(STRANGER, marked))

    assert trusted.annotations == {}
    rejected(stranger, "signature")


def test_sig_05_a_signature_has_the_one_signer_who_made_it() -> None:
    content, keys = good(), [signing_key("second"), KEY]

    outcome = signed(judged_layer(content, signed_layer(KEY, content), keys=keys))

    assert outcome.signer.principal == f"key:{KEY.trusted.fingerprint}"


def test_sig_06_the_twin_of_an_ecdsa_signature_has_the_same_principal() -> None:
    content = good()
    signature = KEY.sign(content)
    r, s = decode_dss_signature(signature)
    twin = encode_dss_signature(r, P256_ORDER - s)

    outcomes = [signed(judged_layer(content, {SIGNATURE: b64(one)})) for one in (signature, twin, signature)]

    assert len({one.signer.principal for one in outcomes}) == 1


def test_sig_07_a_signature_over_another_payload_does_not_count() -> None:
    signature = signed_layer(KEY, payload(OTHER))

    assert rejected(judged_layer(good(), signature), "signature") == "none of 1 keys made it"


def test_sig_07_a_bundle_of_another_image_does_not_count() -> None:
    moved = bundle(envelope(statement(OTHER), KEY))

    rejected(judged_bundle(moved), "subject")
    assert signed(judged_bundle(moved, digest=OTHER, artifact=None)).covers == OTHER


def message_bundle(**fields: object) -> dict[str, Any]:
    content = message_signature(KEY, IMAGE)
    return bundle({name: value for name, value in (content | fields).items() if value is not None})


def test_sig_08_a_signature_over_the_manifest_itself_counts() -> None:
    assert signed(judged_bundle(message_bundle())).covers == DIGEST


@pytest.mark.parametrize("said", [None, {}, {"algorithm": None}])
def test_sig_08_without_a_message_digest_it_counts_too(said: object) -> None:
    assert signed(judged_bundle(message_bundle(messageDigest=said))).covers == DIGEST


@pytest.mark.parametrize("said", [{"digest": b64(bytes(32))}, {"algorithm": "SHA2_256"}, [], "x"])
def test_sig_08_half_a_message_digest_is_rejected(said: object) -> None:
    rejected(judged_bundle(message_bundle(messageDigest=said)), "material")


def test_sig_08_a_message_digest_of_another_manifest_is_rejected() -> None:
    said = {"algorithm": "SHA2_256", "digest": b64(bytes.fromhex(OTHER.hex))}

    assert "another message" in rejected(judged_bundle(message_bundle(messageDigest=said)), "signature")


def test_sig_08_a_signature_over_the_digest_it_says_is_not_one_over_the_manifest() -> None:
    said = message_signature(KEY, b"another image")

    rejected(judged_bundle(bundle(said)), "signature")
    rejected(judged_bundle(bundle(said | {"messageDigest": None})), "signature")


@pytest.mark.parametrize("algorithm", ["SHA1", "MD5", "SHAKE128", "sha256", "", 1, "HASH_ALGORITHM_UNSPECIFIED"])
def test_sig_08_a_message_digest_of_another_algorithm_is_rejected(algorithm: object) -> None:
    said = {"algorithm": algorithm, "digest": b64(b"x")}

    rejected(judged_bundle(message_bundle(messageDigest=said)), "material")


def test_sig_08_content_that_is_not_that_of_the_digest_is_rejected() -> None:
    rejected(judged_bundle(message_bundle(), digest=OTHER), "material")


SIGNED = signed_layer(KEY, good())[SIGNATURE]


@pytest.mark.parametrize(
    "spaced",
    [SIGNED + "\n", f" {SIGNED}", SIGNED[:40] + "\r\n" + SIGNED[40:], SIGNED],
    ids=["line end", "space before", "wrapped", "none"],
)
def test_sig_09_white_space_that_signers_leave_in_annotations_is_passed_over(spaced: str) -> None:
    assert signed(judged_layer(good(), {SIGNATURE: spaced}))


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(SIGNED[:4] + "!" + SIGNED[4:], id="junk within"),
        pytest.param(SIGNED + "=", id="more padding"),
        pytest.param(SIGNED.rstrip("=") if "=" in SIGNED else SIGNED[:-1], id="less padding"),
        pytest.param("", id="empty"),
        pytest.param(" \n", id="white space"),
        pytest.param("QR==", id="padding bits"),
        pytest.param(SIGNED.replace("=", "").replace("/", "_").replace("+", "-") + "_-", id="other alphabet"),
        pytest.param("\u00e9" * 8, id="not ASCII"),
    ],
)
def test_sig_09_base64_that_is_not_canonical_is_rejected(junk: str) -> None:
    rejected(judged_layer(good(), {SIGNATURE: junk}), "material")


def test_sig_09_base64_that_is_not_canonical_is_rejected_in_bundles() -> None:
    for junk in ("QR==", "MEU!", SIGNED + "\n", ""):
        rejected(judged_bundle(message_bundle(signature=junk)), "material")
        rejected(judged_bundle(bundle(envelope(statement(DIGEST), KEY) | {"signatures": [{"sig": junk}]})), "material")
    rejected(judged_bundle(bundle(envelope(statement(DIGEST), KEY) | {"payload": "QR=="})), "material")


def test_sig_09_a_missing_signature_is_rejected() -> None:
    rejected(judged_layer(good(), {}), "material")


@pytest.mark.parametrize(("signs", "trusts"), [("P-384", "sha256"), ("P-256", "sha384"), ("P-521", "sha256")])
def test_sig_10_the_key_says_which_hash_and_the_signature_never_does(signs: str, trusts: Any) -> None:
    made = signing_key("release", signs)
    signature = made.sign(b"message")
    other_hash = VerificationKey.from_pem(made.pem, "a key", hash_name=trusts)

    assert verifies(made.trusted, signature, Message(b"message"))
    assert not verifies(other_hash, signature, Message(b"message"))


def test_sig_10_a_signature_of_one_kind_of_key_is_none_of_another() -> None:
    kinds = ["P-256", "P-384", "RSA PKCS#1 v1.5", "Ed25519"]

    for made in kinds:
        signature = signing_key("release", made).sign(b"message")
        holding = [
            kind for kind in kinds if verifies(signing_key("release", kind).trusted, signature, Message(b"message"))
        ]
        assert holding == [made]


def certificate_pem(der: bytes = b"no certificate") -> str:
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param({CERTIFICATE: ""}, id="empty"),
        pytest.param({CERTIFICATE: " \n"}, id="white space"),
        pytest.param({CERTIFICATE: "garbage"}, id="garbage"),
        pytest.param({CERTIFICATE: certificate_pem() * 2}, id="two certificates"),
        pytest.param({CERTIFICATE: KEY.pem.decode()}, id="a key"),
        pytest.param({CERTIFICATE: certificate_pem() + "x"}, id="something after it"),
        pytest.param({CERTIFICATE: certificate_pem(), CHAIN: ""}, id="empty chain"),
        pytest.param({CERTIFICATE: certificate_pem(), CHAIN: "garbage"}, id="garbage chain"),
        pytest.param({CERTIFICATE: certificate_pem(), CHAIN: KEY.pem.decode()}, id="a key as chain"),
        pytest.param({CERTIFICATE: certificate_pem(), CHAIN: certificate_pem() * 11}, id="long chain"),
        pytest.param({CHAIN: certificate_pem()}, id="chain without certificate"),
    ],
)
def test_sig_13_a_certificate_that_is_none_never_becomes_a_key_signature(beside: Mapping[str, str]) -> None:
    rejected(judged_layer(good(), signed_layer(KEY, good()) | beside), "material")


def test_sig_13_a_signature_with_a_certificate_is_never_accepted_as_a_keys() -> None:
    beside = signed_layer(KEY, good()) | {CERTIFICATE: certificate_pem(), CHAIN: certificate_pem()}

    rejected(judged_layer(good(), beside), "certificate")


def with_material(**material: object) -> dict[str, Any]:
    document = bundle(envelope(statement(DIGEST), KEY))
    document["verificationMaterial"] |= material
    found = document["verificationMaterial"]
    document["verificationMaterial"] = {name: value for name, value in found.items() if value != "gone"}
    return document


RAW = {"rawBytes": b64(b"no certificate")}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(with_material(certificate=RAW), id="key and certificate"),
        pytest.param(with_material(x509CertificateChain={"certificates": [RAW]}), id="key and chain"),
        pytest.param(with_material(publicKey="gone"), id="none"),
        pytest.param(with_material(publicKey=None), id="null"),
        pytest.param(with_material(public_key={"hint": ""}), id="twice in two spellings"),
        pytest.param(with_material(publicKey={"hint": 1}), id="hint is a number"),
        pytest.param(with_material(publicKey={"rawBytes": RAW["rawBytes"]}), id="a key in the bundle"),
        pytest.param(with_material(publicKey=[]), id="a list"),
        pytest.param(with_material(trustMe=True), id="unknown field"),
        pytest.param(with_material(tlogEntries={}), id="entries are an object"),
        pytest.param(with_material() | {"messageSignature": message_signature(KEY, IMAGE)}, id="two contents"),
        pytest.param(with_material() | {"dsse_envelope": envelope(statement(DIGEST), KEY)}, id="two spellings"),
        pytest.param({**with_material(), "dsseEnvelope": None}, id="no content"),
        pytest.param(with_material() | {"mediaType": BUNDLE_V03 + " "}, id="media type with a space"),
        pytest.param(with_material() | {"mediaType": BUNDLE_V03.replace("0.3", "0.4")}, id="version 0.4"),
        pytest.param(with_material() | {"mediaType": None}, id="no media type"),
        pytest.param(with_material() | {"more": 1}, id="unknown field on top"),
        pytest.param(with_material() | {"verificationMaterial": None}, id="no material"),
    ],
)
def test_sig_15_a_bundle_with_other_than_one_of_each_is_rejected(document: Mapping[str, Any]) -> None:
    rejected(judged_bundle(document), "material")


def test_sig_15_a_name_given_twice_in_a_bundle_is_rejected() -> None:
    content = encoded(with_material()).replace(b'"dsseEnvelope"', b'"dsseEnvelope":{},"dsseEnvelope"')

    rejected(judged_bundle(content), "material")


def test_sig_15_a_bundle_with_one_of_each_is_accepted() -> None:
    assert signed(judged_bundle(with_material()))


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(with_material(publicKey="gone", certificate=RAW), id="one certificate"),
        pytest.param(
            with_material(publicKey="gone", x509CertificateChain={"certificates": [RAW, RAW]})
            | {"mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1"},
            id="a chain",
        ),
    ],
)
def test_sig_15_a_certificate_is_not_taken_for_a_key(document: Mapping[str, Any]) -> None:
    rejected(judged_bundle(document), "certificate")


@pytest.mark.parametrize("chain", [[RAW], [], None])
def test_sig_15_a_chain_where_one_certificate_belongs_is_rejected(chain: object) -> None:
    document = with_material(publicKey="gone", x509CertificateChain={"certificates": chain})

    rejected(judged_bundle(document), "material")
    empty = document | {"mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.2"}
    rejected(judged_bundle(empty), "certificate" if chain else "material")


def test_sig_16_what_is_signed_are_the_bytes_and_not_what_they_mean() -> None:
    spaced = json.dumps(json.loads(good()), indent=1).encode()

    rejected(judged_layer(spaced, signed_layer(KEY, good())), "signature")
    assert signed(judged_layer(spaced, signed_layer(KEY, spaced)))


def test_sig_17_a_hundred_candidates_at_once_get_what_each_gets_alone() -> None:
    contents = [payload(DIGEST if at % 2 else OTHER, annotations={"n": str(at)}) for at in range(100)]
    layers = [(content, signed_layer(KEY if at % 3 else STRANGER, content)) for at, content in enumerate(contents)]
    alone = [judged_layer(*layer) for layer in layers]
    together: dict[int, object] = {}

    def judge(at: int) -> None:
        together[at] = judged_layer(*layers[at])

    threads = [threading.Thread(target=judge, args=(at,)) for at in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [together[at] for at in range(100)] == alone


def test_log_01_an_entry_about_this_signature_leaves_it_standing_and_is_listed_as_not_judged() -> None:
    outcome = signed(judged_layer(good(), signed_layer(KEY, good(), logged=True)))

    assert outcome.log_indexes == ()
    assert outcome.unjudged == ("log entry 7: no trusted root has its log",)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(hashedrekord(KEY, payload(OTHER), KEY.sign(good())), "another message", id="of another payload"),
        pytest.param(hashedrekord(KEY, good(), KEY.sign(good())), "another signature", id="of another signature"),
        pytest.param(
            hashedrekord(STRANGER, good(), base64.b64decode(SIGNED)), "another key", id="of the same by another key"
        ),
    ],
)
def test_log_01_an_entry_about_something_else_rejects_the_signature(body: Mapping[str, Any], reason: str) -> None:
    beside = {SIGNATURE: SIGNED, "dev.sigstore.cosign/bundle": log_annotation(body)}

    assert reason in rejected(judged_layer(good(), beside), "entry")
