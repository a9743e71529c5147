"""Pages of a list by place: a page begins behind the sort value and the key of the row before it, never after a count of rows.

So every page costs the same, however deep it lies, and rows that arrive meanwhile move nothing: no row is shown twice and none is
left out between two pages, also where many rows have the same sort value.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, literal, or_, tuple_

from backend.kernel.errors import BAD_CURSOR

LONGEST = 600
"""No cursor of ours has more characters."""
FARTHEST = 10**9


class _Cursor(msgspec.Struct, array_like=True, frozen=True):
    order: str
    page: int
    value: str | int | None
    key: str | int


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in an order: its sort value, its key, and the number of the page that it stood on."""

    value: Any
    key: Any
    page: int


@dataclass(frozen=True, slots=True)
class Turn:
    """Where somebody reads on: behind the place that a cursor names, or with `back` before it; at the beginning without one."""

    cursor: str = ""
    back: bool = False


FIRST = Turn()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page: its rows, its number as counted on the way, and cursors for `Turn(previous, back=True)` and `Turn(next)`."""

    rows: Sequence[Any] = field(default_factory=tuple)
    number: int = 1
    previous: str | None = None
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Sorting:
    """How a list is sorted: by `column`, and where that is equal by `key`, which no two rows share; both in one direction.

    `name` is what a row calls the column's value. Where `nullable`, rows without a value come last in either direction.
    """

    name: str
    column: Any
    key: Any
    desc: bool = False
    nullable: bool = False

    @classmethod
    def of(cls, column: Any, key: Any, desc: bool = False) -> "Sorting":
        """By a column of a table."""
        return cls(column.key, column, key, desc, bool(column.nullable))

    def narrow(self, statement: Any, place: Place | None = None, back: bool = False) -> Any:
        """The statement in this order, only what lies behind `place`; with `back` only what lies before it, nearest first."""
        desc = self.desc != back
        if place is not None:
            statement = statement.where(self._beyond(place, desc, back))
        if self.column is self.key:
            return statement.order_by(self.key.desc() if desc else self.key)
        column = self.column.desc() if desc else self.column.asc()
        if self.nullable:
            column = column.nulls_first() if back else column.nulls_last()
        return statement.order_by(column, self.key.desc() if desc else self.key)

    def _beyond(self, place: Place, desc: bool, back: bool) -> ColumnElement[bool]:
        key = literal(place.key, self.key.type)
        farther = self.key < key if desc else self.key > key
        if self.column is self.key:
            return farther
        empty = self.column.is_(None)
        if place.value is None:
            return or_(self.column.is_not(None), farther) if back else and_(empty, farther)
        here, there = tuple_(self.column, self.key), tuple_(literal(place.value, self.column.type), key)
        beyond: ColumnElement[bool] = here < there if desc else here > there
        return or_(beyond, empty) if self.nullable and not back else beyond

    def cursor(self, row: Any, page: int) -> str:
        """The place of a row on a page."""
        value, key = (_plain(getattr(row, each)) for each in (self.name, self.key.key))
        told = _Cursor(self._told, page, value, key)
        return base64.urlsafe_b64encode(msgspec.json.encode(told)).decode().rstrip("=")

    def place(self, cursor: str) -> Place:
        """The place that a cursor names; refuses (`bad_cursor`) what this order did not make."""
        try:
            if len(cursor) > LONGEST:
                raise BAD_CURSOR()
            told = msgspec.json.decode(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True), type=_Cursor)
            if told.order != self._told or not 1 <= told.page <= FARTHEST:
                raise BAD_CURSOR()
            value = None if told.value is None and self.nullable else _typed(told.value, self.column.type.python_type)
            return Place(value, _typed(told.key, self.key.type.python_type), told.page)
        except (ValueError, TypeError, OverflowError, binascii.Error, msgspec.DecodeError) as error:
            raise BAD_CURSOR() from error

    @property
    def _told(self) -> str:
        return f"-{self.name}" if self.desc else str(self.name)


def leaf(order: Sorting, turn: Turn, size: int, read: Callable[[Callable[[Any], Any]], Iterable[Any]]) -> Leaf:
    """The page that `turn` asks for, of at most `size` rows; refuses (`bad_cursor`) a strange cursor.

    `read` is given what narrows its statement to this page and answers the rows. A step back that reaches the beginning shows
    the first page whole, with what has arrived since.
    """
    place = order.place(turn.cursor) if turn.cursor else None
    back = turn.back and place is not None
    rows = list(read(lambda statement: order.narrow(statement, place, back).limit(size + 1)))
    more = len(rows) > size
    if back and not more:
        return leaf(order, FIRST, size, read)
    rows = rows[:size]
    number = 1
    if place is not None:
        number = max(2, place.page - 1) if back else place.page + 1
    if back:
        rows.reverse()
    previous = order.cursor(rows[0], number) if rows and place is not None else None
    return Leaf(rows, number, previous, order.cursor(rows[-1], number) if rows and (more or back) else None)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _typed(told: str | int | None, kind: type[Any]) -> Any:
    """A value of a cursor as its column's kind; ValueError when it is none, or none that a database can compare."""
    if issubclass(kind, date):
        moment = kind.fromisoformat(str(told))
        if issubclass(kind, datetime) and (moment.tzinfo is None or not 1 < moment.astimezone(UTC).year < 9999):
            raise ValueError("a time that cannot be")
        return moment
    if type(told) is not kind:
        raise ValueError("of another kind")
    if isinstance(told, int) and not -(2**63) <= told < 2**63 or isinstance(told, str) and "\0" in told:
        raise ValueError("nothing that can be compared")
    return told
