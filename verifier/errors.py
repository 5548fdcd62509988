"""Errors of the mechanism.

ImgtrustError
├── BadReference              reference-invalid        text that is no image reference
├── UsageError                usage                    a command line that cannot be carried out
├── MalformedContent          content-malformed        untrusted bytes that do not parse
│   └── UnsupportedManifest   manifest-unsupported     a manifest of a kind that is refused by name
├── LimitExceeded             limit-exceeded           more of something than is read
├── SignatureRejected         signature-rejected       leaves `verifier.signatures` only as a Rejection
├── SourceError               source-invalid           a file of the project that cannot be read as its consumer would
├── CredentialError           credentials-unusable     a credential store or file that cannot be used
└── RegistryError             registry-error           the registry did not give what was asked for
    ├── RegistryUnreachable   registry-unreachable     no connection, no answer, or none in time
    ├── RegistryDenied        registry-denied          401 or 403
    ├── RateLimited           registry-rate-limited    429
    ├── AddressRefused        address-refused          an address or an origin that must not be asked
    └── ContentNotFound       content-not-found        404 for a tag, a manifest or a blob
"""

from __future__ import annotations

from trust.errors import ImgtrustError


class BadReference(ImgtrustError):
    """Text that is not an image reference."""

    code = "reference-invalid"


class UsageError(ImgtrustError):
    """A command line that cannot be carried out; exit code 2."""

    code = "usage"


class MalformedContent(ImgtrustError):
    """Untrusted bytes that do not parse as what they should be."""

    code = "content-malformed"


class UnsupportedManifest(MalformedContent):
    """A manifest of a kind that is refused by name, such as Docker's schema 1."""

    code = "manifest-unsupported"


class LimitExceeded(ImgtrustError):
    """More of something than is ever read. A limit that is hit is a failure, never a truncation."""

    code = "limit-exceeded"


class SignatureRejected(ImgtrustError):
    """A candidate that does not hold, with the step at which it failed.

    It leaves `verifier.signatures` only as a `trust.evidence.Rejection`.
    """

    code = "signature-rejected"

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


class SourceError(ImgtrustError):
    """A file of the project that its own consumer would refuse. The message starts with `file:line:column`."""

    code = "source-invalid"


class CredentialError(ImgtrustError):
    """A credential store, helper or file that cannot be used. Never carries a secret."""

    code = "credentials-unusable"


class RegistryError(ImgtrustError):
    """The registry did not give what was asked for."""

    code = "registry-error"


class RegistryUnreachable(RegistryError):
    """No connection, no answer, or none in time. With a 429 and a 5xx, the only kind that is retried."""

    code = "registry-unreachable"


class RegistryDenied(RegistryError):
    """The registry refused the credentials, or wants some."""

    code = "registry-denied"


class RateLimited(RegistryError):
    """The registry said that there were too many requests."""

    code = "registry-rate-limited"


class AddressRefused(RegistryError):
    """An address, an origin or a redirection that must not be followed."""

    code = "address-refused"


class ContentNotFound(RegistryError):
    """The registry answered, and does not have the tag, manifest or blob."""

    code = "content-not-found"
