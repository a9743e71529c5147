"""Read the audit log for an export: one row a change, oldest first."""

import msgspec
from sqlalchemy import select

from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.audit import AuditRow
from backend.infra.uow import Reading

_A = AuditRow.__table__

HEADING = (("时间", "At"), ("操作人", "Who"), ("操作", "Action"), ("对象", "Subject"), ("修改前", "Before"), ("修改后", "After"))

_ROWS = select(_A.c.id, _A.c.at, _A.c.actor, _A.c.action, _A.c.subject, _A.c.before, _A.c.after)


def export_audit(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next changes with what was before and after, as JSON."""
    where = narrowed(asked, _A.c.at, actor=_A.c.actor, action=_A.c.action, subject=_A.c.subject)
    statement = _ROWS.where(*where)
    found = page(rd, statement, _A.c.id, after, limit)
    return Batch(
        [(asked.moment(row.at), row.actor, row.action, row.subject, _json(row.before), _json(row.after)) for row in found],
        found[-1].id if len(found) == limit else None,
        count(rd, statement) if after is None else None,
    )


def _json(value: object) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()
