"""What was found by attacking the whole command line, each attack beside the same thing without it."""

from __future__ import annotations

import hashlib
import os
import pwd
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.flow.attachments import sign, signatures, simple, stem
from tests.flow.conftest import desk as desk
from tests.flow.desk import Desk, rule
from tests.support.images import Content, for_platform, image, index
from tests.support.layouts import named, write_layout
from tests.support.registry import LoopbackRegistry
from tests.support.signing import BUNDLE_V03, b64, statement
from trust.digest import Digest
from verifier.attestations.statement import VALUE_LIMIT, parse_statement
from verifier.errors import CredentialError, LimitExceeded, MalformedContent
from verifier.manifest import OCI_MANIFEST, parse_manifest
from verifier.output.exit_code import ALLOW, DENY, UNDECIDED, USAGE
from verifier.registry.credentials import CredentialStore, UserPassword

GOOD = for_platform(image("good"), "linux/amd64")
EVIL = image("evil")
DISGUISE = {"vnd.docker.reference.type": "attestation-manifest"}


def hosted(desk: Desk, registry: LoopbackRegistry, content: Content) -> str:
    """The name of `content`, in a repository where `GOOD` alone is signed."""
    registry.put("app", content, tag="1")
    sign(registry, "app", GOOD.digest, simple(GOOD.digest, desk.key()))
    return f"{registry.host}/app:1"


def test_an_index_of_signed_platforms_and_of_what_buildkit_adds_is_allowed(
    desk: Desk, registry: LoopbackRegistry
) -> None:
    desk.policy()
    beside = for_platform(EVIL, "unknown/unknown").with_hints(annotations=DISGUISE)

    assert desk.verify(hosted(desk, registry, index([GOOD, beside]))).code == ALLOW


@pytest.mark.parametrize("platform", ["linux/arm64", "unknown/arm64", "linux/unknown"])
def test_an_unsigned_platform_that_calls_itself_an_attestation_is_denied(
    desk: Desk, registry: LoopbackRegistry, platform: str
) -> None:
    desk.policy()
    disguised = for_platform(EVIL, platform).with_hints(annotations=DISGUISE)

    ran = desk.verify(hosted(desk, registry, index([GOOD, disguised])))

    assert (ran.code, ran.codes["platforms-uncovered"]) == (DENY, "deny")


def test_narrowed_to_a_platform_that_is_signed_the_others_are_not_asked_for(
    desk: Desk, registry: LoopbackRegistry
) -> None:
    desk.policy()
    other = for_platform(EVIL, "linux/arm64")

    ran = desk.verify(hosted(desk, registry, index([other, GOOD])), "--platform", "linux/amd64")

    assert (ran.code, len(ran.verdict["unchecked"])) == (ALLOW, 1)
    assert "platforms other than `linux/amd64`" in ran.verdict["unchecked"][0]


@pytest.mark.parametrize(
    "platform",
    [
        pytest.param({"os": "linux", "architecture": "x86_64"}, id="another word for it"),
        pytest.param({"os": "Linux", "architecture": "AMD64"}, id="in capitals"),
        pytest.param({"os": "", "architecture": "amd64"}, id="for every system"),
        pytest.param({"os": "linux", "architecture": "amd64", "variant": "v2"}, id="a variant of it"),
        pytest.param(None, id="for every platform"),
    ],
)
def test_narrowed_to_a_platform_whatever_a_runtime_could_take_for_it_counts(
    desk: Desk, registry: LoopbackRegistry, platform: dict[str, Any] | None
) -> None:
    desk.policy()
    evil = EVIL if platform is None else EVIL.with_hints(platform=platform)

    ran = desk.verify(hosted(desk, registry, index([evil, GOOD])), "--platform", "linux/amd64")

    assert ran.code == DENY


def test_a_file_that_is_called_like_an_image_does_not_take_its_place(desk: Desk, registry: LoopbackRegistry) -> None:
    desk.policy()
    signed = hosted(desk, registry, GOOD)
    registry.put("app", EVIL, tag="evil")
    evil = f"{registry.host}/app:evil"
    assert desk.verify(evil).code == DENY

    desk.write({evil: f"services: {{web: {{image: '{signed}'}}}}"})

    assert desk.run("verify", evil).code == USAGE
    assert desk.verify("-f", evil).code == ALLOW
    assert desk.verify(f"./{evil}").code == ALLOW


def test_a_compose_file_is_named_plainly(desk: Desk, registry: LoopbackRegistry) -> None:
    desk.policy()
    desk.write({"compose.yaml": f"services: {{web: {{image: '{hosted(desk, registry, GOOD)}'}}}}"})

    assert desk.verify("compose.yaml").code == ALLOW


def test_an_image_of_a_compose_file_is_never_looked_for_in_a_layout(desk: Desk) -> None:
    desk.policy()
    attached = named(signatures(simple(GOOD.digest, desk.key())), f"{stem(GOOD.digest)}.sig")
    write_layout(desk.directory / "latest", [named(GOOD, "x"), attached])
    assert desk.verify("oci:latest:x").code == ALLOW

    desk.write({"compose.yaml": "services: {web: {image: 'oci:latest'}}"})

    assert desk.run("verify").code == UNDECIDED


def test_a_pinned_digest_that_is_denied_is_denied_whatever_the_registry_does_and_the_rule_warns_of(
    desk: Desk, registry: LoopbackRegistry
) -> None:
    denied = f"deny: [{{digests: ['{EVIL.digest}'], reason: incident}}]\n"
    desk.policy(rule("'**'", "signatures: {from: [release]}", "mode: warn"), beside=denied)
    registry.put("app", EVIL, tag="1")
    registry.fault("/v2/", status=403)

    other = desk.verify(f"{registry.host}/app@{GOOD.digest}")
    asked = len(registry.lines)
    ran = desk.verify(f"{registry.host}/app@{EVIL.digest}")

    assert (other.code, other.decision) == (ALLOW, "undecided")
    assert (ran.code, ran.codes) == (DENY, {"image-denied": "deny"})
    assert len(registry.lines) == asked


def test_a_time_that_is_no_number_is_refused(desk: Desk) -> None:
    desk.policy()

    assert desk.run("verify", "docker.io/a/b", "--timeout", "nan").code == USAGE


@pytest.mark.parametrize(("children", "says"), [(4, "does not have blob"), (5, "more than 256 MiB")])
def test_the_platforms_of_an_index_share_one_limit_of_bytes(
    desk: Desk, registry: LoopbackRegistry, children: int, says: str
) -> None:
    desk.policy()
    platforms = [for_platform(image(str(at)), f"linux/p{at}") for at in range(children)]
    registry.put("app", index(platforms), tag="1")
    for at, platform in enumerate(platforms):
        claimed = Content(BUNDLE_V03, str(at).encode()).with_hints(size=60 << 20)
        listed = signatures(claimed)
        registry.put_manifest("app", listed.content, listed.media_type, tag=f"{stem(platform.digest)}.sig")

    ran = desk.verify(f"{registry.host}/app:1")

    assert ran.code == UNDECIDED
    assert says in ran.out


@pytest.mark.parametrize("version", [2, 4])
def test_a_certificate_of_a_version_that_does_not_exist_is_only_unreadable(
    desk: Desk, registry: LoopbackRegistry, version: int
) -> None:
    desk.policy()
    registry.put("app", GOOD, tag="1")
    layer = simple(GOOD.digest, desk.key())
    annotations = {**dict(layer.hints)["annotations"], "dev.sigstore.cosign/certificate": certificate(version)}
    sign(registry, "app", GOOD.digest, layer.with_hints(annotations=annotations))

    ran = desk.run("inspect", f"{registry.host}/app:1")

    assert ran.code == ALLOW
    assert ("a certificate that cannot be read" in ran.out) == (version != 2)


def certificate(version: int) -> str:
    """A certificate whose version field, 2 for X.509 v3, is `version`; in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
    )
    alternative = x509.SubjectAlternativeName([x509.RFC822Name("somebody@registry.test")])
    made = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    der = made.public_bytes(serialization.Encoding.DER)
    der = der.replace(b"\xa0\x03\x02\x01\x02", bytes((0xA0, 3, 2, 1, version)), 1)
    return f"-----BEGIN CERTIFICATE-----\n{b64(der)}\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(("values", "refused"), [(1000, False), (VALUE_LIMIT, True)])
def test_a_statement_of_millions_of_values_is_not_unpacked(values: int, refused: bool) -> None:
    content = statement(GOOD.digest).replace(b'"predicate":{}', b'"predicate":{"many":[%s[]]}' % (b"[]," * values))

    with pytest.raises(LimitExceeded) if refused else nullcontext():
        assert parse_statement(content).about(GOOD.digest)


def test_a_helper_that_fails_is_waited_for_once(tmp_path: Path) -> None:
    folder = tmp_path / ".docker"
    folder.mkdir()
    (folder / "config.json").write_text('{"credsStore": "bad", "auths": {"b.test": {"auth": "dTpw"}}}')
    program = tmp_path / "docker-credential-bad"
    program.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/log\nexit 3\n")
    program.chmod(0o755)
    credentials = CredentialStore(environment={"PATH": f"{tmp_path}:/usr/bin:/bin"}, home=tmp_path)

    for path in ("app", "other"):
        with pytest.raises(CredentialError, match="status 3"):
            credentials.find("a.test", path)

    assert (tmp_path / "log").read_text() == "asked\n"
    assert credentials.find("b.test", "app") == UserPassword("u", "p")


def test_a_pipe_in_the_place_of_the_credentials_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    os.mkfifo(tmp_path / ".docker/config.json")
    auth = tmp_path / "auth.json"
    auth.write_text('{"auths": {"b.test": {"auth": "dTpw"}}}')

    assert CredentialStore(environment={}, home=tmp_path).find("b.test", "app") is None
    named = CredentialStore(environment={"REGISTRY_AUTH_FILE": str(auth)}, home=tmp_path)
    assert named.find("b.test", "app") == UserPassword("u", "p")


def test_a_project_that_names_no_image_is_not_answered_for_by_what_is_asked_beside_it(
    desk: Desk, registry: LoopbackRegistry
) -> None:
    desk.policy()
    signed = hosted(desk, registry, GOOD)
    desk.write({"built.yaml": "services: {web: {build: .}}", "named.yaml": f"services: {{web: {{image: '{signed}'}}}}"})

    assert desk.verify(signed, "named.yaml").code == ALLOW
    ran = desk.verify(signed, "built.yaml")

    assert (ran.code, ran.report["complete"], "no-images" in ran.notes) == (UNDECIDED, False, True)


@pytest.mark.parametrize(("layers", "limited"), [(10, False), (801, True)])
def test_the_platforms_of_an_index_share_one_limit_of_signatures(
    desk: Desk, registry: LoopbackRegistry, layers: int, limited: bool
) -> None:
    desk.policy()
    platforms = [for_platform(image(str(at)), f"linux/p{at}") for at in range(5)]
    registry.put("app", index(platforms), tag="1")
    for platform in platforms:
        sign(registry, "app", platform.digest, *[simple(GOOD.digest, desk.key())] * layers)

    ran = desk.verify(f"{registry.host}/app:1")

    assert ran.code == (UNDECIDED if limited else DENY)
    assert ("more than 4000" in ran.out) == limited


@pytest.mark.parametrize("home", [True, False])
def test_a_user_without_a_name_and_a_home_can_verify(
    desk: Desk, registry: LoopbackRegistry, monkeypatch: pytest.MonkeyPatch, home: bool
) -> None:
    desk.policy()
    signed = hosted(desk, registry, GOOD)
    if not home:
        monkeypatch.delenv("HOME")
        monkeypatch.setattr(pwd, "getpwuid", dict[int, Any]().__getitem__)

    assert desk.verify(signed).code == ALLOW


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--insecure-registry", "http://registry.test"),
        ("--insecure-registry", "registry.test/app"),
        ("--token-realm", "registry.test=https://auth.test"),
        ("--token-realm", "REGISTRY.test=auth.test"),
    ],
)
def test_an_option_that_could_never_be_met_is_refused(
    desk: Desk, registry: LoopbackRegistry, option: str, text: str
) -> None:
    desk.policy()
    signed = hosted(desk, registry, GOOD)

    assert desk.run("verify", signed, option, text).code == USAGE
    plain = text.lower().replace("https://", "").replace("http://", "").removesuffix("/app")
    assert desk.run("verify", signed, option, plain).code == ALLOW


LONG_S = "\u017f"
"""Go's reader of JSON folds it to `s` where it compares the names of fields, as it folds capitals."""


@pytest.mark.parametrize(
    "hint",
    [
        pytest.param({f"dige{LONG_S}t": str(EVIL.digest)}, id="another digest"),
        pytest.param({f"{LONG_S}ize": 1}, id="another size"),
        pytest.param({"platform": {"os": "linux", "architecture": "amd64", "OS": "windows"}}, id="another system"),
        pytest.param({"platform": {"os": "linux", "architecture": "amd64", f"o{LONG_S}": "x"}}, id="and folded"),
    ],
)
def test_a_child_that_go_reads_as_another_one_is_refused(
    desk: Desk, registry: LoopbackRegistry, hint: dict[str, Any]
) -> None:
    desk.policy()

    assert desk.verify(hosted(desk, registry, index([GOOD]))).code == ALLOW
    assert desk.verify(hosted(desk, registry, index([GOOD.with_hints(**hint)]))).code == UNDECIDED


def test_a_platform_that_only_we_would_take_for_an_attestation_is_not_allowed(
    desk: Desk, registry: LoopbackRegistry
) -> None:
    desk.policy()
    unknown = {"os": "unknown", "architecture": "unknown"}
    beside = EVIL.with_hints(platform=unknown)
    hidden = EVIL.with_hints(platform={**unknown, "OS": "linux", "Architecture": "arm64"})

    assert desk.verify(hosted(desk, registry, index([GOOD, beside]))).code == ALLOW
    assert desk.verify(hosted(desk, registry, index([GOOD, hidden]))).code == UNDECIDED


@pytest.mark.parametrize("made", [image(), index([GOOD])])
def test_a_document_that_go_reads_as_two_things_is_refused(made: Content) -> None:
    foreign = f"manife{LONG_S}ts" if made.media_type == OCI_MANIFEST else f"layer{LONG_S}"

    assert parse_manifest(made.content, made.media_type)
    with pytest.raises(MalformedContent, match="of another kind"):
        parse_manifest(made.changed(**{foreign: []}).content, made.media_type)


@pytest.mark.parametrize(("denied", "code"), [(EVIL, DENY), (GOOD, ALLOW)])
def test_what_is_denied_by_one_digest_does_not_get_in_by_another(
    desk: Desk, registry: LoopbackRegistry, denied: Content, code: int
) -> None:
    leave = "unsigned: {reason: legacy, until: 9999-12-31}"
    desk.policy(rule("'**'", leave), beside=f"deny: [{{digests: ['{denied.digest}'], reason: incident}}]\n")
    registry.put("app", EVIL)
    other = Digest.parse(f"sha512:{hashlib.sha512(EVIL.content).hexdigest()}")
    registry.stored("app").manifests[other] = (EVIL.media_type, EVIL.content)

    assert desk.verify(f"{registry.host}/app@{other}").code == code
