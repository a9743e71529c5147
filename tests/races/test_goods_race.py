"""Two members of staff at once: roll-ups follow all SKUs, an imported code exists once, a key makes one product."""

import random
import time
from dataclasses import replace
from threading import Event

import pytest

from backend.catalog import store
from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.create_product import SkuForm, create_product
from backend.usecases.import_products_batch import Imported, ImportedProduct, import_products_batch
from backend.usecases.save_category import save_category
from tests.given_goods import given_category, given_product
from tests.races.together import THREADS, together


def answer_of(call):
    """What the call returned, or the code of its refusal."""
    try:
        return call()
    except Refused as refused:
        return refused.code


def test_roll_ups_follow_prices_changed_at_once(app, ctx, rows):
    for _ in range(3):
        codes = [f"S{random.randrange(10**9)}-{number}" for number in range(THREADS)]
        goods = given_product(ctx, skus=[SkuForm(code, 1000, options={"号": str(place)}) for place, code in enumerate(codes)])
        prices = {code: [random.randrange(100, 900) for _ in range(5)] for code in codes}
        together(
            app,
            lambda who, codes=codes, prices=prices: [
                change_prices(ctx(), changes=[PriceChange(codes[who], price)]) for price in prices[codes[who]]
            ],
        )
        [product] = rows("select price_fen from products where id = :id", id=goods.product_id)
        assert product["price_fen"] == min(each[-1] for each in prices.values())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("locked", "price_fen"), [(True, 100), (False, 200)])
def test_twin_without_the_lock_a_roll_up_is_stale(app, ctx, rows, locked, price_fen):
    """PostgreSQL only: the second roll-up waits for the first, yet looks at prices as of before it waited."""
    goods = given_product(ctx, skus=[SkuForm(f"S{number}", 1000, options={"号": str(number)}) for number in range(2)])
    first_rolled = Event()

    def change(who):
        if who == 1:
            first_rolled.wait(10)
        with transaction(ctx()) as tx:
            if locked:
                store.lock_product(tx, goods.product_id)
            before = store.Prices(goods.skus[f"S{who}"], goods.product_id, 1000, None)
            store.reprice(tx, [(before, replace(before, price_fen=100 * (who + 1)))])
            store.roll_up(tx, [goods.product_id])
            if who == 0:
                first_rolled.set()
                time.sleep(0.5)
        yield who

    together(app, change, threads=2)
    assert rows("select price_fen from products") == [{"price_fen": price_fen}]


def test_the_same_sheet_imported_at_once(app, ctx, rows):
    sheet = [ImportedProduct(f"A{number}", f"商品{number}", f"类{number % 3}", 100) for number in range(40)]
    answers = together(app, lambda _: [answer_of(lambda: import_products_batch(ctx(), products=sheet, stock_default=5))])
    assert answers[Imported(new=40)] == 1
    assert set(answers) <= {Imported(new=40), Imported(same=40), "sku_code_taken"}
    assert rows("select count(*) as n, count(distinct code) as codes from skus") == [{"n": 40, "codes": 40}]
    assert rows("select count(*) as n from categories") == [{"n": 3}]
    assert rows("select count(*) as n, sum(on_hand) as pieces from stock_levels") == [{"n": 40, "pieces": 200}]


def test_one_key_makes_one_product(app, ctx, rows):
    category_id = given_category(ctx)

    def create(_):
        key = ClientKey("key-1", "print")
        yield create_product(ctx(), title="苹果", category_id=category_id, skus=[SkuForm("A1", 100)], key=key)

    assert list(together(app, create).values()) == [THREADS]
    assert rows("select count(*) as n from products") == [{"n": 1}]


def test_a_name_is_given_once_and_two_levels_stay_two(app, ctx, rows):
    answers = together(app, lambda who: [answer_of(lambda: save_category(ctx(), name="水果")) == "category_name_taken"])
    assert answers == {False: 1, True: THREADS - 1}
    first, second, third = (given_category(ctx, name) for name in "甲乙丙")
    moves = [(first, "甲", second), (second, "乙", third), (third, "丙", first)]
    together(
        app,
        lambda who: [
            answer_of(lambda: save_category(ctx(), category_id=moves[who][0], name=moves[who][1], parent_id=moves[who][2]))
        ],
        threads=3,
    )
    deep = "select c.id from categories c join categories p on p.id = c.parent_id where p.parent_id is not null"
    assert rows(deep) == []
