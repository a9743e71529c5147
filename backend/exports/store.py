"""Exports in the database: what was asked for, how far it is, which private files belong to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.exports.models import Export, ExportPart
from backend.exports.refusals import TOO_MANY_EXPORTS
from backend.exports.rules import SEATS, Asked
from backend.exports.states import ASKED, CANCELLED, DONE, EXPIRED, EXPORT, FAILED, OPEN_STATES, RUNNING
from backend.infra.uow import Reading, Transaction
from backend.kernel.errors import NOT_FOUND

EXPORTS, PARTS = Export.__table__, ExportPart.__table__

_TAKE_SEAT = {"sqlite": sqlite_insert(EXPORTS).on_conflict_do_nothing(),
              "postgresql": postgresql_insert(EXPORTS).on_conflict_do_nothing()}
_ONE = select(EXPORTS).where(EXPORTS.c.id == bindparam("export_id"))
_PARTS = select(PARTS).where(PARTS.c.export_id == bindparam("export_id")).order_by(PARTS.c.slice)


def insert_export(tx: Transaction, export: dict[str, Any]) -> None:
    """Write a wish down on a free seat of its asker (guarded); refuses (`too_many_exports`) when all are taken."""
    for seat in range(1, SEATS + 1):
        if tx.execute(_TAKE_SEAT[tx.dialect], export | {"seat": seat, "state": ASKED, "slices": 0, "rows": 0,
                                                        "downloads": 0}).rowcount == 1:
            return
    raise TOO_MANY_EXPORTS(limit=SEATS)


def find_export(rd: Reading, export_id: str) -> Row[Any] | None:
    """The export, or None."""
    return rd.execute(_ONE, {"export_id": export_id}).one_or_none()


def get_export(rd: Reading, export_id: str, asked_by: str) -> Row[Any]:
    """An export of this asker; absent and foreign ones are not found."""
    export = find_export(rd, export_id)
    if export is None or export.asked_by != asked_by:
        raise NOT_FOUND()
    return export


def parts(rd: Reading, export_id: str) -> list[Row[Any]]:
    """All private files of an export, in the order of their slices."""
    return list(rd.execute(_PARTS, {"export_id": export_id}))


def begin_part(tx: Transaction, export_id: str, slice_: int, key: str) -> None:
    """Note a file before it is written."""
    tx.execute(insert(PARTS), {"key": key, "export_id": export_id, "slice": slice_, "kept": False})


def _move(tx: Transaction, export_id: str, frm: str, to: str, *more: ColumnElement[bool], **values: Any) -> bool:
    EXPORT.check(frm, to)
    moved = update(EXPORTS).where(EXPORTS.c.id == export_id, EXPORTS.c.state == frm, *more).values(state=to, **values)
    return tx.execute(moved).rowcount == 1


def keep_slice(tx: Transaction, export: Row[Any], key: str, *, rows: int, cursor: str, estimate: int | None) -> bool:
    """Count a slice that does not end the export (guarded by state and number); False when it is somebody else's turn."""
    mine = (EXPORTS.c.slices == export.slices)
    values = {"slices": export.slices + 1, "rows": rows, "cursor": cursor, "estimate": estimate}
    if export.state == ASKED:
        counted = _move(tx, export.id, ASKED, RUNNING, mine, **values)
    else:
        counted = tx.execute(update(EXPORTS).where(EXPORTS.c.id == export.id, EXPORTS.c.state == RUNNING, mine)
                             .values(**values)).rowcount == 1
    return counted and _keep(tx, key)


def finish(tx: Transaction, export: Row[Any], key: str, *, rows: int, size: int, expires_at: datetime) -> bool:
    """Make `key` the result (guarded like `keep_slice`); False when it is somebody else's turn."""
    done = _move(tx, export.id, export.state, DONE, EXPORTS.c.slices == export.slices, slices=export.slices + 1, rows=rows,
                 estimate=rows, file_key=key, file_bytes=size, ended_at=tx.now, expires_at=expires_at)
    return done and _keep(tx, key)


def _keep(tx: Transaction, key: str) -> bool:
    return tx.execute(update(PARTS).where(PARTS.c.key == key).values(kept=True)).rowcount == 1


def fail(tx: Transaction, export: Row[Any], problem: dict[str, Any]) -> bool:
    """Give an open export up; False when it is open no more."""
    return _move(tx, export.id, export.state, FAILED, EXPORTS.c.slices == export.slices, problem=problem, ended_at=tx.now)


def cancel(tx: Transaction, export_id: str) -> bool:
    """Cancel an open export (guarded); False when it has ended."""
    return any(_move(tx, export_id, state, CANCELLED, ended_at=tx.now) for state in OPEN_STATES)


def expire(tx: Transaction, export_id: str) -> bool:
    """End the day of a finished export whose time is over (guarded); False when there is nothing to end."""
    return _move(tx, export_id, DONE, EXPIRED, EXPORTS.c.expires_at <= tx.now, file_key=None)


def count_download(tx: Transaction, export_id: str) -> bool:
    """Count a download of a file that is still there (guarded)."""
    return tx.execute(update(EXPORTS).where(EXPORTS.c.id == export_id, EXPORTS.c.state == DONE, EXPORTS.c.expires_at > tx.now)
                      .values(downloads=EXPORTS.c.downloads + 1)).rowcount == 1


def forget_parts(tx: Transaction, keys: Sequence[str]) -> None:
    """Forget files that are gone."""
    if keys:
        tx.execute(delete(PARTS).where(PARTS.c.key.in_(list(keys))))


def narrowed(asked: Asked, at: ColumnElement[Any], store: ColumnElement[Any] | None = None,
             **columns: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """The conditions that most sheets have: rows that existed (`at`) when it was asked for, of the days that were asked for and of
    the asker's stores, whose columns say one of the words of the filter of that name."""
    where: list[ColumnElement[bool]] = [at <= asked.until]
    if store is not None and asked.store_ids is not None:
        where.append(store.in_(asked.store_ids))
    where += [column.in_(asked.filters[name].split(",")) for name, column in columns.items() if name in asked.filters]
    if since := asked.day("since"):
        where.append(at >= since)
    if until := asked.day("until", end=True):
        where.append(at < until)
    return where


def page(rd: Reading, statement: Select[Any], key: ColumnElement[Any], after: str | None, limit: int) -> list[Row[Any]]:
    """The next rows of `statement` by `key`, which is unique: those after `after`, at most `limit`."""
    if after is not None:
        statement = statement.where(key > after)
    return list(rd.execute(statement.order_by(key).limit(limit)))


def count(rd: Reading, statement: Select[Any]) -> int:
    """How many rows `statement` has; asked once for an export, to tell how far it is."""
    return rd.execute(select(func.count()).select_from(statement.order_by(None).subquery())).scalar_one()
