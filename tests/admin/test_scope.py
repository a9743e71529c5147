"""Whose rows: staff of a store, a dealer or a region see and act on their own alone, in lists, searches, actions (R15)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask

import admin
import miniprogram_api
from admin.base import HEAD_OFFICE, ReadOnlyView, action, expose, needs
from admin.permissions import SCREENS, check_declarations
from admin.words import say
from backend.app import create_app
from backend.infra.db import db, write_engine
from backend.infra.settings import Settings
from backend.orders.models import Order
from backend.organisation.models import Region
from backend.queries.roles import known_permissions
from backend.usecases.edit_staff import edit_staff
from backend.usecases.save_dealer import save_dealer
from backend.usecases.save_region import save_region
from backend.usecases.save_store import save_store
from tests.fakes import FakeWorld
from tests.given_orders import Shop
from tests.given_staff import Browser, system


class Boats(ReadOnlyView):
    """A list of orders that stands for all lists with a store, with an action that one role has and another has not."""

    title, permission, endpoint, model, scope = say("船", "Boats"), "orders.view", "boats", Order, "store_id"
    columns = {"id": say("单", "Order"), "store_id": say("店", "Store"), "total_fen": say("金额", "Amount")}
    details = columns
    column_default_sort = ("id", True)
    search_exact = ("id",)
    sunk: list[str] = []

    @action("sink", say("击沉", "Sink"))
    @needs("orders.refund")
    def sink(self, ids: list[str]) -> None:
        """Note what was chosen."""
        self.sunk.extend(ids)

    @expose("/<id:row_id>/sail/", methods=("POST",))
    @needs("orders.ship")
    def sail(self, row_id: str) -> str:
        """Name the row."""
        return self.row_or_404(row_id).id


class Charts(ReadOnlyView):
    """A list that only the head office sees."""

    title, permission, endpoint, model, scope = say("图", "Charts"), "orders.view", "charts", Region, HEAD_OFFICE
    columns, column_default_sort = {"name": say("名", "Name")}, ("name", False)


@pytest.fixture
def app(settings: Settings, world: FakeWorld) -> Iterator[Flask]:
    """An app of this test's own, for what is hung on it is no business of others."""
    app = create_app(settings, world.gateways(settings))
    miniprogram_api.register(app)
    admin.register(app)
    with app.app_context():
        yield app
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def boats(console: Flask) -> Flask:
    """The console with two more lists."""
    Boats.sunk = []
    for view in (Boats(), Charts()):
        console.extensions["admin"][0].add_view(view)
        console.extensions[SCREENS][view.endpoint] = view
    check_declarations(console, known_permissions())
    return console


@dataclass(frozen=True)
class Two:
    """Two stores with an order each; the second belongs to a dealer of a region."""

    ours: str
    theirs: str
    store: str
    dealer: str
    region: str


@pytest.fixture
def two(boats: Flask, shop: Shop) -> Two:
    """An order of the main store (theirs) and one of a store of 惠民 in 华东 (ours)."""
    region = save_region(system(boats), name="华东")
    dealer = save_dealer(system(boats), name="惠民", region_id=region)
    store = save_store(system(boats), name="文三路店", dealer_id=dealer)
    who = shop.shopper()
    theirs, ours = (shop.place(who, (shop.goods(code), 1)) for code in ("A1", "B1"))
    with write_engine().begin() as connection:
        connection.execute(sa.update(Order).where(Order.id == ours).values(store_id=store))
    return Two(ours, theirs, store, dealer, region)


@pytest.mark.parametrize("scope", ["store", "dealer", "region"])
def test_one_sees_and_acts_within_ones_scope_alone(
        boats: Flask, two: Two, log_in: Callable[..., Browser], scope: str) -> None:
    own = log_in("orders", "finance", scope=scope, scope_id=getattr(two, scope))
    everything = log_in("orders", "finance")

    def listed(who: Browser, query: str = "") -> set[str]:
        text = who.get(f"/admin/boats/{query}").text
        return {order for order in (two.ours, two.theirs) if f'class="row-link" href="/admin/boats/{order}/"' in text}

    assert listed(everything) == {two.ours, two.theirs}
    assert listed(own) == {two.ours}
    assert listed(own, f"?q={two.theirs}") == set()
    assert listed(own, f"?q={two.ours}") == {two.ours}

    assert own.get(f"/admin/boats/{two.ours}/").status_code == 200
    foreign, absent = own.get(f"/admin/boats/{two.theirs}/"), own.get("/admin/boats/ord_1/")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.text.replace(foreign.headers["X-Request-Id"], "").replace(two.theirs, "ord_1") == absent.text.replace(
        absent.headers["X-Request-Id"], "")

    assert own.post(f"/admin/boats/{two.ours}/sail/").text == two.ours
    assert own.post(f"/admin/boats/{two.theirs}/sail/").status_code == 404
    assert own.post("/admin/boats/action/", {"action": "sink", "rowid": [two.ours, two.theirs]}).status_code == 404
    assert Boats.sunk == []
    own.post("/admin/boats/action/", {"action": "sink", "rowid": [two.ours, two.ours]})
    assert Boats.sunk == [two.ours]


def test_an_action_has_a_permission_of_its_own(boats: Flask, two: Two, log_in: Callable[..., Browser]) -> None:
    looks = log_in("read_only")
    assert "击沉" not in looks.get("/admin/boats/").text
    assert "击沉" in log_in("finance").get("/admin/boats/").text
    assert looks.post("/admin/boats/action/", {"action": "sink", "rowid": [two.ours]}).status_code == 403
    assert looks.post("/admin/boats/action/", {"action": "nothing", "rowid": [two.ours]}).status_code == 400
    assert looks.post(f"/admin/boats/{two.ours}/sail/").status_code == 403
    many = [f"ord_{number}" for number in range(101)]
    assert log_in("finance").post("/admin/boats/action/", {"action": "sink", "rowid": many}).status_code == 400
    assert Boats.sunk == []


def test_what_belongs_to_the_head_office_is_not_for_staff_of_a_store(
        boats: Flask, two: Two, log_in: Callable[..., Browser]) -> None:
    assert log_in("owner").get("/admin/charts/").status_code == 200
    bound = log_in("owner", scope="store", scope_id=two.store)
    for path in ("/admin/charts/", "/admin/staff/", "/admin/stores/", "/admin/audit/", "/admin/staff/new/",
                 f"/admin/staff/{bound.staff_id}/edit/"):
        assert bound.get(path).status_code == 403, path
    assert bound.post("/admin/regions/new/", {"name": "华南"}).status_code == 403
    made = bound.post("/admin/staff/new/", {"name": "a", "login": "abc", "roles": ["owner"], "scope": "head_office"})
    assert made.status_code == 403


def test_a_change_of_rights_counts_from_the_next_request(boats: Flask, two: Two, log_in: Callable[..., Browser]) -> None:
    who = log_in("orders")
    assert who.get("/admin/boats/").text.count("row-link") == 2

    def become(*roles: str, scope: str = "head_office", scope_id: str | None = None) -> None:
        edit_staff(system(boats), staff_id=who.staff_id, name="x", roles=roles, scope=scope, scope_id=scope_id, state="active")

    become("orders", scope="store", scope_id=two.store)
    assert who.get("/admin/boats/").text.count("row-link") == 1
    become("goods")
    assert who.get("/admin/boats/").status_code == 403
    become("orders", scope="region", scope_id=two.region)
    save_store(system(boats), store_id=two.store, name="文三路店")
    assert who.get("/admin/boats/").text.count("row-link") == 0
