"""Exit codes, and the one that verdicts lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Only for types: the command line needs the codes before anything is judged.
    from trust.verdict import Verdict

ALLOW = 0
INTERNAL = 1
USAGE = 2
UNDECIDED = 3
DENY = 4
INTERRUPTED = 130

_CODES = {"allow": ALLOW, "undecided": UNDECIDED, "deny": DENY}


def exit_code(verdicts: Sequence[Verdict], *, complete: bool = True, strict: bool = False) -> int:
    """The exit code for `verdicts`: that of the worst.

    No verdict at all is undecided, never an allow, and so is a question that is not `complete`: images that
    could not be listed may be denied ones. Where it is `strict`, a rule that only warns counts like any other.
    """
    codes = [ALLOW if verdict.admitted and not strict else _CODES[verdict.decision.value] for verdict in verdicts]
    if not codes or not complete:
        codes.append(UNDECIDED)
    return max(codes)
