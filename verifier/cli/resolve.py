"""`imgtrust resolve`: what references name now."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from trust.errors import ImgtrustError
from verifier.cli.session import Session, format_option, open_session, options_from, registry_options
from verifier.manifest import Fetched, Manifest
from verifier.name import ImageName
from verifier.output.exit_code import ALLOW, UNDECIDED
from verifier.output.printable import printable
from verifier.patience import patiently
from verifier.platforms import platform_of_single
from verifier.registry.source import Source

RESOLVE_VERSION = 1


@click.command("resolve")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@format_option
@registry_options
def command(**values: Any) -> int:  # noqa: ANN401 - click's parameters
    """Show what references name now: digest, kind, platforms; one line each.

    Nothing is verified: this is what the registry says. Exit code 3 if anything could not be resolved.
    """
    with open_session(options_from(values), None, Path()) as session:
        futures = [session.requests.submit(partial(_answer, session, text)) for text in values["images"]]
        answers = [patiently(future) for future in futures]
    if values["output"] == "json":
        click.echo(json.dumps({"version": RESOLVE_VERSION, "images": answers}, indent=2))
    else:
        _print_lines(answers)
    return UNDECIDED if any("error" in answer for answer in answers) else ALLOW


def _answer(session: Session, text: str) -> Mapping[str, Any]:
    try:
        return _resolved(session, text)
    except ImgtrustError as error:
        return {"requested": text, "error": {"code": error.code, "message": error.message, "hint": error.hint}}


def _resolved(session: Session, text: str) -> Mapping[str, Any]:
    name = session.sources.identify(text)
    image = session.sources.open_image(name)
    fetched = _fetch(name, image.source, image.resolve)
    return {
        "requested": text,
        "repository": name.repository,
        "tag": name.tag,
        "digest": str(fetched.descriptor.digest),
        "pinned": name.pinned(fetched.descriptor.digest),
        "kind": "image" if isinstance(fetched.document, Manifest) else "index",
        "media_type": fetched.descriptor.media_type,
        "platforms": _platforms(fetched, image.source),
    }


def _fetch(name: ImageName, source: Source, resolve: Callable[[], Fetched]) -> Fetched:
    return resolve() if name.digest is None else source.manifest(name.digest)


def _platforms(fetched: Fetched, source: Source) -> list[str]:
    if isinstance(fetched.document, Manifest):
        return [str(platform_of_single(fetched.document, source))]
    return [str(child.platform) for child in fetched.document.images() if child.platform is not None]


def _print_lines(answers: Sequence[Mapping[str, Any]]) -> None:
    width = max(len(printable(answer["requested"])) for answer in answers)
    for answer in answers:
        requested = printable(answer["requested"]).ljust(width)
        if "error" in answer:
            click.echo(f"{requested}  {answer['error']['code']}: {printable(answer['error']['message'])}")
        else:
            platforms = printable(", ".join(answer["platforms"]))
            click.echo(f"{requested}  {answer['digest']}  {answer['kind']:5}  {platforms}")
