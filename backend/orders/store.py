"""Loads, locks and guarded writes of orders."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date, Integer, Row, bindparam, delete, func, insert, select, text, update

from backend.infra.db import Utc
from backend.infra.marks import INSERT
from backend.infra.uow import Reading, Transaction
from backend.kernel.calendar import day_start
from backend.kernel.errors import NOT_FOUND
from backend.kernel.ids import new_id
from backend.orders.models import Order, OrderFilter, OrderLine, OrderMove, OrderNote
from backend.orders.refusals import REFUND_TOO_MUCH
from backend.orders.rules import LineMoney, LineRefund, Reduction
from backend.orders.states import ORDER, UNPAID

ORDERS, LINES, MOVES = Order.__table__, OrderLine.__table__, OrderMove.__table__
NOTES, FILTERS = OrderNote.__table__, OrderFilter.__table__

_INSERT_MOVE = insert(MOVES)
UNPAID_OF_MEMBER = select(func.count()).select_from(ORDERS).where(
    ORDERS.c.member_id == bindparam("of_member"), text(f"(orders.state = '{UNPAID}') is true"))
"""Counts the unpaid orders of `:of_member`, in the words of `ix_orders_unpaid`; exact only while the member's cart is locked."""
_HEAD = (ORDERS.c.id, ORDERS.c.number, ORDERS.c.member_id, ORDERS.c.store_id, ORDERS.c.location_id,
         ORDERS.c.state, ORDERS.c.moves, ORDERS.c.delivery, ORDERS.c.paid_at, ORDERS.c.shipped_at,
         ORDERS.c.goods_fen, ORDERS.c.discount_fen, ORDERS.c.freight_fen, ORDERS.c.total_fen, ORDERS.c.paid_fen,
         ORDERS.c.refunded_fen, ORDERS.c.freight_refund_fen, ORDERS.c.placed_at, ORDERS.c.pay_before,
         ORDERS.c.completed_at)
_FIND = select(*_HEAD).where(ORDERS.c.id == bindparam("order_id"))
_LOCK = _FIND.with_for_update()


def insert_order(tx: Transaction, order: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
    """Add a new order, its lines and its first move, however many lines; they are written at the end of the transaction."""
    move = {"order_id": order["id"], "seq": 1, "from_state": None, "to_state": order["state"], "actor": str(tx.actor), "why": "",
            "at": tx.now}
    tx.add(ORDERS, [order])
    tx.add(LINES, lines)
    tx.add(MOVES, [move])


def ordered_in(rd: Reading, member_id: str, store_ids: Collection[str] | None) -> bool:
    """Whether a member has an order in one of these stores; None: there is no limit, and everybody is known."""
    if store_ids is None:
        return True
    mine = select(ORDERS.c.id).where(ORDERS.c.store_id.in_(list(store_ids)), ORDERS.c.member_id == member_id).limit(1)
    return rd.execute(mine).first() is not None


_OWN_LINE = select(LINES.c.id, LINES.c.product_id, ORDERS.c.state, ORDERS.c.store_id, ORDERS.c.completed_at).join(
    ORDERS, ORDERS.c.id == LINES.c.order_id).where(
    LINES.c.id == bindparam("line_id"), ORDERS.c.id == bindparam("order_id"), ORDERS.c.member_id == bindparam("member_id"))


def get_own_line(rd: Reading, order_id: str, line_id: str, member_id: str) -> Row[Any]:
    """A line of a member's own order, with the order's `state`, `store_id` and `completed_at`; refuses (not_found) all others."""
    line = rd.execute(_OWN_LINE, {"order_id": order_id, "line_id": line_id, "member_id": member_id}).one_or_none()
    if line is None:
        raise NOT_FOUND()
    return line


_FOR_MESSAGE = select(ORDERS.c.number, ORDERS.c.member_id, ORDERS.c.line_count, ORDERS.c.total_fen, LINES.c.title).join(
    LINES, LINES.c.order_id == ORDERS.c.id).where(ORDERS.c.id == bindparam("order_id")).order_by(LINES.c.position).limit(1)


def find_for_message(rd: Reading, order_id: str) -> Row[Any] | None:
    """What a message says of an order: number, member, its first goods, how many kinds, total; None when there is none."""
    return rd.execute(_FOR_MESSAGE, {"order_id": order_id}).one_or_none()


def lock_order(tx: Transaction, order_id: str, member_id: str | None = None) -> Row[Any]:
    """Lock an order and return its head; refuses (not_found) the absent, and a foreign one when `member_id` is given."""
    tx.locking("order")
    order = tx.execute(_LOCK, {"order_id": order_id}).one_or_none()
    if order is None or (member_id is not None and order.member_id != member_id):
        raise NOT_FOUND()
    return order


def find_order(rd: Reading, order_id: str) -> Row[Any] | None:
    """The head of an order, or None; no lock."""
    return rd.execute(_FIND, {"order_id": order_id}).one_or_none()


def reread(tx: Transaction, order_id: str) -> Row[Any]:
    """The head of an order that this transaction has locked, as it stands after our own writes."""
    return tx.execute(_LOCK, {"order_id": order_id}).one()


def move(tx: Transaction, order: Row[Any], to: str, why: str = "", **values: Any) -> None:
    """Move a locked order from the state it was locked in to `to`, with its history row.

    The UPDATE is guarded by state and move number, so a move from a stale view is an AssertionError, never a jump back.
    """
    ORDER.check(order.state, to)
    moved = tx.execute(update(ORDERS).where(ORDERS.c.id == order.id, ORDERS.c.state == order.state,
                                            ORDERS.c.moves == order.moves).values(state=to, moves=order.moves + 1, **values))
    assert moved.rowcount == 1, f"{order.id} was moved by somebody else while we held its lock"
    tx.execute(_INSERT_MOVE, {"order_id": order.id, "seq": order.moves + 1, "from_state": order.state, "to_state": to,
                              "actor": str(tx.actor), "why": why, "at": tx.now})


_HELD = select(LINES.c.id, LINES.c.sku_id, (LINES.c.quantity - LINES.c.released_qty - LINES.c.shipped_qty).label("held")).where(
    LINES.c.order_id == bindparam("order_id"), LINES.c.released_qty < LINES.c.quantity)
_RELEASE_ALL = update(LINES).where(LINES.c.order_id == bindparam("of_order")).values(released_qty=LINES.c.quantity)


def release_all(tx: Transaction, order_id: str) -> list[tuple[str, str, int]]:
    """Note that all lines give their stock back; returns [(order line id, sku id, quantity)] for the stock to release."""
    held = [(row.id, row.sku_id, row.held) for row in tx.execute(_HELD, {"order_id": order_id})]
    tx.execute(_RELEASE_ALL, {"of_order": order_id})
    return held


_MONEY = select(LINES.c.id, LINES.c.sku_id, *(LINES.c[each.name] for each in fields(LineMoney) if each.name != "id")).where(
    LINES.c.order_id == bindparam("order_id")).order_by(LINES.c.position)


def line_money(rd: Reading, order_id: str) -> tuple[list[LineMoney], dict[str, str]]:
    """The money and the goods of an order's lines, and the SKU of each line."""
    rows = rd.execute(_MONEY, {"order_id": order_id}).all()
    return ([LineMoney(**{each.name: getattr(row, each.name) for each in fields(LineMoney)}) for row in rows],
            {row.id: row.sku_id for row in rows})


_LEFT = select(
    func.coalesce(func.sum(LINES.c.quantity - LINES.c.released_qty - LINES.c.shipped_qty), 0).label("held"),
    func.coalesce(func.sum(LINES.c.shipped_qty), 0).label("shipped"),
    func.coalesce(func.sum(LINES.c.quantity - LINES.c.shipped_qty - LINES.c.refund_qty + LINES.c.refund_shipped_qty), 0)
    .label("owed"),
).where(LINES.c.order_id == bindparam("order_id"))


def goods_left(rd: Reading, order_id: str) -> Row[Any]:
    """Units of an order: `held` on the shelf for it, `shipped`, and `owed` – neither shipped nor being refunded."""
    return rd.execute(_LEFT, {"order_id": order_id}).one()


_TO_SHIP = select(LINES.c.id, LINES.c.sku_id, LINES.c.sku_code,
                  (LINES.c.quantity - LINES.c.released_qty - LINES.c.shipped_qty).label("held")).where(
    LINES.c.order_id == bindparam("order_id")).order_by(LINES.c.position)
_SHIP_LINE = update(LINES).where(
    LINES.c.id == bindparam("line_id"), LINES.c.released_qty + LINES.c.shipped_qty + bindparam("q") <= LINES.c.quantity,
).values(shipped_qty=LINES.c.shipped_qty + bindparam("q"))


def lines_to_ship(rd: Reading, order_id: str) -> list[Row[Any]]:
    """An order's lines (id, sku_id, sku_code) with what is still `held` for each; refunded units are not."""
    return list(rd.execute(_TO_SHIP, {"order_id": order_id}))


def ship_lines(tx: Transaction, packed: Sequence[tuple[str, int]]) -> None:
    """Note that [(order line id, quantity)] of a locked order leave the shelf; more than is held is an AssertionError.

    The stock must `ship` the same in this transaction.
    """
    gone = tx.execute(_SHIP_LINE, [{"line_id": line_id, "q": quantity} for line_id, quantity in packed])
    assert gone.rowcount == len(packed), "more was shipped than is held"


_TITLES = select(LINES.c.id, LINES.c.title, LINES.c.shipped_qty).where(LINES.c.order_id == bindparam("order_id")).order_by(
    LINES.c.position)
_SHIP_TO = select(ORDERS.c.ship_to).where(ORDERS.c.id == bindparam("order_id"))


def titles_of(rd: Reading, order_id: str) -> dict[str, tuple[str, int]]:
    """Order line id → title and units that have left, in the order of the lines."""
    return {row.id: (row.title, row.shipped_qty) for row in rd.execute(_TITLES, {"order_id": order_id})}


def find_ship_to(rd: Reading, order_id: str) -> str:
    """The address that an order goes to, in clear, as JSON."""
    return rd.execute(_SHIP_TO, {"order_id": order_id}).scalar_one()


_BOUGHT = select(LINES.c.sku_id, LINES.c.quantity).where(LINES.c.order_id == bindparam("order_id")).order_by(LINES.c.position)


def bought(rd: Reading, order_id: str) -> list[tuple[str, int]]:
    """The SKUs of an order with their quantities, in the order of its lines."""
    return [(row.sku_id, row.quantity) for row in rd.execute(_BOUGHT, {"order_id": order_id})]


_PAYABLE = select(LINES.c.id, LINES.c.payable_fen).where(LINES.c.order_id == bindparam("order_id")).order_by(LINES.c.position)
_REDUCE_LINE = update(LINES).where(LINES.c.id == bindparam("line_id"), LINES.c.payable_fen >= bindparam("fen")).values(
    discount_fen=LINES.c.discount_fen + bindparam("fen"), payable_fen=LINES.c.payable_fen - bindparam("fen"))
_EXPLANATION = select(ORDERS.c.explanation).where(ORDERS.c.id == bindparam("order_id"))


def payable_lines(rd: Reading, order_id: str) -> list[tuple[str, int]]:
    """[(order line id, payable fen)] in the order of the lines."""
    return [(row.id, row.payable_fen) for row in rd.execute(_PAYABLE, {"order_id": order_id})]


def reduce_order(tx: Transaction, order: Row[Any], to: Reduction, reasons: Sequence[dict[str, Any]]) -> None:
    """Write a lower price on a locked, unpaid order and its lines, with its reasons; CHECKs hold the sums together."""
    if to.by_line:
        reduced = tx.execute(_REDUCE_LINE, [{"line_id": line_id, "fen": fen} for line_id, fen in to.by_line.items()])
        assert reduced.rowcount == len(to.by_line), "a line would cost less than nothing"
    explanation = tx.execute(_EXPLANATION, {"order_id": order.id}).scalar_one()
    written = tx.execute(update(ORDERS).where(ORDERS.c.id == order.id, ORDERS.c.state == UNPAID).values(
        discount_fen=to.discount_fen, freight_fen=to.freight_fen, total_fen=to.total_fen, explanation=[*explanation, *reasons]))
    assert written.rowcount == 1, "only what is unpaid has a price to change"


def change_address(tx: Transaction, order_id: str, ship_to: str, region_code: str, phone_index: str) -> None:
    """Send a locked order somewhere else."""
    tx.execute(update(ORDERS).where(ORDERS.c.id == order_id).values(
        ship_to=ship_to, region_code=region_code, phone_index=phone_index))


def change_remark(tx: Transaction, order_id: str, remark: str) -> bool:
    """Replace the remark of a locked order; whether it was another one."""
    return tx.execute(update(ORDERS).where(ORDERS.c.id == order_id, ORDERS.c.remark != remark).values(remark=remark)).rowcount == 1


_UNINDEXED = select(ORDERS.c.id, ORDERS.c.ship_to).where(ORDERS.c.phone_index.is_(None)).order_by(ORDERS.c.id).limit(
    bindparam("rows"))
_INDEX = update(ORDERS).where(ORDERS.c.id == bindparam("order_id"), ORDERS.c.phone_index.is_(None)).values(
    phone_index=bindparam("index"))


def unindexed(rd: Reading, limit: int) -> list[Row[Any]]:
    """Orders from before they were found by phone, the oldest first."""
    return list(rd.execute(_UNINDEXED, {"rows": limit}))


def write_phone_indexes(tx: Transaction, indexes: Mapping[str, str]) -> int:
    """Give orders {id: index} the index that they lack (guarded: a new address has brought its own); returns how many."""
    if not indexes:
        return 0
    return tx.execute(_INDEX, [{"order_id": order_id, "index": index} for order_id, index in indexes.items()]).rowcount


def find_by_number(rd: Reading, number: str) -> str | None:
    """The id of the order with this number, or None."""
    return rd.execute(select(ORDERS.c.id).where(ORDERS.c.number == number)).scalar()


def add_note(tx: Transaction, note_id: str, order_id: str, text: str) -> None:
    """Add a note of staff to an order."""
    tx.execute(insert(NOTES), {"id": note_id, "order_id": order_id, "text": text, "actor": str(tx.actor), "at": tx.now})


_FILTERS = select(FILTERS).where(FILTERS.c.staff_id == bindparam("staff_id")).order_by(FILTERS.c.name)


def filters_of(rd: Reading, staff_id: str) -> list[Row[Any]]:
    """The filters that somebody has saved, by name."""
    return list(rd.execute(_FILTERS, {"staff_id": staff_id}))


def save_filter(tx: Transaction, staff_id: str, name: str, query: dict[str, str]) -> None:
    """Save a filter under a name of somebody's own; the same name again replaces it."""
    row = {"id": new_id("flt", tx.now), "staff_id": staff_id, "name": name, "query": query, "saved_at": tx.now}
    statement = INSERT[tx.dialect](FILTERS).values(**row)
    tx.execute(statement.on_conflict_do_update(index_elements=["staff_id", "name"], set_={"query": query, "saved_at": tx.now}))


def remove_filter(tx: Transaction, staff_id: str, name: str) -> bool:
    """Remove a saved filter; False when it was not there."""
    return tx.execute(delete(FILTERS).where(FILTERS.c.staff_id == staff_id, FILTERS.c.name == name)).rowcount == 1


_ASK_LINE = update(LINES).where(
    LINES.c.id == bindparam("line_id"), LINES.c.refund_qty + bindparam("q") <= LINES.c.quantity,
    LINES.c.refund_fen + LINES.c.waived_fen + bindparam("fen") + bindparam("waived") <= LINES.c.payable_fen,
    LINES.c.refund_shipped_qty + bindparam("had_left") <= LINES.c.shipped_qty,
    LINES.c.released_qty + LINES.c.shipped_qty + bindparam("free") <= LINES.c.quantity,
    LINES.c.restocked_qty + bindparam("back") <= LINES.c.shipped_qty,
).values(refund_qty=LINES.c.refund_qty + bindparam("q"), refund_fen=LINES.c.refund_fen + bindparam("fen"),
         waived_fen=LINES.c.waived_fen + bindparam("waived"),
         refund_shipped_qty=LINES.c.refund_shipped_qty + bindparam("had_left"),
         released_qty=LINES.c.released_qty + bindparam("free"), returned_qty=LINES.c.returned_qty + bindparam("returned"),
         restocked_qty=LINES.c.restocked_qty + bindparam("back"))
_ASK_FREIGHT = update(ORDERS).where(
    ORDERS.c.id == bindparam("order_id"), ORDERS.c.freight_refund_fen + bindparam("fen") <= ORDERS.c.freight_fen,
).values(freight_refund_fen=ORDERS.c.freight_refund_fen + bindparam("fen"))


def ask_refund(tx: Transaction, order_id: str, lines: Sequence[LineRefund], freight_fen: int) -> None:
    """Count a refund on its lines and freight (guarded), with what its stock gives free and takes back.

    Refuses (`refund_too_much`) what would exceed the paid amounts or the goods.
    """
    if lines:
        counted = tx.execute(_ASK_LINE, [
            _counts(line) | {"free": line.goods.release_qty, "back": line.goods.restock_qty} for line in lines])
        if counted.rowcount != len(lines):
            raise REFUND_TOO_MUCH()
    if freight_fen and tx.execute(_ASK_FREIGHT, {"order_id": order_id, "fen": freight_fen}).rowcount != 1:
        raise REFUND_TOO_MUCH()


_FAIL_LINE = update(LINES).where(LINES.c.id == bindparam("line_id")).values(
    refund_qty=LINES.c.refund_qty - bindparam("q"), refund_fen=LINES.c.refund_fen - bindparam("fen"),
    waived_fen=LINES.c.waived_fen - bindparam("waived"),
    refund_shipped_qty=LINES.c.refund_shipped_qty - bindparam("had_left"),
    returned_qty=LINES.c.returned_qty - bindparam("returned"))
_FAIL_FREIGHT = update(ORDERS).where(ORDERS.c.id == bindparam("order_id")).values(
    freight_refund_fen=ORDERS.c.freight_refund_fen - bindparam("fen"))


def _counts(line: LineRefund) -> dict[str, Any]:
    return {"line_id": line.order_line_id, "q": line.quantity, "fen": line.amount_fen, "waived": line.waived_fen,
            "had_left": line.goods.shipped_qty, "returned": line.goods.returned_qty}


def uncount_refund(tx: Transaction, order_id: str, lines: Sequence[LineRefund], freight_fen: int) -> None:
    """Take a refund that WeChat closed out of the counts, so that it can be asked for anew; its goods stay where they are."""
    if lines:
        tx.execute(_FAIL_LINE, [_counts(line) for line in lines])
    if freight_fen:
        tx.execute(_FAIL_FREIGHT, {"order_id": order_id, "fen": freight_fen})


def count_refunded(tx: Transaction, order: Row[Any], amount_fen: int) -> int:
    """Add refunded money to a locked order (its CHECK keeps it within what was paid); returns the new sum."""
    tx.execute(update(ORDERS).where(ORDERS.c.id == order.id).values(refunded_fen=ORDERS.c.refunded_fen + amount_fen))
    return order.refunded_fen + amount_fen


PLACED_BEFORE = timedelta(days=3)
"""An order is paid or closed long before this has passed since it was placed."""
_CHINA_DAY = {
    "sqlite": "date(o.paid_at, '+8 hours')",
    "postgresql": "cast(o.paid_at at time zone 'UTC' + interval '8 hours' as date)",
}
_SOLD = {
    dialect: text(f"""
    select l.sku_id, {day} as day, min(l.payable_fen / l.quantity) as lowest_fen, max(l.payable_fen / l.quantity) as highest_fen,
           cast(sum(l.quantity) as bigint) as quantity
    from orders o join order_lines l on l.order_id = o.id
    where o.placed_at >= :placed_since and o.paid_at >= :paid_since
    group by l.sku_id, {day}
    """).bindparams(bindparam("placed_since", type_=Utc()), bindparam("paid_since", type_=Utc())).columns(
        day=Date, lowest_fen=Integer, highest_fen=Integer, quantity=Integer)
    for dialect, day in _CHINA_DAY.items()
}
DEALS_AT_ONCE = 5000


def sold_since(rd: Reading, since: date) -> Iterator[list[dict[str, Any]]]:
    """What was paid for on or after the Chinese day `since`, by SKU and day, in portions of at most DEALS_AT_ONCE rows.

    Rows: sku_id, day, lowest_fen, highest_fen (payable per unit, rounded down to a fen), quantity. Refunds do not undo a
    deal. One statement.
    """
    start = day_start(since)
    found = rd.execute(_SOLD[rd.dialect], {"paid_since": start, "placed_since": start - PLACED_BEFORE}).mappings()
    while rows := found.fetchmany(DEALS_AT_ONCE):
        yield [dict(row) for row in rows]
