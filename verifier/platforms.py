"""The platforms of an image, and the one that a run is narrowed to."""

from __future__ import annotations

from trust.errors import ImgtrustError
from trust.evidence import Child
from verifier.errors import MalformedContent
from verifier.manifest import Descriptor, Fetched, Index, Manifest, Platform
from verifier.registry.source import Source
from verifier.untrusted import json_object

CONFIG_LIMIT_BYTES = 4 * 1024 * 1024


class PlatformMissing(ImgtrustError):
    """The image is not for the platform of the run."""

    code = "platform-missing"


def chosen(fetched: Fetched, platform: Platform | None, source: Source) -> tuple[Child, ...]:
    """The runnable children of an index: all of them, or those for `platform`. Empty for a single image.

    Where several children are for the one platform, all of them are chosen: which one a runtime takes is its
    own affair. A single image is asked for its configuration only if a platform is given.

    Raises:
        PlatformMissing: the image is not for `platform`.
        RegistryError: the configuration could not be had.
        MalformedContent: an index without any image, or a configuration that does not parse.

    """
    if isinstance(fetched.document, Manifest):
        if platform is not None:
            _check_single(fetched.document, platform, source)
        return ()
    return _children(fetched.document, platform)


def platform_of_single(manifest: Manifest, source: Source) -> Platform:
    """The platform that the configuration of a single image says.

    Raises:
        RegistryError: the configuration could not be had.
        MalformedContent: it does not parse.

    """
    content = source.blob(manifest.config, limit_bytes=CONFIG_LIMIT_BYTES)
    config = json_object(content, "the image configuration")
    words = [config.get(name) for name in ("os", "architecture", "variant", "os.version")]
    os, architecture, variant, version = [word if isinstance(word, str) and word else None for word in words]
    return Platform(os or "unknown", architecture or "unknown", variant, version)


def _children(index: Index, platform: Platform | None) -> tuple[Child, ...]:
    images = index.images()
    if not images:
        raise MalformedContent("the index names no image that can be run")
    children = [one for one in images if platform is None or _matches(one, platform)]
    if not children:
        offered = ", ".join(sorted({_shown(one) for one in images})[:20])
        raise PlatformMissing(f"the image is not for `{platform}`; it is for {offered}")
    return tuple(Child(_shown(one), one.digest) for one in children)


def _check_single(manifest: Manifest, platform: Platform, source: Source) -> None:
    found = platform_of_single(manifest, source)
    if not _same(found, platform):
        raise PlatformMissing(f"the image is not for `{platform}`; it is for {found}")


def _matches(child: Descriptor, platform: Platform) -> bool:
    return child.platform is not None and _same(child.platform, platform)


def _same(found: Platform, wanted: Platform) -> bool:
    if (found.os, found.architecture) != (wanted.os, wanted.architecture):
        return False
    return wanted.variant is None or _variant(found) == wanted.variant


def _variant(platform: Platform) -> str | None:
    # Spec: OCI image-spec v1.1, "Platform Variants": arm64 without a variant is v8.
    return platform.variant or ("v8" if platform.architecture == "arm64" else None)


def _shown(child: Descriptor) -> str:
    return str(child.platform) if child.platform is not None else "no stated platform"
