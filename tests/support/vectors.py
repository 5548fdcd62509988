"""Signed layouts on disk with what each of them must yield: `tests/vectors`, or what its generator writes elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VECTORS = Path(__file__).parents[1] / "vectors"


@dataclass(frozen=True, slots=True)
class Vector:
    """One signed layout.

    Attributes:
        name: what it shows.
        image: in its layout, as imgtrust is asked about it.
        digest: of the image.
        keys: public keys; each of them must have signed.
        annotations: that must have been signed.
        decision: that imgtrust must reach.
        rejected_at: the steps at which candidates must be rejected, sorted.

    """

    name: str
    image: str
    digest: str
    keys: tuple[Path, ...]
    annotations: Mapping[str, str]
    decision: str
    rejected_at: tuple[str, ...]

    def arguments(self, folder: Path) -> list[str]:
        """What `imgtrust` is asked with; a policy is written to `folder` where `--key` cannot say it."""
        question = ["verify", self.image, "--format", "json"]
        if len(self.keys) == 1 and not self.annotations:
            return [*question, "--key", str(self.keys[0])]
        policy = folder / "imgtrust.yaml"
        policy.write_text(self._policy())
        return [*question, "--policy", str(policy)]

    def _policy(self) -> str:
        names = [f"key-{position}" for position in range(len(self.keys))]
        keys = [f"  {name}: {{file: {json.dumps(str(key))}}}\n" for name, key in zip(names, self.keys, strict=True)]
        wanted = f"from: [{', '.join(names)}], at_least: {len(names)}"
        if self.annotations:
            wanted += f", annotations: {json.dumps(dict(self.annotations))}"
        return f'version: 1\nkeys:\n{"".join(keys)}rules:\n  - images: ["**"]\n    signatures: {{{wanted}}}\n'


def load(folder: Path = VECTORS) -> tuple[Vector, ...]:
    """The vectors of `folder`."""
    return tuple(
        Vector(
            name=row["name"],
            image=f"oci:{folder / row['image']}",
            digest=row["digest"],
            keys=tuple(folder / key for key in row["keys"]),
            annotations=row["annotations"],
            decision=row["decision"],
            rejected_at=tuple(row["rejected_at"]),
        )
        for row in json.loads((folder / "vectors.json").read_text())
    )
