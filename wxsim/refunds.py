"""Domestic refunds: asking, looking up, and what they become."""

import sqlite3
from typing import Any

from wxsim import numbers
from wxsim.clock import rfc3339
from wxsim.fields import Group, Several, Text, Whole
from wxsim.orders import OUT_TRADE_NO, check_notify_url, fingerprint
from wxsim.pay_errors import (
    CHANGED_PARAMETERS,
    FREQUENCY_LIMITED,
    INVALID_REQUEST,
    NOT_ENOUGH,
    NOT_FOUND,
    ORDER_NOT_EXIST,
    PARAM_ERROR,
)
from wxsim.world import World

MOST_PARTS = 50
GAP_SECONDS = 60
_YEAR_SECONDS = 365 * 86400
_GOODS = Group(
    {
        "merchant_goods_id": Text(32),
        "unit_price": Whole(0),
        "refund_amount": Whole(0),
        "refund_quantity": Whole(1),
    },
    {"wechatpay_goods_id": Text(32), "goods_name": Text(256)},
)
_FROM = Group({"account": Text(32, shape="AVAILABLE|UNAVAILABLE"), "amount": Whole(1)})
REFUND = Group(
    {
        "out_refund_no": Text(64, shape=r"[0-9A-Za-z_\-|*@]+"),
        "amount": Group(
            {"refund": Whole(1), "total": Whole(1), "currency": Text(16, shape="CNY")}, {"from": Several(_FROM, 2)}
        ),
    },
    {
        "transaction_id": Text(32),
        "out_trade_no": OUT_TRADE_NO,
        "reason": Text(80),
        "notify_url": Text(256, 8),
        "funds_account": Text(32, shape="AVAILABLE"),
        "goods_detail": Several(_GOODS, 6000),
    },
)


def ask(world: World, body: dict[str, Any]) -> sqlite3.Row:
    """Accepts a refund (PROCESSING) and gives its row; the same number with equal parameters gives it again.

    Refused: other parameters under the number, more than is left, the 51st part, a second part within a minute,
    a year after payment, an unpaid trade, a short balance (fault).
    """
    REFUND.check(body, "")
    if body.get("notify_url"):
        check_notify_url(body["notify_url"])
    now, digest = world.clock.now(), fingerprint(body)
    with world.books.writing() as tx:
        known = tx.execute("SELECT * FROM refunds WHERE out_refund_no = ?", (body["out_refund_no"],)).fetchone()
        if known is not None:
            if known["fingerprint"] != digest:
                raise CHANGED_PARAMETERS("订单金额或退款金额与之前请求不一致，请核实后再试")
            return known
        trade = _trade(tx, body)
        _check_amount(tx, trade, body["amount"], now)
        becomes, after = _fate(world, trade, body)
        asked = None if becomes == "NOT_ENOUGH" else _insert(tx, trade, body, digest, becomes, now, after)
    if asked is None:
        raise NOT_ENOUGH()
    return asked


def find(world: World, out_refund_no: str) -> sqlite3.Row:
    """The refund's row, or RESOURCE_NOT_EXISTS."""
    row = world.books.row("SELECT * FROM refunds WHERE out_refund_no = ?", (out_refund_no,))
    if row is None:
        raise NOT_FOUND("退款单不存在")
    return row


def retry_abnormal(world: World, refund_id: str, out_refund_no: str) -> sqlite3.Row:
    """Sends an ABNORMAL refund on its way again, to the merchant's or another account; it then succeeds."""
    with world.books.writing() as tx:
        row = tx.execute(
            "UPDATE refunds SET status = 'PROCESSING', becomes = 'SUCCESS', decided_at = ?"
            " WHERE refund_id = ? AND out_refund_no = ? AND status = 'ABNORMAL' RETURNING *",
            (world.clock.now(), refund_id, out_refund_no),
        ).fetchone()
    if row is None:
        raise INVALID_REQUEST("退款单不存在或不是异常状态")
    return row


def as_answer(refund: sqlite3.Row, trade: sqlite3.Row) -> dict[str, Any]:
    """The refund as asking and querying show it."""
    shown = {
        "refund_id": refund["refund_id"],
        "out_refund_no": refund["out_refund_no"],
        "transaction_id": trade["transaction_id"],
        "out_trade_no": refund["out_trade_no"],
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": rfc3339(refund["made_at"]),
        "status": refund["status"],
        "funds_account": "AVAILABLE",
        "promotion_detail": [],
        "amount": {
            "total": trade["total"],
            "refund": refund["amount"],
            "payer_total": trade["total"],
            "payer_refund": refund["amount"],
            "settlement_refund": refund["amount"],
            "settlement_total": trade["total"],
            "discount_refund": 0,
            "currency": "CNY",
        },
    }
    if refund["status"] == "SUCCESS":
        shown["success_time"] = rfc3339(refund["finished_at"])
    return shown


def as_notice(world: World, refund: sqlite3.Row, trade: sqlite3.Row) -> dict[str, Any]:
    """The refund as its notification shows it (no currency there)."""
    shown = {
        "mchid": world.config.mchid,
        "out_trade_no": refund["out_trade_no"],
        "transaction_id": trade["transaction_id"],
        "out_refund_no": refund["out_refund_no"],
        "refund_id": refund["refund_id"],
        "refund_status": refund["status"],
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": trade["total"],
            "refund": refund["amount"],
            "payer_total": trade["total"],
            "payer_refund": refund["amount"],
        },
    }
    if refund["status"] == "SUCCESS":
        shown["success_time"] = rfc3339(refund["finished_at"])
    return shown


def _trade(tx: sqlite3.Connection, body: dict[str, Any]) -> sqlite3.Row:
    named = {key: body[key] for key in ("transaction_id", "out_trade_no") if key in body}
    if not named:
        raise PARAM_ERROR("参数错误：transaction_id和out_trade_no必须二选一")
    where = " AND ".join(f"{key} = ?" for key in named)
    trade = tx.execute(f"SELECT * FROM trades WHERE {where}", tuple(named.values())).fetchone()
    if trade is None:
        raise ORDER_NOT_EXIST()
    if trade["state"] != "SUCCESS":
        raise INVALID_REQUEST("订单未支付，不能退款")
    return trade


def _check_amount(tx: sqlite3.Connection, trade: sqlite3.Row, amount: dict[str, Any], now: float) -> None:
    if amount["total"] != trade["total"]:
        raise INVALID_REQUEST("订单金额或退款金额与之前请求不一致，请核实后再试")
    if "from" in amount and sum(source["amount"] for source in amount["from"]) != amount["refund"]:
        raise PARAM_ERROR("参数错误：/amount/from 之和应等于退款金额")
    if now > trade["paid_at"] + _YEAR_SECONDS:
        raise INVALID_REQUEST("交易时间超过一年的订单无法提交退款")
    held, parts, newest = tx.execute(
        "SELECT coalesce(sum(amount) FILTER (WHERE status <> 'CLOSED'), 0), count(*), max(made_at)"
        " FROM refunds WHERE out_trade_no = ?",
        (trade["out_trade_no"],),
    ).fetchone()
    if held + amount["refund"] > trade["total"]:
        raise INVALID_REQUEST("退款金额大于可退金额")
    if parts >= MOST_PARTS:
        raise INVALID_REQUEST("同一笔订单最多支持50次部分退款")
    if newest is not None and 0 <= now - newest < GAP_SECONDS:
        raise FREQUENCY_LIMITED("同一笔订单的多次退款需间隔1分钟，请稍后再试")


def _insert(
    tx: sqlite3.Connection,
    trade: sqlite3.Row,
    body: dict[str, Any],
    digest: str,
    becomes: str,
    now: float,
    after: float,
) -> sqlite3.Row:
    return tx.execute(
        "INSERT INTO refunds (out_refund_no, refund_id, out_trade_no, amount, fingerprint, reason, notify_url,"
        " made_at, status, becomes, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'PROCESSING', ?, ?) RETURNING *",
        (
            body["out_refund_no"],
            numbers.refund_id(now),
            trade["out_trade_no"],
            body["amount"]["refund"],
            digest,
            body.get("reason", ""),
            body.get("notify_url", ""),
            now,
            becomes,
            now + after,
        ),
    ).fetchone()


def _fate(world: World, trade: sqlite3.Row, body: dict[str, Any]) -> tuple[str, float]:
    """What the refund becomes and after how many seconds; NOT_ENOUGH: it is to be refused."""
    about = {
        "out_trade_no": trade["out_trade_no"],
        "out_refund_no": body["out_refund_no"],
        "openid": trade["openid"],
        "call": "refund",
    }
    if world.faults.strike("refund-not-enough", about) is not None:
        return "NOT_ENOUGH", 0.0
    for fault, becomes, seconds in (
        ("refund-abnormal", "ABNORMAL", 0),
        ("refund-closed", "CLOSED", 0),
        ("refund-processing", "SUCCESS", 60),
    ):
        if (options := world.faults.strike(fault, about)) is not None:
            return becomes, float(options.get("seconds", seconds))
    return "SUCCESS", 0.0
