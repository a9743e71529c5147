"""Imports for the console: what was sent by whom, how far it is, what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from backend.context import Context
from backend.imports import KINDS, rules
from backend.imports import store as imports
from backend.imports.models import Import, ImportFault
from backend.imports.states import CHECKING, OPEN_STATES, RECEIVED, RUNNING
from backend.infra.rows import among
from backend.infra.sheet_writing import csv_piece
from backend.infra.uow import reading
from backend.organisation.models import Staff

_I, _F, _S = Import.__table__, ImportFault.__table__, Staff.__table__
SHOWN = 50
SHOWN_FAULTS = 100

_LIST = select(_I).where(among(_I.c.kind, "kinds")).order_by(_I.c.id.desc()).limit(SHOWN)
_FAULTS = select(_F.c.line, _F.c.code, _F.c.zh, _F.c.en).where(_F.c.import_id == bindparam("import_id")).order_by(
    _F.c.line, _F.c.number)
_COUNT = select(func.count()).select_from(_F).where(_F.c.import_id == bindparam("import_id"))
_NAMES = select(_S.c.id, _S.c.name).where(among(_S.c.id, "ids"))


@dataclass(frozen=True, slots=True)
class Listed:
    """An import as staff see it. `moving`: the worker is at it. `percent` is None before the lines are counted."""

    id: str
    kind: str
    file_name: str
    file_bytes: int
    who: str
    state: str
    open: bool
    moving: bool
    percent: int | None
    lines: int | None
    seen: int
    bad: int
    tally: dict[str, int]
    ignored: tuple[str, ...]
    stock_default: int
    problem: dict[str, Any] | None
    asked_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """One import with its first faults, as (line, code, Chinese, English), and how many faults there are."""

    sheet: Listed
    faults: tuple[tuple[int, str, str, str], ...]
    fault_count: int


def import_list(ctx: Context) -> list[Listed]:
    """The newest 50 imports of the kinds that whoever asks may import; two statements."""
    kinds = [kind for kind in KINDS if ctx.actor.may(rules.NEEDED[kind])]
    with reading(ctx) as rd:
        rows = rd.execute(_LIST, {"kinds": kinds}).all()
        return [_listed(row, names) for names in [_names(rd, rows)] for row in rows]


def import_page(ctx: Context, *, import_id: str) -> Page:
    """One import; absent ones are not found."""
    with reading(ctx) as rd:
        row = imports.get_import(rd, import_id)
        rules.check_asker(ctx.actor, row.kind)
        faults = rd.execute(_FAULTS.limit(SHOWN_FAULTS), {"import_id": import_id}).all()
        count = rd.execute(_COUNT, {"import_id": import_id}).scalar_one()
        return Page(_listed(row, _names(rd, [row])), tuple(tuple(each) for each in faults), count)


def fault_sheet(ctx: Context, *, import_id: str, language: str) -> Iterator[bytes]:
    """All faults as a CSV, piece by piece."""
    with reading(ctx) as rd:
        rules.check_asker(ctx.actor, imports.get_import(rd, import_id).kind)
        rows = rd.execute(_FAULTS, {"import_id": import_id}).all()
    english = language.startswith("en")
    yield b"\xef\xbb\xbf" + csv_piece([("Line", "Code", "What is wrong") if english else ("行号", "代码", "问题")])
    for start in range(0, len(rows), 1000):
        yield csv_piece([(row.line, row.code, row.en if english else row.zh) for row in rows[start:start + 1000]])


def _names(rd: Any, rows: Any) -> dict[str, str]:
    ids = {row.asked_by.partition(":")[2] for row in rows}
    return {row.id: row.name for row in rd.execute(_NAMES, {"ids": list(ids)})} if ids else {}


def _listed(row: Any, names: dict[str, str]) -> Listed:
    return Listed(
        row.id, row.kind, row.file_name, row.file_bytes, names.get(row.asked_by.partition(":")[2], row.asked_by), row.state,
        row.state in OPEN_STATES, row.state in (RECEIVED, CHECKING, RUNNING), rules.percent(row.seen, row.lines), row.lines,
        row.seen, row.bad, row.tally,
        tuple(row.columns["ignored"]) if row.columns else (), row.options.get("stock_default", 0), row.problem,
        row.asked_at, row.ended_at)
