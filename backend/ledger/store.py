"""Posts to the ledger and sums it up."""

from collections.abc import Sequence

from sqlalchemy import func, insert, select

from backend.infra.uow import Reading, Transaction
from backend.kernel.ids import new_id
from backend.ledger.models import LedgerTransaction, LedgerTransfer
from backend.ledger.rules import Transfer

TRANSACTIONS, TRANSFERS = LedgerTransaction.__table__, LedgerTransfer.__table__
_INSERT_TRANSACTION, _INSERT_TRANSFERS = insert(TRANSACTIONS), insert(TRANSFERS)


def post(tx: Transaction, kind: str, event_id: str, transfers: Sequence[Transfer]) -> str:
    """Post one business event in the transaction of its cause; posting it twice is an IntegrityError (unique key)."""
    transaction_id = new_id("ltx", tx.now)
    tx.execute(_INSERT_TRANSACTION, {"id": transaction_id, "kind": kind, "event_id": event_id, "at": tx.now})
    tx.execute(_INSERT_TRANSFERS, [
        {"transaction_id": transaction_id, "position": position, "debit": each.debit, "credit": each.credit,
         "amount_fen": each.amount_fen} for position, each in enumerate(transfers)])
    return transaction_id


def balance(rd: Reading, account: str) -> int:
    """Debits minus credits of an account, in fen."""
    def total(column: object) -> int:
        return rd.execute(select(func.coalesce(func.sum(TRANSFERS.c.amount_fen), 0)).where(column == account)).scalar_one()
    return int(total(TRANSFERS.c.debit)) - int(total(TRANSFERS.c.credit))
