"""What was asked once, remembered for the run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from trust.errors import ImgtrustError

T = TypeVar("T")


class Memo(Generic[T]):
    """Answers by key, where two threads that ask for one thing share one question.

    An error is an answer too: what was refused once is not asked for again in the same run.

    Args:
        limit: the sum of weights that is kept. An answer beyond it is given and not remembered.
        weight: what an answer counts.

    """

    def __init__(self, *, limit: int, weight: Callable[[T], int]) -> None:
        self._limit = limit
        self._weight = weight
        self._kept = 0
        self._lock = Lock()
        self._slots: dict[Hashable, _Slot[T]] = {}

    def get(self, key: Hashable, ask: Callable[[], T]) -> T:
        """The answer for `key`, which `ask` gives unless it is known or another thread is asking.

        Raises:
            ImgtrustError: what `ask` raised, now or before.

        """
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
        with slot.lock:
            if not slot.answers and slot.error is None:
                self._fill(key, slot, ask)
            if slot.error is not None:
                raise slot.error
            return slot.answers[0]

    def _fill(self, key: Hashable, slot: _Slot[T], ask: Callable[[], T]) -> None:
        # Anything but our own errors, such as an interrupt, leaves the slot empty: then the next one asks.
        try:
            answer = ask()
        except ImgtrustError as error:
            slot.error = error
            return
        slot.answers.append(answer)
        weight = self._weight(answer)
        with self._lock:
            if self._kept + weight > self._limit:
                del self._slots[key]
            else:
                self._kept += weight


class _Slot(Generic[T]):
    """One question: unanswered, answered, or refused."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.answers: list[T] = []
        self.error: ImgtrustError | None = None
