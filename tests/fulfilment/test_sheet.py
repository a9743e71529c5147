"""Sheets of what has left, as warehouses make them: encodings, full width, doubled lines, nonsense."""

import io
from collections.abc import Iterable

import pytest

from backend.fulfilment.sheet import MOST_ROWS, Problem, Shipment, lines_of, read_shipments
from backend.infra.sheets import Sheet
from backend.kernel.errors import Refused

HEAD = "订单号,快递公司,快递单号"
A, B = "ABCDEFGH2345", "ABCDEFGH2346"


def read(*rows: str, head: str = HEAD, encoding: str = "utf-8") -> tuple[list[Shipment], list[Problem]]:
    content = "\r\n".join([head, *rows]).encode(encoding)
    with Sheet(io.BytesIO(content)) as sheet:
        return read_shipments(iter(sheet))


def codes(problems: Iterable[Problem]) -> list[tuple[int, str]]:
    return [(each.line, each.refused.code) for each in problems]


def test_one_parcel_a_line() -> None:
    found, problems = read(f"{A},顺丰,SF1234567", f"{B},中通快递,75000001")
    assert found == [Shipment((2,), A, "SF", "SF1234567"), Shipment((3,), B, "ZTO", "75000001")] and problems == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_encodings(encoding: str) -> None:
    assert read(f"{A},韵达,YD1234567", encoding=encoding)[0] == [Shipment((2,), A, "YD", "YD1234567")]


def test_full_width_spaces_apostrophes_and_marks() -> None:
    found, problems = read("ａｂｃｄｅｆｇｈ２３４５ , 顺 丰 ,'ＳＦ１２３ ４５６７\u200b")
    assert found == [Shipment((2,), A, "SF", "SF1234567")] and problems == []


def test_a_doubled_line_is_one_parcel() -> None:
    found, problems = read(*[f"{A},SF,SF1234567"] * 3)
    assert found == [Shipment((2, 3, 4), A, "SF", "SF1234567")] and lines_of(found, problems) == 3


def test_lines_of_one_parcel_are_joined() -> None:
    found, problems = read(f"{A},SF,SF1234567,A1,2", f"{A},SF,SF1234567,B1,", f"{A},SF,SF1234567,A1,2",
                           head=f"{HEAD},商品编码,数量")
    assert problems == []
    assert found == [Shipment((2, 3, 4), A, "SF", "SF1234567", (("A1", 2), ("B1", 0)))]


@pytest.mark.parametrize(("row", "code"), [
    (",SF,SF1234567", "batch_order_number"), ("订单,SF,SF1234567", "batch_order_number"),
    (f"{A},飞鸽,SF1234567", "courier_unknown"),
    (f"{A},SF,", "tracking_number"), (f"{A},SF,7.53312E+11", "batch_scientific"), (f"{A},SF,#N/A", "tracking_number"),
    (f"{A},SF,SF1234567,,2", "batch_quantity"), (f"{A},SF,SF1234567,A1,0", "batch_quantity"),
    (f"{A},SF,SF1234567,A1,一", "batch_quantity"), (f"{A},SF,SF1234567,A1,1.5", "batch_quantity"),
    (f"{A},SF,SF1234567,A1,-1", "batch_quantity"), (f"{A}", "courier_unknown"),
])
def test_bad_lines_are_named_and_stop_no_other(row: str, code: str) -> None:
    found, problems = read(row, f"{B},SF,SF7654321", head=f"{HEAD},商品编码,数量")
    assert codes(problems) == [(2, code)] and [each.order_number for each in found] == [B]


@pytest.mark.parametrize(("second", "code"), [
    (f"{A},ZTO,SF1234567,A1,2", "batch_two_couriers"), (f"{A},SF,SF1234567,,", "batch_whole_and_part"),
    (f"{A},SF,SF1234567,A1,3", "batch_sku_twice")])
def test_lines_that_contradict_each_other(second: str, code: str) -> None:
    assert codes(read(f"{A},SF,SF1234567,A1,2", second, head=f"{HEAD},商品编码,数量")[1]) == [(3, code)]


@pytest.mark.parametrize(("head", "rows", "code"), [
    ("订单号,单号", [f"{A},1"], "batch_columns"), (HEAD, [], "batch_empty"), ("", [], "batch_empty"),
    (HEAD, [f"{A},SF,SF1234567"] * (MOST_ROWS + 1), "batch_too_long"),
])
def test_useless_sheets_are_refused(head: str, rows: list[str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        read(*rows, head=head)
    assert refused.value.code == code


def test_5_000_lines_are_read() -> None:
    found, problems = read(*[f"ABCDEFGH{number:04},SF,SF{number:08}" for number in range(MOST_ROWS)])
    assert (len(found), problems) == (MOST_ROWS, [])
