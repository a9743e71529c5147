"""Uploads in the database: what came, whose it is, what uses it, and what a person has sent today."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.infra.rows import among
from backend.infra.uow import Reading, Transaction
from backend.uploads.models import Upload, UploadDay
from backend.uploads.refusals import PICTURE_NOT_FOUND, TOO_MANY_PICTURES
from backend.uploads.rules import Allowance

UPLOADS, DAYS = Upload.__table__, UploadDay.__table__

_INSERT = insert(UPLOADS)
_UNCLAIMED = UPLOADS.c.claimed_by.is_(None)
_CLAIM = (
    update(UPLOADS)
    .where(
        UPLOADS.c.key == bindparam("of_key"), UPLOADS.c.owner == bindparam("of_owner"),
        UPLOADS.c.purpose == bindparam("of_purpose"), UPLOADS.c.swept_at.is_(None),
        _UNCLAIMED | (UPLOADS.c.claimed_by == bindparam("subject")))
    .values(claimed_by=bindparam("subject"), claimed_at=bindparam("claimed_at"), store_id=bindparam("store"))
)
_ADOPT = (
    update(UPLOADS)
    .where(among(UPLOADS.c.key, "keys"), UPLOADS.c.purpose == bindparam("of_purpose"), _UNCLAIMED,
           UPLOADS.c.swept_at.is_(None))
    .values(claimed_by=bindparam("subject"), claimed_at=bindparam("claimed_at"))
)
_RELEASE = (
    update(UPLOADS)
    .where(UPLOADS.c.claimed_by == bindparam("subject"), among(UPLOADS.c.key, "keys"))
    .values(claimed_by=None, claimed_at=None, store_id=None, at=bindparam("released_at"))
)
_FIND = select(UPLOADS).where(UPLOADS.c.key == bindparam("key"), UPLOADS.c.swept_at.is_(None))
_OF = select(UPLOADS.c.key).where(UPLOADS.c.claimed_by == bindparam("subject")).order_by(UPLOADS.c.id)


def insert_upload(tx: Transaction, upload: dict[str, Any]) -> None:
    """Write down a stored picture."""
    tx.execute(_INSERT, upload)


def find_upload(rd: Reading, key: str) -> Row[Any] | None:
    """The picture of this key with its owner and use, or None."""
    return rd.execute(_FIND, {"key": key}).one_or_none()


def claim(tx: Transaction, owner: str, keys: Sequence[str], purpose: str, subject: str, store_id: str | None) -> None:
    """Bind an owner's pictures to a subject (guarded); refuses (`picture_not_found`) unless all are theirs and free or its own."""
    claimed = tx.execute(_CLAIM, [
        {"of_key": key, "of_owner": owner, "of_purpose": purpose, "subject": subject, "claimed_at": tx.now, "store": store_id}
        for key in sorted(keys)])
    if claimed.rowcount != len(keys):
        raise PICTURE_NOT_FOUND()


def adopt(tx: Transaction, keys: Sequence[str], purpose: str, subject: str) -> None:
    """Bind those of `keys` that were sent for `purpose` and are free; what is in use or was no upload stays as it is."""
    if keys:
        tx.execute(_ADOPT, {"keys": list(keys), "of_purpose": purpose, "subject": subject, "claimed_at": tx.now})


def release(tx: Transaction, subject: str, keys: Sequence[str]) -> None:
    """Give up the subject's hold on these pictures: they are unused from now on and swept a day later."""
    if keys:
        tx.execute(_RELEASE, {"subject": subject, "keys": list(keys), "released_at": tx.now})


def keys_of(rd: Reading, subject: str) -> list[str]:
    """The pictures that a subject uses, oldest first."""
    return list(rd.execute(_OF, {"subject": subject}).scalars())


def _take(dialect_insert: Any) -> Any:
    first = dialect_insert(DAYS)
    return first.on_conflict_do_update(
        index_elements=["owner", "day"],
        set_={"pictures": DAYS.c.pictures + 1, "bytes": DAYS.c.bytes + first.excluded.bytes},
        where=(DAYS.c.pictures < bindparam("most_pictures"))
        & (DAYS.c.bytes + first.excluded.bytes <= bindparam("most_bytes")))


_TAKE = {"sqlite": _take(sqlite_insert), "postgresql": _take(postgresql_insert)}


def take_allowance(tx: Transaction, owner: str, day: date, size: int, most: Allowance) -> None:
    """Count one picture of `size` bytes on the owner's day (guarded); refuses (`too_many_pictures`) what would exceed it."""
    taken = tx.execute(_TAKE[tx.dialect], {
        "owner": owner, "day": day, "pictures": 1, "bytes": size, "most_pictures": most.pictures, "most_bytes": most.bytes})
    if taken.rowcount != 1:
        raise TOO_MANY_PICTURES(pictures=most.pictures, megabytes=most.bytes // 2**20)


_OLD = select(UPLOADS.c.id).where(_UNCLAIMED, UPLOADS.c.at < bindparam("before")).order_by(UPLOADS.c.at).limit(
    bindparam("most"))
_DOOM = update(UPLOADS).where(UPLOADS.c.id == bindparam("upload_id"), _UNCLAIMED, UPLOADS.c.swept_at.is_(None)).values(
    swept_at=bindparam("at_"))
_DOOMED = select(UPLOADS.c.id, UPLOADS.c.key, UPLOADS.c.private).where(
    _UNCLAIMED, UPLOADS.c.swept_at.is_not(None)).order_by(UPLOADS.c.id).limit(bindparam("most"))
_FORGET = delete(UPLOADS).where(among(UPLOADS.c.id, "ids"), UPLOADS.c.swept_at.is_not(None))


def doom_unused(tx: Transaction, before: datetime, most: int) -> list[Row[Any]]:
    """Mark what nobody claimed before then, so that nobody can any more; returns (id, key, private) of all that are marked."""
    old = tx.execute(_OLD, {"before": before, "most": most}).scalars().all()
    if old:
        tx.execute(_DOOM, [{"upload_id": each, "at_": tx.now} for each in old])
    return list(tx.execute(_DOOMED, {"most": most}))


def forget(tx: Transaction, ids: Sequence[str], days_before: date) -> None:
    """Delete marked pictures whose files are gone, and the counts of days before then."""
    if ids:
        tx.execute(_FORGET, {"ids": list(ids)})
    tx.execute(delete(DAYS).where(DAYS.c.day < days_before))
