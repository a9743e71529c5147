"""Give rows from before a blind index came the index that they lack, so that they are found by phone like all others."""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Row

from backend.context import Context
from backend.infra.clock import ticks
from backend.infra.housekeeping import IndexingDue
from backend.infra.uow import Reading, Transaction, transaction
from backend.members import store as members
from backend.orders import store as orders

BATCH = 500
SLICE_SECONDS = 5
"""A slice begins no batch after this."""


def _of_order(row: Row) -> str:
    return msgspec.json.decode(row.ship_to).get("phone", "") if row.ship_to else ""


def _of_member(row: Row) -> str:
    return row.phone or ""


Find = Callable[[Reading, int], Sequence[Row]]
Write = Callable[[Transaction, dict[str, str]], int]
COLUMNS: tuple[tuple[Find, Callable[[Row], str], Write], ...] = (
    (orders.unindexed, _of_order, orders.write_phone_indexes), (members.unindexed, _of_member, members.write_phone_indexes))
"""What is indexed: how rows without index are found, which phone a row has, how indexes are written. A new column is a line."""


def index_phones(ctx: Context) -> int:
    """Index rows, 500 a transaction, until the slice's time is over, then go on in another; returns how many.

    A row whose phone changes meanwhile has its index already and keeps it; one without phone gets an empty index, which nobody
    finds. Run again, or killed in between, it goes on with what is left.
    """
    ctx.actor.must_be("system")
    began, done = ticks(), 0
    for find, phone_of, write in COLUMNS:
        more = True
        while more:
            with transaction(ctx) as tx:
                rows = find(tx, BATCH)
                more = len(rows) == BATCH
                done += write(tx, {row.id: _index(ctx, phone_of(row)) for row in rows})
            if more and ticks() - began > SLICE_SECONDS:
                with transaction(ctx, last=True) as tx:
                    tx.emit(IndexingDue())
                return done
    with transaction(ctx, last=True):
        return done


def _index(ctx: Context, phone: str) -> str:
    return ctx.cipher.blind_index(phone, "phone") if phone else ""
