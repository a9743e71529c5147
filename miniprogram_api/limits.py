"""Rate limits: per shopper for everything, per address only for what failed (log-ins, bad tokens).

Many shoppers behind one address (a carrier, an office) never meet a limit together: a valid token is counted on its own
member, and only failures are counted on the address. Counters live in Redis; without it each process counts for itself.
Only the address of the connection counts: X-Forwarded-For is anybody's invention.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from flask import Flask, Response, g, request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis import RedisError
from werkzeug.exceptions import TooManyRequests

from backend.infra.clock import real_now, ticks
from backend.infra.settings import Settings

Answer = TypeVar("Answer")

LOG_IN = "session.log_in"
PATIENCE = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "key_prefix": "tuanma"}
AWAY_SECONDS = 5.0
"""Redis that did not answer is asked again after this; until then requests are counted in the process."""


class Counters:
    """How often what was done within the last minute: in Redis for all processes, in this one while Redis does not answer."""

    def __init__(self, redis_url: str) -> None:
        self._shared = MovingWindowRateLimiter(storage_from_string(redis_url, **PATIENCE)) if redis_url else None
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._away_until = 0.0

    def _ask(self, question: Callable[[MovingWindowRateLimiter], Answer]) -> Answer:
        """The answer of the counters that count now."""
        if self._shared is not None and ticks() >= self._away_until:
            try:
                return question(self._shared)
            except RedisError:
                self._away_until = ticks() + AWAY_SECONDS
        return question(self._own)

    def count(self, limit: RateLimitItem, *who: str) -> None:
        """Count once more; TooManyRequests, with the seconds until it may go on, when that is beyond the limit."""
        if not self._ask(lambda counters: counters.hit(limit, *who)):
            self._refuse(limit, *who)

    def check(self, limit: RateLimitItem, *who: str) -> None:
        """TooManyRequests when counting once more would be beyond the limit."""
        if not self._ask(lambda counters: counters.test(limit, *who)):
            self._refuse(limit, *who)

    def forget(self) -> None:
        """Count from nothing in this process."""
        self._own.storage.reset()

    def _refuse(self, limit: RateLimitItem, *who: str) -> None:
        reset_at, _ = self._ask(lambda counters: counters.get_window_stats(limit, *who))
        raise TooManyRequests(retry_after=max(1, int(reset_at - real_now().timestamp()) + 1))


def register(app: Flask, settings: Settings) -> None:
    """Hang the limits on the app; call it after the hook that identifies the caller."""
    counters = Counters(settings.redis_url)
    requests = RateLimitItemPerMinute(settings.requests_per_minute)
    failures = RateLimitItemPerMinute(settings.failed_logins_per_minute)

    def check() -> None:
        actor = g.actor
        if actor.kind == "shopper":
            counters.count(requests, "actor", str(actor))
        elif g.bad_token:
            counters.count(failures, "bad-token", _address())
        elif request.endpoint == LOG_IN:
            counters.check(failures, "failed-log-in", _address())

    def count_failed_log_in(answer: Response) -> Response:
        if request.endpoint == LOG_IN and answer.status_code == 401:
            with suppress(TooManyRequests):  # somebody else's failure was the last one: the next is refused
                counters.count(failures, "failed-log-in", _address())
        return answer

    app.before_request(check)
    app.after_request(count_failed_log_in)
    app.extensions["limits"] = counters


def _address() -> str:
    return request.remote_addr or "unknown"
