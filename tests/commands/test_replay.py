"""`replay` on a real `up`: a small log with every awkward case, to the fen, also while a web process is killed."""

import csv
import gzip
import json
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.commands.open_shop import OpenShop, open_shop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

PRODUCTS = """sku,title,category,price,stock
T1,茶,茶,10.00,
T2,杯,杯,29.33,
T3,壶,杯,88.00,
T4,盘,杯,0.07,
T5,碗,杯,5.00,3
T6,罐,杯,3.50,
"""

ORDERS = """order,customer,placed_at,sku,qty,unit_price
1001,c1,2011-11-01 08:26:00,T1,2,9.99
1001,c1,2011-11-01 08:26:00,T2,3,1
1001,c1,2011-11-01 08:27:00,T1,1,1
1002,c2,2011-11-01 08:26:00,T3,1,1
1003,c3,2011-11-01 08:26:00,T4,1,1
1004,c1,2011-11-01 08:26:00,T1,4,1
1005,c2,2011-11-01 09:00:00,GONE,4,1
1005,c2,2011-11-01 09:00:00,T6,2,1
1006,c4,2011-11-01 09:05:00,GONE,1,1
1007,c3,2011-11-02 10:00:00,T5,2,1
1008,c4,2011-11-02 10:01:00,T5,2,1
1008,c4,2011-11-02 10:01:00,T2,4,1
1009,c5,2011-11-02 10:30:00,T1,5,1
1010,c1,2011-11-02 12:00:00,T1,1,1
1011,c6,2011-11-03 23:59:00,T3,10,1
1012,c6,2011-11-04 00:00:00,T3,1,1
1013,c2,2011-12-06 07:00:00,T2,3,1
1014,c2,2011-12-06 07:00:00,T1,1,1
1015,c1,2011-12-06 08:00:00,T6,6,1
"""

RETURNS = """return,customer,returned_at,sku,qty
R0,c1,2011-11-01 08:00:00,T1,1
R1,c1,2011-11-02 12:00:00,T1,6
R1,c1,2011-11-02 12:00:00,T2,1
R1,c1,2011-11-02 12:00:00,T1,3
R2,c1,2011-11-02 12:00:00,T1,1
R2,c1,2011-11-02 12:00:00,T1,1
R3,c9,2011-11-02 13:00:00,T1,1
R3,c9,2011-11-02 13:00:00,GONE,1
R4,c6,2011-11-05 10:00:00,T3,11
R5,c2,2011-12-06 07:00:00,T2,3
"""

RIGHT = {
    "orders": 14, "lines": 19, "refused": {"not_bought_here": 4, "sku_unknown": 2, "too_few": 1},
    # 11799 + 8800 + 7 + 4000 + 700 + 1000 + 11732 + 5000 + 1000 + 88000 + 8800 + 8799 + 1000 + 2100
    "goods_fen": 152_737,
    # eight orders below 88 yuan: 1003, 1004, 1005, 1007, 1009, 1010, 1013 (87.99), 1014 and 1015 are nine
    "freight_fen": 7_200,
    "paid_fen": 159_937,
    # R1: 6 + 1 pieces, R2: 1 + 1 pieces, R4: 11 pieces of two orders, R5: 3 pieces
    "refunded_fen": 6 * 1000 + 2933 + 2 * 1000 + 11 * 8800 + 3 * 2933,
}


def computed(products: str, orders: str, returns: str) -> dict[str, Any]:
    """What the replay must come to, from the files alone."""
    price = {row["sku"]: int(Decimal(row["price"]) * 100) for row in csv.DictReader(products.splitlines())}
    stock = {row["sku"]: int(row["stock"] or 10**6) for row in csv.DictReader(products.splitlines())}
    rows = list(csv.DictReader(orders.splitlines()))
    events: list[tuple[str, int, int, Any]] = []
    for place, number in enumerate(dict.fromkeys(row["order"] for row in rows)):
        mine = [row for row in rows if row["order"] == number]
        events.append((mine[0]["placed_at"], 0, place, mine))
    events += [(row["returned_at"], 1, place, row) for place, row in enumerate(csv.DictReader(returns.splitlines()))]
    done: Counter[str] = Counter(lines=len(rows))
    refused: Counter[str] = Counter()
    left: dict[tuple[str, str], list[int]] = {}
    for _, kind, _, event in sorted(events, key=lambda each: each[:3]):
        if kind == 0:
            want: Counter[str] = Counter()
            for row in event:
                want[row["sku"]] += int(row["qty"])
            for sku in list(want):
                if sku not in price or stock[sku] < want[sku]:
                    refused["sku_unknown" if sku not in price else "too_few"] += sum(r["sku"] == sku for r in event)
                    del want[sku]
            goods = sum(price[sku] * count for sku, count in want.items())
            done.update(orders=bool(want), goods_fen=goods, freight_fen=800 if want and goods < 8800 else 0)
            for sku, count in want.items():
                stock[sku] -= count
                left.setdefault((event[0]["customer"], sku), []).append(count)
        else:
            sku, count = event["sku"], int(event["qty"])
            mine_left = left.get((event["customer"], sku), [])
            if sum(mine_left) < count:
                refused["not_bought_here"] += 1
                continue
            done["refunded_fen"] += count * price[sku]
            for newest in reversed(range(len(mine_left))):
                taken = min(count, mine_left[newest])
                mine_left[newest] -= taken
                count -= taken
    return dict(done) | {"paid_fen": done["goods_fen"] + done["freight_fen"], "refused": dict(refused)}


def written(folder: Path) -> Path:
    (folder / "products.csv").write_text(PRODUCTS)
    with gzip.open(folder / "orders.csv.gz", "wt") as file:
        file.write(ORDERS)
    (folder / "returns.csv").write_text(RETURNS)
    return folder


def rows(shop: OpenShop, statement: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{shop.folder.database}?mode=ro", uri=True) as connection:
        return connection.execute(statement).fetchall()


def test_the_right_totals_are_those_that_the_files_give() -> None:
    assert computed(PRODUCTS, ORDERS, RETURNS) == RIGHT
    assert computed(PRODUCTS.replace("29.33", "29.34"), ORDERS, RETURNS) != RIGHT
    assert computed(PRODUCTS, ORDERS, RETURNS.replace("R5,c2", "R5,c1")) != RIGHT


def test_a_log_is_played_to_the_fen_and_again_while_a_web_process_is_killed(tmp_path: Path) -> None:
    files = written(tmp_path)
    with open_shop(tmp_path / "shop") as shop:
        imported = shop.run("import-products", str(files / "products.csv"))
        assert imported.returncode == 0, imported.stderr
        refused_when_nothing_fits(shop, tmp_path / "other.csv")
        played_to_the_fen(shop, files)
        played_again_under_fire(shop, files)


def refused_when_nothing_fits(shop: OpenShop, other: Path) -> None:
    other.write_text("order,customer,placed_at,sku,qty\n1,c,2011-11-01 08:00:00,ELSEWHERE,1\n")
    done = shop.run("replay", str(other))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The shop sells nothing that is in this log: import its products first.\n"


def played_to_the_fen(shop: OpenShop, files: Path) -> None:
    before = datetime.now(UTC) + timedelta(hours=8)
    done = shop.run("replay", str(files / "orders.csv.gz"), "--returns", str(files / "returns.csv"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == RIGHT
    assert "21/21" in done.stderr and "100%" in done.stderr

    placed = [datetime.fromisoformat(at) + timedelta(hours=8)
              for (at,) in rows(shop, "select placed_at from orders order by id")]
    logged = sorted({line.split(",")[0]: line.split(",")[2] for line in reversed(ORDERS.splitlines()[1:])
                     if "1006" not in line}.values())
    first = placed[0].date()
    assert first - before.date() in (timedelta(days=1), timedelta(days=2))  # two if midnight passed meanwhile
    shift = first - datetime.fromisoformat(logged[0]).date()
    late = [(at - datetime.fromisoformat(wanted) - shift).total_seconds()
            for at, wanted in zip(placed, logged, strict=True)]
    assert all(0 <= each < 100 for each in late)

    states = rows(shop, "select state, count(*) from orders group by state order by state")
    assert states == [("completed", 3), ("paid", 9), ("refunded", 2)], "three kept nothing but their freight"
    refunds = rows(shop, "select state, count(*), sum(amount_fen) from refunds group by state")
    assert refunds == [("succeeded", 7, RIGHT["refunded_fen"])]
    parts = rows(shop, "select o.goods_fen, r.amount_fen from refunds r join orders o on o.id = r.order_id "
                       "order by 1, 2")
    assert parts == [(1000, 1000), (4000, 4000), (8799, 8799), (8800, 8800), (11799, 2000), (11799, 3933),
                     (88000, 88000)]
    assert rows(shop, "select count(*) from members") == [(6,)]
    gaps = rows(shop, "select r.order_id, r.sent_at from refunds r where (select count(*) from refunds where "
                      "order_id = r.order_id) > 1 order by r.order_id, r.id")
    assert len(gaps) == 2
    assert datetime.fromisoformat(gaps[1][1]) - datetime.fromisoformat(gaps[0][1]) >= timedelta(seconds=60)
    assert rows(shop, "select count(*) from payment_exceptions") == [(0,)]


def played_again_under_fire(shop: OpenShop, files: Path) -> None:
    stock = rows(shop, "select sum(on_hand), sum(reserved) from stock_levels")
    (before,) = rows(shop, "select count(*) from orders")[0]
    november = [text[:text.index("\n", text.rindex("2011-11-")) + 1] for text in (ORDERS, RETURNS)]
    for name, text in zip(("orders.csv", "some.csv"), november, strict=True):
        (files / name).write_text(text)
    run = shop.command("replay", str(files / "orders.csv"), "--returns", str(files / "some.csv"), "--json")
    killed = 0
    while run.poll() is None and killed < 2:
        if rows(shop, "select count(*) from orders")[0][0] > before + 3 * killed:
            os.kill(shop.children("gunicorn")[1], signal.SIGKILL)
            killed += 1
            time.sleep(0.5)
        time.sleep(0.02)
    said, complained = run.communicate(timeout=120)
    assert (run.returncode, killed) == (0, 2), complained
    # The shelf has one T5 left: 1007 gets nothing now, 1008 goes without it once more.
    again = computed(PRODUCTS.replace("5.00,3", "5.00,1"), *november)
    assert again["orders"] == 10 and again["refused"] == RIGHT["refused"] | {"too_few": 2}
    assert json.loads(said.splitlines()[-1]) == again
    assert rows(shop, "select count(*) from orders") == [(before + 10,)]
    assert rows(shop, "select count(*) from members") == [(6,)]
    undone = "select count(*) from deliveries where done_at is null and due_at <= (select max(at) from order_moves)"
    assert rows(shop, undone) == [(0,)]
    assert rows(shop, "select sum(on_hand) from stock_levels")[0][0] == stock[0][0]
    summed = "select sum(l.quantity - l.refund_qty) from order_lines l join orders o on o.id = l.order_id"
    assert rows(shop, summed) == rows(shop, "select sum(reserved) from stock_levels")
