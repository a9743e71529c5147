"""Products from the lines of a sheet: columns by their names, every fault by its line."""

import pytest

from backend.catalog.rules import ImportedProduct
from backend.catalog.sheet import COUNTS, PRICES, Cells, Problem, Row, read_cells, read_header, read_rows
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


NEEDED = {"needed": "sku, title, category, price", "needed_zh": "商品编码、名称、分类、价格"}


@pytest.mark.parametrize("title", ["价格（元）", "价格(元)", "价格 （元）", "Price (yuan)", "PRICE"])
def test_a_unit_may_follow_the_name_of_a_column(title):
    assert read_header(iter([(1, ["商品编码", "名称", "分类", title])])).places["price"] == 3


@pytest.mark.parametrize(
    ("header", "code", "details"),
    [
        ([], "sheet_empty", {}),
        (["a", "b"], "sheet_columns", NEEDED | {"missing": NEEDED["needed"], "missing_zh": NEEDED["needed_zh"]}),
        (["sku", "title", "price"], "sheet_columns", {"missing": "category", "missing_zh": "分类"} | NEEDED),
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
        ("1²", "yuan"),
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
        ("²", False),
        ("9" * 5000, False),
        ("x", False),
    ],
)
def test_stock(stock, good):
    assert faults([*HEADER, "stock"], ["A", "a", "b", "1", stock]) == ([] if good else [(2, "stock_cell")])


def cells(text, shape):
    lines = iter([(number, line.split(",")) for number, line in enumerate(text.split("\n"), 1)])
    return list(read_cells(lines, read_header(lines, shape), shape))


def test_prices_with_and_without_a_market_price():
    read = cells("商品编码,划线价,新价格,备注\nA1,,12.5,x\nA2,￥20,¥19.90\nA1,,3\nA3,x,0", PRICES)
    assert read[:2] == [
        Cells(2, {"code": "A1", "price_fen": 1250, "market_price_fen": None}),
        Cells(3, {"code": "A2", "price_fen": 1990, "market_price_fen": 2000}),
    ]
    assert [(each.line, each.refused.code) for each in read[2:]] == [(4, "sku_code_twice"), (5, "price"), (5, "yuan")]


def test_counts_have_a_sign():
    read = cells("sku,库存\nA1,12\nA2,-3\nA3,+4\nA4,\nA5,1.5\nA6,--1\nA7,三\nA8,٣", COUNTS)
    assert read[:3] == [Cells(line, {"code": f"A{line - 1}", "quantity": count}) for line, count in ((2, 12), (3, -3), (4, 4))]
    assert [(each.line, each.refused.code) for each in read[3:]] == [(line, "quantity_cell") for line in range(5, 10)]


def test_a_sheet_of_the_wrong_kind_says_what_it_needs():
    with pytest.raises(Refused) as refused:
        cells("sku,title\nA1,x", COUNTS)
    assert refused.value.details == {
        "missing": "quantity", "missing_zh": "数量", "needed": "sku, quantity", "needed_zh": "商品编码、数量"}


def test_full_width_digits_are_digits():
    lines = iter([(1, ["sku", "title", "category", "price", "stock"]), (2, ["A", "t", "c", "￥１２．５0", "３０"])])
    columns = read_header(lines)
    [row] = read_rows(lines, columns)
    assert (row.product.price_fen, row.product.stock) == (1250, 30)
