"""One program run once: how long it took, what it cost, and what it asked the registry for."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.proxy import SlowRegistry, Traffic

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a program took.

    Attributes:
        wall_ms: from its start to its end.
        cpu_ms: of it and of all the processes that it waited for.
        memory_mb: the largest that one process of it was.
        exit_code: with which it ended.
        traffic: what reached the registry meanwhile.

    """

    wall_ms: float
    cpu_ms: float
    memory_mb: float
    exit_code: int
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Summary:
    """The medians of some runs, with the largest memory."""

    wall_ms: float
    cpu_ms: float
    memory_mb: float
    requests: int
    chain: int
    repeated: int
    runs: int
    exit_codes: tuple[int, ...]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Summary:
        """The summary of `runs`, at least one."""
        return cls(
            wall_ms=statistics.median(run.wall_ms for run in runs),
            cpu_ms=statistics.median(run.cpu_ms for run in runs),
            memory_mb=max(run.memory_mb for run in runs),
            requests=round(statistics.median(run.traffic.requests for run in runs)),
            chain=min(run.traffic.chain for run in runs),
            repeated=max(run.traffic.repeated for run in runs),
            runs=len(runs),
            exit_codes=tuple(sorted({run.exit_code for run in runs})),
        )


def run(command: Sequence[str], environment: Mapping[str, str], log: Path, registry: SlowRegistry | None = None) -> Run:
    """How `command` went; what it said is in `log`."""
    if registry is not None:
        registry.forget()
    words = [sys.executable, "-I", "-S", str(LAUNCHER), str(log), *command]
    ended = subprocess.run(words, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, check=True)
    wall_ms, cpu_ms, memory_mb, exit_code = json.loads(ended.stdout)
    traffic = Traffic(0, 0, 0) if registry is None else registry.traffic()
    return Run(wall_ms, cpu_ms, memory_mb, exit_code, traffic)
