"""`imgtrust` itself, asked the way a user asks it: the installed command, in a home folder of the test's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.support.tools import Home, Outcome

ALLOW, UNDECIDED, DENY = 0, 3, 4


@dataclass(frozen=True, slots=True)
class Answer:
    """What `imgtrust verify` answered about one image.

    Attributes:
        outcome: how the command ended.
        verdict: the only verdict of its JSON report; empty if it gave none.

    """

    outcome: Outcome
    verdict: Mapping[str, Any]

    @property
    def decision(self) -> str:
        """`allow`, `deny` or `undecided`, on which report and exit code agree."""
        said = {ALLOW: "allow", DENY: "deny", UNDECIDED: "undecided"}.get(self.outcome.exit_code, "none")
        assert self.verdict.get("decision") == said, str(self.outcome)
        return said

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its findings."""
        return tuple(finding["code"] for finding in self.verdict["findings"])

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps at which candidates were rejected."""
        return tuple(rejection["step"] for rejection in self.verdict["rejections"])


def command() -> Path:
    """The console script of the environment that the tests run in."""
    return Path(sys.executable).with_name("imgtrust")


def ask(home: Home, reference: str, *options: str | Path, **env: str) -> Answer:
    """What `imgtrust verify` says of `reference`."""
    outcome = home.run(command(), "verify", reference, "--format", "json", *options, **env)
    assert "Traceback" not in outcome.stderr, str(outcome)
    try:
        verdicts: Sequence[Mapping[str, Any]] = json.loads(outcome.stdout)["verdicts"]
    except ValueError:
        return Answer(outcome, {})
    (verdict,) = verdicts
    return Answer(outcome, verdict)
