"""Policies as values: what cannot be built, and which rule and which denial an image meets."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.policies import DIGEST_A, DIGEST_B, key
from trust.digest import Digest
from trust.errors import PolicyError
from trust.pattern import Pattern
from trust.policy import Denial, Policy, Rule, SignatureRequirement, UnsignedPermission
from trust.signer import TrustedKey

_A, _B = TrustedKey("a", key("a")), TrustedKey("b", key("b"))
_SIGNED = SignatureRequirement((_A,))
_EVERYTHING = (Pattern.parse("**"),)
_DIGEST = Digest.parse(DIGEST_A)


def _rule(name: str, *patterns: str) -> Rule:
    return Rule(name, tuple(Pattern.parse(text) for text in patterns), signatures=(_SIGNED,))


def test_a_requirement_of_nobody_cannot_be_built() -> None:
    with pytest.raises(PolicyError, match="names nobody"):
        SignatureRequirement(())


@pytest.mark.parametrize("at_least", [-1, 0, 3])
def test_a_threshold_that_asks_for_none_or_for_more_than_there_are_cannot_be_built(at_least: int) -> None:
    with pytest.raises(PolicyError, match="at_least"):
        SignatureRequirement((_A, _B), at_least=at_least)


@pytest.mark.parametrize("at_least", [1, 2])
def test_a_threshold_within_the_number_of_signers_can_be_built(at_least: int) -> None:
    assert SignatureRequirement((_A, _B), at_least=at_least).at_least == at_least


def test_one_key_under_two_names_is_one_signer_for_the_threshold() -> None:
    with pytest.raises(PolicyError, match="1 signers"):
        SignatureRequirement((_A, TrustedKey("again", key("a"))), at_least=2)


def test_leave_without_a_reason_cannot_be_built() -> None:
    with pytest.raises(PolicyError, match="reason"):
        UnsignedPermission(" \n", date(2030, 1, 1))


def test_a_rule_about_no_image_cannot_be_built() -> None:
    with pytest.raises(PolicyError, match="matches no image"):
        Rule("r", (), signatures=(_SIGNED,))


def test_a_rule_that_requires_nothing_cannot_be_built() -> None:
    with pytest.raises(PolicyError, match="would allow everything"):
        Rule("r", _EVERYTHING)


def test_a_denial_of_nothing_cannot_be_built() -> None:
    with pytest.raises(PolicyError, match="neither images nor digests"):
        Denial("why")


def test_a_denial_without_a_reason_cannot_be_built() -> None:
    with pytest.raises(PolicyError, match="reason"):
        Denial(" ", images=_EVERYTHING)


def test_a_policy_without_rules_cannot_be_built() -> None:
    with pytest.raises(PolicyError, match="no rules"):
        Policy(_DIGEST, ())


def test_the_first_rule_that_matches_decides() -> None:
    narrow, wide = _rule("narrow", "ghcr.io/acme/app"), _rule("wide", "ghcr.io/acme/**", "quay.io/acme/*")
    policy = Policy(_DIGEST, (narrow, wide))

    assert policy.rule_for("ghcr.io/acme/app") is narrow
    assert policy.rule_for("ghcr.io/acme/other") is wide
    assert policy.rule_for("quay.io/acme/app") is wide
    assert policy.rule_for("quay.io/other/app") is None


def test_a_policy_knows_the_registries_of_its_rules() -> None:
    policy = Policy(_DIGEST, (_rule("r", "ghcr.io/acme/**"),))

    assert policy.knows_registry("ghcr.io")
    assert not policy.knows_registry("quay.io")


def test_a_policy_names_each_of_its_signers_once() -> None:
    both = Rule("both", _EVERYTHING, signatures=(_SIGNED, SignatureRequirement((_A, _B), at_least=2)))

    assert Policy(_DIGEST, (_rule("r", "ghcr.io/acme/**"), both)).signers == (_A, _B)


def test_denials_are_found_by_name_and_by_digest() -> None:
    by_name = Denial("typo-squat", images=(Pattern.parse("docker.io/evil/**"),))
    by_digest = Denial("incident", digests=frozenset({_DIGEST}))
    policy = Policy(_DIGEST, (_rule("r", "**"),), denials=(by_name, by_digest))

    assert policy.name_denial("docker.io/evil/app") is by_name
    assert policy.name_denial("docker.io/good/app") is None
    assert policy.digest_denial(_DIGEST) is by_digest
    assert policy.digest_denial(Digest.parse(DIGEST_B)) is None
