"""compose-go's own loader, to hold ours against."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.peers.support.tools import ToolMissing, tool


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loader makes of a project, or why it refuses it.

    Attributes:
        error: why it is refused, or None.
        name: of the project.
        named: every image by its field.
        inactive: services and jobs that do not start.

    """

    error: str | None
    name: str = ""
    named: Mapping[str, str] | None = None
    inactive: frozenset[str] = frozenset()


def binary() -> Path:
    """The program `composeload`; a test skips without it, and fails where CI must have it."""
    try:
        return tool("composeload")
    except ToolMissing as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


def load(directory: Path, request: Mapping[str, Any], environment: Mapping[str, str], stdin: bytes) -> Loaded:
    """What compose-go makes of the project in `directory`."""
    result = subprocess.run(
        [binary(), json.dumps(request)],
        cwd=directory,
        env={**environment, "HOME": str(directory), "PWD": str(directory)},
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if result.returncode != 0:
        return Loaded(error="panic: " + result.stderr.decode()[:200])
    answer = json.loads(result.stdout)
    if answer.get("Error"):
        return Loaded(error=answer["Error"])
    named: dict[str, str] = {}
    for section, groups in (("services", ("Services", "DisabledServices")), ("jobs", ("Jobs", "DisabledJobs"))):
        for group in groups:
            for name, container in (answer[group] or {}).items():
                named |= _container(f"{section}.{name}", container)
    for name, model in (answer["Models"] or {}).items():
        named[f"models.{name}.model"] = model["model"]
    inactive = {*(answer["DisabledServices"] or {}), *(answer["DisabledJobs"] or {})}
    return Loaded(None, answer["Name"], named, frozenset(inactive))


def _container(field: str, container: Mapping[str, Any]) -> dict[str, str]:
    named: dict[str, str] = {}
    if container.get("image"):
        named[f"{field}.image"] = container["image"]
    named |= _volumes(field, container.get("volumes") or [])
    for at, hook in enumerate(container.get("pre_start") or []):
        # The loader has already given hooks the image of their service where they have none of their own.
        if hook.get("image") and hook["image"] != container.get("image"):
            named[f"{field}.pre_start[{at}].image"] = hook["image"]
        named |= _volumes(f"{field}.pre_start[{at}]", hook.get("volumes") or [])
    build = container.get("build") or {}
    for name, context in (build.get("additional_contexts") or {}).items():
        if context.startswith("docker-image://"):
            named[f"{field}.build.additional_contexts.{name}"] = context.removeprefix("docker-image://")
    for name in ("cache_from", "cache_to"):
        for at, reference in enumerate(build.get(name) or []):
            if "=" not in reference:
                named[f"{field}.build.{name}[{at}]"] = reference
    return named


def _volumes(field: str, volumes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {
        f"{field}.volumes[{at}].source": volume["source"]
        for at, volume in enumerate(volumes)
        if volume["type"] == "image"
    }
