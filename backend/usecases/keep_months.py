"""Keep the months of the tables that only grow: make those to come, drop those of the outbox that are past."""

from backend.context import Context
from backend.infra import outbox, partitions
from backend.infra.uow import BUSY, reading, transaction
from backend.kernel.errors import Refused


def keep_months(ctx: Context) -> dict[str, int]:
    """Each month in a transaction of its own; returns how many were made and dropped. Nothing on SQLite.

    What cannot be locked at once is refused as `busy` and tried again, save for dropping, which can wait for tomorrow.
    History and journal are never dropped: the books are checked against all of them.
    """
    made = dropped = 0
    with reading(ctx) as rd:
        ours = rd.dialect == "postgresql" and partitions.owned(rd.connection)
        missing = list(partitions.missing(rd.connection, ctx.now)) if ours else []
        past = partitions.past(rd.connection, ctx.now - outbox.KEPT) if ours else []
    for each, month in missing:
        with transaction(ctx) as tx:
            partitions.hurry(tx.connection)
            made += partitions.make(tx.connection, each, month)
    for month in past:
        try:
            with transaction(ctx) as tx:
                partitions.hurry(tx.connection)
                dropped += partitions.drop(tx.connection, month) is not None
        except Refused as refused:
            if refused.code != BUSY.code:
                raise
    with transaction(ctx, last=True) as tx:
        if ours:
            partitions.analyse(tx.connection)
    return {"made": made, "dropped": dropped}
