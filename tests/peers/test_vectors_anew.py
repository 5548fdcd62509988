"""The script behind `tests/vectors` still works, and what it makes today yields the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.peers.conftest import Need
from tests.peers.support.imgtrust import command
from tests.peers.support.tools import Home
from tests.support.vectors import VECTORS, load
from tests.vectors.generate import generate

pytestmark = pytest.mark.peers


def test_vectors_that_are_made_anew_yield_the_same(tmp_path: Path, need: Need) -> None:
    need("cosign2", "cosign3", "crane", "regctl")
    home = Home(tmp_path / "home")
    home.folder.mkdir()

    generate(tmp_path / "vectors")

    made = load(tmp_path / "vectors")
    assert [vector.name for vector in made] == [vector.name for vector in load(VECTORS)]
    for vector in made:
        outcome = home.run(command(), *vector.arguments(home.folder))
        (verdict,) = json.loads(outcome.stdout)["verdicts"]
        assert verdict["decision"] == vector.decision, vector.name
