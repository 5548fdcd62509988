"""Verdicts → exit code."""

from __future__ import annotations

from collections.abc import Sequence

from trust.verdict import Decision, Verdict

ALLOW = 0
INTERNAL = 1
USAGE = 2
UNDECIDED = 3
DENY = 4
INTERRUPTED = 130

_CODES = {Decision.ALLOW: ALLOW, Decision.UNDECIDED: UNDECIDED, Decision.DENY: DENY}


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """The exit code for `verdicts`: that of the worst. No verdict at all is undecided, never an allow."""
    if not verdicts:
        return UNDECIDED
    return max(ALLOW if verdict.admitted else _CODES[verdict.decision] for verdict in verdicts)
