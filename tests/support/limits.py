"""The limits in the code, found there, and the page that lists them."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_NAME = re.compile(
    r"_?([A-Z]+_)*(LIMIT|LIMIT_BYTES|TIMEOUT_S|TRIES|PAUSE_S|REDIRECTS|CONNECTIONS|WORKERS|BITS)", re.ASCII
)

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Time": {
        "verifier.sources:DECISION_TIMEOUT_S": "everything that is asked about one image, rate limits included",
        "verifier.registry.client:QUESTION_TIMEOUT_S": "one question to a registry, where nothing else sets an end",
        "verifier.registry.exchange:REQUEST_TIMEOUT_S": "one request, with redirects and body",
        "verifier.registry.engine_dial:CONNECT_TIMEOUT_S": "opening one connection",
        "verifier.registry.credential_helper:TIMEOUT_S": "one answer of a credential helper",
        "verifier.registry.retry:FIRST_PAUSE_S": "the pause before the second try; doubled for each further one",
    },
    "Requests": {
        "verifier.registry.retry:TRIES": "tries where no answer or a server error comes",
        "verifier.registry.retry:RATE_LIMITED_TRIES": "tries where a rate limit refuses, each after its wait",
        "verifier.registry.transport:BLOB_REDIRECTS": "redirects of a blob to other hosts; a manifest has none",
        "verifier.registry.transport:OWN_REDIRECTS": "redirects within the registry's own origin",
        "verifier.registry.exchange:HEAD_LIMIT_BYTES": "status line and headers of an answer",
        "verifier.registry.exchange:HEADER_LIMIT": "headers of an answer",
        "verifier.registry.exchange:ERROR_LIMIT_BYTES": "the body of an error, and of an answer of a token service",
        "verifier.registry.http1:_CHUNK_LINE_LIMIT": "bytes in the line that starts a chunk of an answer",
        "verifier.registry.http1:_INTERIM_LIMIT": "interim answers (1xx) before an answer",
        "verifier.registry.address:_URL_LIMIT": "characters in an address that a registry names",
        "verifier.registry.pages:_LINK_LIMIT": "characters in the header that names the next page",
        "verifier.registry.challenge:HEADER_LIMIT": "characters in the header that says how to authenticate",
        "verifier.registry.challenge:_CHALLENGE_LIMIT": "challenges in it",
        "verifier.registry.token:_SERVICE_LIMIT": "characters in the name of a token service",
        "verifier.cli.session:CONNECTIONS": "requests that run at the same time in one run",
        "verifier.decide:IMAGE_WORKERS": "images that are judged at the same time",
    },
    "Images": {
        "verifier.manifest:MANIFEST_LIMIT_BYTES": "a manifest or an index",
        "verifier.manifest:LAYER_LIMIT": "layers of a manifest",
        "verifier.manifest:CHILD_LIMIT": "images that an index names",
        "verifier.manifest:_ANNOTATION_LIMIT": "annotations of a manifest or a descriptor",
        "verifier.manifest:_SIZE_LIMIT": "the size that a descriptor may say, in bytes",
        "verifier.platforms:CONFIG_LIMIT_BYTES": "the configuration of an image",
        "verifier.untrusted:DEPTH_LIMIT": "levels of JSON that others wrote",
        "verifier.reference:NAME_LIMIT": "characters in the repository of a reference",
        "verifier.registry.client:TAG_PAGE_LIMIT": "pages of a list of tags",
        "verifier.registry.client:TAG_LIMIT": "tags of a repository",
        "verifier.registry.client:_MEMO_LIMIT_BYTES": "content of one repository that is kept in memory",
        "verifier.registry.layout:LISTED_LIMIT": "manifests that a layout lists",
        "verifier.registry.layout:_VERSION_LIMIT_BYTES": "the file `oci-layout`",
        "verifier.registry.layout:_MEMO_LIMIT_BYTES": "content of one layout that is kept in memory",
        "verifier.registry.layout_unlisted:UNLISTED_LIMIT": "blobs of a layout by `cosign save` that are looked at",
        "verifier.registry.layout_unlisted:REFERRER_LIMIT_BYTES": "a blob of such a layout that may be a referrer",
    },
    "Signatures": {
        "verifier.registry.client:REFERRER_PAGE_LIMIT": "pages of a list of referrers",
        "verifier.registry.client:REFERRER_LIMIT": "referrers in such a list",
        "verifier.signatures.discover:CANDIDATE_LIMIT": "signatures and attestations on one digest in one place",
        "verifier.signatures.discover:PAYLOAD_LIMIT_BYTES": "the payload of a simple signing signature, in a registry",
        "verifier.signatures.discover:ATTESTATION_LIMIT_BYTES": "a bundle or an attestation, in a registry",
        "verifier.signatures.discover:TOTAL_LIMIT": "referrers, signatures, attestations on an image, or its platforms",
        "verifier.signatures.discover:TOTAL_LIMIT_BYTES": "signatures and attestations on an image, or its platforms",
        "verifier.signatures.annotations:PAYLOAD_LIMIT_BYTES": "a simple signing payload, where it is parsed",
        "verifier.signatures.annotations:ATTESTATION_LIMIT_BYTES": "an attestation, where it is parsed",
        "verifier.signatures.annotations:CERTIFICATE_LIMIT": "certificates beside a simple signing signature",
        "verifier.signatures.bundle:BUNDLE_LIMIT_BYTES": "a bundle, where it is parsed",
        "verifier.signatures.bundle:LOG_ENTRY_LIMIT": "log entries in a bundle",
        "verifier.signatures.bundle:TIMESTAMP_LIMIT": "timestamps in a bundle",
        "verifier.signatures.bundle:CERTIFICATE_LIMIT": "certificates in a bundle",
        "verifier.signatures.bundle:PROOF_LIMIT": "hashes in an inclusion proof",
        "verifier.signatures.log_entry:SIGNATURES_IN_ENTRY_LIMIT": "signatures in a log entry",
        "verifier.signatures.dsse:SIGNATURE_LIMIT": "signatures in an envelope",
        "verifier.signatures.dsse:VALUE_LIMIT": "values in an envelope or a bundle",
        "verifier.attestations.statement:SUBJECT_LIMIT": "subjects of a statement",
        "verifier.attestations.statement:VALUE_LIMIT": "values in a statement",
        "verifier.attestations.statement:DIGEST_LIMIT": "digests of a subject",
        "trust.key:RSA_MINIMUM_BITS": "bits that an RSA key has at least",
        "trust.key:RSA_MAXIMUM_BITS": "bits that an RSA key has at most",
    },
    "Policies, keys and credentials": {
        "trust.yaml_text:SIZE_LIMIT_BYTES": "a policy",
        "verifier.cli.policies:_POLICY_LIMIT_BYTES": "a policy, where it is read",
        "trust.yaml_text:DEPTH_LIMIT": "levels of a policy",
        "trust.yaml_text:ANCHOR_LIMIT": "anchors in a policy",
        "trust.yaml_text:NODE_LIMIT": "values of a policy, after every alias was expanded",
        "trust.policy_values:_TEXT_LIMIT": "characters in one text of a policy",
        "trust.pattern:_LENGTH_LIMIT": "characters in a pattern",
        "trust.policy_keys:SIGNERS_LIMIT": "keys of a policy",
        "trust.key:_KEY_FILE_LIMIT_BYTES": "a key",
        "verifier.cli.policies:_KEY_LIMIT_BYTES": "a key, where it is read",
        "verifier.registry.credentials:FILE_LIMIT_BYTES": "a file with credentials",
        "verifier.registry.credential_helper:OUTPUT_LIMIT_BYTES": "what a credential helper prints",
    },
    "Compose projects": {
        "verifier.files.disk:FILE_LIMIT_BYTES": "one file of a project",
        "verifier.files.yaml.reader:FILE_LIMIT_BYTES": "one Compose file, where it is parsed",
        "verifier.files.yaml.reader:DOCUMENT_LIMIT": "documents in a file",
        "verifier.files.yaml.composer:DEPTH_LIMIT": "levels of a file",
        "verifier.files.yaml.composer:ANCHOR_LIMIT": "anchors in a file",
        "verifier.files.yaml.composer:NODE_LIMIT": "values of a file, after every alias was expanded",
        "verifier.files.compose.source:READS_LIMIT": "times that files are taken up, by `include`, `extends` or `-f`",
        "verifier.files.compose.source:BYTES_LIMIT": "their text together",
        "verifier.files.compose.source:VALUES_LIMIT": "values of them together",
        "verifier.files.compose.extends:CHAIN_LIMIT": "services that extend each other in a chain",
        "verifier.files.compose.assembly:INCLUDE_LIMIT": "files that include each other in a chain",
        "verifier.files.compose.template:NESTING_LIMIT": "variables within the default of a variable",
        "verifier.files.compose.template:RESULT_LIMIT": "characters that a text has after its variables were replaced",
    },
}
"""What is limited, by where its constant is. A limit that is in the code and not here turns a test red."""

_NO_LIMIT = frozenset(
    {
        "verifier.reference:_PORT_LIMIT",  # the largest port that there is
        "verifier.sources:PREPARED_CONNECTIONS",  # opened ahead, of those that are limited elsewhere
        "verifier.files.compose.template:TOLD_LIMIT",  # how much is shown, of something that is read whole
    }
)

_HEAD = """\
# Limits

What is read has an end. A limit that is hit is a failure with the finding `limit-exceeded`, or with the error of the
file that is too large: nothing is cut short and used. No option changes them, but `--timeout` for the time that one
image has.

This page is written by `python -m tests.support.reference` and held against the code by `tests/test_docs.py`.
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """A constant of the code: `module:NAME`, and its value."""

    where: str
    value: float

    @property
    def shown(self) -> str:
        """Its value with its unit."""
        if self.where.endswith("_S"):
            return f"{self.value:g} s"
        return _bytes(int(self.value)) if "BYTES" in self.where else f"{self.value:,}"


def limits_in_code() -> dict[str, Limit]:
    """Every limit of the packages, by where it is."""
    found = (limit for package in ("trust", "verifier") for limit in _of_package(package))
    return {limit.where: limit for limit in found if limit.where not in _NO_LIMIT}


def limits_page() -> str:
    """The page of limits, as the code has them."""
    limits = limits_in_code()
    parts = [_HEAD]
    for title, entries in SECTIONS.items():
        parts.append(f"\n## {title}\n\n| limit | value | constant |\n|---|---|---|\n")
        parts += [
            f"| {what} | {limits[where].shown} | `{where.replace(':', '.')}` |\n" for where, what in entries.items()
        ]
    return "".join(parts)


def _of_package(package: str) -> Iterator[Limit]:
    for path in sorted((ROOT / package).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name in _constants(ast.parse(path.read_text(encoding="utf-8"))):
            value = getattr(importlib.import_module(module), name)
            if isinstance(value, int | float):
                yield Limit(f"{module}:{name}", value)


def _constants(tree: ast.Module) -> Iterator[str]:
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Name) and _NAME.fullmatch(target.id):
                yield target.id


def _bytes(value: int) -> str:
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if value % (1 << power) == 0:
            return f"{value >> power} {unit}"
    return f"{value} bytes"
