"""`imgtrust demo`: a denied and an allowed image, without any server."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

import verifier.demo
from verifier.output.exit_code import ALLOW, DENY, INTERNAL

_STEPS = (
    (
        "A Compose file names two images. acme's release key has signed one of them; the policy asks for it.",
        ("verify", "-f", "compose.yaml", "--policy", "imgtrust.yaml"),
        DENY,
    ),
    (
        "The signed image alone:",
        ("verify", "ghcr.io/acme/app:1.4", "--policy", "imgtrust.yaml"),
        ALLOW,
    ),
    (
        "What a finding means:",
        ("explain", "no-signatures"),
        ALLOW,
    ),
)


@click.command("demo")
def command() -> int:
    """Show a denied and an allowed image, without any server.

    Everything is read from a folder that comes with imgtrust: an OCI image layout whose images the real cosign
    signed, a Compose file and a policy.
    """
    folder = Path(verifier.demo.__path__[0])
    click.echo(f"The demo lies in {folder}")
    os.chdir(folder)
    shown = [_shown(*step) for step in _STEPS]
    return ALLOW if all(shown) else INTERNAL


def _shown(what: str, arguments: tuple[str, ...], expected: int) -> bool:
    """Show one step; whether it ended as it should."""
    from verifier.cli import run

    click.echo(f"\n{what}\n\n$ imgtrust {' '.join(arguments)}")
    sys.stdout.flush()
    code = run(list(arguments))
    click.echo(f"exit code {code}")
    if code != expected:
        click.echo(f"error: the exit code should be {expected}", err=True)
    return code == expected
