"""From verdicts to one exit code."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust.digest import Digest
from trust.verdict import Decision, Verdict
from verifier.output.exit_code import ALLOW, DENY, UNDECIDED, exit_code


def verdict(decision: Decision, *, enforced: bool = True) -> Verdict:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Verdict("app", decision, judged_at=now, policy_digest=Digest.of(b""), enforced=enforced)


CODES = {Decision.ALLOW: ALLOW, Decision.UNDECIDED: UNDECIDED, Decision.DENY: DENY}


@pytest.mark.parametrize(("decision", "code"), CODES.items())
def test_each_decision_has_its_code(decision: Decision, code: int) -> None:
    assert exit_code([verdict(decision)]) == code


def test_the_worst_counts_in_every_order() -> None:
    for order in permutations(Decision):
        assert exit_code([verdict(one) for one in order]) == DENY
    assert exit_code([verdict(Decision.UNDECIDED), verdict(Decision.ALLOW)]) == UNDECIDED


@pytest.mark.parametrize("decision", Decision)
def test_what_is_not_enforced_counts_as_nothing_unless_the_question_is_strict(decision: Decision) -> None:
    assert exit_code([verdict(decision, enforced=False)]) == ALLOW
    assert exit_code([verdict(decision, enforced=False)], strict=True) == CODES[decision]


def test_nothing_judged_is_undecided() -> None:
    assert exit_code([]) == UNDECIDED


@pytest.mark.parametrize(
    ("decision", "code"), [(Decision.ALLOW, UNDECIDED), (Decision.UNDECIDED, UNDECIDED), (Decision.DENY, DENY)]
)
def test_what_is_not_known_whole_is_never_an_allow(decision: Decision, code: int) -> None:
    assert exit_code([verdict(decision)], complete=False) == code


@given(st.lists(st.sampled_from(Decision)))
def test_only_allows_alone_are_an_allow(decisions: list[Decision]) -> None:
    allowed = exit_code([verdict(one) for one in decisions]) == ALLOW

    assert allowed == (set(decisions) == {Decision.ALLOW})
