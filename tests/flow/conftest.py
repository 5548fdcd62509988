"""A desk for the command line, without any setting of whoever runs the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flow.desk import Desk

_SETTINGS = ("IMGTRUST_POLICY", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "COMPOSE_FILE", "COMPOSE_PROFILES")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Desk:
    """An empty directory, which is the current one, in an empty home."""
    home, directory = tmp_path / "home", tmp_path / "desk"
    home.mkdir()
    directory.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(directory)
    for name in _SETTINGS:
        monkeypatch.delenv(name, raising=False)
    return Desk(directory, capfd)
