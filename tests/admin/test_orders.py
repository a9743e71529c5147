"""The orders' screens: found by what people have at hand, shipped, refunded and changed, within one's rights and scope."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from backend.gateways.wechat_shipping import ShippingRefused
from backend.kernel.actors import EVERYTHING, staff
from backend.usecases.open_ticket import open_ticket
from backend.usecases.refuse_aftersale import refuse_aftersale
from backend.usecases.ship_order import ship_order
from backend.usecases.upload_shipping import upload_shipping
from tests.given_aftersales import Cases
from tests.given_orders import Shop
from tests.given_pickups import given_store
from tests.given_staff import Browser

LogIn = Callable[..., Browser]


@pytest.fixture
def order(console: Any, shop: Shop) -> str:
    """A paid order of 2 × A1 (50.00) and 1 × B1 (9.00)."""
    apples, pears = shop.goods("A1", 5000, 10, title="红富士苹果"), shop.goods("B1", 900, 10, title="梨")
    return shop.paid(shop.shopper(), (apples, 2), (pears, 1))[0]


def number_of(shop: Shop, order: str) -> str:
    return shop.one("select number from orders where id = :id", id=order)["number"]


def test_orders_are_found_by_what_people_have_at_hand(order: str, shop: Shop, log_in: LogIn) -> None:
    who = log_in("orders")
    shop.ship(order, number="SF7654321")
    unpaid = shop.place(shop.shopper("mei"), (shop.goods("C1", 9000, 5), 1))
    number, other = number_of(shop, order), number_of(shop, unpaid)
    for path, found in [
        ("", {number, other}), (f"?q={number}", {number}), (f"?q={number.lower()}", {number}), ("?q=SF7654321", {number}),
        ("?q=13800138000", {number, other}), ("?q=13800138001", set()), ("?state=shipped", {number}), ("?todo=to_ship", set()),
        ("?sku=B1", {number}), ("?sku=C1", {other}), ("?delivery=pickup", set()), ("?total_fen_from=95&total_fen_to=109", {number}),
        ("?total_fen_from=nonsense", {number, other}), ("?placed_at_from=2026-03-02&placed_at_to=2026-03-02", {number, other}),
        ("?placed_at_from=2026-03-03", set()), ("?q=%00", {number, other}), ("?q=%F0%9F%98%80", set()),
    ]:
        page = who.get(f"/admin/orders/{path}")
        assert page.status_code == 200, path
        assert {each for each in (number, other) if each in page.text} == found, path
    assert "李*" in who.get("/admin/orders/").text and "13800138000" not in who.get("/admin/orders/").text


@pytest.mark.parametrize(("asked", "active"), [
    ("", None), ("?q=x", None), ("?state=paid", "1"), ("?placed_at_from=2026-03-02&placed_at_to=2026-03-03&sku=B1", "2"),
    ("?total_fen_to=9", "1"), ("?todo=%20", None)])
def test_the_folded_filters_say_how_many_are_in_use(console: Any, log_in: LogIn, asked: str, active: str | None) -> None:
    page = log_in("orders").get(f"/admin/orders/{asked}").text
    assert (found := re.search(r'class="fold btn">.*?</label>', page, re.S)) is not None
    assert re.findall(r'<b class="count">(\d+)</b>', found[0]) == ([active] if active else [])


def test_the_time_line_tells_all_that_happened_with_who_did_it(
    order: str, shop: Shop, log_in: LogIn, ctx: Any, later: Callable[..., Any]
) -> None:
    boss, desk = log_in("owner"), f"/admin/orders/{order}/"
    later(minutes=1)
    boss.post(f"{desk}address/", {
        "name": "王梅", "phone": "13900139000", "region": "浙江省 杭州市 西湖区", "detail": "文三路 1 号"})
    later(minutes=1)
    boss.post(f"{desk}note/", {"text": "<b>易碎</b>"})
    later(minutes=1)
    ship_order(shop.ctx(staff(boss.staff_id, EVERYTHING)), order_id=order, courier="SF", tracking_number="SF7654321")
    later(minutes=1)
    cases = Cases(shop)
    case_id = cases.ask(order, "return_and_refund", quantity=1)
    later(minutes=1)
    refuse_aftersale(shop.ctx(staff(boss.staff_id, EVERYTHING)), aftersale_id=case_id, reason="包装完好")
    later(minutes=1)
    ticket_id = open_ticket(cases.who, category="goods", words="坏了", order_id=order)["id"]
    line = boss.get(desk).text.partition("时间线")[2].partition("</ol>")[0]
    told = [re.sub(r"<[^>]+>", "", each) for each in re.findall(r"<strong>(.*?)</strong>", line)]
    assert told == ["投诉 · 提交", "售后 · 已拒绝", "售后 · 待处理", "待收货", "包裹发出", "内部备注", "改地址", "微信收款",
                    "待发货", "待付款"]
    assert "顺丰速运 · SF7654321" in line and "包装完好" in line and "&lt;b&gt;易碎&lt;/b&gt;" in line and "<b>易碎" not in line
    assert line.count('class="by"') == len(told) and line.count(">owner-1<") >= 4
    for screen, subject in (("aftersales", case_id), ("tickets", ticket_id)):
        assert f'href="/admin/{screen}/{subject}/"' in line
        assert f'href="{desk}"' in boss.get(f"/admin/{screen}/{subject}/").text, "and the way back"
    clerk = log_in("orders").get(desk).text
    assert case_id in clerk and ticket_id not in clerk and "投诉 ·" not in clerk, "not for whoever sees none"


def test_an_order_whole(order: str, shop: Shop, log_in: LogIn) -> None:
    page = log_in("orders").get(f"/admin/orders/{order}/").text
    for words in ("红富士苹果", "李雷 13800138000", "建国路 1 号", "微信收款", "待发货", "应付合计", "¥109.00"):
        assert words in page, words
    masked = log_in("read_only").get(f"/admin/orders/{order}/").text
    assert "13800138000" not in masked and "建国路" not in masked and 'data-open="ship"' not in masked


def test_shipping_from_the_page(order: str, shop: Shop, log_in: LogIn) -> None:
    who, (first, second) = log_in("orders"), shop.lines(order)
    sent = {"courier": "SF", "tracking_number": "sf 7654321", f"q_{first}": "1", f"q_{second}": "0"}
    assert "已发货" in who.post(f"/admin/orders/{order}/ship/", sent).text
    assert shop.state(order) == "paid"
    assert "已有单号" in who.post(f"/admin/orders/{order}/ship/", sent).text
    assert "请填写整数" in who.post(f"/admin/orders/{order}/ship/", sent | {f"q_{first}": "1.5"}).text
    assert "没有这家快递公司" in who.post(f"/admin/orders/{order}/ship/", sent | {"courier": "X"}).text
    rest = {"courier": "ZTO", "tracking_number": "75000001", f"q_{first}": "1", f"q_{second}": "1"}
    page = who.post(f"/admin/orders/{order}/ship/", rest).text
    assert shop.state(order) == "shipped" and "75000001" in page and "包裹 2" in page
    [one, _] = [row["id"] for row in shop.rows("select id from parcels order by seq")]
    page = who.post(f"/admin/orders/{order}/parcels/{one}/correct/", {"courier": "YTO", "tracking_number": "YT1234567"}).text
    assert "YT1234567" in page and "已更正" in page
    page = who.post(f"/admin/orders/{order}/parcels/{one}/track/", {"text": "<b>本人签收</b>", "state": "delivered"}).text
    assert "&lt;b&gt;本人签收&lt;/b&gt;" in page and "已签收" in page


def test_refunds_from_the_page_happen_once(order: str, shop: Shop, log_in: LogIn) -> None:
    who, (first, _) = log_in("finance"), shop.lines(order)
    form = {f"q_{first}": "1", "freight": "0", "reason": "少发一件", "idempotency_key": "key-of-a-refund-0001"}
    for _ in range(2):
        assert "退款已提交" in who.post(f"/admin/orders/{order}/refund/", form).text
    assert shop.rows("select amount_fen from refunds") == [{"amount_fen": 5000}]
    assert "请至少给一件商品填写数量" in who.post(f"/admin/orders/{order}/refund/", {"freight": "", "reason": "x"}).text
    assert "最多两位小数" in who.post(f"/admin/orders/{order}/refund/", {"freight": "1.234", "reason": "x"}).text


def test_price_address_and_notes(order: str, shop: Shop, log_in: LogIn) -> None:
    who = log_in("orders")
    unpaid = shop.place(shop.shopper("mei"), (shop.goods("C1", 9000, 5), 1))
    assert "已改价" in who.post(f"/admin/orders/{unpaid}/price/", {"off_goods": "10.5", "off_freight": "", "reason": "老客"}).text
    assert shop.one("select total_fen from orders where id = :id", id=unpaid)["total_fen"] == 7950
    assert "只能减价" in who.post(f"/admin/orders/{unpaid}/price/", {"off_goods": "-1"}).text
    there = {"name": "韩梅梅", "phone": "139 0013 9000", "region": "浙江省 杭州市 西湖区", "detail": "文三路 100 号"}
    assert "文三路 100 号" in who.post(f"/admin/orders/{order}/address/", there).text
    assert "地址已修改" not in who.post(f"/admin/orders/{order}/address/", there | {"region": "火星"}).text
    assert "缺货先发梨" in who.post(f"/admin/orders/{order}/note/", {"text": "缺货先发梨"}).text
    assert "缺货先发梨" not in log_in("orders").get("/admin/audit/").text


def test_a_remark_is_changed_and_an_unpaid_order_closed(order: str, shop: Shop, log_in: LogIn) -> None:
    who = log_in("orders")
    page = who.post(f"/admin/orders/{order}/remark/", {"remark": "放门卫处"}).text
    assert "留言已修改" in page and "放门卫处" in page
    assert "放门卫处" in who.get(f"/admin/orders/print/notes?id={order}").text
    unpaid = shop.place(shop.shopper("mei"), (shop.goods("C1", 9000, 5), 1))
    assert 'data-open="close"' in who.get(f"/admin/orders/{unpaid}/").text
    assert "订单已关闭" in who.post(f"/admin/orders/{unpaid}/close/", {"reason": "顾客来电取消"}).text
    assert shop.state(unpaid) == "closed"
    page = who.get(f"/admin/orders/{unpaid}/").text
    line = page[page.index("timeline"):]
    assert line.index("没有发起过付款") < line.index("顾客来电取消") < line.index(">待付款<"), "newest first, in the reader's words"
    assert "当前状态不能进行此操作" in who.post(f"/admin/orders/{order}/close/", {"reason": "x"}).text
    assert shop.state(order) == "paid"


@pytest.mark.parametrize(("role", "path", "allowed"), [
    ("goods", "ship", False), ("read_only", "ship", False), ("finance", "ship", False), ("service", "ship", False),
    ("service", "price", True), ("orders", "refund", False), ("service", "refund", False), ("finance", "note", False),
    ("read_only", "note", False), ("read_only", "upload", False), ("community", "address", False),
])
def test_rights(order: str, shop: Shop, log_in: LogIn, role: str, path: str, allowed: bool, snapshot: Callable[[], Any]) -> None:
    who = log_in(role)
    before = shop.rows("select state, total_fen from orders")
    form = {"courier": "SF", "tracking_number": "SF7654321", "reason": "x", "text": "x"}
    answer = who.post(f"/admin/orders/{order}/{path}/", form)
    assert (answer.status_code == 200) == allowed
    assert shop.rows("select state, total_fen from orders") == before


def test_other_stores_orders_are_not_there(order: str, shop: Shop, log_in: LogIn) -> None:
    store = given_store(shop.ctx)
    who = log_in("owner", scope="store", scope_id=store)
    assert number_of(shop, order) not in who.get("/admin/orders/").text
    assert who.get(f"/admin/orders/{order}/").status_code == 404
    for path in ("ship", "refund", "note", "address", "price", "upload"):
        assert who.post(f"/admin/orders/{order}/{path}/", {"text": "x", "reason": "x"}).status_code == 404
    assert who.post("/admin/orders/action/", {"action": "print_notes", "rowid": order}).status_code == 404
    assert number_of(shop, order) not in who.get(f"/admin/orders/print/notes?id={order}").text
    assert shop.state(order) == "paid"


def test_paper(order: str, shop: Shop, log_in: LogIn) -> None:
    who, (first, _) = log_in("orders"), shop.lines(order)
    other, _ = shop.paid(shop.shopper("mei"), (shop.goods("A2", 3000, 9, title="梨"), 3))
    shop.ship(order, [(first, 1)])
    page = who.post("/admin/orders/action/", {"action": "print_picks", "rowid": [order, other]}).text
    cells = re.findall(r"<td>(A1|A2|B1)</td>.*?<strong>(\d+)</strong>", page)
    assert cells == [("A1", "1"), ("A2", "3"), ("B1", "1")], "what has left is not picked again"
    notes = who.post("/admin/orders/action/", {"action": "print_notes", "rowid": [order, other]}).text
    assert notes.count('class="card sheet"') == 2 and "建国路 1 号" in notes
    assert log_in("read_only").get(f"/admin/orders/print/notes?id={order}").status_code == 403


def test_a_list_speaks_of_goods_in_the_readers_language(console: Any, shop: Shop, log_in: LogIn) -> None:
    shop.paid(shop.shopper(), *((shop.goods(code, 900, 10, title=code), 1) for code in ("A1", "B1", "C1")))
    who = log_in("orders")
    assert "A1×1、B1×1 等 3 种" in who.get("/admin/orders/").text
    who.client.set_cookie("tuanma_language", "en", path="/admin")
    assert "A1×1, B1×1 and 1 more" in who.get("/admin/orders/").text


def test_filters_are_saved_for_oneself(order: str, log_in: LogIn) -> None:
    who, other = log_in("orders"), log_in("orders")
    page = who.post("/admin/orders/filters/save/", {"filter_name": "大单", "total_fen_from": "100", "evil": "1"}).text
    assert "大单" in page and "evil" not in page
    assert "正在看您保存的筛选“大单”" in page and "存成标签" not in page
    assert "存成标签" in who.get("/admin/orders/?total_fen_from=99").text
    assert "大单" in who.get("/admin/orders/").text and "大单" not in other.get("/admin/orders/").text
    assert "大单" not in who.post("/admin/orders/filters/remove/", {"filter_name": "大单"}).text.replace("筛选已删除", "")


def sheet(*rows: str) -> dict[str, Any]:
    return {"file": (io.BytesIO("\r\n".join(["订单号,快递公司,快递单号", *rows]).encode("gbk")), "today.csv")}


def test_a_batch_is_checked_then_shipped(order: str, shop: Shop, log_in: LogIn) -> None:
    who, number = log_in("orders"), number_of(shop, order)
    page = who.post("/admin/batch-ship/check/", sheet(f"{number},顺丰,SF7654321", "NOSUCHNUMBER,顺丰,SF7654322", "x,y,z"),
                    content_type="multipart/form-data").text
    assert "可发货" in page and "没有这个订单号" in page and "订单号格式不对" in page
    assert "顺丰速运 SF7654321" in page and "发出 1 个包裹？" in page and "第 2 行" in page
    assert shop.state(order) == "paid", "nothing has left yet"
    waiting = re.search(r'name="waiting" value="([^"]*)"', page)
    assert waiting is not None
    form = {"waiting": waiting[1].replace("&#34;", '"')}
    assert "已全部处理" in who.post("/admin/batch-ship/run/", form, content_type="multipart/form-data").text
    assert shop.state(order) == "shipped"
    again = who.post("/admin/batch-ship/run/", form, content_type="multipart/form-data").text
    assert "之前已发" in again and len(shop.rows("select id from parcels")) == 1
    assert who.post("/admin/batch-ship/check/", {"file": (io.BytesIO(b"\x00\xff nonsense"), "x.bin")},
                    content_type="multipart/form-data").status_code == 200
    for nonsense in ("", "[]", "{}", '[[1,2]]', '[[[1],"A","<script>","1",[]]]', "[" * 5000):
        form = {"waiting": nonsense, "bad": '[1,{"order_id":"../x"}]', "done": "x"}
        assert who.post("/admin/batch-ship/run/", form, content_type="multipart/form-data").status_code == 200
    assert log_in("finance").get("/admin/batch-ship/").status_code == 403


def test_what_wechat_would_not_hear_is_listed(order: str, shop: Shop, log_in: LogIn) -> None:
    shop.ship(order)
    shop.world.mini.fail["upload_shipping"] = [ShippingRefused("10060004", "支付单处于不可发货的状态")]
    upload_shipping(shop.ctx(), order_id=order)
    who, number = log_in("orders"), number_of(shop, order)
    page = who.get("/admin/stuck-uploads/").text
    assert number in page and "支付单处于不可发货的状态" in page
    assert "微信上传失败" in who.get(f"/admin/orders/{order}/").text
    assert number not in log_in("owner", scope="store", scope_id=given_store(shop.ctx)).get("/admin/stuck-uploads/").text
    assert "已重新提交" in who.post(f"/admin/stuck-uploads/{order}/retry/").text
    assert number not in who.get("/admin/stuck-uploads/").text
    upload_shipping(shop.ctx(), order_id=order)
    assert shop.one("select state from shipping_uploads")["state"] == "sent"
