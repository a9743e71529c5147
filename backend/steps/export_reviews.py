"""Read reviews for an export: one row a review with what was added to it, oldest first."""

from sqlalchemy import and_, exists, or_, select

from backend.catalog.models import Product
from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.uow import Reading
from backend.members.models import Member
from backend.orders.models import Order
from backend.organisation.models import Store
from backend.reviews.models import Review, ReviewNote
from backend.reviews.states import HELD, WORDS

_R, _N, _P, _O = Review.__table__, ReviewNote.__table__, Product.__table__, Order.__table__
_M, _S = Member.__table__, Store.__table__

HEADING = (
    ("时间", "Written"), ("商品", "Goods"), ("订单号", "Order"), ("门店", "Store"), ("会员昵称", "Member"), ("匿名", "Anonymous"),
    ("商品星级", "Stars"), ("服务星级", "Service stars"), ("内容", "Text"), ("图片数", "Pictures"), ("状态", "State"),
    ("追评", "Addition"), ("商家回复", "Our answer"), ("可转载", "May be reused"),
)
YES_NO = (("否", "No"), ("是", "Yes"))

_ROWS = select(_R, _P.c.title, _O.c.number, _S.c.name.label("store"), _M.c.nickname).join(_P, _P.c.id == _R.c.product_id).join(
    _O, _O.c.id == _R.c.order_id).join(_S, _S.c.id == _R.c.store_id).join(_M, _M.c.id == _R.c.member_id)
_NOTES = select(_N.c.review_id, _N.c.kind, _N.c.text)


def export_reviews(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next reviews of the asker's stores; `held` also finds those of which an addition or an answer waits."""
    where = narrowed(asked, _R.c.written_at, _R.c.store_id)
    if state := asked.filters.get("state"):
        waiting = exists().where(_N.c.review_id == _R.c.id, _N.c.state == HELD)
        where.append(or_(_R.c.state == state, and_(state == HELD, waiting)))
    if (stars := asked.filters.get("stars", "")) in ("1", "2", "3", "4", "5"):
        where.append(_R.c.stars == int(stars))
    if product := asked.filters.get("product"):
        where.append(_R.c.product_id.in_(
            select(_P.c.id).where(_P.c.title.icontains(product, autoescape=True) | (_P.c.id == product)).limit(500)))
    found = page(rd, _ROWS.where(*where), _R.c.id, after, limit)
    notes = {(note.review_id, note.kind): note.text for note in rd.execute(
        _NOTES.where(_N.c.review_id.in_([row.id for row in found])))}
    total = count(rd, select(_R.c.id).where(*where)) if after is None else None
    return Batch([(
        asked.moment(row.written_at), row.title, row.number, row.store, row.nickname, asked.word(YES_NO[row.anonymous]), row.stars,
        row.service_stars, row.text, row.picture_count, asked.word(WORDS[row.state]), notes.get((row.id, "follow_up"), ""),
        notes.get((row.id, "reply"), ""), asked.word(YES_NO[row.reuse_version is not None]),
    ) for row in found], found[-1].id if len(found) == limit else None, total)
