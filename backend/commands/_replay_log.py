"""Reads a shop's order log and its returns (CSV or xlsx, gzipped or not) and puts them in the order of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from backend.commands._folder import Refused as CommandRefused
from backend.infra.sheets import Sheet
from backend.kernel.errors import Refused

ORDER_COLUMNS = ("order", "customer", "placed_at", "sku", "qty")
RETURN_COLUMNS = ("return", "customer", "returned_at", "sku", "qty")
LONGEST = 64
"""Characters of an order number, a customer or a SKU."""

Rows = list[tuple[str, int]]
"""[(SKU code, pieces)], one a row of the file."""


@dataclass(slots=True)
class Entry:
    """An order or a return: its rows, and the time at which its first row was written (the log's local time)."""

    number: str
    customer: str
    at: datetime
    place: int
    """Its place in the file, from 0."""
    rows: Rows = field(default_factory=list)


@dataclass(slots=True)
class Moment:
    """What happened at one time: orders first, then returns, each in file order."""

    at: datetime
    orders: list[Entry] = field(default_factory=list)
    returns: list[Entry] = field(default_factory=list)


def read_orders(path: Path) -> list[Entry]:
    """The orders of a log with the columns order, customer, placed_at, sku, qty (others are not used)."""
    return _read(path, ORDER_COLUMNS)


def read_returns(path: Path) -> list[Entry]:
    """The returns of a file with the columns return, customer, returned_at, sku, qty (others are not used)."""
    return _read(path, RETURN_COLUMNS)


def moments(orders: Iterable[Entry], returns: Iterable[Entry]) -> list[Moment]:
    """All of it by time; what has the same time stands in one moment."""
    found: dict[datetime, Moment] = {}
    for order in orders:
        found.setdefault(order.at, Moment(order.at)).orders.append(order)
    for each in returns:
        found.setdefault(each.at, Moment(each.at)).returns.append(each)
    return [found[at] for at in sorted(found)]


def _read(path: Path, columns: Sequence[str]) -> list[Entry]:
    """The entries in file order; ends the command with one sentence at the first row that cannot be meant."""
    entries: dict[str, Entry] = {}
    try:
        with path.open("rb") as file, Sheet(file) as sheet:
            lines = iter(sheet)
            _, header = next(lines, (0, []))
            missing = [name for name in columns if name not in header]
            if missing:
                raise CommandRefused(f"{path}: the first line lacks the columns {', '.join(missing)}.")
            places = [header.index(name) for name in columns]
            for line, cells in lines:
                try:
                    _add(entries, [cells[place] for place in places])
                except (ValueError, IndexError) as fault:
                    raise CommandRefused(f"{path}, line {line}: {_words(fault)}.") from None
    except OSError as error:
        raise CommandRefused(f"{path} cannot be read: {error.strerror}.") from None
    except Refused as refused:
        raise CommandRefused(f"{path}: {refused.sentence('en')} ({refused.code})") from None
    return list(entries.values())


def _add(entries: dict[str, Entry], cells: Sequence[str]) -> None:
    number, customer, written, sku, count = cells
    for name in (number, customer, sku):
        if not 1 <= len(name) <= LONGEST:
            raise ValueError(f"{name[:LONGEST]!r} is no number, customer or SKU")
    at = datetime.fromisoformat(written)
    if at.tzinfo is not None:
        raise ValueError("times are the shop's local times, without a zone")
    if not (count.isascii() and count.isdigit() and int(count) > 0):
        raise ValueError(f"{count[:LONGEST]!r} is not a number of pieces")
    entry = entries.setdefault(number, Entry(number, customer, at, len(entries)))
    if entry.customer != customer:
        raise ValueError(f"{number} belongs to customer {entry.customer}, not to {customer}")
    entry.rows.append((sku, int(count)))


def _words(fault: Exception) -> str:
    return "cells are missing" if isinstance(fault, IndexError) else str(fault)
