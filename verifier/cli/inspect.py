"""`imgtrust inspect`: everything that is attached to an image, before a policy exists."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click

from trust.evidence import Rejection, VerifiedSignature, VerifiedStatement
from trust.key import VerificationKey
from verifier.cli.policies import key_from
from verifier.cli.session import Session, format_option, open_session, options_from, registry_options
from verifier.manifest import Fetched, Index
from verifier.output.exit_code import ALLOW, UNDECIDED
from verifier.output.printable import printable
from verifier.output.text import signer_text
from verifier.patience import aside
from verifier.signatures.claimed import claimed
from verifier.signatures.discover import Discovery, Material, discover
from verifier.signatures.judge import candidates
from verifier.signatures.verify import verify

INSPECT_VERSION = 1


@click.command("inspect")
@click.argument("image", metavar="IMAGE")
@click.option("--key", "key_paths", multiple=True, metavar="FILE", help="Say which signatures this key made.")
@format_option
@registry_options
def command(**values: Any) -> int:  # noqa: ANN401 - click's parameters
    """List everything that is attached to an image, and who seems to have signed it.

    Nothing here is a verdict: what is listed says so of itself, unless a key was given and verifies it. Exit code
    3 if a place could not be read.
    """
    keys = [key_from(path) for path in values["key_paths"]]
    with open_session(options_from(values), None, Path()) as session:
        document = aside(partial(_inspected, session, values["image"], keys))
    if values["output"] == "json":
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo("\n".join(_lines(document)))
    return UNDECIDED if document["gaps"] else ALLOW


def _inspected(session: Session, text: str, keys: Sequence[VerificationKey]) -> Mapping[str, Any]:
    name = session.sources.identify(text)
    image = session.sources.open_image(name)
    fetched = image.resolve() if name.digest is None else image.source.manifest(name.digest)
    images = fetched.document.images() if isinstance(fetched.document, Index) else ()
    digests = [fetched.descriptor.digest, *(child.digest for child in images)]
    found = discover(digests, (image.source,), session.requests)
    return {
        "version": INSPECT_VERSION,
        "requested": text,
        "repository": name.repository,
        "digest": str(fetched.descriptor.digest),
        "media_type": fetched.descriptor.media_type,
        "platforms": {str(child.digest): str(child.platform or "no stated platform") for child in images},
        "attached": [
            *(entry for material in found.materials for entry in _attached(material, fetched, keys)),
            *_beside(found),
            *_buildkit(fetched),
        ],
        "gaps": [{"digest": str(gap.digest), "code": gap.code, "reason": gap.reason} for gap in found.gaps],
    }


def _attached(material: Material, fetched: Fetched, keys: Sequence[VerificationKey]) -> Iterator[Mapping[str, Any]]:
    artifact = fetched.content if material.digest == fetched.descriptor.digest else None
    for one in candidates(material):
        where = {"digest": str(material.digest), "origin": str(material.origin)}
        if isinstance(one, Rejection):
            yield {**where, "kind": "unreadable", "problem": f"{one.step}: {one.reason}", "verified": None}
            continue
        outcome = verify(one, keys, artifact) if keys else None
        yield {**where, **asdict(claimed(one)), "verified": _verified(outcome)}


def _verified(outcome: VerifiedSignature | VerifiedStatement | Rejection | None) -> str | None:
    if outcome is None:
        return None
    if isinstance(outcome, Rejection):
        return f"no: {outcome.step}: {outcome.reason}"
    return f"by {signer_text(outcome.signer)}"


def _beside(found: Discovery) -> Iterator[Mapping[str, Any]]:
    for rejection in found.rejections:
        problem = f"{rejection.step}: {rejection.reason}"
        yield _entry(str(rejection.digest), str(rejection.origin), "unreadable", problem=problem)
    for unsigned in found.unsigned:
        yield _entry(str(unsigned.digest), str(unsigned.origin), "unsigned", content=unsigned.kind)


def _buildkit(fetched: Fetched) -> Iterator[Mapping[str, Any]]:
    if isinstance(fetched.document, Index):
        for child in fetched.document.children:
            if not child.runnable:
                origin = f"BuildKit attestation at index entry {child.digest}"
                yield _entry(str(fetched.descriptor.digest), origin, "unsigned", content=child.media_type)


def _entry(digest: str, origin: str, kind: str, **more: str) -> Mapping[str, Any]:
    return {"digest": digest, "origin": origin, "kind": kind, "verified": None, **more}


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield printable(document["requested"])
    yield f"  digest      {document['digest']}"
    yield f"  kind        {printable(document['media_type'])}"
    for digest, platform in document["platforms"].items():
        yield f"  platform    {printable(platform)}  {digest}"
    for entry in document["attached"]:
        yield from _entry_lines(entry, document["digest"])
    if not document["attached"]:
        yield "  nothing is attached"
    for gap in document["gaps"]:
        yield f"  not read    {printable(gap['reason'])}"


def _entry_lines(entry: Mapping[str, Any], digest: str) -> Iterator[str]:
    kind = entry["kind"].ljust(11)
    yield f"  {kind} {printable(entry['origin'])}"
    about = {
        "for": entry["digest"] if entry["digest"] != digest else None,
        "type": entry.get("predicate_type") or entry.get("content"),
        "says it is by": entry.get("signer"),
        "repository": entry.get("repository"),
        "annotations": ", ".join(f"{name}={value}" for name, value in (entry.get("annotations") or {}).items()),
        "problem": entry.get("problem"),
        "verified": entry["verified"] if entry["verified"] else ("no key was given" if entry.get("signer") else None),
    }
    for word, value in about.items():
        if value:
            yield f"              {word}: {printable(value)}"
