"""What the phone page shows, read from the books and put into plain values."""

import hashlib
import sqlite3
from typing import Any

from wxsim import orders, people, shipping, subscribe
from wxsim.cashier import TapRefused
from wxsim.clock import china
from wxsim.world import World

_SHOWN_TRADES = 20
_SHOWN_WIRE = 40
_SHOWN_USERS = 60
_STATES = {"NOTPAY": "待支付", "SUCCESS": "支付成功", "REFUND": "已退款", "CLOSED": "已关闭"}
_REFUND_STATES = {"PROCESSING": "退款中", "SUCCESS": "已退款", "ABNORMAL": "退款异常", "CLOSED": "退款关闭"}
_CALLS = {
    "order": "下单",
    "query": "查询订单",
    "query-by-transaction": "查询订单",
    "close": "关闭订单",
    "refund": "申请退款",
    "refund-query": "查询退款",
    "refund-abnormal": "异常退款",
    "certificates": "下载平台证书",
    "tradebill": "申请交易账单",
    "fundflowbill": "申请资金账单",
    "billdownload": "下载账单",
    "login": "小程序登录",
    "token": "接口凭据",
    "phone": "手机号",
    "callback": "通知商户",
    "text-check": "文字安全检测",
    "media-check": "图片安全检测",
    "media-fetch": "取图检测",
    "subscribe-send": "订阅消息",
    "code-image": "小程序码",
    "push": "事件推送",
    "shipping-upload": "上传发货信息",
    "shipping-order": "查询发货",
    "shipping-list": "发货列表",
    "shipping-remind": "提醒收货",
    "trade-managed": "查询交易管理",
}
_NOTICE_STATES = {
    "delivered": "商户已收到通知",
    "pending": "通知等待发送",
    "sending": "正在通知商户",
    "lost": "通知已丢失（故障）",
    "given_up": "通知已放弃",
}


def users(world: World) -> list[dict[str, Any]]:
    """The users, those whose trades are newest first."""
    rows = world.books.rows(
        "SELECT name, openid, (SELECT max(made_at) FROM trades WHERE trades.openid = users.openid) AS last,"
        " (SELECT count(*) FROM trades WHERE trades.openid = users.openid) AS trades"
        " FROM users ORDER BY coalesce(last, made_at) DESC LIMIT ?",
        (_SHOWN_USERS,),
    )
    return [{"name": row["name"], "trades": row["trades"], "hue": _hue(row["name"])} for row in rows]


def phone(world: World, person: sqlite3.Row) -> dict[str, Any]:
    """One user's phone: the cashier that is open, what else can be paid, the newest trades, a log-in code."""
    rows = world.books.rows(
        "SELECT * FROM trades WHERE openid = ? ORDER BY made_at DESC LIMIT ?", (person["openid"], _SHOWN_TRADES)
    )
    shown = [trade(world, row) for row in rows]
    payable = [one for one in shown if one["payable"]]
    waiting = [one for one in payable if not one["refused"]]
    cashier = waiting[0] if waiting else None
    return {
        "name": person["name"],
        "openid": person["openid"],
        "hue": _hue(person["name"]),
        "code": _login_code(world, person["name"]),
        "cashier": cashier,
        "payable": [one for one in payable if one is not cashier],
        "trades": [one for one in shown if not one["payable"]],
        "messages": [{**one, "at": _moment(one["at"])} for one in subscribe.inbox(world, person["openid"], 20)],
        "templates": subscribe.balances(world, person["openid"]),
    }


def trade(world: World, row: sqlite3.Row) -> dict[str, Any]:
    """A trade with its refunds and the fate of its notification."""
    now, state = world.clock.now(), orders.state_of(world, row)
    prepay = world.books.row("SELECT max(made_at) AS at FROM prepays WHERE out_trade_no = ?", (row["out_trade_no"],))
    opened_at = prepay["at"] if prepay and prepay["at"] is not None else 0.0
    refunds = world.books.rows("SELECT * FROM refunds WHERE out_trade_no = ? ORDER BY made_at", (row["out_trade_no"],))
    refunded = sum(one["amount"] for one in refunds if one["status"] == "SUCCESS")
    live = now <= opened_at + orders.PREPAY_SECONDS and not orders.expired(row, now)
    return {
        "out_trade_no": row["out_trade_no"],
        "transaction_id": row["transaction_id"],
        "description": row["description"],
        "yuan": yuan(row["total"]),
        "state": state,
        "state_text": _state_text(state, live, row["total"], refunded),
        "payable": state == "NOTPAY" and live,
        "refused": row["refused_at"] is not None and row["refused_at"] >= opened_at,
        "at": _moment(row["paid_at"] or row["made_at"]),
        "until": f"{china(row['expires_at']):%H:%M}" if row["expires_at"] else "",
        "notices": _notices(world, row["out_trade_no"]),
        "shipping": _shipping(world, row) if state in ("SUCCESS", "REFUND") else None,
        "refunds": [
            {"yuan": yuan(one["amount"]), "state_text": _REFUND_STATES[one["status"]], "at": _moment(one["made_at"])}
            for one in refunds
        ],
    }


def wire_log(world: World) -> list[dict[str, Any]]:
    """The newest calls and notifications."""
    rows = world.books.rows("SELECT * FROM wire ORDER BY id DESC LIMIT ?", (_SHOWN_WIRE,))
    return [
        {
            **dict(row),
            "name": _CALLS.get(row["call"], row["call"]),
            "at": f"{china(row['at']):%H:%M:%S}",
            "good": (row["status"] or 0) in (200, 204),
        }
        for row in rows
    ]


def newest_prepay(world: World, out_trade_no: str) -> str:
    """The trade's newest prepay_id; TapRefused when it has none."""
    row = world.books.row(
        "SELECT prepay_id FROM prepays WHERE out_trade_no = ? ORDER BY made_at DESC, rowid DESC", (out_trade_no,)
    )
    if row is None:
        raise TapRefused(404, "PREPAY_UNKNOWN", "没有这笔订单")
    return row["prepay_id"]


def stamp(world: World, name: str | None) -> str:
    """A short text that changes when the user's trades, prepays, refunds, notifications, parcels or messages do."""
    person = people.find(world, name) if name else None
    row = world.books.row(
        "SELECT (SELECT count(*) FROM users),"
        " (SELECT count(*) || max(made_at) || max(coalesce(paid_at, closed_at, refused_at, 0)) || group_concat(state)"
        "  FROM trades WHERE openid = :openid),"
        " (SELECT count(*) FROM prepays JOIN trades USING (out_trade_no) WHERE openid = :openid),"
        " (SELECT group_concat(status) FROM refunds JOIN trades USING (out_trade_no) WHERE openid = :openid),"
        " (SELECT group_concat(notifications.state) || sum(attempts)"
        "  FROM notifications JOIN trades USING (out_trade_no) WHERE openid = :openid),"
        " (SELECT max(id) FROM inbox WHERE openid = :openid),"
        " (SELECT group_concat(finished) || max(upload_time) || count(received_at)"
        "  FROM shipments JOIN trades USING (out_trade_no) WHERE openid = :openid),"
        " (SELECT sum(balance) FROM consents WHERE openid = :openid)",
        {"openid": person["openid"] if person else ""},
    )
    return hashlib.sha256(repr(tuple(row or ())).encode()).hexdigest()[:16]


def yuan(fen: int) -> str:
    """88.00 for 8800."""
    return f"{fen // 100:,}.{fen % 100:02d}"


def _login_code(world: World, name: str) -> str | None:
    row = world.books.row(
        "SELECT code FROM codes WHERE user = ? AND kind = 'login' AND used_at IS NULL AND made_at > ?"
        " ORDER BY made_at DESC, rowid DESC",
        (name, world.clock.now() - people.CODE_SECONDS),
    )
    return row["code"] if row else None


def _notices(world: World, out_trade_no: str) -> list[str]:
    rows = world.books.rows(
        "SELECT * FROM notifications WHERE out_trade_no = ? AND out_refund_no IS NULL ORDER BY seq", (out_trade_no,)
    )
    return [
        _NOTICE_STATES[row["state"]] + (f"（第{row['attempts']}次）" if row["attempts"] > 1 else "") for row in rows
    ]


def _shipping(world: World, row: sqlite3.Row) -> dict[str, Any]:
    """How goods and money of a paid trade stand, in WeChat's words."""
    state = shipping.state_of(world, row)
    return {
        "text": shipping.STATE_WORDS[state],
        "parcels": [f"{one['express_company']} {one['tracking_no']}".strip() or one["item_desc"]
                    for one in shipping.parcels_of(world, row["out_trade_no"])],
        "money": "已退回" if state == shipping.REFUNDED else "资金待结算" if shipping.is_frozen(world, row) else "资金已结算",
        "receivable": state == shipping.SHIPPED,
    }


def _state_text(state: str, live: bool, total: int, refunded: int) -> str:
    if state == "NOTPAY" and not live:
        return "已过期"
    if state == "REFUND" and refunded < total:
        return "部分退款" if refunded else "退款中"
    return _STATES[state]


def _moment(at: float) -> str:
    return f"{china(at):%m-%d %H:%M:%S}"


def _hue(name: str) -> int:
    """One of eight colours, always the same for a name."""
    return hashlib.sha256(name.encode()).digest()[0] % 8
