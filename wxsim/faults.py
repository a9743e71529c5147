"""Named faults: which are armed, how often each still strikes, and on what."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wxsim.books import Books
from wxsim.catalogue import CATALOGUE, FILTERS


class UnknownFault(Exception):
    """No fault of that name, or an option that it does not have."""


@dataclass
class Armed:
    """A fault waiting to strike `times` more times (None: until cleared) where its filters fit."""

    number: int
    name: str
    times: int | None
    options: Mapping[str, Any]

    def fits(self, circumstances: Mapping[str, Any]) -> bool:
        """Whether every filter among the options equals what is happening."""
        return all(circumstances.get(key) == value for key, value in self.options.items() if key in FILTERS)

    def shown(self) -> dict[str, Any]:
        """For the control API."""
        return {"id": self.number, "name": self.name, "times": self.times, **self.options}


class Faults:
    """The armed faults, kept in the books so that a restart keeps them; the books' lock guards the list too."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._armed = [
            Armed(row["id"], row["name"], row["times"], json.loads(row["options"]))
            for row in books.rows("SELECT * FROM faults ORDER BY id")
        ]

    def arm(self, name: str, times: int | None, options: Mapping[str, Any]) -> Armed:
        """Arms one; raises UnknownFault for a name or option outside the catalogue."""
        kind = CATALOGUE.get(name)
        if kind is None:
            raise UnknownFault(f"no fault is called {name}")
        strange = set(options) - set(kind.options) - FILTERS
        if strange:
            raise UnknownFault(f"{name} has no option {', '.join(sorted(strange))}")
        if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
            raise UnknownFault("times must be a whole number from 1, or null for always")
        with self._books.writing() as tx:
            values = (name, times, json.dumps(options))
            number = tx.execute("INSERT INTO faults (name, times, options) VALUES (?, ?, ?)", values).lastrowid
            armed = Armed(number or 0, name, times, dict(options))
            self._armed.append(armed)
        return armed

    def clear(self, name: str | None = None) -> None:
        """Disarms all, or all of one name."""
        with self._books.writing() as tx:
            tx.execute("DELETE FROM faults WHERE ? IS NULL OR name = ?", (name, name))
            self._armed = [fault for fault in self._armed if name is not None and fault.name != name]

    def armed(self) -> list[dict[str, Any]]:
        """Those still armed, oldest first."""
        with self._books.writing():
            return [fault.shown() for fault in self._armed]

    def strike(self, name: str, circumstances: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """The options of the oldest armed fault of this name that fits, counted down; None when nothing strikes."""
        if not self._armed:
            return None
        with self._books.writing() as tx:
            for fault in self._armed:
                if fault.name == name and fault.fits(circumstances or {}):
                    self._count_down(tx, fault)
                    return dict(fault.options)
        return None

    def _count_down(self, tx: sqlite3.Connection, fault: Armed) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times == 0:
            self._armed.remove(fault)
            tx.execute("DELETE FROM faults WHERE id = ?", (fault.number,))
        else:
            tx.execute("UPDATE faults SET times = ? WHERE id = ?", (fault.times, fault.number))
