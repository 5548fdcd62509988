"""Digests as text, and content held to them."""

from __future__ import annotations

import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust.digest import BadDigest, Digest, DigestMismatch

HEX = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_digest_is_read_and_written_as_the_same_text(algorithm: str) -> None:
    text = f"{algorithm}:{hashlib.new(algorithm, b'x').hexdigest()}"

    assert str(Digest.parse(text)) == text
    assert Digest.parse(text).matches(b"x")
    assert not Digest.parse(text).matches(b"y")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(HEX, id="no algorithm"),
        pytest.param(f"sha256:{HEX[:-1]}", id="a digit short"),
        pytest.param(f"sha256:{HEX}0", id="a digit long"),
        pytest.param(f"sha512:{HEX}", id="the length of the other algorithm"),
        pytest.param(f"sha256:{HEX * 2}", id="the length of the other algorithm, twice"),
        pytest.param(f"sha256:{HEX.upper()}", id="capitals"),
        pytest.param(f"SHA256:{HEX}", id="capitals in the algorithm"),
        pytest.param(f"sha256:{HEX}\n", id="a final newline"),
        pytest.param(f" sha256:{HEX}", id="a space before it"),
        pytest.param(f"sha256:{HEX[:-1]}٣", id="a digit that is not ASCII"),
        pytest.param(f"md5:{HEX[:32]}", id="md5"),
        pytest.param(f"sha1:{HEX[:40]}", id="sha1"),
        pytest.param(f"shake_128:{HEX}", id="an algorithm of hashlib"),
        pytest.param(f"sha256+b64:{HEX}", id="an algorithm with a component"),
        pytest.param("sha256:../../../etc/passwd", id="a path"),
        pytest.param(f"sha256:{HEX}/../x", id="a path behind it"),
    ],
)
def test_what_is_not_a_whole_canonical_digest_is_refused(text: str) -> None:
    with pytest.raises(BadDigest):
        Digest.parse(text)


def test_content_with_another_digest_is_an_error_that_names_both_sides() -> None:
    digest = Digest.of(b"x")

    assert digest.check(b"x", "the blob") == b"x"
    with pytest.raises(DigestMismatch, match=f"the blob .*{digest}.* 2 bytes"):
        digest.check(b"xy", "the blob")


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_content_matches_the_digest_of_itself_alone(content: bytes, other: bytes) -> None:
    assert Digest.of(content).matches(content)
    assert Digest.of(content).matches(other) == (content == other)


@given(st.text(max_size=80))
def test_no_text_makes_the_parser_raise_anything_else(text: str) -> None:
    with contextlib.suppress(BadDigest):
        assert str(Digest.parse(text)) == text
