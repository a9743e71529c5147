"""Stock for staff: what runs low, and the journal."""

from backend.infra.uow import transaction
from backend.queries.stock import low_stock, stock_journal
from backend.stock import MAIN_LOCATION, store
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.set_low_stock import set_low_stock
from backend.usecases.set_on_shelf import set_on_shelf
from tests.given_goods import given_product


def test_the_fewest_first_page_by_page(ctx):
    made = {
        code: given_product(ctx, code, stock=stock)
        for code, stock in (("A", 11), ("B", 10), ("C", 3), ("D", 0), ("E", 3), ("F", 0))
    }
    set_on_shelf(ctx(), product_ids=[made["F"].product_id], on_shelf=False)
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", made["B"].sku_id, 9)])
    everything = low_stock(ctx())
    assert [(each.code, each.on_hand, each.reserved, each.available) for each in everything] == [
        ("D", 0, 0, 0),
        ("B", 10, 9, 1),
        *sorted([("C", 3, 0, 3), ("E", 3, 0, 3)], key=lambda each: made[each[0]].sku_id),
    ]
    pages, after = [], (-1, "")
    while page := low_stock(ctx(), after=after, limit=1):
        pages += page
        after = (page[-1].available, page[-1].sku_id)
    assert pages == everything
    assert [each.code for each in low_stock(ctx(), threshold=0)] == ["D"]
    assert len(low_stock(ctx(), threshold=11)) == 5


def test_a_sku_may_have_its_own_line(ctx):
    goods = {code: given_product(ctx, code, stock=stock).sku_id for code, stock in (("A", 10), ("B", 10), ("C", 50))}
    set_low_stock(ctx(), sku_ids=[goods["A"]], low_at=9)
    set_low_stock(ctx(), sku_ids=[goods["C"]], low_at=50)
    assert [(each.code, each.low_at) for each in low_stock(ctx())] == [("B", None), ("C", 50)]
    set_low_stock(ctx(), sku_ids=[goods["A"]], low_at=None)
    assert [each.code for each in low_stock(ctx(), threshold=9)] == ["C"]


def test_the_journal_newest_first(ctx, later):
    sku_id = given_product(ctx, stock=5).sku_id
    later(minutes=1)
    adjustment_id = adjust_stock(ctx(), sku_id=sku_id, change=-2, reason="破损")
    newest, opening = stock_journal(ctx(), sku_id=sku_id)
    assert (newest.kind, newest.cause, newest.on_hand_change, newest.reason, newest.actor) == (
        "adjust",
        adjustment_id,
        -2,
        "破损",
        "system",
    )
    assert (opening.kind, opening.on_hand_change, opening.reserved_change) == ("opening", 5, 0)
    assert stock_journal(ctx(), sku_id=sku_id, before=newest.id) == [opening]
    assert stock_journal(ctx(), sku_id=sku_id, limit=1) == [newest] and stock_journal(ctx(), sku_id="sku_unknown") == []
