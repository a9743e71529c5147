"""What each business event posts: pure, one function an event. Amounts in fen, all positive."""

from dataclasses import dataclass

WECHAT = "wechat"
"""Money that lies at WeChat Pay for us."""
GOODS, FREIGHT = "sales:goods", "sales:freight"
SURPLUS = "owed:surplus"
"""Money that was paid without being due and goes back."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount_fen` ≥ 1 from the `credit` account to the `debit` account."""

    debit: str
    credit: str
    amount_fen: int


def _some(*transfers: Transfer) -> list[Transfer]:
    return [transfer for transfer in transfers if transfer.amount_fen]


def payment(goods_fen: int, freight_fen: int) -> list[Transfer]:
    """A payment applied to its order; `goods_fen` after discounts."""
    return _some(Transfer(WECHAT, GOODS, goods_fen), Transfer(WECHAT, FREIGHT, freight_fen))


def surplus(amount_fen: int) -> list[Transfer]:
    """A payment for an order that was closed or paid already."""
    return _some(Transfer(WECHAT, SURPLUS, amount_fen))


def refund(goods_fen: int, freight_fen: int) -> list[Transfer]:
    """Money of an order that arrived back at the shopper."""
    return _some(Transfer(GOODS, WECHAT, goods_fen), Transfer(FREIGHT, WECHAT, freight_fen))


def surplus_refund(amount_fen: int) -> list[Transfer]:
    """A surplus payment that arrived back at its payer."""
    return _some(Transfer(SURPLUS, WECHAT, amount_fen))
