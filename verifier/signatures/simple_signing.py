"""The payload of cosign's simple signing: a small JSON document that names one digest."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from trust.digest import BadDigest, Digest
from trust.value import dataclass
from verifier.errors import MalformedContent
from verifier.untrusted import expect_object, expect_text, json_object

PAYLOAD_TYPE = "cosign container image signature"

_WHAT = "the signed payload"


@dataclass(frozen=True, slots=True)
class SimpleSigning:
    """A payload of simple signing that nothing has read yet.

    Attributes:
        payload: exactly the bytes that the signer saw.

    """

    payload: bytes

    def signed(self, artifact: bytes | None) -> bytes:  # noqa: ARG002 - the same question to every kind of content
        """The bytes that a signature of this payload is over."""
        return self.payload


@dataclass(frozen=True, slots=True)
class Claim:
    """What a payload of simple signing says.

    Attributes:
        digest: of the image that was signed.
        repository: the `docker-reference`, as it was signed.
        annotations: those whose value is text. Others can be asked for by no policy.

    """

    digest: Digest
    repository: str
    annotations: Mapping[str, str]


def parse_claim(payload: bytes) -> Claim:
    """What `payload` says, whose signature already verified.

    Spec: containers/image "Container signature format" as narrowed by cosign's SIGNATURE_SPEC, "Payload".
    Stricter than cosign: the type must be there, names are compared in their case, and `critical` has no
    other fields, because a field that is called critical and not understood must not be skipped.

    Raises:
        MalformedContent: it is not such a payload.

    """
    document = _closed(json_object(payload, _WHAT), _WHAT, {"critical"}, {"optional"})
    critical = _member(document, "critical", {"identity", "image", "type"})
    kind = expect_text(critical["type"], f"`critical.type` of {_WHAT}")
    if kind != PAYLOAD_TYPE:
        raise MalformedContent(f"{_WHAT} has the type `{kind[:100]}`, not `{PAYLOAD_TYPE}`")
    image = _member(critical, "image", {"docker-manifest-digest"})
    identity = _member(critical, "identity", {"docker-reference"})
    return Claim(
        digest=_digest(image["docker-manifest-digest"]),
        repository=expect_text(identity["docker-reference"], f"`docker-reference` of {_WHAT}"),
        annotations=_annotations(document.get("optional")),
    )


def _member(document: Mapping[str, Any], name: str, fields: Set[str]) -> Mapping[str, Any]:
    what = f"`{name}` of {_WHAT}"
    return _closed(expect_object(document[name], what), what, fields)


def _closed(
    document: Mapping[str, Any], what: str, fields: Set[str], optional: Set[str] = frozenset()
) -> Mapping[str, Any]:
    missing, unknown = fields - document.keys(), document.keys() - fields - optional
    if missing:
        raise MalformedContent(f"{what} has no `{min(missing)}`")
    if unknown:
        raise MalformedContent(f"{what} has the field `{min(unknown)[:60]}`, which is not known")
    return document


def _digest(value: object) -> Digest:
    try:
        return Digest.parse(expect_text(value, f"`docker-manifest-digest` of {_WHAT}"))
    except BadDigest as error:
        raise MalformedContent(f"{_WHAT}: {error.message}") from error


def _annotations(optional: object) -> Mapping[str, str]:
    if optional is None:
        return {}
    found = expect_object(optional, f"`optional` of {_WHAT}")
    return {name: value for name, value in found.items() if isinstance(value, str)}
