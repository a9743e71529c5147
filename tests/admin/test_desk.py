"""Front page, money desk, members, jobs and settings: used through the browser as people do, within rights and scope."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from admin.home import WAITING
from admin.jobs import NAMES
from admin.money import EXCEPTIONS
from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_pay_bills import TradeBill
from backend.infra import outbox
from backend.infra.uow import transaction
from backend.members import store as members
from backend.orders.events import OrderClosing
from backend.payments import store as payments
from backend.queries.front_page import TO_DO
from backend.reactions import NAMES as REACTIONS
from backend.reactions import TIMETABLE
from backend.usecases.compare_bill import compare_bill
from backend.usecases.send_refund import send_refund
from tests.given_orders import STAFF, Shop
from tests.given_staff import Browser

LogIn = Callable[..., Browser]
PHONE = "13912345678"
EVIL = "<img src=x onerror=alert(1)>{{7*7}}\u202e=cmd|' /C calc'!A0"


def data_of(page: str) -> Any:
    """The chart's data as the browser's script reads it."""
    found = re.search(r'<script type="application/json" id="sales-data">(.*?)</script>', page, re.S)
    assert found is not None
    return json.loads(found[1])


def listed(page: str) -> str:
    """The rows of a list, without what the page repeats of the address."""
    found = re.search(r"<tbody>(.*)</tbody>", page, re.S)
    return found[1] if found else ""


def stuck_refund(shop: Shop) -> str:
    order_id, _ = shop.paid(shop.shopper(), (shop.goods(), 1))
    refund_id = shop.refund(order_id)["refund_id"]
    shop.world.pay.fail["refund"] = [WeChatRefused("NO_AUTH", "no permission")]
    send_refund(shop.ctx(), refund_id=refund_id)
    return refund_id


# --- front page ---

def test_the_front_page_tells_today_and_what_waits(log_in: LogIn, shop: Shop) -> None:
    stuck_refund(shop)
    shop.paid(shop.shopper("mei"), (shop.goods("B1", 20_000), 1))
    page = log_in("owner").get("/admin/").text
    assert "¥258.00" in page and "昨日 ¥0.00" in page
    assert re.search(r'class="wait wait-warn" data-name="to_ship"[^>]*><strong>2</strong>', page)
    assert re.search(r'class="wait wait-bad" data-name="stuck_refunds" href="/admin/refunds/\?state=abnormal"><strong>1<', page)
    data = data_of(page)
    assert (len(data["days"]), data["paid_fen"][-1], data["paid"][-1]) == (30, 25_800, 2)


def test_an_open_front_page_asks_what_waits_and_does_not_keep_the_log_in_alive(log_in: LogIn, shop: Shop, later: Any) -> None:
    owner = log_in("owner")
    shop.paid(shop.shopper(), (shop.goods(), 1))
    answer = owner.get("/admin/waiting/").json
    assert answer["to_ship"] == {"count": 1, "number": "1"}
    seen = shop.one("select seen_at from staff_sessions")
    later(minutes=10)
    owner.get("/admin/waiting/")
    assert shop.one("select seen_at from staff_sessions") == seen
    owner.get("/admin/")
    assert shop.one("select seen_at from staff_sessions") != seen


@pytest.mark.parametrize(("role", "figures", "waiting"), [
    ("owner", True, {each.name for each in TO_DO}),
    ("finance", True, {"to_ship", "to_hand_over", "uploads_failed", "aftersales", "stuck_refunds", "exceptions",
                       "bill_differences", "books"}),
    ("goods", False, {"low_stock", "reviews_held"}),
])
def test_everybody_has_their_own_front_page(log_in: LogIn, role: str, figures: bool, waiting: set[str]) -> None:
    page = log_in(role).get("/admin/").text
    assert ('id="sales"' in page) == figures
    assert set(re.findall(r'data-name="(\w+)"', page)) >= waiting
    assert not set(re.findall(r'data-name="(\w+)"', page)) & ({each.name for each in TO_DO} - waiting)


def test_everything_that_waits_has_a_name() -> None:
    assert {each.name for each in TO_DO} <= set(WAITING)


# --- money ---

def test_payments_and_refunds_are_found(log_in: LogIn, shop: Shop) -> None:
    refund_id = stuck_refund(shop)
    order_id, payment_id = shop.paid(shop.shopper("mei"), (shop.goods("B1", 20_000), 1))
    number = shop.one("select number from orders where id = :id", id=order_id)["number"]
    finance = log_in("finance")
    for text in (payment_id, order_id, number, number.lower(), f"42{payment_id[-20:]}"):
        page = finance.get("/admin/payments/", query_string={"q": text}).text
        assert payment_id in page and page.count("<tr>") == 2, text
    assert "没有符合条件的记录" in finance.get("/admin/payments/?q=pay_nothing").text
    page = finance.get(f"/admin/payments/{payment_id}/").text
    assert "商品销售" in page and "¥200.00" in page and number in page
    stuck = finance.get("/admin/refunds/?state=abnormal").text
    assert refund_id in stuck and "重试退款" in stuck and "NO_AUTH no permission" in stuck
    today = shop.ctx().now.date().isoformat()
    assert payment_id in finance.get(f"/admin/payments/?came_from={today}&came_to={today}").text
    assert payment_id not in finance.get(f"/admin/payments/?came_to={date.fromisoformat(today) - timedelta(days=1)}").text


def test_a_stuck_refund_is_sent_again_from_the_desk(log_in: LogIn, shop: Shop, later: Any) -> None:
    refund_id = stuck_refund(shop)
    later(minutes=3)
    finance = log_in("finance")
    assert "卡住" in finance.get(f"/admin/refunds/{refund_id}/").text
    page = finance.post(f"/admin/refunds/{refund_id}/retry/").text
    assert "已安排重新退款" in page and "待发出" in page
    assert "没有卡住" in finance.post(f"/admin/refunds/{refund_id}/retry/").text
    send_refund(shop.ctx(), refund_id=refund_id)
    assert "已到账" in finance.get(f"/admin/refunds/{refund_id}/").text


def test_an_exception_says_what_to_do_and_is_settled(log_in: LogIn, shop: Shop) -> None:
    stuck_refund(shop)
    [exception] = shop.rows("select id from payment_exceptions")
    finance = log_in("finance")
    assert exception["id"] in finance.get("/admin/exceptions/?state=open").text
    page = finance.get(f"/admin/exceptions/{exception['id']}/").text
    assert "同一退款单号再发一次" in page and "重试退款" in page
    assert "请写明处理结果" in finance.post(f"/admin/exceptions/{exception['id']}/settle/", {"note": " "}).text
    page = finance.post(f"/admin/exceptions/{exception['id']}/settle/", {"note": EVIL}).text
    assert "<img" not in page.replace("&lt;img", "") and "49" not in re.findall(r"alert\(1\)&gt;(.{0,12})", page)[0]
    assert "已经处理过了" in finance.post(f"/admin/exceptions/{exception['id']}/settle/", {"note": "再来"}).text
    assert exception["id"] not in finance.get("/admin/exceptions/?state=open").text


def test_every_kind_of_exception_has_words() -> None:
    kinds = {"wrong_amount", "wrong_mchid", "wrong_appid", "wrong_currency", "wrong_payer", "second_transaction", "unknown_payment",
             "unknown_refund", "wrong_refund", "refund_refused", "refund_abnormal", "refund_closed"}
    assert kinds <= set(EXCEPTIONS)


def test_a_bill_is_compared_anew_and_its_differences_are_closed(log_in: LogIn, shop: Shop, later: Any) -> None:
    _, payment_id = shop.paid(shop.shopper(), (shop.goods(), 1))
    day = date(2026, 3, 2)
    later(days=1)
    shop.world.pay.bills[day] = TradeBill(day, ())
    compare_bill(shop.ctx(STAFF), day=day.isoformat())
    finance = log_in("finance")
    assert "1 笔差异待处理" in finance.get("/admin/bills/").text
    page = finance.get("/admin/bills/2026-03-02/").text
    assert payment_id in page and "我们有，微信没有" in page and "可能跨日" in page
    closed = finance.post("/admin/bills/2026-03-02/close/", {"kind": "payment", "number": payment_id, "note": "微信晚记一天"}).text
    assert "微信晚记一天" in closed and "差异已处理" in finance.get("/admin/bills/").text
    assert "正在核对" in finance.post("/admin/bills/compare/", {"day": "2026-03-02"}).text
    assert "次日 10 点" in finance.post("/admin/bills/compare/", {"day": "2026-03-09"}).text
    assert "请选择日期" in finance.post("/admin/bills/compare/", {"day": "x"}).text
    for absent in ("2026-03-01", "nonsense"):
        assert finance.get(f"/admin/bills/{absent}/").status_code == 404


def test_staff_of_a_store_see_the_money_of_their_store_alone(log_in: LogIn, shop: Shop, rows: Any) -> None:
    refund_id = stuck_refund(shop)
    payment_id = shop.one("select id from payments")["id"]
    with transaction(shop.ctx()) as tx:
        tx.connection.exec_driver_sql("insert into stores (id, name, created_at) values ('sto_other', 'x', '2026-03-02 04:00:00')")
    here, there = (log_in("finance", scope="store", scope_id=store) for store in ("sto_main", "sto_other"))
    assert payment_id in listed(here.get("/admin/payments/").text)
    assert here.get(f"/admin/payments/{payment_id}/").status_code == 200
    assert listed(there.get("/admin/payments/").text) == listed(there.get(f"/admin/refunds/?q={refund_id}").text) == ""
    for path in (f"/admin/payments/{payment_id}/", f"/admin/refunds/{refund_id}/"):
        assert there.get(path).status_code == 404
    assert there.post(f"/admin/refunds/{refund_id}/retry/").status_code == 404
    for path in ("/admin/bills/", "/admin/exceptions/"):
        assert here.get(path).status_code == 403
    assert rows("select state from refunds") == [{"state": "abnormal"}]


# --- members ---

@pytest.fixture
def mei(shop: Shop) -> str:
    """A member with a phone and an order."""
    mei = shop.shopper("mei")
    with transaction(shop.ctx()) as tx:
        index = shop.ctx().cipher.blind_index(PHONE, "phone")
        members.change_profile(tx, mei.actor.id, {"phone": PHONE, "phone_index": index, "nickname": "小梅 <b>"})
    shop.paid(mei, (shop.goods(), 1))
    return mei.actor.id


def test_members_are_found_masked(log_in: LogIn, shop: Shop, mei: str) -> None:
    shop.shopper("wang")
    service = log_in("service")
    for text in (PHONE, "139 1234 5678", "+86" + PHONE, "小梅", "小", mei):
        page = listed(service.get("/admin/members/", query_string={"q": text}).text)
        assert mei in page and page.count("<tr>") == 1, text
        assert PHONE not in page and "139****5678" in page
    for text in ("13912345679", "梅", "%", "_", "mem_absent"):
        assert listed(service.get("/admin/members/", query_string={"q": text}).text) == "", text
    page = service.get(f"/admin/members/{mei}/").text
    assert "139****5678" in page and "建国路 1 号" not in page and "李*" in page and "小梅 &lt;b&gt;" in page and "¥58.00" in page


def test_a_whole_phone_is_shown_once_and_noted(log_in: LogIn, shop: Shop, mei: str) -> None:
    service = log_in("service")
    page = service.post(f"/admin/members/{mei}/phone/").text
    assert PHONE in page and "已记入操作日志" in page
    assert PHONE not in service.get(f"/admin/members/{mei}/").text
    address_id = shop.addresses[mei]
    assert "建国路 1 号" in service.post(f"/admin/members/{mei}/addresses/{address_id}/").text
    assert shop.one("select count(*) as n from audit_log where action = 'reveal_contact'") == {"n": 2}
    community = log_in("community")
    assert "查看完整手机号" not in community.get(f"/admin/members/{mei}/").text
    assert community.post(f"/admin/members/{mei}/phone/").status_code == 403


def test_staff_of_another_store_do_not_see_the_member(log_in: LogIn, shop: Shop, mei: str) -> None:
    with transaction(shop.ctx()) as tx:
        tx.connection.exec_driver_sql("insert into stores (id, name, created_at) values ('sto_other', 'x', '2026-03-02 04:00:00')")
    here, there = (log_in("service", scope="store", scope_id=store) for store in ("sto_main", "sto_other"))
    assert mei in here.get("/admin/members/").text
    assert listed(there.get("/admin/members/").text) == listed(there.get(f"/admin/members/?q={PHONE}").text) == ""
    assert there.get(f"/admin/members/{mei}/").status_code == there.post(f"/admin/members/{mei}/phone/").status_code == 404
    assert there.post(f"/admin/members/{mei}/log-out/").status_code == 404


# --- jobs ---

def test_jobs_show_what_was_given_up_and_give_it_its_tries_again(log_in: LogIn, shop: Shop) -> None:
    with transaction(shop.ctx()) as tx:
        tx.emit(OrderClosing("ord_none"))
    with transaction(shop.ctx()) as tx:
        outbox.fan_out(tx.connection, REACTIONS)
        tx.connection.exec_driver_sql("update deliveries set attempt = 8, dead_at = due_at, error = '<b>boom</b>'")
    [dead] = shop.rows("select event_id, reaction from deliveries where dead_at is not null")
    owner = log_in("owner")
    page = owner.get("/admin/jobs/").text
    assert "关闭超时订单" in page and "&lt;b&gt;boom" in page and "连不上" in page and "重新执行" in page
    assert "已重新安排" in owner.post("/admin/jobs/revive/", dict(dead)).text
    assert "没有被放弃" in owner.post("/admin/jobs/revive/", dict(dead)).text
    assert "已安排" in owner.post("/admin/jobs/run/", {"name": "housekeeping"}).text
    assert "没有这一项" in owner.post("/admin/jobs/run/", {"name": "nothing"}).text
    assert shop.events().count("HousekeepingDue") == 1


def test_run_now_sent_twice_runs_once(log_in: LogIn, shop: Shop) -> None:
    owner = log_in("owner")
    for _ in range(2):
        owner.post("/admin/jobs/run/", {"name": "housekeeping", "idempotency_key": "the-same-key-000001"})
    assert shop.events().count("HousekeepingDue") == 1


def test_who_only_looks_has_no_buttons(log_in: LogIn, shop: Shop) -> None:
    reader = log_in("read_only")
    assert "立即执行" not in reader.get("/admin/jobs/").text
    assert reader.post("/admin/jobs/run/", {"name": "housekeeping"}).status_code == 403
    assert log_in("read_only", scope="store", scope_id="sto_main").get("/admin/jobs/").status_code == 403


def test_everything_that_runs_has_a_name() -> None:
    assert {entry.name for entry in TIMETABLE} <= set(NAMES)
    assert {name for names in REACTIONS.values() for name in names} <= set(NAMES)


# --- settings ---

def form(page: str, **changes: str) -> dict[str, str]:
    """The settings form as a browser sends it, with `changes`."""
    fields = dict(re.findall(r'<input type="hidden" name="((?:version|was)-\w+)" value="([^"]*)"', page))
    fields |= dict(re.findall(r'<input id="\w+" name="(\w+)"[^>]* value="([^"]*)"', page))
    return fields | changes


def test_a_rule_is_changed_and_told(log_in: LogIn, shop: Shop, app: Flask) -> None:
    owner = log_in("owner")
    page = owner.get("/admin/settings/").text
    page = owner.post("/admin/settings/", form(page, freight_fen="12.50", payment_minutes="40", shop_name="橙家果园")).text
    assert "已保存" in page and "¥8.00" not in page and "默认 → ¥12.50" in page
    assert {row["name"]: row["value"] for row in shop.rows("select name, value from shop_settings")}.keys() == {
        "freight_fen", "payment_minutes", "shop_name"}
    page = owner.get("/admin/settings/").text
    assert 'value="12.50"' in page and 'name="default-freight_fen"' in page
    page = owner.post("/admin/settings/", form(page, **{"default-freight_fen": "1"})).text
    assert 'name="freight_fen" class="input" inputmode="decimal" autocomplete="off" value="8.00"' in page
    assert "没有改动" in owner.post("/admin/settings/", form(page)).text


@pytest.mark.parametrize(("name", "text"), [
    ("payment_minutes", "0"), ("payment_minutes", "1441"), ("payment_minutes", "abc"), ("payment_minutes", ""),
    ("freight_fen", "-1"), ("freight_fen", "1.234"), ("freight_fen", "1e3"), ("shop_name", ""), ("shop_name", "字" * 21)])
def test_what_does_not_fit_is_told_beside_its_field(log_in: LogIn, shop: Shop, snapshot: Any, name: str, text: str) -> None:
    owner = log_in("owner")
    page = owner.get("/admin/settings/").text
    before = snapshot()["shop_settings"]
    answer = owner.post("/admin/settings/", form(page, **{name: text, "receive_days": "12"}))
    assert answer.status_code == 422 and "没有保存" in answer.text
    assert re.search(rf'<div class="field wrong"><label for="{name}">', answer.text)
    assert 'name="receive_days" class="input" inputmode="numeric" autocomplete="off" value="12"' in answer.text, "typed and kept"
    assert snapshot()["shop_settings"] == before


def test_provinces_are_ticked_and_told_by_name(log_in: LogIn, shop: Shop) -> None:
    owner = log_in("owner")
    page = owner.get("/admin/settings/").text
    said = form(page, far_freight_fen="18.00") | {"far_provinces": ["65", "54"]}
    page = owner.post("/admin/settings/", said).text
    assert "已保存" in page and "西藏自治区、新疆维吾尔自治区" in page
    assert re.search(r'name="far_provinces" value="65" checked', page)
    assert not re.search(r'name="no_courier_provinces"[^>]*checked', page)
    page = owner.post("/admin/settings/", form(page) | {"far_provinces": []}).text
    assert "西藏自治区、新疆维吾尔自治区 → 无" in page
    assert owner.post("/admin/settings/", form(page) | {"far_provinces": ["99"]}).status_code == 422


def test_two_at_once_do_not_overwrite_each_other(log_in: LogIn, shop: Shop) -> None:
    first, second = log_in("owner"), log_in("owner")
    page = first.get("/admin/settings/").text
    assert "已保存" in first.post("/admin/settings/", form(page, payment_minutes="40")).text
    answer = second.post("/admin/settings/", form(page, payment_minutes="50"))
    assert answer.status_code == 409 and "刚被别人修改过" in answer.text
    answer = second.post("/admin/settings/", form(page, freight_fen="9.00"))
    assert "已保存" in answer.text, "another field is nobody's business"
    assert "40" in {str(row["value"]) for row in shop.rows("select value from shop_settings where name = 'payment_minutes'")}


def test_settings_are_for_who_may_and_sees_all(log_in: LogIn) -> None:
    assert log_in("finance").get("/admin/settings/").status_code == 403
    assert log_in("read_only").get("/admin/settings/").status_code == 403


# --- what must not happen ---

@pytest.mark.parametrize("path", ["payments", "refunds", "bills", "exceptions", "members"])
def test_r17_nonsense_is_harmless(log_in: LogIn, shop: Shop, path: str) -> None:
    owner = log_in("owner")
    for query in NONSENSE:
        encoded = {name: text.encode("utf-8", "surrogatepass") for name, text in query.items()}
        answer = owner.get(f"/admin/{path}/", query_string=encoded)
        assert answer.status_code == 200 and answer.text.count("<tr>") <= 101, query


NONSENSE: list[dict[str, str]] = [
    {"q": "\x00"}, {"q": "' OR 1=1--"}, {"sort": "__class__"}, {"page": "-1"}, {"page": "99999999999"}, {"size": "1000000000"},
    {"came_from": "0000-99-99"}, {"state": "'"}, {"q": "\ud800"}, {"q": "果" * 500}]


def test_i48_every_change_of_the_desk_is_audited(log_in: LogIn, shop: Shop, mei: str) -> None:
    with transaction(shop.ctx()) as tx:
        exception_id = payments.quarantine(tx, "wrong_amount", "pay_x", "42x", {})
    owner = log_in("owner")
    owner.post(f"/admin/exceptions/{exception_id}/settle/", {"note": "好"})
    owner.post("/admin/jobs/run/", {"name": "housekeeping"})
    owner.post(f"/admin/members/{mei}/phone/")
    owner.post("/admin/settings/", form(owner.get("/admin/settings/").text, payment_minutes="33"))
    page = owner.get("/admin/audit/?size=100").text
    for words in ("处理资金异常", "立即执行任务", "查看完整联系方式", "修改设置"):
        assert words in page
