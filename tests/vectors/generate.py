"""Makes the vectors anew: image layouts that real cosign signed, public keys, and what each of them must yield.

    .ci/peers && .venv/bin/python -m tests.vectors.generate [FOLDER]

The rows are those of the comparison with cosign (`tests/peers/support/*_cases.py`), made in crane's registry and
copied to disk by regctl with everything that hangs on them. Private keys are thrown away.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.peers.support.bench import Bench
from tests.peers.support.cases import CASES
from tests.peers.support.comparison import Case
from tests.peers.support.images import Shelf
from tests.peers.support.registries import crane_registry
from tests.peers.support.tools import Home, tool
from tests.peers.support.workshop import Workshop

CHOSEN = (
    "nothing attached",
    "simple signing by cosign 2",
    "simple signing by cosign 3",
    "bundle by cosign 2",
    "bundle by cosign 3",
    "simple signing as a referrer",
    "bundle by another key",
    "bundles by two keys, both are asked for",
    "one key twice, two are asked for",
    "one key in each format, both are asked for",
    "our simple signing, a stranger's attestation",
    "our attestation alone, as a bundle",
    "our attestation alone, as `.att`",
    "annotation in simple signing, asked for",
    "annotation in simple signing, another value",
    "annotation in a bundle, asked for",
    "annotation in a bundle, another value",
    "index signed recursively, simple signing",
    "index signed recursively, bundle",
    "index whose every platform is signed",
    "index of which one platform is signed",
    "simple signing by RSA-3072",
    "bundle by RSA-2048",
    "simple signing by P-384",
    "bundle by P-384",
    "bundle by P-521",
    "simple signing by Ed25519",
    "bundle by Ed25519",
    "payload changed after signing",
    "signature broken",
    "bundle broken",
    "simple signing of another image",
    "bundle of another image",
    "payload with the digest named twice",
)
"""The rows that become vectors, by their names in the comparison."""

SAVED = ("simple signing by cosign 3", "bundle by cosign 3", "index signed recursively, bundle")
"""Those of them that are there a second time, as `cosign save` writes them."""


def generate(folder: Path) -> None:
    """Writes layouts, keys and `vectors.json` to `folder`; what was there of them before is gone."""
    cases = {case.name: case for case in CASES}
    for name in ("layouts", "keys"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    with tempfile.TemporaryDirectory() as made, crane_registry(Path(made) / "registry") as registry:
        home = Home(Path(made) / "home")
        home.folder.mkdir()
        workshop = Workshop(home)
        rows = []
        for name in CHOSEN:
            case = cases[name]
            bench = Bench(registry, workshop, Shelf(registry.host, case.slug))
            reference = case.prepare(bench)
            rows.append(_copied(case, bench, reference, folder))
            if name in SAVED:
                rows.append(_saved(case, bench, reference, folder))
        shutil.copy(workshop.key("unused").public, folder / "keys")
    (folder / "vectors.json").write_text(json.dumps(rows, indent=2) + "\n")


def _copied(case: Case, bench: Bench, reference: str, folder: Path) -> dict[str, object]:
    """What `vectors.json` says of `reference`, which regctl copies to a layout with all that hangs on it."""
    layout = f"layouts/{case.slug}"
    options = ("--host", f"reg={bench.shelf.host},tls=disabled", "--referrers", "--digest-tags")
    target = f"ocidir://{folder / layout}:app"
    bench.workshop.home.run(tool("regctl"), "image", "copy", *options, reference, target).checked()
    return _row(case, bench, reference, folder, name=case.name, image=f"{layout}:app")


def _saved(case: Case, bench: Bench, reference: str, folder: Path) -> dict[str, object]:
    """What `vectors.json` says of `reference`, which cosign saves in its own way."""
    layout = f"layouts/{case.slug}-saved"
    bench.workshop.home.run(tool("cosign3"), "save", "--dir", folder / layout, reference).checked()
    return _row(case, bench, reference, folder, name=f"{case.name}, saved", image=layout)


def _row(case: Case, bench: Bench, reference: str, folder: Path, *, name: str, image: str) -> dict[str, object]:
    for path in (folder / image.partition(":")[0]).rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    keys = [key.public for key in case.keys(bench)]
    for key in keys:
        shutil.copy(key, folder / "keys" / key.name)
    return {
        "name": name,
        "image": image,
        "digest": reference.rpartition("@")[2],
        "keys": [f"keys/{key.name}" for key in keys],
        "annotations": dict(case.annotations),
        "decision": case.answers.ours,
        "rejected_at": sorted(case.steps),
    }


def main(arguments: Sequence[str]) -> None:
    """Makes the vectors in the folder that is named, or beside this file."""
    generate(Path(arguments[0]) if arguments else Path(__file__).parent)


if __name__ == "__main__":
    main(sys.argv[1:])
