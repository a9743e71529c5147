"""Reads what a warehouse's sheet says has left, line by line: order number, courier, tracking number, and what of it; pure."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from backend.fulfilment.refusals import (
    BATCH_COLUMNS,
    BATCH_EMPTY,
    BATCH_ORDER_NUMBER,
    BATCH_QUANTITY,
    BATCH_SCIENTIFIC,
    BATCH_SKU_TWICE,
    BATCH_TOO_LONG,
    BATCH_TWO_COURIERS,
    BATCH_WHOLE_AND_PART,
)
from backend.fulfilment.rules import courier_code, tracking_number
from backend.infra.sheets import Line
from backend.kernel.errors import Refused

MOST_ROWS = 5000
NAMES = {
    "order": ("order", "order_number", "订单号", "订单编号", "订单"),
    "courier": ("courier", "express_company", "快递公司", "物流公司", "快递", "承运商"),
    "number": ("tracking_number", "tracking_no", "快递单号", "物流单号", "运单号", "单号"),
    "sku": ("sku", "sku_code", "商品编码", "规格编码", "货号", "编码"),
    "quantity": ("quantity", "数量", "发货数量", "件数"),
}
"""Each column by the names it may have; the first three must be there."""
NEEDED = ("order", "courier", "number")


@dataclass(frozen=True, slots=True)
class Shipment:
    """A parcel as a sheet tells of it: `lines` of the file, and `items` [(SKU code, quantity)], empty for all that is left."""

    lines: tuple[int, ...]
    order_number: str
    courier: str
    number: str
    items: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line cannot be taken."""

    line: int
    refused: Refused


@dataclass(slots=True)
class _Parcel:
    courier: str
    lines: list[int] = field(default_factory=list)
    items: dict[str, int] = field(default_factory=dict)
    whole: bool = False


def read_shipments(lines: Iterator[Line]) -> tuple[list[Shipment], list[Problem]]:
    """The parcels of a sheet and the lines that cannot be taken. Lines of one order and number are one parcel; the same line
    again changes nothing.

    Refuses a sheet without the needed columns (`batch_columns`), an empty one (`batch_empty`) and one of more than 5,000
    rows (`batch_too_long`).
    """
    places = _header(lines)
    parcels: dict[tuple[str, str], _Parcel] = {}
    problems: list[Problem] = []
    count = 0
    for line, cells in lines:
        count += 1
        if count > MOST_ROWS:
            raise BATCH_TOO_LONG(limit=MOST_ROWS)
        try:
            _take(parcels, line, {name: cells[at] if at < len(cells) else "" for name, at in places.items()})
        except Refused as refused:
            problems.append(Problem(line, refused))
    if not count:
        raise BATCH_EMPTY()
    found = [Shipment(tuple(each.lines), order, each.courier, number, tuple(each.items.items()))
             for (order, number), each in parcels.items()]
    return found, problems


def _header(lines: Iterator[Line]) -> dict[str, int]:
    _, header = next(lines, (0, list[str]()))
    known = {alias: name for name, aliases in NAMES.items() for alias in aliases}
    places: dict[str, int] = {}
    for at, title in enumerate(header):
        name = known.get(_plain(title).casefold())
        if name is not None:
            places.setdefault(name, at)
    if any(name not in places for name in NEEDED):
        raise (BATCH_COLUMNS if header else BATCH_EMPTY)()
    return places


def _take(parcels: dict[tuple[str, str], _Parcel], line: int, given: dict[str, str]) -> None:
    order = _plain(given["order"]).upper().replace(" ", "")
    if not (6 <= len(order) <= 16 and order.isalnum() and order.isascii()):
        raise BATCH_ORDER_NUMBER()
    courier = courier_code(given["courier"])
    number = _number(given["number"])
    sku, quantity = _plain(given.get("sku", "")), _quantity(given.get("quantity", ""))
    if quantity is not None and not sku:
        raise BATCH_QUANTITY()
    parcel = parcels.get((order, number))
    if parcel is None:
        parcel = _Parcel(courier)
    elif parcel.courier != courier:
        raise BATCH_TWO_COURIERS(number=number)
    elif bool(sku) == parcel.whole:
        raise BATCH_WHOLE_AND_PART(number=number)
    elif sku in parcel.items and parcel.items[sku] != (quantity or 0):
        raise BATCH_SKU_TWICE(sku_code=sku)
    if sku:
        parcel.items[sku] = quantity or 0
    else:
        parcel.whole = True
    parcel.lines.append(line)
    parcels[order, number] = parcel


def _number(cell: str) -> str:
    text = _plain(cell)
    if "E+" in text.upper():
        raise BATCH_SCIENTIFIC()
    return tracking_number(text)


def _quantity(cell: str) -> int | None:
    """A whole number from 1, None for an empty cell: then all that is left of the SKU."""
    text = _plain(cell)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 999_999):
        raise BATCH_QUANTITY()
    return int(text)


def _plain(cell: str) -> str:
    """A cell in half width, without what cannot be seen and without the apostrophe that makes text of numbers."""
    text = unicodedata.normalize("NFKC", cell)
    return "".join(letter for letter in text if not unicodedata.category(letter).startswith("C")).strip().lstrip("'").strip()


def shipment_of(values: object) -> Shipment | None:
    """A parcel from [lines, order number, courier, number, [[SKU code, quantity], …]], as a page carries it between two
    requests; None for what is none."""
    try:
        lines, order, courier, number, items = values  # type: ignore[misc]
        return Shipment(tuple(int(line) for line in lines), _plain(str(order))[:16].upper(), courier_code(str(courier)),
                        tracking_number(str(number)), tuple((str(code)[:64], int(quantity)) for code, quantity in items))
    except (Refused, ValueError, TypeError):
        return None


def lines_of(shipments: Sequence[Shipment], problems: Sequence[Problem]) -> int:
    """How many lines of the file were read."""
    return sum(len(each.lines) for each in shipments) + len(problems)
