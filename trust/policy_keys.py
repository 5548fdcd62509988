"""The model of the policy file: every key there is, what it means and what may stand there.

The reader, the JSON Schema and the reference in the documentation all come from here.
"""

from __future__ import annotations

from enum import Enum

from trust import policy_values as values
from trust.digest import Digest
from trust.pattern import Pattern
from trust.policy import MutableTag, Platforms
from trust.policy_record import Key, Record
from trust.policy_shape import Choice, ListOf, MapOf, OneOrMore, Text, Whole

SIGNERS_LIMIT = 1000


class KeyHash(Enum):
    """What the signatures of a key hash the message with, where it is not the key's own hash."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class RepositoryBinding(Enum):
    """How the repository is bound by a signature."""

    SIGNED = "signed"


class Mode(Enum):
    """Whether a rule's decision is acted on."""

    ENFORCE = "enforce"
    WARN = "warn"


NAME = Text("a name", values.name, values.NAME)
LINE = Text("text", values.line)
EXACT = Text("text", values.exact)
PATTERN = Text("a pattern over canonical repositories", Pattern.parse, r"^[a-z0-9._:/\[\]*-]{2,512}$")
DIGEST = Text("a digest", Digest.parse, r"^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$")
DAY = Text("a day", values.day, values.DAY)
REGISTRY = Text("a registry", values.registry, r"^[a-z0-9.:\[\]-]+$")

KEY_FILE = Key("file", EXACT, "A file with the public key in PEM, relative to the policy file.")
KEY_PEM = Key("pem", Text("a key in PEM", values.pem), "The public key itself, in PEM.")
KEY_ENV = Key(
    "env",
    Text("the name of an environment variable", values.environment_name, values.ENVIRONMENT_NAME),
    "An environment variable that holds the public key in PEM.",
)
KEY_HASH = Key(
    "hash",
    Choice(KeyHash),
    "The hash of this key's signatures, where it is not the key's own: SHA-256 for P-256 and RSA, SHA-384 for "
    "P-384, SHA-512 for P-521. An Ed25519 key has no choice.",
)
KEY = Record((KEY_FILE, KEY_PEM, KEY_ENV, KEY_HASH), exactly_one=("file", "pem", "env"))

DENY_IMAGES = Key("images", ListOf(PATTERN), "Images that are denied by name, before any request is sent.")
DENY_DIGESTS = Key("digests", ListOf(DIGEST), "Digests that are denied wherever they are found.")
DENY_REASON = Key("reason", LINE, "Why; it is shown with every denial.", required=True)
DENIAL = Record((DENY_IMAGES, DENY_DIGESTS, DENY_REASON), at_least_one=("images", "digests"))

FROM = Key("from", ListOf(NAME), "The names of the keys whose signatures count.", required=True)
AT_LEAST = Key(
    "at_least",
    Whole(1, SIGNERS_LIMIT),
    "How many distinct keys must have signed. One key counts once, however often it signed.",
    default=1,
)
ANNOTATIONS = Key(
    "annotations",
    MapOf(EXACT, EXACT),
    "Annotations that one and the same signature must have signed, with these values.",
)
REPOSITORY = Key(
    "repository",
    Choice(RepositoryBinding),
    "`signed`: the signed payload must name the repository that is judged. Left out, a signature about the same "
    "digest in another repository counts too.",
)
SIGNATURES = Record((FROM, AT_LEAST, ANNOTATIONS, REPOSITORY))

UNSIGNED_REASON = Key("reason", LINE, "Why; it is shown in every verdict that rests on it.", required=True)
UNSIGNED_UNTIL = Key("until", DAY, "The last day on which it holds, in UTC, as `2027-06-30`.", required=True)
UNSIGNED_DIGESTS = Key("digests", ListOf(DIGEST), "The digests that it is narrowed to. Left out, it holds for all.")
UNSIGNED = Record((UNSIGNED_REASON, UNSIGNED_UNTIL, UNSIGNED_DIGESTS))

RULE_NAME = Key(
    "name",
    Text("a name", values.rule_name, values.RULE_NAME),
    "What verdicts call the rule. Left out, it is its place, as `rules[0]`.",
)
RULE_IMAGES = Key("images", ListOf(PATTERN), "The images that the rule is about.", required=True)
RULE_SIGNATURES = Key(
    "signatures",
    OneOrMore(SIGNATURES),
    "Whose signatures are required. Of a list, every requirement must be met.",
)
RULE_UNSIGNED = Key(
    "unsigned",
    UNSIGNED,
    "Leave to run without the signatures that the rule requires, or without any, for a reason and until a day.",
)
RULE_MUTABLE_TAG = Key(
    "mutable_tag",
    Choice(MutableTag),
    "What a reference without a digest leads to.",
    default=MutableTag.WARN.value,
)
RULE_PLATFORMS = Key(
    "platforms",
    Choice(Platforms),
    "Which digests of a multi-platform image must be signed: the index, every platform of it, or one of the two.",
    default=Platforms.INDEX_OR_CHILDREN.value,
)
RULE_MODE = Key(
    "mode",
    Choice(Mode),
    "`warn` leaves the decision as it is and marks it as not enforced: `verify` shows it and exits with 0.",
    default=Mode.ENFORCE.value,
)
RULE = Record(
    (RULE_NAME, RULE_IMAGES, RULE_SIGNATURES, RULE_UNSIGNED, RULE_MUTABLE_TAG, RULE_PLATFORMS, RULE_MODE),
    at_least_one=("signatures", "unsigned"),
)

VERSION = Key("version", Whole(1, 1), "The version of the policy language.", required=True)
KEYS = Key("keys", MapOf(NAME, KEY), "The public keys that rules can trust, each under a name.")
DENY = Key("deny", ListOf(DENIAL), "What is denied before every rule.")
RULES = Key(
    "rules",
    ListOf(RULE),
    "What is required of images. The first rule that matches an image decides; what no rule matches is denied.",
    required=True,
)
REGISTRY_MAP = Key(
    "registry_map",
    MapOf(
        Text("a registry, a beginning of repositories, or `*`", values.mapped_from),
        Text("a registry, a beginning of repositories, or `oci:DIR`", values.mapped_to),
    ),
    "Where images are fetched instead of at their own registry. They are judged by their own name.",
)
ALIASES = Key(
    "aliases",
    MapOf(
        Text("a registry or a beginning of repositories", values.prefix),
        Text("a registry or a beginning of repositories", values.prefix),
    ),
    "Names in files, such as a proxy's, and the names that they are judged by.",
)
INSECURE_REGISTRIES = Key(
    "insecure_registries", ListOf(REGISTRY), "Registries that are asked over plain HTTP. Loopback needs no entry."
)
SIGNATURE_REPOSITORY = Key(
    "signature_repository",
    Text("a repository", values.repository),
    "A repository where signatures are looked for too, beside the image's own.",
)
TOKEN_REALMS = Key(
    "token_realms",
    MapOf(REGISTRY, REGISTRY),
    "Hosts of token services that lie outside of the domain of their registry: credentials of the registry are sent "
    "there and to no other host.",
)
POLICY = Record(
    (
        VERSION,
        KEYS,
        DENY,
        RULES,
        REGISTRY_MAP,
        ALIASES,
        INSECURE_REGISTRIES,
        SIGNATURE_REPOSITORY,
        TOKEN_REALMS,
    ),
    first="version",
)
