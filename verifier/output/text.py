"""Verdict → lines for people. Readable without colour; colour only where it is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from trust.evidence import VerifiedSignature
from trust.signer import KeySigner, Signer
from trust.verdict import Decision, Effect, Finding, Use, Verdict
from verifier.output.printable import printable

_HEADS = {Decision.ALLOW: "ALLOW", Decision.DENY: "DENY", Decision.UNDECIDED: "UNDECIDED"}
_COLOURS = {Decision.ALLOW: "32", Decision.DENY: "31", Decision.UNDECIDED: "33"}
_EFFECT_COLOURS = {Effect.DENY: "31", Effect.UNDECIDED: "33", Effect.WARN: "33", Effect.INFO: "2"}
_WIDTH = 10
_SHORT_LIST = 10


class TextStyle:
    """How lines are dressed: with terminal colours or without.

    Args:
        colour: whether to colour.

    """

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def paint(self, text: str, code: str) -> str:
        """`text` in the colour with the terminal's `code`."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def verdict_lines(verdict: Verdict, style: TextStyle) -> Iterable[str]:
    """The lines that tell `verdict` whole: what, where, which digest, and every reason."""
    head = style.paint(_HEADS[verdict.decision], _COLOURS[verdict.decision])
    yield f"{head}: {printable(verdict.requested)}" + ("" if verdict.enforced else "  (not enforced)")
    for use in verdict.uses:
        yield from _use_lines(use)
    if verdict.digest is not None:
        yield _line("digest", str(verdict.digest))
    if verdict.rule is not None:
        yield _line("rule", printable(verdict.rule))
    for signature in verdict.signatures:
        yield _line("signed", _signed(signature, verdict))
    for left_out in verdict.unchecked:
        yield _line("unchecked", printable(left_out))
    for finding in verdict.findings:
        yield from _finding_lines(finding, style)
    if verdict.decision is Decision.ALLOW:
        yield from _beside(verdict)


def summary_line(verdicts: Sequence[Verdict], style: TextStyle) -> str:
    """How many images were allowed, denied and left undecided."""
    counts = Counter(verdict.decision for verdict in verdicts)
    parts = [
        style.paint(f"{counts[decision]} {word}", _COLOURS[decision]) if counts[decision] else f"0 {word}"
        for decision, word in (
            (Decision.ALLOW, "allowed"),
            (Decision.DENY, "denied"),
            (Decision.UNDECIDED, "undecided"),
        )
    ]
    return ", ".join(parts)


def signer_text(signer: Signer, names: dict[str, str] | None = None) -> str:
    """Who signed, in a few words."""
    if isinstance(signer, KeySigner):
        name = (names or {}).get(signer.principal)
        short = f"sha256:{signer.key.fingerprint[:12]}…"
        return f"key {printable(name)} ({short})" if name else f"key {short}"
    return printable(str(signer))


def _use_lines(use: Use) -> Iterable[str]:
    yield _line("at", f"{printable(use.file)}:{use.line}:{use.column}  {printable(use.field)}")
    for step in use.how:
        yield _line("", printable(step))


def _signed(signature: VerifiedSignature, verdict: Verdict) -> str:
    text = f"{signer_text(signature.signer, dict(verdict.signer_names))}, {printable(str(signature.origin))}"
    if signature.covers != verdict.digest:
        text += f", for {signature.covers}"
    if signature.annotations:
        text += ", " + ", ".join(printable(f"{name}={value}") for name, value in sorted(signature.annotations.items()))
    if signature.unjudged:
        text += f" (not judged: {printable('; '.join(signature.unjudged))})"
    return text


def _finding_lines(finding: Finding, style: TextStyle) -> Iterable[str]:
    word = finding.effect.value.ljust(_WIDTH - 1)
    yield f"  {style.paint(word, _EFFECT_COLOURS[finding.effect])} {finding.code}: {printable(finding.message)}"
    if finding.way_out is not None and finding.effect is not Effect.INFO:
        yield _line("", f"hint: {printable(finding.way_out)}")


def _beside(verdict: Verdict) -> Iterable[str]:
    rejected = verdict.rejections
    for rejection in rejected[:_SHORT_LIST]:
        yield _line("rejected", printable(f"{rejection.origin}: {rejection.step}: {rejection.reason}"))
    if len(rejected) > _SHORT_LIST:
        yield _line("", f"and {len(rejected) - _SHORT_LIST} more; --format json has all")


def _line(word: str, text: str) -> str:
    return f"  {word.ljust(_WIDTH - 1)} {text}"
