"""Refunds coming to their end, each with its notification."""

from wxsim import notifications
from wxsim.world import World


def finish_due(world: World) -> int:
    """Gives every refund whose time has come its final status and writes its notification; how many there were."""
    now = world.clock.now()
    if world.books.row("SELECT 1 FROM refunds WHERE status = 'PROCESSING' AND decided_at <= ?", (now,)) is None:
        return 0
    with world.books.writing() as tx:
        due = tx.execute(
            "UPDATE refunds SET status = becomes, finished_at = ? WHERE status = 'PROCESSING' AND decided_at <= ?"
            " RETURNING *",
            (now, now),
        ).fetchall()
        for refund in due:
            trade = tx.execute("SELECT * FROM trades WHERE out_trade_no = ?", (refund["out_trade_no"],)).fetchone()
            notifications.of_refund(world, tx, refund, trade)
    return len(due)
