"""What a candidate says of itself, before anything of it is verified: for people who look, never for a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from trust.errors import ImgtrustError
from trust.value import dataclass
from verifier.attestations.statement import COSIGN_SIGNATURE, parse_statement
from verifier.signatures.candidate import Candidate, CertificateMaterial, MessageSignature
from verifier.signatures.dsse import Envelope
from verifier.signatures.simple_signing import SimpleSigning, parse_claim


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a candidate says of itself. All of it is untrusted.

    Attributes:
        kind: `signature` or `attestation`, or `unreadable`.
        signer: who seems to have signed: a certificate's name, or a key's hint.
        predicate_type: of an attestation; None of a signature.
        repository: that the signed payload names; None where it names none.
        annotations: of the signature.
        log_entries: how many came with it.
        timestamps: how many came with it.
        problem: why it could not be read, or None.

    """

    kind: str
    signer: str
    predicate_type: str | None = None
    repository: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    log_entries: int = 0
    timestamps: int = 0
    problem: str | None = None


def claimed(candidate: Candidate) -> Claimed:
    """What `candidate` says of itself."""
    try:
        return _read(candidate)
    except ImgtrustError as error:
        return Claimed("unreadable", _signer(candidate), problem=error.message)


def _read(candidate: Candidate) -> Claimed:
    repository, predicate_type, annotations = None, None, {}
    match candidate.content:
        case SimpleSigning(payload):
            claim = parse_claim(payload)
            repository, annotations = claim.repository, dict(claim.annotations)
        case Envelope(payload):
            statement = parse_statement(payload)
            predicate_type = statement.predicate_type
            annotations = dict(statement.subjects[0].annotations)
        case MessageSignature():
            pass
    signs = predicate_type in (None, COSIGN_SIGNATURE)
    return Claimed(
        kind="signature" if signs else "attestation",
        signer=_signer(candidate),
        predicate_type=None if signs else predicate_type,
        repository=repository,
        annotations=annotations,
        log_entries=len(candidate.log_entries),
        timestamps=len(candidate.timestamps),
    )


def _signer(candidate: Candidate) -> str:
    material = candidate.material
    if isinstance(material, CertificateMaterial):
        return _certificate_names(material.leaf)
    return f"a key (hint {material.hint})" if material.hint else "a key"


def _certificate_names(leaf: bytes) -> str:
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(leaf)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        texts = [str(name.value) for name in names]
    except (
        ValueError,
        x509.InvalidVersion,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        return "a certificate that cannot be read"
    return "a certificate for " + (", ".join(texts) or certificate.subject.rfc4514_string() or "nobody")
