"""imgtrust and cosign side by side: the same image in the same registry, each with its own answer."""

from __future__ import annotations

import pytest

from tests.peers.conftest import MakeBench, Need
from tests.peers.support.cases import CASES
from tests.peers.support.comparison import Case
from tests.peers.support.registries import Fleet

pytestmark = pytest.mark.peers

by_case = pytest.mark.parametrize("case", CASES, ids=[case.slug for case in CASES])
by_registry = pytest.mark.parametrize("kind", list(Fleet.KINDS))


@by_registry
@by_case
def test_imgtrust_and_both_cosigns_answer_as_the_table_says(
    case: Case, kind: str, bench: MakeBench, need: Need
) -> None:
    need("crane", "regctl", "oras")
    here = bench(kind, case.slug)
    reference = case.prepare(here)

    answer = case.ask_imgtrust(here, reference)
    cosign2, cosign3 = (case.ask_cosign(here, reference, by) for by in ("cosign2", "cosign3"))

    assert all(outcome.succeeded for outcome in cosign2) is case.answers.cosign2, "\n".join(map(str, cosign2))
    assert all(outcome.succeeded for outcome in cosign3) is case.answers.cosign3, "\n".join(map(str, cosign3))
    assert answer.decision == case.answers.ours, str(answer.outcome)
    assert case.code is None or case.code in answer.codes, str(answer.outcome)
    assert sorted(answer.steps) == sorted(case.steps), str(answer.outcome)
