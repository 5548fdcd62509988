"""What is tried again, when, and for how long."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from threading import Event, Lock

from verifier.errors import RateLimited, RegistryUnreachable
from verifier.registry.exchange import Deadline, Response

TRIES = 3
"""Of a request that fails on its way, or that the registry cannot serve just now."""

RATE_LIMITED_TRIES = 30
"""Of a request that a rate limit refuses. Each but the last waits as long as the registry says."""

FIRST_PAUSE_S = 0.2
"""Before the second try; doubled for each further one. After a 429 without `Retry-After` it is five times as long."""

_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


class Retries:
    """The patience of one run. A rate limit that one request meets holds back all requests to its registry."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._not_before: dict[str, float] = {}
        self._ended = Event()

    def end(self) -> None:
        """From now on nothing is waited for."""
        self._ended.set()

    def run(self, registry: str, what: str, deadline: Deadline, attempt: Callable[[], Response]) -> Response:
        """The answer of `attempt`, once it is neither a 429 nor a 5xx.

        Raises:
            RateLimited: the registry answers 429, and what it asks to wait passes the deadline.
            RegistryUnreachable: the last try had no answer, or a 5xx.

        """
        for number in range(1, RATE_LIMITED_TRIES + 1):
            self._wait_for_turn(registry, what, deadline)
            try:
                response = attempt()
            except RegistryUnreachable as error:
                if not isinstance(error.__cause__, ConnectionError):
                    raise
                if number >= TRIES:
                    # Below another request, as a token's is, this is not tried again: its cause is no ConnectionError.
                    raise RegistryUnreachable(error.message, hint=error.hint) from error
                self._pause(_backoff_s(number), deadline, error)
                continue
            if response.status == 429:
                self._hold_back(registry, _limit_s(response, number))
            elif response.status >= 500:
                failure = RegistryUnreachable(f"{what}: the registry answered {response.status}")
                if number >= TRIES:
                    raise failure
                self._pause(retry_after_s(response) or _backoff_s(number), deadline, failure)
            else:
                return response
        raise _limited(what, None)

    def _hold_back(self, registry: str, seconds: float) -> None:
        with self._lock:
            moment = time.monotonic() + seconds
            self._not_before[registry] = max(moment, self._not_before.get(registry, moment))

    def _wait_for_turn(self, registry: str, what: str, deadline: Deadline) -> None:
        while (seconds := self._not_before.get(registry, 0.0) - time.monotonic()) > 0:
            self._pause(seconds, deadline, _limited(what, seconds))

    def _pause(self, seconds: float, deadline: Deadline, failure: RegistryUnreachable | RateLimited) -> None:
        if seconds > deadline.remaining_s or self._ended.wait(seconds):
            raise failure


def retry_after_s(response: Response) -> float | None:
    """The seconds that the untrusted `Retry-After` header asks to wait, None where there is none that can be read.

    Spec: RFC 9110, section 10.2.3: seconds, or a date.
    """
    said = response.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(said):
        return float(said)
    return _seconds_until(said) if said else None


def _seconds_until(said: str) -> float | None:
    # Here, because these cost 20 ms and are hardly ever needed.
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


def _limit_s(response: Response, number: int) -> float:
    said = retry_after_s(response)
    # A limit that is said to be over and is not would be asked again without a pause.
    return max(said, FIRST_PAUSE_S) if said is not None else 5 * _backoff_s(number)


def _backoff_s(number: int) -> float:
    return FIRST_PAUSE_S * float(2 ** (number - 1))


def _limited(what: str, seconds: float | None) -> RateLimited:
    wait = "" if seconds is None else f", and asks to wait {seconds:.0f} s"
    return RateLimited(
        f"{what}: the registry answered 429, too many requests{wait}",
        hint="log in for a higher limit, ask a mirror with `--registry-map`, or try again later",
    )
