"""Rate limits: per shopper for everything, per address only for what failed (log-ins, bad tokens).

Many shoppers behind one address (a carrier, an office) never meet a limit together: a valid token is counted on its own
member, and only failures are counted on the address. Counters live in Redis; without it each process counts for itself.
Only the address of the connection counts: X-Forwarded-For is anybody's invention.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from flask_limiter import Limit as Rule
from flask_limiter import Limiter, RequestLimit

from backend.infra.clock import real_now
from backend.infra.settings import Settings
from backend.kernel.actors import ANONYMOUS

LOG_IN = "session.log_in"


def register(app: Flask, settings: Settings) -> None:
    """Hang the limits on the app; call it after the hook that identifies the caller."""
    per_address = f"{settings.failed_logins_per_minute}/minute"
    rules: list[str | Callable[[], str] | Rule] = [
        Rule(
            f"{settings.requests_per_minute}/minute",
            key_function=_actor,
            scope="actor",
            shared=True,
            exempt_when=lambda: g.actor.kind != "shopper",
        ),
        Rule(per_address, key_function=_address, scope="bad-token", shared=True, exempt_when=lambda: not g.bad_token),
        Rule(
            per_address,
            key_function=_address,
            scope="failed-log-in",
            shared=True,
            exempt_when=lambda: request.endpoint != LOG_IN,
            deduct_when=_log_in_failed,
        ),
    ]
    patience: dict[str, Any] = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    limiter = Limiter(
        _address,
        default_limits=rules,
        strategy="moving-window",
        storage_uri=settings.redis_url or "memory://",
        storage_options=patience if settings.redis_url else {},
        in_memory_fallback_enabled=True,
        swallow_errors=True,  # of requests that find Redis gone at the same time only one counts: the others pass
        key_prefix="tuanma",
        on_breach=_remember_when,
    )
    limiter.init_app(app)
    check, deduct = app.before_request_funcs[None].pop(), app.after_request_funcs[None].pop()
    app.before_request(lambda: check() if _something_counts() else None)
    app.after_request(lambda answer: deduct(answer) if _something_counts() else answer)


def _something_counts() -> bool:
    """Whether any of the rules can concern this request: asking each of them costs more than an answer to most."""
    return g.get("actor", ANONYMOUS).kind == "shopper" or g.get("bad_token", False) or request.endpoint == LOG_IN


def _actor() -> str:
    return str(g.actor)


def _address() -> str:
    return request.remote_addr or "unknown"


def _log_in_failed(response: Response) -> bool:
    return response.status_code == 401


def _remember_when(breached: RequestLimit) -> None:
    g.retry_after = max(1, int(breached.reset_at - real_now().timestamp()) + 1)
