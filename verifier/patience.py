"""Waiting that an interrupt ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")

_LOOK_UP_S = 0.2
"""How often whoever waits looks up. An interrupt that comes just before a thread begins to wait does not wake it."""


def patiently(future: Future[T]) -> T:
    """The result of `future`, or what it raised. Meant for the main thread, which is the one interrupts are for."""
    while not wait((future,), timeout=_LOOK_UP_S).done:
        pass
    return future.result()


def aside(work: Callable[[], T]) -> T:
    """What `work` returns or raises, done by a thread of its own, so that an interrupt ends the waiting at once."""
    worker = ThreadPoolExecutor(max_workers=1)
    try:
        return patiently(worker.submit(work))
    finally:
        worker.shutdown(wait=False, cancel_futures=True)
