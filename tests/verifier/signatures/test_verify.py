from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.judging import DIGEST, IMAGE, judged_bundle, judged_envelope, judged_layer, rejected, signed, stated
from tests.support.signing import (
    BUNDLE_V01,
    BUNDLE_V02,
    BUNDLE_V03,
    BUNDLE_V03_OLD,
    KINDS,
    SIGNATURE,
    TIMESTAMP,
    b64,
    bundle,
    encoded,
    envelope,
    message_signature,
    payload,
    signed_layer,
    signing_key,
    statement,
)
from trust.evidence import STEPS, Origin
from verifier.signatures.annotations import signature_candidate
from verifier.signatures.candidate import Candidate
from verifier.signatures.verify import STEP_NAMES, verify, verify_bundle

KEY = signing_key()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_key_signs_in_every_format(kind: str) -> None:
    key = signing_key("release", kind)
    content = payload(DIGEST, "registry.test/app", {"env": "prod"})

    layer = signed(judged_layer(content, signed_layer(key, content), keys=[key]))
    stated_bundle = signed(
        judged_bundle(bundle(envelope(statement(DIGEST, annotations={"env": "prod"}), key)), keys=[key])
    )
    message = signed(judged_bundle(bundle(message_signature(key, IMAGE)), keys=[key]))

    assert {one.signer.principal for one in (layer, stated_bundle, message)} == {f"key:{key.trusted.fingerprint}"}
    assert layer.annotations == stated_bundle.annotations == {"env": "prod"}
    assert (layer.repository, stated_bundle.repository, message.repository) == ("registry.test/app", None, None)


@pytest.mark.parametrize("media_type", [BUNDLE_V01, BUNDLE_V02, BUNDLE_V03_OLD, BUNDLE_V03])
def test_every_version_of_bundle_is_read(media_type: str) -> None:
    assert signed(judged_bundle(bundle(envelope(statement(DIGEST), KEY), media_type=media_type)))
    assert signed(judged_bundle(bundle(message_signature(KEY, IMAGE), media_type=media_type)))


def test_a_bundle_may_be_spelled_as_the_schema_has_it() -> None:
    signed_one = envelope(statement(DIGEST), KEY)
    spelled = {
        "media_type": BUNDLE_V03,
        "verification_material": {
            "public_key": {"hint": "x"},
            "tlog_entries": [],
            "timestamp_verification_data": {"rfc3161_timestamps": [{"signed_timestamp": b64(b"x")}]},
        },
        "dsse_envelope": signed_one | {"payload_type": signed_one["payloadType"]},
    }
    del spelled["dsse_envelope"]["payloadType"]  # type: ignore[attr-defined]

    assert signed(judged_bundle(spelled)).unjudged


def test_nulls_in_a_bundle_are_absent_fields() -> None:
    document = bundle(envelope(statement(DIGEST), KEY)) | {"messageSignature": None}
    document["verificationMaterial"] |= {"certificate": None, "tlogEntries": None, "timestampVerificationData": None}

    assert signed(judged_bundle(document))


def test_the_key_that_made_the_signature_is_found_among_many() -> None:
    keys = [signing_key(f"key {at}") for at in range(9)] + [KEY]
    content = payload(DIGEST)

    outcome = signed(judged_layer(content, signed_layer(KEY, content), keys=keys))

    assert outcome.signer.principal == f"key:{KEY.trusted.fingerprint}"


@pytest.mark.parametrize(
    "hint",
    ["", "of another key", signing_key("second").trusted.hint, KEY.trusted.hint],
    ids=["none", "no key's", "another key's", "the key's own"],
)
def test_the_hint_decides_nothing(hint: str) -> None:
    trusted = [signing_key("second"), KEY]

    assert signed(judged_bundle(bundle(envelope(statement(DIGEST), KEY), hint=hint), keys=trusted))
    stranger = envelope(statement(DIGEST), signing_key("stranger"))
    assert rejected(judged_bundle(bundle(stranger, hint=hint), keys=trusted), "signature") == "none of 2 keys made it"


def test_without_keys_nothing_is_verified() -> None:
    content = payload(DIGEST)

    assert rejected(judged_layer(content, signed_layer(KEY, content), keys=[]), "signature") == "there is no key to try"


def test_a_timestamp_that_nothing_can_judge_proves_no_time() -> None:
    content = payload(DIGEST)
    beside = signed_layer(KEY, content) | {TIMESTAMP: encoded({"SignedRFC3161Timestamp": b64(b"x")}).decode()}

    outcome = signed(judged_layer(content, beside))

    assert outcome.times == ()
    assert outcome.unjudged == ("timestamp 1: no trusted root has its authority",)


@pytest.mark.parametrize("value", ["", "{}", "null", '{"SignedRFC3161Timestamp":"!"}'])
def test_a_timestamp_that_does_not_parse_rejects(value: str) -> None:
    content = payload(DIGEST)

    rejected(judged_layer(content, signed_layer(KEY, content) | {TIMESTAMP: value}), "material")


def test_a_signature_over_the_manifest_needs_the_manifest() -> None:
    outcome = judged_bundle(bundle(message_signature(KEY, IMAGE)), artifact=None)

    assert "not at hand" in rejected(outcome, "signature")


def test_a_bundle_about_any_file_is_verified() -> None:
    artifact = b"a release\n" * 1000
    origin = Origin("release.sigstore.json", "bundle")

    over_file = verify_bundle(encoded(bundle(message_signature(KEY, artifact))), artifact, [KEY.trusted], origin)
    other_file = verify_bundle(encoded(bundle(message_signature(KEY, artifact))), b"else", [KEY.trusted], origin)

    assert signed(over_file).origin == origin
    rejected(other_file, "signature")
    rejected(verify_bundle(b"no bundle", artifact, [KEY.trusted], origin), "material")


def test_a_provenance_in_a_bundle_is_a_statement() -> None:
    content = statement(DIGEST, predicate_type="https://slsa.dev/provenance/v1")

    assert stated(judged_bundle(bundle(envelope(content, KEY)))).signer.principal.startswith("key:")


def test_a_first_signature_of_cosign_3_has_no_predicate() -> None:
    assert signed(judged_bundle(bundle(envelope(statement(DIGEST, predicate=None), KEY))))


def test_the_steps_have_the_names_and_the_order_that_rejections_have() -> None:
    assert list(STEP_NAMES) == [step for step in STEPS if step in STEP_NAMES]


def test_a_candidate_is_the_same_whatever_it_is_asked_about() -> None:
    content = payload(DIGEST)
    candidate = signature_candidate(Origin("a tag", "simple signing"), DIGEST, content, signed_layer(KEY, content))

    assert isinstance(candidate, Candidate)
    assert verify(candidate, [KEY.trusted]) == verify(candidate, [KEY.trusted], IMAGE)


def test_a_payload_that_is_too_large_is_rejected() -> None:
    content = payload(DIGEST) + b" " * (16 * 1024 * 1024)

    assert "bytes" in rejected(judged_layer(content, {SIGNATURE: b64(b"x")}), "material")


def test_verifying_with_a_key_loads_no_more_than_it_needs() -> None:
    script = "import sys; import verifier.signatures.judge; print(' '.join(sys.modules))"
    root = Path(__file__).parents[3]

    loaded = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)

    unwanted = {"nacl", "cryptography.x509", "requests", "yaml", "pydantic", "sigstore", "click", "tree_sitter"}
    assert unwanted & set(loaded.stdout.split()) == set()


def with_chain(*certificates: bytes) -> dict[str, Any]:
    document = bundle(envelope(statement(DIGEST), KEY), media_type=BUNDLE_V02)
    chain = [{"rawBytes": b64(one)} for one in certificates]
    document["verificationMaterial"] = {"x509CertificateChain": {"certificates": chain}}
    return document


def test_a_chain_of_certificates_is_read_up_to_its_limit() -> None:
    rejected(judged_bundle(with_chain(*[b"one"] * 10)), "certificate")
    rejected(judged_bundle(with_chain(*[b"one"] * 11)), "material")
    rejected(judged_bundle(with_chain(b"one", b"")), "material")


def test_dos_02_an_attestation_or_a_bundle_that_is_too_large_is_rejected_unread() -> None:
    large = b" " * (64 * 1024 * 1024 + 1)

    (outcome,) = judged_envelope(large)
    assert "bytes" in rejected(outcome, "material")
    assert "bytes" in rejected(judged_bundle(large), "material")


def test_dos_03_a_bundle_or_an_envelope_of_very_many_values_is_rejected_unread() -> None:
    many = b'{"dsseEnvelope":[' + b"0," * 10_001 + b"0]}"

    assert "values" in rejected(judged_bundle(many), "material")
    (outcome,) = judged_envelope(many)
    assert "values" in rejected(outcome, "material")


def test_a_large_attestation_in_a_bundle_is_read() -> None:
    content = statement(DIGEST, predicate_type="https://spdx.dev/Document", predicate={"text": "x" * 6_000_000})

    assert stated(judged_bundle(bundle(envelope(content, KEY)))).predicate_type == "https://spdx.dev/Document"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("index.docker.io/library/nginx", "docker.io/library/nginx"),
        ("ghcr.io/acme/app:1.4", "ghcr.io/acme/app"),
        ("not a reference", "not a reference"),
    ],
)
def test_the_repository_of_a_payload_is_the_one_that_policies_know(written: str, canonical: str) -> None:
    content = payload(DIGEST, written)

    assert signed(judged_layer(content, signed_layer(KEY, content))).repository == canonical
