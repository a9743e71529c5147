"""Reads products from the lines of a sheet: which column is what, and every fault by its line."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from backend.catalog import rules
from backend.catalog.refusals import (
    CELL_FORMULA,
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
    "sku": ("sku", "编码", "商品编码", "货号"),
    "title": ("title", "名称", "商品名称", "标题"),
    "category": ("category", "分类", "类目"),
    "price": ("price", "价格", "售价"),
    "stock": ("stock", "库存"),
}
"""Each column by the names it may have; `stock` may be missing."""
NEEDED = ("sku", "title", "category", "price")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line cannot be taken; a line may have several."""

    line: int
    refused: Refused


@dataclass(frozen=True, slots=True)
class Row:
    """A line that can be taken."""

    line: int
    product: ImportedProduct


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns stand, and which ones mean nothing to us."""

    places: dict[str, int]
    width: int
    ignored: tuple[str, ...]


def read_header(lines: Iterator[Line]) -> Columns:
    """Take the header off the lines; refuses (`sheet_empty`, `sheet_columns`, `sheet_column_twice`) a useless one."""
    known = {alias: name for name, aliases in NAMES.items() for alias in aliases}
    _, header = next(lines, (0, []))
    if not header:
        raise SHEET_EMPTY()
    places: dict[str, int] = {}
    ignored = []
    for place, title in enumerate(header):
        name = known.get(title.casefold())
        if name is None:
            ignored += [title] if title else []
        elif name in places:
            raise SHEET_COLUMN_TWICE(column=title)
        else:
            places[name] = place
    if missing := [name for name in NEEDED if name not in places]:
        raise SHEET_COLUMNS(missing=", ".join(missing))
    return Columns(places, len(header), tuple(ignored))


def read_rows(lines: Iterable[Line], columns: Columns) -> Iterator[Row | Problem]:
    """A Row for each good line, one or more Problems for a bad one; a SKU code that stood above is a Problem."""
    first_lines: dict[str, int] = {}
    for line, cells in lines:
        faults: list[Refused] = []
        product = _read(cells, columns, faults)
        if product is not None and (first := first_lines.setdefault(product.code, line)) != line:
            faults.append(SKU_CODE_TWICE(sku_code=product.code, first_line=first))
        if product is None or faults:
            yield from (Problem(line, refused) for refused in faults)
        else:
            yield Row(line, product)


def _read(cells: list[str], columns: Columns, faults: list[Refused]) -> ImportedProduct | None:
    """The product of a line, or None with all its faults noted."""
    if any(cells[columns.width :]):
        faults.append(TOO_MANY_CELLS(columns=columns.width))
        return None
    given = {name: cells[place] for name, place in columns.places.items() if place < len(cells)}
    values: dict[str, Any] = {}
    for name, (column, read) in READERS.items():
        try:
            values[name] = read(_no_formula_error(given.get(column, "")))
        except Refused as refused:
            faults.append(refused)
    return None if faults else ImportedProduct(**values)


def _no_formula_error(cell: str) -> str:
    if cell in FORMULA_ERRORS:
        raise CELL_FORMULA(given=cell)
    return cell


def _price(cell: str) -> int:
    """Fen of a price in yuan, with or without ¥ before it."""
    try:
        price_fen = parse_yuan(cell.removeprefix("¥").removeprefix("￥"))
    except ValueError as error:
        raise YUAN(given=cell[:32]) from error
    rules.check_prices(price_fen)
    return price_fen


def _stock(cell: str) -> int | None:
    """Whole pieces; an empty cell means the default."""
    if not cell:
        return None
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 10 and int(cell) <= MAX_STOCK):
        raise STOCK_CELL(given=cell[:32], limit=MAX_STOCK)
    return int(cell)


READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "code": ("sku", rules.check_code),
    "title": ("title", rules.check_title),
    "category": ("category", rules.check_name),
    "price_fen": ("price", _price),
    "stock": ("stock", _stock),
}
