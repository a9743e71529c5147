"""The doors with a replica that is held: lists may be old, what one has just done is not, nor who may do what."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from backend.exports.rules import Asked
from backend.infra.clock import FileClock
from backend.infra.replica import catches_up
from backend.infra.settings import Settings
from backend.infra.uow import reading
from backend.queries.orders import order_page
from backend.steps.export_orders import export_orders
from backend.usecases.reset_staff_password import reset_staff_password
from tests.conftest import make_settings
from tests.given_orders import Shop
from tests.given_replica import held
from tests.given_staff import Browser, system

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def settings(tmp_path: Path, database_url: str, replica_server: str, clock: FileClock) -> Settings:
    return make_settings(tmp_path, database_url, database_read_url=replica_server)


def test_the_catalogue_may_be_old_and_what_one_ordered_is_there(app: Flask, shop: Shop, replica_server: str) -> None:
    def titles() -> list[str]:
        return sorted(item["title"] for item in app.test_client().get("/api/v1/products").json["items"])

    shop.goods("A1", title="苹果")
    li = shop.shopper()
    with held(replica_server):
        pear = shop.goods("B1", title="梨")
        assert titles() == ["苹果"]
        order_id = shop.place(li, (pear, 1))
        assert order_page(shop.ctx(li.actor), order_id=order_id)["state"] == "unpaid"
    assert catches_up(30)
    assert titles() == ["梨", "苹果"]


def test_who_changed_something_sees_it_and_others_soon(
        app: Flask, shop: Shop, log_in: Callable[..., Browser], replica_server: str) -> None:
    apple = shop.goods()
    boss, other = log_in("owner"), log_in("owner")

    def sees(who: Browser) -> bool:
        page = who.get("/admin/goods/?tab=off_shelf")
        assert page.status_code == 200
        return apple.product_id in page.text

    with held(replica_server):
        assert not sees(boss)
        boss.post(f"/admin/goods/{apple.product_id}/shelf/", {"on_shelf": "0"}, follow=False)
        assert sees(boss)
        assert not sees(other), "some seconds old"
    assert catches_up(30)
    assert sees(boss) and sees(other)


def test_a_right_that_was_taken_away_is_gone_at_once(app: Flask, log_in: Callable[..., Browser], replica_server: str) -> None:
    clerk = log_in("goods")
    assert clerk.get("/admin/goods/").status_code == 200
    with held(replica_server):
        reset_staff_password(system(app), staff_id=clerk.staff_id)
        assert clerk.get("/admin/goods/").status_code == 401


def test_a_sheet_has_what_was_there_when_it_was_asked_for(
        shop: Shop, replica_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.paid(shop.shopper(), (shop.goods(), 1))
    asked = Asked({}, None, False, False, shop.ctx().now + timedelta(days=1), False)
    with held(replica_server):
        shop.paid(shop.shopper("wang"), (shop.goods("B1"), 1))
        for old, count in ((True, 1), (catches_up(0.2), 2)):
            with reading(shop.ctx(), old=old) as rd:
                assert len(export_orders(rd, asked, None, 100).rows) == count
