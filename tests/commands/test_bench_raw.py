"""The limit that placing is held against is honest: the same rows, the same guard, in one transaction."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from backend.checks.check_books import check_books
from backend.commands import _bench_raw
from backend.commands._bench_raw import Raw, SoldOut, opened, order_rows, write
from backend.commands._bench_shop import frozen_address
from backend.infra.once import ClientKey
from backend.organisation import MAIN_STORE
from backend.stock import MAIN_LOCATION
from backend.tables import METADATA
from backend.usecases.place_order import place_order
from tests.given_orders import Shop

ID = re.compile(r"\b([a-z]{3})_[0-9A-Za-z_]+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?")
NUMBER = re.compile(r"""["']number["']: ?["']\w+["']""")
VARYING = {"number", "key", "fingerprint", "phone_index", "ship_to"}
"""Columns whose values are drawn or sealed: only whether there is one is compared."""


def raw_of(shop: Shop, url: str, member_id: str, goods: list[dict[str, Any]], lines: int, **more: Any) -> Raw:
    rules, parts = shop.ctx().shop, sa.make_url(url)
    address = str(parts.database) if parts.get_backend_name() == "sqlite" else parts.set(drivername="postgresql").render_as_string(
        hide_password=False)
    more = {"connections": 1, "store_id": MAIN_STORE, "location_id": MAIN_LOCATION, "freight_fen": rules.freight_fen,
            "free_from_fen": rules.free_freight_from_fen, **frozen_address(shop.ctx()) | {"region_code": "110105"}} | more
    return Raw(database=address, members=[member_id], skus=goods, lines=lines, **more)


def goods_of(shop: Shop, **stock: int) -> list[dict[str, Any]]:
    for code, many in stock.items():
        shop.goods(code, 5000, many)
    return shop.rows("select k.id, k.product_id, k.code, p.title, k.price_fen from skus k join products p on p.id = k.product_id"
                     " order by k.code")


def everything(shop: Shop) -> dict[str, list[str]]:
    """All rows by table, with ids as their prefix and moments as one word, so that two orders can be compared."""
    def plain(name: str, value: Any) -> str:
        if value is None or name not in VARYING:
            return MOMENT.sub("moment", ID.sub(r"\1", NUMBER.sub("number", str(value))))
        return "some"
    return {table: sorted(str({name: plain(name, value) for name, value in row.items()})
                          for row in shop.rows(f'select * from "{table}"')) for table in METADATA.tables}


def added(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, list[str]]:
    """What came to each table that has more or other rows."""
    found = {}
    for table, rows in after.items():
        left = list(before[table])
        new = [row for row in rows if row not in left or left.remove(row)]  # type: ignore[func-returns-value]
        if new:
            found[table] = new
    return found


@pytest.mark.parametrize("lines", [1, 2])
def test_it_writes_the_rows_of_a_placed_order(shop: Shop, database_url: str, lines: int) -> None:
    li, wang = shop.shopper("li"), shop.shopper("wang")
    goods = goods_of(shop, A1=10, B1=10)[:lines]
    start = everything(shop)
    place_order(shop.ctx(li.actor), address_id=shop.addresses[li.actor.id], shown_total_fen=10_000 if lines == 2 else 5800,
                items=[(each["id"], 1) for each in goods], key=ClientKey("a key of it", "a fingerprint"))
    between = everything(shop)
    opened(raw_of(shop, database_url, wang.actor.id, goods, lines).database)(
        raw_of(shop, database_url, wang.actor.id, goods, lines), 0)
    ours, theirs = added(start, between), added(between, everything(shop))
    levels = ours.pop("stock_levels"), theirs.pop("stock_levels")
    assert theirs == ours
    assert {table: len(rows) for table, rows in theirs.items()} == {
        "client_keys": 1, "carts": 1, "orders": 1, "order_lines": lines, "order_moves": 1, "outbox_events": 2, "stock_moves": lines}
    assert [len(each) for each in levels] == [lines, lines] and all("'reserved': '2'" in row for row in levels[1])
    assert check_books(shop.ctx(), waiting=False) == []


def test_the_guard_leaves_nothing_of_what_is_not_there(shop: Shop, database_url: str, snapshot: Callable[[], Any]) -> None:
    wang, goods = shop.shopper("wang"), goods_of(shop, A1=10, B1=1)
    raw = raw_of(shop, database_url, wang.actor.id, goods, 2)
    place = opened(raw.database)
    place(raw, 0)
    before = snapshot()
    with pytest.raises(SoldOut):
        place(raw, 1)
    assert snapshot() == before


def test_two_writers_write_what_they_were_told(shop: Shop, database_url: str) -> None:
    goods = goods_of(shop, A1=100, B1=100, C1=100)
    raw = raw_of(shop, database_url, shop.shopper("wang").actor.id, goods, 2, connections=2, most=12)
    done = write(raw)
    assert (done.done, done.warmed) == (6, 6) and done.seconds > 0
    assert shop.one("select count(*) as n, count(distinct number) as m from orders") == {"n": 12, "m": 12}
    assert shop.one("select sum(reserved) as n from stock_levels")["n"] == 24
    assert check_books(shop.ctx(), waiting=False) == []


def test_one_round_trip_a_statement_and_several_rows_in_one(shop: Shop, database_url: str) -> None:
    goods = goods_of(shop, A1=10, B1=10)
    raw = raw_of(shop, database_url, "mem_1", goods, 2)
    statements = order_rows(raw, 0, shop.ctx().now, lambda at: at)
    assert len(statements) == 8 and all(sql.count("%s") == len(values) for sql, values in statements)
    assert statements[-1][0].startswith("with held") and "order by sku_id for update" in statements[-1][0]
    assert _bench_raw.RESERVE[0].endswith("on_hand - reserved >= 1")
