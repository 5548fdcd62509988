"""Files of a project that were written to mislead: bombs, tags, hidden and doubled images, look-alikes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.compose import image, loaded, texts, write_files
from trust.errors import ImgtrustError
from verifier.errors import BadReference, LimitExceeded, SourceError
from verifier.reference import Reference

GOOD = "services:\n  web:\n    image: good:1\n"


class _Watched:
    """What the process does while it is looked at. An audit hook cannot be taken away, so there is one."""

    events: list[str] | None = None


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _Watched.events is None:
        return
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event in ("os.system", "subprocess.Popen", "os.exec", "os.mkdir", "os.rename", "socket.connect"):
        _Watched.events.append(f"{event} {arguments[:1]}")


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[list[str]]:
    _Watched.events = found = []
    try:
        yield found
    finally:
        _Watched.events = None


def refusal(directory: Path, files: str | dict[str, str | bytes], /, **request: object) -> ImgtrustError:
    with pytest.raises(ImgtrustError) as caught:
        loaded(directory, files, **request)
    return caught.value


# FIL-01: aliases that expand to millions of nodes, or into themselves.

BOMB = "x-0: &a0 [a, a, a, a, a, a, a, a, a]\n" + "".join(
    f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


def test_fil_01_an_alias_bomb_is_refused_before_it_is_expanded(tmp_path: Path) -> None:
    error = refusal(tmp_path, BOMB + GOOD)

    assert isinstance(error, LimitExceeded)
    assert "100000 nodes" in error.message


def test_fil_01_a_bomb_of_merge_keys_is_refused(tmp_path: Path) -> None:
    merges = "x-0: &a0 {" + ", ".join(f"k{n}: v" for n in range(50)) + "}\n"
    merges += "".join(
        f"x-{n}: &a{n} {{{', '.join(f'k{m}: {{<<: *a{n - 1}}}' for m in range(9))}}}\n" for n in range(1, 9)
    )

    assert isinstance(refusal(tmp_path, merges + GOOD), LimitExceeded)


@pytest.mark.parametrize("cycle", ["&a [*a]", "&a {b: *a}", "&a {<<: *a}", "&a [{b: [*a]}]"])
def test_fil_01_an_alias_into_itself_is_refused(tmp_path: Path, cycle: str) -> None:
    error = refusal(tmp_path, f"x-a: {cycle}\n{GOOD}")

    assert isinstance(error, SourceError)
    assert "is inside of what it names" in error.message


def test_fil_01_aliases_in_their_measure_are_read(tmp_path: Path) -> None:
    text = "x-0: &a0 [a, a]\nx-1: &a1 [*a0, *a0]\nx-2: [*a1, *a1]\n" + GOOD

    assert texts(loaded(tmp_path, text)) == {"services.web.image": "good:1"}


# FIL-02: tags that make other readers run code.


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system",
        "!!python/object/new:subprocess.Popen",
        "!!python/name:os.system",
        "!<tag:yaml.org,2002:python/object/apply:os.system>",
        "!ruby/object:Gem::Installer",
        "!!binary",
        "!!timestamp",
        "!include",
    ],
)
def test_fil_02_a_tag_that_could_run_something_is_refused_and_runs_nothing(tmp_path: Path, tag: str) -> None:
    write_files(tmp_path, {"compose.yaml": f"x-a: {tag} ['touch owned']\n{GOOD}"})

    with watched() as events:
        error = refusal(tmp_path, {})

    assert isinstance(error, SourceError)
    assert error.message.startswith("compose.yaml:1:6: the tag `")
    assert events == []
    assert not (tmp_path / "owned").exists()


def test_fil_02_the_tags_of_yaml_and_of_compose_are_read(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  web:\n    image: !!str 1.5\n    build: .\n",
        "compose.override.yaml": "services:\n  web: !override\n    image: good:1\n  old: !reset\n",
    }

    assert texts(loaded(tmp_path, files)) == {"services.web.image": "good:1"}


# FIL-03: an attribute given twice, of which readers take different ones.


@pytest.mark.parametrize(
    ("text", "places"),
    [
        pytest.param(GOOD + "    image: evil:1\n", ("compose.yaml:4:5", "compose.yaml:3:5"), id="image"),
        pytest.param(GOOD + '    "image": evil:1\n', ("compose.yaml:4:5", "compose.yaml:3:5"), id="quoted"),
        pytest.param(GOOD + "  web: {image: evil:1}\n", ("compose.yaml:4:3", "compose.yaml:2:3"), id="service"),
        pytest.param(GOOD + "services: {}\n", ("compose.yaml:4:1", "compose.yaml:1:1"), id="services"),
        pytest.param(GOOD + "    <<: {a: b}\n    <<: {c: d}\n", ("compose.yaml:5:5", "compose.yaml:4:5"), id="merge"),
        pytest.param(
            "x-k: &k image\n" + GOOD + "    *k : evil:1\n", ("compose.yaml:5:5", "compose.yaml:4:5"), id="alias"
        ),
    ],
)
def test_fil_03_a_key_given_twice_is_refused_with_both_places(
    tmp_path: Path, text: str, places: tuple[str, str]
) -> None:
    error = refusal(tmp_path, text)

    assert isinstance(error, SourceError)
    assert error.message.startswith(places[0] + ": the key `")
    assert f"is given twice, first at {places[1]}" in error.message


def test_fil_03_the_same_key_in_two_services_is_read(tmp_path: Path) -> None:
    assert len(loaded(tmp_path, GOOD + "  db:\n    image: good:2\n").images) == 2


# FIL-04: merge keys and shared anchors that hide which image a service runs.


def test_fil_04_every_service_of_a_shared_anchor_is_found_at_the_anchor(tmp_path: Path) -> None:
    text = "x-i: &i evil:1\nservices:\n  web:\n    image: *i\n  db:\n    image: *i\n"

    project = loaded(tmp_path, text)

    assert texts(project) == {"services.web.image": "evil:1", "services.db.image": "evil:1"}
    assert {str(use.place) for use in project.images} == {"compose.yaml:1:9"}


def test_fil_04_the_image_of_a_merge_key_is_found(tmp_path: Path) -> None:
    text = "x-b: &b {image: evil:1}\nservices:\n  web:\n    <<: *b\n    command: x\n"

    assert texts(loaded(tmp_path, text)) == {"services.web.image": "evil:1"}


@pytest.mark.parametrize("order", ["    <<: *b\n    image: good:1\n", "    image: good:1\n    <<: *b\n"])
def test_fil_04_what_is_written_in_a_service_counts_more_than_what_is_merged(tmp_path: Path, order: str) -> None:
    text = f"x-b: &b {{image: other:1}}\nservices:\n  web:\n{order}"

    assert texts(loaded(tmp_path, text)) == {"services.web.image": "good:1"}


def test_fil_04_an_anchor_that_is_given_again_is_the_nearest_before_its_use(tmp_path: Path) -> None:
    text = "x-a: &i good:1\nx-b: &i evil:1\nservices:\n  web:\n    image: *i\nx-c: &i good:2\n"

    assert texts(loaded(tmp_path, text)) == {"services.web.image": "evil:1"}


# FIL-05: what runs is in another file, document, variable or profile than the one that is looked at.

EVIL = GOOD.replace("good", "evil")


@pytest.mark.parametrize(
    ("files", "request_"),
    [
        pytest.param({"compose.yaml": GOOD, "compose.override.yml": EVIL}, {}, id="override"),
        pytest.param({"compose.yaml": GOOD, "b.yaml": EVIL}, {"files": ("compose.yaml", "b.yaml")}, id="files"),
        pytest.param({"compose.yaml": GOOD + "---\n" + EVIL}, {}, id="second-document"),
        pytest.param(
            {"compose.yaml": GOOD.replace("good:1", "${I:-good:1}"), ".env": "I=evil:1\n"}, {}, id="env-file"
        ),
        pytest.param(
            {"compose.yaml": GOOD.replace("good:1", "${I:-good:1}")},
            {"environment": {"I": "evil:1"}},
            id="environment",
        ),
        pytest.param(
            {"compose.yaml": "services:\n  web:\n    extends: {file: b.yaml, service: web}\n", "b.yaml": EVIL},
            {},
            id="extends",
        ),
        pytest.param({"compose.yaml": "include: [b.yaml]\nname: x\n", "b.yaml": EVIL}, {}, id="include"),
        pytest.param(
            {"compose.yaml": EVIL, "compose.override.yml": "services:\n  web:\n    image: !reset null\n    build: .\n"
             "---\nservices:\n  web: !override\n    image: evil:1\n"},
            {},
            id="reset-and-override",
        ),
        pytest.param({"compose.yaml": GOOD, ".env": "COMPOSE_FILE=b.yaml\n", "b.yaml": EVIL}, {}, id="compose-file"),
        pytest.param({"compose.yaml": EVIL + "    profiles: [never]\n"}, {}, id="profile"),
        pytest.param(
            {"compose.yaml": "include: [sub/b.yaml]\nname: x\n", "sub/b.yaml": GOOD.replace("good:1", "${I:-good:1}"),
             "sub/.env": "I=evil:1\n"},
            {},
            id="env-file-of-an-include",
        ),
    ],
)  # fmt: skip
def test_fil_05_the_image_that_would_run_is_the_one_that_is_judged(
    tmp_path: Path, files: dict[str, str | bytes], request_: dict[str, object]
) -> None:
    assert texts(loaded(tmp_path, files, **request_)) == {"services.web.image": "evil:1"}


def test_fil_05_a_default_counts_where_nothing_overrides_it(tmp_path: Path) -> None:
    project = loaded(tmp_path, GOOD.replace("good:1", "${I:-good:1}"))

    assert texts(project) == {"services.web.image": "good:1"}
    assert project.notes == ()


def test_fil_05_a_variable_without_a_value_is_never_passed_over(tmp_path: Path) -> None:
    project = loaded(tmp_path, GOOD.replace("good:1", "good:1${SUFFIX}"))

    assert [note.code for note in project.notes] == ["variable-unset"]
    assert isinstance(refusal(tmp_path, GOOD.replace("good:1", "${SUFFIX}")), SourceError)


def test_fil_05_a_comment_cannot_hide_an_attribute_behind_a_line_end_that_nobody_sees(tmp_path: Path) -> None:
    error = refusal(tmp_path, "services:\n  web:\n    build: . # the app\u2028    image: evil:1\n")

    assert error.message.startswith("compose.yaml:3:23: U+2028 ends a line for Compose")


# FIL-06: what is fetched from elsewhere, and could write outside of its folder.


@pytest.mark.parametrize("file", ["oci://127.0.0.1:1/evil:1", "https://127.0.0.1:1/a.git", "git@127.0.0.1:a/b.git"])
def test_fil_06_nothing_is_fetched_or_written(tmp_path: Path, file: str) -> None:
    write_files(tmp_path, {"compose.yaml": f"include: ['{file}']\n{GOOD}"})
    before = sorted(tmp_path.rglob("*"))

    with watched() as events:
        project = loaded(tmp_path, {})

    assert events == []
    assert sorted(tmp_path.rglob("*")) == before
    assert [note.code for note in project.notes] == ["remote-file"]
    assert texts(project) == {"services.web.image": "good:1"}


def test_fil_06_a_file_beside_it_is_included_without_a_note(tmp_path: Path) -> None:
    project = loaded(tmp_path, {"compose.yaml": "include: [b.yaml]\nname: x\n", "b.yaml": GOOD})

    assert project.notes == ()
    assert texts(project) == {"services.web.image": "good:1"}


# FIL-12: hostile JSON, which is YAML too.


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"services": ' + "[" * 100_000, id="depth"),
        pytest.param('{"a": ' * 1000 + "1" + "}" * 1000, id="depth-closed"),
        pytest.param('{"services": {"web": {"image": ' + "9" * 5000 + "}}}", id="digits"),
        pytest.param('{"services": {"web": {"image": .nan}}}', id="nan"),
        pytest.param('{"services": {"web": {"image": "\\ud800"}}}', id="surrogate"),
        pytest.param('{"services": {"web": {"image": "a\x00b"}}}', id="nul"),
        pytest.param('{"services": {}}'.encode("utf-16"), id="utf-16"),
        pytest.param(b'{"services": {"web": {"image": "\xed\xa0\x80"}}}', id="surrogate-bytes"),
        pytest.param('{"services": {"web": {"image": "a", "image": "b"}}}', id="twice"),
        pytest.param("- " * 300 + "a", id="depth-of-a-block"),
        pytest.param("\n".join(" " * at + "a:" for at in range(300)), id="depth-of-a-mapping"),
    ],
)
def test_fil_12_hostile_json_is_refused_and_nothing_else(tmp_path: Path, text: str | bytes) -> None:
    error = refusal(tmp_path, {"compose.yaml": text})

    assert isinstance(error, SourceError | LimitExceeded)


def test_fil_12_a_project_in_json_is_read(tmp_path: Path) -> None:
    project = loaded(tmp_path, '{"services": {"web": {"image": "good:1"}}}')

    assert str(image(project, "services.web.image").place) == "compose.yaml:1:32"


# FIL-15: references that look like others.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("ng\u0456nx:1", "\\u0456", id="cyrillic"),
        pytest.param("nginx\u202e:1", "\\u202e", id="right-to-left"),
        pytest.param("nginx\u200b:1", "\\u200b", id="zero-width"),
        pytest.param("nginx\uff1a1", "\\uff1a", id="full-width-colon"),
    ],
)
def test_fil_15_a_look_alike_is_no_reference_and_is_shown_as_it_is(tmp_path: Path, text: str, shown: str) -> None:
    (use,) = loaded(tmp_path, GOOD.replace("good:1", text)).images

    with pytest.raises(BadReference) as caught:
        Reference.parse(use.text)
    assert shown in caught.value.message


def test_fil_15_what_it_looks_like_is_a_reference(tmp_path: Path) -> None:
    (use,) = loaded(tmp_path, GOOD.replace("good:1", "nginx:1")).images

    assert Reference.parse(use.text).canonical == "docker.io/library/nginx:1"
