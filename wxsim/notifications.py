"""Notifications being born: what is told to whom, and which habits the armed faults give each."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from wxsim import numbers, orders, refunds
from wxsim.world import World

_SUMMARIES = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "REFUND.CLOSED": "退款关闭",
}


def of_payment(world: World, tx: sqlite3.Connection, trade: sqlite3.Row, *, claimed: bool) -> int | None:
    """Writes the payment's notification; see `_write`."""
    return _write(world, tx, "TRANSACTION.SUCCESS", trade, None, trade["notify_url"], _resource(world, trade), claimed)


def of_refund(world: World, tx: sqlite3.Connection, refund: sqlite3.Row, trade: sqlite3.Row) -> int | None:
    """Writes the refund's notification when the refund was asked for with a notify_url; see `_write`."""
    if not refund["notify_url"]:
        return None
    event, resource = f"REFUND.{refund['status']}", refunds.as_notice(world, refund, trade)
    return _write(world, tx, event, trade, refund["out_refund_no"], refund["notify_url"], resource, False)


def as_if_paid(world: World, trade: sqlite3.Row) -> dict[str, Any]:
    """What a payment of this unpaid trade would be told as (for attacks)."""
    now = world.clock.now()
    imagined = {**dict(trade), "state": "SUCCESS", "transaction_id": numbers.transaction_id(now), "paid_at": now}
    return _resource(world, imagined)


def summary(event_type: str) -> str:
    """The Chinese line that goes with an event."""
    return _SUMMARIES.get(event_type, event_type)


def _resource(world: World, trade: Mapping[str, Any] | sqlite3.Row) -> dict[str, Any]:
    resource = orders.as_answer(world, trade, "SUCCESS")
    del resource["promotion_detail"]
    return resource


def _write(
    world: World,
    tx: sqlite3.Connection,
    event_type: str,
    trade: sqlite3.Row,
    out_refund_no: str | None,
    notify_url: str,
    resource: dict[str, Any],
    claimed: bool,
) -> int | None:
    """The notification's number if it is `claimed` and due at once, so that the caller delivers it; else None."""
    about = {
        "event_type": event_type,
        "out_trade_no": trade["out_trade_no"],
        "out_refund_no": out_refund_no,
        "openid": trade["openid"],
        "call": "callback",
    }
    habits = _habits(world, about)
    delay = max(habits.pop("delay", 0.0), habits.pop("wait_for_other", 0.0))
    waits = habits.pop("waits", False)
    lost = habits.pop("lost", False)
    now = world.clock.now()
    at_once = claimed and not lost and delay == 0
    state = "lost" if lost else "sending" if at_once else "pending"
    added = tx.execute(
        "INSERT INTO notifications (id, event_type, out_trade_no, out_refund_no, notify_url, resource, made_at, due_at,"
        " state, waits_for_other, habits) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            numbers.event_id(),
            event_type,
            trade["out_trade_no"],
            out_refund_no,
            notify_url,
            json.dumps(resource, ensure_ascii=False),
            now,
            now + delay,
            state,
            waits,
            json.dumps(habits),
        ),
    )
    return added.lastrowid if at_once else None


def _habits(world: World, about: dict[str, Any]) -> dict[str, Any]:
    """What the armed faults do to this notification, as plain values that survive a restart."""
    strike = world.faults.strike
    habits: dict[str, Any] = {}
    if (lost := strike("callback-lost", about)) is not None:
        habits.update({"delay": float(lost["seconds"])} if "seconds" in lost else {"lost": True})
    if (late := strike("callback-delayed", about)) is not None:
        habits["delay"] = float(late.get("seconds", 60))
    if (swapped := strike("callback-out-of-order", about)) is not None:
        habits.update(wait_for_other=float(swapped.get("seconds", 60)), waits=True)
    if (copies := strike("callback-duplicated", about)) is not None:
        habits.update(copies=int(copies.get("count", 15)), parallel=bool(copies.get("parallel", True)))
    if strike("callback-signtest", about) is not None:
        habits["signtest"] = True
    if strike("callback-other-key", about) is not None:
        habits["key"] = "certificate"
    if (rollout := strike("callback-rollout", about)) is not None:
        part = int(numbers.fold(about["out_trade_no"] + (about["out_refund_no"] or "")), 16) % 100
        habits["key"] = "certificate" if part < rollout.get("percent", 50) else "public"
    if strike("callback-unknown-key", about) is not None:
        habits["key"] = "stranger"
    if strike("callback-old-api-key", about) is not None:
        habits["old_api_key"] = True
    if strike("callback-unknown-field", about) is not None:
        habits["unknown_field"] = True
    if (skew := strike("clock-skew", about)) is not None:
        habits["skew"] = float(skew.get("seconds", 360))
    return habits
