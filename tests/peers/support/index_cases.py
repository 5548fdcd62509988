"""Rows of the comparison: indexes of two platforms, with an unsigned attestation manifest beside each."""

from __future__ import annotations

from collections.abc import Callable

from tests.peers.support.bench import Bench
from tests.peers.support.comparison import ALL_ALLOW, ALL_DENY, ONLY_WE_ALLOW, Case, Why
from tests.peers.support.images import children, index


def _index(sign: str, *, recursive: bool, ask_child: bool) -> Callable[[Bench], str]:
    def prepare(bench: Bench) -> str:
        whole = index(bench.shelf.repository)
        reference = bench.shelf.push(whole)
        getattr(bench.workshop, sign)(reference, bench.key, *(["-r"] if recursive else []))
        return f"{bench.shelf.name}@{children(whole)[1]}" if ask_child else reference

    return prepare


def _children_signed(how_many: int) -> Callable[[Bench], str]:
    def prepare(bench: Bench) -> str:
        whole = index(bench.shelf.repository)
        reference = bench.shelf.push(whole)
        for child in children(whole)[:how_many]:
            bench.workshop.sign_bundle(f"{bench.shelf.name}@{child}", bench.key)
        return reference

    return prepare


def _rows(word: str, sign: str) -> tuple[Case, ...]:
    """Index and platform, signed recursively and not, in one format."""
    both, alone = (_index(sign, recursive=recursive, ask_child=True) for recursive in (True, False))
    return (
        Case(f"index signed recursively, {word}", _index(sign, recursive=True, ask_child=False), ALL_ALLOW),
        Case(f"platform of an index signed recursively, {word}", both, ALL_ALLOW),
        Case(f"index signed alone, {word}", _index(sign, recursive=False, ask_child=False), ALL_ALLOW),
        Case(f"platform of an index that is signed alone, {word}", alone, ALL_DENY, code="no-signatures"),
    )


INDEX_CASES: tuple[Case, ...] = (
    *_rows("simple signing", "sign_legacy"),
    *_rows("bundle", "sign_bundle"),
    Case("index whose every platform is signed", _children_signed(2), ONLY_WE_ALLOW, Why.CHILDREN),
    Case("index of which one platform is signed", _children_signed(1), ALL_DENY, code="platforms-uncovered"),
)
