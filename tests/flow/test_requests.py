"""How much is asked, as numbers: they do not depend on the machine."""

from __future__ import annotations

import re
import threading

import pytest

from tests.flow.attachments import attach, attest, bundled, sign, simple, stem
from tests.flow.desk import Desk, rule
from tests.support.images import encoded, image, platform_index
from tests.support.loopback import LoopbackServer, Reply, Request
from tests.support.registry import LoopbackRegistry
from verifier.output.exit_code import ALLOW, DENY

IMAGE = image()
STEM = stem(IMAGE.digest)
SHA = r"sha256:[0-9a-f]{64}"


def places(registry: LoopbackRegistry) -> dict[str, int]:
    """What was asked for, by kind of place, for `IMAGE`."""
    kinds = {
        "the tag": r"manifests/1",
        "the digest": f"manifests/{IMAGE.digest}",
        "referrers": f"referrers/{IMAGE.digest}",
        "fallback": f"manifests/{STEM}",
        ".sig": rf"manifests/{STEM}\.sig",
        ".att": rf"manifests/{STEM}\.att",
        "referrer": f"manifests/{SHA}",
        "blob": f"blobs/{SHA}",
    }
    found: dict[str, int] = {}
    for line in registry.lines:
        kind = next(kind for kind, path in kinds.items() if re.fullmatch(f"GET /v2/app/{path}", line))
        found[kind] = found.get(kind, 0) + 1
    assert len(registry.lines) == len(set(registry.lines)), "something was asked for twice"
    return found


LISTS = {"referrers": 1, "fallback": 1, ".sig": 1, ".att": 1}


@pytest.fixture
def legacy(desk: Desk, registry: LoopbackRegistry) -> str:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    return f"{registry.host}/app"


def test_an_old_signature_by_tag_costs_six_requests(desk: Desk, registry: LoopbackRegistry, legacy: str) -> None:
    assert desk.verify(f"{legacy}:1").code == ALLOW

    assert places(registry) == {"the tag": 1, **LISTS, "blob": 1}


def test_a_further_signature_costs_its_payload(desk: Desk, registry: LoopbackRegistry, legacy: str) -> None:
    layers = [simple(IMAGE.digest, desk.key(), annotations={"n": str(at)}) for at in range(5)]
    sign(registry, "app", IMAGE.digest, *layers)

    assert desk.verify(f"{legacy}:1").code == ALLOW

    assert places(registry) == {"the tag": 1, **LISTS, "blob": 5}


def test_an_old_signature_by_digest_costs_as_many(desk: Desk, registry: LoopbackRegistry, legacy: str) -> None:
    assert desk.verify(f"{legacy}@{IMAGE.digest}").code == ALLOW

    assert places(registry) == {"the digest": 1, **LISTS, "blob": 1}


def test_the_tag_beside_a_digest_costs_one_request(desk: Desk, registry: LoopbackRegistry, legacy: str) -> None:
    assert desk.verify(f"{legacy}:1@{IMAGE.digest}").code == ALLOW

    # The digest is not asked for where the answer for the tag, which has it, came first.
    assert places(registry) | {"the digest": 1} == {"the tag": 1, "the digest": 1, **LISTS, "blob": 1}


@pytest.mark.parametrize("count", [1, 3])
def test_a_bundle_costs_its_manifest_and_its_content(desk: Desk, registry: LoopbackRegistry, count: int) -> None:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    for at in range(count):
        attach(registry, "app", IMAGE, bundled(IMAGE.digest, desk.key(), annotations={"n": str(at)}))

    assert desk.verify(f"{registry.host}/app:1").code == ALLOW

    assert places(registry) == {"the tag": 1, **LISTS, "referrer": count, "blob": count}


def test_provenance_beside_a_signature_costs_its_envelope(desk: Desk, registry: LoopbackRegistry, legacy: str) -> None:
    attest(registry, "app", IMAGE.digest, desk.key())

    assert desk.verify(f"{legacy}:1").code == ALLOW

    assert places(registry) == {"the tag": 1, **LISTS, "blob": 2}


def test_one_bundle_in_both_lists_is_read_once(desk: Desk, registry: LoopbackRegistry) -> None:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    attach(registry, "app", IMAGE, bundled(IMAGE.digest, desk.key()))
    listed = registry.stored("app").referrers(str(IMAGE.digest))
    document = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": listed}
    registry.put_manifest("app", encoded(document), str(document["mediaType"]), tag=STEM)

    ran = desk.verify(f"{registry.host}/app:1")

    assert (ran.code, len(ran.verdict["signatures"])) == (ALLOW, 1)
    assert places(registry) == {"the tag": 1, **LISTS, "referrer": 1, "blob": 1}


def test_children_are_asked_about_only_where_the_index_is_not_covered(desk: Desk, registry: LoopbackRegistry) -> None:
    whole = platform_index("linux/amd64", "linux/arm64")
    desk.policy()
    registry.put("app", whole, tag="1")
    sign(registry, "app", whole.digest, simple(whole.digest, desk.key()))
    assert desk.verify(f"{registry.host}/app:1").code == ALLOW
    assert len(registry.lines) == 6

    registry.server.forget_requests()
    desk.policy(rule("'**'", "signatures: {from: [other]}"))
    assert desk.verify(f"{registry.host}/app:1").code == DENY

    assert len(registry.lines) == 6 + 2 * 4


def test_an_image_that_is_named_twice_is_asked_about_once(desk: Desk, registry: LoopbackRegistry, legacy: str) -> None:
    ran = desk.verify(f"{legacy}:1", f"{legacy}:1", f"{legacy}@{IMAGE.digest}", f"{legacy}:1@{IMAGE.digest}")

    assert [one["decision"] for one in ran.verdicts] == ["allow"] * 3
    assert len(registry.lines) == len(set(registry.lines)) <= 8


@pytest.mark.parametrize(
    ("name", "rounds"),
    [(":1", 3), (f"@{IMAGE.digest}", 2)],
    ids=["by tag", "by digest"],
)
def test_an_old_signature_takes_as_few_round_trips_as_there_can_be(
    desk: Desk, registry: LoopbackRegistry, legacy: str, name: str, rounds: int
) -> None:
    with Rounds(registry) as counted:
        ran = desk.verify(f"{counted.server.host}/app{name}")

    assert (ran.code, counted.count) == (ALLOW, rounds)


@pytest.mark.parametrize(
    ("name", "rounds"),
    [(":1", 4), (f"@{IMAGE.digest}", 3)],
    ids=["by tag", "by digest"],
)
def test_a_bundle_takes_as_few_round_trips_as_there_can_be(
    desk: Desk, registry: LoopbackRegistry, name: str, rounds: int
) -> None:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    for at in range(4):
        attach(registry, "app", IMAGE, bundled(IMAGE.digest, desk.key(), annotations={"n": str(at)}))

    with Rounds(registry) as counted:
        ran = desk.verify(f"{counted.server.host}/app{name}")

    assert (ran.code, counted.count) == (ALLOW, rounds)


class Rounds:
    """A server before a registry that answers nobody until no further request comes: one round trip."""

    QUIET_S = 0.3

    def __init__(self, registry: LoopbackRegistry) -> None:
        self.server = LoopbackServer(self._answer)
        self.count = 0
        self._registry = registry
        self._changed = threading.Condition()
        self._waiting = 0
        self._round = 0

    def __enter__(self) -> Rounds:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__(None, None, None)

    def _answer(self, request: Request) -> Reply:
        with self._changed:
            mine = self._round
            self._waiting += 1
            self._changed.notify_all()
            while mine == self._round:
                seen = self._waiting
                self._changed.wait(self.QUIET_S)
                if mine == self._round and seen == self._waiting:
                    self._next_round()
        return self._registry.server.answer(request)

    def _next_round(self) -> None:
        self._round += 1
        self.count += 1
        self._waiting = 0
        self._changed.notify_all()
