"""Who signed, and who may."""

from __future__ import annotations

from trust.key import VerificationKey
from trust.value import dataclass


@dataclass(frozen=True, slots=True)
class KeySigner:
    """The holder of a key, which a signature proved.

    Attributes:
        key: the one that verified.

    """

    key: VerificationKey

    @property
    def principal(self) -> str:
        """What makes this signer one and the same, however often and under whichever name it signed."""
        return f"key:{self.key.fingerprint}"

    def __str__(self) -> str:
        return f"sha256:{self.key.fingerprint} ({self.key.kind.value})"


@dataclass(frozen=True, slots=True)
class CertificateSigner:
    """The subject of a certificate, which a chain and a verified time proved.

    Attributes:
        subject: the one subject alternative name.
        issuer: who vouched for it to the certificate authority.

    """

    subject: str
    issuer: str

    @property
    def principal(self) -> str:
        """What makes this signer one and the same."""
        return f"identity:{len(self.issuer)}:{self.issuer}:{self.subject}"

    def __str__(self) -> str:
        return f"{self.subject} (issuer {self.issuer})"


Signer = KeySigner | CertificateSigner


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key of a policy, under the name that the policy gives it."""

    name: str
    key: VerificationKey

    @property
    def principal(self) -> str:
        """Who a signature by this key counts as."""
        return KeySigner(self.key).principal

    def mismatch(self, signer: Signer) -> str | None:
        """Why `signer` is not the holder of this key, or None when it is."""
        if isinstance(signer, KeySigner) and signer.key.fingerprint == self.key.fingerprint:
            return None
        return f"it was not made by the key `{self.name}`"


TrustedSigner = TrustedKey
"""Whoever a policy may trust. Identities of certificates join keys here."""
