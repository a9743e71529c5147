"""Goods on their way, through the real doors: WeChat is told over the wire, whatever it answers, and receipt comes by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.checks.check_books import check_books
from backend.infra import outbox
from backend.infra.db import write_engine
from backend.kernel.actors import EVERYTHING, staff
from backend.usecases.correct_parcel import correct_parcel
from backend.usecases.retry_shipping_upload import retry_shipping_upload
from backend.usecases.ship_order import ship_order
from tests.given_goods import given_product
from tests.stories.conftest import Live

Rows = Callable[..., list[dict[str, Any]]]
CLERK = staff("stf_1", EVERYTHING)


def told(live: Live) -> list[tuple[int, int, list[str]]]:
    """What wxsim was told of each payment: (order_state, completions, numbers)."""
    shipping = live.wxsim.control("GET", "/shipping")["shipping"]
    return [(each["order_state"], each["finished"], sorted(one["tracking_no"] for one in each["parcels"])) for each in shipping]


def paid_order(live: Live) -> tuple[Any, str, str]:
    """A shopper, their paid order of three, and its line."""
    apples = given_product(live.ctx, "A1", 5000, 100)
    li = live.visitor()
    order = li.order([(apples.sku_id, 3)], li.address())["id"]
    li.pay(order)
    [line] = li.call("GET", f"/orders/{order}")["lines"]
    return li, order, line["id"]


def test_two_parcels_a_correction_and_receipt_by_itself(live: Live, rows_of: Rows) -> None:
    li, order, line = paid_order(live)
    ship_order(live.ctx(CLERK), order_id=order, courier="顺丰", tracking_number="SF0000001", lines=[(line, 1)])
    live.work()
    assert told(live) == [(1, 0, ["SF0000001"])]
    last = ship_order(live.ctx(CLERK), order_id=order, courier="中通", tracking_number="75000001")["parcel_id"]
    live.work()
    assert told(live) == [(2, 1, ["75000001", "SF0000001"])]
    correct_parcel(live.ctx(CLERK), parcel_id=last, courier="中通", tracking_number="75000002")
    live.work()
    assert told(live) == [(2, 2, ["75000002", "SF0000001"])]
    assert rows_of("select state, completions, unsure from shipping_uploads") == [
        {"state": "sent", "completions": 2, "unsure": False}]
    assert check_books(live.ctx()) == []

    live.clock.move_to(live.clock.now() + timedelta(days=10, minutes=1))
    live.work()
    page = li.call("GET", f"/orders/{order}")
    assert (page["state"], [each["state"] for each in page["parcels"]]) == ("completed", ["delivered", "delivered"])
    assert check_books(live.ctx(), only=["I08", "I12", "I17", "I20"]) == []


def test_a_lost_answer_does_not_use_up_the_correction(live: Live, rows_of: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "RETRY_SECONDS", (3600,))  # on a slow machine a second is over before work() ends
    _, order, _ = paid_order(live)
    live.wxsim.fault("answer-lost", call="shipping-upload")
    ship_order(live.ctx(CLERK), order_id=order, courier="SF", tracking_number="SF0000001")
    live.work()
    assert told(live) == [(2, 1, ["SF0000001"])]
    assert rows_of("select state, unsure from shipping_uploads") == [{"state": "due", "unsure": True}]
    with write_engine().connect() as connection, connection.begin():
        connection.exec_driver_sql("update deliveries set retry_at = null where done_at is null")
    live.work()
    assert told(live) == [(2, 1, ["SF0000001"])], "asked first, not told twice"
    assert rows_of("select state, completions, unsure, attempts from shipping_uploads") == [
        {"state": "sent", "completions": 1, "unsure": False, "attempts": 2}]
    assert check_books(live.ctx(), only=["I07", "I12", "I17", "I43"]) == []


def test_scenario_25_what_wechat_refuses_is_listed_and_tried_again(live: Live, rows_of: Rows) -> None:
    _, order, _ = paid_order(live)
    live.wxsim.fault("shipping-refused", errcode=10060004)
    ship_order(live.ctx(CLERK), order_id=order, courier="SF", tracking_number="SF0000001")
    live.work()
    assert told(live) == []
    [row] = rows_of("select state, problem from shipping_uploads")
    assert row["state"] == "failed" and row["problem"].startswith("10060004")
    retry_shipping_upload(live.ctx(CLERK), order_id=order)
    live.work()
    assert told(live) == [(2, 1, ["SF0000001"])]
