"""A shop in which whatever people can write was written by somebody hostile, through the doors that people use.

Shoppers write through the API, staff through the console's forms; WeChat and the worker are played as everywhere else. What
was written carries MARK, so that a test can see where it comes out again.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from backend.gateways.wechat_pay_bills import TradeBill
from backend.gateways.wechat_shipping import ShippingRefused
from backend.kernel.actors import WECHAT
from backend.usecases.check_import import check_import
from backend.usecases.compare_bill import compare_bill
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.read_import import read_import
from tests.fakes import FakeWorld
from tests.given_members import Shopper, given_shopper
from tests.given_orders import Shop
from tests.given_pickups import WENSAN, code_of_order
from tests.given_reviews import allow, judge_pictures, work
from tests.given_staff import Browser
from tests.given_uploads import picture_bytes

MARK = "Zq7x"
IMG, TEMPLATE, BIDI, FORMULA = "<img src=x onerror=alert(1)>", "{{7*7}}", "\u202e", "=cmd|' /C calc'!A0"
LONG = f"{FORMULA}{IMG}{MARK}{TEMPLATE}{BIDI}\"'><script>alert(2)</script>"
SHORT = f"=1+1<img src=x>{MARK}{TEMPLATE}{BIDI}"
"""As much of it as a name may hold."""


@dataclass
class HostileShop:
    """`ids` are what was made, by kind; `owner` is the browser of whoever runs it."""

    app: Flask
    world: FakeWorld
    shop: Shop
    owner: Browser
    ids: dict[str, str] = field(default_factory=dict)
    keys: int = 0

    # --- the doors ---

    def api(self, method: str, path: str, who: Shopper, body: Any = None, **more: Any) -> Any:
        """Ask as a shopper; the answer's JSON."""
        answer = self.app.test_client().open(f"/api/v1{path}", method=method, json=body, headers=self.headers(who), **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.get_json() if answer.data else None

    def headers(self, who: Shopper) -> dict[str, str]:
        """Who asks, and a key that was not used before."""
        self.keys += 1
        return who.headers | {"Idempotency-Key": f"hostile-key-{self.keys:05}"}

    def form(self, path: str, /, **data: Any) -> TestResponse:
        """Send a form of the console; it must not be refused."""
        answer = self.owner.post(f"/admin/{path}", {name.replace("__", "-"): value for name, value in data.items()})
        refused = "toast-bad" in answer.text
        assert answer.status_code == 200 and not refused, f"{path}: {answer.status_code} {complaints(answer)}"
        return answer

    def one(self, statement: str, **params: Any) -> Any:
        return next(iter(self.shop.one(statement, **params).values()))

    def picture(self, who: Shopper, purpose: str) -> str:
        answer = self.app.test_client().post("/api/v1/uploads", headers=self.headers(who), data={
            "purpose": purpose, "file": (io.BytesIO(picture_bytes()), f"{LONG}.jpg", "text/html")})
        assert answer.status_code == 201, answer.text
        return answer.get_json()["key"]

    def pay(self, who: Shopper, order_id: str) -> str:
        payment_id = self.api("POST", f"/orders/{order_id}/payment", who)["payment_id"]
        confirm_payment(self.shop.ctx(WECHAT), trade=self.world.pay.pay(payment_id))
        return payment_id

    def order(self, who: Shopper, quantity: int = 2, **more: Any) -> str:
        """A placed order of the goods."""
        total = quantity * 5000
        body = {"items": [{"sku_id": self.ids["sku"], "quantity": quantity}], "remark": LONG, "address_id": self.ids["address"],
                "shown_total_fen": total + (0 if total >= 8800 else 800)} | more
        return self.api("POST", "/orders", who, {name: value for name, value in body.items() if value is not None})["id"]

    # --- what is lived through ---

    def live(self) -> "HostileShop":
        """Everything once."""
        self.organise()
        self.stock_up()
        li = self.join()
        self.buy(li)
        self.object_to(li)
        self.review(li)
        self.settle(li)
        self.file_things()
        return self

    def organise(self) -> None:
        """Places, people, rules, a pick-up point."""
        self.form("regions/new/", name=LONG[:64])
        self.ids["region"] = self.one("select id from regions")
        self.form("dealers/new/", name=LONG[:64], region_id=self.ids["region"])
        self.ids["dealer"] = self.one("select id from dealers")
        self.form("stores/new/", name=LONG[:64], dealer_id=self.ids["dealer"])
        self.ids["store"] = self.one("select id from stores where id <> 'sto_main'")
        self.form("staff/new/", name=SHORT[:32], login="hostile", roles=["orders", "service"], scope="head_office")
        self.ids["staff"] = self.one("select id from staff where login = 'hostile'")
        self.form("settings/", shop_name=SHORT[:20], was__shop_name="", version__shop_name="0")
        hours = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "9:00-21:00")
        self.form("pickup-points/new/", name=SHORT[:40], kind="store", store_id="sto_main", region_code=WENSAN["region_code"],
                  detail=LONG[:120], longitude="120.1", latitude="30.2", phone="0571-88886666", guide=LONG, active="y", **hours)
        self.ids["point"] = self.one("select id from pickup_points")
        self.form(f"pickup-points/{self.ids['point']}/staff/", staff_id=[self.owner.staff_id, self.ids["staff"]])

    def stock_up(self) -> None:
        """A category, a product with hostile names, prices and counts."""
        self.form("categories/save/", name=SHORT[:20], position="0")
        self.ids["category"] = self.one("select id from categories")
        self.form("goods/new/", title=LONG[:120], category_id=self.ids["category"], shelf="now", position="0",
                  selling_point=SHORT, detail="很甜", option_name=[SHORT[:8], "", ""], sku_option_0=[SHORT[:20]],
                  sku_code=[f"=A1+{MARK}"], sku_price=["50.00"], sku_market=["60.00"], sku_cost=["20.00"], sku_stock=["90"],
                  sku_picture=[""], delivery=["courier", "pickup"])
        self.ids["product"], self.ids["sku"] = self.one("select id from products"), self.one("select id from skus")
        self.form(f"stock/{self.ids['sku']}/adjust/", mode="add", quantity="3", reason=LONG.replace(BIDI, ""))
        self.form("content/save/", block=["1"], block_1_title=SHORT[:12], block_1_subtitle=SHORT[:12],
                  block_1_product=[self.ids["product"]], seen=field_of(self.owner.get("/admin/content/").text, "seen"))

    def join(self) -> Shopper:
        """A shopper with a name, a phone and an address."""
        li = given_shopper(self.app, self.world, "hostile", address=False)
        self.api("PATCH", "/me", li, {"nickname": SHORT[:32]})
        self.world.mini.phones["phone-of-li"] = "13900139000"
        self.api("PUT", "/me/phone", li, {"code": "phone-of-li"})
        made = self.api("POST", "/addresses", li, {
            "name": SHORT[:30], "phone": "13800138000", "region_code": "330106", "detail": LONG[:120]})
        self.ids |= {"member": li.id, "address": made["id"]}
        return li

    def buy(self, li: Shopper) -> None:
        """Orders in all states: unpaid, cancelled, paid with notes and a refund, shipped with a stuck upload, fetched."""
        self.ids["unpaid"] = self.order(li)
        cancelled = self.order(li)
        self.api("POST", f"/orders/{cancelled}/cancel", li, {"reason": LONG[:100]})
        self.ids["order"] = self.order(li, 5)
        self.ids["payment"] = self.pay(li, self.ids["order"])
        allow(self.shop, li.ctx, times=3)
        desk, line = f"orders/{self.ids['order']}", self.shop.lines(self.ids["order"])[0]
        self.form(f"{desk}/note/", text=LONG)
        self.form(f"{desk}/ship/", courier="SF", tracking_number="SF7654321", note=LONG, **{f"q_{line}": "3"})
        self.ids["parcel"] = self.one("select id from parcels")
        self.form(f"{desk}/parcels/{self.ids['parcel']}/track/", text=LONG.replace(BIDI, ""), at="", state="underway")
        self.form(f"{desk}/refund/", reason=LONG, shipped="no", **{f"q_{line}": "1"})
        self.ids["refund"] = self.one("select id from refunds")
        self.form("orders/filters/save/", filter_name=SHORT[:20], state="paid", q="")
        self.world.mini.fail["upload_shipping"] = [ShippingRefused("10060004", LONG)]
        work(self.shop)
        self.ids["pickup"] = self.order(li, 1, delivery="pickup", point_id=self.ids["point"], address_id=None,
                                        shown_total_fen=5000, contact={"name": SHORT[:30], "phone": "13900139000"})
        self.pay(li, self.ids["pickup"])
        fetched = self.order(li, 1, delivery="pickup", point_id=self.ids["point"], address_id=None, shown_total_fen=5000,
                             contact={"name": SHORT[:30], "phone": "13900139000"})
        self.pay(li, fetched)
        self.form(f"hand-over/{fetched}/", code=code_of_order(self.shop.ctx(), fetched) or "")
        self.ids["fetched"] = fetched

    def object_to(self, li: Shopper) -> None:
        """An after-sale with evidence, refused, and asked again; a complaint with a thread."""
        line = self.shop.lines(self.ids["order"])[0]
        picture = self.picture(li, "aftersale")
        self.ids["case"] = self.api("POST", f"/orders/{self.ids['order']}/aftersales", li, {
            "kind": "return_and_refund", "reason": "other", "words": LONG, "pictures": [picture],
            "lines": [{"order_line_id": line, "quantity": 1}]})["id"]
        self.ids["case_picture"] = picture
        self.form(f"aftersales/{self.ids['case']}/approve/", answer=LONG[:200])
        self.api("POST", f"/aftersales/{self.ids['case']}/parcel", li, {
            "courier": SHORT.replace(BIDI, ""), "tracking_number": "SF12345678"})
        refused = self.api("POST", f"/orders/{self.ids['fetched']}/aftersales", li, {
            "kind": "return_and_refund", "reason": "other", "words": LONG,
            "lines": [{"order_line_id": self.shop.lines(self.ids["fetched"])[0], "quantity": 1}]})["id"]
        self.form(f"aftersales/{refused}/refuse/", reason=LONG[:200])
        picture = self.picture(li, "ticket")
        self.ids["ticket"] = self.api("POST", "/tickets", li, {
            "category": "goods", "words": LONG, "order_id": self.ids["order"], "pictures": [picture]})["id"]
        self.ids["ticket_picture"] = picture
        self.form(f"tickets/{self.ids['ticket']}/answer/", words=LONG, note="1")
        self.form(f"tickets/{self.ids['ticket']}/answer/", words=LONG)
        self.api("POST", f"/tickets/{self.ids['ticket']}/messages", li, {"words": LONG, "pictures": []})
        self.form(f"tickets/{self.ids['ticket']}/close/", outcome="solved", words=LONG[:200])
        number = self.one("select number from orders where id = :id", id=self.ids["order"])
        self.form("tickets/new/", who=number, category="goods", heard_in=SHORT, words=LONG)

    def review(self, li: Shopper) -> None:
        """A review with a picture that WeChat let pass, an answer, an addition; and it is hidden."""
        line = self.shop.lines(self.ids["fetched"])[0]
        self.ids["review"] = self.api("POST", f"/orders/{self.ids['fetched']}/lines/{line}/review", li, {
            "stars": 1, "service_stars": 1, "text": LONG, "pictures": [self.picture(li, "review")]})["id"]
        for _ in range(2):
            work(self.shop)
            judge_pictures(self.shop)
        self.form(f"reviews/{self.ids['review']}/reply/", text=LONG)
        self.api("POST", f"/me/reviews/{self.ids['review']}/follow-up", li, {"text": LONG, "pictures": []})
        work(self.shop)
        self.form(f"reviews/{self.ids['review']}/hide/", reason=LONG[:100])

    def settle(self, li: Shopper) -> None:
        """A payment that does not fit, settled with a note; a day's bill that differs, likewise."""
        payment_id = self.api("POST", f"/orders/{self.ids['unpaid']}/payment", li)["payment_id"]
        confirm_payment(self.shop.ctx(WECHAT), trade=self.world.pay.pay(payment_id, payer_total_fen=1, total_fen=1))
        self.ids["exception"] = self.one("select id from payment_exceptions where number = :id", id=payment_id)
        self.form(f"exceptions/{self.ids['exception']}/settle/", note=LONG)
        day = self.shop.ctx().now.date()
        self.world.pay.bills[day] = TradeBill(day, ())
        compare_bill(self.shop.ctx(), day=day.isoformat())
        self.form(f"bills/{day}/close/", kind="payment", number=self.ids["payment"], note=LONG)
        self.form("books/run/")
        self.ids["books_run"] = self.one("select id from books_runs")

    def file_things(self) -> None:
        """An import with hostile cells and a hostile name, and a sheet of parcels."""
        title = LONG.replace('"', '""')
        sheet = f'sku,title,category,price\n"=B1+{MARK}","{title}","{SHORT[:16]}","x{MARK}{IMG}"\n'
        self.form("imports/new/", file=(io.BytesIO(sheet.encode()), f"{SHORT}.csv"), stock_default="1")
        self.ids["import"] = self.one("select id from imports")
        while self.one("select state from imports") == "received":
            read_import(self.shop.ctx(), import_id=self.ids["import"], step=self.one("select step from imports"))
        while self.one("select state from imports") == "checking":
            check_import(self.shop.ctx(), import_id=self.ids["import"], step=self.one("select step from imports"))

    def parcels(self) -> TestResponse:
        """What the console says to a sheet of parcels with hostile cells."""
        sheet = f'订单号,快递公司,快递单号\n"{SHORT}","{SHORT}","{SHORT}"\n'
        return self.owner.post("/admin/batch-ship/check/", {"file": (io.BytesIO(sheet.encode()), f"{SHORT}.csv")})


def field_of(page: str, name: str) -> str:
    """The value of a hidden field on a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def complaints(answer: TestResponse) -> list[str]:
    """What the page said went wrong."""
    return re.findall(r'<div class="toast toast-bad".*?<span>(.*?)</span>', answer.text)


def hostile_shop(app: Flask, world: FakeWorld, shop: Shop, log_in: Callable[..., Browser]) -> HostileShop:
    """A shop that has lived through all of it; its owner is head office."""
    return HostileShop(app, world, shop, log_in("owner")).live()
