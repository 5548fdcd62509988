from __future__ import annotations

import pytest

from tests.benchmarks.proxy import longest_chain

APART = [(0, 1), (1, 2), (2, 3)]
TOGETHER = [(0, 3), (1, 2), (2, 3)]
SPREAD = [(0, 1), (0, 1), (0, 1), (1, 4), (1, 2), (3, 4)]


@pytest.mark.parametrize(
    ("times", "length"),
    [([], 0), (APART, 3), (APART[::-1], 3), (TOGETHER, 2), (SPREAD, 3)],
    ids=["none", "apart", "backwards", "together", "spread"],
)
def test_a_chain_is_of_requests_that_wait_for_each_other(times: list[tuple[float, float]], length: int) -> None:
    assert longest_chain([{"came": came, "answered": answered} for came, answered in times]) == length
