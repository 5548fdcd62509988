"""The report: what a program may rely on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.policies import key
from trust.digest import Digest
from trust.evidence import Origin, Rejection, Unsigned, VerifiedSignature, VerifiedStatement
from trust.signer import CertificateSigner, KeySigner
from trust.verdict import Decision, Effect, Finding, Use, Verdict
from verifier.output.report import report, signer_document

DIGEST = Digest.of(b"image")
SIGNER = KeySigner(key("a"))
ORIGIN = Origin("sha256-12.sig", "simple signing")
TIME = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
FULL = Verdict(
    "app:1",
    Decision.DENY,
    judged_at=TIME,
    policy_digest=Digest.of(b"policy"),
    repository="docker.io/library/app",
    digest=DIGEST,
    pinned=f"app:1@{DIGEST}",
    rule="rules[0]",
    findings=(Finding("no-tag", Effect.DENY, "message", "hint", {"name": "value"}),),
    signatures=(VerifiedSignature(SIGNER, DIGEST, ORIGIN, {"env": "prod"}, "r", (TIME,), ("log:7",), ("entry",)),),
    statements=(VerifiedStatement(SIGNER, DIGEST, ORIGIN, "https://slsa.dev/provenance/v1", (TIME,)),),
    rejections=(Rejection(ORIGIN, DIGEST, "signature", "reason"),),
    unsigned=(Unsigned(ORIGIN, DIGEST, "kind"),),
    unchecked=("signatures",),
    uses=(Use("compose.yaml", 1, 2, "services.a.image", ("how",)),),
    signer_names={SIGNER.principal: "a"},
)


def document(*verdicts: Verdict, **options: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(report(verdicts, **options))
    return parsed


def test_every_field_is_there_and_has_its_value() -> None:
    (found,) = document(FULL)["verdicts"]

    signer = {"kind": "key", "name": "a", "fingerprint": f"sha256:{key('a').fingerprint}", "algorithm": "P-256"}
    assert found.pop("findings") == [
        {"code": "no-tag", "effect": "deny", "message": "message", "hint": "hint", "evidence": {"name": "value"}}
    ]
    (signature,) = found.pop("signatures")
    assert signature.pop("signer") | {"algorithm": "P-256"} == signer
    assert signature == {
        "covers": str(DIGEST),
        "origin": "simple signing at sha256-12.sig",
        "annotations": {"env": "prod"},
        "repository": "r",
        "times": ["2026-11-24T01:02:03+00:00"],
        "log_indexes": ["log:7"],
        "unjudged": ["entry"],
    }
    (statement,) = found.pop("statements")
    assert (statement["covers"], statement["predicate_type"]) == (str(DIGEST), "https://slsa.dev/provenance/v1")
    assert found == {
        "requested": "app:1",
        "decision": "deny",
        "enforced": True,
        "admitted": False,
        "repository": "docker.io/library/app",
        "digest": str(DIGEST),
        "pinned": f"app:1@{DIGEST}",
        "rule": "rules[0]",
        "policy": str(Digest.of(b"policy")),
        "judged_at": "2026-11-24T01:02:03+00:00",
        "uses": [{"file": "compose.yaml", "line": 1, "column": 2, "field": "services.a.image", "how": ["how"]}],
        "rejections": [
            {"origin": str(ORIGIN), "digest": str(DIGEST), "step": "signature", "reason": "reason"},
        ],
        "unsigned": [{"origin": str(ORIGIN), "digest": str(DIGEST), "kind": "kind"}],
        "unchecked": ["signatures"],
    }


def test_what_is_not_known_is_null_and_never_left_out() -> None:
    bare = Verdict("App", Decision.UNDECIDED, judged_at=TIME, policy_digest=DIGEST)

    (found,) = document(bare)["verdicts"]

    assert found.keys() == document(FULL)["verdicts"][0].keys()
    assert [found[name] for name in ("repository", "digest", "pinned", "rule")] == [None] * 4


def test_the_head_counts_every_decision_and_has_the_exit_code() -> None:
    allowed = replace(FULL, decision=Decision.ALLOW)

    head = document(allowed, FULL, allowed, notes=[{"code": "no-images", "message": "m", "place": ""}])

    del head["verdicts"]
    assert head.pop("tool")["name"] == "imgtrust"
    assert head == {
        "version": 1,
        "exit_code": 4,
        "complete": True,
        "counts": {"allow": 2, "deny": 1, "undecided": 0},
        "notes": [{"code": "no-images", "message": "m", "place": ""}],
    }


@pytest.mark.parametrize(
    ("options", "code"),
    [({}, 0), ({"strict": True}, 4), ({"complete": False}, 3), ({"complete": False, "strict": True}, 4)],
)
def test_the_exit_code_is_that_of_the_process(options: dict[str, bool], code: int) -> None:
    assert document(replace(FULL, enforced=False), **options)["exit_code"] == code


def test_the_report_is_ascii_in_one_document_with_a_line_end() -> None:
    text = report([replace(FULL, requested="\x1b\u202eé\udcff")])

    assert text.isascii()
    assert text.endswith("}\n")
    assert "\x1b" not in text
    assert json.loads(text)["verdicts"][0]["requested"] == "\x1b\u202eé\udcff"


def test_a_key_that_no_policy_names_has_no_name() -> None:
    assert signer_document(SIGNER, {})["name"] is None


def test_a_certificate_says_subject_and_issuer() -> None:
    signer = CertificateSigner("https://github.com/acme/app", "https://issuer.test")

    found = signer_document(signer, {signer.principal: "ci"})

    assert found == {
        "kind": "certificate",
        "name": "ci",
        "subject": "https://github.com/acme/app",
        "issuer": "https://issuer.test",
    }
