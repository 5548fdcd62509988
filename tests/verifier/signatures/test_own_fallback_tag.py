"""`cosign copy` puts the image itself under the tag where the list of its referrers belongs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.images import Content, artifact, image, index, platform_index
from tests.support.layouts import named, write_layout
from verifier.registry.layout import LayoutSource
from verifier.signatures.discover import Discovery, discover, tag_stem


def _discovered(directory: Path, whole: Content, under_its_fallback_tag: Content) -> Discovery:
    stem = tag_stem(whole.digest)
    write_layout(directory, [named(whole, "app"), named(under_its_fallback_tag, stem)])
    with ThreadPoolExecutor(2) as pool:
        return discover([whole.digest], [LayoutSource(directory)], pool)


@pytest.mark.parametrize("whole", [image(), platform_index("linux/amd64", "linux/arm64")], ids=["image", "index"])
def test_an_image_under_its_own_fallback_tag_is_nothing_attached(whole: Content, tmp_path: Path) -> None:
    assert _discovered(tmp_path, whole, whole) == Discovery()


def test_another_image_under_the_fallback_tag_is_rejected(tmp_path: Path) -> None:
    found = _discovered(tmp_path, image(), image("another"))

    assert [rejection.step for rejection in found.rejections] == ["material"]


def test_a_list_under_the_fallback_tag_is_followed(tmp_path: Path) -> None:
    whole = image()
    referrer = artifact("application/example", subject=whole)

    found = _discovered(tmp_path, whole, index([referrer]))

    assert [one.digest for one in found.unsigned] == [whole.digest]
