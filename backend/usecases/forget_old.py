"""Forget what need not be kept: old client keys, expired log-ins, events long done, checks of replaced texts, old runs."""

from datetime import timedelta

from backend.books import store as books
from backend.books.rules import KEPT as BOOKS_KEPT
from backend.context import Context
from backend.infra import once, outbox
from backend.infra.marks import forget_slots
from backend.infra.uow import transaction
from backend.members import store as members
from backend.organisation import store as organisation
from backend.screenings import store as screenings

TIMES = 20
"""So many times a day events are forgotten in bulk: a hundred thousand, more than a shop of ten thousand orders a day makes."""
SLOTS_KEPT = timedelta(days=60)
SESSIONS_KEPT = timedelta(days=30)
"""After they expired: until then a client that comes back is known to have been logged in."""

SCREENINGS_KEPT, SCREENINGS_AT_ONCE = timedelta(days=180), 5_000
"""What WeChat said of texts and pictures that newer ones replaced, and its verdicts as they were pushed: half a year, as the law
has logs kept."""


def forget_old(ctx: Context) -> dict[str, int]:
    """Delete them, a bounded number at a time; returns how many of each. What failed for good stays listed."""
    with transaction(ctx) as tx:
        keys = once.forget_old(tx)
    events = 0
    for _ in range(TIMES):
        with transaction(ctx) as tx:
            some = outbox.forget_done(tx.connection, ctx.now - outbox.KEPT)
        events += some
        if some < outbox.AT_ONCE:
            break
    with transaction(ctx) as tx:
        sessions = members.forget_expired_sessions(tx, ctx.now - SESSIONS_KEPT)
    with transaction(ctx) as tx:
        sessions += organisation.forget_old(tx, ctx.now - SESSIONS_KEPT)
    with transaction(ctx) as tx:
        checks = screenings.forget_old(tx, ctx.now - SCREENINGS_KEPT, SCREENINGS_AT_ONCE)
    with transaction(ctx) as tx:
        runs = books.forget_old(tx, ctx.now - BOOKS_KEPT)
    with transaction(ctx, last=True) as tx:
        slots = forget_slots(tx, ctx.now - SLOTS_KEPT)
    return {"keys": keys, "events": events, "sessions": sessions, "screenings": checks, "books": runs, "slots": slots}
