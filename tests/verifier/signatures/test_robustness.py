"""Whatever comes, the answer is a value; and no changed byte of what verified verifies."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.judging import DIGEST, IMAGE, judged, judged_bundle, judged_envelope, judged_layer, signed
from tests.support.signing import (
    LOG_ENTRY,
    SIGNATURE,
    TIMESTAMP,
    bundle,
    dsse,
    encoded,
    envelope,
    hashedrekord,
    log_entry,
    message_signature,
    payload,
    signed_layer,
    signing_key,
    statement,
)
from trust.digest import Digest
from trust.evidence import STEPS, Origin, Rejection, VerifiedSignature
from verifier.attestations.statement import parse_statement
from verifier.errors import LimitExceeded, MalformedContent
from verifier.signatures.annotations import CERTIFICATE, CHAIN
from verifier.signatures.discover import Kind
from verifier.signatures.log_entry import LogEntry, parse_body
from verifier.signatures.simple_signing import parse_claim

KEY = signing_key()
PAYLOAD = payload(DIGEST, annotations={"env": "prod"})
LAYER = signed_layer(KEY, PAYLOAD, logged=True)
ENVELOPE = envelope(statement(DIGEST, annotations={"env": "prod"}), KEY)
BUNDLE = bundle(ENVELOPE, log_entries=[log_entry(dsse(KEY, ENVELOPE))])
MESSAGE = message_signature(KEY, IMAGE)
RECORD = hashedrekord(KEY, IMAGE, base64.b64decode(MESSAGE["signature"]))
MESSAGE_BUNDLE = bundle(MESSAGE, log_entries=[log_entry(RECORD)])

# A busy machine is no error.
slow_machines = settings(deadline=None)
often = settings(max_examples=300, deadline=None)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4)
)


def paths(document: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    found = [at] if at else []
    if isinstance(document, dict | list):
        for name, value in inner:
            found += paths(value, (*at, name)) if isinstance(value, dict | list) else [(*at, name)]
    return found


def replaced(document: Any, path: tuple[Any, ...], value: object) -> Any:
    copied = json.loads(json.dumps(document))
    at = copied
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return copied


def is_answer(outcomes: tuple[object, ...]) -> bool:
    return bool(outcomes) and all(not isinstance(one, Rejection) or one.step in STEPS for one in outcomes)


@slow_machines
@given(st.sampled_from(Kind), st.binary(max_size=200), st.dictionaries(st.text(max_size=20), st.text(max_size=50)))
def test_no_bytes_raise(kind: Kind, content: bytes, annotations: dict[str, str]) -> None:
    assert is_answer(judged(kind, content, annotations))


@slow_machines
@given(st.sampled_from(Kind), documents)
def test_no_document_raises(kind: Kind, document: object) -> None:
    assert is_answer(judged(kind, json.dumps(document).encode()))


@slow_machines
@given(st.sampled_from(paths(BUNDLE)), documents)
def test_no_bundle_with_another_value_somewhere_raises(path: tuple[Any, ...], value: object) -> None:
    assert is_answer((judged_bundle(replaced(BUNDLE, path, value)),))


@slow_machines
@given(st.sampled_from(paths(MESSAGE_BUNDLE)), documents)
def test_no_message_bundle_with_another_value_somewhere_raises(path: tuple[Any, ...], value: object) -> None:
    assert is_answer((judged_bundle(replaced(MESSAGE_BUNDLE, path, value)),))


@slow_machines
@given(st.sampled_from([SIGNATURE, LOG_ENTRY, TIMESTAMP, CERTIFICATE, CHAIN]), st.text(max_size=200))
def test_no_annotation_raises(name: str, value: str) -> None:
    assert is_answer((judged_layer(PAYLOAD, LAYER | {name: value}),))


@slow_machines
@given(st.sampled_from([LOG_ENTRY, TIMESTAMP]), documents)
def test_no_document_in_an_annotation_raises(name: str, value: object) -> None:
    assert is_answer((judged_layer(PAYLOAD, LAYER | {name: json.dumps(value)}),))


@slow_machines
@given(st.sampled_from(paths(RECORD)) | st.sampled_from(paths(dsse(KEY, ENVELOPE))), documents)
def test_no_body_of_an_entry_raises(path: tuple[Any, ...], value: object) -> None:
    for body in (RECORD, dsse(KEY, ENVELOPE)):
        if path in paths(body):
            content = json.dumps(replaced(body, path, value)).encode()
            try:
                parse_body(LogEntry(b"", 0, 0, content, None, None, None))
            except (MalformedContent, LimitExceeded):
                continue


@slow_machines
@given(st.sampled_from(paths(json.loads(statement(DIGEST, annotations={"a": "b"})))), documents)
def test_no_statement_raises(path: tuple[Any, ...], value: object) -> None:
    content = json.dumps(replaced(json.loads(statement(DIGEST, annotations={"a": "b"})), path, value)).encode()
    try:
        parse_statement(content).about(DIGEST, IMAGE)
    except (MalformedContent, LimitExceeded):
        return


@slow_machines
@given(st.sampled_from(paths(json.loads(PAYLOAD))), documents)
def test_no_payload_raises(path: tuple[Any, ...], value: object) -> None:
    try:
        parse_claim(json.dumps(replaced(json.loads(PAYLOAD), path, value)).encode())
    except (MalformedContent, LimitExceeded):
        return


@slow_machines
@given(st.data())
def test_no_changed_byte_of_a_payload_verifies(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(PAYLOAD) - 1))
    changed = PAYLOAD[:at] + bytes([data.draw(st.integers(0, 255))]) + PAYLOAD[at + 1 :]
    assume(changed != PAYLOAD)

    assert isinstance(judged_layer(changed, {SIGNATURE: LAYER[SIGNATURE]}), Rejection)


@slow_machines
@given(st.data())
def test_no_changed_character_of_a_signature_verifies(data: st.DataObject) -> None:
    text = LAYER[SIGNATURE]
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.sampled_from("ABCDabcd0123+/=!")) + text[at + 1 :]
    assume(changed != text)

    assert isinstance(judged_layer(PAYLOAD, {SIGNATURE: changed}), Rejection)


# What a signature of a key does not cover and no log was asked about: where an entry lies, its proofs, and of its
# body the hash of the envelope, which is not kept where the envelope is a part of a bundle.
UNSIGNED = {
    "canonicalizedBody",
    "hint",
    "integratedTime",
    "keyId",
    "logIndex",
    "rootHash",
    "signedEntryTimestamp",
    "treeSize",
}


@often
@given(st.data())
@pytest.mark.parametrize("document", [BUNDLE, MESSAGE_BUNDLE], ids=["envelope", "message"])
def test_no_changed_byte_of_a_bundle_changes_what_it_proves(document: dict[str, Any], data: st.DataObject) -> None:
    good = signed(judged_bundle(document))
    content = encoded(document)
    at = data.draw(st.integers(0, len(content) - 1))
    changed = content[:at] + bytes([data.draw(st.integers(32, 126))]) + content[at + 1 :]
    assume(changed != content)

    outcome = judged_bundle(changed)

    if isinstance(outcome, VerifiedSignature):
        assert (outcome.signer, outcome.covers, outcome.annotations) == (good.signer, good.covers, good.annotations)
        assert changed_fields(document, json.loads(changed)) <= UNSIGNED


def changed_fields(one: Any, other: Any, name: str = "") -> set[str]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return {found for key in one for found in changed_fields(one[key], other[key], key)}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return {found for left, right in zip(one, other, strict=True) for found in changed_fields(left, right, name)}
    return set() if one == other else {name}


@slow_machines
@given(st.binary(min_size=1, max_size=300))
def test_nothing_that_was_not_signed_is_about_the_image(content: bytes) -> None:
    assume(content != PAYLOAD)

    assert isinstance(judged_layer(content, {SIGNATURE: LAYER[SIGNATURE]}), Rejection)


def test_what_is_judged_is_whole_before_it_is_changed() -> None:
    assert signed(judged_layer(PAYLOAD, LAYER)).annotations == {"env": "prod"}
    assert [signed(one).annotations for one in judged_envelope(ENVELOPE)] == [{"env": "prod"}]
    assert signed(judged_bundle(BUNDLE)).origin == Origin("a tag", "bundle")
    assert signed(judged_bundle(MESSAGE_BUNDLE)).covers == Digest.of(IMAGE)
