"""Policy evaluation, the rows POL of the attack catalogue: what a policy must not be made to say."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.policies import DIGEST_A, DIGEST_B, FILE, key, pem, policy, read, with_rule
from trust.digest import Digest
from trust.errors import ImgtrustError, PolicyError
from trust.evaluate import evaluate, name_refusal
from trust.evidence import Child, Evidence, Gap, Origin, Subject, VerifiedSignature
from trust.pattern import Pattern
from trust.policy import Policy, Rule, SignatureRequirement
from trust.policy_schema import policy_schema
from trust.signer import KeySigner
from trust.verdict import Decision, Verdict
from verifier.errors import BadReference
from verifier.reference import Reference

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
IMAGE, CHILD = Digest.parse(DIGEST_A), Digest.parse(DIGEST_B)


def evidence(
    *signers: str,
    repository: str = "ghcr.io/acme/app",
    covers: Digest = IMAGE,
    annotations: dict[str, str] | None = None,
    signed_repository: str | None = None,
    children: tuple[Child, ...] = (),
    pinned: bool = True,
    gaps: tuple[Gap, ...] = (),
) -> Evidence:
    signatures = tuple(
        VerifiedSignature(
            KeySigner(key(name)), covers, Origin("x", "bundle"), annotations or {}, signed_repository or repository
        )
        for name in signers
    )
    return Evidence(Subject(repository, IMAGE, "1.4", pinned, children), signatures=signatures, gaps=gaps)


def judge(rules: Policy, found: Evidence) -> Verdict:
    return evaluate(rules, found, requested="x", now=NOW)


def decision(text: str, found: Evidence) -> Decision:
    return judge(policy(text), found).decision


def refused(text: str) -> ImgtrustError:
    with pytest.raises(PolicyError) as caught:
        read(text)
    assert caught.value.message.startswith(f"{FILE}:")
    return caught.value


def _keys_of(schema: dict[str, object]) -> set[str]:
    found: set[str] = set()
    for name, value in schema.items():
        if name == "properties":
            found |= set(value)  # type: ignore[call-overload]
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                found |= _keys_of(part)
    return found


# POL-01: a key that does nothing

KEYS = sorted(_keys_of(policy_schema()))
SIGNED = with_rule("signatures: {from: [a]}")
LEAVE = "unsigned: {reason: x, until: 2027-06-30}"
ON_INDEX = evidence("a", children=(Child("linux/amd64", CHILD),))


@pytest.mark.parametrize("name", KEYS)
def test_pol_01_no_key_of_the_policy_may_be_misspelt(name: str) -> None:
    wrong = name + "x"

    for text in (
        SIGNED + f"{wrong}: x\n",
        SIGNED.replace("rules:", f"rules:\n  - {{{wrong}: x}}"),
        with_rule(f"signatures: {{from: [a], {wrong}: x}}"),
        with_rule(f"unsigned: {{reason: x, until: 2027-06-30, {wrong}: x}}"),
        SIGNED.replace("{file: a.pub}", f"{{file: a.pub, {wrong}: x}}"),
        SIGNED + f"deny: [{{images: ['**'], reason: x, {wrong}: x}}]\n",
    ):
        assert f"no key `{wrong}`" in refused(text).message
    assert decision(SIGNED, evidence("a")) is Decision.ALLOW


@pytest.mark.parametrize(
    "text",
    [
        SIGNED + "mutable_tag: deny\n",
        SIGNED + "signatures: {from: [a]}\n",
        with_rule("from: [a]\nsignatures: {from: [a]}"),
        with_rule("signatures: {from: [a], mutable_tag: deny}"),
        with_rule("at_least: 1\nsignatures: {from: [a]}"),
        with_rule("deny: true\nsignatures: {from: [a]}"),
    ],
)
def test_pol_01_a_key_at_the_wrong_level_is_refused(text: str) -> None:
    assert "there is no key" in refused(text).message


# For each key: two policies that differ by it alone, and evidence on which they decide differently.
FLIPS: dict[str, tuple[str, str, Evidence]] = {
    "keys": (SIGNED, SIGNED.replace("a: {file: a.pub}", "a: {file: d.pub}"), evidence("a")),
    "file": (SIGNED, SIGNED.replace("a.pub", "d.pub"), evidence("a")),
    "env": (SIGNED.replace("file: a.pub", "env: A"), SIGNED.replace("file: a.pub", "env: D"), evidence("a")),
    "deny": (SIGNED, SIGNED + "deny: [{images: ['**'], reason: x}]", evidence("a")),
    "images": (SIGNED, SIGNED.replace("ghcr.io/acme/**", "ghcr.io/acme/other"), evidence("a")),
    "digests": (
        SIGNED,
        SIGNED + f"deny: [{{digests: [{DIGEST_A}], reason: x}}]",
        evidence("a"),
    ),
    "rules": (SIGNED, SIGNED.replace("ghcr.io/acme/**", "quay.io/**"), evidence("a")),
    "signatures": (with_rule(LEAVE), SIGNED, evidence()),
    "from": (SIGNED, with_rule("signatures: {from: [b]}"), evidence("a")),
    "at_least": (
        with_rule("signatures: {from: [a, b]}"),
        with_rule("signatures: {from: [a, b], at_least: 2}"),
        evidence("a"),
    ),
    "annotations": (SIGNED, with_rule("signatures: {from: [a], annotations: {env: prod}}"), evidence("a")),
    "repository": (
        SIGNED,
        with_rule("signatures: {from: [a], repository: signed}"),
        evidence("a", signed_repository="ghcr.io/acme/other"),
    ),
    "unsigned": (with_rule("signatures: {from: [a]}\n" + LEAVE), SIGNED, evidence()),
    "until": (with_rule(LEAVE), with_rule(LEAVE.replace("2027", "2025")), evidence()),
    "mutable_tag": (SIGNED, with_rule("mutable_tag: deny\nsignatures: {from: [a]}"), evidence("a", pinned=False)),
    "platforms": (SIGNED, with_rule("platforms: children\nsignatures: {from: [a]}"), ON_INDEX),
}
# What changes no decision, and what its effect is instead; each has its test elsewhere or below.
NO_FLIP = {
    "version": "has one value",
    "name": "names the rule in verdicts",
    "reason": "is shown in verdicts; without it there is no policy",
    "mode": "keeps the decision and changes what is admitted",
    "pem": "is another source of a key",
    "hash": "changes which signatures verify, which happens before",
    "registry_map": "says where images are fetched",
    "aliases": "says by which name images are judged",
    "insecure_registries": "says how registries are asked",
    "signature_repository": "says where signatures are looked for",
    "token_realms": "says where credentials are sent",
}


@pytest.mark.parametrize("name", sorted(FLIPS))
def test_pol_01_every_key_flips_a_verdict(name: str) -> None:
    one, other, found = FLIPS[name]
    environment = {"A": pem("a").decode(), "D": pem("d").decode()}

    decisions = [judge(read(text, environment).policy, found).decision for text in (one, other)]

    assert decisions == [Decision.ALLOW, Decision.DENY]


def test_pol_01_no_key_is_forgotten() -> None:
    assert set(KEYS) == set(FLIPS) | set(NO_FLIP)


def test_pol_01_keys_that_change_no_decision_change_the_policy_or_the_verdict() -> None:
    plain = policy(SIGNED)
    settings = policy(
        SIGNED + "registry_map: {docker.io: m.io}\naliases: {m.io: docker.io}\ninsecure_registries: [m.io]\n"
        "signature_repository: m.io/x\ntoken_realms: {m.io: a.io}\n"
    )

    for name in ("registry_map", "aliases", "insecure_registries", "signature_repository", "token_realms"):
        assert getattr(settings, name) != getattr(plain, name)
    warned = judge(policy(with_rule("name: own\nmode: warn\nsignatures: {from: [a]}")), evidence())
    assert (warned.admitted, warned.rule, judge(plain, evidence()).admitted) == (True, "own", False)
    assert "why not" in judge(policy(with_rule(LEAVE.replace("x", "why not"))), evidence()).unchecked[0]


def test_pol_01_leave_for_digests_flips_a_verdict() -> None:
    narrowed = with_rule(f"unsigned: {{reason: x, until: 2027-06-30, digests: [{DIGEST_B}]}}")

    assert decision(with_rule(LEAVE), evidence()) is Decision.ALLOW
    assert decision(narrowed, evidence()) is Decision.DENY


# POL-02: nothing asked, so everything allowed


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("version: 1", id="no rules"),
        pytest.param("version: 1\nrules: []", id="empty rules"),
        pytest.param("version: 1\nrules:", id="rules that are null"),
        pytest.param("version: 1\nrules: [{}]", id="empty rule"),
        pytest.param("version: 1\nrules: [{images: ['**']}]", id="rule without a requirement"),
        pytest.param("version: 1\nrules: [{images: [], unsigned: {reason: x, until: 2027-01-01}}]", id="no images"),
        pytest.param(with_rule("signatures: []"), id="no requirements"),
        pytest.param(with_rule("signatures: {}"), id="empty requirement"),
        pytest.param(with_rule("signatures: [{}]"), id="list of an empty requirement"),
        pytest.param(with_rule("signatures:"), id="null requirement"),
        pytest.param(with_rule("signatures: {from: []}"), id="nobody"),
        pytest.param(with_rule("signatures: {from: [a], at_least: 0}"), id="threshold 0"),
        pytest.param(with_rule("signatures: {from: [a], at_least: 00}"), id="threshold 00"),
        pytest.param(with_rule("signatures: {from: [a], at_least: -0}"), id="threshold -0"),
        pytest.param(with_rule("signatures: {from: [a], annotations: {}}"), id="no annotations"),
        pytest.param(with_rule("unsigned: {}"), id="leave without reason and end"),
        pytest.param(with_rule("unsigned: {reason: x, until: 2027-01-01, digests: []}"), id="leave for no digest"),
        pytest.param(SIGNED + "deny: []", id="no denial"),
        pytest.param(SIGNED + "deny: [{reason: x}]", id="denial of nothing"),
    ],
)
def test_pol_02_a_policy_that_asks_for_nothing_is_refused(text: str) -> None:
    refused(text)


def test_pol_02_values_that_ask_for_nothing_cannot_be_built_either() -> None:
    with pytest.raises(PolicyError):
        SignatureRequirement(())
    with pytest.raises(PolicyError):
        Rule("r", (Pattern.parse("**"),), signatures=())
    assert decision(SIGNED, evidence()) is Decision.DENY
    assert decision(SIGNED, evidence("a")) is Decision.ALLOW


# POL-03: one image decides for another

MIXED = (
    evidence("a"),
    evidence(),
    evidence("a", repository="quay.io/unknown/app"),
    evidence("b"),
    evidence(gaps=(Gap("registry-unreachable", "x", IMAGE),)),
)
EXPECTED = (Decision.ALLOW, Decision.DENY, Decision.DENY, Decision.DENY, Decision.UNDECIDED)


@given(st.permutations(range(len(MIXED))))
def test_pol_03_each_image_is_judged_by_itself_in_every_order(order: list[int]) -> None:
    rules = policy(SIGNED)

    assert [judge(rules, MIXED[index]).decision for index in order] == [EXPECTED[index] for index in order]


# POL-04: patterns at their boundaries


@pytest.mark.parametrize(
    ("pattern", "repository"),
    [
        ("reg.io/team/*", "reg.io/team/a/b"),
        ("reg.io/team/*", "reg.io/team"),
        ("reg.io/team/**", "reg.io/team2/a"),
        ("reg.io/team/**", "reg.io/team"),
        ("corp.io/**", "corp.io.evil.test/a"),
        ("corp.io*/**", "corp.io.evil.test/a"),
        ("corp.i*/**", "corp.io:5000/a"),
        ("*.corp.io/**", "evilcorp.io/a"),
        ("*.corp.io/**", "a.b.corp.io/a"),
        ("*.corp.io/**", "a.corp.io.evil.test/a"),
        ("registry.corp.io/**", "registry.corp.io.evil.test/a"),
        ("registry.corp.io/**", "evil.test/registry.corp.io/a"),
        ("ghcr.io/acme/app", "ghcr.io/acme/app2"),
        ("ghcr.io/acme/app", "ghcr.io/acme/app/x"),
        ("ghcr.io/acme/app", "xghcr.io/acme/app"),
    ],
)
def test_pol_04_a_pattern_ends_where_its_label_or_segment_ends(pattern: str, repository: str) -> None:
    text = SIGNED.replace("ghcr.io/acme/**", f"'{pattern}'")
    inside = pattern.replace("**", "a").replace("*", "a")

    assert decision(text, evidence("a", repository=repository)) is Decision.DENY
    assert Pattern.parse(pattern).matches(inside)
    assert decision(text, evidence("a", repository=inside)) is Decision.ALLOW


@pytest.mark.parametrize("pattern", ["corp.io*", "*.corp.io", "reg.io/**x", "**/app", "*", "reg.io/team/***"])
def test_pol_04_a_pattern_without_a_boundary_is_refused(pattern: str) -> None:
    refused(SIGNED.replace("ghcr.io/acme/**", f"'{pattern}'"))


# POL-05: two spellings of one name


@pytest.mark.parametrize(
    "spelling",
    [
        "nginx",
        "nginx:latest",
        "library/nginx",
        "docker.io/nginx",
        "docker.io/library/nginx",
        "index.docker.io/nginx",
        "index.docker.io/library/nginx:latest",
        "registry-1.docker.io/library/nginx",
        "docker.io:443/library/nginx",
        "DOCKER.io/library/nginx",
        "Index.Docker.Io/nginx",
    ],
)
def test_pol_05_every_spelling_of_a_name_meets_the_same_rule_and_the_same_denial(spelling: str) -> None:
    repository = str(Reference.parse(spelling).repository)
    ruled = SIGNED.replace("ghcr.io/acme/**", "docker.io/library/nginx")
    denied = SIGNED.replace("ghcr.io/acme/**", "'**'") + "deny: [{images: [docker.io/library/nginx], reason: x}]"

    assert decision(ruled, evidence("a", repository=repository)) is Decision.ALLOW
    assert decision(denied, evidence("a", repository=repository)) is Decision.DENY
    assert name_refusal(policy(denied), repository) is not None


@pytest.mark.parametrize(
    "spelling", ["docker.io./library/nginx", "docker.io/library/NGINX", "docker.io//library/nginx"]
)
def test_pol_05_a_name_that_has_no_canonical_form_is_refused(spelling: str) -> None:
    with pytest.raises(BadReference):
        Reference.parse(spelling)


@pytest.mark.parametrize(
    "pattern",
    [
        "nginx",
        "library/nginx",
        "docker.io/nginx",
        "index.docker.io/library/nginx",
        "docker.io:443/library/nginx",
        "docker.io./library/nginx",
        "Docker.io/library/nginx",
        "docker.io/library/nginx:latest",
        "https://docker.io/library/nginx",
        "*ocker.io./library/nginx",
    ],
)
def test_pol_05_a_pattern_that_is_not_canonical_is_refused_because_it_would_never_match(pattern: str) -> None:
    refused(SIGNED.replace("ghcr.io/acme/**", f"'{pattern}'"))
    refused(SIGNED + f"deny: [{{images: ['{pattern}'], reason: x}}]")


# POL-06: rules that overlap


def _two_rules(one: str, other: str) -> str:
    return (
        "version: 1\nkeys: {a: {file: a.pub}, b: {file: b.pub}}\nrules:\n"
        f"  - {{name: one, images: ['{one}'], signatures: {{from: [a]}}}}\n"
        f"  - {{name: other, images: ['{other}'], signatures: {{from: [b]}}}}\n"
    )


def test_pol_06_the_first_rule_that_matches_decides_and_is_named() -> None:
    text = _two_rules("ghcr.io/acme/app", "ghcr.io/acme/**")

    by_a, by_b = evidence("a"), evidence("b")
    assert (judge(policy(text), by_a).decision, judge(policy(text), by_a).rule) == (Decision.ALLOW, "one")
    assert decision(text, by_b) is Decision.DENY
    elsewhere = judge(policy(text), evidence("b", repository="ghcr.io/acme/other"))
    assert (elsewhere.decision, elsewhere.rule) == (Decision.ALLOW, "other")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ghcr.io/acme/**", "ghcr.io/acme/app"),
        ("ghcr.io/acme/app", "ghcr.io/acme/app"),
        ("**", "ghcr.io/acme/**"),
        ("*/acme/*", "ghcr.io/acme/a*"),
    ],
)
def test_pol_06_a_rule_that_can_never_decide_is_an_error(one: str, other: str) -> None:
    assert "rule `other` can never decide" in refused(_two_rules(one, other)).message


@pytest.mark.parametrize(
    ("denied", "repository"),
    [("ghcr.io/acme/app", "ghcr.io/acme/app"), ("ghcr.io/acme/**", "ghcr.io/acme/app"), ("**", "ghcr.io/acme/app")],
)
def test_pol_06_a_denial_comes_before_every_rule_wherever_it_stands(denied: str, repository: str) -> None:
    text = _two_rules("ghcr.io/acme/app", "ghcr.io/acme/**")
    denial = f"deny: [{{images: ['{denied}'], reason: x}}]\n"

    for whole in (text + denial, denial + text):
        assert decision(whole, evidence("a", repository=repository)) is Decision.DENY


# POL-07: nothing matches, so it is allowed


@pytest.mark.parametrize("repository", ["ghcr.io/other/app", "quay.io/acme/app", "docker.io/library/nginx"])
def test_pol_07_an_image_that_no_rule_matches_is_denied(repository: str) -> None:
    assert decision(SIGNED, evidence("a", repository=repository)) is Decision.DENY
    assert name_refusal(policy(SIGNED), repository) is not None
    assert decision(SIGNED, evidence("a")) is Decision.ALLOW


@pytest.mark.parametrize("line", ["default: allow", "unmatched: warn", "fallback: {}", "rules_default: allow"])
def test_pol_07_there_is_no_way_to_allow_what_no_rule_matches(line: str) -> None:
    assert "there is no key" in refused(SIGNED + line + "\n").message


# POL-14: what is judged writes the rule


@pytest.mark.parametrize(
    "text",
    [
        "{{labels.team}}",
        "${TEAM}",
        "$(TEAM)",
        "%TEAM%",
        "ghcr.io/{{team}}/**",
        "ghcr.io/${TEAM}/**",
    ],
)
def test_pol_14_nothing_is_filled_into_a_pattern_or_a_name(text: str) -> None:
    refused(SIGNED.replace("ghcr.io/acme/**", f"'{text}'"))
    refused(with_rule(f"signatures: {{from: ['{text}']}}"))


def test_pol_14_a_value_that_looks_like_a_template_is_compared_as_it_stands() -> None:
    text = with_rule("signatures: {from: [a], annotations: {team: '{{labels.team}}'}}")

    assert decision(text, evidence("a", annotations={"team": "acme"})) is Decision.DENY
    assert decision(text, evidence("a", annotations={"team": "{{labels.team}}"})) is Decision.ALLOW


def test_pol_14_the_environment_gives_keys_and_nothing_else() -> None:
    environment = {"A": pem("a").decode(), "PATTERN": "**"}
    text = SIGNED.replace("file: a.pub", "env: A")

    assert read(text, environment).policy.rules == read(text, {"A": environment["A"]}).policy.rules


# POL-15: patterns that take for ever


def test_pol_15_no_pattern_makes_matching_slow() -> None:
    rules = policy(
        SIGNED.replace("ghcr.io/acme/**", f"'ghcr.io/{'*a' * 200}', 'ghcr.io/{'**/' * 100}x', '{'*.' * 120}io/x'")
    )
    started = time.perf_counter()

    for repository in ("ghcr.io/" + "a" * 247 + "b", "ghcr.io/" + "a/" * 123 + "b", "a." * 120 + "io/y"):
        assert rules.rule_for(repository) is None
    assert time.perf_counter() - started < 5


def test_pol_15_regular_expressions_and_long_patterns_are_refused() -> None:
    assert "not supported yet" in refused(SIGNED.replace("ghcr.io/acme/**", "{regex: '(a+)+$'}")).message
    refused(SIGNED.replace("ghcr.io/acme/**", "'ghcr.io/(a+)+$'"))
    refused(SIGNED.replace("ghcr.io/acme/**", f"ghcr.io/{'a' * 600}"))


# POL-16: a scheme or a word in other letters


@pytest.mark.parametrize(
    "place",
    ["http://m.io", "HTTP://m.io", "HtTp://m.io", " http://m.io", "http:\\\\m.io", "https://m.io", "//m.io", "M.io"],
)
@pytest.mark.parametrize(
    "line",
    [
        "registry_map: {{docker.io: '{}'}}",
        "registry_map: {{'{}': m.io}}",
        "aliases: {{'{}': docker.io}}",
        "aliases: {{m.io: '{}'}}",
        "insecure_registries: ['{}']",
        "signature_repository: '{}/signatures'",
        "token_realms: {{ghcr.io: '{}'}}",
        "token_realms: {{'{}': a.io}}",
    ],
)
def test_pol_16_a_place_is_a_canonical_registry_in_whatever_letters_its_scheme_is(line: str, place: str) -> None:
    refused(SIGNED + line.format(place))
    assert read(SIGNED + line.format("n.io"))


@pytest.mark.parametrize("word", ["Warn", "WARN", " warn", "enforce "])
def test_pol_16_words_are_written_in_one_way(word: str) -> None:
    assert "must be" in refused(with_rule(f"mode: '{word}'\nsignatures: {{from: [a]}}")).message


@pytest.mark.parametrize("place", ["OCI:dir", "Oci:dir", "oci:"])
def test_pol_16_a_layout_is_named_in_one_way(place: str) -> None:
    refused(SIGNED + f"registry_map: {{docker.io: '{place}'}}")
    assert policy(SIGNED + "registry_map: {docker.io: 'oci:dir'}").registry_map == {"docker.io": "oci:dir"}


# POL-17: signed by somebody


@pytest.mark.parametrize(
    "requirement",
    ["", "{}", "true", "required", "any", "{from: []}", "{from: ['*']}", "{from: any}", "{at_least: 1}", "{from:}"],
)
def test_pol_17_signed_by_anybody_cannot_be_said(requirement: str) -> None:
    refused(with_rule(f"signatures: {requirement}"))


def test_pol_17_a_signature_by_a_stranger_does_not_count() -> None:
    assert decision(SIGNED, evidence("stranger")) is Decision.DENY
    assert decision(SIGNED, evidence("b")) is Decision.DENY
    assert decision(SIGNED, evidence("stranger", "a")) is Decision.ALLOW
