"""References, against the cases of distribution/reference and those that confuse other parsers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust.digest import Digest
from verifier.errors import BadReference
from verifier.reference import LocalImageId, Reference, Repository, canonical_registry, is_path, is_tag

HEX = "f" * 64
DIGEST = f"sha256:{HEX}"
CASES = "distribution-reference/reference_parse_cases.json"

# Where that parser and ours differ, and why ours does what it does.
DIFFERENCES = {
    f"validname@sha512:{'f' * 128}": "Go's digest package has sha512 only where it is linked in; we always have it",
    HEX: "a name there; 64 hexadecimal digits are the id of a local image, which is never asked for",
}


def cases(shared: Path, name: str) -> list[Any]:
    found: list[Any] = json.loads((shared / CASES).read_text())[name]
    return found


def test_every_parse_case_of_distribution_reference_has_its_answer(shared: Path) -> None:
    found = cases(shared, "parse")
    wrong = [case["input"] for case in found if _answer(case["input"]) != _expected(case)]

    assert len(found) == 48
    assert [text for text in wrong if text not in DIFFERENCES] == []


def test_every_name_case_of_distribution_reference_has_its_answer(shared: Path) -> None:
    valid, invalid = cases(shared, "validRepoNames"), cases(shared, "invalidRepoNames")

    assert len(valid) + len(invalid) == 41
    assert [text for text in valid if _answer(text) is None and text not in DIFFERENCES] == []
    assert [text for text in invalid if _answer(text) is not None] == []


def _answer(text: str) -> tuple[str, str | None, str | None] | None:
    try:
        found = Reference.parse(text)
    except BadReference:
        return None
    return found.spelling, found.tag, str(found.digest) if found.digest else None


def _expected(case: dict[str, str]) -> tuple[str, str | None, str | None] | None:
    return None if "err" in case else (case["repository"], case.get("tag"), case.get("digest"))


def test_the_one_accepted_difference_is_a_sha512_digest() -> None:
    text = f"validname@sha512:{'f' * 128}"

    assert str(Reference.parse(text).digest) == f"sha512:{'f' * 128}"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        (f"nginx@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
        (f"nginx:1.27@{DIGEST}", f"docker.io/library/nginx:1.27@{DIGEST}"),
        ("acme/app", "docker.io/acme/app:latest"),
        ("ghcr.io/acme/app:1.4", "ghcr.io/acme/app:1.4"),
        ("GHCR.IO/acme/app:1.4", "ghcr.io/acme/app:1.4"),
        ("ghcr.io:443/acme/app:1.4", "ghcr.io/acme/app:1.4"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
    ],
)
def test_pinning_r1_a_name_has_one_canonical_form_and_keeps_its_spelling(text: str, canonical: str) -> None:
    found = Reference.parse(text)

    assert found.canonical == canonical
    assert str(found) == text


@pytest.mark.parametrize(
    ("text", "repository", "tag"),
    [
        ("foo:5000", "docker.io/library/foo", "5000"),
        ("foo:5000/x", "foo:5000/x", None),
        ("foo:5000/x:5050", "foo:5000/x", "5050"),
        ("localhost:5000/foo", "localhost:5000/foo", None),
    ],
)
def test_pinning_r2_a_number_is_a_port_before_a_slash_and_a_tag_behind_one(
    text: str, repository: str, tag: str | None
) -> None:
    found = Reference.parse(text)

    assert (str(found.repository), found.tag) == (repository, tag)


@pytest.mark.parametrize(
    ("text", "registry"),
    [
        ("localhost/x", "localhost"),
        ("foo.localhost:1/x", "foo.localhost:1"),
        ("[::1]:5000/x", "[::1]:5000"),
        ("Foo/bar", "foo"),
        ("foo/bar", "docker.io"),
        ("foo.bar/x", "foo.bar"),
    ],
)
def test_pinning_r3_r4_the_first_component_is_a_registry_or_is_not(text: str, registry: str) -> None:
    assert Reference.parse(text).repository.registry == registry


@pytest.mark.parametrize("text", ["[fe80::1%eth0]/x", "repo/Bar", "docker.io/Bar", "Uppercase:tag", "foo:5000/Upper/x"])
def test_pinning_r3_r4_zones_and_capitals_in_paths_are_refused(text: str) -> None:
    with pytest.raises(BadReference):
        Reference.parse(text)


@pytest.mark.parametrize(
    "registry", ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "DOCKER.io:443"]
)
def test_pinning_r5_every_name_of_docker_hub_is_one_identity(registry: str) -> None:
    found = Reference.parse(f"{registry}/x")

    assert str(found.repository) == "docker.io/library/x"
    assert found.spelling == f"{registry}/x"


@pytest.mark.parametrize("text", [HEX, DIGEST, "0123456789abcdef" * 4])
def test_pinning_r6_the_id_of_a_local_image_is_named_as_one(text: str) -> None:
    with pytest.raises(LocalImageId) as caught:
        Reference.parse(text)

    assert caught.value.code == "local-image-id"


def test_pinning_r6_its_twins_are_references() -> None:
    assert Reference.parse(HEX[:-1]).repository.path == f"library/{HEX[:-1]}"
    assert Reference.parse(f"docker.io/{HEX}").repository.path == f"library/{HEX}"


@pytest.mark.parametrize(
    "digest",
    [
        "sha256:abc",
        f"sha256:{HEX}0",
        f"sha256:sha256:{HEX}",
        f"sha512:{HEX}",
        f"md5:{HEX[:32]}",
        f"sha256:{HEX.upper()}",
        "",
        HEX,
    ],
)
def test_pinning_r7_a_malformed_digest_is_refused_and_never_a_tag(digest: str) -> None:
    with pytest.raises(BadReference):
        Reference.parse(f"name@{digest}")


def test_pinning_r8_tag_and_digest_are_both_kept() -> None:
    found = Reference.parse(f"nginx:1.27@{DIGEST}")

    assert (found.tag, found.digest) == ("1.27", Digest.parse(DIGEST))
    assert found.effective_tag == "1.27"
    assert Reference.parse(f"nginx@{DIGEST}").effective_tag is None


def test_a_pinned_reference_keeps_its_spelling() -> None:
    assert str(Reference.parse("nginx:1.27").pinned(Digest.parse(DIGEST))) == f"nginx:1.27@{DIGEST}"


@pytest.mark.parametrize(
    ("text", "registry"),
    [
        ("localhost/app", "localhost"),
        ("127.0.0.1.evil.test/app", "127.0.0.1.evil.test"),
        ("evil127.0.0.1.test/app", "evil127.0.0.1.test"),
        ("docker.io.evil.test/app", "docker.io.evil.test"),
    ],
)
def test_reg_15_a_name_never_means_another_registry_than_it_says(text: str, registry: str) -> None:
    assert Reference.parse(text).repository.registry == registry


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("user@host/app", id="a user"),
        pytest.param("host.test:99999/x", id="a port above the last"),
        pytest.param("host.test:0/x", id="port zero"),
        pytest.param("host.test:0443/x", id="a port with a zero before it"),
        pytest.param("host.test:/x", id="a port that is empty"),
        pytest.param("host./x", id="a dot at the end of the host"),
        pytest.param("-host.test/x", id="a dash before the host"),
        pytest.param("host..test/x", id="an empty label"),
        pytest.param("https://host.test/x", id="a scheme"),
        pytest.param("//host.test/x", id="two slashes"),
        pytest.param("host.test\\@evil.test/x", id="a backslash"),
        pytest.param("\uff48ost.test/x", id="a letter that only looks like one"),
        pytest.param("doc\u212aer.io/x", id="the sign for kelvin"),
    ],
)
def test_reg_15_what_two_parsers_could_take_differently_is_refused(text: str) -> None:
    with pytest.raises(BadReference):
        Reference.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("r.test/a/../../v2/_catalog", id="dots in the path"),
        pytest.param("r.test/a//b", id="two slashes"),
        pytest.param("r.test/a/", id="a slash at the end"),
        pytest.param("r.test/a/./b", id="a dot in the path"),
        pytest.param("r.test/a:x%2f..", id="an escape in the tag"),
        pytest.param("r.test/a%2fb:x", id="an escape in the path"),
        pytest.param("r.test/a:x\r\nHost: evil", id="a line end in the tag"),
        pytest.param("r.test/a:x\n", id="a newline at the end"),
        pytest.param("r.test/a\x00b", id="a NUL"),
        pytest.param("r.test/a?n=1", id="a query"),
        pytest.param("r.test/a#b", id="a fragment"),
        pytest.param("r.test/a b", id="a space"),
        pytest.param("r.test/a:" + "x" * 129, id="a tag that is too long"),
        pytest.param("r.test/a:.x", id="a tag that begins with a dot"),
        pytest.param("r.test/a:\uff11", id="a digit that is not ASCII"),
    ],
)
def test_reg_16_nothing_that_would_change_a_request_is_a_reference(text: str) -> None:
    with pytest.raises(BadReference):
        Reference.parse(text)


def test_reg_16_its_twins_are_references() -> None:
    assert Reference.parse("r.test/a/b__c.d-e--f/x_y:" + "x" * 128).tag == "x" * 128


@pytest.mark.parametrize("text", ["x\n", "", "a/b", "..", "-x", "x" * 129, "é"])
def test_what_is_not_a_tag_is_none(text: str) -> None:
    assert is_tag("v1.2_x-3")
    assert not is_tag(text)


@pytest.mark.parametrize("text", ["", "a/", "/a", "a//b", "a/../b", "A", "a\n", "a" * 256, "a:1"])
def test_what_is_not_a_path_is_none(text: str) -> None:
    assert is_path("library/nginx")
    assert not is_path(text)


@pytest.mark.parametrize("text", ["nginx", "docker.io", "ghcr.io/a:1", f"ghcr.io/a@{DIGEST}", ""])
def test_a_repository_is_written_with_its_registry_and_nothing_else(text: str) -> None:
    assert str(Repository.parse("docker.io/nginx")) == "docker.io/library/nginx"
    with pytest.raises(BadReference):
        Repository.parse(text)


@pytest.mark.parametrize("text", ["", "a b", "http://r.test", "r.test/", "r.test:70000", "u@r.test"])
def test_what_is_not_a_registry_is_refused(text: str) -> None:
    assert canonical_registry("R.test:5000") == "r.test:5000"
    with pytest.raises(BadReference):
        canonical_registry(text)


_ALPHANUMERIC = st.text("ab09", min_size=1, max_size=4)
_COMPONENT = st.builds("{}{}{}".format, _ALPHANUMERIC, st.sampled_from([".", "_", "__", "-", "---", ""]), _ALPHANUMERIC)
_REGISTRIES = st.sampled_from(["", "ghcr.io/", "localhost:5000/", "R.test/", "[::1]:5000/", "docker.io:443/"])
_TAGS = st.builds("{}{}".format, st.sampled_from("aZ9_"), st.text("aZ9_.-", max_size=9))


@given(_REGISTRIES, st.lists(_COMPONENT, min_size=1, max_size=4), st.none() | _TAGS, st.booleans())
def test_a_reference_is_written_as_it_was_read_and_its_canonical_form_is_stable(
    registry: str, parts: list[str], tag: str | None, pinned: bool
) -> None:
    text = registry + "/".join(parts) + (f":{tag}" if tag else "") + (f"@{DIGEST}" if pinned else "")
    try:
        found = Reference.parse(text)
    except BadReference:
        return

    assert str(found) == text
    assert Reference.parse(found.canonical).canonical == found.canonical
    assert Reference.parse(found.canonical).repository == found.repository


@given(st.text(max_size=60))
def test_no_text_makes_the_parser_raise_anything_else(text: str) -> None:
    try:
        assert str(Reference.parse(text)) == text
    except BadReference as error:
        assert error.message.isprintable()
