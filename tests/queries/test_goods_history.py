"""What became of a SKU: running balances that fit the level on every page, and its prices."""

import pytest

from backend.infra.uow import transaction
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.queries.goods_history import price_changes, sku_journal
from backend.stock import MAIN_LOCATION, store
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.change_prices import PriceChange, change_prices
from tests.given_goods import given_product


def test_balances_run_backwards_from_the_level(ctx, later):
    sku_id = given_product(ctx, stock=5).sku_id
    later(minutes=1)
    adjust_stock(ctx(staff("stf_1", EVERYTHING)), sku_id=sku_id, change=7, reason="到货")
    later(minutes=1)
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", sku_id, 4)])
    later(minutes=1)
    adjust_stock(ctx(), sku_id=sku_id, change=-2, reason="破损")
    journal = sku_journal(ctx(), sku_id=sku_id)
    assert [(each.kind, each.on_hand_after, each.reserved_after) for each in journal.moves] == [
        ("adjust", 10, 4),
        ("reserve", 12, 4),
        ("adjust", 12, 0),
        ("opening", 5, 0),
    ]
    assert (journal.sku.on_hand, journal.sku.reserved, journal.sku.available, journal.next) == (10, 4, 6, None)
    assert (journal.moves[2].actor, journal.moves[2].reason) == ("staff:stf_1", "到货")
    pages, before = [], "~"
    while before is not None:
        page = sku_journal(ctx(), sku_id=sku_id, before=before, limit=1)
        pages, before = [*pages, *page.moves], page.next
    assert pages == list(journal.moves)


def test_prices_before_and_after_newest_first(ctx, later):
    goods = given_product(ctx, "A1", 1000)
    change_prices(ctx(staff("stf_1", EVERYTHING)), changes=[PriceChange("A1", 900, 1200)])
    later(minutes=1)
    change_prices(ctx(), changes=[PriceChange("A1", 950, 1200)])
    sku, changes = price_changes(ctx(), sku_id=goods.sku_id)
    assert (sku.code, sku.price_fen, sku.market_price_fen) == ("A1", 950, 1200)
    assert [(each.actor, each.before_fen, each.after_fen, each.market_before_fen) for each in changes] == [
        ("system", 900, 950, 1200),
        ("staff:stf_1", 1000, 900, None),
    ]


@pytest.mark.parametrize("query", [sku_journal, price_changes])
def test_an_unknown_sku_and_a_stranger_are_refused(ctx, query):
    with pytest.raises(Refused, match="sku_unknown"):
        query(ctx(), sku_id="sku_unknown")
    with pytest.raises(Refused, match="forbidden"):
        query(ctx(staff("stf_1", {"orders.view"})), sku_id=given_product(ctx).sku_id)
