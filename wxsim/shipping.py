"""发货信息管理 (upload_shipping_info and its like): what the shop says has left, and when the money it holds is set free."""

import sqlite3
from typing import Any

from flask import Blueprint, request

from wxsim import orders
from wxsim.clock import rfc3339
from wxsim.open_api import OpenApiError, open_call
from wxsim.shipping_rules import Told, read
from wxsim.tokens import check_token, read_json
from wxsim.world import World

blueprint = Blueprint("shipping", __name__)
_DAY = 86400
RECEIVED_AFTER = {1: 10 * _DAY, 2: 2 * _DAY, 3: 2 * _DAY, 4: 2 * _DAY}
"""Seconds after all has left until it counts as received, by logistics_type."""
SETTLED_AFTER = _DAY
"""Seconds from receipt until the money is the shop's."""
TO_SHIP, SHIPPED, RECEIVED, DONE, REFUNDED = 1, 2, 3, 4, 5
STATE_WORDS = {TO_SHIP: "待发货", SHIPPED: "已发货", RECEIVED: "已收货", DONE: "交易完成", REFUNDED: "已退款"}
_MOST = 100


@open_call(blueprint, "POST", "/wxa/sec/order/upload_shipping_info", "shipping-upload")
def upload_shipping_info(world: World) -> dict[str, Any]:
    """Takes parcels until all have left, then one correction that puts others in their place."""
    check_token(world, "shipping-upload")
    told = read(world.config.mchid, read_json(request.get_data()))
    about = {"call": "shipping-upload", "openid": told.openid, "transaction_id": told.transaction_id}
    if (chosen := world.faults.strike("shipping-refused", about)) is not None:
        raise OpenApiError(int(chosen.get("errcode", 10060004)), chosen.get("errmsg", "支付单处于不可发货的状态"))
    with world.books.writing() as tx:
        trade = _trade(tx, told.transaction_id, told.out_trade_no)
        if trade["openid"] != told.openid:
            raise OpenApiError(10060031, "该笔支付单不属于 openid 所指定的用户")
        if _refunded(tx, trade):
            raise OpenApiError(10060004, "支付单处于不可发货的状态")
        _take(tx, trade["out_trade_no"], told, world.clock.now())
    return {"errcode": 0, "errmsg": "ok"}


def _take(tx: sqlite3.Connection, number: str, told: Told, now: float) -> None:
    known = tx.execute("SELECT * FROM shipments WHERE out_trade_no = ?", (number,)).fetchone()
    if known is not None and known["finished"] >= 2:
        raise OpenApiError(10060003, "支付单已使用重新发货机会")
    if known is not None and known["finished"] == 1 and not told.complete:
        raise OpenApiError(10060002, "支付单已完成发货，无法继续发货")
    if known is not None and told.at <= known["upload_time"]:
        raise OpenApiError(268485216, "上传时间非法，请修改后重试")
    before = {tuple(row) for row in tx.execute(
        "SELECT express_company, tracking_no FROM shipped_parcels WHERE out_trade_no = ?", (number,))}
    parcels = {(each.company, each.number) for each in told.parcels}
    if known is not None and parcels <= before and told.complete <= known["finished"]:
        raise OpenApiError(10060023, "发货信息未更新")
    if known is not None and known["finished"]:
        tx.execute("DELETE FROM shipped_parcels WHERE out_trade_no = ?", (number,))
    tx.executemany(
        "INSERT OR REPLACE INTO shipped_parcels VALUES (?, ?, ?, ?, ?, ?)",
        [(number, each.company, each.number, each.description, each.contact, told.at) for each in told.parcels])
    tx.execute(
        "INSERT INTO shipments (out_trade_no, logistics_type, delivery_mode, upload_time, finished, shipped_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (out_trade_no) DO UPDATE SET delivery_mode = excluded.delivery_mode,"
        " upload_time = excluded.upload_time, finished = finished + excluded.finished,"
        " shipped_at = coalesce(shipped_at, excluded.shipped_at)",
        (number, told.logistics_type, told.mode, told.at, int(told.complete), now if told.complete else None))


@open_call(blueprint, "POST", "/wxa/sec/order/get_order", "shipping-order")
def get_order(world: World) -> dict[str, Any]:
    """One payment with what left of it and how its money stands."""
    check_token(world, "shipping-order")
    given = read_json(request.get_data())
    number = given.get("merchant_trade_no") if given.get("merchant_id") in (None, world.config.mchid) else None
    trade = _trade(world.books, given.get("transaction_id"), number)
    return {"errcode": 0, "errmsg": "ok", "order": shown(world, trade)}


@open_call(blueprint, "POST", "/wxa/sec/order/get_order_list", "shipping-list")
def get_order_list(world: World) -> dict[str, Any]:
    """The payments, newest first, by time, payer and state; `last_index` of one page is where the next begins."""
    check_token(world, "shipping-list")
    given = read_json(request.get_data())
    times = given.get("pay_time_range") or {}
    size, after = given.get("page_size", _MOST), given.get("last_index") or ""
    numbers = [size, given.get("order_state", 0), *times.values()] if isinstance(times, dict) else [None]
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in numbers) or not 1 <= size <= _MOST:
        raise OpenApiError(10060014, "参数错误")
    rows = world.books.rows(
        "SELECT * FROM trades WHERE state = 'SUCCESS' AND (:openid IS NULL OR openid = :openid) AND paid_at >= :since"
        " AND paid_at <= :until AND (:after = '' OR printf('%017.4f', paid_at) < :after) ORDER BY paid_at DESC",
        {"openid": given.get("openid"), "since": times.get("begin_time", 0), "until": times.get("end_time", 1 << 40),
         "after": after})
    listed = [(row, shown(world, row)) for row in rows]
    wanted = [each for each in listed if given.get("order_state") in (None, each[1]["order_state"])]
    page = wanted[:size]
    last = f"{page[-1][0]['paid_at']:017.4f}" if page else after
    return {"errcode": 0, "errmsg": "ok", "last_index": last, "has_more": len(wanted) > size,
            "order_list": [each for _, each in page]}


@open_call(blueprint, "POST", "/wxa/sec/order/notify_confirm_receive", "shipping-remind")
def notify_confirm_receive(world: World) -> dict[str, Any]:
    """Reminds the payer, once, to confirm that a courier's parcels came."""
    check_token(world, "shipping-remind")
    given = read_json(request.get_data())
    if not isinstance(given.get("received_time"), int) or isinstance(given.get("received_time"), bool):
        raise OpenApiError(47001, "data format error: received_time")
    with world.books.writing() as tx:
        trade = _trade(tx, given.get("transaction_id"), given.get("merchant_trade_no"))
        told = tx.execute("SELECT * FROM shipments WHERE out_trade_no = ?", (trade["out_trade_no"],)).fetchone()
        if told is None or told["logistics_type"] != 1 or state_of(world, trade) != SHIPPED:
            raise OpenApiError(10060004, "支付单处于不可提醒的状态")
        if told["reminded_at"] is not None:
            raise OpenApiError(10060014, "每个订单仅可提醒一次")
        tx.execute("UPDATE shipments SET reminded_at = ? WHERE out_trade_no = ?", (world.clock.now(), trade["out_trade_no"]))
    return {"errcode": 0, "errmsg": "ok"}


@open_call(blueprint, "POST", "/wxa/sec/order/is_trade_managed", "trade-managed")
def is_trade_managed(world: World) -> dict[str, Any]:
    """Whether this mini-program must say what it ships: always."""
    check_token(world, "trade-managed")
    if read_json(request.get_data()).get("appid") != world.config.appid:
        raise OpenApiError(40013, "invalid appid")
    return {"errcode": 0, "errmsg": "ok", "is_trade_managed": True}


def receive(world: World, out_trade_no: str) -> bool:
    """The payer taps 确认收货 in WeChat; False when there is nothing to confirm."""
    trade = world.books.row("SELECT * FROM trades WHERE out_trade_no = ?", (out_trade_no,))
    if trade is None or trade["state"] != "SUCCESS" or state_of(world, trade) != SHIPPED:
        return False
    with world.books.writing() as tx:
        tx.execute("UPDATE shipments SET received_at = ? WHERE out_trade_no = ?", (world.clock.now(), out_trade_no))
    return True


def state_of(world: World, trade: sqlite3.Row) -> int:
    """order_state of a paid trade: 1 to ship, 2 shipped, 3 received, 4 done and settled, 5 refunded."""
    if _refunded(world.books, trade):
        return REFUNDED
    received_at = received(world, trade)
    told = _told(world, trade)
    if told is None or not told["finished"]:
        return TO_SHIP
    if received_at is None:
        return SHIPPED
    return DONE if world.clock.now() >= received_at + SETTLED_AFTER else RECEIVED


def received(world: World, trade: sqlite3.Row) -> float | None:
    """When the goods were received: by the payer's tap, or by itself; None while they were not."""
    told = _told(world, trade)
    if told is None or told["shipped_at"] is None:
        return None
    by_itself = told["shipped_at"] + RECEIVED_AFTER[told["logistics_type"]]
    at = min(told["received_at"] or by_itself, by_itself)
    return at if at <= world.clock.now() else None


def is_frozen(world: World, trade: sqlite3.Row) -> bool:
    """Whether WeChat still holds the money."""
    return state_of(world, trade) in (TO_SHIP, SHIPPED, RECEIVED)


def parcels_of(world: World, out_trade_no: str) -> list[sqlite3.Row]:
    """The parcels that the shop has told of, in the order of telling."""
    return world.books.rows(
        "SELECT * FROM shipped_parcels WHERE out_trade_no = ? ORDER BY upload_time, rowid", (out_trade_no,))


def shown(world: World, trade: sqlite3.Row) -> dict[str, Any]:
    """The payment as get_order shows it."""
    told = _told(world, trade)
    order: dict[str, Any] = {
        "transaction_id": trade["transaction_id"], "merchant_id": world.config.mchid, "sub_merchant_id": "",
        "merchant_trade_no": trade["out_trade_no"], "description": trade["description"], "paid_amount": trade["total"],
        "openid": trade["openid"], "trade_create_time": int(trade["made_at"]), "pay_time": int(trade["paid_at"]),
        "order_state": state_of(world, trade), "in_complaint": False, "is_frozen": is_frozen(world, trade)}
    listed = [{"tracking_no": row["tracking_no"], "express_company": row["express_company"], "goods_desc": row["item_desc"],
               "upload_time": int(row["upload_time"]), "contact": {"receiver_contact": row["contact"] or ""}}
              for row in parcels_of(world, trade["out_trade_no"])]
    shipping: dict[str, Any] = {"finish_shipping": False, "finish_shipping_count": 0, "shipping_list": []}
    if told is not None:
        shipping = {
            "delivery_mode": told["delivery_mode"], "logistics_type": told["logistics_type"],
            "finish_shipping": bool(told["finished"]), "finish_shipping_count": told["finished"],
            "goods_desc": listed[0]["goods_desc"] if listed else "", "shipping_list": listed}
    return {**order, "shipping": shipping}


def as_told(world: World, row: sqlite3.Row) -> dict[str, Any]:
    """A shipment for the control API."""
    trade = orders.by_out_trade_no(world, row["out_trade_no"])
    return {
        "out_trade_no": row["out_trade_no"], "transaction_id": trade["transaction_id"], "logistics_type": row["logistics_type"],
        "delivery_mode": row["delivery_mode"], "finished": row["finished"], "upload_time": rfc3339(row["upload_time"]),
        "order_state": state_of(world, trade), "is_frozen": is_frozen(world, trade),
        "parcels": [{"express_company": each["express_company"], "tracking_no": each["tracking_no"],
                     "item_desc": each["item_desc"], "contact": each["contact"]}
                    for each in parcels_of(world, row["out_trade_no"])]}


def _told(world: World, trade: sqlite3.Row) -> sqlite3.Row | None:
    return world.books.row("SELECT * FROM shipments WHERE out_trade_no = ?", (trade["out_trade_no"],))


def _trade(books: Any, transaction_id: object, out_trade_no: object) -> sqlite3.Row:
    sql = "SELECT * FROM trades WHERE state = 'SUCCESS' AND transaction_id = ?" if transaction_id else (
        "SELECT * FROM trades WHERE state = 'SUCCESS' AND out_trade_no = ?")
    value = (str(transaction_id or out_trade_no or ""),)
    rows = books.rows(sql, value) if hasattr(books, "rows") else books.execute(sql, value).fetchall()
    if not rows:
        raise OpenApiError(10060001, "支付单不存在")
    return rows[0]


def _refunded(books: Any, trade: sqlite3.Row) -> bool:
    sql, value = "SELECT sum(amount) AS fen FROM refunds WHERE out_trade_no = ? AND status = 'SUCCESS'", (trade["out_trade_no"],)
    rows = books.rows(sql, value) if hasattr(books, "rows") else books.execute(sql, value).fetchall()
    return (rows[0]["fen"] or 0) >= trade["total"]
