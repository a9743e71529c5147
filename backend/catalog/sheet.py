"""Reads what a sheet says of goods, line by line: products, new prices, counted stock; every fault with its line."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backend.catalog import rules
from backend.catalog.refusals import (
    CELL_FORMULA,
    QUANTITY_CELL,
    SHEET_COLUMN_TWICE,
    SHEET_COLUMNS,
    SHEET_EMPTY,
    SKU_CODE_TWICE,
    STOCK_CELL,
    TOO_MANY_CELLS,
    YUAN,
)
from backend.catalog.rules import ImportedProduct
from backend.infra.sheets import FORMULA_ERRORS, Line
from backend.kernel.errors import Refused
from backend.kernel.money import parse_yuan

MAX_STOCK = 10**9
NAMES = {
    "sku": ("sku", "商品编码", "编码", "货号"),
    "title": ("title", "名称", "商品名称", "标题"),
    "category": ("category", "分类", "类目"),
    "price": ("price", "价格", "售价", "新价格", "新售价"),
    "market_price": ("market_price", "划线价", "市场价"),
    "stock": ("stock", "库存"),
    "quantity": ("quantity", "数量", "盘点数量", "实盘数量", "库存", "stock"),
}
"""Each column by the names it may have; the second is what Chinese sentences call it. A unit in brackets may follow a name."""

_UNIT = re.compile(r"\s*[（(][^（）()]{0,8}[)）]$")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－＋￥", "0123456789.-+¥")
"""What an input method for Chinese writes where numbers are meant."""

Readers = Mapping[str, tuple[str, Callable[[str], Any]]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of sheet has: columns that it must and may have, and what is read from which one. Its `code` is once."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]
    readers: Readers


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line cannot be taken; a line may have several."""

    line: int
    refused: Refused


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a product that can be taken."""

    line: int
    product: ImportedProduct


@dataclass(frozen=True, slots=True)
class Cells:
    """A line that can be taken: its `values` by the names of the shape's readers."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns stand, and which ones mean nothing to us."""

    places: dict[str, int]
    width: int
    ignored: tuple[str, ...]


def read_header(lines: Iterator[Line], shape: "Shape | None" = None) -> Columns:
    """Take the header off the lines (of products, if no shape is given).

    Refuses (`sheet_empty`, `sheet_columns`, `sheet_column_twice`) a useless one.
    """
    shape = shape or PRODUCTS
    known = {alias: name for name in (*shape.needed, *shape.optional) for alias in NAMES[name]}
    _, header = next(lines, (0, []))
    if not header:
        raise SHEET_EMPTY()
    places: dict[str, int] = {}
    ignored = []
    for place, title in enumerate(header):
        name = known.get(_UNIT.sub("", title).casefold())
        if name is None:
            ignored += [title] if title else []
        elif name in places:
            raise SHEET_COLUMN_TWICE(column=title)
        else:
            places[name] = place
    if missing := [name for name in shape.needed if name not in places]:
        raise SHEET_COLUMNS(
            missing=", ".join(missing), needed=", ".join(shape.needed), missing_zh="、".join(NAMES[name][1] for name in missing),
            needed_zh="、".join(NAMES[name][1] for name in shape.needed))
    return Columns(places, len(header), tuple(ignored))


def read_rows(lines: Iterable[Line], columns: Columns) -> Iterator[Row | Problem]:
    """A Row for each good line of products, one or more Problems for a bad one."""
    for each in read_cells(lines, columns, PRODUCTS):
        yield each if isinstance(each, Problem) else Row(each.line, ImportedProduct(**each.values))


def read_cells(lines: Iterable[Line], columns: Columns, shape: Shape) -> Iterator[Cells | Problem]:
    """Cells for each good line, one or more Problems for a bad one; a SKU code that stood above is a Problem."""
    first_lines: dict[str, int] = {}
    for line, cells in lines:
        faults: list[Refused] = []
        values = read_line(cells, columns, shape.readers, faults)
        if values is not None and (first := first_lines.setdefault(values["code"], line)) != line:
            faults.append(SKU_CODE_TWICE(sku_code=values["code"], first_line=first))
        if values is None or faults:
            yield from (Problem(line, refused) for refused in faults)
        else:
            yield Cells(line, values)


def read_line(cells: list[str], columns: Columns, readers: Readers, faults: list[Refused]) -> dict[str, Any] | None:
    """The values of a line, or None with all its faults added to `faults`. Whether its code stood above is not looked at."""
    if any(cells[columns.width :]):
        faults.append(TOO_MANY_CELLS(columns=columns.width))
        return None
    given = {name: cells[place] for name, place in columns.places.items() if place < len(cells)}
    values: dict[str, Any] = {}
    for name, (column, read) in readers.items():
        try:
            values[name] = read(_no_formula_error(given.get(column, "")))
        except Refused as refused:
            faults.append(refused)
    return None if faults else values


def _no_formula_error(cell: str) -> str:
    if cell in FORMULA_ERRORS:
        raise CELL_FORMULA(given=cell)
    return cell


def _digits(cell: str) -> str:
    """The cell with full-width digits and signs as ASCII ones."""
    return cell.translate(_FULL_WIDTH)


def _price(cell: str) -> int:
    """Fen of a price in yuan, with or without ¥ before it."""
    try:
        price_fen = parse_yuan(_digits(cell).removeprefix("¥"))
    except ValueError as error:
        raise YUAN(given=cell[:32]) from error
    rules.check_prices(price_fen)
    return price_fen


def _market_price(cell: str) -> int | None:
    """Fen of a crossed-out price; an empty cell means: as it is."""
    return _price(cell) if cell else None


def _stock(cell: str) -> int | None:
    """Whole pieces; an empty cell means the default."""
    if not cell:
        return None
    given, cell = cell, _digits(cell)
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 10 and int(cell) <= MAX_STOCK):
        raise STOCK_CELL(given=given[:32], limit=MAX_STOCK)
    return int(cell)


def _quantity(cell: str) -> int:
    """Whole pieces, perhaps with a sign."""
    given, cell = cell, _digits(cell)
    digits = cell.removeprefix("-") if cell.startswith("-") else cell.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise QUANTITY_CELL(given=given[:32])
    return -int(digits) if cell.startswith("-") else int(digits)


PRODUCTS = Shape(
    ("sku", "title", "category", "price"),
    ("stock",),
    {
        "code": ("sku", rules.check_code),
        "title": ("title", rules.check_title),
        "category": ("category", rules.check_name),
        "price_fen": ("price", _price),
        "stock": ("stock", _stock),
    },
)
PRICES = Shape(
    ("sku", "price"),
    ("market_price",),
    {
        "code": ("sku", rules.check_code),
        "price_fen": ("price", _price),
        "market_price_fen": ("market_price", _market_price),
    },
)
COUNTS = Shape(("sku", "quantity"), (), {"code": ("sku", rules.check_code), "quantity": ("quantity", _quantity)})
