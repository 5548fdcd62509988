"""Verdict → JSON document, version 1. Versioned apart from the classes it is made from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from trust import __version__
from trust.evidence import Rejection, Unsigned, VerifiedSignature, VerifiedStatement
from trust.signer import KeySigner, Signer
from trust.verdict import Decision, Finding, Use, Verdict
from verifier.output.exit_code import exit_code

REPORT_VERSION = 1
"""A change that breaks a reader is a new version. Readers must ignore fields that they do not know."""

Json = Mapping[str, Any]


def report(
    verdicts: Sequence[Verdict], *, complete: bool = True, strict: bool = False, notes: Sequence[Json] = ()
) -> str:
    """The report on `verdicts`: one JSON document, ASCII, with a line end.

    `complete` is False where images could not be listed; `strict` is as for `exit_code`.

    Its schema is `docs/reference/report-v1.schema.json`.
    """
    counts = Counter(verdict.decision for verdict in verdicts)
    document = {
        "version": REPORT_VERSION,
        "tool": {"name": "imgtrust", "version": __version__},
        "exit_code": exit_code(verdicts, complete=complete, strict=strict),
        "complete": complete,
        "counts": {decision.value: counts[decision] for decision in Decision},
        "verdicts": [_verdict(verdict) for verdict in verdicts],
        "notes": list(notes),
    }
    return json.dumps(document, indent=2) + "\n"


def _verdict(verdict: Verdict) -> Json:
    return {
        "requested": verdict.requested,
        "decision": verdict.decision.value,
        "enforced": verdict.enforced,
        "admitted": verdict.admitted,
        "repository": verdict.repository,
        "digest": _text(verdict.digest),
        "pinned": verdict.pinned,
        "rule": verdict.rule,
        "policy": str(verdict.policy_digest),
        "judged_at": verdict.judged_at.isoformat(timespec="seconds"),
        "uses": [_use(use) for use in verdict.uses],
        "findings": [_finding(finding) for finding in verdict.findings],
        "signatures": [_signature(one, verdict) for one in verdict.signatures],
        "statements": [_statement(one, verdict) for one in verdict.statements],
        "rejections": [_rejection(one) for one in verdict.rejections],
        "unsigned": [_unsigned(one) for one in verdict.unsigned],
        "unchecked": list(verdict.unchecked),
    }


def _use(use: Use) -> Json:
    return {"file": use.file, "line": use.line, "column": use.column, "field": use.field, "how": list(use.how)}


def _finding(finding: Finding) -> Json:
    return {
        "code": finding.code,
        "effect": finding.effect.value,
        "message": finding.message,
        "hint": finding.way_out,
        "evidence": dict(finding.evidence or {}),
    }


def _signature(one: VerifiedSignature, verdict: Verdict) -> Json:
    return {
        "signer": signer_document(one.signer, verdict.signer_names),
        "covers": str(one.covers),
        "origin": str(one.origin),
        "annotations": dict(one.annotations),
        "repository": one.repository,
        "times": [time.isoformat() for time in one.times],
        "log_indexes": list(one.log_indexes),
        "unjudged": list(one.unjudged),
    }


def _statement(one: VerifiedStatement, verdict: Verdict) -> Json:
    return {
        "signer": signer_document(one.signer, verdict.signer_names),
        "covers": str(one.covers),
        "origin": str(one.origin),
        "predicate_type": one.predicate_type,
        "times": [time.isoformat() for time in one.times],
    }


def _rejection(one: Rejection) -> Json:
    return {"origin": str(one.origin), "digest": str(one.digest), "step": one.step, "reason": one.reason}


def _unsigned(one: Unsigned) -> Json:
    return {"origin": str(one.origin), "digest": str(one.digest), "kind": one.kind}


def signer_document(signer: Signer, names: Mapping[str, str]) -> Json:
    """Who signed, as a JSON object; `names` are the policy's, by principal."""
    if isinstance(signer, KeySigner):
        return {
            "kind": "key",
            "name": names.get(signer.principal),
            "fingerprint": f"sha256:{signer.key.fingerprint}",
            "algorithm": signer.key.kind.value,
        }
    return {
        "kind": "certificate",
        "name": names.get(signer.principal),
        "subject": signer.subject,
        "issuer": signer.issuer,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
