"""`imgtrust resolve`, `inspect` and `verify` of several images, in real registries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.peers.conftest import MakeBench, Need
from tests.peers.support.bench import Bench
from tests.peers.support.images import image, index
from tests.peers.support.imgtrust import command
from tests.peers.support.registries import Fleet
from tests.peers.support.tools import Outcome, tool

pytestmark = [pytest.mark.peers, pytest.mark.parametrize("kind", list(Fleet.KINDS))]


def _imgtrust(bench: Bench, *words: str) -> tuple[Outcome, Mapping[str, Any]]:
    outcome = bench.workshop.home.run(command(), *words, "--format", "json")
    document: Mapping[str, Any] = json.loads(outcome.stdout)
    return outcome, document


def test_resolve_says_what_crane_says(kind: str, bench: MakeBench, need: Need) -> None:
    need("crane")
    here = bench(kind, "resolved")
    here.shelf.push(index("resolved"), "several")
    here.shelf.push(image("resolved"), "single")
    names = [f"{here.shelf.name}:several", f"{here.shelf.name}:single", f"{here.shelf.name}:absent"]
    run = here.workshop.home.run
    digests = [run(tool("crane"), "digest", name).checked().stdout.strip() for name in names[:2]]

    outcome, document = _imgtrust(here, "resolve", *names)

    several, single, absent = document["images"]
    assert [several["digest"], single["digest"]] == digests
    assert (several["kind"], several["platforms"]) == ("index", ["linux/amd64", "linux/arm64"])
    assert (single["kind"], single["platforms"]) == ("image", ["linux/amd64"])
    assert absent["error"]["code"] == "content-not-found"
    assert outcome.exit_code == 3


def test_inspect_lists_all_that_is_attached(kind: str, bench: MakeBench) -> None:
    here = bench(kind, "inspected")
    reference = here.shelf.push(index("inspected"))
    here.workshop.sign_legacy(reference, here.key, "-a", "env=prod")
    here.workshop.sign_bundle(reference, here.stranger)
    here.workshop.attest(reference, here.key)
    here.workshop.attest(reference, here.key, by="cosign2")

    outcome, document = _imgtrust(here, "inspect", reference, "--key", str(here.key.public))

    signed = [entry for entry in document["attached"] if entry["kind"] == "signature"]
    attested = [entry for entry in document["attached"] if entry["kind"] == "attestation"]
    unsigned = [entry for entry in document["attached"] if entry["kind"] == "unsigned"]
    assert outcome.exit_code == 0, str(outcome)
    assert sorted(entry["verified"].split()[0] for entry in signed) == ["by", "no:"]
    assert [entry["verified"].split()[0] for entry in attested] == ["by", "by"]
    assert len(unsigned) == 2
    assert {"env": "prod"} in [entry.get("annotations") for entry in signed]


def test_one_unsigned_image_does_not_hide_the_signed_one(kind: str, bench: MakeBench) -> None:
    here = bench(kind, "together")
    signed, unsigned = (here.shelf.push(image(name), name) for name in ("signed", "unsigned"))
    here.workshop.sign_bundle(signed, here.key)
    absent = f"{here.shelf.name}:absent"

    outcome, document = _imgtrust(here, "verify", signed, absent, unsigned, "--key", str(here.key.public))

    assert [verdict["decision"] for verdict in document["verdicts"]] == ["allow", "undecided", "deny"]
    assert outcome.exit_code == 4


def test_a_tag_is_judged_by_the_digest_it_names_now(kind: str, bench: MakeBench) -> None:
    here = bench(kind, "moved")
    first = here.shelf.push(image("first"))
    here.workshop.sign_bundle(first, here.key)
    question = ("verify", f"{here.shelf.name}:1", "--key", str(here.key.public))
    before, said_before = _imgtrust(here, *question)
    here.shelf.push(image("second"))

    after, said_after = _imgtrust(here, *question)

    assert (before.exit_code, after.exit_code) == (0, 4)
    assert said_before["verdicts"][0]["digest"] == first.rpartition("@")[2]
    assert said_after["verdicts"][0]["digest"] == image("second").digest
