"""Verdicts as people see them: whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.support.policies import key
from trust.digest import Digest
from trust.evidence import Origin, Rejection, VerifiedSignature
from trust.signer import KeySigner
from trust.verdict import Decision, Effect, Finding, Use, Verdict
from verifier.output.text import TextStyle, summary_line, verdict_lines

PLAIN = TextStyle(colour=False)
DIGEST = Digest.of(b"image")
SIGNER = KeySigner(key("a"))
ORIGIN = Origin("sha256-12.sig", "simple signing", 1)
SIGNATURE = VerifiedSignature(SIGNER, DIGEST, ORIGIN, {"env": "prod", "build": "7"})
ALLOWED = Verdict(
    "ghcr.io/acme/app:1.4",
    Decision.ALLOW,
    judged_at=datetime(2026, 11, 24, tzinfo=UTC),
    policy_digest=Digest.of(b"policy"),
    digest=DIGEST,
    rule="release",
    signatures=(SIGNATURE,),
    signer_names={SIGNER.principal: "a"},
)


def text(verdict: Verdict, style: TextStyle = PLAIN) -> list[str]:
    return list(verdict_lines(verdict, style))


def test_an_allowed_image_is_told_with_who_signed_and_what_did_not_hold() -> None:
    rejections = tuple(Rejection(ORIGIN, DIGEST, "signature", f"reason {at}") for at in range(12))

    lines = text(replace(ALLOWED, rejections=rejections))

    assert lines == [
        "ALLOW: ghcr.io/acme/app:1.4",
        f"  digest    {DIGEST}",
        "  rule      release",
        f"  signed    key a (sha256:{key('a').fingerprint[:12]}…), simple signing at sha256-12.sig, layer 1, "
        "build=7, env=prod",
        *(f"  rejected  simple signing at sha256-12.sig, layer 1: signature: reason {at}" for at in range(10)),
        "            and 2 more; --format json has all",
    ]


def test_a_denied_image_is_told_with_every_reason_and_the_way_out() -> None:
    findings = (
        Finding("no-signatures", Effect.DENY, "nothing is attached", "sign it"),
        Finding("mutable-tag", Effect.WARN, "a tag", "pin it"),
        Finding("signature-rejected", Effect.INFO, "about another image", "never shown"),
    )
    use = Use("compose.yaml", 3, 12, "services.web.image", ("through the anchor &web at compose.yaml:1:1",))

    lines = text(replace(ALLOWED, decision=Decision.DENY, signatures=(), findings=findings, uses=(use,)))

    assert lines == [
        "DENY: ghcr.io/acme/app:1.4",
        "  at        compose.yaml:3:12  services.web.image",
        "            through the anchor &web at compose.yaml:1:1",
        f"  digest    {DIGEST}",
        "  rule      release",
        "  deny      no-signatures: nothing is attached",
        "            hint: sign it",
        "  warn      mutable-tag: a tag",
        "            hint: pin it",
        "  info      signature-rejected: about another image",
    ]


def test_what_only_warns_says_so_at_the_head() -> None:
    head, *_ = text(replace(ALLOWED, decision=Decision.UNDECIDED, enforced=False))

    assert head == "UNDECIDED: ghcr.io/acme/app:1.4  (not enforced)"


def test_what_was_not_judged_beside_a_signature_is_said() -> None:
    signature = replace(SIGNATURE, annotations={}, unjudged=("log entry 7: no trusted root has its log",))

    (line,) = (line for line in text(replace(ALLOWED, signatures=(signature,))) if "signed" in line)

    assert line.endswith("layer 1 (not judged: log entry 7: no trusted root has its log)")


def test_a_signature_of_one_platform_says_of_which() -> None:
    other = Digest.of(b"child")

    (line,) = (
        line for line in text(replace(ALLOWED, signatures=(replace(SIGNATURE, covers=other),))) if "signed" in line
    )

    assert f", for {other}" in line


def test_colour_changes_nothing_but_colour() -> None:
    coloured = text(ALLOWED, TextStyle(colour=True))

    assert coloured[0] == "\x1b[32mALLOW\x1b[0m: ghcr.io/acme/app:1.4"
    assert coloured[1:] == text(ALLOWED)[1:]


def test_nothing_untrusted_reaches_a_terminal() -> None:
    evil = "\x1b[2J\u202e\n"
    everywhere = replace(
        ALLOWED,
        requested=evil,
        rule=evil,
        findings=(Finding("mutable-tag", Effect.DENY, evil, evil),),
        signatures=(replace(SIGNATURE, annotations={evil: evil}, unjudged=(evil,), origin=Origin(evil, evil)),),
        rejections=(Rejection(Origin(evil, evil), DIGEST, evil, evil),),
        uses=(Use(evil, 1, 1, evil, (evil,)),),
        unchecked=(evil,),
        signer_names={SIGNER.principal: evil},
    )

    lines = text(everywhere) + text(replace(everywhere, decision=Decision.DENY))

    assert not any("\x1b" in line or "\u202e" in line or "\n" in line for line in lines)


def test_the_summary_counts_each_decision() -> None:
    verdicts = [replace(ALLOWED, decision=one) for one in (Decision.ALLOW, Decision.DENY, Decision.ALLOW)]

    assert summary_line(verdicts, PLAIN) == "2 allowed, 1 denied, 0 undecided"
    assert summary_line([], PLAIN) == "0 allowed, 0 denied, 0 undecided"
