"""What is measured: for each scenario the programs that do the same work, and how often each of them runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.contents import FORMATS, IMAGES, ROUND_TRIPS_MS, Stage, many_repository, repository
from tests.benchmarks.proxy import SlowRegistry
from tests.peers.support.imgtrust import command as imgtrust
from tests.peers.support.tools import tool
from tests.support.images import artifact, blob, image
from tests.support.layouts import named, write_layout
from tests.support.signing import BUNDLE_V03, SigningKey, bundle, encoded, envelope, signing_key, statement

MANY = (100, 1000)


@dataclass(frozen=True, slots=True)
class Contender:
    """A program with its arguments, and how often it is run."""

    name: str
    command: tuple[str, ...]
    runs: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """The same work for several programs. The first is imgtrust, and the others are measured against it.

    Attributes:
        registry: that the programs ask; None where there is none.

    """

    name: str
    contenders: Sequence[Contender]
    registry: SlowRegistry | None = None


def scenarios(stage: Stage) -> Iterator[Scenario]:
    """Every scenario, in the order in which they are run. Names begin with what is prepared once for several."""
    yield _start(stage)
    for kind in FORMATS:
        for round_trip_ms, registry in stage.by_round_trip.items():
            yield Scenario(f"one-{kind}-{round_trip_ms}", list(_one(stage, kind, registry)), registry)
    for kind in FORMATS:
        for round_trip_ms, registry in stage.by_round_trip.items():
            contenders = list(_fifty(stage, kind, registry, round_trip_ms))
            yield Scenario(f"fifty-{kind}-{round_trip_ms}", contenders, registry)
    for kind in FORMATS:
        contenders = list(_fifty(stage, kind, stage.limited, ROUND_TRIPS_MS[-1]))
        yield Scenario(f"limited-{kind}-20", contenders, stage.limited)
    for kind in FORMATS:
        for round_trip_ms in (0, 20):
            for count in MANY:
                registry = stage.by_round_trip[round_trip_ms]
                contenders = list(_many(stage, kind, count, registry))
                yield Scenario(f"many-{kind}-{count}-{round_trip_ms}", contenders, registry)


def prepare(stage: Stage, name: str, done: set[str]) -> None:
    """Put what the scenario `name` asks about into the registry, unless it is among what is `done`."""
    what, kind, *more = [*name.split("-"), ""]
    key = name.rpartition("-")[0] if what == "many" else kind
    if what == "start" or key in done:
        return
    done.add(key)
    if what == "many":
        stage.sign_often(kind, int(more[0]))
    else:
        stage.sign_images(kind)


def _start(stage: Stage) -> Scenario:
    key = signing_key("layout")
    (stage.folder / "layout.pub").write_bytes(key.pem)
    _signed_layout(stage.folder / "layout", key)
    verify = ("verify", "--key", str(stage.folder / "layout.pub"), f"oci:{stage.folder / 'layout'}:app")
    return Scenario(
        "start",
        [
            Contender("imgtrust --version", (str(imgtrust()), "--version"), 15),
            Contender("imgtrust verify --key, layout", (str(imgtrust()), *verify), 15),
            Contender("python -c pass", (sys.executable, "-c", "pass"), 15),
            Contender("python -c 'import click'", (sys.executable, "-c", "import click"), 15),
            Contender("cosign3 version", (str(tool("cosign3")), "version"), 15),
            Contender("cosign2 version", (str(tool("cosign2")), "version"), 15),
        ],
    )


def _signed_layout(directory: Path, key: SigningKey) -> None:
    whole = image("layout")
    signed = bundle(envelope(statement(whole.digest), key))
    referrer = artifact(BUNDLE_V03, (blob(BUNDLE_V03, encoded(signed)),), subject=whole)
    write_layout(directory, [named(whole, "app"), referrer])


def _one(stage: Stage, kind: str, registry: SlowRegistry) -> Iterator[Contender]:
    reference = f"{registry.host}/{repository(kind, 0)}:1"
    yield Contender("imgtrust", _imgtrust(stage.key.public, [reference]), 7)
    yield Contender("cosign3", _cosign(stage, "cosign3", stage.key.public, [reference]), 7)
    yield Contender("cosign2", _cosign(stage, "cosign2", stage.key.public, [reference]), 3)


def _fifty(stage: Stage, kind: str, registry: SlowRegistry, round_trip_ms: int) -> Iterator[Contender]:
    references = [f"{registry.host}/{repository(kind, at)}:1" for at in range(IMAGES)]
    compose = _compose(stage.folder / f"{kind}-{registry.host}.yaml", references)
    # What takes half a minute is run once.
    key, slow_runs = stage.key.public, 1 if round_trip_ms >= 100 else 2
    yield Contender("imgtrust", _imgtrust(key, references), 5)
    yield Contender("imgtrust, again", _imgtrust(key, references), 5)
    yield Contender("imgtrust, a Compose file", _imgtrust(key, [str(compose)]), 3)
    yield Contender("cosign3, eight at a time", _eight(_cosign(stage, "cosign3", key, []), references), 3)
    yield Contender("cosign3, one process", _cosign(stage, "cosign3", key, references), slow_runs)
    yield Contender("cosign2, eight at a time", _eight(_cosign(stage, "cosign2", key, []), references), slow_runs)


def _many(stage: Stage, kind: str, count: int, registry: SlowRegistry) -> Iterator[Contender]:
    reference = f"{registry.host}/{many_repository(kind, count)}:1"
    slow_runs = 1 if count >= 1000 else 3
    yield Contender("imgtrust", _imgtrust(stage.many_key, [reference]), 3)
    yield Contender("cosign3", _cosign(stage, "cosign3", stage.many_key, [reference]), slow_runs)


def _imgtrust(key: Path, what: Sequence[str]) -> tuple[str, ...]:
    return (str(imgtrust()), "verify", "--key", str(key), *what)


def _cosign(stage: Stage, program: str, key: Path, references: Sequence[str]) -> tuple[str, ...]:
    # Without a trusted root of its own, cosign asks the public one's server.
    trust = ("--key", str(key), "--insecure-ignore-tlog", "--trusted-root", str(stage.workshop.trusted_root))
    return (str(tool(program)), "verify", *trust, *references)


def _eight(command: Sequence[str], references: Sequence[str]) -> tuple[str, ...]:
    """`command` for each of the references, in eight processes at a time."""
    each = "printf '%s\\n' " + " ".join(references) + " | xargs -P 8 -n 1 " + " ".join(command)
    return ("/bin/sh", "-c", each)


def _compose(path: Path, references: Sequence[str]) -> Path:
    services = "".join(f"  app{at:02}:\n    image: {one}\n" for at, one in enumerate(references))
    path.write_text(f"services:\n{services}")
    return path
