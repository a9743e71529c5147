"""A crowd in a scratch database: every state is there, the books hold to the last check, and no real shop is touched."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.catalog.rules import ImportedProduct
from backend.checks.check_books import check_books
from backend.crowd import rules
from backend.infra.marks import set_mark
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.queries.crowds import crowd_stands
from backend.usecases.count_deals import count_deals
from backend.usecases.count_sales import count_sales
from backend.usecases.fill_scratch import Filling, fill_scratch
from backend.usecases.import_products_batch import import_products_batch
from tests.given_orders import Shop

ORDERS, MEMBERS = 2500, 400


def goods(shop: Shop) -> None:
    products = [ImportedProduct(f"CR{i:04d}", f"商品 {i}", "压测", 990 + i * 37) for i in range(30)]
    import_products_batch(shop.ctx(), products=products, stock_default=100_000)


def fill(shop: Shop, told: list[Filling] | None = None, **other: int) -> bool:
    asked: dict[str, Any] = {"orders": ORDERS, "members": MEMBERS, "seed": 1} | other
    return fill_scratch(shop.ctx(), tell=(told if told is not None else []).append, **asked)


def test_the_books_of_a_crowd_hold(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "CHUNK", 1000)
    told: list[Filling] = []
    goods(shop)
    assert fill(shop, told)
    assert [(each.part, each.done) for each in told] == [
        ("members", 0), ("members", 400), ("orders", 0), ("orders", 1000), ("orders", 2000), ("orders", 2500)]
    count_sales(shop.ctx())
    count_deals(shop.ctx())
    assert check_books(shop.ctx(), waiting=False) == []
    states = {row["state"]: row["n"] for row in shop.rows("select state, count(*) as n from orders group by state")}
    assert sum(states.values()) == ORDERS
    assert set(states) >= {"closed", "paid", "shipped", "completed", "refunded"}
    assert shop.one("select count(*) as n, count(distinct member_id) as m from orders")["m"] > MEMBERS // 2
    lines = shop.rows("select line_count, count(*) as n from orders group by line_count order by line_count")
    assert [row["line_count"] for row in lines] == [2, 3]
    assert shop.one("select count(*) as n from orders o join members m on m.id = o.member_id where m.created_at > o.placed_at")[
        "n"] == 0
    assert len({row["store_id"] for row in shop.rows("select distinct store_id from orders")}) == 10


def test_personal_fields_open(shop: Shop) -> None:
    goods(shop)
    fill(shop)
    row = shop.one("select phone, phone_index from members where phone is not null order by id limit 1")
    phone = shop.ctx().cipher.decrypt(row["phone"], "members.phone")
    assert shop.ctx().cipher.blind_index(phone, "phone") == row["phone_index"]
    assert "文三路" in shop.ctx().cipher.decrypt(shop.one("select ship_to from orders limit 1")["ship_to"], "orders.ship_to")


def test_the_same_crowd_again_does_nothing(shop: Shop, snapshot: Callable[[], Any]) -> None:
    goods(shop)
    fill(shop)
    before = snapshot()
    assert fill(shop) is False
    assert snapshot() == before
    with pytest.raises(Refused) as caught:
        fill(shop, orders=ORDERS + 1)
    assert (caught.value.code, caught.value.details) == ("other_crowd", {"orders": ORDERS})


@pytest.mark.parametrize("lived", ["member", "order"])
def test_a_real_shop_is_left_alone(shop: Shop, snapshot: Callable[[], Any], lived: str) -> None:
    li = shop.shopper()
    if lived == "order":
        shop.place(li, (shop.goods(), 1))
    before = snapshot()
    with pytest.raises(Refused) as caught:
        fill(shop)
    assert caught.value.code == "database_in_use"
    assert snapshot() == before


def test_what_was_broken_off_goes_on_to_the_same_crowd(
        shop: Shop, monkeypatch: pytest.MonkeyPatch, later: Callable[..., Any]) -> None:
    monkeypatch.setattr(rules, "CHUNK", 150)
    goods(shop)

    class Killed(Exception):
        pass

    def tell(filling: Filling) -> None:
        if (filling.part, filling.done) in killed_at:
            killed_at.remove((filling.part, filling.done))
            raise Killed

    killed_at = [("members", 0), ("members", 300), ("orders", 0), ("orders", 150), ("orders", 450)]
    asked: dict[str, Any] = {"orders": 600, "members": MEMBERS, "seed": 1}
    while killed_at:
        left = len(killed_at)
        with pytest.raises(Killed):
            fill_scratch(shop.ctx(), tell=tell, **asked)
        assert len(killed_at) == left - 1
        later(hours=1)
    assert crowd_stands(shop.ctx(), **asked) is False
    assert fill_scratch(shop.ctx(), tell=tell, **asked) is True
    assert crowd_stands(shop.ctx(), **asked) is True
    assert shop.one("select count(*) as n from orders") == {"n": 600}
    assert shop.one("select count(*) as n from members") == {"n": MEMBERS}
    assert shop.one("select count(*) as n from orders o left join members m on m.id = o.member_id where m.id is null") == {"n": 0}
    count_sales(shop.ctx())
    count_deals(shop.ctx())
    assert check_books(shop.ctx(), waiting=False) == []


def test_a_crowd_of_an_older_version_is_another_one(shop: Shop) -> None:
    goods(shop)
    with transaction(shop.ctx()) as tx:
        set_mark(tx, "crowd", {"orders": ORDERS, "members": MEMBERS, "seed": 1, "done": True})
    with pytest.raises(Refused) as caught:
        fill(shop)
    assert caught.value.code == "other_crowd"
