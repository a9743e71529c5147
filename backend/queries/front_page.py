"""The front page of the console: today's figures, what waits for somebody, thirty days of sales; cheap on a million orders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, true

from backend.aftersales.models import Aftersale
from backend.aftersales.states import ASKED, REFUND_FAILED, RETURNING
from backend.books.models import BooksResult
from backend.books.store import LAST
from backend.catalog.models import Product, Sku
from backend.context import Context
from backend.fulfilment.models import ShippingUpload
from backend.infra.outbox import DELIVERIES
from backend.infra.uow import Reading, reading
from backend.insights.models import SalesDay
from backend.kernel.actors import Actor
from backend.kernel.calendar import business_day, day_start
from backend.ledger.models import LedgerTransaction
from backend.orders.models import Order
from backend.orders.states import PAID
from backend.payments.models import BillDifference, PaymentException, Refund
from backend.payments.states import ABNORMAL
from backend.queries.review_desk import held
from backend.queries.stock import RUNS_LOW
from backend.stock import MAIN_LOCATION
from backend.stock.models import StockLevel
from backend.tickets.models import Ticket

ORDERS, REFUNDS, BOOKED, SALES = Order.__table__, Refund.__table__, LedgerTransaction.__table__, SalesDay.__table__
AFTERSALES, TICKETS, UPLOADS = Aftersale.__table__, Ticket.__table__, ShippingUpload.__table__
EXCEPTIONS, DIFFERENCES = PaymentException.__table__, BillDifference.__table__
RESULTS = BooksResult.__table__
LEVELS, SKUS, PRODUCTS = StockLevel.__table__, Sku.__table__, Product.__table__
DAYS = 30
MANY = 1000
"""What waits is counted up to here; more is "999+"."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was sold in a time: orders placed, orders paid and their sum, refunds booked and their sum."""

    placed: int = 0
    paid: int = 0
    paid_fen: int = 0
    refunds: int = 0
    refunded_fen: int = 0


@dataclass(frozen=True, slots=True)
class FrontPage:
    """`days` are the last thirty Chinese days, oldest first, today included; `to_do` counts by name what the actor may see.

    `today` and `days` are None for whoever may see neither orders nor money.
    """

    day: date
    today: Figures | None
    yesterday: Figures | None
    days: tuple[tuple[date, Figures], ...] | None
    to_do: Mapping[str, int]


def _said(*values: str) -> list[ColumnElement[str]]:
    """Words that stand in the statement itself: an index on part of a table is only found by what can be read there."""
    return [literal_column(f"'{value}'") for value in values]


def _in_scope(column: Any, actor: Actor) -> ColumnElement[bool]:
    return true() if actor.kind == "system" or actor.store_ids is None else column.in_(sorted(actor.store_ids))


def _today(rd: Reading, actor: Actor, today: date) -> Figures:
    start, mine = day_start(today), _in_scope(ORDERS.c.store_id, actor)
    placed = rd.execute(select(func.count()).select_from(ORDERS).where(ORDERS.c.placed_at >= start, mine)).scalar_one()
    paid = rd.execute(select(func.count(), func.coalesce(func.sum(ORDERS.c.paid_fen), 0)).where(
        ORDERS.c.paid_at >= start, mine)).one()
    booked = select(BOOKED.c.event_id).where(BOOKED.c.kind == "refund", BOOKED.c.at >= start)
    back = rd.execute(select(func.count(), func.coalesce(func.sum(REFUNDS.c.amount_fen), 0)).select_from(
        REFUNDS.join(ORDERS, ORDERS.c.id == REFUNDS.c.order_id)).where(
        REFUNDS.c.id.in_(booked), REFUNDS.c.kind == "order", mine)).one()
    return Figures(placed, paid[0], int(paid[1]), back[0], int(back[1]))


def _days(rd: Reading, actor: Actor, today: date, today_figures: Figures) -> tuple[tuple[date, Figures], ...]:
    since = today - timedelta(days=DAYS - 1)
    sums = [func.sum(SALES.c[name]) for name in ("placed", "paid", "paid_fen", "refunds", "refunded_fen")]
    known = {row[0]: Figures(*map(int, row[1:])) for row in rd.execute(select(SALES.c.day, *sums).where(
        SALES.c.day >= since, SALES.c.day < today, _in_scope(SALES.c.store_id, actor)).group_by(SALES.c.day))}
    known[today] = today_figures
    days = (since + timedelta(days=passed) for passed in range(DAYS))
    return tuple((day, known.get(day, Figures())) for day in days)


def _paid_for(delivery: str) -> Callable[[Context], Select[Any]]:
    return lambda ctx: select(ORDERS.c.id).where(
        ORDERS.c.state == _said(PAID)[0], ORDERS.c.delivery == delivery, _in_scope(ORDERS.c.store_id, ctx.actor))


def _aftersales(ctx: Context) -> Select[Any]:
    return select(AFTERSALES.c.id).where(AFTERSALES.c.state.in_((ASKED, RETURNING, REFUND_FAILED)),
                                         _in_scope(AFTERSALES.c.store_id, ctx.actor))


def _tickets(ctx: Context) -> Select[Any]:
    return select(TICKETS.c.id).where(TICKETS.c.due_at.is_not(None), _in_scope(TICKETS.c.store_id, ctx.actor))


def _uploads(ctx: Context) -> Select[Any]:
    found = select(UPLOADS.c.order_id).where(UPLOADS.c.state.in_(_said("failed", "gave_up")))
    if ctx.actor.store_ids is None:
        return found
    return found.join(ORDERS, ORDERS.c.id == UPLOADS.c.order_id).where(_in_scope(ORDERS.c.store_id, ctx.actor))


def _stuck_refunds(ctx: Context) -> Select[Any]:
    found = select(REFUNDS.c.id).where(REFUNDS.c.state == ABNORMAL)
    if ctx.actor.store_ids is None:
        return found
    return found.join(ORDERS, ORDERS.c.id == REFUNDS.c.order_id).where(_in_scope(ORDERS.c.store_id, ctx.actor))


def _low_stock(ctx: Context) -> Select[Any]:
    return select(LEVELS.c.sku_id).join(SKUS, SKUS.c.id == LEVELS.c.sku_id).join(
        PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id).where(
        LEVELS.c.location_id == MAIN_LOCATION, RUNS_LOW, SKUS.c.active, PRODUCTS.c.on_shelf,
    ).params(low_stock_at=ctx.shop.low_stock_at)


@dataclass(frozen=True, slots=True)
class ToDo:
    """Something that waits: who may see it, and the rows; `whole`: a matter of the whole merchant, not of single stores."""

    name: str
    permission: str
    rows: Callable[[Context], Select[Any]]
    whole: bool = False


TO_DO = (
    ToDo("to_ship", "orders.view", _paid_for("courier")),
    ToDo("to_hand_over", "orders.view", _paid_for("pickup")),
    ToDo("aftersales", "aftersales.view", _aftersales),
    ToDo("tickets", "tickets.view", _tickets),
    ToDo("tickets_overdue", "tickets.view", lambda ctx: _tickets(ctx).where(TICKETS.c.due_at <= ctx.now)),
    ToDo("reviews_held", "reviews.view", held),
    ToDo("uploads_failed", "orders.view", _uploads),
    ToDo("stuck_refunds", "money.view", _stuck_refunds),
    ToDo("exceptions", "money.view", lambda _: select(EXCEPTIONS.c.id).where(EXCEPTIONS.c.state == "open"), whole=True),
    ToDo("bill_differences", "money.view", lambda _: select(DIFFERENCES.c.number).where(DIFFERENCES.c.state == _said("open")[0]),
         whole=True),
    ToDo("books", "books.view", lambda _: select(RESULTS.c.check_id).where(
        RESULTS.c.run_id == LAST.scalar_subquery(), (RESULTS.c.faults > 0) | ~RESULTS.c.judged), whole=True),
    ToDo("low_stock", "goods.view", _low_stock),
    ToDo("dead_deliveries", "jobs.view", lambda _: select(DELIVERIES.c.event_id).where(DELIVERIES.c.dead_at.is_not(None)),
         whole=True),
)
"""Everything that may wait, in the order of the front page; each is one statement over an index of what is open."""


def to_do(ctx: Context) -> dict[str, int]:
    """How much of each kind waits, up to MANY; only what the actor may see, within their scope."""
    actor = ctx.actor
    seen = [each for each in TO_DO if actor.may(each.permission) and not (each.whole and actor.store_ids is not None)]
    with reading(ctx) as rd:
        return {each.name: rd.execute(select(func.count()).select_from(each.rows(ctx).limit(MANY).subquery())).scalar_one()
                for each in seen}


def front_page(ctx: Context) -> FrontPage:
    """The front page for this actor. Some seventeen short statements, none of which grows with the age of the shop."""
    today = business_day(ctx.now)
    figures = days = None
    if ctx.actor.may("orders.view") or ctx.actor.may("money.view"):
        with reading(ctx) as rd:
            figures = _today(rd, ctx.actor, today)
            days = _days(rd, ctx.actor, today, figures)
    return FrontPage(today, figures, days[-2][1] if days else None, days, to_do(ctx))
