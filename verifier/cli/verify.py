"""`imgtrust verify`: judge images, or all images of a Compose project."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from trust.policy import Policy
from trust.verdict import Verdict
from verifier.cli.policies import POLICY_NAME, find_policy, load_policy, policy_of_key
from verifier.cli.session import open_session, options_from, registry_options
from verifier.decide import Judge, Question, decide_all
from verifier.errors import UsageError
from verifier.manifest import Platform
from verifier.output.exit_code import UNDECIDED, exit_code
from verifier.reference import Repository

_PATH_ENDINGS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line asks about: images, and notes about what was not judged."""

    questions: tuple[Question, ...]
    notes: tuple[dict[str, Any], ...]
    project: Any = None


@click.command("verify")
@click.argument("what", nargs=-1, metavar="[IMAGE|FILE]...")
@click.option("-f", "--file", "files", multiple=True, metavar="FILE", help="A Compose file; several are merged.")
@click.option("--env-file", "env_files", multiple=True, metavar="FILE", help="Variables for the Compose files.")
@click.option("--profile", "profiles", multiple=True, help="A Compose profile to activate.")
@click.option("--project-directory", metavar="DIR", help="The directory of the Compose project.")
@click.option("--policy", "policy_path", envvar="IMGTRUST_POLICY", metavar="FILE", help="The trust policy.")
@click.option("--key", "key_path", metavar="FILE", help="Instead of a policy: one key that must have signed.")
@click.option("--platform", metavar="OS/ARCH", help="Judge this platform of each image.")
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--write-override", metavar="FILE", help="Write a Compose override with the digests that were verified.")
@registry_options
def command(**values: Any) -> int:
    """Judge images, or all images of a Compose project.

    An argument that is an existing file is a Compose file; anything else is an image reference. Without
    arguments and -f, the Compose project of this directory is judged, as `docker compose` would find it.
    """
    policy, policy_file = _policy(values["policy_path"], values["key_path"])
    platform = Platform.parse(values["platform"]) if values["platform"] else None
    asked = _asked(values)
    base = Path(policy_file).parent if policy_file else Path()
    with open_session(options_from(values), policy, base) as session:
        judge = Judge(
            policy=policy,
            identify=session.sources.identify,
            open_image=session.sources.open_image,
            signature_sources=_signature_sources(policy, session.sources.open_repository),
            requests=session.requests,
            now=datetime.now(UTC),
            platform=platform,
        )
        verdicts = list(_with_progress(decide_all(judge, asked.questions), len(asked.questions)))
    code = exit_code(verdicts)
    if values["write_override"] is not None:
        _write_override(values["write_override"], asked, verdicts)
    _print(values["output"], verdicts, asked.notes)
    return code
