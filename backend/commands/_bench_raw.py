"""The limit that `bench` holds placing against: the rows of an order, written by hand-written SQL and a bare driver.

A program of its own, so that it takes the processor as a shop without any Python of ours would. It writes what placing writes
(client key, cart, order, lines, first move, events, journal, guarded stock), into the same tables, in one transaction with one
round trip for each prepared statement; it reads nothing, checks nothing but the stock and knows all values beforehand. On
PostgreSQL that is psycopg 3 in one process for each connection, on SQLite one writer with the pragmas of the shop.

Its SQL stands here and in no store, and it commits by itself, because it is the measuring stick and no part of the shop: a change
to a store must not make the limit move with what is measured. A test compares its rows with those of a placed order, table by
table.
On stdin it reads one JSON object (`Raw`), on stdout it says what it did.
"""

import hashlib
import itertools
import json
import multiprocessing
import resource
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from backend.infra.clock import real_now, ticks
from backend.kernel.calendar import rfc3339
from backend.kernel.ids import human_code, new_id

PRAGMAS = ("busy_timeout=10000", "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY",
           "cache_size=-20000")
WARM = 3
"""Orders of each connection before the time begins, so that all statements are prepared."""


@dataclass(slots=True)
class Raw:
    """What to write: orders of one piece each of `lines` SKUs, taken in turn from `skus` (rows of id, product_id, code, title,
    price_fen), for the members `members` in turn, to one frozen address; `seconds` long, or `most` orders in all."""

    database: str
    members: list[str]
    skus: list[dict[str, Any]]
    lines: int
    store_id: str
    location_id: str
    ship_to: str
    region_code: str
    phone_index: str
    freight_fen: int
    free_from_fen: int
    connections: int = 8
    seconds: float | None = None
    most: int = 10 ** 9


@dataclass(slots=True)
class Written:
    """Orders written in the time, how long it took, what the writers themselves took of the processor, and those before it; what
    the database took for all of them is for whoever watches it to add."""

    done: int
    seconds: float
    processor: float
    warmed: int
    database: float = 0.0


Statement = tuple[str, list[Any]]


def order_rows(raw: Raw, number: int, now: datetime, instant: Callable[[datetime], Any]) -> list[Statement]:
    """The statements of one order with their values, in the order of execution; `number` chooses member and SKUs."""
    member = raw.members[number % len(raw.members)]
    first = number * raw.lines
    skus = sorted((raw.skus[(first + i) % len(raw.skus)] for i in range(raw.lines)), key=lambda each: each["id"])
    actor, order_id, at, pay_before = f"shopper:{member}", new_id("ord", now), instant(now), now + timedelta(minutes=15)
    goods = sum(each["price_fen"] for each in skus)
    freight = 0 if goods >= raw.free_from_fen else raw.freight_fen
    facts = {"id": order_id, "number": human_code(12), "total_fen": goods + freight, "placed_at": rfc3339(now),
             "pay_before": rfc3339(pay_before)}
    line_ids = [new_id("oli", now) for _ in skus]
    key = new_id("key", now)
    reasons = [{"code": "goods", "amount_fen": goods, "details": {}},
               {"code": "freight" if freight else "freight_free", "amount_fen": freight,
                "details": {"free_from_fen": raw.free_from_fen}}]
    statements: list[Statement] = [
        ("insert into client_keys (actor, use_case, key, fingerprint, result, claimed_at)"
         " values (%s, 'place_order', %s, %s, %s, %s) on conflict do nothing",
         [actor, key, hashlib.sha256(key.encode()).hexdigest(), _text(facts), at]),
        ("insert into carts (member_id, updated_at, version) values (%s, %s, 1)"
         " on conflict (member_id) do update set updated_at = excluded.updated_at, version = carts.version + 1", [member, at]),
        ("insert into orders (id, number, member_id, store_id, location_id, state, moves, line_count, goods_fen, discount_fen,"
         " freight_fen, total_fen, paid_fen, refunded_fen, freight_refund_fen, explanation, delivery, ship_to, region_code,"
         " phone_index, remark, placed_at, pay_before)"
         " values (%s, %s, %s, %s, %s, 'unpaid', 1, %s, %s, 0, %s, %s, 0, 0, 0, %s, 'courier', %s, %s, %s, '', %s, %s)",
         [order_id, facts["number"], member, raw.store_id, raw.location_id, len(skus), goods, freight, goods + freight,
          _text(reasons), raw.ship_to, raw.region_code, raw.phone_index, at, instant(pay_before)]),
        ("insert into order_lines (id, order_id, position, product_id, sku_id, sku_code, title, options, quantity,"
         " list_price_fen, price_fen, amount_fen, discount_fen, payable_fen, released_qty, shipped_qty, refund_qty, refund_fen,"
         " waived_fen, refund_shipped_qty, returned_qty, restocked_qty) values "
         + ", ".join(["(%s, %s, %s, %s, %s, %s, %s, '{}', 1, %s, %s, %s, 0, %s, 0, 0, 0, 0, 0, 0, 0, 0)"] * len(skus)),
         [value for position, (line_id, sku) in enumerate(zip(line_ids, skus, strict=True)) for value in (
             line_id, order_id, position, sku["product_id"], sku["id"], sku["code"], sku["title"], *[sku["price_fen"]] * 4)]),
        ("insert into order_moves (order_id, seq, from_state, to_state, actor, why, at) values (%s, 1, null, 'unpaid', %s, '', %s)",
         [order_id, actor, at]),
        ("insert into outbox_events (id, name, payload, emitted_at, due_at, fanned)"
         " values (%s, 'OrderPlaced', %s, %s, %s, false), (%s, 'OrderPaymentDue', %s, %s, %s, false)",
         [value for due in (at, instant(pay_before)) for value in (
             new_id("evt", now), _text({"order_id": order_id}), at, due)]),
        ("insert into stock_moves (id, sku_id, location_id, kind, cause, on_hand_change, reserved_change, actor, reason, at)"
         " values " + ", ".join(["(%s, %s, %s, 'reserve', %s, 0, 1, %s, '', %s)"] * len(skus)),
         [value for line_id, sku in zip(line_ids, skus, strict=True) for value in (
             new_id("stm", now), sku["id"], raw.location_id, line_id, actor, at)]),
    ]
    return [*statements, (RESERVE[len(skus) > 1].format(", ".join(["%s"] * len(skus))),
                          [raw.location_id, *(each["id"] for each in skus)])]


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


_ONE = ("update stock_levels set reserved = reserved + 1 where location_id = %s and sku_id in ({})"
        " and on_hand - reserved >= 1")
_MANY = ("with held as (select sku_id, location_id from stock_levels where location_id = %s and sku_id in ({}) order by sku_id"
         " for update) update stock_levels set reserved = reserved + 1 from held where stock_levels.sku_id = held.sku_id"
         " and stock_levels.location_id = held.location_id and on_hand - reserved >= 1")
RESERVE = (_ONE, _MANY)
"""The guard, last in the transaction, so that the hottest row is held shortest; several rows are locked in the order of their ids,
or two writers would wait for each other."""


class SoldOut(Exception):
    """The guard held: nothing of this order was written."""


def write_on_postgresql(connection: psycopg.Connection[Any], raw: Raw, number: int) -> None:
    """One order in one transaction; SoldOut leaves nothing."""
    statements = order_rows(raw, number, real_now(), lambda at: at)
    with connection.transaction(), connection.cursor() as cursor:
        for sql, values in statements:
            cursor.execute(sql, values, prepare=True)
        if cursor.rowcount != raw.lines:
            raise SoldOut()


def write_on_sqlite(connection: sqlite3.Connection, raw: Raw, number: int) -> None:
    """The same on SQLite, where the writer waits before it begins and locks no row."""
    statements = order_rows(raw, number, real_now(), lambda at: at.replace(tzinfo=None).isoformat(" ", "microseconds"))
    connection.execute("begin immediate")
    try:
        for sql, values in statements:
            done = connection.execute((_ONE.format(", ".join(["?"] * raw.lines)) if sql.startswith("with held") else sql)
                                      .replace("%s", "?"), values)
        if done.rowcount != raw.lines:
            raise SoldOut()
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def opened(database: str) -> Callable[[Raw, int], None]:
    """A writer on a new connection of this process; `database` is a libpq address or the path of a SQLite file."""
    if database.startswith("postgresql:"):
        remote = psycopg.connect(database, autocommit=True)
        remote.prepare_threshold = 0
        return lambda raw, number: write_on_postgresql(remote, raw, number)
    local = sqlite3.connect(database, isolation_level=None)
    for pragma in PRAGMAS:
        local.execute(f"pragma {pragma}")
    return lambda raw, number: write_on_sqlite(local, raw, number)


def write(raw: Raw) -> Written:
    """Write orders on all connections at once, each in a process of its own."""
    processes = multiprocessing.get_context("fork")
    start, told = processes.Barrier(raw.connections + 1), processes.Queue()

    def writer(index: int) -> None:
        place = opened(raw.database)
        numbers = itertools.count(index, raw.connections)
        warm = min(WARM, max(0, raw.most // raw.connections - 1))
        for _ in range(warm):
            place(raw, next(numbers))
        start.wait()
        used, began, done = resource.getrusage(resource.RUSAGE_SELF), ticks(), 0
        share = raw.most // raw.connections - warm
        while done < share and (raw.seconds is None or ticks() - began < raw.seconds):
            place(raw, next(numbers))
            done += 1
        now = resource.getrusage(resource.RUSAGE_SELF)
        told.put((done, ticks() - began, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, warm))

    children = [processes.Process(target=writer, args=(index,), daemon=True) for index in range(raw.connections)]
    for child in children:
        child.start()
    start.wait(60)
    found = [told.get(timeout=600) for _ in children]
    for child in children:
        child.join()
    return Written(sum(each[0] for each in found), round(max(each[1] for each in found), 4),
                   round(sum(each[2] for each in found), 3), sum(each[3] for each in found))


if __name__ == "__main__":
    print(json.dumps(asdict(write(Raw(**json.load(sys.stdin))))))
