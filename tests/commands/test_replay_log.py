"""The order log is read as written, put in the order of time, and refused in one sentence where it makes no sense."""

import gzip
from datetime import datetime
from pathlib import Path

import pytest

from backend.commands._folder import Refused
from backend.commands._replay_log import moments, read_orders, read_returns

HEADER = "order,customer,placed_at,sku,qty,unit_price\n"


def orders(folder: Path, text: str) -> Path:
    path = folder / "orders.csv"
    path.write_text(HEADER + text)
    return path


def test_rows_of_one_order_stay_together_at_the_time_of_the_first(tmp_path: Path) -> None:
    read = read_orders(orders(tmp_path, "7,c,2011-11-01 08:26:00,A,2,1\n8,d,2011-11-01 08:20:00,B,1,1\n"
                                        "7,c,2011-11-01 08:27:00,A,3,9.99\n"))
    assert [(each.number, each.customer, each.at, each.place, each.rows) for each in read] == [
        ("7", "c", datetime(2011, 11, 1, 8, 26), 0, [("A", 2), ("A", 3)]),
        ("8", "d", datetime(2011, 11, 1, 8, 20), 1, [("B", 1)])]


def test_moments_go_by_time_orders_before_returns_in_file_order(tmp_path: Path) -> None:
    placed = read_orders(orders(tmp_path, "2,c,2011-11-01 09:00:00,A,1,1\n1,d,2011-11-01 09:00:00,A,1,1\n"
                                          "0,d,2011-11-01 08:00:00,A,1,1\n"))
    path = tmp_path / "returns.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("qty,return,customer,returned_at,sku\n1,R1,c,2011-11-01T09:00:00,A\n1,R2,c,2011-11-01 07:00:00,A\n")
    found = moments(placed, read_returns(path))
    assert [(each.at.hour, [o.number for o in each.orders], [r.number for r in each.returns]) for each in found] == [
        (7, [], ["R2"]), (8, ["0"], []), (9, ["2", "1"], ["R1"])]


@pytest.mark.parametrize(("row", "says"), [
    ("7,c,2011-11-01 08:00:00,A,0,1", "line 2: '0' is not a number of pieces."),
    ("7,c,2011-11-01 08:00:00,A,-1,1", "line 2: '-1' is not a number of pieces."),
    ("7,c,2011-11-01 08:00:00,A,1.5,1", "line 2: '1.5' is not a number of pieces."),
    ("7,c,2011-11-01 08:00:00,A,²,1", "line 2: '²' is not a number of pieces."),
    ("7,c,yesterday,A,1,1", "line 2: Invalid isoformat string: 'yesterday'."),
    ("7,c,2011-11-01 08:00:00+01:00,A,1,1", "line 2: times are the shop's local times, without a zone."),
    ("7,c,2011-11-01 08:00:00,,1,1", "line 2: '' is no number, customer or SKU."),
    (",c,2011-11-01 08:00:00,A,1,1", "line 2: '' is no number, customer or SKU."),
    ("7,c", "line 2: cells are missing."),
    ("7,c,2011-11-01 08:00:00,A,1,1\n7,d,2011-11-01 08:00:00,A,1,1", "line 3: 7 belongs to customer c, not to d."),
])
def test_what_nobody_can_mean_ends_it_with_one_sentence(tmp_path: Path, row: str, says: str) -> None:
    path = orders(tmp_path, row + "\n")
    with pytest.raises(Refused) as raised:
        read_orders(path)
    assert str(raised.value) == f"{path}, {says}"


def test_a_missing_column_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    with pytest.raises(Refused, match="orders.csv cannot be read: No such file or directory."):
        read_orders(path)
    path.write_text("order,customer,sku\n")
    with pytest.raises(Refused, match="the first line lacks the columns placed_at, qty."):
        read_orders(path)
    path.write_bytes(b"\x1f\x8b not gzip at all")
    with pytest.raises(Refused, match="sheet_not_readable"):
        read_orders(path)
