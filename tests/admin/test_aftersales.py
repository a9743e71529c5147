"""The after-sale desk and the desk of complaints: who may, whose rows, what the buttons do, and that text stays text."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from backend.app import runtime
from backend.context import Context
from backend.kernel.actors import SYSTEM
from backend.usecases.change_shop_rules import change_shop_rules
from backend.usecases.open_ticket import open_ticket
from tests.fakes import FakeWorld
from tests.given_aftersales import Cases
from tests.given_orders import Shop
from tests.given_pickups import given_store
from tests.given_staff import Browser
from tests.given_uploads import given_picture

EVIL = "<script>alert(1)</script>\" onmouseover=x '"


@pytest.fixture
def cases(console: Flask, world: FakeWorld, rows: Callable[..., list[dict[str, Any]]]) -> Cases:
    def ctx(actor: Any = SYSTEM, **more: Any) -> Context:
        return runtime(console).context(actor, **more)
    return Cases(Shop(ctx, world, rows=rows))


def test_a_case_is_granted_with_less(cases: Cases, log_in: Callable[..., Browser]) -> None:
    order_id, [line] = cases.shipped((cases.shop.goods("A1", 9000, 10), 1))
    case_id = cases.ask(order_id, words=EVIL)
    clerk = log_in("service")
    page = clerk.get("/admin/aftersales/")
    assert page.status_code == 200 and "待处理" in page.text
    detail = clerk.get(f"/admin/aftersales/{case_id}/")
    assert detail.status_code == 200 and "<script>alert(1)" not in detail.text and "&lt;script&gt;" in detail.text
    wrong = clerk.post(f"/admin/aftersales/{case_id}/approve/", {f"given-{line}": "20.00", "freight": "0", "answer": ""})
    assert "请写明原因" in wrong.text and cases.state(case_id) == "asked"
    for nonsense in ("abc", "-1", "1e3", "90.001", "90.01"):
        clerk.post(f"/admin/aftersales/{case_id}/approve/", {f"given-{line}": nonsense, "freight": "0", "answer": "试"})
        assert cases.state(case_id) == "asked", nonsense
    clerk.post(f"/admin/aftersales/{case_id}/approve/", {f"given-{line}": "20.00", "freight": "0", "answer": "补偿 20 元"})
    assert cases.case(case_id, "state, given_fen, answer") == {"state": "refunding", "given_fen": 2000, "answer": "补偿 20 元"}
    page = clerk.get(f"/admin/aftersales/{case_id}/").text
    assert "待发送" in page and ">asked<" not in page, "a refund's state is said in words"


def test_a_return_is_received_and_a_refund_tried_again(cases: Cases, log_in: Callable[..., Browser]) -> None:
    apples = cases.shop.goods("A1", 9000, 10)
    order_id, [line] = cases.shipped((apples, 2))
    case_id = cases.returning(order_id, reason="quality")
    clerk = log_in("service")
    assert "确认收到退货" in clerk.get(f"/admin/aftersales/{case_id}/").text
    clerk.post(f"/admin/aftersales/{case_id}/receive/", {f"given-{line}": "180.00", "restock": line, "answer": ""})
    assert cases.state(case_id) == "refunding" and cases.shop.levels(apples) == (10, 0)


def test_a_return_without_an_address_says_where_to_set_it(cases: Cases, log_in: Callable[..., Browser]) -> None:
    case_id = cases.ask(cases.shipped((cases.shop.goods("A1", 9000, 10), 1))[0], "return_and_refund")
    clerk, owner = log_in("service"), log_in("owner")
    notice = "现在不能同意退货退款"
    assert notice not in clerk.get(f"/admin/aftersales/{case_id}/").text
    ctx = cases.shop.ctx()
    change_shop_rules(ctx, values={"return_address": ""}, seen={})
    ctx.rules.forget()
    assert notice in clerk.get(f"/admin/aftersales/{case_id}/").text
    assert 'href="/admin/settings/"' in owner.get(f"/admin/aftersales/{case_id}/").text.partition(notice)[2][:200]
    said = clerk.post(f"/admin/aftersales/{case_id}/approve/", {"freight": "0", "answer": ""})
    assert "系统 › 设置 › 店铺" in said.text and cases.state(case_id) == "asked"


def test_a_case_is_refused(cases: Cases, log_in: Callable[..., Browser]) -> None:
    case_id = cases.ask(cases.paid((cases.shop.goods("A1", 9000, 10), 1))[0], reason="changed_mind")
    clerk = log_in("service")
    clerk.post(f"/admin/aftersales/{case_id}/refuse/", {"reason": " "})
    assert cases.state(case_id) == "asked"
    clerk.post(f"/admin/aftersales/{case_id}/refuse/", {"reason": "已在打包"})
    assert cases.state(case_id) == "refused"


def test_who_may_only_look_sees_no_buttons_and_can_do_nothing(cases: Cases, log_in: Callable[..., Browser],
                                                              snapshot: Callable[[], Any]) -> None:
    case_id = cases.ask(cases.paid((cases.shop.goods("A1", 9000, 10), 1))[0], reason="changed_mind")
    ticket_id = open_ticket(cases.who, category="goods", words="坏了")["id"]
    viewer, goods = log_in("read_only"), log_in("goods")
    assert 'data-open="approve"' not in viewer.get(f"/admin/aftersales/{case_id}/").text
    assert 'name="words"' not in viewer.get(f"/admin/tickets/{ticket_id}/").text
    assert goods.get("/admin/aftersales/").status_code == goods.get(f"/admin/tickets/{ticket_id}/").status_code == 403
    before = snapshot()
    for path in (f"aftersales/{case_id}/approve", f"aftersales/{case_id}/refuse", f"aftersales/{case_id}/receive",
                 f"aftersales/{case_id}/retry", f"tickets/{ticket_id}/answer", f"tickets/{ticket_id}/assign",
                 f"tickets/{ticket_id}/close"):
        assert viewer.post(f"/admin/{path}/", {"reason": "x", "words": "x"}, follow=False).status_code == 403, path
        assert log_in("service").post_bare(f"/admin/{path}/", {"reason": "x", "words": "x"}).status_code in (400, 403), path
    after = snapshot()
    assert all(after[name] == before[name] for name in ("aftersales", "tickets", "refunds", "ticket_messages"))


def test_cases_of_other_stores_are_not_there(cases: Cases, log_in: Callable[..., Browser], console: Flask) -> None:
    case_id = cases.ask(cases.paid((cases.shop.goods("A1", 9000, 10), 1))[0], reason="changed_mind")
    key = given_picture(cases.who, "ticket")
    ticket_id = open_ticket(cases.who, category="goods", words="坏了", pictures=[key])["id"]
    with_store = log_in("service", scope="store", scope_id="sto_main")
    assert case_id in with_store.get("/admin/aftersales/").text
    assert with_store.get(f"/admin/tickets/{ticket_id}/picture/{key}").status_code == 200
    elsewhere = log_in("service", scope="store", scope_id=given_store(cases.shop.ctx, "other"))
    for path in ("aftersales/", "tickets/"):
        page = elsewhere.get(f"/admin/{path}?tab=all").text
        assert case_id not in page and ticket_id not in page
    for path in (f"aftersales/{case_id}/", f"tickets/{ticket_id}/", f"tickets/{ticket_id}/picture/{key}"):
        assert elsewhere.get(f"/admin/{path}").status_code == 404, path
    assert elsewhere.post(f"/admin/aftersales/{case_id}/approve/", {}, follow=False).status_code == 404
    assert cases.state(case_id) == "asked"


def test_a_complaint_is_entered_answered_assigned_and_closed(cases: Cases, log_in: Callable[..., Browser]) -> None:
    order_id, _ = cases.paid((cases.shop.goods("A1", 9000, 10), 1))
    number = cases.shop.one("select number from orders where id = :id", id=order_id)["number"]
    clerk = log_in("service")
    wrong = clerk.post("/admin/tickets/new/", {"who": "NONE", "category": "goods", "heard_in": "3 群", "words": EVIL})
    assert "没有这个会员编号或订单号" in wrong.text
    clerk.post("/admin/tickets/new/", {"who": number, "category": "goods", "heard_in": "3 群", "words": EVIL})
    ticket = cases.shop.one("select id, order_id, owner, heard_in from tickets")
    assert (ticket["order_id"], ticket["owner"], ticket["heard_in"]) == (order_id, clerk.staff_id, "3 群")
    it = ticket["id"]
    assert "<script>alert(1)" not in clerk.get(f"/admin/tickets/{it}/").text + clerk.get("/admin/tickets/?tab=mine").text
    clerk.post(f"/admin/tickets/{it}/answer/", {"words": "看看", "note": "1"})
    clerk.post(f"/admin/tickets/{it}/answer/", {"words": "马上补发"})
    other = log_in("service")
    clerk.post(f"/admin/tickets/{it}/assign/", {"owner": other.staff_id})
    assert cases.shop.one("select state, owner, messages from tickets") == {
        "state": "answered", "owner": other.staff_id, "messages": 3}
    other.post(f"/admin/tickets/{it}/close/", {"outcome": "solved", "words": "已补发"})
    assert cases.shop.one("select state, outcome from tickets") == {"state": "closed", "outcome": "solved"}
    for tab in ("mine", "unassigned", "todo", "overdue", "answered", "closed", "all", "nonsense"):
        assert other.get(f"/admin/tickets/?tab={tab}").status_code == 200


def test_every_tab_shows(cases: Cases, log_in: Callable[..., Browser]) -> None:
    cases.ask(cases.paid((cases.shop.goods("A1", 9000, 10), 1))[0], reason="changed_mind")
    clerk = log_in("service")
    for tab in ("todo", "soon", "parcel", "refunding", "done", "all", "nonsense"):
        assert clerk.get(f"/admin/aftersales/?tab={tab}").status_code == 200
    assert clerk.get("/admin/aftersales/?q=nothing&kind=refund_only&asked_at_from=2026-01-01").status_code == 200
