"""Which platforms of an image are judged."""

from __future__ import annotations

import pytest

from tests.support.images import CONFIG, Content, buildkit_index, encoded, for_platform, image, index, manifest
from tests.support.registry import LoopbackRegistry
from verifier.errors import ContentNotFound, LimitExceeded, MalformedContent
from verifier.manifest import Platform
from verifier.platforms import PlatformMissing, chosen
from verifier.registry.client import RegistrySource


def entries(*platforms: str | None) -> Content:
    """An index with an image for each of `platforms`; None is an entry that says none."""
    made = [(one, image(f"{at}")) for at, one in enumerate(platforms)]
    return index([content if one is None else for_platform(content, one) for one, content in made])


def picked(registry: LoopbackRegistry, source: RegistrySource, whole: Content, platform: str | None) -> list[str]:
    """The platforms of `whole` that are chosen where a run is narrowed to `platform`."""
    digest = registry.put("app", whole)
    wanted = None if platform is None else Platform.parse(platform)
    return [child.platform for child in chosen(source.manifest(digest), wanted, source)]


@pytest.mark.parametrize(
    ("offered", "wanted", "expected"),
    [
        (["linux/amd64", "linux/arm64"], None, ["linux/amd64", "linux/arm64"]),
        (["linux/amd64", "linux/arm64"], "linux/arm64", ["linux/arm64"]),
        (["linux/amd64", "windows/amd64"], "linux/amd64", ["linux/amd64"]),
        (["linux/arm64"], "linux/arm64/v8", ["linux/arm64"]),
        (["linux/arm64/v8", "linux/arm64/v9"], "linux/arm64", ["linux/arm64/v8", "linux/arm64/v9"]),
        (["linux/arm/v6", "linux/arm/v7"], "linux/arm/v6", ["linux/arm/v6"]),
        (["linux/arm"], "linux/arm/v7", ["linux/arm"]),
        (["linux/x86_64", "linux/amd64"], "linux/amd64", ["linux/x86_64", "linux/amd64"]),
        (["linux/aarch64"], "linux/arm64/v8", ["linux/aarch64"]),
        (["Linux/AMD64"], "linux/amd64", ["Linux/AMD64"]),
        (["linux/amd64", "linux/amd64"], "linux/amd64", ["linux/amd64", "linux/amd64"]),
        (["linux/amd64", None], "linux/amd64", ["linux/amd64", "no stated platform"]),
        (["linux/amd64", "unknown/unknown"], None, ["linux/amd64"]),
        (["unknown/unknown", "linux/unknown"], None, ["linux/unknown"]),
    ],
)
def test_what_a_runtime_could_take_is_chosen(
    registry: LoopbackRegistry, source: RegistrySource, offered: list[str], wanted: str | None, expected: list[str]
) -> None:
    assert picked(registry, source, entries(*offered), wanted) == expected


@pytest.mark.parametrize("wanted", ["linux/s390x", "windows/amd64", "linux/arm64/v9"])
def test_a_platform_that_is_not_offered_is_missing(
    registry: LoopbackRegistry, source: RegistrySource, wanted: str
) -> None:
    with pytest.raises(PlatformMissing, match="linux/amd64, linux/arm64"):
        picked(registry, source, entries("linux/arm64", "linux/amd64"), wanted)


def test_what_buildkit_adds_is_no_platform(registry: LoopbackRegistry, source: RegistrySource) -> None:
    assert picked(registry, source, buildkit_index("linux/amd64"), None) == ["linux/amd64"]


@pytest.mark.parametrize("whole", [index([]), entries("unknown/unknown")], ids=["empty", "attestations alone"])
def test_an_index_without_images_is_malformed(
    registry: LoopbackRegistry, source: RegistrySource, whole: Content
) -> None:
    with pytest.raises(MalformedContent, match="no image"):
        picked(registry, source, whole, None)


def test_an_index_with_too_many_images_is_refused(registry: LoopbackRegistry, source: RegistrySource) -> None:
    one = for_platform(image(), "linux/amd64").descriptor()
    whole = index([]).changed(manifests=[one] * 257)

    with pytest.raises(LimitExceeded, match="257"):
        picked(registry, source, whole, None)


def test_a_single_image_has_no_children_and_is_not_asked_for_more(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    assert picked(registry, source, image(), None) == []
    assert not any("blobs" in line for line in registry.lines)


@pytest.mark.parametrize(("wanted", "fits"), [("linux/arm64", True), ("linux/arm64/v8", True), ("linux/amd64", False)])
def test_a_single_image_is_for_what_its_configuration_says(
    registry: LoopbackRegistry, source: RegistrySource, wanted: str, fits: bool
) -> None:
    single = image(platform="linux/arm64")
    if fits:
        assert picked(registry, source, single, wanted) == []
        return
    with pytest.raises(PlatformMissing, match="it is for linux/arm64"):
        picked(registry, source, single, wanted)


@pytest.mark.parametrize("document", [{}, {"os": 1, "architecture": []}, {"os": "", "architecture": ""}])
def test_a_configuration_that_says_nothing_fits_no_platform(
    registry: LoopbackRegistry, source: RegistrySource, document: dict[str, object]
) -> None:
    with pytest.raises(PlatformMissing, match="unknown/unknown"):
        picked(registry, source, manifest(Content(CONFIG, encoded(document)), ()), "linux/amd64")


def test_a_configuration_that_is_gone_or_hostile_is_an_error(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    bad = manifest(Content(CONFIG, b"[]"), ())
    with pytest.raises(MalformedContent):
        picked(registry, source, bad, "linux/amd64")

    single = image()
    registry.put("app", single)
    registry.fault("/blobs/", status=404)
    with pytest.raises(ContentNotFound):
        picked(registry, source, single, "linux/amd64")
