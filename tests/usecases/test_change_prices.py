"""change_prices: many at once, audited, with the products' roll-ups; all or none."""

import json

import pytest

from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.usecases.change_prices import LIMIT, PriceChange, change_prices
from backend.usecases.create_product import SkuForm
from tests.counting import counted
from tests.given_goods import given_product


@pytest.fixture
def goods(ctx):
    return given_product(ctx, skus=[SkuForm("R", 1000, 1200, options={"颜色": "红"}), SkuForm("B", 1100, options={"颜色": "蓝"})])


def test_prices_and_roll_ups_and_audit(ctx, rows, goods):
    assert change_prices(ctx(staff("stf_1", EVERYTHING)), changes=[PriceChange("R", 1300, 1500), PriceChange("B", 1100)]) == 1
    assert rows("select price_fen, market_price_fen from skus where code = 'R'") == [{"price_fen": 1300, "market_price_fen": 1500}]
    assert rows("select price_fen, market_price_fen from products") == [{"price_fen": 1100, "market_price_fen": None}]
    [audit] = rows("select actor, action, subject, before, after from audit_log where action like '%price%'")
    said = [json.loads(value) if isinstance(value, str) else value for value in (audit["before"], audit["after"])]
    assert (audit["actor"], audit["action"], audit["subject"]) == ("staff:stf_1", "change_price", goods.skus["R"])
    assert said == [{"price_fen": 1000, "market_price_fen": 1200}, {"price_fen": 1300, "market_price_fen": 1500}]


def test_the_second_time_changes_nothing(ctx, snapshot, later, goods):
    change_prices(ctx(), changes=[PriceChange("R", 1300)])
    before = snapshot()
    later(minutes=1)
    assert change_prices(ctx(), changes=[PriceChange("R", 1300)]) == 0
    assert change_prices(ctx(), changes=[]) == 0
    assert snapshot() == before


def test_the_number_of_statements_does_not_grow(ctx):
    given_product(ctx, skus=[SkuForm(f"S{number}", 100, options={"号": str(number)}) for number in range(120)])
    counts = set()
    for size in (2, 120):
        with counted() as statements:
            assert change_prices(ctx(), changes=[PriceChange(f"S{number}", 100 + size) for number in range(size)]) == size
        counts.add(len(statements))
    assert len(counts) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([PriceChange("R", 5), PriceChange("B", 0)], "price"),
        ([PriceChange("R", 5, 4)], "market_price"),
        ([PriceChange("R", 5), PriceChange("R", 6)], "sku_code_twice"),
        ([PriceChange("R", 5), PriceChange("R", 5)], "sku_code_twice"),
        ([PriceChange("R", 5), PriceChange("UNKNOWN", 5)], "sku_unknown"),
        ([PriceChange("R\x00", 5)], "sku_code"),
        ([PriceChange(f"S{number}", 5) for number in range(LIMIT + 1)], "too_many_at_once"),
    ],
)
def test_a_refusal_changes_nothing(ctx, snapshot, goods, changes, code):
    before = snapshot()
    with pytest.raises(Refused) as refused:
        change_prices(ctx(), changes=changes)
    assert refused.value.code == code
    assert code != "sku_unknown" or refused.value.details == {"sku_codes": ["UNKNOWN"]}
    assert snapshot() == before
