"""What a registry can do, seen from the command line: never an allow that was not earned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.flow.attachments import attach, bundled, sign, signatures, simple, stem
from tests.flow.desk import Desk, rule
from tests.support.images import Content, artifact, encoded, image, index
from tests.support.loopback import Reply, Request
from tests.support.registry import LoopbackRegistry
from verifier.manifest import OCI_INDEX
from verifier.output.exit_code import ALLOW, DENY, UNDECIDED

IMAGE = image()
EVIL = image("evil")
STEM = stem(IMAGE.digest)
PLACES = {
    "referrers": "/referrers/",
    "fallback": f"/manifests/{STEM}$",
    ".sig": f"/manifests/{STEM}.sig$",
    ".att": f"/manifests/{STEM}.att$",
}


@pytest.fixture
def signed(desk: Desk, registry: LoopbackRegistry) -> str:
    """An image that `release` signed in the old format."""
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    return f"{registry.host}/app"


def test_reg_01_a_header_that_names_another_digest_than_the_bytes_is_an_error(
    desk: Desk, registry: LoopbackRegistry, signed: str
) -> None:
    registry.fault("/manifests/1$", headers={"Docker-Content-Digest": str(EVIL.digest)})

    ran = desk.verify(f"{signed}:1")

    assert (ran.code, ran.codes) == (UNDECIDED, {"digest-mismatch": "undecided"})
    assert (ran.verdict["digest"], ran.verdict["pinned"]) == (None, None)
    registry.server.forget_faults()
    assert desk.verify(f"{signed}:1").code == ALLOW


def test_reg_01_a_header_is_not_needed(desk: Desk, registry: LoopbackRegistry, signed: str) -> None:
    registry.fault("/manifests/", headers={"Docker-Content-Digest": None})

    assert desk.verify(f"{signed}:1").code == ALLOW


def test_reg_02_other_bytes_for_a_digest_are_refused_even_if_they_are_signed(
    desk: Desk, registry: LoopbackRegistry, signed: str
) -> None:
    registry.put("app", EVIL)
    headers = {"Docker-Content-Digest": str(EVIL.digest)}
    registry.fault(f"/manifests/{EVIL.digest}", body=IMAGE.content, headers=headers)

    ran = desk.verify(f"{signed}@{EVIL.digest}")

    assert (ran.code, ran.codes) == (UNDECIDED, {"digest-mismatch": "undecided"})
    assert desk.verify(f"{signed}@{IMAGE.digest}").code == ALLOW


def test_reg_03_a_tag_is_asked_for_once_and_the_verdict_names_what_was_verified(
    desk: Desk, registry: LoopbackRegistry, signed: str
) -> None:
    registry.put("app", EVIL)
    evil = Reply(200, (("Content-Type", EVIL.media_type),), EVIL.content)
    registry.fault("/manifests/1$", first=2, reply=lambda _: evil)

    ran = desk.verify(f"{signed}:1")

    assert (ran.code, ran.verdict["pinned"]) == (ALLOW, f"{signed}:1@{IMAGE.digest}")
    assert registry.lines.count("GET /v2/app/manifests/1") == 1
    again = desk.verify(f"{signed}:1")
    assert (again.code, again.verdict["digest"]) == (DENY, str(EVIL.digest))


@pytest.mark.parametrize("hidden", [["referrers", "fallback", ".sig"], ["referrers"], ["fallback"], [".sig"]])
@pytest.mark.parametrize("form", ["bundle", "simple signing"])
def test_reg_05_evidence_that_is_withheld_never_allows(
    desk: Desk, registry: LoopbackRegistry, hidden: list[str], form: str
) -> None:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    if form == "bundle":
        attach(registry, "app", IMAGE, bundled(IMAGE.digest, desk.key()))
    else:
        sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    for place in hidden:
        registry.fault(PLACES[place], status=404)

    ran = desk.verify(f"{registry.host}/app:1")

    concerned = {"bundle": "referrers", "simple signing": ".sig"}[form] in hidden
    assert ran.code == (DENY if concerned else ALLOW)
    assert ("no-signatures" in ran.codes) == concerned


def test_reg_05_an_empty_page_without_a_next_one_never_allows(desk: Desk, registry: LoopbackRegistry) -> None:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    attach(registry, "app", IMAGE, bundled(IMAGE.digest, desk.key()))
    assert desk.verify(f"{registry.host}/app:1").code == ALLOW

    empty = encoded({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []})
    registry.fault("/referrers/", body=empty)

    assert desk.verify(f"{registry.host}/app:1").code == DENY


def test_reg_06_a_referrer_counts_only_where_it_says_itself_that_it_is_about_the_image(
    desk: Desk, registry: LoopbackRegistry
) -> None:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    kind = "application/vnd.dev.cosign.artifact.sig.v1+json"
    layer = simple(IMAGE.digest, desk.key())
    right, wrong, none = (artifact(kind, (layer,), subject=one) for one in (IMAGE, EVIL, None))
    listing(registry, wrong, none)
    denied = desk.verify(f"{registry.host}/app:1")
    listing(registry, wrong, right, none)
    allowed = desk.verify(f"{registry.host}/app:1")

    assert (denied.code, [one["step"] for one in denied.verdict["rejections"]]) == (DENY, ["subject"] * 2)
    assert (allowed.code, len(allowed.verdict["signatures"])) == (ALLOW, 1)


def listing(registry: LoopbackRegistry, *referrers: Content) -> None:
    """Let the referrers API list `referrers`, whatever they are about."""
    for one in referrers:
        registry.put("app", one)
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [one.descriptor() for one in referrers]}
    registry.fault("/referrers/", reply=lambda _: Reply(200, (("Content-Type", OCI_INDEX),), encoded(document)))


@pytest.mark.parametrize(
    ("held", "step"),
    [
        pytest.param(lambda desk: index([EVIL]), "material", id="an index"),
        pytest.param(lambda desk: EVIL, None, id="an image"),
        pytest.param(lambda desk: signatures(simple(EVIL.digest, desk.key())), "subject", id="another's signature"),
    ],
)
def test_reg_17_the_tag_of_old_signatures_is_a_place_and_no_proof(
    desk: Desk, registry: LoopbackRegistry, signed: str, held: Any, step: str | None
) -> None:
    registry.put("app", held(desk), tag=f"{STEM}.sig")

    ran = desk.verify(f"{signed}:1")

    assert ran.code == DENY
    assert [one["step"] for one in ran.verdict["rejections"]] == ([step] if step else [])


def test_reg_17_more_signatures_than_are_read_are_refused_as_a_whole(
    desk: Desk, registry: LoopbackRegistry, signed: str
) -> None:
    good = simple(IMAGE.digest, desk.key())
    document = signatures(good).document
    descriptor = document["layers"][0]
    many = [descriptor | {"annotations": descriptor["annotations"] | {"n": str(at)}} for at in range(1001)]
    registry.put_manifest("app", encoded(document | {"layers": many}), tag=f"{STEM}.sig")

    ran = desk.verify(f"{signed}:1")

    assert (ran.code, ran.codes["evidence-incomplete"]) == (UNDECIDED, "undecided")
    assert not any("blobs" in line for line in registry.lines)


def test_reg_17_formats_that_disagree_are_all_judged(desk: Desk, registry: LoopbackRegistry) -> None:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(EVIL.digest, desk.key()))
    attach(registry, "app", IMAGE, bundled(IMAGE.digest, desk.key("other")))
    assert desk.verify(f"{registry.host}/app:1").code == DENY

    attach(registry, "app", IMAGE, bundled(IMAGE.digest, desk.key()))
    ran = desk.verify(f"{registry.host}/app:1")

    assert (ran.code, len(ran.verdict["rejections"])) == (ALLOW, 2)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_fails_makes_undecided_unless_the_rest_suffices(
    desk: Desk, registry: LoopbackRegistry, signed: str, place: str
) -> None:
    registry.fault(PLACES[place], status=418)

    suffices = desk.verify(f"{signed}:1")

    assert suffices.code == (UNDECIDED if place == ".sig" else ALLOW)
    desk.policy(rule("'**'", "signatures: {from: [other]}"))
    lacks = desk.verify(f"{signed}:1")
    assert (lacks.code, lacks.decision, lacks.codes["evidence-incomplete"]) == (UNDECIDED, "undecided", "undecided")


def test_a_server_error_is_tried_again_before_it_counts(desk: Desk, registry: LoopbackRegistry, signed: str) -> None:
    registry.fault(PLACES[".sig"], status=503, times=1)

    assert desk.verify(f"{signed}:1").code == ALLOW
    assert sum(line.endswith(".sig") for line in registry.lines) == 2


def test_a_payload_that_is_named_and_not_there_makes_undecided(
    desk: Desk, registry: LoopbackRegistry, signed: str
) -> None:
    registry.fault("/blobs/", status=404)

    ran = desk.verify(f"{signed}:1")

    assert (ran.code, ran.codes["evidence-incomplete"]) == (UNDECIDED, "undecided")


def test_a_payload_of_other_bytes_makes_undecided(desk: Desk, registry: LoopbackRegistry, signed: str) -> None:
    registry.fault("/blobs/", body=simple(EVIL.digest, desk.key()).content)

    ran = desk.verify(f"{signed}:1")

    assert (ran.code, ran.codes["evidence-incomplete"]) == (UNDECIDED, "undecided")
    assert ran.verdict["signatures"] == []


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param(lambda desk: signatures(), id="no layers"),
        pytest.param(lambda desk: signatures(Content(simple(IMAGE.digest, desk.key()).media_type, b"")), id="empty"),
        pytest.param(lambda desk: signatures(Content("application/octet-stream", b"x")), id="of another type"),
    ],
)
def test_sig_12_nothing_that_verifies_is_never_an_allow(
    desk: Desk, registry: LoopbackRegistry, signed: str, nothing: Any
) -> None:
    registry.put("app", nothing(desk), tag=f"{STEM}.sig")

    assert desk.verify(f"{signed}:1").code == DENY


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param({"hang_up": True}, "registry-unreachable", id="hangs up"),
        pytest.param({"cut_after": 20}, "registry-unreachable", id="truncates"),
        pytest.param({"endless": True}, "limit-exceeded", id="never ends"),
        pytest.param({"gzipped": True}, "registry-error", id="compresses"),
        pytest.param({"delay_s": 30}, "registry-unreachable", id="is silent"),
        pytest.param({"drip_s": 0.3}, "registry-unreachable", id="is slow"),
        pytest.param(
            {"status": 307, "headers": {"Location": "http://127.0.0.2:1/"}}, "address-refused", id="redirects"
        ),
        pytest.param({"status": 307, "headers": {"Location": "/v2/app/manifests/1"}}, "address-refused", id="circles"),
        pytest.param({"status": 503}, "registry-unreachable", id="is down"),
        pytest.param({"status": 500}, "registry-unreachable", id="fails"),
        pytest.param({"status": 403}, "registry-denied", id="refuses"),
        pytest.param({"status": 204}, "registry-error", id="has no content"),
        pytest.param({"body": b""}, "digest-mismatch", id="sends nothing"),
        pytest.param({"headers": {"Content-Type": "text/html"}}, "registry-error", id="sends a page"),
    ],
)
def test_a_registry_that_goes_wrong_makes_undecided_in_time(
    desk: Desk, registry: LoopbackRegistry, signed: str, fault: Mapping[str, Any], code: str
) -> None:
    registry.fault("/manifests/1$", **fault)

    ran = desk.verify(f"{signed}:1", "--timeout", "0.5")

    assert (ran.code, ran.codes) == (UNDECIDED, {code: "undecided"})
    assert ran.verdict["findings"][0]["message"]
    registry.server.forget_faults()
    assert desk.verify(f"{signed}:1", "--timeout", "5").code == ALLOW


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"layers": None}, id="without layers"),
        pytest.param({"manifests": []}, id="image and index"),
        pytest.param({"schemaVersion": 3}, id="of version 3"),
        pytest.param({"mediaType": OCI_INDEX}, id="of another type"),
        pytest.param({"config": {"mediaType": "x", "digest": "sha256:../..", "size": 1}}, id="with a path"),
        pytest.param({"config": {"mediaType": "x", "digest": str(EVIL.digest), "size": -1}}, id="with a size below 0"),
    ],
)
def test_a_hostile_manifest_makes_undecided(desk: Desk, registry: LoopbackRegistry, changed: Mapping[str, Any]) -> None:
    desk.policy()
    bad = IMAGE.changed(**changed)
    registry.put_manifest("app", bad.content, tag="1")
    sign(registry, "app", bad.digest, simple(bad.digest, desk.key()))

    assert desk.verify(f"{registry.host}/app:1").code == UNDECIDED


@pytest.mark.parametrize("body", [b"[" * 60, b'{"a":1,"a":1}', b"\xff\xfe", b"null", b'{"schemaVersion":NaN}'])
def test_json_that_is_no_manifest_makes_undecided(desk: Desk, registry: LoopbackRegistry, body: bytes) -> None:
    desk.policy()
    registry.put_manifest("app", body, tag="1")

    ran = desk.verify(f"{registry.host}/app:1")

    assert (ran.code, next(iter(ran.codes))) == (UNDECIDED, "content-malformed")


@pytest.mark.parametrize("body", [b"{", b"null", b'{"mediaType":5}', b"[" * 10_000])
def test_a_hostile_bundle_is_rejected_and_hides_no_good_one(
    desk: Desk, registry: LoopbackRegistry, body: bytes
) -> None:
    desk.policy()
    registry.put("app", IMAGE, tag="1")
    attach(registry, "app", IMAGE, body)
    denied = desk.verify(f"{registry.host}/app:1")
    attach(registry, "app", IMAGE, bundled(IMAGE.digest, desk.key()))
    allowed = desk.verify(f"{registry.host}/app:1")

    assert (denied.code, denied.codes["signature-rejected"]) == (DENY, "info")
    assert (allowed.code, len(allowed.verdict["rejections"])) == (ALLOW, 1)


ESCAPE = "\x1b]0;owned\x07\u202eevil\r\n::set-output"


def test_bot_02_what_a_registry_says_cannot_move_the_cursor(
    desk: Desk, registry: LoopbackRegistry, signed: str
) -> None:
    annotated = simple(IMAGE.digest, desk.key(), annotations={"x": ESCAPE, ESCAPE: "y"})
    stranger = artifact("application/vnd.x", (simple(IMAGE.digest, desk.key("other")),), subject=IMAGE)
    registry.put("app", stranger)
    attach(registry, "app", IMAGE, encoded({"mediaType": ESCAPE}))
    sign(registry, "app", IMAGE.digest, annotated)
    desk.policy(rule("'**'", "signatures: {from: [release, other]}"))

    for command in (["verify"], ["inspect"], ["verify", "--key", "other.pub"]):
        if "--key" in command:
            (desk.directory / "imgtrust.yaml").unlink()
        ran = desk.run(*command, f"{signed}:1")
        assert "\x1b" not in ran.out + ran.err
        assert "\u202e" not in ran.out + ran.err
        assert "\r" not in ran.out + ran.err
        assert not any(line.startswith("::") for line in ran.out.splitlines())
    report = desk.verify(f"{signed}:1", "--key", "release.pub")
    assert report.out.isascii()
    assert report.verdict["signatures"][0]["annotations"][ESCAPE] == "y"


def test_bot_02_messages_about_what_came_are_escaped(desk: Desk, registry: LoopbackRegistry, signed: str) -> None:
    def reply(request: Request) -> Reply:
        del request
        return Reply(200, (("Content-Type", "application/json"),), json.dumps({"mediaType": ESCAPE}).encode())

    registry.fault("/manifests/1$", reply=reply)

    for command in ("verify", "resolve", "inspect"):
        ran = desk.run(command, f"{signed}:1")
        assert ran.code == UNDECIDED
        assert "\x1b" not in ran.out + ran.err
        assert "\u202e" not in ran.out + ran.err
