"""Locks and writes of the carts. The number of statements does not grow with the number of lines."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, Select, bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.carts.models import Cart, CartLine
from backend.carts.rules import Line
from backend.infra.rows import among
from backend.infra.uow import Reading, Transaction

_CARTS, _LINES = Cart.__table__, CartLine.__table__
_SEEN = _CARTS.alias("seen")
Asked = tuple[Select[tuple[Any]], ...]
_OF_MEMBER = _LINES.c.member_id == bindparam("member_id")
_OF_SKUS = among(_LINES.c.sku_id, "sku_ids")

_TOUCH = {
    "sqlite": sqlite_insert(_CARTS).on_conflict_do_update(
        index_elements=["member_id"],
        set_={"updated_at": sqlite_insert(_CARTS).excluded.updated_at, "version": _CARTS.c.version + 1},
    ),
    "postgresql": postgresql_insert(_CARTS).on_conflict_do_update(
        index_elements=["member_id"],
        set_={"updated_at": postgresql_insert(_CARTS).excluded.updated_at, "version": _CARTS.c.version + 1},
    ),
}
_PUT = {
    "sqlite": sqlite_insert(_LINES).on_conflict_do_update(
        index_elements=["member_id", "sku_id"],
        set_={"quantity": sqlite_insert(_LINES).excluded.quantity, "selected": sqlite_insert(_LINES).excluded.selected},
    ),
    "postgresql": postgresql_insert(_LINES).on_conflict_do_update(
        index_elements=["member_id", "sku_id"],
        set_={
            "quantity": postgresql_insert(_LINES).excluded.quantity,
            "selected": postgresql_insert(_LINES).excluded.selected,
        },
    ),
}
_ALL = (
    select(_LINES.c.sku_id, _LINES.c.quantity, _LINES.c.selected)
    .where(_OF_MEMBER)
    .order_by(_LINES.c.added_at, _LINES.c.sku_id)
)
_SELECTED = _ALL.where(_LINES.c.selected)
_ADDED = select(_LINES.c.sku_id, _LINES.c.added_at).where(_OF_MEMBER)
_COUNT_OTHERS = select(func.count()).select_from(_LINES).where(_OF_MEMBER, _LINES.c.sku_id != bindparam("sku_id"))
_CLEAR = delete(_LINES).where(_OF_MEMBER)
_REMOVE = delete(_LINES).where(_OF_MEMBER, _OF_SKUS)
_TAKE = delete(_LINES).where(_OF_MEMBER, _LINES.c.selected).returning(_LINES.c.sku_id, _LINES.c.quantity, _LINES.c.added_at)
_INSERT = insert(_LINES)


def lock_cart(tx: Transaction, member_id: str) -> None:
    """Lock a member's cart until the end of the transaction, making it when it is not there yet; one statement.

    Two requests of one member wait for each other here, also when both are the first.
    """
    tx.locking("cart")
    tx.execute(_TOUCH[tx.dialect], {"member_id": member_id, "updated_at": tx.now})


@cache
def _touch_asking(dialect: str, asked: Asked) -> tuple[Executable, Executable]:
    seen = select(_SEEN.c.version).where(_SEEN.c.member_id == bindparam("of_member"))
    answers = [each.scalar_subquery().label(f"answer_{number}") for number, each in enumerate(asked)]
    return _TOUCH[dialect].returning(*answers, _CARTS.c.version, seen.scalar_subquery().label("seen")), select(*answers)


def lock_cart_asking(tx: Transaction, member_id: str, asked: Asked, params: Mapping[str, Any]) -> Sequence[Any]:
    """Lock a member's cart as `lock_cart` does; returns what each of `asked` answers under that lock: one value, or None. They may
    speak of `:of_member`, and of `params`.

    One statement, a second one only when a rival was waited for: PostgreSQL answered from a snapshot from before the wait, as the
    cart's version in that snapshot tells.
    """
    tx.locking("cart")
    statement, again = _touch_asking(tx.dialect, asked)
    params = {"of_member": member_id, **params}
    row = tx.execute(statement, {"member_id": member_id, "updated_at": tx.now, **params}).one()
    if tx.dialect == "sqlite" or row.version == (row.seen or 0) + 1:  # SQLite waits before it begins, so that it sees all
        return row[:-2]
    return tx.execute(again, params).one()


def lines_selected(rd: Reading, member_id: str) -> list[Line]:
    """The selected lines, in the order in which they were added; one statement."""
    return [Line(row.sku_id, row.quantity, row.selected) for row in rd.execute(_SELECTED, {"member_id": member_id})]


def take_selected(tx: Transaction, member_id: str) -> list[Line]:
    """Take the selected lines out of the cart; returns them in the order in which they were added. One statement."""
    taken = sorted(tx.execute(_TAKE, {"member_id": member_id}), key=lambda row: (row.added_at, row.sku_id))
    return [Line(row.sku_id, row.quantity, True) for row in taken]


def lines(rd: Reading, member_id: str) -> list[Line]:
    """All lines, in the order in which they were added; one statement."""
    return [Line(row.sku_id, row.quantity, row.selected) for row in rd.execute(_ALL, {"member_id": member_id})]


def count_other_lines(rd: Reading, member_id: str, sku_id: str) -> int:
    """How many lines the cart has besides that of `sku_id`."""
    return rd.execute(_COUNT_OTHERS, {"member_id": member_id, "sku_id": sku_id}).scalar_one()


def replace_lines(tx: Transaction, member_id: str, lines: Sequence[Line]) -> None:
    """Make the cart hold exactly `lines` (merged, known SKUs). What was there keeps its
    place, new lines follow in order.

    Three statements for any number of lines. Lock the cart first.
    """
    added = {row.sku_id: row.added_at for row in tx.execute(_ADDED, {"member_id": member_id})}
    tx.execute(_CLEAR, {"member_id": member_id})
    if lines:
        tx.execute(
            _INSERT,
            [
                {
                    "member_id": member_id,
                    "sku_id": line.sku_id,
                    "quantity": line.quantity,
                    "selected": line.selected,
                    "added_at": added.get(line.sku_id, tx.now + timedelta(microseconds=position)),
                }
                for position, line in enumerate(lines)
            ],
        )


def put_line(tx: Transaction, member_id: str, line: Line) -> None:
    """Add the line or change it; an existing one keeps its place. Lock the cart first."""
    tx.execute(
        _PUT[tx.dialect],
        {
            "member_id": member_id,
            "sku_id": line.sku_id,
            "quantity": line.quantity,
            "selected": line.selected,
            "added_at": tx.now,
        },
    )


def remove_lines(tx: Transaction, member_id: str, sku_ids: Collection[str]) -> None:
    """Take these SKUs out of the cart, whatever their quantity, at the end of the transaction."""
    tx.remove(_REMOVE, {"member_id": member_id, "sku_ids": list(sku_ids)})
