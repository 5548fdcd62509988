"""One image from text to verdict. Called by the command line and by everything else that judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial

from trust.errors import ImgtrustError
from trust.evaluate import digest_refusal, evaluate, name_refusal, not_enforced
from trust.policy import Policy, Rule
from trust.value import dataclass
from trust.verdict import Decision, Effect, Finding, Use, Verdict
from verifier.gather import Target, gather
from verifier.manifest import Platform
from verifier.name import ImageName
from verifier.patience import patiently
from verifier.sources import OpenImage

IMAGE_WORKERS = 64
"""Images that are judged at a time. They mostly wait; how many requests run at once is the pool's affair."""


@dataclass(frozen=True, slots=True)
class Question:
    """One image that is asked about.

    Attributes:
        text: as it was written.
        uses: where it is named in files.

    """

    text: str
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """All that is needed to judge images, the same for each of them.

    Attributes:
        policy: what may run.
        identify: from text to the name that policies match; raises BadReference.
        open_image: from a name to where its image is, and how it is resolved there.
        requests: the bounded pool that runs every request of the run.
        now: the time of judgement, aware.
        platform: what the run is narrowed to.

    """

    policy: Policy
    identify: Callable[[str], ImageName]
    open_image: Callable[[ImageName], OpenImage]
    requests: Executor
    now: datetime
    platform: Platform | None = None

    def decide(self, question: Question) -> Verdict:
        """The verdict on the image that `question` is about. What could not be done is undecided, not raised."""
        try:
            verdict = self._judged(question.text)
        except ImgtrustError as error:
            verdict = self._undecided(question.text, error)
        return replace(verdict, uses=question.uses)

    def _judged(self, text: str) -> Verdict:
        name = self.identify(text)
        refusal = name_refusal(self.policy, name.repository)
        if refusal is None and name.digest is not None:
            # Known without the registry, which must not get to hide it behind a failure that a rule only warns of.
            refusal = digest_refusal(self.policy, name.digest)
        rule = self.policy.rule_for(name.repository)
        if refusal is not None or rule is None:
            return self._refused(text, name, refusal)
        try:
            return self._gathered(text, name, rule)
        except ImgtrustError as error:
            return self._under_rule(self._undecided(text, error), name, rule)

    def _under_rule(self, verdict: Verdict, name: ImageName, rule: Rule) -> Verdict:
        findings = verdict.findings
        if not rule.enforced:
            findings += (not_enforced(rule),)
        return replace(verdict, repository=name.repository, rule=rule.name, enforced=rule.enforced, findings=findings)

    def _gathered(self, text: str, name: ImageName, rule: Rule) -> Verdict:
        keys = tuple(signer.key for signer in self.policy.signers)
        evidence = gather(self._target(name), rule, keys, self.requests)
        verdict = evaluate(self.policy, evidence, requested=text, now=self.now)
        unchecked = verdict.unchecked
        if self.platform is not None and evidence.subject.children:
            unchecked += (f"platforms other than `{self.platform}`, which the run was narrowed to",)
        return replace(verdict, pinned=name.pinned(evidence.subject.digest), unchecked=unchecked)

    def _target(self, name: ImageName) -> Target:
        image = self.open_image(name)
        return Target(
            repository=name.repository,
            tag=name.tag,
            digest=name.digest,
            source=image.source,
            resolve=image.resolve,
            signature_sources=image.signatures,
            platform=self.platform,
        )

    def _refused(self, text: str, name: ImageName, refusal: Finding | None) -> Verdict:
        assert refusal is not None
        return replace(self._verdict(text, Decision.DENY, refusal), repository=name.repository)

    def _undecided(self, text: str, error: ImgtrustError) -> Verdict:
        finding = Finding(error.code, Effect.UNDECIDED, error.message, error.hint)
        return self._verdict(text, Decision.UNDECIDED, finding)

    def _verdict(self, text: str, decision: Decision, finding: Finding) -> Verdict:
        return Verdict(
            requested=text,
            decision=decision,
            judged_at=self.now,
            policy_digest=self.policy.digest,
            findings=(finding,),
        )


def decide_all(judge: Judge, questions: Sequence[Question]) -> Iterator[Verdict]:
    """The verdicts on `questions`, in their order, judged at the same time.

    One image never hides another: what fails on one is its own verdict.
    """
    with_workers = ThreadPoolExecutor(max_workers=min(IMAGE_WORKERS, max(1, len(questions))))
    try:
        futures: list[Future[Verdict]] = [with_workers.submit(partial(judge.decide, one)) for one in questions]
        for future in futures:
            yield patiently(future)
    finally:
        with_workers.shutdown(wait=False, cancel_futures=True)
