"""Products from the lines of a sheet: columns by their names, every fault by its line."""

import pytest

from backend.catalog.rules import ImportedProduct
from backend.catalog.sheet import Problem, Row, read_header, read_rows
from backend.kernel.errors import Refused


def read(*lines):
    numbered = iter(list(enumerate(lines, 1)))
    return list(read_rows(numbered, read_header(numbered)))


def faults(*lines):
    return [(each.line, each.refused.code) for each in read(*lines) if isinstance(each, Problem)]


HEADER = ["sku", "title", "category", "price"]


def test_columns_by_name_in_any_order():
    assert read(
        ["库存", "备注", " 价格".strip(), "Category", "TITLE", "商品编码"],
        ["7", "x", "12.50", "水果", "苹果", "A1"],
        ["", "", "¥3", "水果", "梨", "B1"],
    ) == [
        Row(2, ImportedProduct("A1", "苹果", "水果", 1250, 7)),
        Row(3, ImportedProduct("B1", "梨", "水果", 300, None)),
    ]
    assert read_header(iter([(1, ["lines", "sku", "title", "category", "price", ""])])).ignored == ("lines",)


@pytest.mark.parametrize(
    ("header", "code", "details"),
    [
        ([], "sheet_empty", {}),
        (["a", "b"], "sheet_columns", {"missing": "sku, title, category, price"}),
        (["sku", "title", "price"], "sheet_columns", {"missing": "category"}),
        ([*HEADER, "编码"], "sheet_column_twice", {"column": "编码"}),
    ],
)
def test_a_useless_header_is_refused(header, code, details):
    with pytest.raises(Refused) as refused:
        read_header(iter([(1, header)] if header else []))
    assert (refused.value.code, refused.value.details) == (code, details)


def test_all_faults_of_all_lines_are_named():
    assert faults(
        HEADER,
        [" ", "", "", ""],
        ["A1", "苹果", "水果", "1"],
        ["A1", "苹果", "水果", "1"],
        ["B1", "x" * 129, "水果", "0"],
        ["C1", "a", "b", "1", "spill"],
        ["D1", "a", "b", "1", ""],
        ["E1", "#N/A", "b", "1"],
        ["F1"],
    ) == [
        (2, "sku_code"),
        (2, "title"),
        (2, "category_name"),
        (2, "yuan"),
        (4, "sku_code_twice"),
        (5, "title"),
        (5, "price"),
        (6, "too_many_cells"),
        (8, "cell_formula"),
        (9, "title"),
        (9, "category_name"),
        (9, "yuan"),
    ]
    [problem] = [each for each in read(HEADER, ["A1", "苹果", "水果", "1"], ["A1", "梨", "水果", "2"]) if isinstance(each, Problem)]
    assert problem.refused.details == {"sku_code": "A1", "first_line": 2}


@pytest.mark.parametrize(
    ("price", "fen"), [("0.85", 85), ("12", 1200), ("￥12.50", 1250), ("0.01", 1), ("10000000", 10**9), (".5", 50)]
)
def test_prices_in_yuan(price, fen):
    assert read(HEADER, ["A", "a", "b", price])[0].product.price_fen == fen


@pytest.mark.parametrize(
    ("price", "code"),
    [
        ("", "yuan"),
        ("x", "yuan"),
        ("1,234.5", "yuan"),
        ("0.855", "yuan"),
        ("1e3", "yuan"),
        ("１２", "yuan"),
        ("nan", "yuan"),
        ("9" * 5000, "yuan"),
        ("0", "price"),
        ("0.00", "price"),
        ("-1", "price"),
        ("10000000.01", "price"),
        ("True", "yuan"),
    ],
)
def test_prices_that_make_no_sense(price, code):
    assert faults(HEADER, ["A", "a", "b", price]) == [(2, code)]


@pytest.mark.parametrize(
    ("stock", "good"),
    [
        ("0", True),
        ("1000000000", True),
        ("", True),
        ("-1", False),
        ("1.5", False),
        ("1000000001", False),
        ("９", False),
        ("9" * 5000, False),
        ("x", False),
    ],
)
def test_stock(stock, good):
    assert faults([*HEADER, "stock"], ["A", "a", "b", "1", stock]) == ([] if good else [(2, "stock_cell")])
