"""Command lines that cannot be carried out, files that cannot be read, and the rest of the commands."""

from __future__ import annotations

import json
import os
import threading
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.flow.attachments import attest, sign, simple
from tests.flow.desk import Desk, rule
from tests.support.images import image, platform_index
from tests.support.registry import LoopbackRegistry
from trust.findings import CATALOGUE
from verifier.output.exit_code import ALLOW, DENY, UNDECIDED, USAGE

IMAGE = image()


@pytest.fixture
def signed(desk: Desk, registry: LoopbackRegistry) -> str:
    desk.key()
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, desk.key()))
    return f"{registry.host}/app"


def test_without_a_policy_the_way_to_one_is_said_and_nobody_is_asked(
    desk: Desk, registry: LoopbackRegistry, signed: str
) -> None:
    ran = desk.verify(f"{signed}:1")

    assert (ran.code, ran.out, registry.lines) == (USAGE, "", [])
    assert "hint: `imgtrust policy init` writes a first one; `--key FILE` verifies against one key" in ran.err


def test_a_key_and_a_policy_are_not_taken_together(desk: Desk, registry: LoopbackRegistry, signed: str) -> None:
    desk.policy()

    ran = desk.verify(f"{signed}:1", "--key", "release.pub", "--policy", "imgtrust.yaml")

    assert (ran.code, ran.out, registry.lines) == (USAGE, "", [])
    assert desk.verify(f"{signed}:1", "--key", "release.pub").code == ALLOW
    assert desk.verify(f"{signed}:1", "--policy", "imgtrust.yaml").code == ALLOW


def test_the_policy_may_be_named_by_the_environment(desk: Desk, signed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.policy(rule("'**'", "signatures: {from: [other]}"))
    (desk.directory / "imgtrust.yaml").rename(desk.directory / "elsewhere.yaml")
    monkeypatch.setenv("IMGTRUST_POLICY", "elsewhere.yaml")

    assert desk.verify(f"{signed}:1").code == DENY
    assert desk.verify(f"{signed}:1", "--key", "release.pub").code == ALLOW


def test_pol_13_a_policy_above_is_found_within_the_repository_alone(
    desk: Desk, signed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.policy()
    below = desk.directory / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert desk.verify(f"{signed}:1").code == USAGE

    (desk.directory / ".git").mkdir()
    assert desk.verify(f"{signed}:1").code == ALLOW
    (desk.directory / "a" / ".git").write_text("gitdir: elsewhere\n")
    assert desk.verify(f"{signed}:1").code == USAGE


def test_a_policy_that_is_there_and_cannot_be_read_is_not_passed_over(desk: Desk, signed: str) -> None:
    desk.policy()
    (desk.directory / ".git").mkdir()
    below = desk.directory / "below"
    (below / "imgtrust.yaml").mkdir(parents=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(below)
        ran = desk.verify(f"{signed}:1")

    assert (ran.code, ran.out) == (USAGE, "")
    assert "directory" in ran.err


@pytest.mark.parametrize(
    "text", ["./app", "../app:1", "/nowhere/app", "~/app", "app.yaml", "stack.yml", "a\\b", "x.json"]
)
def test_what_looks_like_a_path_and_is_none_is_no_reference(desk: Desk, text: str) -> None:
    desk.policy()

    ran = desk.verify(text)

    assert (ran.code, ran.out) == (USAGE, "")
    assert "looks like a path" in ran.err


@pytest.mark.parametrize(("name", "code"), [("nginx", USAGE), ("Nginx", UNDECIDED)])
@pytest.mark.parametrize("kind", ["file", "pipe", "dangling link", "device"])
def test_what_is_there_is_never_taken_for_a_reference(
    desk: Desk, registry: LoopbackRegistry, kind: str, name: str, code: int
) -> None:
    desk.policy()
    path = desk.directory / name
    if kind == "file":
        path.write_text("no Compose file\n")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.symlink_to("nowhere")

    ran = desk.verify(name, "--registry-map", f"docker.io={registry.host}")

    assert (ran.code, ran.out, registry.lines) == (code, "", [])
    assert name in ran.err


def test_a_folder_that_is_called_like_an_image_hides_no_image(desk: Desk, registry: LoopbackRegistry) -> None:
    desk.policy()
    (desk.directory / "app").mkdir()
    registry.put("library/app", IMAGE, tag="latest")
    sign(registry, "library/app", IMAGE.digest, simple(IMAGE.digest, desk.key()))

    assert desk.verify("app", "--registry-map", f"docker.io={registry.host}").code == ALLOW


def test_a_name_that_is_too_long_for_a_path_is_still_a_name(desk: Desk) -> None:
    desk.policy()

    ran = desk.verify("a" * 5000)

    assert (ran.code, ran.codes) == (UNDECIDED, {"reference-invalid": "undecided"})


@pytest.mark.parametrize("option", ["--policy", "--key"])
@pytest.mark.parametrize("kind", ["nowhere", "directory", "pipe", "device", "loop", "not text"])
def test_a_policy_or_key_that_cannot_be_read_says_which(desk: Desk, option: str, kind: str) -> None:
    path = desk.directory / "the-file"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to("the-file")
    elif kind == "not text":
        path.write_bytes(b"\xff\x00" * 100)

    ran = desk.verify("registry.test/app:1", option, "the-file")

    assert (ran.code, ran.out) == (USAGE, "")
    assert "the-file" in ran.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_policy_without_permission_says_so(desk: Desk) -> None:
    desk.policy()
    (desk.directory / "imgtrust.yaml").chmod(0)

    ran = desk.verify("registry.test/app:1")

    assert (ran.code, "Permission denied" in ran.err) == (USAGE, True)


def test_what_a_shell_hands_over_as_a_pipe_is_read_to_its_end(desk: Desk, signed: str) -> None:
    reading, writing = os.pipe()
    pem = desk.key().pem

    def write() -> None:
        for at in range(0, len(pem), 64):
            time.sleep(0.05)
            os.write(writing, pem[at : at + 64])
        os.close(writing)

    slow = threading.Thread(target=write)
    slow.start()
    ran = desk.verify(f"{signed}:1", "--key", f"/dev/fd/{reading}")
    slow.join()
    os.close(reading)

    assert ran.code == ALLOW


def _private(form: PrivateFormat, encoding: Encoding = Encoding.PEM) -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(encoding, form, NoEncryption())


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("where", ["option", "policy"])
def test_a_private_key_is_refused_and_never_echoed(desk: Desk, form: PrivateFormat, where: str) -> None:
    pem = _private(form)
    desk.write({"release.pub": pem})
    arguments = ["--key", "release.pub"]
    if where == "policy":
        desk.write(
            {
                "imgtrust.yaml": f"version: 1\nkeys: {{r: {{file: release.pub}}}}\nrules:\n{rule()}".replace(
                    "release]", "r]"
                )
            }
        )
        arguments = []

    ran = desk.verify("registry.test/app:1", *arguments)

    assert (ran.code, ran.out) == (USAGE, "")
    assert "private" in ran.err
    for line in pem.decode().splitlines()[1:-1]:
        assert line not in ran.err


def test_a_weak_key_is_refused(desk: Desk) -> None:
    weak = rsa.generate_private_key(65537, 1024).public_key()
    desk.write({"weak.pub": weak.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)})

    ran = desk.verify("registry.test/app:1", "--key", "weak.pub")

    assert (ran.code, ran.out) == (USAGE, "")
    assert "1024" in ran.err


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "version: 2\n",
        "version: 1\nversion: 1\n",
        "version: 1\nrules: []\n",
        "version: 1\nrules: [{images: [], unsigned: {reason: x, until: 2099-01-01}}]\n",
        "version: 1\nrules: [{images: ['**']}]\n",
        "version: 1\nrules: [{images: ['**'], signatures: {from: []}}]\n",
        "version: 1\nrules: [{images: ['**'], signatures: {from: [nobody]}}]\n",
        "version: 1\nrules: [{images: ['**'], provenance: {from: [x]}}]\n",
        "version: 1\nrules: [{images: ['**'], unsigned: {reason: x}}]\n",
        "version: 1\nrules: [{images: ['**'], unsigned: {reason: '', until: 2099-01-01}}]\n",
        "a: &a [*a]\n",
        "{" * 200,
    ],
)
def test_pol_02_a_policy_that_cannot_be_enforced_stops_everything(desk: Desk, text: str) -> None:
    desk.write({"imgtrust.yaml": text})

    for arguments in (["verify", "registry.test/app:1"], ["policy", "check"]):
        ran = desk.run(*arguments)
        assert (ran.code, ran.out) == (USAGE, "")
        assert "error: imgtrust.yaml:" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--registry-map", "docker.io"),
        ("--alias", "=docker.io"),
        ("--proxy", "no proxy"),
        ("--timeout", "0"),
        ("--timeout", "soon"),
        ("--timeout", "nan"),
        ("--format", "xml"),
        ("--nonsense",),
        ("--profile", "x"),
        ("--env-file", "nowhere"),
    ],
    ids=" ".join,
)
def test_an_option_that_says_nothing_useful_is_refused(desk: Desk, arguments: tuple[str, ...]) -> None:
    desk.policy()

    ran = desk.verify("registry.test/app:1", *arguments)

    assert (ran.code, ran.out) == (USAGE, "")
    assert ran.err


@pytest.mark.parametrize("pair", ["docker.io", "=mirror.test", "docker.io=", ""])
@pytest.mark.parametrize("option", ["--registry-map", "--alias", "--token-realm"])
def test_a_pair_that_is_none_says_how_one_looks(desk: Desk, option: str, pair: str) -> None:
    desk.policy()

    ran = desk.verify("registry.test/app:1", option, pair)

    assert (ran.code, ran.out) == (USAGE, "")
    assert f"`{option} {pair}` is not of the form" in ran.err


def test_authorities_that_cannot_be_read_are_not_done_without(desk: Desk) -> None:
    desk.policy()

    ran = desk.verify("127.0.0.1:1/app:1", "--ca-file", "nowhere.pem")

    assert (ran.code, ran.codes) == (UNDECIDED, {"credentials-unusable": "undecided"})
    assert "nowhere.pem" in ran.verdict["findings"][0]["message"]


def test_a_directory_that_is_gone_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = desk.directory / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    for arguments in (["verify"], ["verify", "registry.test/app:1"], ["policy", "check"]):
        ran = desk.run(*arguments)
        assert (ran.code, ran.out) == (USAGE, "")
        assert "the current directory" in ran.err


# The other commands


def test_resolve_tells_digest_kind_and_platforms(desk: Desk, registry: LoopbackRegistry, signed: str) -> None:
    whole = platform_index("linux/amd64", "linux/arm64")
    registry.put("multi", whole, tag="1")

    ran = desk.run("resolve", f"{signed}:1", f"{registry.host}/multi:1", f"{signed}@{IMAGE.digest}")

    assert ran.code == ALLOW
    first, second, third = ran.out.splitlines()
    assert first.split()[1:] == [str(IMAGE.digest), "image", "linux/amd64"]
    assert second.split()[1:] == [str(whole.digest), "index", "linux/amd64,", "linux/arm64"]
    assert third.split()[1] == str(IMAGE.digest)


def test_resolve_tells_what_it_could_not_and_all_that_it_could(
    desk: Desk, registry: LoopbackRegistry, signed: str
) -> None:
    ran = desk.run("resolve", "--format", "json", f"{signed}:2", f"{signed}:1", "App")

    assert ran.code == UNDECIDED
    missing, found, bad = json.loads(ran.out)["images"]
    assert (missing["error"]["code"], bad["error"]["code"]) == ("content-not-found", "reference-invalid")
    assert found["pinned"] == f"{signed}:1@{IMAGE.digest}"


def test_inspect_lists_what_is_attached_and_verifies_only_with_a_key(
    desk: Desk, registry: LoopbackRegistry, signed: str
) -> None:
    attest(registry, "app", IMAGE.digest, desk.key("other"))

    bare = json.loads(desk.run("inspect", "--format", "json", f"{signed}:1").out)
    keyed = json.loads(desk.run("inspect", "--format", "json", f"{signed}:1", "--key", "release.pub").out)

    assert [(one["kind"], one["verified"]) for one in bare["attached"]] == [("attestation", None), ("signature", None)]
    attestation, signature = (one["verified"] for one in keyed["attached"])
    assert attestation.startswith("no: signature: ")
    assert signature.startswith("by key sha256:")


def test_inspect_says_which_place_it_could_not_read(desk: Desk, registry: LoopbackRegistry, signed: str) -> None:
    assert desk.run("inspect", f"{signed}:1").code == ALLOW
    registry.fault("/referrers/", status=418)

    ran = desk.run("inspect", f"{signed}:1")

    assert (ran.code, "not read" in ran.out) == (UNDECIDED, True)


def test_inspect_of_nothing_says_so(desk: Desk, registry: LoopbackRegistry) -> None:
    registry.put("app", IMAGE, tag="1")

    assert "nothing is attached" in desk.run("inspect", f"{registry.host}/app:1").out


def test_the_first_policy_can_be_enforced_and_is_never_written_over(desk: Desk) -> None:
    desk.key()
    assert desk.run("policy", "init").code == ALLOW
    text = (desk.directory / "imgtrust.yaml").read_bytes()

    checked, again = desk.run("policy", "check"), desk.run("policy", "init")

    assert (checked.code, again.code) == (ALLOW, USAGE)
    assert (desk.directory / "imgtrust.yaml").read_bytes() == text
    assert desk.run("policy", "init", "--stdout").out.encode() == text


@pytest.mark.parametrize("name", ["/dev/full", "nowhere/imgtrust.yaml", "."])
def test_a_policy_that_cannot_be_written_says_so(desk: Desk, name: str) -> None:
    ran = desk.run("policy", "init", name)

    assert (ran.code, ran.out) == (USAGE, "")
    assert name in ran.err


def test_every_code_is_explained_offline(desk: Desk) -> None:
    listed = desk.run("explain")

    assert [line.split()[0] for line in listed.out.splitlines()] == list(CATALOGUE)
    for code, entry in CATALOGUE.items():
        ran = desk.run("explain", code)
        assert ran.code == ALLOW
        assert ran.out.startswith(f"{code}: {entry.title}")


def test_a_code_that_is_nearly_one_is_guessed(desk: Desk) -> None:
    ran = desk.run("explain", "no-signature")

    assert (ran.code, ran.out) == (USAGE, "")
    assert "did you mean `no-signatures`?" in ran.err
