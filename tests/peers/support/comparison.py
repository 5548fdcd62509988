"""One row of the comparison with cosign: what is attached to an image, who is asked what, and who answers how."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from tests.peers.support.bench import Bench
from tests.peers.support.imgtrust import Answer, ask
from tests.peers.support.tools import Outcome
from tests.peers.support.workshop import KeyPair

COSIGN_VERSIONS = ("2.6.5", "3.1.3")
"""What `.ci/peers` installs, and what the page is about."""


class Why(Enum):
    """Why imgtrust and cosign answer differently; each is a heading of `docs/reference/compared-with-cosign.md`."""

    BUNDLES_ALONE = "Bundles hide simple signing"
    ATTESTATION = "An attestation is not a signature"
    KEY_HASH = "The hash that belongs to the key"
    LAX_PAYLOAD = "Payloads that are not what cosign writes"
    REFERRER = "Simple signing as a referrer"
    CHILDREN = "An index whose platforms are signed"
    ANNOTATIONS = "Annotations in bundles"
    REPOSITORY = "The repository in the payload"


class Answers(NamedTuple):
    """Who answers how.

    Attributes:
        ours: the decision of imgtrust.
        cosign2: whether cosign 2 accepts the image.
        cosign3: whether cosign 3 does.

    """

    ours: str
    cosign2: bool
    cosign3: bool


ALL_ALLOW = Answers("allow", cosign2=True, cosign3=True)
ALL_DENY = Answers("deny", cosign2=False, cosign3=False)
ONLY_WE_ALLOW = Answers("allow", cosign2=False, cosign3=False)
ONLY_WE_DENY = Answers("deny", cosign2=True, cosign3=True)
ONLY_COSIGN_2_ACCEPTS = Answers("deny", cosign2=True, cosign3=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A row.

    Attributes:
        name: of the row, as the page has it.
        prepare: puts image and signatures into the bench's repository; the reference that is asked about.
        answers: who answers how.
        why: the reason of a difference, None where there is none.
        steps: at which imgtrust rejects candidates, in any order.
        keys: who is trusted; every one of them must have signed, which cosign is asked once for each key.
        annotations: that must have been signed.
        code: of a finding that imgtrust must give, None where a plain allow needs none.
        cosign_options: what cosign is told beside the key.
        repository_signed: whether the payload must name the image's repository, which cosign cannot be asked.

    """

    name: str
    prepare: Callable[[Bench], str]
    answers: Answers
    why: Why | None = None
    steps: tuple[str, ...] = ()
    keys: Callable[[Bench], tuple[KeyPair, ...]] = lambda bench: (bench.key,)
    annotations: tuple[tuple[str, str], ...] = ()
    code: str | None = None
    cosign_options: tuple[str, ...] = ()
    repository_signed: bool = False

    def __post_init__(self) -> None:
        allowed = self.answers.ours == "allow"
        assert allowed == (self.code is None), f"`{self.name}`: what is not allowed has a code, and nothing else has"
        differs = self.answers[1:] != (allowed, allowed)
        assert differs == (self.why is not None), f"`{self.name}`: a difference has a reason, and nothing else has"

    @property
    def slug(self) -> str:
        """A name for repositories and files."""
        return "".join(c if c.isalnum() else "-" for c in self.name.lower()).strip("-").replace("--", "-")

    def ask_imgtrust(self, bench: Bench, reference: str) -> Answer:
        """What imgtrust answers: with `--key` where that says it all, else under a policy."""
        keys = self.keys(bench)
        if len(keys) == 1 and not self.annotations and not self.repository_signed:
            return ask(bench.workshop.home, reference, "--key", keys[0].public)
        return ask(bench.workshop.home, reference, "--policy", self._policy(bench, keys))

    def ask_cosign(self, bench: Bench, reference: str, by: str) -> tuple[Outcome, ...]:
        """What cosign answers, for each key; the image is accepted if all of them end well."""
        wanted = [*self.cosign_options]
        wanted += [word for name, value in self.annotations for word in ("-a", f"{name}={value}")]
        return tuple(bench.workshop.verify(by, reference, key, *wanted) for key in self.keys(bench))

    def _policy(self, bench: Bench, keys: tuple[KeyPair, ...]) -> Path:
        names = [f"key-{position}" for position in range(len(keys))]
        lines = ["version: 1", "keys:"]
        lines += [f"  {name}: {{file: {json.dumps(str(key.public))}}}" for name, key in zip(names, keys, strict=True)]
        lines += ["rules:", f"  - images: [{json.dumps(bench.shelf.host + '/**')}]", "    signatures:"]
        lines += [f"      from: [{', '.join(names)}]", f"      at_least: {len(keys)}"]
        if self.annotations:
            lines.append(f"      annotations: {json.dumps(dict(self.annotations))}")
        if self.repository_signed:
            lines.append("      repository: signed")
        path = bench.workshop.home.folder / f"{self.slug}.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path


def table(cases: tuple[Case, ...]) -> str:
    """The comparison as the page has it."""
    head = [
        "what is attached, and what is asked",
        "imgtrust",
        *(f"cosign {v}" for v in COSIGN_VERSIONS),
        "why they differ",
    ]
    lines = [_line(head), _line(["---"] * len(head))]
    lines += [_line([case.name, case.answers.ours, *map(_verb, case.answers[1:]), _link(case.why)]) for case in cases]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells).rstrip() + " |"


def _verb(accepted: bool) -> str:
    return "accepts" if accepted else "refuses"


def _link(why: Why | None) -> str:
    return f"[{why.value}](#{why.value.lower().replace(' ', '-')})" if why else ""
