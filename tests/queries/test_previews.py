"""Previews of prices and stock: what they show is what confirming writes."""

import pytest

from backend.catalog.repricing import How, PriceRule, Warn
from backend.catalog.rules import SkuForm
from backend.infra.uow import transaction
from backend.kernel.actors import staff
from backend.kernel.errors import Refused
from backend.queries import price_preview, stock_preview
from backend.queries.goods_list import Wanted
from backend.queries.price_preview import GivenPrice, preview_prices, preview_rule
from backend.queries.stock_preview import preview_counts, preview_stock
from backend.stock import MAIN_LOCATION, store
from backend.usecases.apply_prices import SeenPrice, apply_prices
from backend.usecases.change_stock import Counted, change_stock
from tests.given_goods import given_product, level


@pytest.fixture
def shirts(ctx):
    return given_product(
        ctx,
        title="衬衫",
        category="服装",
        skus=[
            SkuForm("S", 1000, 1200, 950, {"号": "S"}, stock=10),
            SkuForm("M", 1040, None, 100, {"号": "M"}, stock=20),
            SkuForm("L", 3, None, None, {"号": "L"}, stock=0),
        ],
    )


def shown(preview):
    return {row.code: (row.proposal.before_fen, row.proposal.after_fen, row.proposal.warnings) for row in preview.rows}


def seen(preview):
    return [
        SeenPrice(row.sku_id, p.before_fen, p.after_fen, p.market_before_fen, p.market_after_fen)
        for row in preview.rows
        if (p := row.proposal).changes
    ]


def test_what_is_previewed_is_what_is_written(ctx, rows, shirts):
    given_product(ctx, "APPLE", 500, title="苹果")
    rule = PriceRule(How.PERCENT, -1000, 90)
    preview = preview_rule(ctx(), rule=rule, wanted=Wanted(category_id=shirts.category_id))
    assert shown(preview) == {
        "S": (1000, 890, (Warn.BELOW_COST,)),
        "M": (1040, 890, ()),
        "L": (3, 90, (Warn.BIG_CHANGE,)),
    }
    assert shown(preview_rule(ctx(), rule=rule, product_ids=[shirts.product_id])) == shown(preview)
    apply_prices(ctx(), prices=seen(preview))
    written = {row["code"]: row["price_fen"] for row in rows("select code, price_fen from skus")}
    assert written == {code: after for code, (_, after, _) in shown(preview).items()} | {"APPLE": 500}


def test_prices_that_cannot_be_are_not_written(ctx, rows, shirts):
    preview = preview_rule(ctx(), rule=PriceRule(How.AMOUNT, -1000), product_ids=[shirts.product_id])
    assert {row.code: row.proposal.problem is not None for row in preview.rows} == {"S": True, "M": False, "L": True}
    assert apply_prices(ctx(), prices=seen(preview)).changed == 1
    assert [row["price_fen"] for row in rows("select price_fen from skus order by price_fen")] == [3, 40, 1000]


def test_prices_of_a_sheet(ctx, shirts):
    preview = preview_prices(ctx(), given=[GivenPrice("S", 1300), GivenPrice("M", 900, 1100), GivenPrice("NO", 5)])
    assert preview.unknown == ["NO"]
    assert shown(preview) == {"S": (1000, 1300, (Warn.MARKET_PRICE_GOES,)), "M": (1040, 900, ())}
    assert [row.proposal.market_after_fen for row in preview.rows] == [None, 1100]


def test_a_warning_does_not_tell_the_cost(ctx, shirts):
    pricing = ctx(staff("stf_1", {"prices.edit"}))
    preview = preview_rule(pricing, rule=PriceRule(How.PERCENT, -1000), product_ids=[shirts.product_id])
    assert all(Warn.BELOW_COST not in row.proposal.warnings for row in preview.rows)


def test_what_is_counted_is_what_is_written(ctx, shirts):
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", shirts.skus["M"], 15)])
    preview = preview_counts(ctx(), mode="set", quantities={"S": 7, "M": 14, "L": 0, "NO": 1})
    assert preview.unknown == ["NO"]
    assert {row.code: (row.on_hand, row.reserved, row.after, row.change, row.becomes) for row in preview.rows} == {
        "S": (10, 0, 7, -3, "changed"),
        "M": (20, 15, 14, -6, "short"),
        "L": (0, 0, 0, 0, "same"),
    }
    changes = [Counted(row.sku_id, row.change, row.on_hand) for row in preview.rows if row.becomes == "changed"]
    assert change_stock(ctx(), changes=changes, reason="盘点").changed == 1
    assert [level(ctx, shirts.skus[code])[0] for code in "SML"] == [7, 20, 0]


def test_what_arrived_is_added_to_whatever_lies_there(ctx, shirts):
    preview = preview_stock(ctx(), mode="add", quantity=5, wanted=Wanted(q="衬衫"))
    assert [(row.code, row.after, row.becomes) for row in preview.rows] == [
        ("S", 15, "changed"), ("M", 25, "changed"), ("L", 5, "changed")
    ]
    assert preview_stock(ctx(), mode="set", quantity=5, product_ids=[shirts.product_id]).rows[0].change == -5


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda ctx: preview_rule(ctx, rule=PriceRule(How.SET, 0)), "price_rule"),
        (lambda ctx: preview_stock(ctx, mode="add", quantity=0), "stock_out_of_bounds"),
        (lambda ctx: preview_stock(ctx, mode="set", quantity=-1), "stock_out_of_bounds"),
    ],
)
def test_nonsense_is_refused(ctx, call, code):
    with pytest.raises(Refused) as refused:
        call(ctx())
    assert refused.value.code == code


def test_too_many_are_refused(ctx, shirts, monkeypatch):
    monkeypatch.setattr(price_preview, "MOST", 2)
    monkeypatch.setattr(stock_preview, "MOST", 2)
    for call in (
        lambda: preview_rule(ctx(), rule=PriceRule(How.SET, 5), product_ids=[shirts.product_id]),
        lambda: preview_rule(ctx(), rule=PriceRule(How.SET, 5), wanted=Wanted()),
        lambda: preview_prices(ctx(), given=[GivenPrice(code, 5) for code in "SML"]),
        lambda: preview_stock(ctx(), mode="add", quantity=1, wanted=Wanted()),
        lambda: preview_counts(ctx(), mode="add", quantities=dict.fromkeys("SML", 1)),
    ):
        with pytest.raises(Refused, match="too_many_at_once"):
            call()


@pytest.mark.parametrize("right", ["goods.view", "goods.edit"])
def test_only_who_may_change_them_previews_them(ctx, right):
    viewer = ctx(staff("stf_1", {right}))
    for call in (
        lambda: preview_rule(viewer, rule=PriceRule(How.SET, 5)),
        lambda: preview_prices(viewer, given=[]),
        lambda: preview_stock(viewer, mode="add", quantity=1),
        lambda: preview_counts(viewer, mode="add", quantities={}),
    ):
        with pytest.raises(Refused, match="forbidden"):
            call()
