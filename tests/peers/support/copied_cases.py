"""Rows of the comparison: images that were signed in one repository and copied to another."""

from __future__ import annotations

from collections.abc import Callable

from tests.peers.support.bench import Bench
from tests.peers.support.comparison import ALL_ALLOW, ALL_DENY, ONLY_WE_DENY, Case, Why
from tests.peers.support.forgery import signature_tag
from tests.peers.support.images import image
from tests.peers.support.signing import Signing, bundle, signed, simple_signing
from tests.peers.support.tools import tool


def _copied(copy: Callable[[Bench, str, str], None], *signings: Signing) -> Callable[[Bench], str]:
    """An image that was signed in one repository and then copied to another, where it is asked about."""

    def prepare(bench: Bench) -> str:
        source = bench.beside("source")
        whole = image(source.repository)
        reference = source.push(whole)
        for sign in signings:
            sign(bench, reference, bench.key)
        copy(bench, source.name, whole.digest)
        return f"{bench.shelf.name}@{whole.digest}"

    return prepare


def _crane(bench: Bench, source: str, digest: str) -> None:
    run = bench.workshop.home.run
    run(tool("crane"), "copy", f"{source}@{digest}", f"{bench.shelf.name}:1").checked()


def _crane_and_tag(bench: Bench, source: str, digest: str) -> None:
    _crane(bench, source, digest)
    tag = signature_tag(digest)
    bench.workshop.home.run(tool("crane"), "copy", f"{source}:{tag}", f"{bench.shelf.name}:{tag}").checked()


def _regctl(bench: Bench, source: str, digest: str) -> None:
    options = ("--host", f"reg={bench.shelf.host},tls=disabled", "--referrers", "--digest-tags")
    names = (f"{source}@{digest}", f"{bench.shelf.name}:1")
    bench.workshop.home.run(tool("regctl"), "image", "copy", *options, *names).checked()


def _oras(bench: Bench, source: str, digest: str) -> None:
    options = ("--recursive", "--from-plain-http", "--to-plain-http")
    bench.workshop.home.run(tool("oras"), "cp", *options, f"{source}@{digest}", f"{bench.shelf.name}:1").checked()


def _cosign(by: str) -> Callable[[Bench, str, str], None]:
    def copy(bench: Bench, source: str, digest: str) -> None:
        bench.workshop.home.run(tool(by), "copy", f"{source}@{digest}", f"{bench.shelf.name}:1").checked()

    return copy


COPIED_CASES: tuple[Case, ...] = (
    Case("copied by crane without its signature", _copied(_crane, simple_signing), ALL_DENY, code="no-signatures"),
    Case("copied by crane with its `.sig`", _copied(_crane_and_tag, simple_signing), ALL_ALLOW),
    Case("simple signing, copied by regctl", _copied(_regctl, simple_signing), ALL_ALLOW),
    Case("bundle, copied by regctl", _copied(_regctl, bundle), ALL_ALLOW),
    Case("bundle, copied by oras", _copied(_oras, bundle), ALL_ALLOW),
    Case("simple signing, copied by cosign 2", _copied(_cosign("cosign2"), simple_signing), ALL_ALLOW),
    Case("bundle, left behind by `cosign copy`", _copied(_cosign("cosign3"), bundle), ALL_DENY, code="no-signatures"),
    Case("payload must name its repository, and does", signed(simple_signing), ALL_ALLOW, repository_signed=True),
    Case(
        "payload must name its repository, and names the one it was copied from",
        _copied(_crane_and_tag, simple_signing),
        ONLY_WE_DENY,
        Why.REPOSITORY,
        code="repository-mismatch",
        repository_signed=True,
    ),
    Case(
        "payload must name its repository, and a bundle names none",
        signed(bundle),
        ONLY_WE_DENY,
        Why.REPOSITORY,
        code="repository-mismatch",
        repository_signed=True,
    ),
)
