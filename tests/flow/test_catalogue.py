"""Every finding code, produced by the command line: over a socket where a registry is involved.

Each scene is a small story that ends in a run; the decorator says what must come out of it. A code without a
scene is named in `WITHOUT_SCENE`, with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.flow.attachments import attach, attest, bundled, sign, simple, stem
from tests.flow.desk import Desk, Ran, rule
from tests.support.images import encoded, image, platform_index
from tests.support.registry import LoopbackRegistry
from tests.support.registry_auth import BasicAuth
from trust.digest import Digest
from trust.findings import CATALOGUE
from verifier.output.exit_code import ALLOW, DENY, UNDECIDED, USAGE

Scene = Callable[[Desk, LoopbackRegistry], Ran]

WITHOUT_SCENE = {
    "internal": "a bug of our own: no input is known that leads to it",
    "digest-invalid": "names, policies and content with a bad digest have codes of their own, which say more",
}

IMAGE = image()
INDEX = platform_index("linux/amd64", "linux/arm64")
UNSIGNED = "unsigned: {reason: not yet, until: %s%s}"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a scene ends in.

    Attributes:
        effect: of the finding; `note` for a note of the project, `error` for the end of the run with a message.
        says: a part of the message.

    """

    scene: Scene
    code: str
    exit_code: int
    effect: str
    says: str


SCENES: list[Expected] = []


def produces(code: str, exit_code: int, effect: str, says: str = "") -> Callable[[Scene], Scene]:
    """Enter a scene into the table."""

    def enter(scene: Scene) -> Scene:
        SCENES.append(Expected(scene, code, exit_code, effect, says))
        return scene

    return enter


@pytest.mark.parametrize("expected", SCENES, ids=lambda one: f"{one.code}-{one.effect}")
def test_a_code_comes_out_with_its_effect_and_exit_code(
    desk: Desk, registry: LoopbackRegistry, expected: Expected
) -> None:
    ran = expected.scene(desk, registry)

    assert ran.code == expected.exit_code, ran
    assert "Traceback" not in ran.err
    if expected.effect == "error":
        assert ran.out == ""
        assert expected.says in ran.err
        return
    listed = ran.report["notes"] if expected.effect == "note" else ran.verdict["findings"]
    (found,) = [one for one in listed if one["code"] == expected.code]
    assert found.get("effect", "note") == expected.effect
    assert expected.says in found["message"]


def test_every_code_of_the_catalogue_has_a_scene_or_a_reason() -> None:
    assert {one.code for one in SCENES} | WITHOUT_SCENE.keys() == CATALOGUE.keys()
    assert not {one.code for one in SCENES} & WITHOUT_SCENE.keys()


def put(desk: Desk, registry: LoopbackRegistry, *names: str) -> str:
    """An image under the tag `1`, signed by the keys of these `names`; its repository."""
    registry.put("app", IMAGE, tag="1")
    if names:
        sign(registry, "app", IMAGE.digest, *(simple(IMAGE.digest, desk.key(name)) for name in names))
    return f"{registry.host}/app"


# The name


@produces("reference-invalid", UNDECIDED, "undecided", "App")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    return desk.verify("ghcr.io/App")


@produces("local-image-id", UNDECIDED, "undecided")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    return desk.verify("sha256:" + "a" * 64)


@produces("registry-unapproved", DENY, "deny")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy(rule("ghcr.io/acme/**"))
    return desk.verify(f"{put(desk, registry)}:1")


@produces("no-rule", DENY, "deny")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy(rule(f"'{registry.host}/other'"))
    return desk.verify(f"{put(desk, registry)}:1")


@produces("image-denied", DENY, "deny", "stolen")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy(beside=f"deny:\n  - {{digests: ['{IMAGE.digest}'], reason: stolen}}\n")
    return desk.verify(f"{put(desk, registry, 'release')}:1")


@produces("mutable-tag", ALLOW, "warn")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    return desk.verify(f"{put(desk, registry, 'release')}:1")


@produces("latest-tag", ALLOW, "warn")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    put(desk, registry, "release")
    registry.put("app", IMAGE, tag="latest")
    return desk.verify(f"{registry.host}/app:latest")


@produces("no-tag", DENY, "deny")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy(rule("'**'", "signatures: {from: [release]}", "mutable_tag: deny"))
    put(desk, registry, "release")
    registry.put("app", IMAGE, tag="latest")
    return desk.verify(f"{registry.host}/app")


@produces("tag-digest-differ", ALLOW, "warn")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    repository = put(desk, registry, "release")
    registry.put("app", image("moved"), tag="1")
    return desk.verify(f"{repository}:1@{IMAGE.digest}")


# What the registry did


@produces("content-not-found", UNDECIDED, "undecided", "nowhere")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    return desk.verify(f"{registry.host}/app:nowhere")


@produces("digest-gone", UNDECIDED, "undecided")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    return desk.verify(f"{put(desk, registry)}@{Digest.of(b'gone')}")


@produces("digest-mismatch", UNDECIDED, "undecided")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    repository = put(desk, registry, "release")
    registry.fault(f"/manifests/{IMAGE.digest}", body=image("evil").content)
    return desk.verify(f"{repository}@{IMAGE.digest}")


@produces("content-malformed", UNDECIDED, "undecided")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    registry.put_manifest("app", b"[]", tag="1")
    return desk.verify(f"{registry.host}/app:1")


@produces("manifest-unsupported", UNDECIDED, "undecided")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    old = "application/vnd.docker.distribution.manifest.v1+json"
    registry.put_manifest("app", encoded({"schemaVersion": 1, "name": "app"}), old, tag="1")
    return desk.verify(f"{registry.host}/app:1")


@produces("limit-exceeded", UNDECIDED, "undecided")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    registry.put_manifest("app", b" " * (4 * 1024 * 1024 + 1), tag="1")
    return desk.verify(f"{registry.host}/app:1")


@produces("registry-error", UNDECIDED, "undecided", "418")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    registry.fault("/manifests/1$", status=418)
    return desk.verify(f"{put(desk, registry)}:1")


@produces("registry-unreachable", UNDECIDED, "undecided")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    with LoopbackRegistry() as gone:
        host = gone.host
    return desk.verify(f"{host}/app:1", "--timeout", "0.3")


@produces("registry-denied", UNDECIDED, "undecided", "user and a password")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    registry.auth = BasicAuth("somebody", "secret")
    return desk.verify(f"{put(desk, registry)}:1")


@produces("registry-rate-limited", UNDECIDED, "undecided", "429")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    registry.fault("/manifests/", status=429, headers={"Retry-After": "3600"})
    return desk.verify(f"{put(desk, registry)}:1")


@produces("address-refused", UNDECIDED, "undecided")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    registry.fault("/manifests/1$", status=307, headers={"Location": "http://169.254.169.254/latest"})
    return desk.verify(f"{put(desk, registry)}:1")


@produces("credentials-unusable", UNDECIDED, "undecided", "config.json")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    desk.write({"../home/.docker/config.json": "{"})
    registry.auth = BasicAuth("somebody", "secret")
    return desk.verify(f"{put(desk, registry)}:1")


# Evidence


@produces("no-signatures", DENY, "deny")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    return desk.verify(f"{put(desk, registry)}:1")


@produces("signatures-short", DENY, "deny", "1 of the 2 signers")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy(rule("'**'", "signatures: {from: [release, other], at_least: 2}"))
    return desk.verify(f"{put(desk, registry, 'release')}:1")


@produces("signature-rejected", DENY, "info", "signature: none of 1 keys made it")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    return desk.verify(f"{put(desk, registry, 'stranger')}:1")


@produces("signer-untrusted", DENY, "info")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    elsewhere = rule("ghcr.io/**", "signatures: {from: [other]}")
    desk.policy(rule(f"'{registry.host}/*'") + elsewhere)
    return desk.verify(f"{put(desk, registry, 'other')}:1")


@produces("annotation-mismatch", DENY, "info", "lacks it")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy(rule("'**'", "signatures: {from: [release], annotations: {env: prod}}"))
    return desk.verify(f"{put(desk, registry, 'release')}:1")


@produces("repository-mismatch", DENY, "info", "registry.test/app")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy(rule("'**'", "signatures: {from: [release], repository: signed}"))
    return desk.verify(f"{put(desk, registry, 'release')}:1")


@produces("attestation-no-signature", DENY, "info")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    repository = put(desk, registry)
    attest(registry, "app", IMAGE.digest, desk.key())
    return desk.verify(f"{repository}:1")


@produces("evidence-incomplete", UNDECIDED, "undecided", ".sig")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    repository = put(desk, registry)
    registry.fault(f"{stem(IMAGE.digest)}.sig", status=418)
    return desk.verify(f"{repository}:1")


@produces("platforms-uncovered", DENY, "deny", "linux/arm64")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    registry.put("app", INDEX, tag="1")
    child = INDEX.parts[0]
    attach(registry, "app", child, bundled(child.digest, desk.key()))
    return desk.verify(f"{registry.host}/app:1")


@produces("platform-missing", UNDECIDED, "undecided", "linux/s390x")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy()
    registry.put("app", INDEX, tag="1")
    return desk.verify(f"{registry.host}/app:1", "--platform", "linux/s390x")


@produces("unsigned-allowed", ALLOW, "warn", "not yet")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy(rule("'**'", UNSIGNED % ("2099-12-31", "")), keys=())
    return desk.verify(f"{put(desk, registry)}:1")


@produces("unsigned-ends-soon", ALLOW, "warn")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    soon = (datetime.now(UTC) + timedelta(days=5)).date()
    desk.policy(rule("'**'", UNSIGNED % (soon, "")), keys=())
    return desk.verify(f"{put(desk, registry)}:1")


@produces("unsigned-ended", DENY, "deny", "2020-01-01")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy(rule("'**'", UNSIGNED % ("2020-01-01", "")), keys=())
    return desk.verify(f"{put(desk, registry)}:1")


@produces("unsigned-other-digest", DENY, "deny")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    narrowed = f", digests: ['{Digest.of(b'another')}']"
    desk.policy(rule("'**'", UNSIGNED % ("2099-12-31", narrowed)), keys=())
    return desk.verify(f"{put(desk, registry)}:1")


@produces("not-enforced", ALLOW, "warn")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.policy(rule("'**'", "signatures: {from: [release]}", "mode: warn"))
    return desk.verify(f"{put(desk, registry)}:1")


# Files


def project(desk: Desk, registry: LoopbackRegistry, compose: str, *arguments: str) -> Ran:
    """The run over a project in which `IMAGE` stands for a signed image that is pinned."""
    desk.policy()
    pinned = f"{put(desk, registry, 'release')}@{IMAGE.digest}"
    desk.write({"compose.yaml": compose.replace("IMAGE", pinned)})
    return desk.verify(*arguments)


@produces("source-invalid", UNDECIDED, "error", "compose.yaml:1:11: ")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    return project(desk, registry, "services: [1]\n")


@produces("variable-unset", ALLOW, "note", "NOWHERE")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    return project(desk, registry, "services: {a: {image: 'IMAGE${NOWHERE}'}}\n")


@produces("not-pulled", ALLOW, "note")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    return project(desk, registry, "services: {a: {image: IMAGE}, b: {image: b, build: ., pull_policy: build}}\n")


@produces("not-judged", ALLOW, "note", "model")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    return project(desk, registry, "services: {a: {image: IMAGE}}\nmodels: {m: {model: ai/smollm2}}\n")


@produces("image-also-built", ALLOW, "note")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    return project(desk, registry, "services: {a: {image: IMAGE, build: .}}\n")


@produces("image-line-end", UNDECIDED, "note")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    return project(desk, registry, "services:\n  a:\n    image: |\n      IMAGE\n")


@produces("volume-names-service", UNDECIDED, "note")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    volume = "volumes: [{type: image, source: web, target: /x}]"
    return project(desk, registry, f"services: {{web: {{image: IMAGE}}, b: {{image: IMAGE, {volume}}}}}\n")


@produces("files-several", ALLOW, "note")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.write({"docker-compose.yml": "services: {}\n"})
    return project(desk, registry, "services: {a: {image: IMAGE}}\n")


@produces("remote-file", UNDECIDED, "note")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    return project(desk, registry, "include: ['oci://registry.test/more']\nservices: {a: {image: IMAGE}}\n")


@produces("not-read", ALLOW, "note", "Dockerfile")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    return project(desk, registry, "services: {a: {image: IMAGE}, b: {build: {context: ., dockerfile: Dockerfile}}}\n")


@produces("no-images", UNDECIDED, "note")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    return project(desk, registry, "services: {b: {build: .}}\n")


# Us


@produces("policy-invalid", USAGE, "error", "imgtrust.yaml:2:1: ")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.write({"imgtrust.yaml": "version: 1\nrulez: []\n"})
    return desk.verify(f"{put(desk, registry)}:1")


@produces("trust-root-invalid", USAGE, "error", "release.pub")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    desk.write({"release.pub": "no key"})
    return desk.verify(f"{put(desk, registry)}:1", "--key", "release.pub")


@produces("usage", USAGE, "error", "policy init")
def _(desk: Desk, registry: LoopbackRegistry) -> Ran:
    return desk.verify(f"{put(desk, registry)}:1")
