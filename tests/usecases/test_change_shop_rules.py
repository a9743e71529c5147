"""Changing the shop's rules: within bounds, by whoever may, with a trace; orders follow at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from backend.app import runtime
from backend.kernel.actors import ANONYMOUS, EVERYTHING, shopper, staff
from backend.kernel.errors import Refused
from backend.queries.shop_rules import shop_rules_history, shop_rules_shown
from backend.usecases.change_shop_rules import change_shop_rules
from tests.given_orders import STAFF, Shop

Rows = Callable[..., list[dict[str, Any]]]
Snapshot = Callable[[], Any]


def change(shop: Shop, actor: Any = STAFF, seen: dict[str, int] | None = None, **values: Any) -> list[str]:
    return change_shop_rules(shop.ctx(actor), values=values, seen=seen or {})


def as_utc(value: Any) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def test_orders_follow_the_new_rules(app: Flask, shop: Shop) -> None:
    li, goods = shop.shopper(), shop.goods(price_fen=5000)
    assert change(shop, payment_minutes=40, freight_fen=1200, unpaid_orders_limit=1) == [
        "freight_fen", "payment_minutes", "unpaid_orders_limit"]
    runtime(app).rules.forget()
    with pytest.raises(Refused) as caught:
        shop.place(li, (goods, 1), shown=5800)
    assert caught.value.code == "total_moved"
    order_id = shop.place(li, (goods, 1), shown=6200)
    order = shop.one("select * from orders where id = :id", id=order_id)
    assert order["freight_fen"] == 1200
    placed, due = (as_utc(order[name]) for name in ("placed_at", "pay_before"))
    assert due - placed == timedelta(minutes=40)
    with pytest.raises(Refused) as caught:
        shop.place(li, (goods, 1), shown=6200)
    assert (caught.value.code, caught.value.details) == ("too_many_unpaid_orders", {"limit": 1})


def test_history_and_audit_know_before_and_after(shop: Shop, rows: Rows) -> None:
    change(shop, payment_minutes=40, return_phone="13800138000")
    change(shop, seen={"payment_minutes": 1}, payment_minutes=None)
    found = [(each.rule.name, each.before, each.after) for each in shop_rules_history(shop.ctx(STAFF))]
    assert sorted(found, key=str) == sorted(
        [("payment_minutes", 40, None), ("payment_minutes", None, 40), ("return_phone", None, "138***")], key=str)
    assert {row["actor"] for row in rows("select actor from audit_log where action = 'change_shop_rules'")} == {"staff:stf_test"}
    shown = {each.rule.name: each for each in shop_rules_shown(shop.ctx(STAFF))}
    assert (shown["payment_minutes"].value, shown["payment_minutes"].is_set, shown["payment_minutes"].version) == (15, False, 2)
    assert (shown["return_phone"].value, shown["return_phone"].is_set) == ("13800138000", True)


def test_doing_it_again_changes_nothing(shop: Shop, snapshot: Snapshot) -> None:
    change(shop, payment_minutes=40)
    before = snapshot()
    assert change(shop, payment_minutes=40) == []
    assert snapshot() == before


@pytest.mark.parametrize(("values", "code"), [
    ({"payment_minutes": 0}, "rule_out_of_bounds"), ({"payment_minutes": 1441}, "rule_out_of_bounds"),
    ({"freight_fen": "8"}, "rule_out_of_bounds"), ({"shop_name": ""}, "rule_text"), ({"secret_key": "x"}, "no_such_rule"),
    ({"payment_minutes": 20, "freight_fen": -1}, "rule_out_of_bounds")])
def test_what_does_not_fit_is_refused_whole(shop: Shop, snapshot: Snapshot, values: dict[str, Any], code: str) -> None:
    before = snapshot()
    with pytest.raises(Refused) as caught:
        change(shop, **values)
    assert caught.value.code == code
    assert snapshot() == before


def test_what_somebody_else_changed_meanwhile_is_refused_whole(shop: Shop, snapshot: Snapshot) -> None:
    change(shop, payment_minutes=40)
    before = snapshot()
    with pytest.raises(Refused) as caught:
        change(shop, freight_fen=900, payment_minutes=50)
    assert (caught.value.code, caught.value.details) == ("rule_changed_meanwhile", {"name": "payment_minutes"})
    assert snapshot() == before


@pytest.mark.parametrize("actor", [
    ANONYMOUS, shopper("mem_1"), staff("stf_1", EVERYTHING - {"*"}), staff("stf_1", {"jobs.run", "money.check"})])
def test_only_who_may(shop: Shop, snapshot: Snapshot, actor: Any) -> None:
    before = snapshot()
    with pytest.raises(Refused) as caught:
        change(shop, actor, payment_minutes=40)
    assert caught.value.code in ("forbidden", "login_needed")
    assert snapshot() == before
    for query in (shop_rules_shown, shop_rules_history):
        with pytest.raises(Refused):
            query(shop.ctx(actor))
