"""JSAPI orders: placing, looking up, closing – and what the books then say of a trade."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from wxsim import numbers
from wxsim.clock import rfc3339
from wxsim.fields import Flag, Group, Several, Text, Whole, wrong
from wxsim.pay_errors import (
    APPID_MCHID_NOT_MATCH,
    CHANGED_PARAMETERS,
    NO_OPENID,
    ORDER_CLOSED,
    ORDER_NOT_EXIST,
    ORDER_PAID,
    PARAM_ERROR,
    WRONG_OPENID,
)
from wxsim.world import World

PREPAY_SECONDS = 7200
_DAY = 86400
_SELF_CLOSING_SECONDS = 7 * _DAY
_LONGEST_LIFE_SECONDS = 90 * _DAY
_SHORTEST_LIFE_SECONDS = 60
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)"
_STATE_TEXTS = {
    "NOTPAY": "订单未支付",
    "SUCCESS": "支付成功",
    "CLOSED": "订单已关闭",
    "REFUND": "订单发生过退款，退款详情请查询退款单",
}

OUT_TRADE_NO = Text(32, 6, r"[0-9A-Za-z_\-|*]+")
_GOODS = Group(
    {"merchant_goods_id": Text(32), "quantity": Whole(1), "unit_price": Whole(0)},
    {"wechatpay_goods_id": Text(32), "goods_name": Text(256)},
)
_SCENE = Group(
    {"payer_client_ip": Text(45)},
    {
        "device_id": Text(32),
        "store_info": Group({"id": Text(32)}, {"name": Text(256), "area_code": Text(32), "address": Text(512)}),
    },
)
ORDER = Group(
    {
        "appid": Text(32),
        "mchid": Text(32),
        "description": Text(127),
        "out_trade_no": OUT_TRADE_NO,
        "notify_url": Text(255),
        "amount": Group({"total": Whole(1)}, {"currency": Text(16, shape="CNY")}),
    },
    {
        "payer": Group({}, {"openid": Text(128)}),
        "time_expire": Text(64, shape=_TIME),
        "attach": Text(128),
        "goods_tag": Text(32),
        "support_fapiao": Flag(),
        "detail": Group({}, {"cost_price": Whole(0), "invoice_id": Text(32), "goods_detail": Several(_GOODS, 6000)}),
        "scene_info": _SCENE,
        "settle_info": Group({}, {"profit_sharing": Flag()}),
    },
)


def place(world: World, body: dict[str, Any]) -> str:
    """Opens the trade and gives a prepay_id, valid for 2 hours.

    The second time, identical parameters give a fresh prepay_id; other parameters, a paid or a dead trade are refused.
    """
    ORDER.check(body, "")
    openid = _payer(world, body)
    check_notify_url(body["notify_url"])
    print_of_body = fingerprint(body)
    now = world.clock.now()
    prepay = numbers.prepay_id(now)
    with world.books.writing() as tx:
        trade = tx.execute("SELECT * FROM trades WHERE out_trade_no = ?", (body["out_trade_no"],)).fetchone()
        if trade is None:
            expires_at = _expiry(body.get("time_expire"), now)
            tx.execute(
                "INSERT INTO trades (out_trade_no, openid, description, attach, notify_url, total, fingerprint,"
                " expires_at, made_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'NOTPAY')",
                (
                    body["out_trade_no"],
                    openid,
                    body["description"],
                    body.get("attach", ""),
                    body["notify_url"],
                    body["amount"]["total"],
                    print_of_body,
                    expires_at,
                    now,
                ),
            )
        elif trade["state"] == "SUCCESS":
            raise ORDER_PAID()
        elif state_of(world, trade) == "CLOSED" or expired(trade, now):
            raise ORDER_CLOSED()
        elif trade["fingerprint"] != print_of_body:
            raise CHANGED_PARAMETERS()
        tx.execute("INSERT INTO prepays VALUES (?, ?, ?)", (prepay, body["out_trade_no"], now))
    return prepay


def by_out_trade_no(world: World, out_trade_no: str) -> sqlite3.Row:
    """The trade's row, or ORDER_NOT_EXIST."""
    row = world.books.row("SELECT * FROM trades WHERE out_trade_no = ?", (out_trade_no,))
    if row is None:
        raise ORDER_NOT_EXIST()
    return row


def by_transaction_id(world: World, transaction_id: str) -> sqlite3.Row:
    """The paid trade's row, or ORDER_NOT_EXIST."""
    row = world.books.row("SELECT * FROM trades WHERE transaction_id = ?", (transaction_id,))
    if row is None:
        raise ORDER_NOT_EXIST()
    return row


def close(world: World, out_trade_no: str) -> None:
    """Closes an unpaid trade; a closed one stays closed, a paid one is refused with ORDERPAID."""
    with world.books.writing() as tx:
        trade = tx.execute("SELECT state FROM trades WHERE out_trade_no = ?", (out_trade_no,)).fetchone()
        if trade is None:
            raise ORDER_NOT_EXIST()
        if trade["state"] == "SUCCESS":
            raise ORDER_PAID()
        tx.execute(
            "UPDATE trades SET state = 'CLOSED', closed_at = coalesce(closed_at, ?) WHERE out_trade_no = ?",
            (world.clock.now(), out_trade_no),
        )


def state_of(world: World, trade: Mapping[str, Any] | sqlite3.Row) -> str:
    """NOTPAY, SUCCESS, CLOSED or REFUND (a refund was accepted). Unpaid trades close by themselves after 7 days."""
    if trade["state"] == "NOTPAY":
        closes_at = max(trade["made_at"] + _SELF_CLOSING_SECONDS, trade["expires_at"] or 0)
        return "CLOSED" if world.clock.now() >= closes_at else "NOTPAY"
    if trade["state"] == "SUCCESS":
        refund = world.books.row(
            "SELECT 1 FROM refunds WHERE out_trade_no = ? AND status <> 'CLOSED'", (trade["out_trade_no"],)
        )
        return "REFUND" if refund else "SUCCESS"
    return trade["state"]


def expired(trade: sqlite3.Row, now: float) -> bool:
    """Whether the last moment to pay has passed."""
    return trade["expires_at"] is not None and now > trade["expires_at"]


def as_answer(world: World, trade: Mapping[str, Any] | sqlite3.Row, state: str | None = None) -> dict[str, Any]:
    """The trade as the query and the notification show it."""
    state = state or state_of(world, trade)
    shown: dict[str, Any] = {
        "appid": world.config.appid,
        "mchid": world.config.mchid,
        "out_trade_no": trade["out_trade_no"],
        "trade_state": state,
        "trade_state_desc": _STATE_TEXTS[state],
        "attach": trade["attach"],
    }
    if trade["state"] != "SUCCESS":
        return {**shown, "payer": {}, "amount": {"total": trade["total"], "payer_currency": "CNY"}}
    return {
        **shown,
        "transaction_id": trade["transaction_id"],
        "trade_type": "JSAPI",
        "bank_type": "OTHERS",
        "success_time": rfc3339(trade["paid_at"]),
        "payer": {"openid": trade["openid"]},
        "amount": {
            "total": trade["total"],
            "payer_total": trade["total"],
            "currency": "CNY",
            "payer_currency": "CNY",
        },
        "promotion_detail": [],
    }


def check_notify_url(url: str) -> None:
    """https without query; plain http only to this machine itself."""
    parts = urlsplit(url)
    bare = not parts.query and not parts.fragment and "@" not in parts.netloc and "?" not in url
    if not bare or not parts.hostname or parts.scheme not in ("http", "https"):
        raise wrong("/notify_url", "应为不带参数的https地址")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise wrong("/notify_url", "应为https地址")


def fingerprint(body: dict[str, Any]) -> str:
    """A digest that is equal for equal parameters, in whatever order they were sent."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _payer(world: World, body: dict[str, Any]) -> str:
    if body["appid"] != world.config.appid or body["mchid"] != world.config.mchid:
        raise APPID_MCHID_NOT_MATCH()
    openid = body.get("payer", {}).get("openid")
    if openid is None:
        raise NO_OPENID()
    if world.books.row("SELECT 1 FROM users WHERE openid = ?", (openid,)) is None:
        raise WRONG_OPENID()
    return openid


def _expiry(text: str | None, now: float) -> float | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(re.sub("Z$", "+00:00", text)).timestamp()
    except ValueError as error:
        raise wrong("/time_expire", "不是合法的时间") from error
    if at <= now:
        raise PARAM_ERROR("参数错误：/time_expire 早于当前时间")
    if at > now + _LONGEST_LIFE_SECONDS:
        raise wrong("/time_expire", "超过90天")
    return max(at, now + _SHORTEST_LIFE_SECONDS)


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
