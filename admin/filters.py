"""Filters of lists: each names its fields in the address, narrows the query, and draws itself in the filter bar."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, false, literal
from sqlalchemy.orm import Query

from admin.words import Said, either, say
from backend.kernel.calendar import day_start
from backend.kernel.ids import first_id
from backend.kernel.money import parse_yuan

LONGEST = 100
"""No search or filter is longer."""


def clean(text: str) -> str:
    """What people typed without what no database can compare: NULs, other controls, lone surrogates."""
    kept = "".join(each for each in text if each >= " " and not "\ud800" <= each <= "\udfff" and each != "\x7f")
    return kept.strip()[:LONGEST]


class Filter:
    """One filter; `names` are its fields in the address, `kind` how the bar draws it."""

    kind = "text"

    def __init__(self, column: str, label: Said | str) -> None:
        self.column, self.label = column, label

    @property
    def names(self) -> Sequence[str]:
        return (self.column,)

    def apply(self, query: Query[Any], model: Any, given: Mapping[str, str]) -> Query[Any]:
        """The query, narrower when the filter is used and what it says makes sense."""
        text = given.get(self.column)
        return self.narrow(query, getattr(model, self.column), text) if text else query

    def narrow(self, query: Query[Any], column: Any, text: str) -> Query[Any]:
        """Rows whose column is exactly what this text says; none when it cannot be said of such a column."""
        known = of_kind(column, text)
        return query.filter(false() if known is None else column == self.bound(column, known))

    def bound(self, column: Any, value: Any) -> Any:
        """How the value stands in the statement. Those of a choice, which are ours, are written into it: PostgreSQL then plans for
        this value, and for a rare one takes the index that a plan for any value would not."""
        return literal(value, column.type)


class Equals(Filter):
    """Exactly this text."""


class StartsWith(Filter):
    """Text that begins so."""

    def narrow(self, query: Query[Any], column: Any, text: str) -> Query[Any]:
        return query.filter(column.startswith(text, autoescape=True))


class Contains(Filter):
    """Text that has this somewhere; only for small tables."""

    def narrow(self, query: Query[Any], column: Any, text: str) -> Query[Any]:
        return query.filter(column.icontains(text, autoescape=True))


class Choice(Filter):
    """One of some values: {"paid": say("已付款", "Paid")}, or a function that makes such a mapping (asked for each page)."""

    kind = "choice"

    def __init__(self, column: str, label: Said | str, choices: Mapping[str, Any] | Callable[[], Mapping[str, Any]]) -> None:
        super().__init__(column, label)
        self._choices = choices

    @property
    def choices(self) -> Mapping[str, Any]:
        """Value → words."""
        found = self._choices() if callable(self._choices) else self._choices
        return {name: either(words) if isinstance(words, tuple) else words for name, words in found.items()}

    def narrow(self, query: Query[Any], column: Any, text: str) -> Query[Any]:
        return super().narrow(query, column, text) if text in self.choices else query

    def bound(self, column: Any, value: Any) -> Any:
        return bindparam(None, value, column.type, literal_execute=True)


class YesNo(Filter):
    """A truth value."""

    kind = "choice"
    choices: Mapping[str, Any] = {"1": say("是", "Yes"), "0": say("否", "No")}

    def narrow(self, query: Query[Any], column: Any, text: str) -> Query[Any]:
        return query.filter(column.is_(text == "1")) if text in self.choices else query


class Days(Filter):
    """From one Chinese day to another, both included, of a time column."""

    kind = "days"

    @property
    def names(self) -> Sequence[str]:
        return (f"{self.column}_from", f"{self.column}_to")

    def apply(self, query: Query[Any], model: Any, given: Mapping[str, str]) -> Query[Any]:
        column = getattr(model, self.column)
        since, until = (_day(given.get(name, "")) for name in self.names)
        if since is not None:
            query = query.filter(column >= day_start(since))
        if until is not None:
            query = query.filter(column < day_start(until + timedelta(days=1)))
        return query


class PlacedDays(Days):
    """Days of a time that is also in the rows' ids (`prefix`), so that a list in the order of its ids reads no others."""

    def __init__(self, column: str, prefix: str, label: Said | str) -> None:
        super().__init__(column, label)
        self.prefix = prefix

    def apply(self, query: Query[Any], model: Any, given: Mapping[str, str]) -> Query[Any]:
        since, until = (_day(given.get(name, "")) for name in self.names)
        if since is not None:
            query = query.filter(model.id >= first_id(self.prefix, day_start(since - timedelta(days=1))))
        if until is not None:
            query = query.filter(model.id < first_id(self.prefix, day_start(until + timedelta(days=2))))
        return super().apply(query, model, given)


class CameDays(Days):
    """From one Chinese day to another of when rows came, by their ids (`prefix`): no index but the key is needed."""

    def __init__(self, prefix: str, label: Said | str) -> None:
        super().__init__("came", label)
        self.prefix = prefix

    def apply(self, query: Query[Any], model: Any, given: Mapping[str, str]) -> Query[Any]:
        since, until = (_day(given.get(name, "")) for name in self.names)
        if since is not None:
            query = query.filter(model.id >= first_id(self.prefix, day_start(since)))
        if until is not None:
            query = query.filter(model.id < first_id(self.prefix, day_start(until + timedelta(days=1))))
        return query


class Yuan(Filter):
    """From one amount to another, both included, of a column in fen."""

    kind = "yuan"

    @property
    def names(self) -> Sequence[str]:
        return (f"{self.column}_from", f"{self.column}_to")

    def apply(self, query: Query[Any], model: Any, given: Mapping[str, str]) -> Query[Any]:
        column = getattr(model, self.column)
        least, most = (_fen(given.get(name, "")) for name in self.names)
        if least is not None:
            query = query.filter(column >= least)
        if most is not None:
            query = query.filter(column <= most)
        return query


def of_kind(column: Any, text: str) -> Any:
    """What somebody typed as a value of the column's kind, as PostgreSQL compares nothing with text but text; None for nonsense."""
    kind = column.type.python_type
    if kind is bool:
        return {"1": True, "0": False}.get(text)
    if kind is int:
        fits = text.isascii() and text.removeprefix("-").isdigit() and -(2**63) <= int(text) < 2**63
        return int(text) if fits else None
    return _day(text) if kind is date else text if kind is str else None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None


def _fen(text: str) -> int | None:
    try:
        return parse_yuan(text)
    except ValueError:
        return None
