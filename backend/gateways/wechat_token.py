"""The mini-program's access token: one for all, fetched once however many ask, renewed before it runs out.

Source: WeChat's page on stable_token. Normal mode returns the token in force, or in its last five minutes the next one;
both work for those five minutes. Forcing is rationed (20 a day, 30 s apart), so it is done only when WeChat hands out
again the very token that it has just rejected.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from redis.exceptions import RedisError

from backend.gateways.outcomes import WeChatUnknown
from backend.gateways.per_process import PerProcess
from backend.infra.clock import Clock

EARLY = timedelta(seconds=120)
"""A token is renewed this long before its end; inside the five minutes in which old and new both work."""
LOCK_SECONDS, WAIT_SECONDS, LOOK_SECONDS = 8, 4.0, 0.05


class Cache(Protocol):
    """As much of redis.Redis as is used here; Redis only spares calls, so that losing it is harmless."""

    def get(self, name: str) -> Any: ...
    def set(self, name: str, value: str, *, ex: int | None = None, nx: bool = False) -> Any: ...
    def delete(self, *names: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the business time of its end."""

    text: str
    ends_at: datetime


class TokenSource:
    """`get()` gives a good token; `replace(bad)` gives another one than `bad`. Safe for threads and across forks."""

    def __init__(self, appid: str, fetch: Callable[[bool], tuple[str, int]], clock: Clock, cache: Cache | None) -> None:
        """`fetch(force)` asks WeChat and returns the token and its seconds to live."""
        name = hashlib.sha256(appid.encode()).hexdigest()[:16]
        self._key, self._lock_key = f"tuanma:wechat-token:{name}", f"tuanma:wechat-token-lock:{name}"
        self._fetch = fetch
        self._clock = clock
        self._cache = cache
        self._single = PerProcess(threading.Lock)
        self._known: Token | None = None

    def get(self) -> str:
        """The token in force: kept one, shared one or, in one thread only while the others wait, a new one."""
        return self._good(self._known, None) or self._renew(None)

    def replace(self, bad: str) -> str:
        """A token other than `bad`, which WeChat has just rejected; many callers cause one call."""
        return self._good(self._known, bad) or self._renew(bad)

    def _good(self, token: Token | None, bad: str | None) -> str | None:
        if token is None or token.text == bad or token.ends_at - EARLY <= self._clock.now():
            return None
        return token.text

    def _renew(self, bad: str | None) -> str:
        with self._single.get():
            if text := self._good(self._known, bad) or self._shared(bad):
                return text  # somebody else was quicker
            mine = self._claim()
            try:
                return (self._shared(bad) if mine else self._await(bad)) or self._ask(bad)
            finally:
                if mine:
                    self._release()

    def _ask(self, bad: str | None) -> str:
        text, seconds = self._fetch(False)
        if text == bad:
            text, seconds = self._fetch(True)
            if text == bad:
                raise WeChatUnknown("WeChat hands out the token that it rejects")
        self._known = Token(text, self._clock.now() + timedelta(seconds=seconds))
        self._share(self._known, seconds)
        return text

    def _shared(self, bad: str | None) -> str | None:
        """What another process has put into Redis, kept here too."""
        if self._cache is None:
            return None
        try:
            stored = self._cache.get(self._key)
            values = json.loads(stored) if stored else {}
            token = Token(str(values["text"]), datetime.fromtimestamp(float(values["ends_at"]), UTC))
        except (RedisError, OSError, ValueError, TypeError, KeyError, OverflowError):
            return None
        if text := self._good(token, bad):
            self._known = token
        return text

    def _share(self, token: Token, seconds: int) -> None:
        """The Redis expiry only clears up; the end that counts stands in the value, in business time."""
        self._try(lambda cache: cache.set(
            self._key, json.dumps({"text": token.text, "ends_at": token.ends_at.timestamp()}), ex=seconds))  # fmt: skip

    def _claim(self) -> bool:
        """Whether this process may ask WeChat; so it may when Redis does not answer."""
        if self._cache is None:
            return True
        try:
            return bool(self._cache.set(self._lock_key, "1", ex=LOCK_SECONDS, nx=True))
        except (RedisError, OSError):
            return True

    def _await(self, bad: str | None) -> str | None:
        """What the process that is asking puts down, or None after a while: then it has died or failed."""
        for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
            time.sleep(LOOK_SECONDS)
            if text := self._shared(bad):
                return text
        return None

    def _release(self) -> None:
        self._try(lambda cache: cache.delete(self._lock_key))

    def _try(self, act: Callable[[Cache], Any]) -> None:
        try:
            if self._cache is not None:
                act(self._cache)
        except (RedisError, OSError):
            pass
