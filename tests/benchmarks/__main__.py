"""Measures imgtrust beside real cosign on one registry, and prints medians and ratios.

python -m tests.benchmarks [--json FILE] [--only NAME]...
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.contents import Stage, stage
from tests.benchmarks.measure import Run, Summary, run
from tests.benchmarks.scenarios import Scenario, prepare, scenarios
from tests.peers.support.tools import ToolMissing

COLUMNS = f"{'':32}{'wall ms':>9}{'x':>7}{'CPU ms':>8}{'x':>7}{'MB':>5}{'R':>7}{'D':>5}{'again':>6}{'runs':>5}  exit"


def main() -> int:
    """Measure what the command line asks for; 2 if a program is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    parser.add_argument("--only", action="append", metavar="NAME", help="only scenarios whose name begins so")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = _measured(Path(folder), tuple(asked.only or [""]))
        except ToolMissing as missing:
            print(missing, file=sys.stderr)
            return 2
    if asked.json is not None:
        asked.json.write_text(json.dumps({"about": _about(), "scenarios": found}, indent=2) + "\n")
    return 0


def _measured(folder: Path, only: tuple[str, ...]) -> dict[str, dict[str, object]]:
    print(_about())
    found: dict[str, dict[str, object]] = {}
    done: set[str] = set()
    with stage(folder) as ready:
        for scenario in scenarios(ready):
            if not scenario.name.startswith(only):
                continue
            prepare(ready, scenario.name, done)
            summaries = _interleaved(ready, scenario)
            _print(scenario.name, summaries)
            found[scenario.name] = {name: asdict(one) for name, one in summaries.items()}
    return found


def _interleaved(ready: Stage, scenario: Scenario) -> dict[str, Summary]:
    """The summary of each contender: they take turns, so that whatever else the machine does meets all of them."""
    environment = ready.workshop.home.environment()
    runs: dict[str, list[Run]] = {one.name: [] for one in scenario.contenders}
    for turn in range(max(one.runs for one in scenario.contenders)):
        for contender in scenario.contenders:
            if turn < contender.runs:
                log = ready.folder / "output.txt"
                runs[contender.name].append(run(contender.command, environment, log, scenario.registry))
    return {name: Summary.of(found) for name, found in runs.items()}


def _print(name: str, summaries: dict[str, Summary]) -> None:
    print(f"\n{name}\n{COLUMNS}")
    ours = next(iter(summaries.values()))
    for contender, one in summaries.items():
        wall, cpu = one.wall_ms / ours.wall_ms, one.cpu_ms / ours.cpu_ms
        codes = ",".join(map(str, one.exit_codes))
        print(
            f"{contender:32}{one.wall_ms:9.0f}{wall:7.2f}{one.cpu_ms:8.0f}{cpu:7.2f}{one.memory_mb:5.0f}"
            f"{one.requests:7}{one.chain:5}{one.repeated:6}{one.runs:5}  {codes}",
            flush=True,
        )


def _about() -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }


if __name__ == "__main__":
    sys.exit(main())
