"""Policy text: what is read, what is refused, and where the error is said to be."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.support.policies import DIGEST_A, DIGEST_B, FILE, key, pem, policy, read, with_rule
from trust.digest import Digest
from trust.errors import ImgtrustError, PolicyError, TrustRootError
from trust.policy import MutableTag, Platforms
from trust.policy_file import parse_policy, read_policy
from trust.policy_template import policy_template
from trust.yaml_text import ANCHOR_LIMIT, DEPTH_LIMIT, NODE_LIMIT, SIZE_LIMIT_BYTES, parse_yaml

FULL = f"""\
version: 1
keys:
  a: {{file: a.pub}}
  b: {{env: B_KEY}}
  rsa: {{file: rsa.pub, hash: sha512}}
deny:
  - digests: [{DIGEST_B}]
    reason: incident 2026-11
  - images: ["docker.io/evil/**"]
    reason: >-
      typo-squat,
      found by the team
rules:
  - name: our own
    images: [ghcr.io/acme/app, "ghcr.io/acme/web-*"]
    mutable_tag: deny
    platforms: children
    mode: enforce
    signatures:
      from: [a, b]
      at_least: 2
      annotations: {{env: prod, "build": "12"}}
      repository: signed
  - images: ["ghcr.io/acme/**"]
    mode: warn
    signatures:
      - from: [a]
      - from: [b, rsa]
    unsigned: {{reason: moving, until: 2027-06-30, digests: [{DIGEST_A}]}}
  - images: ["docker.io/library/*"]
    mutable_tag: allow
    unsigned:
      reason: official images carry no signature
      until: "2027-06-30"
registry_map:
  docker.io: mirror.local/hub
  ghcr.io/acme: "oci:layouts/acme"
  "*": mirror.local:5000
aliases: {{mirror.local/hub: docker.io}}
insecure_registries: [mirror.local:5000]
signature_repository: ghcr.io/acme/signatures
token_realms: {{registry.corp.io: auth.example.com}}
"""


def refusal(text: str | bytes, environment: dict[str, str] | None = None) -> ImgtrustError:
    with pytest.raises(PolicyError) as caught:
        read(text, environment)
    return caught.value


def test_a_policy_with_every_key_is_read_as_it_says() -> None:
    found = policy_of_full()

    own, warned, official = found.rules
    assert own.name == "our own"
    assert [str(one) for one in own.images] == ["ghcr.io/acme/app", "ghcr.io/acme/web-*"]
    assert (own.mutable_tag, own.platforms, own.enforced) == (MutableTag.DENY, Platforms.CHILDREN, True)
    assert [signer.name for signer in own.signatures[0].signers] == ["a", "b"]
    assert own.signatures[0].at_least == 2
    assert own.signatures[0].annotations == {"env": "prod", "build": "12"}
    assert own.signatures[0].repository_signed
    assert (warned.name, warned.enforced, len(warned.signatures)) == ("rules[1]", False, 2)
    assert not warned.signatures[1].repository_signed
    assert warned.unsigned is not None
    assert warned.unsigned.digests == {Digest.parse(DIGEST_A)}
    assert official.unsigned is not None
    assert (official.unsigned.until, official.unsigned.digests) == (date(2027, 6, 30), frozenset())
    assert official.mutable_tag is MutableTag.ALLOW
    assert found.denials[0].digests == {Digest.parse(DIGEST_B)}
    assert found.denials[1].reason == "typo-squat, found by the team"
    assert found.registry_map == {
        "docker.io": "mirror.local/hub",
        "ghcr.io/acme": "oci:layouts/acme",
        "*": "mirror.local:5000",
    }
    assert found.aliases == {"mirror.local/hub": "docker.io"}
    assert found.insecure_registries == {"mirror.local:5000"}
    assert found.signature_repository == "ghcr.io/acme/signatures"
    assert found.token_realms == {"registry.corp.io": "auth.example.com"}


def policy_of_full():
    return read(FULL, {"B_KEY": pem("b").decode()}).policy


def test_what_is_left_out_has_its_documented_default() -> None:
    rule = policy(with_rule("signatures: {from: [a]}")).rules[0]

    assert (rule.mutable_tag, rule.platforms, rule.enforced) == (MutableTag.WARN, Platforms.INDEX_OR_CHILDREN, True)
    assert (rule.signatures[0].at_least, rule.signatures[0].annotations) == (1, {})
    assert (rule.unsigned, rule.signatures[0].repository_signed) == (None, False)


def test_a_key_may_be_written_in_the_policy_itself() -> None:
    block = "".join(f"      {line}\n" for line in pem("a").decode().splitlines())
    text = f"version: 1\nkeys:\n  a:\n    pem: |\n{block}rules: [{{images: ['**'], signatures: {{from: [a]}}}}]\n"

    assert policy(text).rules[0].signatures[0].signers[0].key == key("a")


def test_the_hash_of_a_key_can_be_said() -> None:
    found = policy(with_rule("signatures: {from: [a]}").replace("a.pub}", "a.pub, hash: sha384}"))

    assert found.rules[0].signatures[0].signers[0].key.hash_name == "sha384"


def test_aliases_of_yaml_are_followed() -> None:
    found = policy(
        "version: 1\nkeys: {a: {file: a.pub}}\nrules:\n"
        "  - {images: [ghcr.io/a/*], signatures: &by-a {from: [a]}}\n  - {images: [ghcr.io/b/*], signatures: *by-a}\n"
    )

    assert found.rules[0].signatures == found.rules[1].signatures


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: "%YAML 1.1\n---\n" + text + "...\n", id="explicit document"),
        pytest.param(lambda text: text.removesuffix("\n"), id="no line end"),
        pytest.param(lambda text: text + "# caf\u00e9 \U0001f40b\n", id="comment beyond ASCII"),
    ],
)
def test_spellings_of_the_same_document_are_the_same_policy(change) -> None:
    text = with_rule("signatures: {from: [a]}")

    assert policy(change(text)).rules == policy(text).rules


_GOOD_RULE = "signatures: {from: [a]}"


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        # The file
        pytest.param("", "1:1", "the file is empty", id="empty"),
        pytest.param("# only a comment\n", "1:1", "the file is empty", id="comment alone"),
        pytest.param("version: 1\n---\nversion: 1\n", "2:1", "second document", id="two documents"),
        pytest.param("[version, 1]", "1:1", "a list, and a mapping is needed", id="list"),
        pytest.param("version", "1:1", "text, `version`, and a mapping", id="text"),
        pytest.param("a: b: c", "1:5", "not YAML", id="no YAML"),
        pytest.param("a: 'b", "1:6", "not YAML", id="open quote"),
        pytest.param("version: 1\nx: \x07", "2:4", "control character", id="control character"),
        pytest.param("version: 1 # \x85rules: []", "1:14", "U+0085 can hide", id="line end of some readers"),
        pytest.param("version: 1 # \u2028rules: []", "1:14", "U+2028 can hide", id="line separator"),
        pytest.param("version: 1 # \rrules: []", "1:14", "U+000D can hide", id="carriage return alone"),
        pytest.param("version: 1 # \u202e", "1:14", "U+202E can hide", id="reordered text"),
        pytest.param("x: &a [b]\ny: &a c", "2:4", "anchor `a` is defined twice", id="anchor twice"),
        pytest.param("x: &a {y: &a c}", "1:11", "anchor `a` is defined twice", id="anchor twice, nested"),
        pytest.param("x: *a", "1:4", "names no anchor", id="alias of nothing"),
        pytest.param("x: &a [*a]", "1:8", "within what it names", id="alias of itself"),
        pytest.param("version: !!int 1", "1:10", "the tag `tag:yaml.org,2002:int`", id="tag"),
        pytest.param("rules: !!python/object/apply:os.system [id]", "1:8", "the tag `", id="tag of code"),
        pytest.param("? [a]\n: b", "1:3", "a key is text, and this is a list", id="key that is a list"),
        pytest.param("version: 1\nversion: 1", "2:1", "key `version` is here twice, first in line 1", id="key twice"),
        pytest.param("a: &b {c: d}\ne: {<<: *b}", "2:5", "merge keys", id="merge key"),
        # Keys of the policy
        pytest.param("version: 2\nfuture: {}", "1:10", "`version`: this is `2`, and must be 1", id="version 2"),
        pytest.param("future: {}\nversion: 2", "2:10", "`version`: this is `2`, and must be 1", id="version 2 last"),
        pytest.param("version: '1'", "1:10", "`version`: this is text, and must be a whole", id="quoted version"),
        pytest.param("version: 1.0", "1:10", "`version`: this is `1.0`", id="version 1.0"),
        pytest.param("version: 01", "1:10", "`version`: this is `01`", id="version 01"),
        pytest.param("version: \u0661", "1:10", "`version`: this is `\u0661`", id="digit beyond ASCII"),
        pytest.param("version:", "1:9", "`version`: this is nothing", id="no version"),
        pytest.param("version: {a: b}", "1:10", "`version`: this is a mapping", id="version that is a mapping"),
        pytest.param("rules: []", "1:8", "`rules`: the list is empty", id="no rules"),
        pytest.param("version: 1\nkeys: {a: {file: a.pub}}", "1:1", "the key `rules` is missing", id="rules missing"),
        pytest.param("rules: [{images: ['**'], unsigned: x}]", "1:36", "text, `x`, and a mapping", id="wrong type"),
        pytest.param("version: 1\nrule: []", "2:1", "there is no key `rule`", id="misspelt key"),
        pytest.param("keys: {}\n", "1:7", "`keys`: the mapping is empty", id="no keys"),
        pytest.param("keys: [a]\n", "1:7", "`keys`: this is a list", id="keys that are a list"),
        pytest.param("keys: {}\nrules: x", "1:7", "`keys`", id="first error first"),
        # Keys
        pytest.param("keys: {'a b': {file: a.pub}}", "1:8", "`keys`: `a b` is not of the form", id="name"),
        pytest.param("keys: {no: {file: a.pub}}", "1:8", "`no` without quotes is a truth value", id="name `no`"),
        pytest.param("keys: {a: {}}", "1:11", "`keys.a`: exactly one of `file`, `pem`, `env`", id="no key"),
        pytest.param("keys: {a: {file: x, env: KEY}}", "1:11", "`keys.a`: exactly one of", id="two sources"),
        pytest.param("keys: {a: {file: ''}}", "1:18", "`keys.a.file`: text is needed", id="empty file name"),
        pytest.param('keys: {a: {file: "a\\0b"}}', "1:18", "cannot be printed", id="NUL in a file name"),
        pytest.param("keys: {a: {env: A-B}}", "1:17", "`A-B` is not of the form", id="name of a variable"),
        pytest.param("keys: {a: {file: a.pub, hash: md5}}", "1:31", "must be `sha256` or", id="weak hash"),
        pytest.param("keys: {a: {file: a.pub, hash: [x]}}", "1:31", "this is a list, and must be", id="list of hashes"),
        # Rules
        pytest.param(with_rule("mode: warn"), "7:5", "`rules[0]`: one of `signatures`, `unsigned`", id="empty rule"),
        pytest.param(with_rule("signatures: {from: []}"), "8:24", "the list is empty", id="from nobody"),
        pytest.param(with_rule("signatures: []"), "8:17", "`rules[0].signatures`: the list is empty", id="nothing"),
        pytest.param(with_rule("signatures: {}"), "8:17", "the key `from` is missing", id="signed by anybody"),
        pytest.param(with_rule("signatures:"), "8:16", "nothing is here, and a mapping", id="empty signatures"),
        pytest.param(with_rule("signatures: true"), "8:17", "a truth value, `true`", id="signatures: true"),
        pytest.param(with_rule("signatures: {from: a}"), "8:24", "text, `a`, and a list is needed", id="no list"),
        pytest.param(with_rule("signatures: {from: [d]}"), "8:25", "there is no key named `d`", id="unknown key"),
        pytest.param(with_rule("signatures: {from: [a, a]}"), "8:28", "`a` is listed twice", id="key named twice"),
        pytest.param(with_rule("signatures: {from: [a], at_least: 0}"), "8:39", "must be 1 to", id="threshold 0"),
        pytest.param(with_rule("signatures: {from: [a], at_least: 2}"), "8:39", "1 signers are named", id="too many"),
        pytest.param(with_rule("signatures: {from: [a], at_least: -1}"), "8:39", "this is `-1`", id="negative"),
        pytest.param(with_rule("signatures: {from: [a], at_least: 1e0}"), "8:39", "this is `1e0`", id="exponent"),
        pytest.param(with_rule("signatures: {from: [a], annotations: {}}"), "8:42", "is empty", id="no annotations"),
        pytest.param(
            with_rule("signatures: {from: [a], annotations: {env: yes}}"), "8:48", "`yes` without quotes", id="yes"
        ),
        pytest.param(
            with_rule("signatures: {from: [a], annotations: {env: 1.10}}"), "8:48", "is a number", id="number"
        ),
        pytest.param(with_rule("signatures: {from: [a], annotations: {env: ~}}"), "8:48", "nothing is here", id="null"),
        pytest.param(
            with_rule("signatures: {from: [a], annotations: {env: 'a  b'}}"), "8:48", "side by side", id="spaces"
        ),
        pytest.param(
            with_rule("signatures: {from: [a], repository: any}"), "8:41", "must be `signed`", id="repository: any"
        ),
        pytest.param(with_rule("mutable_tag: no\n" + _GOOD_RULE), "8:18", "must be `deny` or", id="tag: no"),
        pytest.param(with_rule("platforms: any\n" + _GOOD_RULE), "8:16", "must be `index` or", id="platforms"),
        pytest.param(with_rule("mode: audit\n" + _GOOD_RULE), "8:11", "must be `enforce` or `warn`", id="mode"),
        pytest.param(with_rule("name: 'a[0]'\n" + _GOOD_RULE), "8:11", "not of the form", id="name of a rule"),
        pytest.param(with_rule("unsigned: {until: 2027-01-01}"), "8:15", "`reason` is missing", id="no reason"),
        pytest.param(with_rule("unsigned: {reason: x}"), "8:15", "`until` is missing", id="no end"),
        pytest.param(with_rule("unsigned: {reason: ' ', until: 2027-01-01}"), "8:24", "empty", id="empty reason"),
        pytest.param(
            with_rule('unsigned: {reason: "a\\eb", until: 2027-01-01}'), "8:24", "cannot be printed", id="escape"
        ),
        pytest.param(
            with_rule(f"unsigned: {{reason: {'x' * 1001}, until: 2027-01-01}}"), "8:24", "longer than", id="long"
        ),
        pytest.param(with_rule("unsigned: {reason: x, until: 2027-02-30}"), "8:34", "no day of", id="no such day"),
        pytest.param(with_rule("unsigned: {reason: x, until: 2027-2-3}"), "8:34", "of the form", id="short day"),
        pytest.param(with_rule("unsigned: {reason: x, until: 2027-02-03T00:00:00Z}"), "8:34", "form", id="instant"),
        pytest.param(with_rule("unsigned: {reason: x, until: never}"), "8:34", "of the form", id="never"),
        pytest.param(
            with_rule("unsigned: {reason: x, until: 2027-01-01, digests: [sha256:aa]}"), "8:56", "digest", id="digest"
        ),
        pytest.param(
            "version: 1\nrules:\n  - {images: [nginx], unsigned: {reason: x, until: 2027-01-01}}",
            "3:15",
            "`rules[0].images[0]`: `nginx` can never match",
            id="pattern",
        ),
        pytest.param("rules: [{images: [[a]], signatures: {from: [a]}}]", "1:19", "this is a list", id="nested list"),
        # The rest
        pytest.param("deny: [{reason: x}]", "1:8", "one of `images`, `digests` is needed", id="denial of nothing"),
        pytest.param("deny: [{images: ['**']}]", "1:8", "the key `reason` is missing", id="denial without reason"),
        pytest.param("registry_map: {docker.io: 'HtTp://m.io'}", "1:27", "not a registry", id="scheme in a map"),
        pytest.param("registry_map: {docker.io: 'oci:'}", "1:27", "names no directory", id="layout without directory"),
        pytest.param("registry_map: {docker.io: 'm.io/*'}", "1:27", "is a pattern", id="pattern in a map"),
        pytest.param(
            "registry_map: {docker.io: 'm.io/A'}", "1:27", "not a repository in canonical", id="capitals in a map"
        ),
        pytest.param("registry_map: {'**': m.io}", "1:16", "not a registry", id="map from everything"),
        pytest.param("aliases: {'*': docker.io}", "1:11", "not a registry", id="alias of everything"),
        pytest.param("insecure_registries: ['*']", "1:23", "not a registry", id="every registry insecure"),
        pytest.param("insecure_registries: ['*.io']", "1:23", "not a registry", id="insecure pattern"),
        pytest.param("insecure_registries: [m.io/hub]", "1:23", "not a registry", id="insecure repository"),
        pytest.param("insecure_registries: ['http://m.io']", "1:23", "not a registry", id="insecure URL"),
        pytest.param("signature_repository: 'ghcr.io/*'", "1:23", "is a pattern", id="signatures anywhere"),
        pytest.param("token_realms: {ghcr.io: 'https://a.io/token'}", "1:25", "not a registry", id="realm URL"),
    ],
)
def test_what_cannot_be_enforced_is_refused_at_its_place(text: str, place: str, said: str) -> None:
    error = refusal(text)

    assert error.message.startswith(f"{FILE}:{place}: ")
    assert said in error.message


def test_the_twin_of_the_refused_rules_is_read() -> None:
    assert policy(with_rule("name: ours\nmode: warn\n" + _GOOD_RULE)).rules[0].name == "ours"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (with_rule("mutabletag: deny\n" + _GOOD_RULE), "did you mean `mutable_tag`?"),
        (with_rule("signatures: {form: [a]}"), "did you mean `from`?"),
        (with_rule("mutable_tag: dney\n" + _GOOD_RULE), "did you mean `deny`?"),
        ("version: 1\nzzz: 1", "known here: `version`, `keys`"),
        (
            "version: 1\nkeys: {release: {file: a.pub}}\nrules: [{images: ['**'], signatures: {from: [relase]}}]",
            "`release`?",
        ),
        (with_rule("signatures: {from: [zzz]}"), "named under `keys`: `a`, `b`, `c`"),
        ("rules: [{images: ['**'], signatures: {from: [a]}}]\nversion: 1", "named under `keys`: none"),
    ],
)
def test_a_misspelling_is_answered_with_what_was_perhaps_meant(text: str, hint: str) -> None:
    assert hint in str(refusal(text).hint)


def test_bytes_that_are_not_utf_8_are_refused_at_their_place() -> None:
    assert refusal(b"version: 1\n# \xc3\xa9 \xff").message == f"{FILE}:2:5: the file is not UTF-8"


def test_utf_16_is_refused() -> None:
    assert "not UTF-8" in refusal("version: 1".encode("utf-16")).message


def test_a_file_at_the_size_limit_is_read_and_one_above_it_is_not() -> None:
    text = with_rule(_GOOD_RULE)
    full = text + "#" * (SIZE_LIMIT_BYTES - len(text))

    assert policy(full).rules
    assert "larger than 1024 KiB" in refusal(full + "#").message


def test_nesting_beyond_the_limit_is_refused_before_it_costs_anything() -> None:
    started = time.perf_counter()

    message = refusal("x: " + "[" * 200_000).message

    assert f"nested more than {DEPTH_LIMIT}" in message
    assert time.perf_counter() - started < 5


def test_nesting_by_way_of_aliases_counts() -> None:
    text = "x0: &a0 [x]\n" + "".join(f"x{n}: &a{n} [*a{n - 1}]\n" for n in range(1, DEPTH_LIMIT + 2))

    assert f"nested more than {DEPTH_LIMIT}" in refusal(text).message


def test_an_alias_bomb_is_refused() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )

    assert f"more than {NODE_LIMIT:,} values" in refusal(text).message


def test_an_alias_to_an_alias_counts_what_both_stand_for() -> None:
    wide = "x: &a [" + "x, " * 40_000 + "]\ny: &b [*a]\n"

    assert "values, aliases expanded" in refusal(wide + "z: *b\n").message
    assert "there is no key `x`" in refusal(wide).message


def test_more_values_than_the_limit_are_refused() -> None:
    assert f"more than {NODE_LIMIT:,} values" in refusal("x: [" + "x, " * NODE_LIMIT + "]").message


def test_more_anchors_than_the_limit_are_refused() -> None:
    anchors = [f"&a{n} x" for n in range(ANCHOR_LIMIT)]

    assert "there is no key" in refusal(f"x: [{', '.join(anchors)}]").message
    assert f"more than {ANCHOR_LIMIT} anchors" in refusal(f"x: [{', '.join(anchors)}, &b x]").message


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("version: 1\nidentities: {}", "identities"),
        ("version: 1\ntrusted_roots: {}", "trusted_roots"),
        ("version: 1\nextends: x", "extends"),
        ("version: 1\nexceptions: []", "exceptions"),
        ("version: 1\nkeys: {a: {file: a.pub, root: sigstore}}", "root"),
        ("version: 1\nkeys: {a: {certificate: a.pem}}", "certificate"),
        (with_rule("provenance: {}"), "provenance"),
        (with_rule("vulnerabilities: {}"), "vulnerabilities"),
        (with_rule("attestations: []"), "attestations"),
        (with_rule("sbom: {}"), "sbom"),
        (with_rule("unlogged: {}"), "unlogged"),
        (with_rule("distinct: true"), "distinct"),
        (with_rule("starts: 2027-01-01"), "starts"),
        (with_rule("all_of: []"), "all_of"),
        (with_rule("any_of: []"), "any_of"),
        (with_rule("signatures: {from: [a], log: required}"), "log"),
        (with_rule("signatures: {from: [a], time: required}"), "time"),
        (with_rule("signatures: {any_of: []}"), "any_of"),
        (with_rule("signatures: {from: {any_of: [a, b]}}"), "any_of"),
        (with_rule("signatures: {from: [{identity: x}]}"), "identity"),
        ("version: 1\nrules: [{images: [{regex: x}]}]", "regex"),
    ],
)
def test_what_this_version_does_not_have_is_refused_by_name(text: str, name: str) -> None:
    assert f"`{name}` is not supported yet by this version" in refusal(text).message


_LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]


@pytest.mark.parametrize("loader", _LOADERS)
def test_the_parser_without_libyaml_reads_the_same(loader) -> None:
    content = FULL.encode()

    assert parse_yaml(content, FILE, loader=loader) == parse_yaml(content, FILE)


@pytest.mark.parametrize("loader", _LOADERS)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param('x: "\\ud800"', id="half of a character"),
        pytest.param('x: "\\ud83d\\ude00"', id="both halves"),
        pytest.param('x: "\\UFFFFFFFF"', id="no character"),
        pytest.param('x: "\\U00110000"', id="beyond the last character"),
        pytest.param("%YAML 1." + "9" * 5000 + "\n--- x", id="long version"),
        pytest.param("!!%ff x", id="tag that is not UTF-8"),
        pytest.param("a: b: c", id="no YAML"),
        pytest.param("x: \x07", id="control character"),
        pytest.param("x: 'y", id="open quote"),
    ],
)
def test_either_parser_refuses_the_same_with_a_place(loader, text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_yaml(text.encode(), FILE, loader=loader)

    assert caught.value.message.startswith(f"{FILE}:")
    assert caught.value.message.encode("utf-8")


def _key_policy(entry: str) -> str:
    return f"version: 1\nkeys:\n  a: {entry}\nrules: [{{images: ['**'], signatures: {{from: [a]}}}}]\n"


@pytest.mark.parametrize(
    ("entry", "environment", "place", "said"),
    [
        ("{file: missing.pem}", {}, "3:13", "the key file `missing.pem` cannot be read: No such file or directory"),
        ("{env: KEY}", {}, "3:12", "the environment variable `KEY` is not set, or is empty"),
        ("{env: KEY}", {"KEY": ""}, "3:12", "the environment variable `KEY` is not set, or is empty"),
        ("{env: KEY}", {"KEY": "secret"}, "3:6", "the key `a` has 0 PEM blocks"),
        ("{pem: secret}", {}, "3:6", "the key `a` has 0 PEM blocks"),
        ("{file: ed25519.pub, hash: sha256}", {}, "3:6", "which has no choice of hash"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_at_its_place(
    entry: str, environment: dict[str, str], place: str, said: str
) -> None:
    with pytest.raises(TrustRootError) as caught:
        read(_key_policy(entry), environment)

    assert caught.value.message.startswith(f"{FILE}:{place}: `keys.a")
    assert said in caught.value.message
    assert "secret" not in caught.value.message


def test_an_error_of_ours_in_reading_a_key_file_gets_its_place() -> None:
    def read_file(path: str) -> bytes:
        raise PolicyError(f"{path} is a directory", hint="name a file")

    with pytest.raises(PolicyError) as caught:
        parse_policy(_key_policy("{file: x}").encode(), FILE, read_file=read_file, environment={})

    assert caught.value.message == f"{FILE}:3:13: `keys.a.file`: x is a directory"
    assert caught.value.hint == "name a file"


def test_a_variable_that_is_not_utf_8_is_an_error_of_ours() -> None:
    with pytest.raises(TrustRootError):
        read(_key_policy("{env: KEY}"), {"KEY": "\udcff"})


def test_one_key_under_two_names_is_refused() -> None:
    error = refusal(with_rule(_GOOD_RULE).replace("b.pub", "a.pub"))

    assert error.message == f"{FILE}:4:6: `keys.b`: this is the same key as `keys.a`"


def test_two_keys_under_two_names_are_read() -> None:
    assert len(policy(with_rule("signatures: {from: [a, b], at_least: 2}")).signers) == 2


def _rules(*patterns: str) -> str:
    rules = "".join(f"  - {{images: [{one}], signatures: {{from: [a]}}}}\n" for one in patterns)
    return f"version: 1\nkeys: {{a: {{file: a.pub}}}}\nrules:\n{rules}"


@pytest.mark.parametrize(
    "patterns",
    [
        pytest.param(("'ghcr.io/acme/**'", "ghcr.io/acme/app"), id="pattern over literal"),
        pytest.param(("'ghcr.io/acme/**'", "'ghcr.io/acme/*'"), id="pattern over pattern"),
        pytest.param(("ghcr.io/acme/app, ghcr.io/acme/web", "ghcr.io/acme/app"), id="literal over itself"),
        pytest.param(("'ghcr.io/*/app'", "ghcr.io/acme/app"), id="wildcard in the first segment"),
        pytest.param(("'*/acme/**'", "ghcr.io/acme/app"), id="wildcard in the registry"),
        pytest.param(("'*/*/app'", "'*.corp.io/*/app'"), id="wildcard in both"),
        pytest.param(("'**'", "'ghcr.io/**'"), id="everything"),
        pytest.param(("ghcr.io/a/x, 'quay.io/**'", "quay.io/b, ghcr.io/a/x"), id="each by another pattern"),
        pytest.param(("'ghcr.io/a/**'", "'ghcr.io/b/**'", "ghcr.io/a/x, ghcr.io/b/x"), id="each by another rule"),
    ],
)
def test_a_rule_that_earlier_ones_shadow_is_refused(patterns: tuple[str, ...]) -> None:
    error = refusal(_rules(*patterns))

    assert f"rule `rules[{len(patterns) - 1}]` can never decide" in error.message
    assert "in line 4" in error.message


@pytest.mark.parametrize(
    "patterns",
    [
        ("ghcr.io/acme/app", "'ghcr.io/acme/**'"),
        ("'ghcr.io/acme/*'", "'ghcr.io/acme/**'"),
        ("'ghcr.io/a/**'", "ghcr.io/a/x, ghcr.io/b/x"),
        ("'*.corp.io/**'", "'*.eu.corp.io/**'", "corp.io/a"),
    ],
)
def test_a_rule_that_can_still_decide_is_read(patterns: tuple[str, ...]) -> None:
    assert len(policy(_rules(*patterns)).rules) == len(patterns)


def test_two_rules_of_one_name_are_refused() -> None:
    text = (
        "version: 1\nkeys: {a: {file: a.pub}}\nrules:\n  - {name: x, images: [ghcr.io/a], signatures: {from: [a]}}\n"
        "  - {name: x, images: [ghcr.io/b], signatures: {from: [a]}}\n"
    )

    assert refusal(text).message == f"{FILE}:5:12: `rules[1].name`: another rule is called `x` too, in line 4"


def test_what_has_no_effect_is_a_lint_with_its_place() -> None:
    found = read(
        "version: 1\nkeys: {a: {file: a.pub}, b: {file: b.pub}}\ndeny: [{images: ['quay.io/**'], reason: closed}]\n"
        "rules:\n  - {images: ['ghcr.io/a/**'], signatures: {from: [a]}}\n"
        "  - {images: [ghcr.io/a/x, ghcr.io/b/x], signatures: {from: [a]}}\n"
        "  - {images: [quay.io/a, 'quay.io/b/*'], signatures: {from: [a]}}\n"
    )

    assert [str(lint) for lint in found.lints] == [
        f"{FILE}:2:29: no rule names the key `b` (unused-key)",
        f"{FILE}:6:15: `ghcr.io/a/x` is covered by `ghcr.io/a/**` of rule `rules[0]` in line 5 (shadowed-pattern)",
        f"{FILE}:7:5: rule `rules[2]` can never decide: `deny` covers all of its images (denied-rule)",
    ]


def test_a_policy_in_which_everything_has_an_effect_has_no_lints() -> None:
    assert read(FULL, {"B_KEY": pem("b").decode()}).lints == ()


def test_a_denial_of_some_of_a_rule_is_no_lint() -> None:
    text = _rules("ghcr.io/a, ghcr.io/b") + "deny: [{images: [ghcr.io/a], reason: x}]\n"

    assert read(text).lints == ()


def _digest(text: str, files: dict[str, bytes]) -> str:
    return str(parse_policy(text.encode(), FILE, read_file=files.__getitem__, environment={}).digest)


def test_the_digest_of_a_policy_depends_on_its_text_and_on_every_key() -> None:
    text = with_rule("signatures: {from: [a]}")
    files = {"a.pub": pem("a"), "b.pub": pem("b"), "c.pub": pem("c")}

    digests = {
        _digest(text, files),
        _digest(text + "\n", files),
        _digest(text, {**files, "a.pub": pem("d")}),
        _digest(text, {**files, "c.pub": pem("d")}),
        _digest(text, {**files, "c.pub": pem("c") + b"\n"}),
        _digest(text, {**files, "a.pub": pem("b"), "b.pub": pem("a")}),
        _digest(text, {**files, "a.pub": pem("a") + b"\n" + b"x", "b.pub": pem("b")}),
    }

    assert len(digests) == 7
    assert _digest(text, files) == _digest(text, dict(files))


def test_the_file_name_is_no_part_of_the_digest() -> None:
    text = with_rule(_GOOD_RULE).encode()
    files = {"a.pub": pem("a"), "b.pub": pem("b"), "c.pub": pem("c")}

    one = read_policy(text, "one", read_file=files.__getitem__, environment={})
    other = read_policy(text, "other", read_file=files.__getitem__, environment={})

    assert one.policy == other.policy


def test_the_template_is_a_policy_that_is_in_force() -> None:
    found = read(policy_template(key_file="a.pub", images="ghcr.io/acme/**"))

    assert found.lints == ()
    assert found.policy.rules[0].matches("ghcr.io/acme/app")
    assert found.policy.rules[0].signatures[0].signers[0].key == key("a")


def test_the_examples_in_the_template_are_a_policy_too() -> None:
    lines = policy_template(key_file="a.pub").splitlines()
    code = [
        line.replace("# ", "", 1) if line.lstrip().startswith(("# deny:", "#   ", "# - ")) else line for line in lines
    ]
    found = policy("\n".join(code))

    assert [denial.reason for denial in found.denials] == ["typo-squat"]
    assert found.rules[1].unsigned is not None


@pytest.mark.parametrize("path", ['a"b.pub', "a: b.pub", "{a}.pub", "caf\u00e9 #1.pub", "a\\b.pub"])
def test_the_template_quotes_whatever_a_key_file_is_called(path: str) -> None:
    files = {path: pem("a")}

    found = parse_policy(policy_template(key_file=path).encode(), FILE, read_file=files.__getitem__, environment={})

    assert found.signers[0].key == key("a")


@given(st.text(max_size=200))
def test_no_text_makes_the_parser_raise_anything_but_an_error_of_ours(text: str) -> None:
    try:
        read(text.encode("utf-8", "replace"))
    except ImgtrustError as error:
        assert error.message.startswith(f"{FILE}:")


@given(st.binary(max_size=200))
def test_no_bytes_make_the_parser_raise_anything_but_an_error_of_ours(content: bytes) -> None:
    try:
        read(content)
    except ImgtrustError as error:
        assert error.message.startswith(f"{FILE}:")


_PIECES = st.sampled_from(
    [
        "version: 1\n",
        "rules",
        "keys",
        "images",
        "signatures",
        "from",
        "unsigned",
        ": ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "- ",
        "\n",
        "  ",
        "&a ",
        "*a",
        "!!str ",
        "'",
        '"',
        "a",
        "ghcr.io/*",
        "1",
        "~",
        "# ",
        ">\n",
        "---\n",
        "? ",
        "<<",
        "\t",
    ]
)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_mixture_of_yaml_makes_the_parser_raise_anything_but_an_error_of_ours(text: str) -> None:
    try:
        read(text)
    except ImgtrustError as error:
        assert error.message.startswith(f"{FILE}:")


def test_a_policy_of_a_thousand_rules_is_read_in_a_moment() -> None:
    text = _rules(*(f"'ghcr.io/acme/team-{number}/*'" for number in range(1000)))
    started = time.perf_counter()

    assert len(policy(text).rules) == 1000
    assert time.perf_counter() - started < 20


def test_yaml_is_imported_only_where_a_policy_is_read() -> None:
    code = "import sys, trust.policy, trust.evaluate, trust.policy_schema; print('yaml' in sys.modules)"
    root = Path(__file__).parents[2]

    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=root, text=True)

    assert out.stdout == "False\n"
