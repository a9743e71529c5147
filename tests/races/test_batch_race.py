"""Two previews confirmed at once: what was seen is written once, whoever comes second is told; what arrived adds up."""

from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.catalog import store as catalog
from backend.infra.db import write_engine
from backend.infra.uow import transaction
from backend.stock import MAIN_LOCATION
from backend.stock import store as stock
from backend.usecases.apply_prices import SeenPrice, apply_prices
from backend.usecases.change_stock import Counted, change_stock
from backend.usecases.create_product import SkuForm
from tests.given_goods import given_product, level
from tests.races.together import THREADS, together

SKUS = 4


@pytest.fixture
def ids(ctx):
    forms = [SkuForm(f"S{number}", 1000, options={"号": str(number)}, stock=10) for number in range(SKUS)]
    return list(given_product(ctx, skus=forms).skus.values())


def test_one_of_several_previews_of_prices_is_written(app, ctx, rows, ids):
    def confirm(who):
        mine = ids if who % 2 else ids[::-1]
        yield apply_prices(ctx(), prices=[SeenPrice(sku_id, 1000, 500 + who) for sku_id in mine]).changed

    assert together(app, confirm) == {SKUS: 1, 0: THREADS - 1}
    prices = {row["price_fen"] for row in rows("select price_fen from skus")}
    assert len(prices) == 1 and rows("select price_fen from products") == [{"price_fen": prices.pop()}]
    assert rows("select count(*) as n from audit_log where action = 'change_price'") == [{"n": SKUS}]


def test_one_of_several_counts_is_written_and_arrivals_add_up(app, ctx, rows, ids):
    def count(who):
        mine = ids if who % 2 else ids[::-1]
        yield change_stock(ctx(), changes=[Counted(sku_id, who + 1, 10) for sku_id in mine], reason="盘点").changed

    assert together(app, count) == {SKUS: 1, 0: THREADS - 1}
    counted = {level(ctx, sku_id)[0] for sku_id in ids}
    assert len(counted) == 1
    together(app, lambda who: [change_stock(ctx(), changes=[Counted(sku_id, 1) for sku_id in ids], reason="到货")])
    assert {level(ctx, sku_id)[0] for sku_id in ids} == {counted.pop() + THREADS}
    assert rows("select sum(on_hand_change) as n from stock_moves") == rows("select sum(on_hand) as n from stock_levels")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_has_looked_to_change_is_waited_for(ctx, ids):
    """PostgreSQL only: SQLite has one writer."""
    wanted = text("select on_hand from stock_levels where sku_id = :id for update nowait")
    with transaction(ctx()) as tx:
        stock.lock_levels(tx, MAIN_LOCATION, ids[:1])
        with write_engine().connect() as other:
            assert other.execute(wanted, {"id": ids[1]}).scalar_one() == 10
            with pytest.raises(OperationalError, match="could not obtain lock"):
                other.execute(wanted, {"id": ids[0]})


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("locked", "written", "left"), [(True, 1, 13), (False, 2, 16)])
def test_twin_without_the_lock_a_count_is_written_twice(app, ctx, ids, monkeypatch, locked, written, left):
    """PostgreSQL only: both decide by the level that they saw, and both add the difference."""
    both, look = Barrier(2), stock.find_levels

    def unlocked(tx, location_id, sku_ids):
        found = look(tx, location_id, sku_ids)
        both.wait(10)
        return found

    if not locked:
        monkeypatch.setattr(stock, "lock_levels", unlocked)
    answers = together(
        app, lambda _: [change_stock(ctx(), changes=[Counted(ids[0], 3, 10)], reason="盘点").changed], threads=2)
    assert answers[1] == written and level(ctx, ids[0])[0] == left


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("locked", "written"), [(True, 1), (False, 2)])
def test_twin_without_the_lock_both_previews_are_written(app, ctx, ids, monkeypatch, locked, written):
    """PostgreSQL only: both saw the price that was previewed, so the second overwrites the first unseen."""
    def unlocked(tx, product_ids):
        return {}

    both, prices = Barrier(2), catalog.lock_prices

    def read(tx, sku_ids):
        found = prices(tx, sku_ids)
        if not locked:
            both.wait(10)
        return found

    monkeypatch.setattr(catalog, "lock_prices", read)
    if not locked:
        monkeypatch.setattr(catalog, "lock_products", unlocked)
    answers = together(
        app, lambda who: [apply_prices(ctx(), prices=[SeenPrice(ids[0], 1000, 500 + who)]).changed], threads=2)
    assert answers[1] == written
