"""Every list of the console, page by page: with each of its sorts, filters and tabs the pages hold what one long page holds."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, current_app, g

import admin
import miniprogram_api
from admin.base import ReadOnlyView
from admin.permissions import SCREENS
from backend.infra.keyset import FIRST, Leaf, Turn
from backend.kernel.actors import EVERYTHING, staff
from tests.conftest import a_database
from tests.given_orders import Shop
from tests.given_staff import given_staff, logged_in
from tests.leafing import leafed
from tests.queries.busy_shop import busy_shop


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop in which everything has happened, with its console, on each database."""
    folder = tmp_path_factory.mktemp("lists")
    with busy_shop(folder, a_database(request, folder, "tuanma_lists")) as made:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        miniprogram_api.register(app)
        admin.register(app)
        yield made


def lists(app: Flask) -> list[ReadOnlyView]:
    return [each for each in app.extensions[SCREENS].values() if isinstance(each, ReadOnlyView)]


def queries_of(view: ReadOnlyView, rows: list[Any]) -> Iterator[dict[str, str]]:
    """What people may ask a list for: every sort both ways, every choice of every filter, its tabs, and words that are there."""
    yield {}
    for name in view.column_sortable_list or ():
        yield {"sort": name}
        yield {"sort": name, "desc": "1"}
    for each in view.filters:
        if each.kind == "choice":
            yield from ({each.column: value} for value in each.choices)
        elif each.kind == "days":
            yield {each.names[0]: "2026-03-02", each.names[1]: "2026-03-05"}
        elif each.kind == "yuan":
            yield {each.names[0]: "1", each.names[1]: "150.5"}
        else:
            yield from ({each.column: str(getattr(row, each.column, "S1"))} for row in rows[:2])
    for tab in ("todo", "mine", "unassigned", "overdue", "soon", "all", "low", "out", "sold_out", "on_sale"):
        yield {"tab": tab}
    if view.search_supported:
        words = {str(getattr(rows[0], name, "")) for name in (*view.search_exact, *view.search_contains)} if rows else set()
        yield from ({"q": word} for word in sorted({*words, "S", "小", "13812345678"}) if word)


def test_short_pages_hold_what_a_long_page_holds(shop: Shop) -> None:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    proven: set[str] = set()
    for view in lists(app):
        home = f"/admin/{view.endpoint.removeprefix('admin_')}/"
        for query in queries_of(view, shown(app, shop, view, home, {})):
            where = f"{home} {query}"
            whole = [view.row_key(row) for row in shown(app, shop, view, home, query)]
            assert whole == leafed_in(app, shop, view, home, query, max(1, len(whole) // 4)), where
            assert len(whole) == len(set(whole)) < 100, where
            proven |= {view.endpoint} if len(whole) > 1 else set()
    assert {"admin_orders", "admin_members", "admin_payments", "admin_refunds", "admin_audit", "admin_stock", "admin_goods",
            "admin_reviews", "admin_aftersales", "admin_tickets", "admin_exceptions", "admin_messages"} <= proven


def test_every_list_draws_its_rows(shop: Shop) -> None:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    given_staff(app, "draws", "owner")
    owner = logged_in(app, "draws")
    for view in lists(app):
        home = f"/admin/{view.endpoint.removeprefix('admin_')}/"
        rows = shown(app, shop, view, home, {"tab": "all"})
        page = owner.get(f"{home}?size=100&tab=all")
        assert (page.status_code, page.text.count("<tr>")) == (200, len(rows) + 1 if rows else 0), home


def shown(app: Flask, shop: Shop, view: ReadOnlyView, home: str, query: dict[str, str], turn: Turn = FIRST) -> list[Any]:
    with app.test_request_context(home, query_string=query):
        enter(shop)
        return list(view.fetch(replace(view.asked(), size=100, turn=turn)).rows)


def leafed_in(app: Flask, shop: Shop, view: ReadOnlyView, home: str, query: dict[str, str], size: int) -> list[Any]:
    """All rows in pages of this size, forward to the end, the last page but one once more on the way back."""
    with app.test_request_context(home, query_string=query):
        enter(shop)
        asked = replace(view.asked(), size=size)

        def fetch(turn: Turn) -> Leaf:
            leaf = view.fetch(replace(asked, turn=turn))
            return replace(leaf, rows=[view.row_key(row) for row in leaf.rows])

        return [key for page in leafed(fetch) for key in page]


def enter(shop: Shop) -> None:
    g.request_id, g.language = "1", "zh"
    g.console_context = shop.ctx(staff("stf_1", EVERYTHING, None))
    g.member = g.console_context
