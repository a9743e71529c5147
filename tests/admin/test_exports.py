"""Exports in the console: asked for, watched, fetched by their asker alone (R18, R34, T48)."""

import re

import pytest
from flask import Flask

from admin.base import export_buttons
from admin.gate import context
from admin.money import Refunds
from backend.context import Context
from backend.usecases.run_export import run_export
from tests.given_orders import Shop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINK = re.compile(r'href="(/admin/exports/exp_\w+/file/\?[^"]+)"')


def link(page: str) -> str:
    return LINK.search(page)[1].replace("&amp;", "&")


def run(ctx, rows):
    for row in rows("select id, slices from exports where state in ('asked', 'running')"):
        run_export(ctx(), export_id=row["id"], slices=row["slices"])


def test_a_sheet_is_asked_for_watched_and_fetched(log_in, shop: Shop, ctx, rows):
    shop.paid(shop.shopper("li"), (shop.goods("A1", 3333, 10, title="<b>=1+1</b>"), 1))
    clerk = log_in("orders")
    page = clerk.post("/admin/exports/new/", {"kind": "order_lines", "format": "csv", "f_since": "2026-03-01"})
    assert page.status_code == 200 and "已开始导出" in page.text and "data-watch=" in page.text and "排队中" in page.text
    run(ctx, rows)
    part = clerk.get("/admin/exports/rows/")
    assert "data-watch" not in part.text and "<html" not in part.text
    answer = clerk.get(link(part.text))
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == (
        200, "text/csv; charset=utf-8", "nosniff")
    assert answer.headers["Content-Disposition"].startswith("attachment;") and answer.headers["Cache-Control"] == "no-store"
    assert answer.data.startswith(b"\xef\xbb\xbf") and "<b>=1+1</b>" in answer.data.decode()
    assert [row["action"] for row in rows("select action from audit_log where action like '%export' order by at, id")] == [
        "ask_export", "download_export"]


def test_days_that_end_before_they_begin_are_told_and_stay(log_in, shop: Shop, rows):
    clerk = log_in("orders")
    said = {"kind": "order_lines", "format": "xlsx", "f_since": "2026-03-02", "f_until": "2026-03-01"}
    page = clerk.post("/admin/exports/new/", said)
    assert page.status_code == 422 and "结束日期不能早于开始日期" in page.text and "toast-bad" not in page.text
    for kept in ('value="order_lines" selected', 'value="xlsx" selected', 'value="2026-03-02"', 'value="2026-03-01"'):
        assert kept in page.text
    assert rows("select count(*) as n from exports") == [{"n": 0}]


def test_R34_links_are_bound_and_end(log_in, shop: Shop, ctx, rows, later):
    clerk, other, service = log_in("orders"), log_in("orders"), log_in("service")
    clerk.post("/admin/exports/new/", {"kind": "stock", "format": "xlsx"})
    run(ctx, rows)
    address = link(clerk.get("/admin/exports/").text)
    assert other.get(address).status_code == service.get(address).status_code == 404
    assert clerk.get(address[:-1]).status_code == clerk.get(address.partition("?")[0]).status_code == 403
    assert clerk.get(address).status_code == 200
    later(minutes=11)
    over = clerk.get(address)
    assert over.status_code == 403 and "下载链接已失效" in over.text
    assert clerk.get(link(over.text)).status_code == 200
    assert rows("select downloads from exports") == [{"downloads": 2}]


def test_who_may_ask_for_what(log_in, nobody, snapshot):
    service = log_in("service")
    page = service.get("/admin/exports/").text
    assert 'value="products"' in page and 'value="orders"' not in page and 'value="audit"' not in page
    before = snapshot()
    for kind, format_ in (("orders", "csv"), ("audit", "csv"), ("products", "pdf"), ("", ""), ("staff", "csv")):
        assert service.post("/admin/exports/new/", {"kind": kind, "format": format_}).status_code == 400
    assert service.post_bare("/admin/exports/new/", {"kind": "products", "format": "csv"}).status_code == 400
    assert nobody.get("/admin/exports/").status_code in (302, 303, 401)
    assert snapshot() == before


def test_a_senseless_filter_is_told_and_a_wish_can_be_taken_back(log_in, rows):
    clerk = log_in("orders")
    page = clerk.post("/admin/exports/new/", {"kind": "orders", "format": "csv", "f_since": "gestern"})
    assert "since" in page.text and rows("select * from exports") == []
    clerk.post("/admin/exports/new/", {"kind": "orders", "format": "csv"})
    [row] = rows("select id from exports")
    assert log_in("orders").post(f"/admin/exports/{row['id']}/cancel/").status_code == 404
    assert "已取消" in clerk.post(f"/admin/exports/{row['id']}/cancel/").text
    assert rows("select state from exports") == [{"state": "cancelled"}]


def test_the_buttons_of_a_list(console: Flask, log_in, ctx: Context):
    clerk = log_in("orders")
    with console.test_request_context("/admin/", headers={"Cookie": f"tuanma_staff={clerk.session}"}):
        console.preprocess_request()
        assert context().actor.id == clerk.staff_id
        csv, xlsx = export_buttons("orders", {"state": "paid"})
        assert (csv.url, csv.fields) == ("/admin/exports/new/", {"kind": "orders", "f_state": "paid", "format": "csv"})
        assert xlsx.post and xlsx.key and export_buttons("audit", {}) == ()


def test_in_english(log_in):
    clerk = log_in("orders")
    clerk.client.set_cookie("tuanma_language", "en", path="/admin")
    page = clerk.get("/admin/exports/").text
    assert "New export" in page and not re.search(r"[\u4e00-\u9fff]", re.sub(r'中文|<title>.*?</title>|团码商城|团', "", page))


SHEETS = [
    ("orders?todo=to_ship", {"kind": "orders", "f_to_ship": "1"}),
    ("orders?todo=to_fetch&total_fen_from=5", {"kind": "orders", "f_state": "paid", "f_delivery": "pickup", "f_total_from": "5"}),
    ("orders?sku=A1", {"kind": "orders", "f_sku_code": "A1"}), ("orders?q=N1", None), ("orders?todo=to_ship&state=paid", None),
    ("members?state=active&came_from=2026-03-01", {"kind": "members", "f_state": "active", "f_since": "2026-03-01"}),
    ("payments?state=succeeded", {"kind": "payments", "f_state": "succeeded"}),
    ("refunds?came_to=2026-03-01", {"kind": "refunds", "f_until": "2026-03-01"}),
    ("exceptions?state=open", {"kind": "exceptions", "f_state": "open"}),
    ("audit?subject=prd_1", {"kind": "audit", "f_subject": "prd_1"}),
    ("reviews?state=held&stars=5", {"kind": "reviews", "f_state": "held", "f_stars": "5"}),
    ("aftersales", {"kind": "aftersales", "f_state": "asked,returning,refund_failed"}), ("aftersales?tab=soon", None),
    ("aftersales?tab=all&kind=refund_only", {"kind": "aftersales", "f_kind": "refund_only"}),
    ("tickets?tab=unassigned", {"kind": "tickets", "f_state": "open,waiting", "f_owner": "nobody"}),
    ("tickets?tab=closed", {"kind": "tickets", "f_state": "closed"}), ("tickets?tab=overdue", {
        "kind": "tickets", "f_state": "open,waiting", "f_overdue": "1"}),
    ("stock?tab=out", {"kind": "stock", "f_low_line": "10", "f_low": "0"}), ("stock?q=x", None),
    ("goods?tab=off_shelf&price_fen_from=1.5", {"kind": "products", "f_on_shelf": "0", "f_price_from": "1.5"}),
    ("goods?tab=low", None),
]


def test_every_list_offers_a_sheet_of_what_it_shows_or_none(log_in):
    owner = log_in("owner")
    for address, told in SHEETS:
        path, _, query = address.partition("?")
        page = owner.get(f"/admin/{path}/?{query}").text
        form = re.search(r'<form[^>]*action="/admin/exports/new/".*?</form>', page, re.S)
        assert (form is None) == (told is None), address
        if form is not None and told is not None:
            fields = dict(re.findall(r'name="(kind|f_\w+)" value="([^"]*)"', form[0]))
            assert fields == told, address
    nobody = log_in("community").get("/admin/members/").text
    assert "导出 CSV" not in nobody, "to see members is not to take them away"


def test_a_wrong_declaration_of_a_sheet_does_not_start(console: Flask):
    for wrong in ({"sheet": "moons"}, {"sheet_fields": {"moon": "state"}}, {"sheet_fields": {"state": "moon"}}):
        kind = type("Wrong", (Refunds,), wrong)
        with pytest.raises(RuntimeError, match="Wrong: sheet"):
            kind.check(kind.__new__(kind), frozenset())


def test_the_list_of_orders_offers_what_it_shows(log_in):
    clerk = log_in("orders")
    page = clerk.get("/admin/orders/?state=paid&placed_at_from=2026-03-01").text
    assert page.count("导出 CSV") == 1
    for field in ('name="kind" value="orders"', 'name="f_state" value="paid"', 'name="f_since" value="2026-03-01"'):
        assert field in page
    assert "导出 CSV" not in clerk.get("/admin/orders/?q=N123").text
    assert "导出 CSV" not in log_in("service").get("/admin/orders/").text


def test_what_a_sheet_was_narrowed_to_is_said_in_words(log_in):
    owner = log_in("owner")
    owner.post("/admin/exports/new/", {
        "kind": "aftersales", "format": "csv", "f_state": "asked,returning", "f_kind": "refund_only"})
    owner.post("/admin/exports/new/", {"kind": "payments", "format": "csv", "f_state": "succeeded"})
    owner.post("/admin/exports/new/", {"kind": "orders", "format": "csv", "f_delivery": "pickup", "f_state": "paid"})
    page = re.sub(r"\s+", " ", owner.get("/admin/exports/").text)
    for words in ("状态 待处理、待收货", "类型 仅退款", "状态 已入账", "配送方式 自提", "状态 待发货"):
        assert f"<span>{words}</span>" in page, words
