"""Reports that the command line prints, held against the published schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import verifier.demo
from tests.support.vectors import load
from trust.evidence import STEPS
from trust.verdict import Decision, Effect
from verifier.cli import run

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "docs" / "reference" / "report-v1.schema.json").read_text())
DEMO = Path(next(iter(verifier.demo.__path__)))
POLICY = ["--policy", str(DEMO / "imgtrust.yaml")]


def strict(schema: Any) -> Any:
    """`schema` without room for fields that it does not name: readers must bear new ones, our tests must not."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    closed = {"additionalProperties": False} if schema.get("type") == "object" and "properties" in schema else {}
    return {**closed, **{name: strict(value) for name, value in schema.items()}}


VALIDATOR = Draft202012Validator(strict(SCHEMA), format_checker=Draft202012Validator.FORMAT_CHECKER)


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code = run(["verify", *arguments, "--format", "json"])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == code
    VALIDATOR.validate(document)
    return document


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_has_the_words_of_the_code() -> None:
    definitions = SCHEMA["$defs"]

    assert definitions["verdict"]["properties"]["decision"]["enum"] == [one.value for one in Decision]
    assert definitions["finding"]["properties"]["effect"]["enum"] == [one.value for one in Effect]
    assert definitions["rejection"]["properties"]["step"]["enum"] == list(STEPS)
    assert set(SCHEMA["properties"]["counts"]["properties"]) == {one.value for one in Decision}


def test_the_page_names_every_field() -> None:
    page = (ROOT / "docs" / "reference" / "report.md").read_text()
    fields = {name for one in SCHEMA["$defs"].values() for name in one.get("properties", ())} | set(
        SCHEMA["properties"]
    )

    assert [name for name in sorted(fields) if f"`{name}`" not in page] == []


def test_allowed_images_give_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    document = report(capsys, "ghcr.io/acme/app:1.4", *POLICY)

    (verdict,) = document["verdicts"]
    assert verdict["admitted"]
    assert verdict["signatures"][0]["signer"]["name"] == "release"


def test_images_of_a_compose_project_give_a_report_with_their_places(capsys: pytest.CaptureFixture[str]) -> None:
    document = report(capsys, "-f", str(DEMO / "compose.yaml"), *POLICY)

    assert document["counts"] == {"allow": 1, "deny": 1, "undecided": 0}
    assert [verdict["uses"][0]["field"] for verdict in document["verdicts"]] == [
        "services.app.image",
        "services.worker.image",
    ]


def test_a_project_with_variables_builds_and_models_gives_a_report(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    project = tmp_path / "compose.yaml"
    project.write_text(
        "services:\n"
        "  app:\n    image: ghcr.io/acme/app:${TAG:-1.4}\n"
        "  built:\n    build: .\n"
        "  debug:\n    image: ghcr.io/acme/worker:${UNSET_TAG}\n    profiles: [debug]\n"
        "models:\n  chat:\n    model: ai/example\n"
    )

    document = report(capsys, str(project), *POLICY)

    assert {note["code"] for note in document["notes"]} >= {"variable-unset", "not-judged"}
    assert any("TAG" in how for verdict in document["verdicts"] for use in verdict["uses"] for how in use["how"])


def test_a_project_that_includes_a_file_from_elsewhere_is_not_complete(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    project = tmp_path / "compose.yaml"
    project.write_text("include: [oci://ghcr.io/acme/stack:1]\nservices:\n  app:\n    image: ghcr.io/acme/app:1.4\n")

    document = report(capsys, str(project), *POLICY)

    assert (document["complete"], document["exit_code"]) == (False, 3)


def test_a_project_without_images_gives_a_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    project = tmp_path / "compose.yaml"
    project.write_text("services:\n  built:\n    build: .\n")

    document = report(capsys, str(project), *POLICY)

    assert (document["verdicts"], document["exit_code"]) == ([], 3)


@pytest.mark.parametrize(
    ("image", "decision"),
    [
        ("ghcr.io/acme/nothing:1", "undecided"),
        ("docker.io/library/nginx", "deny"),
        ("ghcr.io/ACME/app", "undecided"),
        ("9c3b96f714fa169481c1f6bcb9b04f02a075a53094fd8af499682a9a8a71d22a", "undecided"),
        ("oci:nowhere:1", "deny"),
    ],
)
def test_refusals_give_a_report(image: str, decision: str, capsys: pytest.CaptureFixture[str]) -> None:
    document = report(capsys, image, *POLICY)

    assert [verdict["decision"] for verdict in document["verdicts"]] == [decision]


@pytest.mark.parametrize("vector", load(), ids=lambda vector: vector.name)
def test_layouts_of_every_kind_give_a_report(vector: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(vector.arguments(tmp_path))

    VALIDATOR.validate(json.loads(capsys.readouterr().out))


def test_a_leave_and_a_rule_that_only_warns_give_a_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    policy = tmp_path / "imgtrust.yaml"
    policy.write_text(
        "version: 1\n"
        f"keys:\n  release: {{file: {DEMO / 'release.pub'}}}\n"
        f"registry_map:\n  ghcr.io/acme: oci:{DEMO / 'layout'}\n"
        "rules:\n"
        "  - images: [ghcr.io/acme/app]\n    unsigned: {reason: a test, until: 2100-01-01}\n"
        "  - images: [ghcr.io/acme/**]\n    signatures: {from: [release]}\n    mode: warn\n"
    )

    document = report(capsys, "ghcr.io/acme/app:1.4", "ghcr.io/acme/worker:2.0", "--policy", str(policy))

    leave, warned = document["verdicts"]
    assert leave["unchecked"]
    assert (warned["decision"], warned["enforced"], warned["admitted"]) == ("deny", False, True)
    assert document["exit_code"] == 0
