"""What people write is inert on every screen, in every sheet and on paper (R18, S7); `hostile_shop.py` wrote it everywhere."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import openpyxl
import pytest
from werkzeug.test import TestResponse

from admin.permissions import is_ours
from backend.exports import FORMATS, KINDS
from backend.usecases.run_export import run_export
from tests.given_staff import Browser
from tests.hostile_shop import BIDI, MARK, HostileShop, hostile_shop

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Doors do not care which database it is; what stands behind them is tested on both."""

LINK = re.compile(r'(?:href|src|data-watch|data-url)="(/admin/[^"#]*)')
STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"-\d+(\.\d+)?", re.ASCII)
"""What went out of the stock is a number below zero, and no formula."""
NOT_BY_LINK = {"console.code", "console.set_password", "console.asset"}
"""Pages for who is not logged in yet, and the console's own files."""
SHOWN_ON = {
    "admin_orders.index_view", "admin_orders.details_view", "admin_orders.print_view", "admin_members.index_view",
    "admin_members.details_view", "admin_aftersales.index_view", "admin_aftersales.details_view", "admin_tickets.index_view",
    "admin_tickets.details_view", "admin_reviews.index_view", "admin_reviews.details_view", "admin_goods.index_view",
    "admin_goods.details_view", "admin_goods.preview", "admin_stock.index_view", "admin_stock.details_view", "admin_stock.prices",
    "admin_categories.index", "admin_content.index", "admin_content.find", "admin_regions.index_view", "admin_dealers.index_view",
    "admin_stores.index_view", "admin_staff.index_view", "admin_pickup-points.index_view", "admin_pickup-points.details_view",
    "admin_hand-over.index", "admin_hand-over.order", "admin_refunds.index_view", "admin_refunds.details_view",
    "admin_stuck-uploads.index", "admin_audit.index_view",
    "admin_exceptions.index_view", "admin_exceptions.details_view", "admin_bills.details_view", "admin_imports.index",
    "admin_imports.details", "admin_imports.faults",
    "admin_settings.index"}
"""Where something of it must be seen, or the crawl proves nothing."""


class Looked(HTMLParser):
    """What a browser would make of a page: elements that nobody of ours wrote, and handlers in attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what could run."""
        given = dict(attrs)
        self._script = tag == "script" and "src" not in given and given.get("type") != "application/json"
        if (tag == "img" and given.get("src") == "x") or any(name.startswith("on") for name, _ in attrs):
            self.wrong.append(f"<{tag} {given}>")
        if any(str(value).strip().lower().startswith(("javascript:", "data:text")) for _, value in attrs):
            self.wrong.append(f"<{tag} {given}>")

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.wrong.append(f"<script>{data[:40]}")


def text_of(answer: TestResponse) -> str:
    """The body as text, pictures too."""
    return answer.get_data().decode("utf-8", "replace")


def harm_of(answer: TestResponse) -> list[str]:
    """What is not inert in an answer; empty when nothing is."""
    kind, text = answer.headers["Content-Type"].partition(";")[0], text_of(answer)
    if kind in ("image/jpeg", "image/svg+xml", "application/octet-stream"):
        return []
    found = [f"{MARK}49"] if f"{MARK}49" in text else []
    if kind == "text/html":
        return found + Looked(text).wrong + ([BIDI] if BIDI in text else [])
    if kind == "text/csv":
        return found + [cell for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))) for cell in row if cell.startswith(STARTS)]
    assert kind == "application/json", f"{answer.request.path} is {kind}"
    return found


def crawl(who: Browser, begin: list[str]) -> Iterator[TestResponse]:
    """Every page that a link of another leads to, each path once with each of its first three queries."""
    waiting, seen = deque(begin), set(begin)
    queries: dict[str, int] = {}
    while waiting:
        answer = who.client.get(waiting.popleft())
        yield answer
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        links = LINK.findall(text_of(answer)) + ([answer.headers["Location"]] if "Location" in answer.headers else [])
        for link in links:
            link = link.replace("&amp;", "&")
            path = urlsplit(link).path
            if link not in seen and not path.startswith("/admin/assets/") and queries.get(path, 0) < 3:
                seen.add(link)
                queries[path] = queries.get(path, 0) + 1
                waiting.append(link)


@pytest.fixture
def made(console, world, shop, log_in) -> HostileShop:
    return hostile_shop(console, world, shop, log_in)


@on_one_database
def test_R18_stored_text_is_inert_on_every_screen_and_on_paper(made, console):
    pages = {rule.endpoint for rule in console.url_map.iter_rules() if is_ours(rule.rule) and "GET" in rule.methods} - NOT_BY_LINK
    begin = [rule.rule for rule in console.url_map.iter_rules()
             if rule.endpoint in pages and not rule.arguments and rule.rule != "/admin/evidence/"]
    ids = made.ids
    begin += [f"/admin/orders/print/{what}?id={ids['order']}&id={ids['pickup']}" for what in ("notes", "picks")]
    begin += [f"/admin/evidence/?key={ids['case_picture']}", f"/admin/content/find/?q={MARK}",
              f"/admin/imports/{ids['import']}/progress/", f"/admin/tickets/{ids['ticket']}/picture/{ids['ticket_picture']}"]
    begin += [f"/admin/{screen}/?q={MARK}<img src=x>&tab=all&state={MARK}\"><script>" for screen in (
        "orders", "goods", "reviews", "tickets", "staff", "pickup-points", "audit", "hand-over")]
    visited, shown, harm = set(), set(), {}
    for answer in crawl(made.owner, begin):
        endpoint, _ = console.url_map.bind("").match(answer.request.path)
        visited.add(endpoint)
        assert answer.status_code in (200, 302, 303), answer.request.url
        if MARK in text_of(answer):
            shown.add(endpoint)
        if wrong := harm_of(answer):
            harm[answer.request.url] = wrong
    checked = made.parcels()
    assert checked.status_code == 200 and "订单号格式不对" in checked.text
    assert harm == {} and harm_of(checked) == []
    assert SHOWN_ON - shown == set()
    assert pages - visited == {"admin_exports.file"}, "a page that no link leads to: name it among the beginnings"


@on_one_database
def test_R18_stored_text_is_inert_in_every_sheet(made):
    harmless = set()
    for kind in KINDS:
        for format_ in FORMATS:
            cells = fetched(made, kind, format_)
            if not any(MARK in cell for cell in cells):
                harmless.add(kind)
            assert [cell for cell in cells if BIDI in cell or cell.startswith(STARTS) and not NUMBER.fullmatch(cell)] == [], kind
    assert harmless == {"payments"}, "sheets in which nobody else's words stand"


def fetched(made: HostileShop, kind: str, format_: str) -> list[str]:
    """The texts in the cells of an export that was asked for, written and fetched."""
    made.form("exports/new/", kind=kind, format=format_)
    [row] = made.shop.rows("select id, slices from exports where state = 'asked'")
    run_export(made.shop.ctx(), export_id=row["id"], slices=row["slices"])
    [link] = set(re.findall(rf'href="(/admin/exports/{row["id"]}/file/[^"]*)"', made.owner.get("/admin/exports/").text))
    answer = made.owner.get(link.replace("&amp;", "&"))
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
    if format_ == "csv":
        return [cell for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))) for cell in row]
    found = [cell for row in openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows() for cell in row]
    assert {cell.data_type for cell in found} <= {"s", "n", "inlineStr"} and not any(cell.hyperlink for cell in found)
    return [str(cell.value) for cell in found if cell.data_type != "n"]


def test_the_crawl_would_see_it():
    assert Looked("<p>&lt;img src=x&gt;</p><script src=/a></script><script type='application/json'>{}</script>").wrong == []
    for page in ("<img src=x>", "<a onclick=x>", "<script>alert(1)</script>", "<a href='javascript:x'>", "<svg onload=x>"):
        assert Looked(page).wrong, page
