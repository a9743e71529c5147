"""Read money news that did not fit for an export: one row an exception, oldest first."""

import msgspec
from sqlalchemy import select

from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.uow import Reading
from backend.payments.models import PaymentException

_E = PaymentException.__table__

HEADING = (
    ("时间", "At"), ("情况", "Kind"), ("单号", "Number"), ("微信交易号", "WeChat's number"), ("状态", "State"),
    ("微信消息", "WeChat says"), ("处理结果", "What came of it"), ("处理时间", "Settled at"), ("处理人", "Settled by"),
)
STATES = {"open": ("待处理", "Open"), "closed": ("已处理", "Settled")}

_ROWS = select(_E)


def export_exceptions(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next exceptions, with what WeChat said as JSON."""
    where = narrowed(asked, _E.c.at, kind=_E.c.kind, state=_E.c.state)
    found = page(rd, _ROWS.where(*where), _E.c.id, after, limit)
    return Batch([(
        asked.moment(row.at), row.kind, row.number, row.transaction_id, asked.word(STATES[row.state]),
        msgspec.json.encode(row.details).decode(), row.note or "", asked.moment(row.settled_at), row.settled_by or "",
    ) for row in found], found[-1].id if len(found) == limit else None, count(rd, _ROWS.where(*where)) if after is None else None)
