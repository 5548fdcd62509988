"""Attestations that must not count: statements, envelopes and types that an attacker chose."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.judging import (
    DIGEST,
    IMAGE,
    OTHER,
    judged_bundle,
    judged_envelope,
    judged_layer,
    rejected,
    signed,
    stated,
)
from tests.support.signing import (
    CERTIFICATE,
    PROVENANCE_V1,
    SIGN_V1,
    STATEMENT_V01,
    b64,
    bundle,
    envelope,
    payload,
    signed_layer,
    signing_key,
    statement,
)
from trust.digest import Digest
from verifier.signatures.verify import Outcome

KEY = signing_key()
STRANGER = signing_key("stranger")
SHA512 = Digest.parse("sha512:" + hashlib.sha512(IMAGE).hexdigest())


def in_envelope(content: bytes) -> Outcome:
    (outcome,) = judged_envelope(envelope(content, KEY))
    return outcome


def in_bundle(content: bytes) -> Outcome:
    return judged_bundle(bundle(envelope(content, KEY)))


both_formats = pytest.mark.parametrize("judged", [in_envelope, in_bundle], ids=["envelope", "bundle"])
Judged = Callable[[bytes], Outcome]


@both_formats
def test_att_01_a_statement_keeps_its_exact_type(judged: Judged) -> None:
    outcome = stated(judged(statement(DIGEST, predicate_type=PROVENANCE_V1)))

    assert outcome.predicate_type == PROVENANCE_V1
    assert outcome.covers == DIGEST


@both_formats
def test_att_01_only_cosigns_own_type_is_a_signature(judged: Judged) -> None:
    assert signed(judged(statement(DIGEST, predicate_type=SIGN_V1)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"not JSON", id="no JSON"),
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(statement(DIGEST)[:-1], id="cut off"),
        pytest.param(statement(DIGEST) + b"x", id="more behind it"),
        pytest.param(statement(DIGEST, predicate="text"), id="predicate is text"),
        pytest.param(statement(DIGEST, predicate=[]), id="predicate is a list"),
        pytest.param(statement(DIGEST, predicateType=1), id="type is a number"),
        pytest.param(statement(DIGEST, predicateType=""), id="type is empty"),
        pytest.param(statement(DIGEST, predicateType=None), id="no type"),
        pytest.param(statement(DIGEST).replace(b'"subject"', b'"subject":[],"subject"'), id="subject twice"),
        pytest.param(b'{"a":' * 100 + b"1" + b"}" * 100, id="nested"),
    ],
)
@both_formats
def test_att_02_a_signed_payload_that_is_no_statement_is_rejected(judged: Judged, content: bytes) -> None:
    rejected(judged(content), "subject")


@pytest.mark.parametrize(
    "subjects",
    [
        pytest.param(None, id="missing"),
        pytest.param([], id="empty"),
        pytest.param([None], id="null in it"),
        pytest.param({}, id="an object"),
        pytest.param([{}], id="no digest"),
        pytest.param([{"digest": None}], id="digest is null"),
        pytest.param([{"digest": {}}], id="no algorithm"),
        pytest.param([{"digest": {"sha1": "0" * 40}}], id="unknown algorithm alone"),
        pytest.param([{"digest": {"gitCommit": DIGEST.hex}}], id="the digest by another name"),
        pytest.param([{"digest": [str(DIGEST)]}], id="digest is a list"),
        pytest.param([{"digest": {"sha256": None}}], id="digest is no text"),
        pytest.param([{"name": str(DIGEST), "digest": {"sha256": OTHER.hex}}], id="the digest as a name"),
        pytest.param([{"digest": {"sha256": DIGEST.hex}}, None], id="a good one beside null"),
    ],
)
@both_formats
def test_att_03_a_statement_about_no_digest_is_rejected(judged: Judged, subjects: object) -> None:
    rejected(judged(statement(subject=subjects)), "subject")


@both_formats
def test_att_03_one_of_several_subjects_is_enough(judged: Judged) -> None:
    assert signed(judged(statement(OTHER, DIGEST)))


@both_formats
def test_att_03_a_subject_with_a_name_and_other_algorithms_counts(judged: Judged) -> None:
    subject = {"name": "registry.test/app", "digest": {"sha256": DIGEST.hex, "sha1": "0" * 40, "gitCommit": "0" * 40}}

    assert signed(judged(statement(subject=[subject])))


@pytest.mark.parametrize(
    "digests",
    [
        pytest.param({"sha256": DIGEST.hex, "sha512": "0" * 128}, id="sha512 of something else"),
        pytest.param({"sha256": OTHER.hex, "sha512": SHA512.hex}, id="sha256 of something else"),
        pytest.param({"sha256": DIGEST.hex.upper()}, id="capitals"),
        pytest.param({"SHA256": DIGEST.hex}, id="algorithm in capitals"),
        pytest.param({"sha256": DIGEST.hex + " "}, id="a space"),
        pytest.param({"sha256": DIGEST.hex[:-1]}, id="short"),
        pytest.param({"sha256": str(DIGEST)}, id="with its algorithm"),
        pytest.param({"sha512": DIGEST.hex}, id="sha256 as sha512"),
    ],
)
@both_formats
def test_att_04_every_algorithm_that_is_known_must_agree(judged: Judged, digests: Mapping[str, str]) -> None:
    rejected(judged(statement(subject=[{"digest": digests}])), "subject")


@pytest.mark.parametrize(
    "digests", [{"sha256": DIGEST.hex, "sha512": SHA512.hex}, {"sha512": SHA512.hex}, {"sha256": DIGEST.hex}]
)
@both_formats
def test_att_04_algorithms_that_agree_are_accepted(judged: Judged, digests: Mapping[str, str]) -> None:
    assert signed(judged(statement(subject=[{"digest": digests}])))


def test_att_04_a_second_algorithm_that_cannot_be_told_does_not_agree() -> None:
    content = statement(subject=[{"digest": {"sha256": DIGEST.hex, "sha512": SHA512.hex}}])

    rejected(judged_bundle(bundle(envelope(content, KEY)), artifact=None), "subject")
    assert signed(judged_bundle(bundle(envelope(statement(DIGEST), KEY)), artifact=None))


@pytest.mark.parametrize("kind", ["text/plain", "application/vnd.in-toto+json; x", "APPLICATION/VND.IN-TOTO+JSON", ""])
def test_att_05_a_payload_of_another_type_is_rejected(kind: str) -> None:
    other = envelope(statement(DIGEST), KEY, payload_type=kind)

    (outcome,) = judged_envelope(other)
    rejected(outcome, "subject")
    rejected(judged_bundle(bundle(other)), "subject")


def test_att_05_the_type_is_part_of_what_is_signed() -> None:
    other = envelope(statement(DIGEST), KEY, payload_type="text/plain") | {
        "payloadType": "application/vnd.in-toto+json"
    }

    (outcome,) = judged_envelope(other)
    rejected(outcome, "signature")
    rejected(judged_bundle(bundle(other)), "signature")


def test_att_05_a_signature_over_the_bare_payload_is_rejected() -> None:
    bare = envelope(statement(DIGEST), KEY) | {"signatures": [{"sig": b64(KEY.sign(statement(DIGEST)))}]}

    (outcome,) = judged_envelope(bare)
    rejected(outcome, "signature")
    rejected(judged_bundle(bundle(bare)), "signature")


def test_att_05_a_signature_over_an_envelope_is_none_of_simple_signing() -> None:
    content = payload(DIGEST)
    over_pae = envelope(content, KEY)["signatures"][0]["sig"]
    beside = signed_layer(KEY, content)

    rejected(judged_layer(content, beside | {"dev.cosignproject.cosign/signature": over_pae}), "signature")
    assert signed(judged_layer(content, beside))


@pytest.mark.parametrize(
    "kind",
    [
        "https://in-toto.io/Statement/v1.0",
        "https://in-toto.io/Statement/v0.2",
        "https://in-toto.io/Statement/v1/",
        "http://in-toto.io/Statement/v1",
        "https://in-toto.io/statement/v1",
        "https://in-toto.io/Statement/v1evil",
        "",
        None,
        1,
    ],
)
@both_formats
def test_att_06_a_statement_of_a_type_that_looks_alike_is_rejected(judged: Judged, kind: object) -> None:
    rejected(judged(statement(DIGEST, _type=kind)), "subject")


@both_formats
def test_att_06_both_versions_of_statements_are_read(judged: Judged) -> None:
    assert signed(judged(statement(DIGEST, _type=STATEMENT_V01)))
    assert signed(judged(statement(DIGEST)))


@pytest.mark.parametrize(
    "kind",
    [
        SIGN_V1 + "/",
        SIGN_V1 + ".0",
        SIGN_V1.upper(),
        SIGN_V1.replace("https", "http"),
        " " + SIGN_V1,
        "https://sigstore.dev/cosign/sign/v2",
        "https://slsa.dev/provenance/v1.0evil",
    ],
)
@both_formats
def test_att_06_a_predicate_type_that_looks_like_a_signature_is_a_statement(judged: Judged, kind: str) -> None:
    assert stated(judged(statement(DIGEST, predicate_type=kind))).predicate_type == kind


def test_att_07_a_bundle_with_two_signatures_is_rejected() -> None:
    rejected(judged_bundle(bundle(envelope(statement(DIGEST), STRANGER, KEY))), "material")
    rejected(judged_bundle(bundle(envelope(statement(DIGEST), KEY, KEY))), "material")
    assert signed(judged_bundle(bundle(envelope(statement(DIGEST), KEY))))


def test_att_07_each_signature_of_an_envelope_is_judged_by_itself() -> None:
    junk, good = judged_envelope(envelope(statement(DIGEST), STRANGER, KEY))

    rejected(junk, "signature")
    assert signed(good).signer.principal == f"key:{KEY.trusted.fingerprint}"
    assert [one.origin.place for one in (junk, good)] == ["a tag, signature 1", "a tag, signature 2"]


def test_att_07_the_same_signature_twice_has_one_principal() -> None:
    outcomes = judged_envelope(envelope(statement(DIGEST), KEY, KEY))

    assert len({signed(one).signer.principal for one in outcomes}) == 1


@pytest.mark.parametrize("count", [0, 11, 1000])
def test_att_07_an_envelope_with_none_or_too_many_signatures_is_rejected_as_a_whole(count: int) -> None:
    signed_once = envelope(statement(DIGEST), KEY)

    (outcome,) = judged_envelope(signed_once | {"signatures": signed_once["signatures"] * count})

    rejected(outcome, "material")


def test_att_07_ten_signatures_are_read() -> None:
    signed_once = envelope(statement(DIGEST), KEY)

    assert len(judged_envelope(signed_once | {"signatures": signed_once["signatures"] * 10})) == 10


def broken(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in (envelope(statement(DIGEST), KEY) | fields).items() if value != "gone"}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(broken(payload="gone"), id="no payload"),
        pytest.param(broken(payloadType="gone"), id="no payload type"),
        pytest.param(broken(signatures="gone"), id="no signatures"),
        pytest.param(broken(signatures={}), id="signatures are an object"),
        pytest.param(broken(signatures=[None]), id="signature is null"),
        pytest.param(broken(signatures=[{}]), id="no signature in it"),
        pytest.param(broken(signatures=[{"sig": ""}]), id="empty signature"),
        pytest.param(broken(payload=1), id="payload is a number"),
        pytest.param(b"no JSON", id="no JSON"),
        pytest.param(b"[]", id="a list"),
    ],
)
def test_att_07_an_envelope_that_is_none_is_rejected(document: dict[str, Any] | bytes) -> None:
    (outcome,) = judged_envelope(document)

    rejected(outcome, "material")
    if isinstance(document, dict):
        rejected(judged_bundle(bundle({"payload": None} | document)), "material")


def test_att_08_a_right_type_by_a_stranger_is_no_statement() -> None:
    content = statement(DIGEST, predicate_type=PROVENANCE_V1)

    (outcome,) = judged_envelope(envelope(content, STRANGER))

    assert rejected(outcome, "signature") == "none of 1 keys made it"


def test_att_08_a_statement_by_the_right_key_is_no_signature() -> None:
    stated(in_bundle(statement(DIGEST, predicate_type=PROVENANCE_V1, annotations={"env": "prod"})))


def test_att_18_more_subjects_or_digests_than_are_read_are_rejected() -> None:
    one = {"digest": {"sha256": DIGEST.hex}}
    digests = {f"x{at}": "0" for at in range(32)} | {"sha256": DIGEST.hex}

    rejected(in_envelope(statement(subject=[one] * 1025)), "subject")
    rejected(in_envelope(statement(subject=[{"digest": digests}])), "subject")
    assert signed(in_envelope(statement(subject=[one] * 1024)))
    del digests["x0"]
    assert signed(in_envelope(statement(subject=[{"digest": digests}])))


def test_an_envelope_with_a_certificate_is_never_accepted_as_a_keys() -> None:
    certificate = f"-----BEGIN CERTIFICATE-----\n{b64(b'no certificate')}\n-----END CERTIFICATE-----\n"

    (outcome,) = judged_envelope(envelope(statement(DIGEST), KEY), {CERTIFICATE: certificate})
    rejected(outcome, "certificate")
    (outcome,) = judged_envelope(envelope(statement(DIGEST), KEY), {CERTIFICATE: " "})
    rejected(outcome, "material")


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [
        ({"env": "prod"}, {"env": "prod"}, True),
        ({"env": "prod"}, {"env": "dev"}, False),
        ({"env": "prod"}, None, False),
    ],
)
def test_a_digest_that_is_named_twice_has_the_same_annotations_twice(
    first: object, second: object, holds: bool
) -> None:
    subjects = [{"digest": {"sha256": DIGEST.hex}, "annotations": one} for one in (first, second)]

    outcome = in_bundle(statement(subject=subjects))

    if holds:
        assert signed(outcome).annotations == first
    else:
        rejected(outcome, "subject")


def test_annotations_are_those_of_the_subject_that_was_signed() -> None:
    subjects = [
        {"digest": {"sha256": OTHER.hex}, "annotations": {"env": "prod"}},
        {"digest": {"sha256": DIGEST.hex}, "annotations": {"env": "dev", "n": 1}},
    ]

    assert signed(in_bundle(statement(subject=subjects))).annotations == {"env": "dev"}
    assert signed(in_bundle(statement(subject=subjects))).repository is None
