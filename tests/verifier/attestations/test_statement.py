from __future__ import annotations

import hashlib

import pytest

from tests.support.judging import DIGEST, IMAGE, OTHER
from tests.support.signing import statement
from trust.digest import Digest
from verifier.attestations.statement import parse_statement
from verifier.errors import LimitExceeded, MalformedContent


def test_a_statement_keeps_type_and_predicate() -> None:
    content = statement(DIGEST, predicate_type="https://example.com/review/v1", predicate={"approved": True})

    found = parse_statement(content)

    assert found.predicate_type == "https://example.com/review/v1"
    assert found.predicate == {"approved": True}


def test_a_missing_and_a_null_predicate_are_empty() -> None:
    content = statement(DIGEST)

    assert parse_statement(content.replace(b',"predicate":{}', b"")).predicate == {}
    assert parse_statement(content.replace(b'"predicate":{}', b'"predicate":null')).predicate == {}


def test_fields_that_are_not_known_are_passed_over() -> None:
    subject = {"digest": {"sha256": DIGEST.hex}, "uri": "pkg:docker/app", "mediaType": "x", "content": "eA=="}

    assert parse_statement(statement(subject=[subject], extra=1)).about(DIGEST)


def test_only_the_subjects_with_the_digest_are_about_it() -> None:
    found = parse_statement(statement(OTHER, DIGEST, OTHER))

    assert len(found.subjects) == 3
    assert found.about(DIGEST) == (found.subjects[1],)
    assert found.about(Digest.of(b"neither")) == ()


def test_a_subject_without_an_algorithm_that_is_known_is_about_nothing() -> None:
    found = parse_statement(statement(subject=[{"digest": {"sha1": "0" * 40, "dirHash": "h1:x"}}]))

    assert found.subjects[0].digests == ()
    assert found.about(DIGEST, IMAGE) == ()


def test_content_decides_about_an_algorithm_that_the_digest_does_not_have() -> None:
    found = parse_statement(statement(subject=[{"digest": {"sha512": hashlib.sha512(IMAGE).hexdigest()}}]))

    assert found.about(DIGEST, IMAGE)
    assert not found.about(DIGEST, b"else")
    assert not found.about(DIGEST)


def test_annotations_whose_value_is_no_text_are_left_out() -> None:
    found = parse_statement(statement(DIGEST, annotations={"env": "prod", "n": 1, "x": None, "l": ["a"]}))

    assert found.subjects[0].annotations == {"env": "prod"}


def test_annotations_that_are_no_object_are_malformed() -> None:
    with pytest.raises(MalformedContent, match="annotations"):
        parse_statement(statement(subject=[{"digest": {"sha256": DIGEST.hex}, "annotations": ["env"]}]))


def test_a_number_of_subjects_that_is_not_read_is_a_limit() -> None:
    with pytest.raises(LimitExceeded):
        parse_statement(statement(*[DIGEST] * 1025))


@pytest.mark.parametrize("subjects", [[], [{"digest": {}}]])
def test_a_statement_about_nothing_is_malformed(subjects: list[object]) -> None:
    with pytest.raises(MalformedContent):
        parse_statement(statement(subject=subjects))
