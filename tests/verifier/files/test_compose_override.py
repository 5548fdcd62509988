from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.compose import loaded, texts
from verifier.errors import BadReference, UsageError
from verifier.files.compose.override import OVERRIDE_HEADER, write_override

DIGEST = "sha256:" + "0" * 64
PROJECT = """
services:
  web:
    image: app:1
    pre_start: [{image: hook:1, command: x}]
  "1.5":
    image: num:1
  on:
    image: on:1
jobs:
  once:
    image: job:1
    triggers: {manual: true}
"""


def test_an_override_pins_the_services_it_is_given(tmp_path: Path) -> None:
    project = loaded(tmp_path, PROJECT)

    override = write_override(
        project, {"web": f"app:1@{DIGEST}", "1.5": f"num@{DIGEST}", "on": f"on:1@{DIGEST}", "once": f"job:1@{DIGEST}"}
    )

    assert override.text == (
        OVERRIDE_HEADER
        + f'services:\n  "web":\n    image: "app:1@{DIGEST}"\n  "1.5":\n    image: "num@{DIGEST}"\n'
        + f'  "on":\n    image: "on:1@{DIGEST}"\njobs:\n  "once":\n    image: "job:1@{DIGEST}"\n'
    )
    assert len(override.warnings) == 1
    assert "services.web.pre_start[0].image" in override.warnings[0]


def test_an_override_laid_over_its_project_gives_the_pinned_images(tmp_path: Path) -> None:
    pinned = {"web": f"app:1@{DIGEST}", "1.5": f"num:1@{DIGEST}", "on": f"on:1@{DIGEST}", "once": f"job:1@{DIGEST}"}
    override = write_override(loaded(tmp_path, PROJECT), pinned)

    project = loaded(tmp_path, {"over.yaml": override.text}, files=("compose.yaml", "over.yaml"))

    images = {field.split(".", 1)[1].removesuffix(".image"): text for field, text in texts(project).items()}
    assert images == {**pinned, "web.pre_start[0]": "hook:1"}


def test_a_service_that_is_not_pinned_is_told(tmp_path: Path) -> None:
    override = write_override(loaded(tmp_path, "services:\n  web:\n    image: a:1\n"), {})

    assert override.text == OVERRIDE_HEADER + "services: {}\n"
    assert override.warnings == ("compose.yaml:3:12: `services.web.image` stays as it is: nothing is pinned for it",)


@pytest.mark.parametrize("text", ["a:1", 'a"\n    privileged: true #@' + DIGEST, "A@" + DIGEST])
def test_only_a_reference_with_a_digest_is_written(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadReference):
        write_override(loaded(tmp_path, "services:\n  web:\n    image: a:1\n"), {"web": text})


def test_a_service_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`db`"):
        write_override(loaded(tmp_path, "services:\n  web:\n    image: a:1\n"), {"db": f"a@{DIGEST}"})
