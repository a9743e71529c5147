"""apply_prices: what was previewed is what is written; what moved meanwhile stays and is listed."""

import json
from dataclasses import replace

import pytest

from backend.infra.once import ClientKey
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.usecases.apply_prices import LIMIT, PricesApplied, SeenPrice, apply_prices
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.create_product import SkuForm
from tests.counting import counted
from tests.given_goods import given_product


@pytest.fixture
def goods(ctx):
    return given_product(ctx, skus=[SkuForm("R", 1000, 1200, options={"颜色": "红"}), SkuForm("B", 1100, options={"颜色": "蓝"})])


def priced(rows):
    return {row["code"]: (row["price_fen"], row["market_price_fen"]) for row in rows("select * from skus")}


def test_what_was_shown_is_written_and_audited(ctx, rows, goods):
    done = apply_prices(
        ctx(staff("stf_1", EVERYTHING)),
        prices=[SeenPrice(goods.skus["R"], 1000, 900, 1200, 1200), SeenPrice(goods.skus["B"], 1100, 1000)],
    )
    assert done == PricesApplied(2)
    assert priced(rows) == {"R": (900, 1200), "B": (1000, None)}
    assert rows("select price_fen, market_price_fen from products") == [{"price_fen": 900, "market_price_fen": 1200}]
    audits = rows("select actor, action, before, after from audit_log where subject = :sku_id", sku_id=goods.skus["R"])
    said = [json.loads(value) if isinstance(value, str) else value for value in (audits[0]["before"], audits[0]["after"])]
    assert (len(audits), audits[0]["actor"], audits[0]["action"]) == (1, "staff:stf_1", "change_price")
    assert said == [{"price_fen": 1000, "market_price_fen": 1200}, {"price_fen": 900, "market_price_fen": 1200}]


def test_what_moved_meanwhile_stays_and_is_listed(ctx, rows, goods):
    change_prices(ctx(), changes=[PriceChange("R", 1001, 1200)])
    prices = [
        SeenPrice(goods.skus["R"], 1000, 900, 1200, 1200),
        SeenPrice("sku_gone", 5, 6),
        SeenPrice(goods.skus["B"], 1100, 1000),
    ]
    assert apply_prices(ctx(), prices=prices) == PricesApplied(1, 0, (goods.skus["R"], "sku_gone"))
    assert priced(rows) == {"R": (1001, 1200), "B": (1000, None)}


def test_a_crossed_out_price_that_moved_counts_too(ctx, rows, goods):
    change_prices(ctx(), changes=[PriceChange("R", 1000, 1300)])
    assert apply_prices(ctx(), prices=[SeenPrice(goods.skus["R"], 1000, 900, 1200, 1200)]).moved == (goods.skus["R"],)
    assert priced(rows)["R"] == (1000, 1300)


def test_again_changes_nothing_and_with_its_key_answers_the_same(ctx, snapshot, goods):
    key = ClientKey("key-1", "print")
    prices = [SeenPrice(goods.skus["R"], 1000, 900, 1200, 1200), SeenPrice("sku_gone", 5, 6)]
    first = apply_prices(ctx(), prices=prices, key=key)
    before = snapshot()
    assert apply_prices(ctx(), prices=prices, key=ClientKey("key-1", "print")) == first == PricesApplied(1, 0, ("sku_gone",))
    assert apply_prices(ctx(), prices=prices) == PricesApplied(0, 1, ("sku_gone",))
    assert apply_prices(ctx(), prices=[]) == PricesApplied()
    assert snapshot() == before


def test_the_number_of_statements_does_not_grow(ctx):
    counts = set()
    for size in (2, 120):
        forms = [SkuForm(f"S{size}-{number}", 100, options={"号": str(number)}) for number in range(size)]
        prices = [SeenPrice(sku_id, 100, 150) for sku_id in given_product(ctx, skus=forms).skus.values()]
        with counted() as statements:
            assert apply_prices(ctx(), prices=prices).changed == size
        counts.add(len(statements))
    assert len(counts) == 1


@pytest.mark.parametrize(
    ("prices", "code"),
    [
        ([SeenPrice("R", 1000, 5), SeenPrice("B", 1100, 0)], "price"),
        ([SeenPrice("R", 1000, 5, None, 4)], "market_price"),
        ([SeenPrice("R", 1000, 5), SeenPrice("R", 1000, 6)], "sku_code_twice"),
        ([SeenPrice(f"S{number}", 1, 5) for number in range(LIMIT + 1)], "too_many_at_once"),
    ],
)
def test_a_refusal_changes_nothing(ctx, snapshot, goods, prices, code):
    before = snapshot()
    known = [replace(seen, sku_id=goods.skus.get(seen.sku_id, seen.sku_id)) for seen in prices]
    with pytest.raises(Refused) as refused:
        apply_prices(ctx(), prices=known)
    assert refused.value.code == code
    assert snapshot() == before
