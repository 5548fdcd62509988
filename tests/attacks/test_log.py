"""Log entries that came with a signature and are about something else."""

from __future__ import annotations

import base64
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
)
from tests.support.signing import (
    BUNDLE_V01,
    BUNDLE_V02,
    BUNDLE_V03,
    BUNDLE_V03_OLD,
    LOG_ENTRY,
    SIGNATURE,
    SigningKey,
    b64,
    bundle,
    dsse,
    dsse_2,
    encoded,
    envelope,
    hashedrekord,
    hashedrekord_2,
    intoto,
    intoto_2,
    log_annotation,
    log_entry,
    message_signature,
    pae,
    payload,
    signing_key,
    statement,
)
from trust.evidence import Origin
from verifier.errors import SignatureRejected
from verifier.signatures.bundle import bundle_candidate
from verifier.signatures.candidate import Candidate
from verifier.signatures.entry import logged_verifier

KEY = signing_key()
STRANGER = signing_key("stranger")

SIGNED = envelope(statement(DIGEST), KEY)
MOVED = envelope(statement(OTHER), KEY)
RESIGNED = envelope(statement(DIGEST), KEY)
MESSAGE = message_signature(KEY, IMAGE)


def raw(signature: str) -> bytes:
    return base64.b64decode(signature)


def record_of(make: Callable[..., dict[str, Any]]) -> Callable[[SigningKey, Mapping[str, Any]], dict[str, Any]]:
    """Entries about an envelope that are over its encoding."""
    return lambda key, signed_one: make(key, pae(raw(signed_one["payload"])), raw(signed_one["signatures"][0]["sig"]))


IN_BUNDLES = [
    pytest.param(dsse, id="dsse 0.0.1"),
    pytest.param(dsse_2, id="dsse 0.0.2"),
    pytest.param(intoto_2, id="intoto 0.0.2"),
    pytest.param(record_of(hashedrekord), id="hashedrekord 0.0.1"),
    pytest.param(record_of(hashedrekord_2), id="hashedrekord 0.0.2"),
]
AT_ATTESTATIONS = [*IN_BUNDLES, pytest.param(intoto, id="intoto 0.0.1")]
Make = Callable[[SigningKey, Mapping[str, Any]], dict[str, Any]]


def judged_with(body: Mapping[str, Any], content: Mapping[str, Any] = SIGNED, **entry: object) -> Any:
    return judged_bundle(bundle(content, log_entries=[log_entry(body, **entry)]))


@pytest.mark.parametrize("make", IN_BUNDLES)
def test_log_01_an_entry_about_the_bundle_leaves_it_standing(make: Make) -> None:
    outcome = signed(judged_with(make(KEY, SIGNED)))

    assert outcome.unjudged == ("log entry 7: no trusted root has its log",)
    assert outcome.times == ()


@pytest.mark.parametrize("make", IN_BUNDLES)
@pytest.mark.parametrize(
    ("key", "about", "reason"),
    [
        pytest.param(KEY, MOVED, "another", id="of another payload"),
        pytest.param(KEY, RESIGNED, "another signature", id="of another signature"),
        pytest.param(STRANGER, SIGNED, "another key", id="of another key"),
    ],
)
def test_log_01_an_entry_about_something_else_rejects_the_bundle(
    make: Make, key: SigningKey, about: Mapping[str, Any], reason: str
) -> None:
    assert reason in rejected(judged_with(make(key, about)), "entry")


@pytest.mark.parametrize("make", AT_ATTESTATIONS)
def test_log_01_an_entry_about_the_attestation_leaves_it_standing(make: Make) -> None:
    (outcome,) = judged_envelope(SIGNED, {SIGNATURE: "", LOG_ENTRY: log_annotation(make(KEY, SIGNED))})

    assert signed(outcome).unjudged


@pytest.mark.parametrize("make", AT_ATTESTATIONS)
@pytest.mark.parametrize(("key", "about"), [(KEY, MOVED), (KEY, RESIGNED), (STRANGER, SIGNED)])
def test_log_01_an_entry_about_something_else_rejects_the_attestation(
    make: Make, key: SigningKey, about: Mapping[str, Any]
) -> None:
    (outcome,) = judged_envelope(SIGNED, {SIGNATURE: "", LOG_ENTRY: log_annotation(make(key, about))})

    rejected(outcome, "entry")


def test_log_01_the_hash_of_the_whole_envelope_is_compared_where_it_is_at_hand() -> None:
    body = dsse(KEY, SIGNED)
    body["spec"]["envelopeHash"]["value"] = OTHER.hex

    (outcome,) = judged_envelope(SIGNED, {LOG_ENTRY: log_annotation(body)})

    assert "another envelope" in rejected(outcome, "entry")


def test_log_01_an_entry_that_keeps_no_signature_proves_nothing_of_a_bundle() -> None:
    rejected(judged_with(intoto(KEY, SIGNED)), "entry")


@pytest.mark.parametrize("make", [hashedrekord, hashedrekord_2])
def test_log_01_an_entry_about_the_manifest_leaves_its_signature_standing(
    make: Callable[..., dict[str, Any]],
) -> None:
    assert signed(judged_with(make(KEY, IMAGE, raw(MESSAGE["signature"])), MESSAGE))
    rejected(judged_with(make(KEY, b"another", raw(MESSAGE["signature"])), MESSAGE), "entry")


@pytest.mark.parametrize("kind", ["hashedrekord", "rekord"])
def test_log_01_the_kinds_that_were_written_beside_simple_signing_are_read(kind: str) -> None:
    content = payload(DIGEST)
    signature = KEY.sign(content)
    body = hashedrekord(KEY, content, signature, kind=kind)

    assert signed(judged_layer(content, {SIGNATURE: b64(signature), LOG_ENTRY: log_annotation(body)}))


def test_log_01_one_wrong_entry_among_right_ones_rejects() -> None:
    entries = [log_entry(dsse(KEY, SIGNED), index=1), log_entry(dsse(KEY, MOVED), index=2)]

    assert "entry 2" in rejected(judged_bundle(bundle(SIGNED, log_entries=entries)), "entry")


def test_log_01_an_entry_about_a_certificate_is_not_one_about_a_key() -> None:
    certificate = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(KEY.der) + b"-----END CERTIFICATE-----\n"
    body = dsse(KEY, SIGNED)
    body["spec"]["signatures"][0]["verifier"] = b64(certificate)
    second = hashedrekord_2(KEY, IMAGE, raw(MESSAGE["signature"]))
    verifier = second["spec"]["hashedRekordV002"]["signature"]["verifier"]
    verifier["x509Certificate"] = verifier.pop("publicKey")

    assert "certificate" in rejected(judged_with(body), "entry")
    assert "certificate" in rejected(judged_with(second, MESSAGE), "entry")


def test_log_02_a_strangers_signature_stays_a_strangers_with_a_good_entry() -> None:
    content = envelope(statement(DIGEST), STRANGER)

    rejected(judged_with(dsse(STRANGER, content), content), "signature")


RECORD = hashedrekord(KEY, IMAGE, raw(MESSAGE["signature"]))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(RECORD | {"kind": "alpine"}, id="another kind"),
        pytest.param(RECORD | {"apiVersion": "9.9.9"}, id="another version"),
        pytest.param(RECORD | {"kind": "HashedRekord"}, id="kind in another case"),
        pytest.param(RECORD | {"spec": None}, id="no spec"),
        pytest.param(RECORD | {"spec": {}}, id="empty spec"),
        pytest.param(RECORD | {"kind": "dsse", "apiVersion": "0.0.1"}, id="a record called an envelope"),
        pytest.param(RECORD | {"kind": "rekord"}, id="rekord without a format"),
        pytest.param(RECORD | {"apiVersion": "0.0.2"}, id="version 1 called version 2"),
    ],
)
def test_log_07_an_entry_of_a_kind_that_is_not_known_rejects(body: Mapping[str, Any]) -> None:
    rejected(judged_with(body, MESSAGE), "entry")


def test_log_07_the_kind_beside_the_body_must_be_the_bodys_own() -> None:
    for said in ({"kind": "dsse", "version": "0.0.1"}, {"kind": "hashedrekord", "version": "0.0.2"}):
        rejected(judged_with(RECORD, MESSAGE, kindVersion=said), "entry")
    assert signed(judged_with(RECORD, MESSAGE))


def test_log_08_an_entry_for_envelopes_does_not_fit_a_signature_over_bytes() -> None:
    for body in (dsse(KEY, SIGNED), dsse_2(KEY, SIGNED), intoto_2(KEY, SIGNED)):
        assert "for envelopes" in rejected(judged_with(body, MESSAGE), "entry")


def test_log_08_a_record_of_the_payload_is_not_one_of_the_encoding() -> None:
    signature = raw(SIGNED["signatures"][0]["sig"])

    for make in (hashedrekord, hashedrekord_2):
        assert "another message" in rejected(judged_with(make(KEY, statement(DIGEST), signature)), "entry")


def bad_hash(**fields: object) -> dict[str, Any]:
    found = hashedrekord(KEY, IMAGE, raw(MESSAGE["signature"]))
    found["spec"]["data"]["hash"] |= fields
    return found


def bad_key(content: object) -> dict[str, Any]:
    found = hashedrekord(KEY, IMAGE, raw(MESSAGE["signature"]))
    found["spec"]["signature"]["publicKey"]["content"] = content
    return found


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(bad_hash(algorithm="sha1"), id="another hash"),
        pytest.param(bad_hash(algorithm=None), id="no algorithm"),
        pytest.param(bad_hash(value=DIGEST.hex.upper()), id="hash in capitals"),
        pytest.param(bad_hash(value=DIGEST.hex[:-2]), id="short hash"),
        pytest.param(bad_hash(algorithm="sha512"), id="value of another algorithm"),
        pytest.param(bad_key(b64(b"no key")), id="no key"),
        pytest.param(bad_key(b64(KEY.pem * 2)), id="two keys"),
        pytest.param(bad_key(""), id="empty key"),
        pytest.param(bad_key(None), id="key is null"),
        pytest.param([], id="a list"),
    ],
)
def test_a_body_that_does_not_parse_rejects(body: Any) -> None:
    entry = log_entry(RECORD) | {"canonicalizedBody": b64(encoded(body))}

    rejected(judged_bundle(bundle(MESSAGE, log_entries=[entry])), "entry")


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"logIndex": "-1"}, id="negative index"),
        pytest.param({"logIndex": -1}, id="negative number"),
        pytest.param({"logIndex": "1_0"}, id="underscore"),
        pytest.param({"logIndex": "\u0661"}, id="other digits"),
        pytest.param({"logIndex": " 1"}, id="space"),
        pytest.param({"logIndex": "01"}, id="leading zero"),
        pytest.param({"logIndex": True}, id="boolean"),
        pytest.param({"logIndex": 1.0}, id="float"),
        pytest.param({"logIndex": str(1 << 63)}, id="large"),
        pytest.param({"logId": None}, id="no log"),
        pytest.param({"logId": {"keyId": "!"}}, id="log id is no base64"),
        pytest.param({"kindVersion": None}, id="no kind"),
        pytest.param({"canonicalizedBody": None}, id="no body"),
        pytest.param({"integratedTime": "yesterday"}, id="time is text"),
        pytest.param({"inclusionPromise": {"signedEntryTimestamp": "!"}}, id="promise is no base64"),
        pytest.param({"inclusionProof": None}, id="no proof"),
        pytest.param({"inclusionProof": {"hashes": ["!"]}}, id="hash is no base64"),
        pytest.param({"inclusionProof": {"hashes": [""] * 65}}, id="long proof"),
        pytest.param({"inclusionProof": {"treeSize": "-8"}}, id="negative size"),
        pytest.param({"inclusionProof": {"checkpoint": "x"}}, id="checkpoint is text"),
        pytest.param({"more": 1}, id="unknown field"),
    ],
)
def test_an_entry_that_does_not_parse_rejects_the_bundle(fields: Mapping[str, Any]) -> None:
    rejected(judged_with(RECORD, MESSAGE, **fields), "material")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("null", id="null"),
        pytest.param("{}", id="an empty object"),
        pytest.param(log_annotation(RECORD, logID="00"), id="short log id"),
        pytest.param(log_annotation(RECORD, logID="AA" * 32), id="log id in capitals"),
        pytest.param(log_annotation(RECORD, logIndex="7"), id="index is text"),
        pytest.param(log_annotation(RECORD, logIndex=-7), id="negative index"),
        pytest.param(log_annotation(RECORD, integratedTime=True), id="time is a boolean"),
        pytest.param(log_annotation(RECORD, body="!"), id="body is no base64"),
        pytest.param(log_annotation(RECORD).replace('"SignedEntryTimestamp":"', '"SignedEntryTimestamp":"!'), id="SET"),
    ],
)
def test_an_entry_in_an_annotation_that_does_not_parse_rejects_the_signature(value: str) -> None:
    content = payload(DIGEST)

    rejected(judged_layer(content, {SIGNATURE: b64(KEY.sign(content)), LOG_ENTRY: value}), "material")


@pytest.mark.parametrize(
    ("media_type", "lacks", "holds"),
    [
        (BUNDLE_V01, "inclusionProof", True),
        (BUNDLE_V01, "inclusionPromise", False),
        (BUNDLE_V02, "inclusionPromise", True),
        (BUNDLE_V02, "inclusionProof", False),
        (BUNDLE_V03, "inclusionPromise", True),
        (BUNDLE_V03, "inclusionProof", False),
        (BUNDLE_V03_OLD, "inclusionProof", False),
    ],
)
def test_an_entry_has_what_its_version_of_bundle_asks_for(media_type: str, lacks: str, holds: bool) -> None:
    entry = log_entry(dsse(KEY, SIGNED), **{lacks: None})

    outcome = judged_bundle(bundle(SIGNED, media_type=media_type, log_entries=[entry]))

    if holds:
        assert signed(outcome)
    else:
        rejected(outcome, "material")


def test_log_06_an_entry_that_is_given_twice_rejects() -> None:
    entry = log_entry(dsse(KEY, SIGNED))

    assert "twice" in rejected(judged_bundle(bundle(SIGNED, log_entries=[entry, entry])), "material")


@pytest.mark.parametrize("count", [32, 33])
def test_dos_04_more_entries_than_are_read_reject(count: int) -> None:
    entries = [log_entry(dsse(KEY, SIGNED), index=at) for at in range(count)]

    outcome = judged_bundle(bundle(SIGNED, log_entries=entries))

    if count == 32:
        assert len(signed(outcome).unjudged) == 32
    else:
        rejected(outcome, "material")


@pytest.mark.parametrize("count", [1, 32, 33])
def test_tsa_08_more_timestamps_than_are_read_reject(count: int) -> None:
    outcome = judged_bundle(bundle(SIGNED, timestamps=[b"no timestamp %d" % at for at in range(count)]))

    if count == 33:
        rejected(outcome, "material")
    else:
        assert signed(outcome).unjudged[-1] == f"timestamp {count}: no trusted root has its authority"
        assert signed(outcome).times == ()


@pytest.mark.parametrize("make", [dsse, intoto], ids=["dsse", "intoto"])
def test_log_01_the_hash_of_the_payload_is_compared_too(make: Make) -> None:
    body = make(KEY, SIGNED)
    hashes = body["spec"]["content"] if make is intoto else body["spec"]
    hashes["payloadHash"]["value"] = OTHER.hex

    (outcome,) = judged_envelope(SIGNED, {LOG_ENTRY: log_annotation(body)})

    assert "another payload" in rejected(outcome, "entry")


def test_an_entry_with_a_key_and_a_certificate_rejects() -> None:
    body = hashedrekord_2(KEY, IMAGE, raw(MESSAGE["signature"]))
    verifier = body["spec"]["hashedRekordV002"]["signature"]["verifier"]
    verifier["x509Certificate"] = verifier["publicKey"]

    assert "either" in rejected(judged_with(body, MESSAGE), "entry")


@pytest.mark.parametrize(("count", "holds"), [(10, True), (11, False)])
def test_an_entry_with_more_signatures_than_are_read_rejects(count: int, *, holds: bool) -> None:
    body = dsse(KEY, SIGNED)
    body["spec"]["signatures"] *= count

    outcome = judged_with(body)

    if holds:
        assert signed(outcome)
    else:
        rejected(outcome, "entry")


def test_an_entry_of_the_second_log_with_another_hash_rejects() -> None:
    body = hashedrekord_2(KEY, IMAGE, raw(MESSAGE["signature"]))
    body["spec"]["hashedRekordV002"]["data"]["algorithm"] = "SHA1"

    assert "not a SHA-2" in rejected(judged_with(body, MESSAGE), "entry")


def test_a_first_entry_has_an_index_that_is_left_out() -> None:
    outcome = signed(judged_with(dsse(KEY, SIGNED), logIndex=None))

    assert outcome.unjudged == ("log entry 0: no trusted root has its log",)


def test_log_01_an_entry_about_a_key_is_not_one_about_a_certificate() -> None:
    document = bundle(SIGNED, log_entries=[log_entry(dsse(KEY, SIGNED))])
    del document["verificationMaterial"]["publicKey"]
    document["verificationMaterial"]["certificate"] = {"rawBytes": b64(KEY.der)}
    candidate = bundle_candidate(Origin("a tag", "bundle"), DIGEST, encoded(document))
    assert isinstance(candidate, Candidate)

    with pytest.raises(SignatureRejected, match="about a key, and this is of a certificate"):
        logged_verifier(candidate.log_entries[0], candidate, IMAGE)
