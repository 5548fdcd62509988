"""A trust policy as values. A policy that exists can be enforced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from enum import Enum

from trust.digest import Digest
from trust.errors import PolicyError
from trust.pattern import Pattern
from trust.signer import TrustedSigner
from trust.value import dataclass


class MutableTag(Enum):
    """What a reference that names no digest leads to."""

    DENY = "deny"
    WARN = "warn"
    ALLOW = "allow"


class Platforms(Enum):
    """Which digests of an index must carry the evidence."""

    INDEX = "index"
    CHILDREN = "children"
    INDEX_OR_CHILDREN = "index-or-children"


@dataclass(frozen=True, slots=True)
class SignatureRequirement:
    """Signatures by so many distinct signers.

    Attributes:
        signers: who counts; at least one.
        at_least: how many distinct principals; from 1 to the number of signers.
        annotations: names and values that one and the same signature must have signed.
        repository_signed: whether the signed payload must name the repository that is judged.

    """

    signers: tuple[TrustedSigner, ...]
    at_least: int = 1
    annotations: Mapping[str, str] = field(default_factory=dict)
    repository_signed: bool = False

    def __post_init__(self) -> None:
        principals = {signer.key.fingerprint for signer in self.signers}
        if not self.signers:
            raise PolicyError("`signatures` names nobody whose signature counts")
        if not 1 <= self.at_least <= len(principals):
            raise PolicyError(f"`at_least` is {self.at_least}, and {len(principals)} signers are named")


@dataclass(frozen=True, slots=True)
class UnsignedPermission:
    """Leave to run without a signature, with a reason and an end.

    Attributes:
        until: the last day on which it holds, UTC.
        digests: what it is narrowed to; empty means every digest.

    """

    reason: str
    until: date
    digests: frozenset[Digest] = frozenset()

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise PolicyError("`unsigned` needs a reason that says something")


@dataclass(frozen=True, slots=True)
class Rule:
    """What is required of the images that it matches; the first rule that matches decides.

    Attributes:
        name: as the policy gives it, or `rules[2]`.
        images: patterns over canonical repositories.
        enforced: False for `mode: warn`.

    """

    name: str
    images: tuple[Pattern, ...]
    signatures: tuple[SignatureRequirement, ...] = ()
    unsigned: UnsignedPermission | None = None
    mutable_tag: MutableTag = MutableTag.WARN
    platforms: Platforms = Platforms.INDEX_OR_CHILDREN
    enforced: bool = True

    def __post_init__(self) -> None:
        if not self.images:
            raise PolicyError(f"rule `{self.name}` matches no image")
        if not self.signatures and self.unsigned is None:
            raise PolicyError(
                f"rule `{self.name}` requires nothing, so it would allow everything",
                hint="require `signatures`, or say `unsigned: {reason: …, until: …}`",
            )

    def matches(self, repository: str) -> bool:
        """Whether this rule is about the canonical `repository`."""
        return any(pattern.matches(repository) for pattern in self.images)


@dataclass(frozen=True, slots=True)
class Denial:
    """What is refused before every rule.

    Attributes:
        images: refused by name, before any request is sent.
        digests: refused wherever they are.

    """

    reason: str
    images: tuple[Pattern, ...] = ()
    digests: frozenset[Digest] = frozenset()

    def __post_init__(self) -> None:
        if not self.images and not self.digests:
            raise PolicyError("an entry of `deny` names neither images nor digests")
        if not self.reason.strip():
            raise PolicyError("an entry of `deny` needs a reason that says something")


@dataclass(frozen=True, slots=True)
class Policy:
    """What may run here.

    Attributes:
        digest: of the text, with the keys that it names read in.
        registry_map: as written, FROM to TO; `verifier` gives it its meaning.
        aliases: as written, spelling to identity.
        insecure_registries: hosts that may be asked over plain HTTP.
        signature_repository: where signatures may be beside the image's own repository, canonical.
        token_realms: registry to the host that may see its credentials beside those of its own domain.

    """

    digest: Digest
    rules: tuple[Rule, ...]
    denials: tuple[Denial, ...] = ()
    registry_map: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    insecure_registries: frozenset[str] = frozenset()
    signature_repository: str | None = None
    token_realms: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.rules:
            raise PolicyError("the policy has no rules, so it would deny everything", hint="add a rule")

    def rule_for(self, repository: str) -> Rule | None:
        """The first rule about the canonical `repository`, or None."""
        return next((rule for rule in self.rules if rule.matches(repository)), None)

    def knows_registry(self, registry: str) -> bool:
        """Whether some rule could match an image of `registry`."""
        return any(pattern.may_match_registry(registry) for rule in self.rules for pattern in rule.images)

    @property
    def signers(self) -> tuple[TrustedSigner, ...]:
        """Everybody whom some rule names, each once."""
        named = (signer for rule in self.rules for one in rule.signatures for signer in one.signers)
        return tuple({signer.key.fingerprint: signer for signer in named}.values())

    def name_denial(self, repository: str) -> Denial | None:
        """The first denial of the canonical `repository` by name, or None."""
        return next((one for one in self.denials if any(pattern.matches(repository) for pattern in one.images)), None)

    def digest_denial(self, digest: Digest) -> Denial | None:
        """The first denial of `digest`, or None."""
        return next((one for one in self.denials if digest in one.digests), None)
