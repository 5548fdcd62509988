"""The JSON Schema and the reader say the same of a policy's structure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.support.policies import DIGEST_A, DIGEST_B, pem, policy, read, with_rule
from trust import policy_keys
from trust.errors import PolicyError
from trust.pattern import Pattern
from trust.policy import Rule, SignatureRequirement
from trust.policy_record import Key
from trust.policy_schema import policy_schema
from trust.policy_template import policy_template
from trust.policy_where import NOT_SUPPORTED_YET
from trust.signer import TrustedKey

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for folder in ("examples", "verifier/demo") for path in (ROOT / folder).rglob("imgtrust*.yaml"))
ENVIRONMENT = {"KEY": pem("env").decode()}


class _Core(yaml.SafeLoader):
    """What an editor reads: days stay text, as in YAML 1.2."""


_Core.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def schema_accepts(text: str) -> bool:
    return Draft202012Validator(policy_schema()).is_valid(yaml.load(text, _Core))


GOOD = [
    policy_template(key_file="a.pub"),
    with_rule("signatures: {from: [a]}"),
    with_rule("signatures: {from: [a, b], at_least: 2, annotations: {env: prod, 'n': '1'}, repository: signed}"),
    with_rule("signatures:\n  - from: [a]\n  - {from: [b, c], at_least: 1}"),
    with_rule("unsigned: {reason: no signatures yet, until: 2027-06-30}"),
    with_rule(f"unsigned: {{reason: x, until: '2027-06-30', digests: [{DIGEST_A}, {DIGEST_B}]}}"),
    with_rule(f"unsigned: {{reason: x, until: 2027-06-30, digests: ['sha512:{'c' * 128}']}}"),
    *(with_rule(f"mutable_tag: {word}\nsignatures: {{from: [a]}}") for word in ("deny", "warn", "allow")),
    *(with_rule(f"mode: {word}\nsignatures: {{from: [a]}}") for word in ("enforce", "warn")),
    *(
        with_rule(f"platforms: {word}\nsignatures: {{from: [a]}}")
        for word in ("index", "children", "index-or-children")
    ),
    with_rule("name: the team/web 1\nsignatures: {from: [a]}"),
    with_rule("signatures: {from: [a]}")
    + f"deny: [{{images: ['**'], reason: x}}, {{digests: [{DIGEST_A}], reason: x}}]",
    with_rule("signatures: {from: [a]}").replace("b: {file: b.pub}", "b: {env: KEY, hash: sha512}"),
    with_rule("signatures: {from: [a]}").replace("{file: b.pub}", json.dumps({"pem": pem("b").decode()})),
    with_rule("signatures: {from: [a]}")
    + "registry_map: {docker.io: m.io/hub, '*': 'oci:dir', 'm.io:5000/a/b': '[::1]:5000'}\n"
    + "aliases: {m.io/hub: docker.io}\ninsecure_registries: ['m.io:5000', 127.0.0.2]\n"
    + "signature_repository: ghcr.io/acme/signatures\ntoken_realms: {ghcr.io: auth.io}\n",
]

STRUCTURALLY_BAD = [
    "{}",
    "[]",
    "text",
    "version: 1",
    with_rule("signatures: {from: [a]}").replace("version: 1", "version: 2"),
    with_rule("signatures: {from: [a]}").replace("version: 1", "version: '1'"),
    with_rule("signatures: {from: [a]}").replace("version: 1\n", ""),
    with_rule("signatures: {from: [a]}") + "unknown: 1",
    with_rule("signatures: {from: [a]}\nmutabletag: deny"),
    with_rule("signatures: {from: [a], at_last: 1}"),
    with_rule("signatures: {from: []}"),
    with_rule("signatures: {from: [a, a]}"),
    with_rule("signatures: {from: a}"),
    with_rule("signatures: {from: [1]}"),
    with_rule("signatures: {from: ['']}"),
    with_rule("signatures: {from: ['a b']}"),
    with_rule("signatures: {}"),
    with_rule("signatures: []"),
    with_rule("signatures:"),
    with_rule("signatures: {from: [a], at_least: 0}"),
    with_rule("signatures: {from: [a], at_least: two}"),
    with_rule("signatures: {from: [a], at_least: '1'}"),
    with_rule("signatures: {from: [a], annotations: {}}"),
    with_rule("signatures: {from: [a], annotations: {env: true}}"),
    with_rule("signatures: {from: [a], annotations: {env: 1.5}}"),
    with_rule("signatures: {from: [a], repository: any}"),
    with_rule("mode: warn"),
    with_rule("mode: audit\nsignatures: {from: [a]}"),
    with_rule("mutable_tag: false\nsignatures: {from: [a]}"),
    with_rule("platforms: all\nsignatures: {from: [a]}"),
    with_rule("unsigned: true"),
    with_rule("unsigned: {reason: x}"),
    with_rule("unsigned: {until: 2027-06-30}"),
    with_rule("unsigned: {reason: '', until: 2027-06-30}"),
    with_rule("unsigned: {reason: x, until: soon}"),
    with_rule("unsigned: {reason: x, until: 2027-06-30, digests: []}"),
    with_rule("unsigned: {reason: x, until: 2027-06-30, digests: [sha256:aa]}"),
    with_rule("signatures: {from: [a]}").replace("ghcr.io/acme/**", "GHCR.io/acme"),
    with_rule("signatures: {from: [a]}").replace("[ghcr.io/acme/**]", "[]"),
    with_rule("signatures: {from: [a]}").replace("images: [ghcr.io/acme/**]", "name: x"),
    with_rule("signatures: {from: [a]}").replace("{file: b.pub}", "{}"),
    with_rule("signatures: {from: [a]}").replace("{file: b.pub}", "{file: b.pub, env: KEY}"),
    with_rule("signatures: {from: [a]}").replace("{file: b.pub}", "{env: 1KEY}"),
    with_rule("signatures: {from: [a]}").replace("{file: b.pub}", "{file: b.pub, hash: md5}"),
    with_rule("signatures: {from: [a]}").replace("{file: b.pub}", "b.pub"),
    with_rule("signatures: {from: [a]}") + "deny: []",
    with_rule("signatures: {from: [a]}") + "deny: [{reason: x}]",
    with_rule("signatures: {from: [a]}") + "deny: [{images: ['**'], reason: x}, {reason: x, images: ['**']}]",
    with_rule("signatures: [{from: [a, b]}, {from: [a, b]}]"),
    with_rule("signatures: {from: [a]}") + "deny: [{images: ['**']}]",
    with_rule("signatures: {from: [a]}") + "registry_map: {}",
    with_rule("signatures: {from: [a]}") + "registry_map: {docker.io: 5000}",
    with_rule("signatures: {from: [a]}") + "insecure_registries: []",
    with_rule("signatures: {from: [a]}") + "insecure_registries: ['http://m.io/x']",
    with_rule("signatures: {from: [a]}") + "signature_repository: [a]",
    *(with_rule(f"{name}: x\nsignatures: {{from: [a]}}") for name in NOT_SUPPORTED_YET),
]

# Only the reader can know these: they need a calendar, the keys, the rules beside, or a grammar in full.
SEMANTICALLY_BAD = [
    with_rule("signatures: {from: [nobody]}"),
    with_rule("signatures: {from: [a], at_least: 2}"),
    with_rule("unsigned: {reason: x, until: 2027-02-30}"),
    with_rule("signatures: {from: [a]}").replace("b.pub", "a.pub"),
    with_rule("signatures: {from: [a]}").replace("ghcr.io/acme/**", "docker.io/nginx"),
    with_rule("signatures: {from: [a]}") + "  - {images: [ghcr.io/acme/app], signatures: {from: [a]}}",
    with_rule("unsigned: {reason: ' ', until: 2027-06-30}"),
    with_rule("signatures: {from: [a]}") + "registry_map: {docker.io: 'http://m.io'}",
]


def test_the_schema_is_a_valid_schema_of_its_draft() -> None:
    schema = policy_schema()

    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("text", GOOD)
def test_what_the_reader_accepts_the_schema_accepts(text: str) -> None:
    assert read(text, ENVIRONMENT).policy.rules
    assert schema_accepts(text)


@pytest.mark.parametrize("text", STRUCTURALLY_BAD)
def test_what_is_bad_in_structure_both_refuse(text: str) -> None:
    with pytest.raises(PolicyError):
        read(text, ENVIRONMENT)
    assert not schema_accepts(text)


@pytest.mark.parametrize("text", SEMANTICALLY_BAD)
def test_what_is_bad_in_meaning_only_the_reader_refuses(text: str) -> None:
    with pytest.raises(PolicyError):
        read(text, ENVIRONMENT)
    assert schema_accepts(text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_is_a_policy_by_the_schema(path: Path) -> None:
    assert schema_accepts(path.read_text())


def _objects(schema: object) -> Iterator[dict[str, object]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from _objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _objects(part)


def test_no_mapping_takes_a_key_that_is_not_described() -> None:
    fixed = [one for one in _objects(policy_schema()) if "properties" in one]

    assert len(fixed) >= 6
    assert all(one["additionalProperties"] is False for one in fixed)
    for one in fixed:
        assert all(value["description"] for value in one["properties"].values())


def test_the_defaults_that_are_published_are_the_ones_that_are_in_force() -> None:
    signer = TrustedKey("a", read(GOOD[1]).policy.signers[0].key)
    requirement = SignatureRequirement((signer,))
    rule = Rule("r", (Pattern.parse("**"),), signatures=(requirement,))
    written = policy(with_rule("signatures: {from: [a]}")).rules[0]

    for one in (rule, written):
        assert policy_keys.RULE_MUTABLE_TAG.default == one.mutable_tag.value
        assert policy_keys.RULE_PLATFORMS.default == one.platforms.value
        assert policy_keys.RULE_MODE.default == "enforce"
        assert one.enforced
        assert policy_keys.AT_LEAST.default == one.signatures[0].at_least


def _paths(schema: dict[str, object], at: str = "") -> Iterator[tuple[str, dict[str, object]]]:
    """Every key with its path, as the reference writes it."""
    for name, value in dict(schema.get("properties", {})).items():
        path = f"{at}.{name}" if at else name
        yield path, value
        yield from _below(value, path)


def _below(value: dict[str, object], path: str) -> Iterator[tuple[str, dict[str, object]]]:
    yield from _paths(value, path)
    if isinstance(value.get("items"), dict):
        yield from _below(value["items"], f"{path}[]")
    if isinstance(value.get("additionalProperties"), dict):
        yield from _below(value["additionalProperties"], f"{path}.NAME")
    for part in value.get("anyOf", []):
        if part.get("type") == "object":
            yield from _below(part, path)


REFERENCE = ROOT / "docs/reference/policy.md"


def test_the_reference_has_every_key_and_no_other() -> None:
    headings = re.findall(r"^### `([^`]+)`$", REFERENCE.read_text(), re.MULTILINE)

    assert headings == [path for path, _ in _paths(policy_schema())]


@pytest.mark.parametrize(("path", "schema"), list(_paths(policy_schema())), ids=lambda value: str(value)[:40])
def test_the_reference_says_of_every_key_what_the_model_says(path: str, schema: dict[str, object]) -> None:
    section = REFERENCE.read_text().split(f"### `{path}`\n")[1].split("\n### ")[0].split("\n## ")[0]
    words = re.sub(r"\s+", " ", section)

    assert str(schema["description"]) in words
    if "default" in schema:
        assert f"Default: `{schema['default']}`" in words
    for word in schema.get("enum", []):
        assert f"`{word}`" in words


def _yaml_blocks() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", REFERENCE.read_text(), re.DOTALL)


@pytest.mark.parametrize("block", [block for block in _yaml_blocks() if "version:" in block])
def test_every_whole_policy_in_the_reference_is_one(block: str) -> None:
    assert read(block, ENVIRONMENT).policy.rules
    assert schema_accepts(block)


def test_the_reference_names_all_that_is_not_supported_yet() -> None:
    text = REFERENCE.read_text()

    assert [name for name in NOT_SUPPORTED_YET if f"`{name}`" not in text] == []


def test_every_key_of_the_model_is_in_the_policy() -> None:
    declared = {one.name for one in vars(policy_keys).values() if isinstance(one, Key)}

    assert declared == {path.rpartition(".")[2] for path, _ in _paths(policy_schema())}
