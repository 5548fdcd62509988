"""A Compose project whose images lie in real registries, signed by real cosign: what runs is what was verified."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.peers.conftest import MakeBench
from tests.peers.support.bench import Bench
from tests.peers.support.images import image, index
from tests.peers.support.imgtrust import command
from tests.peers.support.tools import Outcome

pytestmark = pytest.mark.peers

COMPOSE = """\
x-image: &web {web}
services:
  web:
    image: *web
  worker:
    image: {worker}
"""
POLICY = """\
version: 1
keys:
  release: {{file: release.pub}}
rules:
  - images: ["{repository}/**"]
    signatures: {{from: [release]}}
"""


@pytest.fixture
def here(bench: MakeBench, tmp_path: Path) -> Bench:
    """A repository of this test's own, on the registry that most people run."""
    return bench("distribution-3", f"project-{tmp_path.parent.name}-{tmp_path.name}".replace("_", "-").lower())


def _project(folder: Path, bench: Bench, *, worker_signed: bool) -> None:
    web, worker = bench.beside("web"), bench.beside("worker")
    bench.workshop.sign_bundle(web.push(index("web"), "1.4"), bench.key, "-r")
    pushed = worker.push(image("worker"), "2.0")
    if worker_signed:
        bench.workshop.sign_legacy(pushed, bench.key)
    (folder / "compose.yaml").write_text(COMPOSE.format(web=f"{web.name}:1.4", worker=f"{worker.name}:2.0"))
    (folder / "release.pub").write_bytes(bench.key.public.read_bytes())
    (folder / "imgtrust.yaml").write_text(POLICY.format(repository=bench.shelf.host))


def _verify(folder: Path, bench: Bench, *options: str) -> Outcome:
    files = ("-f", str(folder / "compose.yaml"), "--policy", str(folder / "imgtrust.yaml"))
    return bench.workshop.home.run(command(), "verify", *files, "--format", "json", *options)


def test_a_signed_project_is_allowed_and_its_override_names_the_verified_digests(here: Bench, tmp_path: Path) -> None:
    _project(tmp_path, here, worker_signed=True)

    outcome = _verify(tmp_path, here, "--write-override", str(tmp_path / "verified.yaml"))

    assert outcome.exit_code == 0, str(outcome)
    services = yaml.safe_load((tmp_path / "verified.yaml").read_text())["services"]
    assert {name: service["image"].rpartition("@")[2] for name, service in services.items()} == {
        "web": index("web").digest,
        "worker": image("worker").digest,
    }


def test_an_unsigned_image_denies_the_project_at_its_line(here: Bench, tmp_path: Path) -> None:
    _project(tmp_path, here, worker_signed=False)

    outcome = _verify(tmp_path, here, "--write-override", str(tmp_path / "verified.yaml"))

    verdicts = {
        use["field"]: (verdict, use) for verdict in json.loads(outcome.stdout)["verdicts"] for use in verdict["uses"]
    }
    denied, use = verdicts["services.worker.image"]
    assert outcome.exit_code == 4
    assert (denied["decision"], use["line"], use["column"]) == ("deny", 6, 12)
    assert verdicts["services.web.image"][0]["decision"] == "allow"
    assert not (tmp_path / "verified.yaml").exists()
