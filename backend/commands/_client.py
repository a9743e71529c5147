"""A JSON client that asks until it has a definite answer: what the shopper and the phone talk through.

A server may be killed in the middle of a request. Whatever is asked here is safe to ask again (it carries the same
Idempotency-Key, or says a state rather than a change), so a lost answer only costs time.
"""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from backend.infra.clock import ticks

PATIENCE = 60.0
"""Seconds after which nobody waits any longer for a definite answer."""
NOT_NOW = (502, 503, 504)
"""What a server says that is starting, stopping or busy: ask again."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
READ_SECONDS = 15.0


class Declined(Exception):
    """A definite no. `repeated`: an earlier try of the same question got no answer, so it may have had its effect."""

    def __init__(self, status: int, body: dict[str, Any], *, repeated: bool) -> None:
        self.status, self.repeated = status, repeated
        self.code = str(body.get("code", status))
        self.details: dict[str, Any] = body.get("details") or {}
        self.sentence = str(body.get("detail") or body.get("message") or "")
        super().__init__(f"{status} {self.code}: {self.sentence} {self.details or ''}".strip())


class Unanswered(Exception):
    """Nobody gave a definite answer in time."""


def new_key() -> str:
    """A fresh Idempotency-Key, for one thing that somebody means to do."""
    return secrets.token_hex(16)


class Client:
    """One server, over connections that are kept. Threads may share it."""

    def __init__(self, base_url: str, headers: dict[str, str] | None = None, patience: float = PATIENCE) -> None:
        self._http = httpx.Client(base_url=base_url, headers=headers, trust_env=False)
        self._patience = patience
        self._lock = threading.Lock()
        self.open_requests = 0

    def ask(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None,
            params: dict[str, Any] | None = None, patience: float | None = None) -> Any:
        """The answer's JSON (None when it has no body), asking again after lost answers, 502, 503 and 504.

        A callable `body` is called anew for each try. Declined for any other no, Unanswered after `patience` seconds.
        """
        with self._lock:
            self.open_requests += 1
        try:
            return self._ask(method, path, body, headers, params, ticks() + (patience or self._patience))
        finally:
            with self._lock:
                self.open_requests -= 1

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str] | None, params: dict[str, Any] | None,
             give_up_at: float) -> Any:
        pause, repeated = FIRST_PAUSE, False
        while True:
            made = body() if isinstance(body, Callable) else body  # type: ignore[arg-type]
            try:
                answer = self._http.request(
                    method, path, json=made, headers=headers, params=params,
                    timeout=httpx.Timeout(min(READ_SECONDS, max(give_up_at - ticks(), 1.0)), connect=2.0))
            except httpx.TransportError as lost:
                problem = f"{type(lost).__name__}: {lost}"
            else:
                if answer.status_code not in NOT_NOW:
                    return _read(answer, repeated)
                problem = f"{answer.status_code} {answer.text[:200]}"
            repeated = True
            if ticks() + pause > give_up_at:
                raise Unanswered(f"{method} {path} got no answer: {problem}")
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


def _read(answer: httpx.Response, repeated: bool) -> Any:
    if answer.status_code >= 400:
        try:
            body = answer.json()
        except ValueError:
            body = {}
        raise Declined(answer.status_code, body if isinstance(body, dict) else {}, repeated=repeated)
    return answer.json() if answer.content else None
