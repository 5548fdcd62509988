from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from verifier.errors import RegistryError
from verifier.registry.challenge import HEADER_LIMIT, Challenge, parse_challenges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer realm="https://a.test/t"', [("bearer", {"realm": "https://a.test/t"})]),
        ("Basic", [("basic", {})]),
        ("Negotiate, Basic realm=x", [("negotiate", {}), ("basic", {"realm": "x"})]),
        (
            'Bearer realm="https://a.test/t",service="s",scope="repository:a:pull,push", Basic realm="b"',
            [
                ("bearer", {"realm": "https://a.test/t", "service": "s", "scope": "repository:a:pull,push"}),
                ("basic", {"realm": "b"}),
            ],
        ),
        (' , Basic realm = "a, Bearer realm=b" , ', [("basic", {"realm": "a, Bearer realm=b"})]),
        (r'Basic realm="a \"quoted\" \\ word"', [("basic", {"realm": r'a "quoted" \ word'})]),
        ("Negotiate YWJj==, Basic realm=x", [("negotiate", {}), ("basic", {"realm": "x"})]),
        ('BEARER REALM="x"', [("bearer", {"realm": "x"})]),
        ("Bearer realm=", [("bearer", {})]),
        ("", []),
    ],
)
def test_challenges_are_read(header: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert parse_challenges(header) == tuple(Challenge(scheme, names) for scheme, names in expected)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param('Bearer realm="a",realm="b"', id="a parameter twice"),
        pytest.param('Bearer realm="a",REALM="b"', id="a parameter twice in other letters"),
        pytest.param('Bearer realm="a', id="an open quote"),
        pytest.param('Bearer realm="a" service="b"', id="no comma"),
        pytest.param('Bearer realm="a"x', id="something behind a quote"),
        pytest.param('Bearer ="a"', id="no name"),
        pytest.param('Bearer realm="a\nb"', id="a line end"),
        pytest.param("@", id="no scheme"),
        pytest.param("Basic, " * 40, id="many challenges"),
        pytest.param("Bearer realm=" + "x" * HEADER_LIMIT, id="long"),
    ],
)
def test_net_15_what_two_readers_could_read_differently_is_refused(header: str) -> None:
    with pytest.raises(RegistryError):
        parse_challenges(header)


@given(st.text(alphabet=st.sampled_from('abB=",\\ \t;/:é'), max_size=60))
@example("Bearer a=b=c")
def test_net_15_no_header_raises_anything_else(header: str) -> None:
    try:
        found = parse_challenges(header)
    except RegistryError:
        return
    assert all(challenge.scheme for challenge in found)
