"""In-toto statements: what is said, and about which digests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trust.digest import BadDigest, Digest
from trust.value import dataclass
from verifier.errors import LimitExceeded, MalformedContent
from verifier.untrusted import expect_list, expect_object, expect_text, json_object

STATEMENT_TYPES = frozenset({"https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"})
COSIGN_SIGNATURE = "https://sigstore.dev/cosign/sign/v1"
"""The predicate type of a statement that is a signature and nothing more."""

SUBJECT_LIMIT = 1024
DIGEST_LIMIT = 32
VALUE_LIMIT = 1 << 22
"""Values in a statement. The largest lists of components have a quarter; each costs some 60 bytes to read."""

_ALGORITHMS = ("sha256", "sha512")
_WHAT = "the statement"


@dataclass(frozen=True, slots=True)
class StatementSubject:
    """One of the artifacts that a statement is about.

    Attributes:
        digests: those of algorithms that are accepted; the others bind to nothing.
        annotations: those whose value is text.

    """

    digests: tuple[Digest, ...]
    annotations: Mapping[str, str]

    def is_about(self, digest: Digest, artifact: bytes | None) -> bool:
        """Whether every digest here is one of the artifact with `digest`, and at least one is here.

        `artifact` is its content, if it is at hand: it tells whether a digest of another algorithm agrees. One
        that cannot be told does not.
        """
        return bool(self.digests) and all(
            own == digest or (own.algorithm != digest.algorithm and artifact is not None and own.matches(artifact))
            for own in self.digests
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """An in-toto statement, parsed from bytes whose signature verified.

    Attributes:
        predicate_type: its exact type URI.
        subjects: at least one.
        predicate: an empty one where there is none, as in the first signatures of cosign 3.

    """

    predicate_type: str
    subjects: tuple[StatementSubject, ...]
    predicate: Mapping[str, Any]

    def about(self, digest: Digest, artifact: bytes | None = None) -> tuple[StatementSubject, ...]:
        """Those of the subjects that are the artifact with `digest`."""
        return tuple(subject for subject in self.subjects if subject.is_about(digest, artifact))


def parse_statement(payload: bytes) -> Statement:
    """The statement that the untrusted `payload` holds.

    Spec: in-toto Attestation Framework, "Statement" v1 and v0.1. Looser in that a subject needs no name and a
    statement no predicate, since cosign's signatures have neither. Unknown fields are passed over, as the
    framework's "monotonic principle" wants.

    Raises:
        MalformedContent: it is no statement, or one of its subjects has no digest.
        LimitExceeded: it has more values, subjects or digests than are read.

    """
    if sum(payload.count(mark) for mark in (b"{", b"[", b",")) > VALUE_LIMIT:
        raise LimitExceeded(f"{_WHAT} has more than the {VALUE_LIMIT} values that are read")
    document = json_object(payload, _WHAT)
    kind = expect_text(document.get("_type"), f"`_type` of {_WHAT}")
    if kind not in STATEMENT_TYPES:
        raise MalformedContent(f"{_WHAT} is of the type `{kind[:100]}`, which is not known")
    predicate_type = expect_text(document.get("predicateType"), f"`predicateType` of {_WHAT}")
    if not predicate_type:
        raise MalformedContent(f"`predicateType` of {_WHAT} is empty")
    entries = expect_list(document.get("subject"), f"`subject` of {_WHAT}", limit=SUBJECT_LIMIT)
    if not entries:
        raise MalformedContent(f"{_WHAT} is about no subject")
    predicate = document.get("predicate")
    return Statement(
        predicate_type,
        tuple(_subject(entry, f"subject {at} of {_WHAT}") for at, entry in enumerate(entries)),
        {} if predicate is None else expect_object(predicate, f"`predicate` of {_WHAT}"),
    )


def _subject(value: object, what: str) -> StatementSubject:
    document = expect_object(value, what)
    found = expect_object(document.get("digest"), f"`digest` of {what}")
    if not 0 < len(found) <= DIGEST_LIMIT:
        raise (MalformedContent if not found else LimitExceeded)(f"{what} has {len(found)} digests")
    hexes = {name: expect_text(text, f"digest `{name[:40]}` of {what}") for name, text in found.items()}
    annotations = document.get("annotations")
    return StatementSubject(
        tuple(_digest(name, hexes[name], what) for name in _ALGORITHMS if name in hexes),
        {} if annotations is None else _annotations(annotations, what),
    )


def _digest(algorithm: str, text: str, what: str) -> Digest:
    try:
        return Digest.parse(f"{algorithm}:{text}")
    except BadDigest as error:
        raise MalformedContent(f"{what}: {error.message}") from error


def _annotations(value: object, what: str) -> Mapping[str, str]:
    found = expect_object(value, f"`annotations` of {what}")
    return {name: text for name, text in found.items() if isinstance(text, str)}
