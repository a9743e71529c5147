"""Nothing that anybody writes makes this shop ask an address of theirs: no URL is fetched or kept as a picture (R22, S8)."""

import io
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from backend.usecases.check_import import check_import
from backend.usecases.confirm_import import confirm_import
from backend.usecases.read_import import read_import
from backend.usecases.run_import import run_import
from tests.fakes import FakeWorld
from tests.given_goods import given_category
from tests.given_members import given_shopper
from tests.given_orders import Shop
from tests.given_staff import Browser

ADDRESSES = ("http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:6379/", "http://[::ffff:127.0.0.1]/", "http://2130706433/",
             "http://rebinding.example/", "file:///etc/passwd", "gopher://127.0.0.1/", "//evil.example/x.png")


@pytest.fixture
def packets(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What was sent out, or looked up, since the test began."""
    sent: list[Any] = []

    def refuse(*given: Any, **_: Any) -> Any:
        sent.append(given)
        raise OSError("the guard lets nothing out")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    yield sent


def test_the_guard_sees_a_packet(packets: list[Any]) -> None:
    with pytest.raises(OSError, match="guard"):
        socket.create_connection(("127.0.0.1", 9), timeout=0.1)
    assert len(packets) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("url", ADDRESSES)
def test_R22_an_address_where_a_picture_belongs_is_refused_and_not_asked(
        console: Flask, shop: Shop, world: FakeWorld, log_in: Callable[..., Browser], packets: list[Any], url: str,
        rows: Callable[..., Any], snapshot: Callable[[], Any]) -> None:
    owner, li = log_in("owner"), given_shopper(console, world)
    goods, category = shop.goods(), given_category(shop.ctx)
    order_id, _ = shop.paid(li.ctx, (goods, 1)) if shop.addresses.setdefault(li.id, li.address_id) else ("", "")
    before = {name: kept for name, kept in snapshot().items() if name not in ("staff_sessions", "upload_days")}

    product = {"title": "x", "category_id": category, "shelf": "now", "position": "0", "sku_code": ["N1"], "sku_price": ["1"],
               "sku_market": [""], "sku_cost": [""], "sku_stock": ["1"], "sku_picture": [""]}
    for path, form in (
            ("goods/new/", product | {"picture": [url]}), ("goods/new/", product | {"sku_picture": [url]}),
            ("categories/save/", {"name": "x", "picture": url}),
            ("content/save/", {"banner": ["1"], "banner_1_picture": url, "banner_1_title": "x", "banner_1_target": "none"})):
        answer = owner.post(f"/admin/{path}", form, follow=False)
        assert answer.status_code in (303, 409, 422), path
    api = console.test_client()
    headers = li.headers | {"Idempotency-Key": "key-of-an-address"}
    line = shop.lines(order_id)[0]
    for method, path, body in (
            ("PATCH", "/me", {"avatar_key": url}), ("POST", "/uploads", {"url": url}),
            ("POST", "/tickets", {"category": "goods", "words": "x", "pictures": [url]}),
            ("POST", f"/orders/{order_id}/aftersales", {"kind": "refund_only", "reason": "changed_mind", "pictures": [url],
                                                        "lines": [{"order_line_id": line, "quantity": 1}]})):
        assert api.open(f"/api/v1{path}", method=method, json=body, headers=headers).status_code in (404, 409, 415, 422), path
    assert {name: kept for name, kept in snapshot().items() if name in before} == before
    sheet = f"sku,title,category,price,picture\nI1,{url},x,1,{url}\n"
    owner.post("/admin/imports/new/", {"file": (io.BytesIO(sheet.encode()), url), "stock_default": "0"})
    [sheet_of] = rows("select id from imports")
    while rows("select state from imports")[0]["state"] == "received":
        read_import(shop.ctx(), import_id=sheet_of["id"], step=rows("select step from imports")[0]["step"])
    check_import(shop.ctx(), import_id=sheet_of["id"], step=rows("select step from imports")[0]["step"])
    confirm_import(shop.ctx(), import_id=sheet_of["id"], skip_bad=True)
    run_import(shop.ctx(), import_id=sheet_of["id"], step=rows("select step from imports")[0]["step"])
    assert owner.get(f"/admin/imports/{sheet_of['id']}/").status_code == 200
    assert packets == []
    assert not any(url in str(row) for row in rows("select pictures from products"))
