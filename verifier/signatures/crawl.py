"""Questions that lead to further questions, asked through a bounded pool."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Generic, TypeVar

from trust.errors import ImgtrustError

T = TypeVar("T")


class Crawl:
    """Questions under way. Answers are handled one at a time, in the thread that calls `run`.

    Whoever handles an answer may ask more. Nothing that runs in the pool waits for the pool, so that one pool
    serves any number of crawls without a deadlock.

    Args:
        pool: runs the questions.

    """

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._under_way = 0
        self._answered: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def ask(
        self, question: Callable[[], T], *, then: Callable[[T], None], otherwise: Callable[[ImgtrustError], None]
    ) -> None:
        """Ask `question`; `then` gets its answer, `otherwise` the error that it ended with."""
        asked = _Asked(then, otherwise)
        self._under_way += 1
        self._pool.submit(question).add_done_callback(lambda future: self._answered.put(lambda: asked.handle(future)))

    def run(self) -> None:
        """Handle answers until no question is left."""
        while self._under_way:
            handle = self._answered.get()
            self._under_way -= 1
            handle()


class _Asked(Generic[T]):
    def __init__(self, then: Callable[[T], None], otherwise: Callable[[ImgtrustError], None]) -> None:
        self._then = then
        self._otherwise = otherwise

    def handle(self, future: Future[T]) -> None:
        try:
            answer = future.result()
        except ImgtrustError as error:
            self._otherwise(error)
        else:
            self._then(answer)
