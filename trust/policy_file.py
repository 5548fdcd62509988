"""Policy text → Policy, strictly and with the place of every error. Reads key files only through what it is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trust import policy_keys as keys
from trust.digest import Digest
from trust.policy import Denial, MutableTag, Platforms, Policy, Rule, SignatureRequirement, UnsignedPermission
from trust.policy_lint import Lint, Reach
from trust.policy_record import Fields, Key
from trust.policy_ring import KeyRing
from trust.policy_where import Read, T, Where
from trust.value import dataclass
from trust.yaml_text import parse_yaml

_DIGEST_DOMAIN = b"imgtrust policy 1"


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy as it was read, with what is odd about its text."""

    policy: Policy
    lints: tuple[Lint, ...]


def parse_policy(
    text: bytes, name: str, *, read_file: Callable[[str], bytes], environment: Mapping[str, str]
) -> Policy:
    """The policy that `text` spells; see `read_policy`."""
    return read_policy(text, name, read_file=read_file, environment=environment).policy


def read_policy(
    text: bytes, name: str, *, read_file: Callable[[str], bytes], environment: Mapping[str, str]
) -> PolicyFile:
    """The policy that `text` spells, and its lints.

    Args:
        text: of the file, as it stands.
        name: of the file; errors start with `name:line:column:`.
        read_file: the bytes of a key file, named as the policy names it. It may raise `OSError`.
        environment: where keys may be that the policy names by `env`.

    Raises:
        PolicyError: it cannot be enforced as it stands.
        TrustRootError: a key that it names cannot be used.

    """
    root = parse_yaml(text, name)
    fields = keys.POLICY.read(root, Where(name, "", root.place))
    ring = KeyRing(read_file, environment)
    ring.read(fields)
    reach = Reach()
    rules = tuple(_rule(rule.value, ring, reach) for rule in fields.need(keys.RULES))
    denials = tuple(_denial(one.value) for one in fields.get(keys.DENY) or ())
    with fields.where.placed():
        policy = Policy(
            digest=_digest(text, tuple(ring.materials)),
            rules=rules,
            denials=denials,
            registry_map=_texts(fields, keys.REGISTRY_MAP),
            aliases=_texts(fields, keys.ALIASES),
            insecure_registries=frozenset(one.value for one in fields.get(keys.INSECURE_REGISTRIES) or ()),
            signature_repository=fields.get(keys.SIGNATURE_REPOSITORY),
            token_realms=_texts(fields, keys.TOKEN_REALMS),
        )
    return PolicyFile(policy, (*ring.lints(), *reach.lints(denials)))


def _rule(fields: Fields, ring: KeyRing, reach: Reach) -> Rule:
    name = fields.get(keys.RULE_NAME) or fields.where.path
    images = fields.need(keys.RULE_IMAGES)
    reach.add(name, fields.at(keys.RULE_NAME), images)
    signatures = tuple(_requirement(one.value, ring) for one in fields.get(keys.RULE_SIGNATURES) or ())
    unsigned = fields.get(keys.RULE_UNSIGNED)
    with fields.where.placed():
        return Rule(
            name=name,
            images=_values(images),
            signatures=signatures,
            unsigned=None if unsigned is None else _permission(unsigned),
            mutable_tag=fields.get(keys.RULE_MUTABLE_TAG) or MutableTag.WARN,
            platforms=fields.get(keys.RULE_PLATFORMS) or Platforms.INDEX_OR_CHILDREN,
            enforced=fields.get(keys.RULE_MODE) is not keys.Mode.WARN,
        )


def _requirement(fields: Fields, ring: KeyRing) -> SignatureRequirement:
    signers = tuple(ring.named(name) for name in fields.need(keys.FROM))
    with fields.at(keys.AT_LEAST).placed():
        return SignatureRequirement(
            signers=signers,
            at_least=fields.get(keys.AT_LEAST) or 1,
            annotations=_texts(fields, keys.ANNOTATIONS),
            repository_signed=fields.get(keys.REPOSITORY) is keys.RepositoryBinding.SIGNED,
        )


def _permission(fields: Fields) -> UnsignedPermission:
    return UnsignedPermission(
        reason=fields.need(keys.UNSIGNED_REASON),
        until=fields.need(keys.UNSIGNED_UNTIL),
        digests=frozenset(_values(fields.get(keys.UNSIGNED_DIGESTS) or ())),
    )


def _denial(fields: Fields) -> Denial:
    with fields.where.placed():
        return Denial(
            reason=fields.need(keys.DENY_REASON),
            images=_values(fields.get(keys.DENY_IMAGES) or ()),
            digests=frozenset(_values(fields.get(keys.DENY_DIGESTS) or ())),
        )


def _values(reads: tuple[Read[T], ...]) -> tuple[T, ...]:
    return tuple(read.value for read in reads)


def _texts(fields: Fields, key: Key[dict[str, Read[str]]]) -> dict[str, str]:
    return {name: read.value for name, read in (fields.get(key) or {}).items()}


def _digest(text: bytes, materials: tuple[bytes, ...]) -> Digest:
    """The digest of a policy: of its text and of every key that it names, in their order.

    Each part is preceded by its length in eight bytes, so that no part can pass for two, or two for one. A key file
    that changes makes another policy of the same text.
    """
    parts = (_DIGEST_DOMAIN, text, *materials)
    return Digest.of(b"".join(len(part).to_bytes(8, "big") + part for part in parts))
