"""What a name alone decides, and where a name leads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flow.attachments import sign, signatures, simple, stem
from tests.flow.desk import Desk, rule
from tests.support.images import image
from tests.support.layouts import named, write_layout
from tests.support.registry import LoopbackRegistry
from verifier.output.exit_code import ALLOW, DENY, UNDECIDED

IMAGE = image()


@pytest.fixture
def host(desk: Desk, registry: LoopbackRegistry) -> str:
    """A registry whose image `app:1` is signed by `release`."""
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    return registry.host


@pytest.mark.parametrize(
    ("images", "code"),
    [("registry.test/**", "registry-unapproved"), ("'HOST/other/*'", "no-rule")],
)
def test_an_image_that_no_rule_is_about_costs_no_request(
    desk: Desk, registry: LoopbackRegistry, host: str, images: str, code: str
) -> None:
    desk.policy(rule(images.replace("HOST", host)))

    ran = desk.verify(f"{host}/app:1")

    assert (ran.code, ran.codes, registry.lines) == (DENY, {code: "deny"}, [])
    assert ran.verdict["repository"] == f"{host}/app"
    desk.policy(rule(f"'{host}/*'"))
    assert desk.verify(f"{host}/app:1").code == ALLOW


def test_an_image_that_is_denied_by_name_costs_no_request(desk: Desk, registry: LoopbackRegistry, host: str) -> None:
    denial = "deny:\n  - {images: ['%s'], reason: typo-squat}\n"
    desk.policy(beside=denial % f"{host}/ap*")

    ran = desk.verify(f"{host}/app:1@{IMAGE.digest}")

    assert (ran.code, ran.codes, registry.lines) == (DENY, {"image-denied": "deny"}, [])
    desk.policy(beside=denial % f"{host}/ap/*")
    assert desk.verify(f"{host}/app:1").code == ALLOW


def test_a_digest_is_denied_wherever_it_is_and_whoever_signed_it(desk: Desk, host: str) -> None:
    desk.policy(beside=f"deny:\n  - {{digests: ['{IMAGE.digest}'], reason: incident}}\n")

    ran = desk.verify(f"{host}/app:1")

    assert (ran.code, ran.codes["image-denied"]) == (DENY, "deny")


@pytest.mark.parametrize("mode", ["enforce", "warn"])
def test_a_denied_digest_that_is_pinned_costs_no_request_and_no_registry_can_hide_it(
    desk: Desk, registry: LoopbackRegistry, host: str, mode: str
) -> None:
    denial = f"deny:\n  - {{digests: ['{IMAGE.digest}'], reason: incident}}\n"
    desk.policy(rule("'**'", "signatures: {from: [release]}", f"mode: {mode}"), beside=denial)
    registry.fault("/v2/", status=418)

    ran = desk.verify(f"{host}/app@{IMAGE.digest}")

    assert (ran.code, ran.codes, registry.lines) == (DENY, {"image-denied": "deny"}, [])


@pytest.mark.parametrize(
    "text", ["", "App", "x:", "http://registry.test/app", "a//b", "x@sha256:12", "x\n", "-x:1\x1b"]
)
def test_a_name_that_is_none_is_undecided_and_asks_nobody(desk: Desk, text: str) -> None:
    desk.policy()

    ran = desk.verify("--", text)

    assert (ran.code, ran.codes) == (UNDECIDED, {"reference-invalid": "undecided"})
    assert ran.verdict["requested"] == text


def test_an_alias_is_judged_as_what_it_stands_for(desk: Desk, registry: LoopbackRegistry, host: str) -> None:
    desk.policy(rule("docker.io/library/*"))
    assert desk.verify(f"{host}/app:1").code == DENY
    registry.put("library/nginx", IMAGE, tag="1")
    sign(registry, "library/nginx", IMAGE.digest, simple(IMAGE.digest, desk.key()))

    ran = desk.verify(f"{host}/library/nginx:1", "--alias", f"{host}=docker.io")

    assert (ran.code, ran.verdict["repository"]) == (ALLOW, "docker.io/library/nginx")
    assert ran.verdict["pinned"] == f"{host}/library/nginx:1@{IMAGE.digest}"


@pytest.mark.parametrize("said", ["policy", "option"])
def test_a_mapped_name_is_fetched_there_and_judged_as_itself(
    desk: Desk, registry: LoopbackRegistry, host: str, said: str
) -> None:
    mapped = f"{host}/mirror"
    registry.put("mirror/library/nginx", IMAGE, tag="1")
    sign(registry, "mirror/library/nginx", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    beside = f"registry_map: {{docker.io: '{mapped}'}}\n" if said == "policy" else ""
    desk.policy(rule("docker.io/library/*"), beside=beside)
    option = [] if said == "policy" else ["--registry-map", f"docker.io={mapped}"]

    ran = desk.verify("nginx:1", *option)

    assert (ran.code, ran.verdict["repository"]) == (ALLOW, "docker.io/library/nginx")
    assert ran.verdict["pinned"] == f"nginx:1@{IMAGE.digest}"
    assert all("/v2/mirror/library/nginx/" in line for line in registry.lines)


def test_two_names_for_one_place_are_asked_for_once(desk: Desk, registry: LoopbackRegistry, host: str) -> None:
    desk.policy()

    ran = desk.verify(f"{host}/app:1", "docker.io/app:1", "--registry-map", f"docker.io/library/app={host}/app")

    assert [one["digest"] for one in ran.verdicts] == [str(IMAGE.digest)] * 2
    assert len(registry.lines) == len(set(registry.lines))


def test_a_name_may_be_mapped_onto_a_layout_beside_the_policy(desk: Desk, tmp_path: Path) -> None:
    layout(desk, "layout", signed=True)
    policy = rule("ghcr.io/acme/*")
    desk.policy(policy, beside="registry_map: {ghcr.io/acme: 'oci:layout'}\n")

    ran = desk.verify("ghcr.io/acme/app:1")

    assert (ran.code, ran.verdict["digest"]) == (ALLOW, str(IMAGE.digest))


@pytest.mark.parametrize(("signed", "code"), [(True, ALLOW), (False, DENY)])
def test_a_layout_is_judged_where_it_lies(desk: Desk, signed: bool, code: int) -> None:
    layout(desk, "layout", signed=signed)
    desk.key()

    ran = desk.verify("oci:./layout:app", "--key", "release.pub")

    assert (ran.code, ran.verdict["digest"]) == (code, str(IMAGE.digest))


def test_a_layout_that_is_not_there_is_undecided(desk: Desk) -> None:
    desk.key()

    ran = desk.verify("oci:./nowhere:app", "--key", "release.pub")

    assert (ran.code, ran.codes) == (UNDECIDED, {"content-not-found": "undecided"})


def layout(desk: Desk, name: str, *, signed: bool) -> None:
    """A layout with one image, called by all the names that these tests have for it."""
    entries = [named(IMAGE, "app"), named(IMAGE, "ghcr.io/acme/app:1")]
    if signed:
        made = signatures(simple(IMAGE.digest, desk.key()))
        entries += [named(made, f"{stem(IMAGE.digest)}.sig"), named(made, f"ghcr.io/acme/app:{stem(IMAGE.digest)}.sig")]
    write_layout(desk.directory / name, entries)


# The decisions that a rule makes without evidence


def test_a_rule_with_leave_alone_asks_for_the_manifest_and_nothing_else(
    desk: Desk, registry: LoopbackRegistry, host: str
) -> None:
    desk.policy(rule("'**'", "unsigned: {reason: not yet, until: 2099-12-31}"), keys=())

    ran = desk.verify(f"{host}/app:1")

    assert (ran.code, registry.lines) == (ALLOW, ["GET /v2/app/manifests/1"])
    assert ran.codes == {"unsigned-allowed": "warn", "mutable-tag": "warn"}
    assert "not yet" in ran.verdict["unchecked"][0]


def test_leave_beside_signatures_is_taken_only_where_they_lack(
    desk: Desk, registry: LoopbackRegistry, host: str
) -> None:
    leave = "unsigned: {reason: not yet, until: 2099-12-31}"
    desk.policy(rule("'**'", "signatures: {from: [release]}", leave))
    registry.put("bare", IMAGE, tag="1")

    signed, bare = desk.verify(f"{host}/app:1"), desk.verify(f"{host}/bare:1")

    assert (signed.code, "unsigned-allowed" in signed.codes, signed.verdict["unchecked"]) == (ALLOW, False, [])
    assert (bare.code, bare.codes["unsigned-allowed"]) == (ALLOW, "warn")


def test_pol_10_a_rule_that_only_warns_says_that_it_is_not_enforced(
    desk: Desk, registry: LoopbackRegistry, host: str
) -> None:
    registry.put("bare", IMAGE, tag="1")
    desk.policy(rule("'**'", "signatures: {from: [release]}", "mode: warn"))

    ran, text = desk.verify(f"{host}/bare:1"), desk.run("verify", f"{host}/bare:1")

    assert (ran.code, ran.decision, ran.verdict["enforced"], ran.verdict["admitted"]) == (ALLOW, "deny", False, True)
    assert ran.report["counts"] == {"allow": 0, "deny": 1, "undecided": 0}
    assert (text.code, text.out.splitlines()[0]) == (ALLOW, f"DENY: {host}/bare:1  (not enforced)")
    desk.policy(rule("'**'", "signatures: {from: [release]}", "mode: enforce"))
    assert desk.verify(f"{host}/bare:1").code == DENY


def test_pol_10_what_could_not_be_told_under_a_rule_that_only_warns_is_marked_too(
    desk: Desk, registry: LoopbackRegistry, host: str
) -> None:
    registry.fault("/v2/app/", status=418)
    desk.policy(rule("'**'", "signatures: {from: [release]}", "mode: warn"))

    ran = desk.verify(f"{host}/app:1")

    assert (ran.code, ran.decision, ran.verdict["enforced"]) == (ALLOW, "undecided", False)
    assert ran.codes == {"registry-error": "undecided", "not-enforced": "warn"}
    desk.policy()
    assert desk.verify(f"{host}/app:1").code == UNDECIDED


@pytest.mark.parametrize("named_by", ["images", "digests"])
def test_pol_10_a_denial_is_enforced_under_a_rule_that_only_warns(
    desk: Desk, registry: LoopbackRegistry, host: str, named_by: str
) -> None:
    what = {"images": f"{host}/app", "digests": IMAGE.digest}[named_by]
    denial = f"deny:\n  - {{{named_by}: ['{what}'], reason: incident}}\n"
    desk.policy(rule("'**'", "signatures: {from: [release]}", "mode: warn"), beside=denial)

    ran = desk.verify(f"{host}/app:1")

    assert (ran.code, ran.verdict["enforced"]) == (DENY, True)


def test_the_first_rule_that_matches_decides(desk: Desk, host: str) -> None:
    strict = rule(f"'{host}/app'", "signatures: {from: [other]}")
    desk.policy(strict + rule())

    ran = desk.verify(f"{host}/app:1")

    assert (ran.code, ran.verdict["rule"]) == (DENY, "rules[0]")
