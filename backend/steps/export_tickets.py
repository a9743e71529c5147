"""Read complaint tickets for an export: one row a ticket, oldest first."""

from sqlalchemy import select

from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.uow import Reading
from backend.members.models import Member
from backend.orders.models import Order
from backend.organisation.models import Staff, Store
from backend.tickets.models import Ticket, TicketMessage
from backend.tickets.rules import CATEGORIES, OUTCOMES
from backend.tickets.states import WORDS

_T, _W, _O, _M = Ticket.__table__, TicketMessage.__table__, Order.__table__, Member.__table__
_P, _S = Staff.__table__, Store.__table__

HEADING = (
    ("工单号", "Ticket"), ("订单号", "Order"), ("门店", "Store"), ("会员昵称", "Member"), ("类型", "Category"), ("状态", "State"),
    ("内容", "What was said"), ("来源", "Heard in"), ("负责人", "Owner"), ("提交时间", "Opened"), ("截止时间", "Due"),
    ("逾期时间", "Overdue since"), ("答复时间", "Answered"), ("办结时间", "Closed"), ("结果", "Outcome"), ("结果说明", "In words"),
)
NOBODY = "nobody"
"""As owner: tickets that nobody has taken."""

_ROWS = select(_T, _O.c.number.label("order_number"), _S.c.name.label("store"), _M.c.nickname, _P.c.name.label("owner_name"),
               _W.c.words).join(_M, _M.c.id == _T.c.member_id).join(_S, _S.c.id == _T.c.store_id).join(
    _W, (_W.c.ticket_id == _T.c.id) & (_W.c.seq == 1)).outerjoin(_O, _O.c.id == _T.c.order_id).outerjoin(_P, _P.c.id == _T.c.owner)


def export_tickets(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next tickets of the asker's stores, with the words that opened them."""
    where = narrowed(asked, _T.c.opened_at, _T.c.store_id, state=_T.c.state, category=_T.c.category)
    if "owner" in asked.filters:
        owner = asked.filters["owner"]
        where.append(_T.c.owner.is_(None) if owner == NOBODY else _T.c.owner == owner)
    if "overdue" in asked.filters:
        where.append(_T.c.overdue_at.is_not(None))
    found = page(rd, _ROWS.where(*where), _T.c.id, after, limit)
    total = count(rd, select(_T.c.id).where(*where)) if after is None else None
    return Batch([(
        row.number, row.order_number or "", row.store, row.nickname, asked.word(CATEGORIES[row.category]),
        asked.word(WORDS[row.state]), row.words, row.heard_in, row.owner_name or row.owner or "",
        *map(asked.moment, (row.opened_at, row.due_at, row.overdue_at, row.answered_at, row.closed_at)),
        asked.word(OUTCOMES[row.outcome]) if row.outcome else "", row.outcome_words,
    ) for row in found], found[-1].id if len(found) == limit else None, total)
