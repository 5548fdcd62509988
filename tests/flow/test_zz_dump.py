from __future__ import annotations
import json
import pytest
from tests.flow.test_catalogue import SCENES
from tests.flow.desk import Desk
from tests.support.registry import LoopbackRegistry

@pytest.mark.parametrize("expected", SCENES, ids=lambda one: f"{one.code}-{one.effect}")
def test_dump(desk: Desk, registry: LoopbackRegistry, expected) -> None:
    ran = expected.scene(desk, registry)
    if expected.effect == "error":
        msg = ran.err
    else:
        listed = ran.report["notes"] if expected.effect == "note" else ran.verdict["findings"]
        msg = [one for one in listed if one["code"] == expected.code][0]["message"]
    with open("/tmp/dump.jsonl", "a") as f:
        f.write(json.dumps([expected.code, expected.effect, msg, registry.host, str(desk.directory)]) + "\n")
