"""Staff of one store and the rows of another: on every page, by every address, in every form, search, sheet and on paper (R15).

The routes are those that the console has: a new one with an id in it has to be told below whose rows it is about.
"""

import json
import re

import pytest

from admin.base import ReadOnlyView
from admin.permissions import PUBLIC, SCREENS, WRITES, declared, is_ours
from backend.exports import KINDS
from backend.exports.rules import WHOLE
from backend.usecases.run_export import run_export
from tests.admin.test_gate import comparable
from tests.admin.test_inert import crawl, text_of
from tests.given_pickups import code_of_order
from tests.hostile_shop import HostileShop, hostile_shop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Doors do not care which database it is; what stands behind them is tested on both."""

THEIRS = {
    "admin_orders": {"row_id": "order", "parcel_id": "parcel", "what": ""},
    "admin_aftersales": {"row_id": "case", "key": "case_picture"},
    "admin_tickets": {"row_id": "ticket", "key": "ticket_picture"}, "admin_reviews": {"row_id": "review"},
    "admin_members": {"row_id": "member", "address_id": "address"}, "admin_payments": {"row_id": "payment"},
    "admin_refunds": {"row_id": "refund"}, "admin_exceptions": {"row_id": "exception"}, "admin_bills": {"row_id": "day"},
    "admin_pickup-points": {"row_id": "point"}, "admin_hand-over": {"order_id": "pickup"},
    "admin_stuck-uploads": {"order_id": "order"},
    "admin_exports": {"export_id": "export"}, "admin_staff": {"row_id": "staff"}, "admin_stores": {"row_id": "store"},
    "admin_dealers": {"row_id": "dealer"}, "admin_regions": {"row_id": "region"}, "admin_imports": {"import_id": "import"},
    "admin_jobs": {"line": ""}, "admin_books": {"run_id": "books_run"},
}
"""Screen → argument of its addresses → what of the other store it names."""
SHARED = {"admin_goods": {"row_id": "product"}, "admin_stock": {"row_id": "sku"}}
"""Goods are the same for all stores: whoever may see goods sees these, and nobody of a single store changes them."""
SECRET = ("order", "pickup", "fetched", "unpaid", "payment", "refund", "parcel", "case", "case_picture", "ticket", "ticket_picture",
          "review", "member", "address", "exception", "point", "export", "import", "books_run", "number", "phone", "code")


@pytest.fixture
def made(console, world, shop, log_in) -> HostileShop:
    made = hostile_shop(console, world, shop, log_in)
    made.form("exports/new/", kind="orders", format="csv")
    made.ids |= {
        "export": made.one("select id from exports"), "day": "2026-03-02", "phone": "13800138000",
        "number": made.one("select number from orders where id = :id", id=made.ids["order"]),
        "code": code_of_order(shop.ctx(), made.ids["pickup"])}
    return made


@pytest.fixture
def elsewhere(made, log_in):
    """Somebody who may do everything, in another store."""
    return log_in("owner", scope="store", scope_id=made.ids["store"])


def filled(rule, screen, ids):
    """The address with the ids of the other store's rows; fails when a new argument says nothing of whose it is."""
    known = THEIRS.get(screen) or SHARED.get(screen) or {}
    assert rule.arguments <= known.keys(), f"{rule.rule}: say in THEIRS or SHARED whose rows it is about"
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: ids.get(known[found[1]], "notes"), rule.rule)


def everything_typed(ids, line):
    """Fields that make sense to any form of the console, about the other store's rows."""
    texts = dict.fromkeys(("note", "reason", "text", "words", "answer", "name", "detail", "heard_in", "title"), "x")
    return texts | {
        "courier": "SF", "tracking_number": "SF9999999", f"q_{line}": "1", "phone": "13900139000", "region": "330106",
        "region_code": "330106", "off_goods": "1", "freight": "0", "shipped": "yes", "outcome": "solved", "owner": ids["staff"],
        "staff_id": ids["staff"], "state": "", "at": "", "kind": "payment", "number": ids["payment"], "subject": ids["review"],
        "confirm": "1", "skip_bad": "1", "quantity": "1", "mode": "add", "low_at": "3", "on_shelf": "0", "code": "",
        "order_id": [ids["pickup"]], "category": "goods", "who": ids["number"], "point_id": ids["point"], "store_id": "sto_main",
        "rowid": [ids["order"]], "format": "csv", "id": [ids["sku"]], "day": "2026-03-02", "value": "10", "how": "set",
        "waiting": json.dumps([[[2], ids["number"], "SF", "SF1231231231", []]])}


def test_R15_no_page_and_no_sheet_shows_a_row_of_another_store(made, console, elsewhere):
    secrets = {made.ids[name] for name in SECRET}
    begin = [rule.rule for rule in console.url_map.iter_rules()
             if is_ours(rule.rule) and "GET" in rule.methods and not rule.arguments and rule.rule != "/admin/evidence/"]
    begin += [f"/admin/orders/print/{what}?id={made.ids['order']}" for what in ("notes", "picks")]
    seen = 0
    for answer in crawl(elsewhere, begin):
        text = text_of(answer)
        shown = {secret for secret in secrets if secret in text and secret not in answer.request.url}
        assert not shown, f"{answer.request.path} shows {shown}"
        seen += answer.status_code == 200
    assert seen > 25
    lists = [screen.endpoint for screen in console.extensions[SCREENS].values() if isinstance(screen, ReadOnlyView)]
    for endpoint in lists:
        for name in SECRET:
            path = f"/admin/{endpoint.removeprefix('admin_')}/?q={made.ids[name]}&tab=all"
            page = text_of(elsewhere.client.get(path))
            rows = "".join(re.findall(r"<tbody>.*?</tbody>", page, re.S))
            assert not any(secret in rows for secret in secrets), path
    sheets_hold_nothing_of_theirs(made, elsewhere)
    their_numbers_are_none(made, elsewhere)


def sheets_hold_nothing_of_theirs(made, elsewhere):
    """One's own exports, of every kind."""
    secrets = {made.ids[name] for name in ("number", "phone", "member", "payment", "refund")}
    for kind in KINDS:
        answer = elsewhere.post("/admin/exports/new/", {"kind": kind, "format": "csv"})
        if kind in WHOLE:
            assert answer.status_code == 400
            continue
        [row] = made.shop.rows("select id, slices from exports where state = 'asked' and id <> :id", id=made.ids["export"])
        run_export(made.shop.ctx(), export_id=row["id"], slices=row["slices"])
        [link] = set(re.findall(rf'href="(/admin/exports/{row["id"]}/file/[^"]*)"', elsewhere.get("/admin/exports/").text))
        text = elsewhere.get(link.replace("&amp;", "&")).data.decode("utf-8-sig")
        assert not any(secret in text for secret in secrets), kind


def their_numbers_are_none(made, elsewhere):
    """A complaint is entered for nobody whom one does not see, and the answer does not tell whether there is such an order."""
    said = []
    for who in (made.ids["number"], "NOBODYHAS1", made.ids["member"], "mem_nobody"):
        page = elsewhere.post("/admin/tickets/new/", {"who": who, "category": "goods", "heard_in": "x", "words": "x"})
        said.append((page.status_code, "没有这个会员编号或订单号" in page.text))
    assert said == [(said[0][0], True)] * 4


def test_R15_no_address_and_no_form_reaches_a_row_of_another_store(made, console, elsewhere, snapshot):
    line = made.shop.lines(made.ids["order"])[0]
    typed, before, token = everything_typed(made.ids, line), comparable(snapshot()), elsewhere.token()
    looked, tried = 0, 0
    for rule in console.url_map.iter_rules():
        needed, screen = declared(console, rule.endpoint), rule.endpoint.rpartition(".")[0]
        if not is_ours(rule.rule) or needed == PUBLIC or screen in ("console", "admin", "admin_profile"):
            continue
        address = filled(rule, screen, made.ids)
        if "GET" in rule.methods and screen in THEIRS and rule.arguments - {"what"}:
            answer = elsewhere.client.get(address)
            assert answer.status_code in (403, 404), f"GET {address}: {answer.status_code}"
            looked += 1
        if rule.methods & WRITES and "pictures" not in rule.rule:
            data = typed | {"csrf_token": token, "idempotency_key": f"key-of-another-store-{tried:04}"}
            answer = elsewhere.client.post(address, data=data)
            assert answer.status_code < 500, f"POST {address}: {answer.status_code}"
            if screen in THEIRS and rule.arguments:
                assert answer.status_code in (403, 404), f"POST {address}: {answer.status_code}"
            tried += 1
    assert looked > 20 and tried > 55
    after = comparable(snapshot())
    own = {"exports", "audit_log", "outbox_events", "client_keys", "order_filters", "pickup_tries"}
    assert {name for name in after if after[name] != before[name]} <= own
    told = made.shop.rows("select distinct action from audit_log where actor = :who", who=f"staff:{elsewhere.staff_id}")
    assert {row["action"] for row in told} <= {"ask_export", "log_in_staff"}


def test_R15_what_all_stores_share_is_changed_by_those_who_see_them_all(made, elsewhere, log_in):
    """And the twin: the same forms do something for whoever sees the main store."""
    sku, product = made.ids["sku"], made.ids["product"]
    adjust = {"mode": "add", "quantity": "1", "reason": "到货入库"}
    assert elsewhere.get("/admin/goods/").status_code == elsewhere.get("/admin/stock/").status_code == 200
    assert elsewhere.post(f"/admin/stock/{sku}/adjust/", adjust).status_code == 404
    assert elsewhere.post(f"/admin/stock/{sku}/line/", {"low_at": "1"}).status_code == 404
    for path in ("goods/new/", "prices/", "content/", "imports/", "settings/", "jobs/", "audit/", "staff/", "messages/"):
        assert elsewhere.get(f"/admin/{path}").status_code == 403, path
    assert elsewhere.post(f"/admin/goods/{product}/shelf/", {"on_shelf": "0"}).status_code == 403
    here = log_in("owner", scope="store", scope_id="sto_main")
    assert here.post(f"/admin/stock/{sku}/adjust/", adjust).status_code == 200
    assert here.get(f"/admin/orders/{made.ids['order']}/").status_code == 200
    assert here.get(f"/admin/goods/{product}/").status_code == 200
    assert here.post(f"/admin/goods/{product}/shelf/", {"on_shelf": "0"}).status_code == 403
