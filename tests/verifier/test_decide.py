"""One image from text to verdict, and many at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.flow.attachments import sign, simple
from tests.support.images import image
from tests.support.registry import LoopbackRegistry
from tests.support.signing import signing_key
from trust.digest import Digest
from trust.pattern import Pattern
from trust.policy import Policy, Rule, SignatureRequirement
from trust.signer import TrustedKey
from trust.verdict import Decision, Use
from verifier.decide import Judge, Question, decide_all
from verifier.registry.hosts import RegistryMap
from verifier.registry.transport import Transport
from verifier.sources import Sources

IMAGE = image()
KEY = signing_key()
NOW = datetime(2026, 11, 24, tzinfo=UTC)
REQUIRED = SignatureRequirement((TrustedKey("release", KEY.trusted),))


@pytest.fixture
def judge(transport: Transport, registry: LoopbackRegistry) -> Iterator[Judge]:
    """Judges what is in the registry: it must be signed by `release`."""
    rule = Rule("signed", (Pattern.parse(f"{registry.host}/**"),), signatures=(REQUIRED,))
    sources = Sources(transport, RegistryMap.parse({}, aliases={}))
    registry.put("app", IMAGE, tag="1")
    sign(registry, "app", IMAGE.digest, simple(IMAGE.digest, KEY))
    with ThreadPoolExecutor(4) as requests:
        yield Judge(Policy(Digest.of(b"policy"), (rule,)), sources.identify, sources.open_image, requests, NOW)


def test_a_verdict_carries_the_digest_that_was_judged_and_where_it_was_named(
    judge: Judge, registry: LoopbackRegistry
) -> None:
    uses = (Use("compose.yaml", 1, 1, "services.a.image"),)

    verdict = judge.decide(Question(f"{registry.host}/app:1", uses))

    assert (verdict.decision, verdict.digest, verdict.uses) == (Decision.ALLOW, IMAGE.digest, uses)
    assert verdict.pinned == f"{registry.host}/app:1@{IMAGE.digest}"
    assert (verdict.judged_at, verdict.policy_digest) == (NOW, Digest.of(b"policy"))


@pytest.mark.parametrize(
    ("text", "decision", "code"),
    [
        ("App", Decision.UNDECIDED, "reference-invalid"),
        ("ghcr.io/acme/app:1", Decision.DENY, "registry-unapproved"),
        ("HOST/app:2", Decision.UNDECIDED, "content-not-found"),
        ("oci:nowhere", Decision.DENY, "registry-unapproved"),
    ],
)
def test_what_cannot_be_judged_is_a_verdict_too(
    judge: Judge, registry: LoopbackRegistry, text: str, decision: Decision, code: str
) -> None:
    verdict = judge.decide(Question(text.replace("HOST", registry.host)))

    assert (verdict.decision, [one.code for one in verdict.findings]) == (decision, [code])
    assert (verdict.digest, verdict.pinned, verdict.judged_at) == (None, None, NOW)


def test_many_are_judged_at_once_and_told_in_their_order(judge: Judge, registry: LoopbackRegistry) -> None:
    questions = [Question(f"{registry.host}/app:{at}") for at in range(8)]
    for at in range(8):
        registry.put("app", IMAGE, tag=str(at))
    registry.fault("/manifests/0$", delay_s=0.3)
    registry.fault("/manifests/3$", status=418)

    verdicts = list(decide_all(judge, questions))

    assert [one.requested for one in verdicts] == [one.text for one in questions]
    assert [one.decision for one in verdicts] == [Decision.UNDECIDED if at == 3 else Decision.ALLOW for at in range(8)]


def test_of_no_questions_there_are_no_verdicts(judge: Judge) -> None:
    assert list(decide_all(judge, [])) == []
