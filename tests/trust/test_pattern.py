"""The pattern language: what matches, what is refused, and when one pattern covers another."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust.errors import PolicyError
from trust.pattern import Pattern, registry_objection

_MATCHES = [
    ("docker.io/library/nginx", "docker.io/library/nginx"),
    ("ghcr.io/acme/*", "ghcr.io/acme/app"),
    ("ghcr.io/acme/**", "ghcr.io/acme/app"),
    ("ghcr.io/acme/**", "ghcr.io/acme/team/app"),
    ("ghcr.io/**/app", "ghcr.io/acme/team/app"),
    ("ghcr.io/**/app", "ghcr.io/acme/app"),
    ("ghcr.io/**/app/**", "ghcr.io/a/app/b/app/c"),
    ("ghcr.io/*/app", "ghcr.io/acme/app"),
    ("ghcr.io/acme/app-*", "ghcr.io/acme/app-web"),
    ("ghcr.io/acme/*-web-*", "ghcr.io/acme/a-web-web-b"),
    ("ghcr.io/acme/a*b*a", "ghcr.io/acme/aba"),
    ("*.corp.io/app", "eu.corp.io/app"),
    ("reg-*.corp.io/app", "reg-1.corp.io/app"),
    ("corp.io:*/app", "corp.io:5000/app"),
    ("corp.io:5000/**", "corp.io:5000/app"),
    ("localhost:5000/app", "localhost:5000/app"),
    ("localhost/app", "localhost/app"),
    ("[::1]:5000/app", "[::1]:5000/app"),
    ("*/acme/app", "corp.io:5000/acme/app"),
    ("*/**", "ghcr.io/acme/app"),
    ("**", "docker.io/library/nginx"),
    ("docker.io/**", "docker.io/library/nginx"),
    ("ghcr.io/**/**", "ghcr.io/a/b"),
    ("ghcr.io/**/*/x", "ghcr.io/a/b/x"),
]
_NO_MATCH = [
    ("ghcr.io/acme/*", "ghcr.io/acme/team/app"),
    ("ghcr.io/acme/*", "ghcr.io/acme"),
    ("ghcr.io/acme/**", "ghcr.io/acme"),
    ("ghcr.io/acme/**", "ghcr.io/acme-evil/app"),
    ("ghcr.io/acme/**", "ghcr.io.evil.test/acme/app"),
    ("ghcr.io/acme/**", "evil.test/ghcr.io/acme/app"),
    ("ghcr.io/**/app", "ghcr.io/app"),
    ("ghcr.io/**/app", "ghcr.io/acme/app2"),
    ("ghcr.io/*/app", "ghcr.io/a/b/app"),
    ("ghcr.io/acme/app*b", "ghcr.io/acme/app"),
    ("ghcr.io/acme/ab*ba", "ghcr.io/acme/aba"),
    ("ghcr.io/acme/*-web-*", "ghcr.io/acme/a-web"),
    ("*.corp.io/app", "a.evil.corp.io/app"),
    ("*.corp.io/app", "corp.io/app"),
    ("*.corp.io/app", "a.corp.io.evil.test/app"),
    ("*.corp.io/app", "a.corp.io:5000/app"),
    ("*.corp.io/app", "eu.evil.io/app"),
    ("reg-*.corp.io/app", "web-1.corp.io/app"),
    ("corp.io:*/app", "evil.io:5000/app"),
    ("corp.io*/app", "corp.io:5000/app"),
    ("corp.io*/app", "corp.io.evil.test/app"),
    ("corp.*/app", "corp.io:5000/app"),
    ("docker.io/library/nginx", "docker.io/library/nginx2"),
    ("docker.io/library/nginx", "docker.io/library/nginx\n"),
    ("ghcr.io/**/**", "ghcr.io/a"),
    ("ghcr.io/**/*/x", "ghcr.io/a/x"),
    ("*/app", "ghcr.io/acme/app"),
    ("*/app", "/app"),
    ("ghcr.io/*", "ghcr.io/"),
]


@pytest.mark.parametrize(("pattern", "repository"), _MATCHES)
def test_a_pattern_matches(pattern: str, repository: str) -> None:
    assert Pattern.parse(pattern).matches(repository)


@pytest.mark.parametrize(("pattern", "repository"), _NO_MATCH)
def test_a_pattern_does_not_match(pattern: str, repository: str) -> None:
    assert not Pattern.parse(pattern).matches(repository)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("", "lower-case ASCII", id="empty"),
        pytest.param("ghcr.io/a b", "lower-case ASCII", id="space"),
        pytest.param("ghcr.io/nginx\n", "lower-case ASCII", id="line end"),
        pytest.param("ghcr.io/ng\u0456nx/x", "lower-case ASCII", id="look-alike"),
        pytest.param("ghcr.io/Acme/*", "lower case", id="capitals"),
        pytest.param("ghcr.io/" + "a" * 512, "lower-case ASCII", id="too long"),
        pytest.param("https://ghcr.io/acme", "scheme", id="scheme"),
        pytest.param("http:\\\\ghcr.io\\acme", "scheme", id="backslashes"),
        pytest.param("ghcr.io/acme@sha256:aa", "digests", id="digest"),
        pytest.param("ghcr.io/acme/app:1.4", "without tags", id="tag"),
        pytest.param("nginx", "registry and path", id="short name"),
        pytest.param("*", "registry and path", id="star alone"),
        pytest.param("ghcr.io", "registry and path", id="registry alone"),
        pytest.param("acme/app", "docker.io/acme/", id="no registry"),
        pytest.param("acme*/app", "write the registry too", id="wildcard that is no registry"),
        pytest.param("docker.io/nginx", "docker.io/library/nginx", id="official image without library"),
        pytest.param("docker.io/*", "docker.io/library/*", id="official images without library"),
        pytest.param("index.docker.io/acme/app", "`docker.io`", id="another name of Docker Hub"),
        pytest.param("registry-1.docker.io/acme/app", "`docker.io`", id="a host of Docker Hub"),
        pytest.param("ghcr.io:443/acme/app", "left out", id="default port"),
        pytest.param("ghcr.io:0443/acme/app", "ports", id="port with zeros"),
        pytest.param("ghcr.io:65536/acme/app", "ports", id="port too high"),
        pytest.param("ghcr.io:123456/acme/app", "ports", id="port too long"),
        pytest.param("ghcr.io:/acme/app", "host name", id="no port"),
        pytest.param("ghcr.io./acme/app", "host name", id="dot at the end"),
        pytest.param("-ghcr.io/acme/app", "host name", id="hyphen first"),
        pytest.param("[*]:5000/app", "host name", id="wildcard in an address"),
        pytest.param("ghcr.io//app", "empty part", id="empty segment"),
        pytest.param("ghcr.io/app/", "empty part", id="slash at the end"),
        pytest.param("/acme/app", "host name", id="slash first"),
        pytest.param("ghcr.io/-app", "cannot be part", id="segment that no repository has"),
        pytest.param("ghcr.io/a..b", "cannot be part", id="two dots"),
        pytest.param("ghcr.io/[a]*", "cannot be part", id="character class"),
        pytest.param("ghcr.io/**app", "whole path segment", id="stars beside characters"),
        pytest.param("ghcr.io/***", "whole path segment", id="three stars"),
        pytest.param("ghcr**/app", "whole path segment", id="stars in the registry"),
        pytest.param("**/app", "write `*/app`", id="stars as the registry"),
    ],
)
def test_what_could_never_match_is_refused_with_the_way_out(text: str, hint: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Pattern.parse(text)

    assert hint in str(caught.value.hint)


def test_a_loopback_port_443_stays_in_a_pattern_as_it_does_in_a_reference() -> None:
    assert Pattern.parse("localhost:443/app").matches("localhost:443/app")


def test_a_pattern_shows_its_text() -> None:
    assert str(Pattern.parse("ghcr.io/acme/**")) == "ghcr.io/acme/**"


@pytest.mark.parametrize(
    ("pattern", "registry", "may"),
    [
        ("ghcr.io/acme/**", "ghcr.io", True),
        ("ghcr.io/acme/**", "ghcr.io:5000", False),
        ("*.corp.io/**", "eu.corp.io", True),
        ("*/acme/app", "corp.io:5000", True),
        ("**", "corp.io", True),
        ("docker.io/library/nginx", "docker.io", True),
        ("docker.io/library/nginx", "ghcr.io", False),
    ],
)
def test_a_pattern_knows_the_registries_it_can_match_in(pattern: str, registry: str, *, may: bool) -> None:
    assert Pattern.parse(pattern).may_match_registry(registry) is may


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("**", "ghcr.io/acme/app"),
        ("**", "*/**"),
        ("*/**", "**"),
        ("ghcr.io/**", "ghcr.io/acme/*"),
        ("ghcr.io/acme/**", "ghcr.io/acme/**"),
        ("ghcr.io/acme/*", "ghcr.io/acme/a*"),
        ("ghcr.io/acme/*a*", "ghcr.io/acme/b*a"),
        ("ghcr.io/**/*", "ghcr.io/*/**"),
        ("ghcr.io/*/**", "ghcr.io/**/*"),
        ("ghcr.io/**", "ghcr.io/**/a/**/b"),
        ("ghcr.io/**/a", "ghcr.io/x/**/a"),
        ("*.io/x", "ghcr.io/x"),
        ("*/x", "ghcr.io:5000/x"),
        ("*.*/x", "*.io/x"),
    ],
)
def test_a_pattern_covers_another(wide: str, narrow: str) -> None:
    assert Pattern.parse(wide).covers(Pattern.parse(narrow))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ghcr.io/acme/app", "ghcr.io/acme/*"),
        ("ghcr.io/acme/*", "ghcr.io/acme/**"),
        ("ghcr.io/*/*", "ghcr.io/**"),
        ("ghcr.io/**/*", "ghcr.io/**"),
        ("ghcr.io/a*", "ghcr.io/*a"),
        ("*.io/x", "*/x"),
        ("ghcr.io/**", "**"),
        ("ghcr.io/**/a/b", "ghcr.io/**/b"),
        ("*.corp.io/x", "*.eu.corp.io/x"),
    ],
)
def test_a_pattern_does_not_cover_what_matches_more(one: str, other: str) -> None:
    assert not Pattern.parse(one).covers(Pattern.parse(other))


# Few letters, so that patterns and names meet often.
_NAMES = st.sampled_from(["a", "b", "aa", "ab", "ba", "aba"])
_REPOSITORIES = st.builds(
    lambda host, path: "/".join([host, *path]),
    st.sampled_from(["a.b", "b.a", "aa.b", "a.b.a", "a.b:5", "b.a:5", "localhost"]),
    st.lists(_NAMES, min_size=1, max_size=4),
)
_SEGMENTS = st.one_of(_NAMES, st.sampled_from(["*", "**", "a*", "*a", "a*a", "*b*", "a*b*a"]))
_PATTERNS = st.one_of(
    st.just("**"),
    st.builds(
        lambda host, path: "/".join([host, *path]),
        st.sampled_from(["a.b", "*", "*.b", "a*.b", "*.*", "*.b.*", "a.b:*"]),
        st.lists(_SEGMENTS, min_size=1, max_size=4),
    ),
)


@given(_PATTERNS, _PATTERNS, _REPOSITORIES)
def test_whatever_a_covered_pattern_matches_the_covering_one_matches(wide: str, narrow: str, repository: str) -> None:
    one, other = Pattern.parse(wide), Pattern.parse(narrow)

    if one.covers(other) and other.matches(repository):
        assert one.matches(repository)


@given(_PATTERNS, _REPOSITORIES)
def test_matching_and_covering_a_literal_are_the_same(pattern: str, repository: str) -> None:
    assert Pattern.parse(pattern).matches(repository) is Pattern.parse(pattern).covers(Pattern.parse(repository))


@given(_PATTERNS)
def test_every_pattern_covers_itself(pattern: str) -> None:
    assert Pattern.parse(pattern).covers(Pattern.parse(pattern))


@given(_REPOSITORIES, _REPOSITORIES)
def test_a_literal_pattern_matches_itself_alone(one: str, other: str) -> None:
    assert Pattern.parse(one).matches(other) is (one == other)


@given(_PATTERNS, _REPOSITORIES)
def test_matching_agrees_with_splitting_in_every_way(pattern: str, repository: str) -> None:
    assert Pattern.parse(pattern).matches(repository) is _matches_by_trying(pattern, repository)


@given(st.text(max_size=40))
def test_no_text_makes_the_pattern_parser_raise_anything_else(text: str) -> None:
    try:
        assert Pattern.parse(text).text == text
    except PolicyError as error:
        assert error.hint is not None


def test_a_pattern_full_of_wildcards_is_matched_quickly() -> None:
    within = Pattern.parse("ghcr.io/" + "a*" * 200 + "b")
    across = Pattern.parse("ghcr.io/" + "**/a/" * 80 + "b")
    started = time.perf_counter()

    assert not within.matches("ghcr.io/" + "a" * 4000)
    assert not across.matches("ghcr.io/" + "a/" * 2000 + "c")
    assert across.covers(across)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("registry", ["ghcr.io", "localhost", "127.0.0.1:443", "[::1]", "a.b:1"])
def test_a_canonical_registry_has_no_objection(registry: str) -> None:
    assert registry_objection(registry) is None


def _matches_by_trying(pattern: str, repository: str) -> bool:
    """The same question by the slowest and plainest way: every split of every name."""
    if pattern == "**":
        return True
    host, *path = pattern.split("/")
    name, *segments = repository.split("/")
    if host != "*":
        labels, found = _labels(host), _labels(name)
        if len(labels) != len(found) or not all(map(_segment, labels, found)):
            return False
    return _segments(path, segments)


def _labels(host: str) -> list[str]:
    return host.replace(":", ".:.").split(".")


def _segments(pattern: list[str], found: list[str]) -> bool:
    if not pattern or not found:
        return not pattern and not found
    if pattern[0] == "**":
        return any(_segments(pattern[1:], found[count:]) for count in range(1, len(found) + 1))
    return _segment(pattern[0], found[0]) and _segments(pattern[1:], found[1:])


def _segment(pattern: str, found: str) -> bool:
    return found != "" if pattern == "*" else _characters(pattern, found)


def _characters(pattern: str, found: str) -> bool:
    if not pattern:
        return not found
    if pattern[0] == "*":
        return any(_characters(pattern[1:], found[count:]) for count in range(len(found) + 1))
    return found[:1] == pattern[0] and _characters(pattern[1:], found[1:])


@pytest.mark.parametrize("name", ["oci:layout", "oci:layout/", "oci:./layout", "oci:/srv/images//layout", "oci:."])
def test_every_image_includes_images_in_layouts(name: str) -> None:
    assert Pattern.parse("**").matches(name)
