"""One's own exports for the console, with links that are good for ten minutes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from backend.context import Context
from backend.exports import KINDS, rules
from backend.exports.models import Export
from backend.exports.states import DONE, OPEN_STATES
from backend.infra.uow import reading

_E = Export.__table__
_MINE = select(_E).where(_E.c.asked_by == bindparam("me")).order_by(_E.c.id.desc()).limit(bindparam("most"))
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """An export as its asker sees it. `percent` is None before it is known how many rows there are."""

    id: str
    kind: str
    format: str
    filters: dict[str, str]
    state: str
    open: bool
    rows: int
    percent: int | None
    bytes: int | None
    problem: dict[str, Any] | None
    asked_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None
    downloads: int
    link: tuple[int, str] | None


def my_exports(ctx: Context) -> list[Listed]:
    """The newest 50 exports of whoever asks, each finished one with (until, sign) of a fresh link; one statement."""
    ctx.actor.must_be("staff")
    with reading(ctx) as rd:
        rows = rd.execute(_MINE, {"me": str(ctx.actor), "most": SHOWN}).all()
    return [_listed(ctx, row) for row in rows]


def _listed(ctx: Context, row: Any) -> Listed:
    fetchable = row.state == DONE and row.expires_at > ctx.now
    percent = min(99, 100 * row.rows // max(1, row.estimate)) if row.estimate is not None else None
    return Listed(
        row.id, row.kind, row.format, row.filters, row.state, row.state in OPEN_STATES, row.rows, percent, row.file_bytes,
        row.problem, row.asked_at, row.ended_at, row.expires_at, row.downloads, _link(ctx, row.id) if fetchable else None)


def _link(ctx: Context, export_id: str) -> tuple[int, str]:
    until = rules.link_until(ctx.now)
    return until, ctx.cipher.blind_index(rules.link_text(export_id, str(ctx.actor), until), rules.LINK_PURPOSE)


def filters_of(kind: str) -> tuple[str, ...]:
    """The filters that a kind of export has."""
    return rules.FILTERS[kind]


def exportable(ctx: Context) -> dict[str, tuple[tuple[str, str], tuple[str, ...]]]:
    """Kind → (its name in Chinese and English, its filters), of what whoever asks may export."""
    actor = ctx.actor
    return {kind: (rules.WORDS[kind], rules.FILTERS[kind]) for kind in KINDS
            if actor.may(rules.NEEDED[kind]) and (kind not in rules.WHOLE or actor.sees_all)}
