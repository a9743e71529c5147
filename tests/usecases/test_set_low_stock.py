"""set_low_stock: a line of its own for a SKU, audited; all or none."""

import pytest

from backend.kernel.errors import Refused
from backend.usecases.set_low_stock import LIMIT, set_low_stock
from tests.given_goods import given_product


def test_a_line_of_its_own_and_back(ctx, rows, snapshot):
    first, second = (given_product(ctx, code).sku_id for code in ("A1", "B1"))
    assert set_low_stock(ctx(), sku_ids=[first, second, first], low_at=3) == 2
    assert rows("select low_at, on_hand, reserved from stock_levels") == [{"low_at": 3, "on_hand": 100, "reserved": 0}] * 2
    assert rows("select action, subject from audit_log where action = 'set_low_stock' order by subject") == [
        {"action": "set_low_stock", "subject": sku_id} for sku_id in sorted([first, second])
    ]
    before = snapshot()
    assert set_low_stock(ctx(), sku_ids=[first], low_at=3) == 0 and set_low_stock(ctx(), sku_ids=[], low_at=3) == 0
    assert snapshot() == before
    assert set_low_stock(ctx(), sku_ids=[first], low_at=None) == 1
    assert rows("select low_at from stock_levels where sku_id = :sku_id", sku_id=first) == [{"low_at": None}]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"low_at": -1}, "low_line"),
        ({"low_at": 1_000_001}, "low_line"),
        ({"low_at": 1.5}, "low_line"),
        ({"sku_ids": ["sku_unknown"]}, "not_stocked"),
        ({"sku_ids": [f"sku_{number}" for number in range(LIMIT + 1)]}, "too_many_at_once"),
    ],
)
def test_a_refusal_changes_nothing(ctx, snapshot, more, code):
    goods = given_product(ctx)
    before = snapshot()
    arguments = {"sku_ids": [goods.sku_id], "low_at": 5} | more
    arguments["sku_ids"] = [goods.sku_id, *arguments["sku_ids"]]
    with pytest.raises(Refused) as refused:
        set_low_stock(ctx(), **arguments)
    assert refused.value.code == code
    assert snapshot() == before
