"""How files, documents, `extends` and `include` come together to one model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.compose import loaded, texts
from trust.errors import ImgtrustError
from verifier.files.compose.project import EdgeKind

WEB = "services:\n  web:\n    image: base:1\n"


def override(text: str) -> dict[str, str | bytes]:
    return {"compose.yaml": WEB + "    build: .\n", "compose.override.yaml": text}


@pytest.mark.parametrize(
    ("files", "images"),
    [
        pytest.param(override("services:\n  web:\n    image: o:1\n"), {"services.web.image": "o:1"}, id="wins"),
        pytest.param(override("services:\n  web:\n    image:\n"), {"services.web.image": "base:1"}, id="null"),
        pytest.param(override("services:\n  web:\n    image: !reset null\n"), {}, id="reset"),
        pytest.param(override("services:\n  web: !reset\n"), {}, id="reset-service"),
        pytest.param(
            override("services:\n  web: !override\n    image: o:1\n"), {"services.web.image": "o:1"}, id="override"
        ),
        pytest.param(
            override("services: !override\n  db:\n    image: d:1\n"),
            {"services.db.image": "d:1"},
            id="override-services",
        ),
        pytest.param(
            override("x-r: &r\n  image: !reset null\nservices:\n  web:\n    <<: *r\n"), {}, id="reset-by-merge-key"
        ),
        pytest.param(
            {"compose.yaml": WEB + "---\n" + WEB.replace("base", "two")},
            {"services.web.image": "two:1"},
            id="documents",
        ),
        pytest.param(
            {
                "compose.yaml": "services:\n  web:\n    build: {additional_contexts: [a=docker-image://a:1, b=docker-image://b:1]}\n",
                "compose.override.yaml": "services:\n  web:\n    build: {additional_contexts: {b: docker-image://b:2}}\n",
            },
            {
                "services.web.build.additional_contexts.a": "a:1",
                "services.web.build.additional_contexts.b": "b:2",
            },
            id="contexts-by-name",
        ),
        pytest.param(
            {
                "compose.yaml": "services:\n  web:\n    build: {cache_from: [a:1, b:1]}\n",
                "compose.override.yaml": "services:\n  web:\n    build: {cache_from: [b:1, c:1]}\n",
            },
            {
                "services.web.build.cache_from[0]": "a:1",
                "services.web.build.cache_from[1]": "b:1",
                "services.web.build.cache_from[2]": "c:1",
            },
            id="lists-are-joined",
        ),
        pytest.param(
            {
                "compose.yaml": WEB + "    volumes: [{type: image, source: i:1, target: /d}]\n",
                "compose.override.yaml": "services:\n  web:\n    volumes: ['./x:/d:ro']\n",
            },
            {"services.web.image": "base:1"},
            id="volume-of-the-same-target",
        ),
        pytest.param(
            {
                "compose.yaml": "services:\n  a:\n    image: a:1\n  web:\n    extends: a\n"
                "    image: !reset null\n    build: .\n"
            },
            {"services.a.image": "a:1"},
            id="extends-reset",
        ),
        pytest.param(
            {
                "compose.yaml": "services:\n  web:\n    extends: {file: sub/b.yaml, service: b}\n",
                "sub/b.yaml": "services:\n  b:\n    extends: {file: c.yaml, service: c}\n",
                "sub/c.yaml": "services:\n  c:\n    image: sub:1\n",
                "c.yaml": "services:\n  c:\n    image: top:1\n",
            },
            {"services.web.image": "sub:1"},
            id="extends-is-relative-to-its-file",
        ),
        pytest.param(
            {
                "compose.yaml": "include: [i.yaml]\n" + WEB,
                "i.yaml": WEB.replace("base", "inc") + "  db:\n    image: d:1\n",
            },
            {"services.web.image": "base:1", "services.db.image": "d:1"},
            id="include-below",
        ),
        pytest.param(
            {
                "compose.yaml": "include:\n  - path: [i.yaml, o.yaml]\n    env_file: [e.env]\n",
                "i.yaml": WEB,
                "o.yaml": WEB.replace("base:1", "over:${T}"),
                "e.env": "T=9\n",
            },
            {"services.web.image": "over:9"},
            id="include-with-override-and-env-file",
        ),
        pytest.param(
            {
                "compose.yaml": "include: [{path: s/i.yaml, project_directory: p}]\n",
                "s/i.yaml": WEB.replace("base:1", "${T}"),
                "s/.env": "T=wrong\n",
                "p/.env": "T=right\n",
            },
            {"services.web.image": "right"},
            id="include-with-project-directory",
        ),
        pytest.param(
            {
                "compose.yaml": "include: [a.yaml, b.yaml]\nname: x\n",
                "a.yaml": "include: [i.yaml]\nservices: {}\n",
                "b.yaml": "include: [i.yaml]\nservices: {}\n",
                "i.yaml": WEB,
            },
            {"services.web.image": "base:1"},
            id="include-by-two-ways",
        ),
    ],
)
def test_a_model_comes_together(tmp_path: Path, files: dict[str, str | bytes], images: dict[str, str]) -> None:
    assert texts(loaded(tmp_path, files)) == images


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(override("services: []\n"), "compose.override.yaml:1:11: `services` is a list, not", id="kinds"),
        pytest.param(
            WEB + "    pull_policy: often\n", "compose.yaml:4:18: `services.web.pull_policy` is `often`", id="policy"
        ),
        pytest.param(
            WEB + "    build: {foo: 1}\n", "compose.yaml:4:18: `services.web.build` has no attribute", id="build"
        ),
        pytest.param(
            WEB + "    volumes: [{type: image, src: x, target: /x}]\n",
            "compose.yaml:4:34: `services.web.volumes` has no attribute `src`",
            id="volume",
        ),
        pytest.param(
            WEB + "    volumes: [{type: picture, target: /x}]\n", "compose.yaml:4:22: a volume of", id="volume-type"
        ),
        pytest.param(
            WEB + "    pre_start: [{foo: 1}]\n", "compose.yaml:4:23: `services.web.pre_start` has no", id="hook"
        ),
        pytest.param(
            WEB + "jobs:\n  web:\n    image: j:1\n",
            "compose.yaml:6:5: `web` is the name of a service and of a job",
            id="job",
        ),
        pytest.param(
            WEB + "models:\n  m: {foo: 1}\n", "compose.yaml:5:12: `models.m` has no attribute `foo`", id="model"
        ),
        pytest.param(
            "services:\n  web:\n    build: {additional_contexts: [a]}\n",
            "compose.yaml:3:35: `services.web.build.additional_contexts.a` is empty",
            id="context",
        ),
        pytest.param(
            "services:\n  a:\n    image: x\n    extends: {file: b.yaml, service: b, x: 1}\n",
            "compose.yaml:4:44: `services.a.extends` has no attribute",
            id="extends",
        ),
        pytest.param("include: [{path: a, x: 1}]\n", "compose.yaml:1:24: `include` has no attribute", id="include"),
    ],
)
def test_a_shape_that_compose_refuses_is_refused(
    tmp_path: Path, files: str | dict[str, str | bytes], message: str
) -> None:
    with pytest.raises(ImgtrustError) as caught:
        loaded(tmp_path, files)

    assert caught.value.message.startswith(message)


def test_the_context_of_an_extended_service_is_relative_to_its_file(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  web:\n    extends: {file: sub/b.yaml, service: b}\n",
        "sub/b.yaml": "services:\n  b:\n    build: ./ctx\n",
    }

    (edge,) = loaded(tmp_path, files).edges

    assert edge.kind is EdgeKind.DOCKERFILE
    assert edge.text == str(tmp_path / "sub/ctx/Dockerfile")
    assert edge.place.file == "sub/b.yaml"
