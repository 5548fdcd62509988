"""A part that breaks is a bug, and never a verdict that admits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

import verifier.demo
from verifier.cli.policies import policy_of_key
from verifier.decide import Judge, Question, decide_all
from verifier.registry.hosts import RegistryMap
from verifier.registry.transport import HttpSettings, Transport
from verifier.sources import OpenImage, Sources

DEMO = Path(verifier.demo.__path__[0])
SIGNED = f"oci:{DEMO}/layout:ghcr.io/acme/app:1.4"


class Broken(Exception):
    """What no part of the program knows."""


def broken(*_: object, **__: object) -> NoReturn:
    raise Broken


@pytest.fixture
def judge() -> Any:
    with Transport(HttpSettings()) as transport, ThreadPoolExecutor(4) as pool:
        sources = Sources(transport, RegistryMap.parse({}))
        yield Judge(
            policy=policy_of_key(str(DEMO / "release.pub")),
            identify=sources.identify,
            open_image=sources.open_image,
            requests=pool,
            now=datetime.now(UTC),
        )


class BrokenSource:
    """A source of which one question breaks."""

    def __init__(self, image: OpenImage, question: str) -> None:
        self._image = image
        self._question = question

    def __getattr__(self, name: str) -> Any:
        return broken if name == self._question else getattr(self._image.source, name)


def with_broken_source(judge: Judge, question: str) -> Judge:
    def opened(name: Any) -> OpenImage:
        image = judge.open_image(name)
        return replace(image, source=BrokenSource(image, question))  # type: ignore[arg-type]

    return replace(judge, open_image=opened)


BREAKS: dict[str, Callable[[Judge], Judge]] = {
    "naming": lambda judge: replace(judge, identify=broken),
    "opening": lambda judge: replace(judge, open_image=broken),
    "resolving": lambda judge: replace(judge, open_image=lambda name: replace(judge.open_image(name), resolve=broken)),
    "referrers": lambda judge: with_broken_source(judge, "referrers"),
    "manifest": lambda judge: with_broken_source(judge, "manifest"),
    "blob": lambda judge: with_broken_source(judge, "blob"),
    "tags": lambda judge: with_broken_source(judge, "by_tag"),
}


def test_pol_11_the_twin_is_allowed(judge: Judge) -> None:
    assert judge.decide(Question(SIGNED)).admitted


@pytest.mark.parametrize("where", BREAKS)
@pytest.mark.parametrize("images", [1, 3])
def test_pol_11_a_part_that_breaks_is_never_an_allow(judge: Judge, where: str, images: int) -> None:
    broken_judge = BREAKS[where](judge)

    with pytest.raises(Broken):
        list(decide_all(broken_judge, [Question(SIGNED)] * images))
