"""Freight by province: what the shop sets is what preview and order charge; where no courier goes no order goes either."""

from typing import Any

import pytest
from flask import Flask

from backend.app import runtime
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.members import store as members
from backend.members.rules import Destination
from backend.queries.checkout import preview
from backend.queries.shop_rules import shop_rules_shown
from backend.usecases.change_order_address import change_order_address
from backend.usecases.change_shop_rules import change_shop_rules
from backend.usecases.place_order import place_order
from tests.given_orders import STAFF, Shop

URUMQI, LHASA, BEIJING = "650102", "540102", "110105"


def zones(app: Flask, shop: Shop, **values: Any) -> None:
    change_shop_rules(shop.ctx(STAFF), values=values, seen={})
    runtime(app).rules.forget()


def lives_in(shop: Shop, who: Any, code: str) -> str:
    with transaction(shop.ctx(STAFF)) as tx:
        where = Destination("李雷", "13800138000", code, "人民路 1 号")
        members.insert_address(tx, f"adr_{code}", who.actor.id, where, "index", False)
    return f"adr_{code}"


def test_a_far_province_pays_its_own_freight(app: Flask, shop: Shop) -> None:
    zones(app, shop, far_provinces="65,54", far_freight_fen=2000, far_free_freight_from_fen=20000)
    li, goods = shop.shopper(), shop.goods(price_fen=9000, stock=20)
    far = lives_in(shop, li, URUMQI)
    for count, freight, code in ((1, 2000, "freight_far"), (3, 0, "freight_free")):
        quote = preview(shop.ctx(li.actor), items=[(goods.sku_id, count)], address_id=far)
        assert (quote["freight_fen"], quote["explanation"][-1]["code"]) == (freight, code)
    assert preview(shop.ctx(li.actor), items=[(goods.sku_id, 1)])["freight_fen"] == 0, "near while the address is open"
    with pytest.raises(Refused, match="total_moved"):
        place_order(shop.ctx(li.actor), address_id=far, shown_total_fen=9000, items=[(goods.sku_id, 1)])
    order_id = place_order(shop.ctx(li.actor), address_id=far, shown_total_fen=11000, items=[(goods.sku_id, 1)])["id"]
    assert shop.one("select freight_fen, total_fen from orders where id = :id", id=order_id) == {
        "freight_fen": 2000, "total_fen": 11000}
    shop.place(li, (goods, 1), shown=9000)


def test_where_no_courier_goes_nothing_is_placed_nor_sent(app: Flask, shop: Shop, snapshot: Any) -> None:
    zones(app, shop, no_courier_provinces="54")
    li, goods = shop.shopper(), shop.goods(price_fen=9000)
    there = lives_in(shop, li, LHASA)
    order_id = shop.place(li, (goods, 1))
    before = snapshot()
    for attempt in (
        lambda: preview(shop.ctx(li.actor), items=[(goods.sku_id, 1)], address_id=there),
        lambda: place_order(shop.ctx(li.actor), address_id=there, shown_total_fen=9000, items=[(goods.sku_id, 1)]),
        lambda: change_order_address(shop.ctx(STAFF), order_id=order_id, name="李雷", phone="13800138000", region_code=LHASA,
                                     detail="人民路 1 号")):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "no_courier_there"
    assert snapshot() == before


@pytest.mark.parametrize("value", ["99", "新疆", "6", "65;54", 65])
def test_only_provinces_of_the_list(shop: Shop, snapshot: Any, value: Any) -> None:
    before = snapshot()
    with pytest.raises(Refused, match="rule_provinces"):
        change_shop_rules(shop.ctx(STAFF), values={"far_provinces": value}, seen={})
    assert snapshot() == before


def test_provinces_are_kept_in_order_and_once(shop: Shop) -> None:
    change_shop_rules(shop.ctx(STAFF), values={"far_provinces": "65,54,65,"}, seen={})
    [rule] = [each for each in shop_rules_shown(shop.ctx(STAFF)) if each.rule.name == "far_provinces"]
    assert rule.value == "54,65"
