"""Attacks on what is done with a verdict: partial failures, and content that changes after it was judged."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.flow.attachments import sign, simple
from tests.flow.conftest import desk as desk
from tests.flow.desk import Desk
from tests.support.images import image
from tests.support.loopback import Reply
from tests.support.registry import LoopbackRegistry
from verifier.files.compose.loader import load_project
from verifier.files.compose.project import ProjectRequest
from verifier.output.exit_code import ALLOW, DENY, UNDECIDED

GOOD, EVIL = image("good"), image("evil")
OVERRIDE = "compose.verified.yaml"


@pytest.fixture
def host(desk: Desk, registry: LoopbackRegistry) -> str:
    """A registry with a signed image, an unsigned one, and one that cannot be had."""
    desk.policy()
    registry.put("good", GOOD, tag="1")
    registry.put("evil", EVIL, tag="1")
    sign(registry, "good", GOOD.digest, simple(GOOD.digest, desk.key()))
    registry.fault("/v2/gone/", status=418)
    return registry.host


@pytest.mark.parametrize("order", list(permutations(["good", "evil", "gone"])), ids=" ".join)
def test_pro_07_in_every_order_each_image_has_its_verdict_and_the_worst_is_the_exit_code(
    desk: Desk, host: str, order: tuple[str, ...]
) -> None:
    ran = desk.verify(*(f"{host}/{name}:1" for name in order))

    wanted = {"good": "allow", "evil": "deny", "gone": "undecided"}
    assert [one["decision"] for one in ran.verdicts] == [wanted[name] for name in order]
    assert (ran.code, ran.report["counts"]) == (DENY, {"allow": 1, "deny": 1, "undecided": 1})


def test_pro_07_one_that_could_not_be_told_is_no_success(desk: Desk, host: str) -> None:
    assert desk.verify(f"{host}/good:1", f"{host}/gone:1", f"{host}/good:1").code == UNDECIDED
    assert desk.verify(f"{host}/good:1", f"{host}/good@{GOOD.digest}").code == ALLOW


@pytest.mark.parametrize("when", ["after the tag was answered", "after the run"])
def test_pro_08_content_that_changes_meanwhile_changes_nothing_of_what_was_verified(
    desk: Desk, registry: LoopbackRegistry, host: str, when: str
) -> None:
    registry.put("good", EVIL)
    desk.write({"compose.yaml": f"services: {{a: {{image: '{host}/good:1'}}}}\n"})
    if when == "after the tag was answered":
        evil = Reply(200, (("Content-Type", EVIL.media_type),), EVIL.content)
        registry.fault("/v2/good/manifests/(1|sha256:)", first=2, reply=lambda _: evil)

    ran = desk.verify("--write-override", OVERRIDE)
    registry.put("good", EVIL, tag="1")

    request = ProjectRequest(desk.directory, files=("compose.yaml", OVERRIDE))
    (started,) = load_project(request).images
    assert (ran.code, ran.verdict["digest"]) == (ALLOW, str(GOOD.digest))
    assert started.text == ran.verdict["pinned"] == f"{host}/good:1@{GOOD.digest}"


def test_pro_08_bytes_that_are_not_those_of_the_digest_are_never_judged(
    desk: Desk, registry: LoopbackRegistry, host: str
) -> None:
    registry.fault(f"/manifests/{GOOD.digest}", body=EVIL.content)

    ran = desk.verify(f"{host}/good@{GOOD.digest}")

    assert (ran.code, ran.verdict["digest"], ran.codes) == (UNDECIDED, None, {"digest-mismatch": "undecided"})
