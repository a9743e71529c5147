"""Imports in the database: what was sent, how far it is, what is wrong with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.imports.models import Import, ImportFault
from backend.imports.refusals import TOO_MANY_IMPORTS
from backend.imports.rules import SEATS
from backend.imports.states import IMPORT, OPEN_STATES, RECEIVED
from backend.infra.uow import Reading, Transaction
from backend.kernel.errors import NOT_FOUND, Refused

IMPORTS, FAULTS = Import.__table__, ImportFault.__table__

_TAKE_SEAT = {"sqlite": sqlite_insert(IMPORTS).on_conflict_do_nothing(),
              "postgresql": postgresql_insert(IMPORTS).on_conflict_do_nothing()}
_ONE = select(IMPORTS).where(IMPORTS.c.id == bindparam("import_id"))
_BAD_LINES = select(FAULTS.c.line).where(FAULTS.c.import_id == bindparam("import_id"), FAULTS.c.line > 0).distinct()


def insert_import(tx: Transaction, values: dict[str, Any]) -> None:
    """Write a sheet down on a free seat of its sender (guarded); refuses (`too_many_imports`) when all are taken."""
    for seat in range(1, SEATS + 1):
        row = values | {"seat": seat, "state": RECEIVED, "step": 0, "place": 0, "seen": 0, "bad": 0, "tally": {}}
        if tx.execute(_TAKE_SEAT[tx.dialect], row).rowcount == 1:
            return
    raise TOO_MANY_IMPORTS(limit=SEATS)


def find_import(rd: Reading, import_id: str) -> Row[Any] | None:
    """The import, or None."""
    return rd.execute(_ONE, {"import_id": import_id}).one_or_none()


def get_import(rd: Reading, import_id: str) -> Row[Any]:
    """The import; absent ones are not found."""
    found = find_import(rd, import_id)
    if found is None:
        raise NOT_FOUND()
    return found


def advance(tx: Transaction, before: Row[Any], to: str, **values: Any) -> bool:
    """Move an import on to its next slice, perhaps in another state (guarded by state and step); False when it was somebody
    else's turn. `before` is the row as it was read."""
    if to != before.state:
        IMPORT.check(before.state, to)
    moved = tx.execute(update(IMPORTS).where(
        IMPORTS.c.id == before.id, IMPORTS.c.state == before.state, IMPORTS.c.step == before.step,
        IMPORTS.c.place == before.place).values(state=to, step=before.step + 1, **values))
    return moved.rowcount == 1


def keep_place(tx: Transaction, before: Row[Any], **values: Any) -> Row[Any] | None:
    """Move the place within a slice, in the transaction of its rows (guarded by state, step and the old place); returns the
    import as it is then, or None when it was somebody else's turn."""
    moved = tx.execute(update(IMPORTS).where(
        IMPORTS.c.id == before.id, IMPORTS.c.state == before.state, IMPORTS.c.step == before.step,
        IMPORTS.c.place == before.place).values(**values))
    return get_import(tx, before.id) if moved.rowcount == 1 else None


def cancel(tx: Transaction, import_id: str) -> bool:
    """Cancel an open import (guarded); False when it has ended."""
    cancelled = tx.execute(update(IMPORTS).where(IMPORTS.c.id == import_id, IMPORTS.c.state.in_(OPEN_STATES)).values(
        state="cancelled", ended_at=tx.now))
    return cancelled.rowcount == 1


def forget_files(tx: Transaction, import_id: str) -> None:
    """Note that the files of an ended import are gone."""
    tx.execute(update(IMPORTS).where(IMPORTS.c.id == import_id, IMPORTS.c.state.not_in(OPEN_STATES)).values(work_key=None))


def keys_in_use(rd: Reading, since: datetime) -> set[str]:
    """Keys of all files of imports that are open, or ended since then."""
    rows = rd.execute(select(IMPORTS.c.file_key, IMPORTS.c.work_key, IMPORTS.c.columns).where(
        IMPORTS.c.state.in_(OPEN_STATES) | (IMPORTS.c.ended_at >= since)))
    return {key for row in rows for key in (row.file_key, row.work_key, (row.columns or {}).get("text"),
                                            *(row.columns or {}).get("gone", ())) if key}


def insert_faults(tx: Transaction, import_id: str, faults: Sequence[tuple[int, Refused]], first: Mapping[int, int]) -> None:
    """Write faults of lines, numbered within a line from `first[line]` (0)."""
    numbers, rows = dict(first), []
    for line, refused in faults:
        number = numbers.get(line, 0)
        numbers[line] = number + 1
        rows.append({"import_id": import_id, "line": line, "number": number, "code": refused.code,
                     "zh": refused.sentence("zh")[:300], "en": refused.sentence("en")[:300]})
    if rows:
        tx.execute(insert(FAULTS), rows)


def bad_lines(rd: Reading, import_id: str) -> set[int]:
    """The lines that cannot be taken."""
    return set(rd.execute(_BAD_LINES, {"import_id": import_id}).scalars())
