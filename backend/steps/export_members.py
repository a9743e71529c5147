"""Read members for an export: one row a member, oldest first."""

from decimal import Decimal

from sqlalchemy import func, select

from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.crypto import mask_phone
from backend.infra.uow import Reading
from backend.members.models import Member
from backend.orders.models import Order
from backend.orders.states import PAID_STATES

_M, _O = Member.__table__, Order.__table__

HEADING = (
    ("会员编号", "Member"), ("昵称", "Nickname"), ("手机", "Phone"), ("性别", "Gender"), ("生日", "Birthday"),
    ("注册时间", "Joined"), ("状态", "State"),
    ("付款订单数", "Paid orders"), ("实付合计", "Paid in all"), ("已退合计", "Refunded in all"),
    ("最近付款", "Last paid"),
)
GENDERS = {"female": ("女", "Female"), "male": ("男", "Male")}
STATES = {"active": ("正常", "Active"), "closed": ("已注销", "Closed")}

_ROWS = select(_M.c.id, _M.c.nickname, _M.c.phone, _M.c.gender, _M.c.birthday, _M.c.created_at, _M.c.state)
_SUMS = select(_O.c.member_id, func.count().label("orders"), func.sum(_O.c.paid_fen).label("paid"),
               func.sum(_O.c.refunded_fen).label("refunded"), func.max(_O.c.paid_at).label("last_paid")).where(
    _O.c.state.in_(PAID_STATES)).group_by(_O.c.member_id)


def export_members(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next members with their sums; phones and birthdays are masked unless the asker may see them.

    Whoever sees only some stores gets the members who ordered there, and sums of those stores.
    """
    where, mine = narrowed(asked, _M.c.created_at, state=_M.c.state), []
    if asked.store_ids is not None:
        mine = [_O.c.store_id.in_(asked.store_ids)]
        where.append(select(_O.c.id).where(_O.c.member_id == _M.c.id, *mine).exists())
    found = page(rd, _ROWS.where(*where), _M.c.id, after, limit)
    total = count(rd, select(_M.c.id).where(*where)) if after is None else None
    sums = {row.member_id: row for row in rd.execute(_SUMS.where(_O.c.member_id.in_([row.id for row in found]), *mine))}
    rows = [_cells(row, sums.get(row.id), asked) for row in found]
    return Batch(rows, found[-1].id if len(found) == limit else None, total)


def _cells(row, sums, asked: Asked) -> tuple:
    phone, birthday = row.phone or "", row.birthday.isoformat() if row.birthday else ""
    if not asked.reveal:
        phone, birthday = mask_phone(phone) if phone else "", birthday and f"****{birthday[4:]}"
    gender = asked.word(GENDERS[row.gender]) if row.gender in GENDERS else ""
    return (
        row.id, row.nickname, phone, gender, birthday, asked.moment(row.created_at), asked.word(STATES[row.state]),
        sums.orders if sums else 0, Decimal(int(sums.paid) if sums else 0).scaleb(-2),
        Decimal(int(sums.refunded) if sums else 0).scaleb(-2), asked.moment(sums.last_paid) if sums else None,
    )
