from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.compose import image, loaded, texts, write_files
from trust.errors import ImgtrustError
from verifier.errors import LimitExceeded, SourceError, UsageError
from verifier.files.compose.loader import load_project
from verifier.files.compose.project import ImageKind, ProjectRequest
from verifier.files.place import Place


def refusal(directory: Path, files: str | dict[str, str | bytes], /, **request: object) -> str:
    with pytest.raises(ImgtrustError) as caught:
        loaded(directory, files, **request)
    return caught.value.message


def test_an_image_has_its_field_its_service_and_its_place(tmp_path: Path) -> None:
    project = loaded(tmp_path, "services:\n  web:\n    # c\n    image:  'a:1'\n")

    (use,) = project.images
    assert (use.text, use.field, use.service) == ("a:1", "services.web.image", "web")
    assert use.place == Place("compose.yaml", 4, 13)
    assert use.how == ()
    assert use.kind is ImageKind.IMAGE
    assert use.pulled
    assert use.skipped is None
    assert project.files == ("compose.yaml",)
    assert project.unknown == ()


@pytest.mark.parametrize(
    ("files", "request_", "place", "how"),
    [
        pytest.param(
            {"compose.yaml": "x-i: &img a:1\nservices:\n  web:\n    image: *img\n"},
            {},
            "compose.yaml:1:11",
            ("alias of &img (compose.yaml:1:11)",),
            id="alias",
        ),
        pytest.param(
            {"compose.yaml": "x-b: &b\n  image: a:1\nservices:\n  web:\n    <<: *b\n"},
            {},
            "compose.yaml:2:10",
            ("merged by << from &b (compose.yaml:1:6)",),
            id="merge-key",
        ),
        pytest.param(
            {"compose.yaml": "services:\n  web:\n    image: a:${T}\n", ".env": "T=1\n"},
            {},
            "compose.yaml:3:12",
            ("variable T from .env",),
            id="env-file",
        ),
        pytest.param(
            {"compose.yaml": "services:\n  web:\n    image: a:${T}\n", ".env": "T=2\n"},
            {"environment": {"T": "1"}},
            "compose.yaml:3:12",
            ("variable T from the environment",),
            id="environment",
        ),
        pytest.param(
            {"compose.yaml": "services:\n  web:\n    image: a:${T:-1}\n"},
            {},
            "compose.yaml:3:12",
            ("default of ${T:-1}",),
            id="default",
        ),
        pytest.param(
            {
                "compose.yaml": "services:\n  web:\n    extends: {file: base.yaml, service: app}\n",
                "base.yaml": "services:\n  app:\n    image: a:1\n",
            },
            {},
            "base.yaml:3:12",
            ("extends base.yaml services.app (compose.yaml:3:14)",),
            id="extends",
        ),
        pytest.param(
            {"compose.yaml": "include: [inc.yaml]\nname: x\n", "inc.yaml": "services:\n  web:\n    image: a:1\n"},
            {},
            "inc.yaml:3:12",
            ("included by compose.yaml:1:11",),
            id="include",
        ),
        pytest.param(
            {
                "compose.yaml": "services:\n  web:\n    image: base:1\n",
                "compose.override.yaml": "services:\n  web:\n    image: a:1\n",
            },
            {},
            "compose.override.yaml:3:12",
            (),
            id="override",
        ),
    ],
)
def test_an_image_tells_how_it_got_there(
    tmp_path: Path, files: dict[str, str | bytes], request_: dict[str, object], place: str, how: tuple[str, ...]
) -> None:
    use = image(loaded(tmp_path, files, **request_), "services.web.image")

    assert use.text == "a:1"
    assert str(use.place) == place
    assert use.how == how


def test_several_steps_are_told_in_their_order(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "include: [{path: inc.yaml}]\nservices:\n  web:\n    extends: base\n",
        "inc.yaml": "x-i: &i a:${T:-1}\nservices:\n  base:\n    image: *i\n",
    }

    assert image(loaded(tmp_path, files), "services.web.image").how == (
        "alias of &i (inc.yaml:1:9)",
        "default of ${T:-1}",
        "included by compose.yaml:1:11",
        "extends compose.yaml services.base (compose.yaml:4:14)",
    )


EVERYTHING = """
services:
  web:
    image: app:1
    build:
      context: ./web
      dockerfile: Dockerfile.web
      args: {BASE: secret-value}
      additional_contexts:
        base: docker-image://ctx:1
        layout: oci-layout://dir@sha256:0
        other: service:db
      cache_from: [cache:1, 'type=registry,ref=cache:2', 'type=gha']
      cache_to: ['"type=registry","ref=cache:3"']
      sbom: generator=gen:1
      provenance: mode=max
    pre_start:
      - image: hook:1
        command: x
        volumes: [{type: image, source: hookdata:1, target: /x}]
      - command: y
    volumes:
      - ./a:/a
      - {type: image, source: data:1, target: /d}
      - {type: image, source: db, target: /e}
  db:
    build:
      dockerfile_inline: FROM x
  far:
    image: far:1
    provider: {type: x}
    build: https://example.com/app.git#main
  debug:
    image: dbg:1
    profiles: [debug]
  off:
    image: off:1
    pull_policy: never
    pre_start: [{image: offhook:1}]
jobs:
  once:
    image: job:1
    triggers: {manual: true}
models:
  llm:
    model: ai/smol
"""


def test_every_field_that_names_an_image_is_found(tmp_path: Path) -> None:
    project = loaded(tmp_path, EVERYTHING)

    assert [(use.field, use.text, use.kind.value) for use in project.images] == [
        ("services.web.image", "app:1", "image"),
        ("services.web.pre_start[0].image", "hook:1", "hook"),
        ("services.web.pre_start[0].volumes[0].source", "hookdata:1", "volume"),
        ("services.web.volumes[1].source", "data:1", "volume"),
        ("services.web.volumes[2].source", "db", "volume"),
        ("services.web.build.additional_contexts.base", "ctx:1", "build-context"),
        ("services.web.build.cache_from[0]", "cache:1", "cache"),
        ("services.web.build.cache_from[1]", "cache:2", "cache"),
        ("services.web.build.cache_to[0]", "cache:3", "cache"),
        ("services.web.build.sbom", "gen:1", "generator"),
        ("services.far.image", "far:1", "image"),
        ("services.debug.image", "dbg:1", "image"),
        ("services.off.image", "off:1", "image"),
        ("services.off.pre_start[0].image", "offhook:1", "hook"),
        ("jobs.once.image", "job:1", "image"),
        ("models.llm.model", "ai/smol", "model"),
    ]


def test_what_is_not_pulled_says_why(tmp_path: Path) -> None:
    project = loaded(tmp_path, EVERYTHING)

    assert {use.field: use.skipped for use in project.images if not use.pulled} == {
        "services.off.image": "pull_policy is never",
        "services.off.pre_start[0].image": "pull_policy is never",
        "services.far.image": "another program provides this service",
    }
    assert all((use.skipped is None) == use.pulled for use in project.images)


def test_an_image_that_is_also_built_is_pulled_first_and_noted(tmp_path: Path) -> None:
    project = loaded(tmp_path, EVERYTHING)

    assert image(project, "services.web.image").pulled
    assert [(note.code, str(note.place)) for note in project.notes] == [
        ("image-also-built", "compose.yaml:4:12"),
        ("volume-names-service", "compose.yaml:25:31"),
    ]


@pytest.mark.parametrize("policy", ["never", "build"])
def test_an_image_that_is_never_pulled_is_not_noted_as_built(tmp_path: Path, policy: str) -> None:
    text = f"services:\n  web:\n    image: a:1\n    build: .\n    pull_policy: {policy}\n"

    project = loaded(tmp_path, text)

    assert [use.pulled for use in project.images] == [False]
    assert project.notes == ()


def test_an_image_of_a_service_that_does_not_start_counts_and_names_its_profiles(tmp_path: Path) -> None:
    use = image(loaded(tmp_path, EVERYTHING), "services.debug.image")
    active = image(loaded(tmp_path, EVERYTHING, profiles=("debug",)), "services.debug.image")

    assert use.pulled
    assert use.needs_profile == ("debug",)
    assert active.needs_profile == ()


def test_dockerfiles_and_other_edges_are_listed_and_not_read(tmp_path: Path) -> None:
    project = loaded(tmp_path, EVERYTHING)

    assert [(edge.kind.value, edge.text, edge.service) for edge in project.edges] == [
        ("dockerfile", str(tmp_path / "web/Dockerfile.web"), "web"),
        ("build-argument", "BASE", "web"),
        ("build-context", "oci-layout://dir@sha256:0", "web"),
        ("dockerfile-inline", "FROM x", "db"),
        ("provider", "x", "far"),
        ("remote-build", "https://example.com/app.git#main", "far"),
    ]


def test_a_variable_without_a_value_is_noted_where_it_makes_an_image(tmp_path: Path) -> None:
    text = "services:\n  web:\n    image: a:1${T}\n    command: ${U}\n"

    project = loaded(tmp_path, text)

    assert [(note.code, str(note.place)) for note in project.notes] == [("variable-unset", "compose.yaml:3:12")]
    assert image(project, "services.web.image").how == ("variable T without a value",)


def test_a_block_that_keeps_its_line_end_is_noted(tmp_path: Path) -> None:
    project = loaded(tmp_path, "services:\n  web:\n    image: |\n      a:1\n")

    assert [(note.code, note.place.line) for note in project.notes] == [("image-line-end", 3)]
    assert loaded(tmp_path, "services:\n  web:\n    image: |-\n      a:1\n").notes == ()


@pytest.mark.parametrize(
    "include",
    ["oci://registry.example/app:1", "https://example.com/app.git", "git@example.com:a/b.git", "github.com/a/b"],
)
def test_a_file_that_would_be_fetched_is_an_edge_and_a_note_and_hides_nothing(tmp_path: Path, include: str) -> None:
    project = loaded(tmp_path, f"include: ['{include}']\nservices:\n  web:\n    image: a:1\n")

    assert texts(project) == {"services.web.image": "a:1"}
    assert [(edge.kind.value, edge.text) for edge in project.edges] == [("remote-file", include)]
    assert [note.code for note in project.unknown] == ["remote-file"]


def test_extends_of_a_file_that_would_be_fetched_is_an_edge_and_a_note(tmp_path: Path) -> None:
    text = "services:\n  web:\n    image: a:1\n    extends: {file: 'oci://x/y', service: z}\n"

    project = loaded(tmp_path, text)

    assert [(edge.kind.value, edge.service) for edge in project.edges] == [("remote-file", "web")]
    assert [note.code for note in project.notes] == ["remote-file"]


def test_a_file_of_the_command_line_that_would_be_fetched_is_refused(tmp_path: Path) -> None:
    assert "fetched from elsewhere" in refusal(tmp_path, {}, files=("oci://registry.example/app:1",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "web:\n  image: a:1\n", "compose.yaml:2:3: `web` looks like a service of a file of version 1", id="v1"
        ),
        pytest.param(
            "services:\n  web: x\n", "compose.yaml:2:8: `services.web` is a string, not a mapping", id="service"
        ),
        pytest.param(
            "services:\n  web:\n    image: 1.5\n", "compose.yaml:3:12: `services.web.image` is a number", id="number"
        ),
        pytest.param("services:\n  web:\n    image:\n", "compose.yaml:3:11: `services.web.image` is empty", id="empty"),
        pytest.param(
            "services:\n  web:\n    imgae: a\n", "compose.yaml:3:12: `services.web` has no attribute `imgae`", id="typo"
        ),
        pytest.param("services:\n  web: {}\n", "compose.yaml:2:8: `services.web` has neither", id="nothing-to-run"),
        pytest.param(
            "services:\n  web:\n    image: ${X}$Y\n",
            "compose.yaml:3:12: `services.web.image` is empty, because `X`, `Y` has no value",
            id="unset",
        ),
        pytest.param("foo: 1\n", "compose.yaml:1:6: `foo` is no attribute of a Compose file", id="top"),
        pytest.param(
            "services:\n  web:\n    image: ${\n", "compose.yaml:3:12: this cannot be interpolated", id="template"
        ),
        pytest.param(
            "services:\n  web:\n    extends: no\n", "compose.yaml:3:14: `web` extends `no`, which", id="extends"
        ),
        pytest.param(
            "services:\n  a:\n    extends: b\n  b:\n    extends: a\n",
            "compose.yaml:3:14: `a` extends itself, by way of `a` of compose.yaml, `b` of compose.yaml",
            id="extends-itself",
        ),
        pytest.param(
            "include: [compose.yaml]\n", "compose.yaml:1:11: compose.yaml includes itself", id="includes-itself"
        ),
        pytest.param("include: [no.yaml]\n", "no.yaml:1:1: this file cannot be read: No such file", id="include"),
        pytest.param("- a\n", "compose.yaml:1:1: a Compose file is a mapping", id="list"),
        pytest.param("", "compose.yaml:1:1: this Compose file is empty", id="nothing"),
        pytest.param("services:\n  a/b: {image: x}\n", "compose.yaml:2:8: `services` has the name `a/b`", id="name"),
        pytest.param("services:\n  1: {image: x}\n", "compose.yaml:2:3: this key is not a string", id="key"),
    ],
)
def test_what_compose_refuses_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        loaded(tmp_path, text)

    assert caught.value.message.startswith(message)


def test_the_project_is_found_above(tmp_path: Path) -> None:
    write_files(tmp_path, {"compose.yml": "services:\n  web:\n    image: a:1\n", "a/b/c": ""})

    project = load_project(ProjectRequest(tmp_path / "a/b"))

    assert texts(project) == {"services.web.image": "a:1"}
    assert project.name == tmp_path.name.lower().replace(".", "")
    assert project.files == (str(tmp_path / "compose.yml"),)


@pytest.mark.parametrize(
    ("text", "request_", "name"),
    [
        pytest.param("name: My_App!\n", {}, "my_app", id="file"),
        pytest.param("name: a\n", {"project_name": "b"}, "b", id="option"),
        pytest.param("name: a\n", {"environment": {"COMPOSE_PROJECT_NAME": "c"}}, "c", id="environment"),
        pytest.param("name: a-${X:-d}\n", {}, "a-d", id="interpolated"),
    ],
)
def test_a_project_has_its_name(tmp_path: Path, text: str, request_: dict[str, object], name: str) -> None:
    project = loaded(tmp_path, text + "services:\n  web:\n    image: ${COMPOSE_PROJECT_NAME}:1\n", **request_)

    assert project.name == name
    assert texts(project) == {"services.web.image": f"{name}:1"}


def test_a_name_that_compose_refuses_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a project"):
        loaded(tmp_path, "services:\n  web:\n    image: a:1\n", project_name="Not Good")


def test_two_files_of_which_one_counts_are_noted(tmp_path: Path) -> None:
    text = "services:\n  web:\n    image: a:1\n"

    project = loaded(tmp_path, {"compose.yaml": text, "docker-compose.yml": text})

    assert [note.code for note in project.notes] == ["files-several"]


def test_without_a_compose_file_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no Compose file"):
        loaded(tmp_path, {})


def test_standard_input_is_a_file(tmp_path: Path) -> None:
    project = loaded(tmp_path, {}, files=("-",), stdin=b"services:\n  web:\n    image: a:1\n")

    assert str(image(project, "services.web.image").place) == "<stdin>:3:12"


@pytest.mark.parametrize("kind", ["directory", "pipe", "missing", "unreadable", "nul"])
def test_what_is_no_readable_file_is_refused(tmp_path: Path, kind: str) -> None:
    import os

    file = tmp_path / "c.yaml"
    if kind == "directory":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "unreadable":
        file.symlink_to(file)
    name = "a\0b" if kind == "nul" else "c.yaml"

    assert "cannot be read" in refusal(tmp_path, {}, files=(name,))


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match="larger than"):
        loaded(tmp_path, "# " + "x" * (1 << 20))


def test_files_that_include_each_other_twice_hit_a_limit(tmp_path: Path) -> None:
    files = {f"{n}.yaml": f"include: [{n + 1}.yaml, ./{n + 1}.yaml]\nservices: {{}}\n" for n in range(20)}

    with pytest.raises(LimitExceeded, match="takes up files"):
        loaded(tmp_path, {**files, "20.yaml": "services: {}\n"}, files=("0.yaml",))


def test_a_large_file_that_is_included_again_and_again_hits_a_limit(tmp_path: Path) -> None:
    files = {"compose.yaml": f"include: [{', '.join(['c.yaml'] * 20)}]\n", "c.yaml": "#" * 900_000 + "\nname: x\n"}

    with pytest.raises(LimitExceeded, match="bytes of files"):
        loaded(tmp_path, files)


def test_a_long_chain_of_extends_hits_a_limit(tmp_path: Path) -> None:
    chain = "".join(f"  s{n}:\n    extends: s{n + 1}\n" for n in range(200))

    with pytest.raises(LimitExceeded, match="extend each other"):
        loaded(tmp_path, f"services:\n{chain}  s200:\n    image: a:1\n")


def test_many_files_of_the_command_line_hit_no_limit(tmp_path: Path) -> None:
    files = {f"{n}.yaml": f"services:\n  web:\n    image: a:{n}\n" for n in range(60)}

    project = loaded(tmp_path, files, files=tuple(files))

    assert texts(project) == {"services.web.image": "a:59"}


def test_a_long_chain_of_includes_hits_a_limit(tmp_path: Path) -> None:
    files = {f"{n}.yaml": f"include: [{n + 1}.yaml]\nservices: {{}}\n" for n in range(50)}

    with pytest.raises(LimitExceeded, match="include each other"):
        loaded(tmp_path, {**files, "50.yaml": "services: {}\n"}, files=("0.yaml",))


def test_services_that_extend_a_large_one_hit_a_limit(tmp_path: Path) -> None:
    volumes = "".join(f"      - v{n}:/v{n}\n" for n in range(5000))
    services = "".join(f"  s{n}:\n    extends: big\n" for n in range(300))

    with pytest.raises(LimitExceeded, match="values"):
        loaded(tmp_path, f"services:\n  big:\n    image: a:1\n    volumes:\n{volumes}{services}")
