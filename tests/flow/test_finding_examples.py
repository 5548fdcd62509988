"""The examples in the reference of findings, held against what the scenes of the catalogue lead to."""

from __future__ import annotations

import pytest

from tests.flow.desk import Desk
from tests.flow.test_catalogue import SCENES, Expected
from tests.support.finding_examples import example_line, examples
from tests.support.registry import LoopbackRegistry

FIRST = {one.code: one for one in reversed(SCENES)}


@pytest.mark.parametrize("expected", FIRST.values(), ids=FIRST)
def test_the_example_of_a_finding_is_what_a_run_shows(
    desk: Desk, registry: LoopbackRegistry, expected: Expected
) -> None:
    ran = expected.scene(desk, registry)

    if expected.effect == "error":
        message = ran.err
    else:
        listed = ran.report["notes"] if expected.effect == "note" else ran.verdict["findings"]
        message = next(one["message"] for one in listed if one["code"] == expected.code)
    assert example_line(expected.code, expected.effect, message) == examples()[expected.code]


def test_every_code_with_a_scene_has_an_example() -> None:
    assert examples().keys() == FIRST.keys()
