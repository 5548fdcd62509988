"""`imgtrust verify` over Compose projects, and the override that it writes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.flow.attachments import sign, simple
from tests.flow.desk import Desk, rule
from tests.support.images import image, platform_index
from tests.support.registry import LoopbackRegistry
from verifier.files.compose.loader import load_project
from verifier.files.compose.override import OVERRIDE_HEADER
from verifier.files.compose.project import ProjectRequest
from verifier.output.exit_code import ALLOW, DENY, UNDECIDED, USAGE

IMAGES = {name: image(name) for name in ("a", "b", "c", "d", "e")}
OVERRIDE = "compose.verified.yaml"


@pytest.fixture
def host(desk: Desk, registry: LoopbackRegistry) -> str:
    """A registry in which `a:1` to `e:1` are signed by `release`."""
    desk.policy()
    for name, content in IMAGES.items():
        registry.put(name, content, tag="1")
        sign(registry, name, content.digest, simple(content.digest, desk.key()))
    return registry.host


def compose(desk: Desk, host: str, *names: str, more: str = "") -> None:
    services = "".join(f"  s{at}: {{image: '{host}/{name}:1'}}\n" for at, name in enumerate(names))
    desk.write({"compose.yaml": f"services:\n{services}{more}"})


def test_every_image_of_the_project_here_has_its_verdict(desk: Desk, host: str) -> None:
    compose(desk, host, "a", "b")

    ran = desk.verify()

    assert ran.code == ALLOW
    assert [one["digest"] for one in ran.verdicts] == [str(IMAGES[name].digest) for name in "ab"]
    assert ran.report["counts"] == {"allow": 2, "deny": 0, "undecided": 0}
    (use,) = ran.verdicts[0]["uses"]
    assert (use["file"], use["line"], use["field"]) == ("compose.yaml", 2, "services.s0.image")


@pytest.mark.parametrize("arguments", [("compose.yaml",), ("-f", "compose.yaml"), (".",), ("./",)])
def test_a_file_and_a_directory_are_projects(desk: Desk, host: str, arguments: tuple[str, ...]) -> None:
    compose(desk, host, "a")

    assert [one["requested"] for one in desk.verify(*arguments).verdicts] == [f"{host}/a:1"]


@pytest.mark.parametrize("bad", range(5))
def test_pro_07_one_bad_image_among_five_is_the_exit_code_and_hides_no_other(
    desk: Desk, registry: LoopbackRegistry, host: str, bad: int
) -> None:
    names = list(IMAGES)
    registry.put(names[bad], image("evil"), tag="1")
    compose(desk, host, *names)

    ran = desk.verify()

    assert ran.code == DENY
    assert [one["requested"] for one in ran.verdicts] == [f"{host}/{name}:1" for name in names]
    assert [one["decision"] for one in ran.verdicts] == ["deny" if at == bad else "allow" for at in range(5)]


@pytest.mark.parametrize(("also_denied", "code"), [(False, UNDECIDED), (True, DENY)])
def test_the_worst_verdict_is_the_exit_code(
    desk: Desk, registry: LoopbackRegistry, host: str, also_denied: bool, code: int
) -> None:
    registry.fault("/v2/c/manifests/1$", status=418)
    if also_denied:
        registry.put("e", image("evil"), tag="1")
    compose(desk, host, *IMAGES)

    ran = desk.verify()

    assert (ran.code, ran.verdicts[2]["decision"]) == (code, "undecided")


def test_an_image_that_two_services_name_is_judged_once_with_both_places(
    desk: Desk, registry: LoopbackRegistry, host: str
) -> None:
    compose(desk, host, "a", "a")

    ran = desk.verify()

    assert [use["field"] for use in ran.verdict["uses"]] == ["services.s0.image", "services.s1.image"]
    assert len(registry.lines) == 6


def test_several_files_are_merged_and_the_last_one_decides(desk: Desk, host: str) -> None:
    compose(desk, host, "a")
    desk.write({"prod.yaml": f"services: {{s0: {{image: '{host}/b:${{TAG}}'}}}}\n", "prod.env": "TAG=1\n"})

    ran = desk.verify("-f", "compose.yaml", "-f", "prod.yaml", "--env-file", "prod.env")

    assert (ran.code, ran.verdict["requested"]) == (ALLOW, f"{host}/b:1")
    assert ran.verdict["uses"][0]["file"] == "prod.yaml"


def test_a_project_and_a_reference_are_judged_together(desk: Desk, host: str) -> None:
    compose(desk, host, "a")

    ran = desk.verify("./compose.yaml", f"{host}/b:1")

    assert {one["requested"] for one in ran.verdicts} == {f"{host}/a:1", f"{host}/b:1"}


def test_standard_input_is_a_project(desk: Desk, host: str) -> None:
    text = f"services: {{s: {{image: '{host}/a:1'}}}}\n"

    ran = desk.script("verify", "-f", "-", "--format", "json", input=text)

    assert (ran.returncode, ran.stderr) == (ALLOW, "")
    assert '"file": "<stdin>"' in ran.stdout


# The override


def override(desk: Desk) -> dict[str | None, str]:
    """The images of the services once the override is laid over the project."""
    request = ProjectRequest(desk.directory, files=("compose.yaml", OVERRIDE))
    return {use.service: use.text for use in load_project(request).images}


def test_pro_08_what_is_started_with_the_override_is_what_was_verified(
    desk: Desk, registry: LoopbackRegistry, host: str
) -> None:
    compose(desk, host, "a", "b", "a")

    ran = desk.verify("--write-override", OVERRIDE)
    for name in "ab":
        registry.put(name, image("moved afterwards"), tag="1")

    digests = {one["requested"]: one["digest"] for one in ran.verdicts}
    assert ran.code == ALLOW
    assert override(desk) == {
        f"s{at}": f"{host}/{name}:1@{digests[f'{host}/{name}:1']}" for at, name in enumerate("aba")
    }
    assert digests == {f"{host}/{name}:1": str(IMAGES[name].digest) for name in "ab"}


def test_the_override_can_be_verified_in_its_turn_and_written_anew(desk: Desk, host: str) -> None:
    compose(desk, host, "a")
    desk.verify("--write-override", OVERRIDE)
    first = (desk.directory / OVERRIDE).read_bytes()

    ran = desk.verify("-f", "compose.yaml", "-f", OVERRIDE, "--write-override", OVERRIDE)

    assert (ran.code, ran.codes) == (ALLOW, {})
    assert (desk.directory / OVERRIDE).read_bytes() == first
    assert stat.S_IMODE((desk.directory / OVERRIDE).stat().st_mode) == 0o644


@pytest.mark.parametrize("why", ["denied", "undecided", "only warned", "not fully known", "no images"])
def test_no_override_is_written_unless_every_image_is_allowed(
    desk: Desk, registry: LoopbackRegistry, host: str, why: str
) -> None:
    more = {"not fully known": "include: ['oci://registry.test/more']\n"}.get(why, "")
    compose(desk, host, "a", "b", more=more)
    if why in ("denied", "only warned"):
        registry.put("b", image("evil"), tag="1")
    if why == "only warned":
        desk.policy(rule("'**'", "signatures: {from: [release]}", "mode: warn"))
    if why == "undecided":
        registry.fault("/v2/b/", status=418)
    if why == "no images":
        desk.write({"compose.yaml": "services: {b: {build: .}}\n"})

    ran = desk.verify("--write-override", OVERRIDE)

    assert ran.code == (DENY if why in ("denied", "only warned") else UNDECIDED)
    assert f"`{OVERRIDE}` is not written" in ran.err
    assert sorted(path.name for path in desk.directory.glob("compose*")) == ["compose.yaml"]


def test_a_rule_that_only_warns_does_not_fail_a_run_without_an_override(
    desk: Desk, registry: LoopbackRegistry, host: str
) -> None:
    registry.put("b", image("evil"), tag="1")
    desk.policy(rule("'**'", "signatures: {from: [release]}", "mode: warn"))
    compose(desk, host, "a", "b")

    assert desk.verify().code == ALLOW


@pytest.mark.parametrize("kind", ["foreign", "link", "link to ours", "directory", "pipe", "nowhere", "device"])
def test_what_is_no_override_of_ours_is_never_replaced(desk: Desk, host: str, kind: str) -> None:
    compose(desk, host, "a")
    path = desk.directory / OVERRIDE
    target = desk.directory / "other.yaml"
    name = {"nowhere": "nowhere/x.yaml", "device": "/dev/full"}.get(kind, OVERRIDE)
    _put(path, target, kind)

    ran = desk.verify("--write-override", name)

    assert (ran.code, ran.out) == (USAGE, "")
    assert f"`{name}`" in ran.err
    if kind == "link to ours":
        assert (path.is_symlink(), target.read_text()) == (True, OVERRIDE_HEADER)
    if kind in ("foreign", "link"):
        assert (path.read_text(), path.is_symlink()) == ("mine\n", kind == "link")


def _put(path: Path, target: Path, kind: str) -> None:
    import os

    if kind == "foreign":
        path.write_text("mine\n")
    elif kind.startswith("link"):
        target.write_text("mine\n" if kind == "link" else OVERRIDE_HEADER)
        path.symlink_to(target)
    elif kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)


@pytest.mark.parametrize("arguments", [("HOST/a:1",), ("compose.yaml", "./second.yaml")])
def test_an_override_needs_one_project_and_says_so_before_any_request(
    desk: Desk, registry: LoopbackRegistry, host: str, arguments: tuple[str, ...]
) -> None:
    compose(desk, host, "a")
    desk.write({"second.yaml": f"services: {{x: {{image: '{host}/b:1'}}}}\n"})

    ran = desk.verify(*(one.replace("HOST", host) for one in arguments), "--write-override", OVERRIDE)

    assert (ran.code, ran.out, registry.lines) == (USAGE, "", [])


@pytest.mark.parametrize("what", ["platform", "leave", "nothing"])
def test_what_an_override_pins_unchecked_is_said(desk: Desk, registry: LoopbackRegistry, host: str, what: str) -> None:
    whole = platform_index("linux/amd64", "linux/arm64")
    registry.put("multi", whole, tag="1")
    signed = whole.parts[0] if what == "platform" else whole
    sign(registry, "multi", signed.digest, simple(signed.digest, desk.key()))
    if what == "leave":
        desk.policy(rule("'**'", "unsigned: {reason: not yet, until: 2099-12-31}"), keys=())
    compose(desk, host, "multi")

    ran = desk.verify("--write-override", OVERRIDE, *(["--platform", "linux/amd64"] if what == "platform" else []))

    assert (ran.code, f"warning: `{host}/multi:1` is pinned, and not checked: " in ran.err) == (
        ALLOW,
        what != "nothing",
    )


def test_what_the_override_leaves_as_it_is_is_said(desk: Desk, host: str) -> None:
    volume = f"volumes: [{{type: image, source: '{host}/b:1', target: /x}}]"
    desk.write({"compose.yaml": f"services: {{s: {{image: '{host}/a:1', {volume}}}}}\n"})

    ran = desk.verify("--write-override", OVERRIDE)

    assert (ran.code, len(ran.verdicts)) == (ALLOW, 2)
    assert "stays as it is" in ran.err
    assert (desk.directory / OVERRIDE).read_text().startswith(OVERRIDE_HEADER)
