"""Screenings in the database: what is asked, sent, and said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from backend.infra.marks import INSERT
from backend.infra.uow import Reading, Transaction
from backend.kernel.ids import first_id, new_id
from backend.screenings.models import PictureVerdict, Screening
from backend.screenings.rules import NO_QUOTA, TEXT
from backend.screenings.states import DROPPED, OPEN, SCREENING, SENT, UNJUDGED, WAITING

SCREENINGS, VERDICTS = Screening.__table__, PictureVerdict.__table__

_OF = select(SCREENINGS).where(SCREENINGS.c.subject == bindparam("subject"), SCREENINGS.c.revision == bindparam("revision"))
_BY_TRACE = select(SCREENINGS).where(SCREENINGS.c.trace_id == bindparam("trace_id"))
_DROP = update(SCREENINGS).where(SCREENINGS.c.subject == bindparam("of_subject"), SCREENINGS.c.state != DROPPED).values(
    state=DROPPED, ended_at=func.coalesce(SCREENINGS.c.ended_at, bindparam("moment", type_=SCREENINGS.c.ended_at.type)))
_GIVE_UP = update(SCREENINGS).where(
    SCREENINGS.c.subject == bindparam("of_subject"), SCREENINGS.c.revision == bindparam("of_revision"),
    SCREENINGS.c.state.in_(WAITING), (SCREENINGS.c.state != OPEN) | (SCREENINGS.c.problem != NO_QUOTA)
    | SCREENINGS.c.problem.is_(None)).values(state=UNJUDGED, problem=bindparam("why"), ended_at=bindparam("moment"))

_NO_QUOTA = update(SCREENINGS).where(
    SCREENINGS.c.subject == bindparam("of_subject"), SCREENINGS.c.revision == bindparam("of_revision"),
    SCREENINGS.c.state == OPEN).values(problem=NO_QUOTA)
_OLD = select(SCREENINGS.c.id).where(SCREENINGS.c.id < bindparam("before_id"), SCREENINGS.c.state == DROPPED).order_by(
    SCREENINGS.c.id).limit(bindparam("most"))
_OLD_VERDICTS = select(VERDICTS.c.trace_id).where(VERDICTS.c.at < bindparam("before")).limit(bindparam("most"))


def ask(tx: Transaction, subject: str, revision: int, member_id: str, *, text: bool, pictures: Sequence[str]) -> int:
    """Write down what of this revision must be looked at (two statements); older revisions are dropped. How many parts."""
    tx.execute(_DROP, {"of_subject": subject, "moment": tx.now})
    rows = [{"id": new_id("scr", tx.now), "subject": subject, "revision": revision, "part": part, "member_id": member_id,
             "state": OPEN, "asked_at": tx.now} for part in [*([TEXT] if text else []), *pictures]]
    if rows:
        tx.execute(insert(SCREENINGS), rows)
    return len(rows)


def last_revision(rd: Reading, subject: str) -> int:
    """The newest revision that was ever asked about; 0 for none."""
    asked = select(func.max(SCREENINGS.c.revision)).where(SCREENINGS.c.subject == subject)
    return rd.execute(asked).scalar() or 0


def of_revision(rd: Reading, subject: str, revision: int) -> list[Row[Any]]:
    """All parts of a revision, the text first."""
    rows = rd.execute(_OF, {"subject": subject, "revision": revision}).all()
    return sorted(rows, key=lambda row: (row.part != TEXT, row.id))


def find_by_trace(rd: Reading, trace_id: str) -> Row[Any] | None:
    """The screening that WeChat knows under this number, or None."""
    return rd.execute(_BY_TRACE, {"trace_id": trace_id}).one_or_none()


def move(tx: Transaction, screening: Row[Any], to: str, *, trace_id: str | None = None, label: int | None = None,
         problem: str | None = None) -> bool:
    """Move a screening on from the state it was read in (guarded); False when somebody else did so first."""
    SCREENING.check(screening.state, to)
    values: dict[str, Any] = {"state": to, "label": label, "problem": problem, "ended_at": None if to == SENT else tx.now}
    if trace_id is not None:
        values["trace_id"] = trace_id
    moved = tx.execute(update(SCREENINGS).where(SCREENINGS.c.id == screening.id, SCREENINGS.c.state == screening.state)
                       .values(**values))
    return moved.rowcount == 1


def note(tx: Transaction, screening: Row[Any], words: str) -> None:
    """Write a word beside a screening."""
    tx.execute(update(SCREENINGS).where(SCREENINGS.c.id == screening.id).values(problem=words[:64]))


def wait_for_quota(tx: Transaction, subject: str, revision: int) -> None:
    """Note that what is still to be asked of this revision waits for the next day's quota; `give_up` leaves it alone."""
    tx.execute(_NO_QUOTA, {"of_subject": subject, "of_revision": revision})


def give_up(tx: Transaction, subject: str, revision: int, why: str) -> int:
    """End what of this revision has no verdict, save what waits for a new quota; returns how many parts that were."""
    return tx.execute(_GIVE_UP, {"of_subject": subject, "of_revision": revision, "why": why, "moment": tx.now}).rowcount


def keep_verdict(tx: Transaction, trace_id: str, suggest: str, label: int, problem: str | None) -> bool:
    """Keep what WeChat pushed about a picture; False when it is kept already."""
    row = {"trace_id": trace_id, "suggest": suggest, "label": label, "problem": problem, "at": tx.now}
    return tx.execute(INSERT[tx.dialect](VERDICTS).values(**row).on_conflict_do_nothing()).rowcount == 1


def find_verdict(rd: Reading, trace_id: str) -> Row[Any] | None:
    """What WeChat pushed about a picture, or None."""
    return rd.execute(select(VERDICTS).where(VERDICTS.c.trace_id == trace_id)).one_or_none()


def waiting_since(rd: Reading, before: datetime, limit: int) -> list[Row[Any]]:
    """Screenings asked before then that have not ended, oldest first."""
    return list(rd.execute(select(SCREENINGS).where(SCREENINGS.c.state.in_(WAITING), SCREENINGS.c.asked_at < before)
                           .order_by(SCREENINGS.c.asked_at).limit(limit)))


def forget_old(tx: Transaction, before: datetime, most: int) -> int:
    """Delete at most `most` screenings of replaced revisions and as many verdicts, from before then; returns how many in all."""
    ids = list(tx.execute(_OLD, {"before_id": first_id("scr", before), "most": most}).scalars())
    traces = list(tx.execute(_OLD_VERDICTS, {"before": before, "most": most}).scalars())
    if ids:
        tx.execute(delete(SCREENINGS).where(SCREENINGS.c.id.in_(ids)))
    if traces:
        tx.execute(delete(VERDICTS).where(VERDICTS.c.trace_id.in_(traces)))
    return len(ids) + len(traces)
