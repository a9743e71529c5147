"""What events post."""

from hypothesis import given
from hypothesis import strategies as st

from backend.ledger import rules

FEN = st.integers(0, 10**9)


@given(FEN, FEN)
def test_a_refund_undoes_a_payment(goods: int, freight: int) -> None:
    balances: dict[str, int] = {}
    for transfer in rules.payment(goods, freight) + rules.refund(goods, freight):
        assert transfer.amount_fen > 0
        balances[transfer.debit] = balances.get(transfer.debit, 0) + transfer.amount_fen
        balances[transfer.credit] = balances.get(transfer.credit, 0) - transfer.amount_fen
    assert all(balance == 0 for balance in balances.values())


def test_accounts() -> None:
    assert rules.payment(100, 8) == [rules.Transfer("wechat", "sales:goods", 100), rules.Transfer("wechat", "sales:freight", 8)]
    assert rules.surplus(108) == [rules.Transfer("wechat", "owed:surplus", 108)]
    assert rules.surplus_refund(108) == [rules.Transfer("owed:surplus", "wechat", 108)]
