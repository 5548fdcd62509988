"""The platforms of an image, and the one that a run is narrowed to."""

from __future__ import annotations

from trust.errors import ImgtrustError
from trust.evidence import Child
from verifier.errors import MalformedContent
from verifier.manifest import Descriptor, Fetched, Index, Manifest, Platform
from verifier.registry.source import Source
from verifier.untrusted import json_object

CONFIG_LIMIT_BYTES = 4 * 1024 * 1024

_SPELLINGS = {
    "aarch64": ("arm64", None),
    "armel": ("arm", "v6"),
    "armhf": ("arm", "v7"),
    "i386": ("386", None),
    "x86-64": ("amd64", None),
    "x86_64": ("amd64", None),
}
_VARIANTS = {"amd64": "v1", "arm": "v7", "arm64": "v8"}
"""What no variant means."""


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
    # Runtimes take a child without a platform for every one, and look into its configuration only then.
    return child.platform is None or _same(child.platform, platform)


def _same(found: Platform, wanted: Platform) -> bool:
    found, wanted = _normal(found), _normal(wanted)
    if found.os not in ("", wanted.os) or found.architecture != wanted.architecture:
        return False
    return wanted.variant is None or _variant(found) == wanted.variant


def _variant(platform: Platform) -> str | None:
    return platform.variant or _VARIANTS.get(platform.architecture)


def _normal(platform: Platform) -> Platform:
    """`platform` in the spelling that runtimes reduce all others to; one that they would take must not be missed.

    Spec: OCI image-spec v1.1, "Platform Variants"; the other spellings are those of containerd's platforms. An
    empty system is every one there.
    """
    system, architecture = platform.os.lower(), platform.architecture.lower()
    architecture, variant = _SPELLINGS.get(architecture, (architecture, None))
    variant = platform.variant.lower() if platform.variant else variant
    if variant is not None and variant.isdigit():
        variant = f"v{variant}"
    return Platform(system, architecture, variant)


def _shown(child: Descriptor) -> str:
    return str(child.platform) if child.platform is not None else "no stated platform"
