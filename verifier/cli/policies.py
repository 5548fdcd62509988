"""Which policy a command uses: the one that is named, one key, or the one that is found."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from trust.digest import Digest
from trust.errors import PolicyError
from trust.key import VerificationKey
from trust.pattern import Pattern
from trust.policy import Policy, Rule, SignatureRequirement
from trust.signer import TrustedKey
from verifier.cli.reading import read_limited
from verifier.errors import UsageError

if TYPE_CHECKING:
    from trust.policy_file import PolicyFile

POLICY_NAME = "imgtrust.yaml"
_POLICY_LIMIT_BYTES = 1024 * 1024
_KEY_LIMIT_BYTES = 64 * 1024


def load_policy(path: str) -> Policy:
    """The policy in the file `path`, with the keys that it names.

    Raises:
        PolicyError: it cannot be enforced.
        TrustRootError: a key in it cannot be used.
        UsageError: the file cannot be read.

    """
    return check_policy(path).policy


def check_policy(path: str) -> PolicyFile:
    """The policy in the file `path`, with what in it looks like a mistake.

    Raises:
        PolicyError: it cannot be enforced.
        TrustRootError: a key in it cannot be used.
        UsageError: the file cannot be read.

    """
    from trust.policy_file import read_policy

    content = read_limited(Path(path), limit_bytes=_POLICY_LIMIT_BYTES, what="the policy")
    return read_policy(content, path, read_file=_reader(Path(path).parent), environment=os.environ)


def policy_of_key(path: str) -> Policy:
    """The policy that the key in the file `path` makes alone: every image must be signed by it.

    Raises:
        TrustRootError: the key cannot be used.
        UsageError: the file cannot be read.

    """
    key = key_from(path)
    signer = TrustedKey(Path(path).name, key)
    rule = Rule("--key", (Pattern.parse("**"),), signatures=(SignatureRequirement((signer,)),))
    return Policy(Digest.of(f"--key {key.fingerprint}".encode()), (rule,))


def key_from(path: str) -> VerificationKey:
    """The public key in the file `path`.

    Raises:
        TrustRootError: the key cannot be used.
        UsageError: the file cannot be read.

    """
    content = read_limited(Path(path), limit_bytes=_KEY_LIMIT_BYTES, what="the key")
    return VerificationKey.from_pem(content, f"`{path}`")


def find_policy(directory: Path) -> Path | None:
    """`imgtrust.yaml` in `directory` or above it, up to the root of its Git repository; None if there is none.

    The path is relative to `directory`, as people see it.

    Outside of a repository only `directory` itself is looked in: what lies above may be anybody's.
    """
    above = [directory, *directory.parents]
    root = next((one for one in above if os.path.lexists(one / ".git")), directory)
    searched = above[: above.index(root) + 1]
    found = next((one / POLICY_NAME for one in searched if os.path.lexists(one / POLICY_NAME)), None)
    return None if found is None else Path(os.path.relpath(found, directory))


def _reader(directory: Path) -> Callable[[str], bytes]:
    def read_file(name: str) -> bytes:
        try:
            return read_limited(directory / name, limit_bytes=_KEY_LIMIT_BYTES, what="the key")
        except UsageError as error:
            raise PolicyError(error.message, hint=error.hint) from error

    return read_file
