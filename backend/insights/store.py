"""Writes figures down."""

from collections.abc import Mapping
from datetime import date

from backend.infra.marks import INSERT
from backend.infra.uow import Transaction
from backend.insights.models import SalesDay

SALES = SalesDay.__table__
FIGURES = ("placed", "paid", "paid_fen", "refunds", "refunded_fen")


def write_sales(tx: Transaction, figures: Mapping[tuple[date, str], Mapping[str, int]]) -> None:
    """Write the figures of (day, store id), replacing what stood there; one statement, however many days."""
    if not figures:
        return
    nothing = dict.fromkeys(FIGURES, 0)
    put = INSERT[tx.dialect](SALES)
    replaced = {name: put.excluded[name] for name in FIGURES}
    rows = [{"day": day, "store_id": store_id, **nothing, **found} for (day, store_id), found in sorted(figures.items())]
    tx.execute(put.on_conflict_do_update(index_elements=["day", "store_id"], set_=replaced), rows)
