"""The command line on layouts that real cosign signed. No tool and no server is needed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.vectors import VECTORS, Vector, load
from verifier.cli import run
from verifier.output.exit_code import ALLOW, DENY

BY_NAME = {vector.name: vector for vector in load()}


@pytest.mark.parametrize("vector", BY_NAME.values(), ids=BY_NAME)
def test_a_vector_yields_what_its_list_says(vector: Vector, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = run(vector.arguments(tmp_path))

    (verdict,) = json.loads(capsys.readouterr().out)["verdicts"]
    assert (verdict["decision"], exit_code) == (vector.decision, {"allow": ALLOW, "deny": DENY}[vector.decision])
    assert verdict["digest"] == vector.digest
    assert sorted(rejection["step"] for rejection in verdict["rejections"]) == list(vector.rejected_at)


@pytest.mark.parametrize("vector", [v for v in BY_NAME.values() if v.decision == "allow"], ids=lambda v: v.name)
def test_an_allowed_vector_is_denied_under_a_key_that_never_signed(
    vector: Vector, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = VECTORS / "keys" / "unused.pub"

    exit_code = run(["verify", vector.image, "--key", str(stranger), "--format", "json"])

    (verdict,) = json.loads(capsys.readouterr().out)["verdicts"]
    assert (verdict["decision"], exit_code) == ("deny", DENY)
    assert {rejection["step"] for rejection in verdict["rejections"]} == {"signature"}


def test_the_vectors_hold_good_and_bad_in_both_formats() -> None:
    decisions = {(vector.decision, "bundle" in vector.name) for vector in BY_NAME.values()}

    assert decisions == {("allow", True), ("allow", False), ("deny", True), ("deny", False)}
