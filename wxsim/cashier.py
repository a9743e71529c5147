"""The payer's tap: what the phone and WeChat do between wx.requestPayment and the money having moved."""

import sqlite3
from typing import Any

from wxsim import notifications, numbers, orders
from wxsim.signing import verified
from wxsim.world import World

_PARAMETERS = {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
_PREFIX = "prepay_id="


class TapRefused(Exception):
    """The phone shows an error instead of a cashier, or the payment does not go through."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def open_cashier(world: World, openid: str, params: dict[str, Any]) -> str:
    """The out_trade_no that these parameters let this user pay, as the phone checks them; or TapRefused."""
    strings = isinstance(params, dict) and all(isinstance(value, str) for value in params.values())
    if not strings or set(params) != _PARAMETERS:
        raise TapRefused(400, "PARAM_ERROR", f"params must be exactly these strings: {', '.join(sorted(_PARAMETERS))}")
    if params["appId"] != world.config.appid:
        raise TapRefused(400, "APPID_MISMATCH", "appId is not this mini-program's")
    if params["signType"] != "RSA" or not params["timeStamp"].isdigit() or not 1 <= len(params["nonceStr"]) <= 32:
        raise TapRefused(400, "PARAM_ERROR", "signType must be RSA, timeStamp seconds, nonceStr 1 to 32 characters")
    parts = (params["appId"], params["timeStamp"], params["nonceStr"], params["package"])
    if not verified(world.config.merchant_public_key, params["paySign"], *parts):
        raise TapRefused(400, "SIGN_ERROR", "支付验证签名失败")
    if not params["package"].startswith(_PREFIX):
        raise TapRefused(400, "PARAM_ERROR", "package must begin with prepay_id=")
    return check_prepay(world, openid, params["package"].removeprefix(_PREFIX))


def check_prepay(world: World, openid: str, prepay_id: str) -> str:
    """The out_trade_no of a prepay_id that this user may still pay; or TapRefused."""
    prepay = world.books.row("SELECT * FROM prepays WHERE prepay_id = ?", (prepay_id,))
    if prepay is None:
        raise TapRefused(404, "PREPAY_UNKNOWN", "no such prepay_id")
    out_trade_no = prepay["out_trade_no"]
    trade = orders.by_out_trade_no(world, out_trade_no)
    if trade["openid"] != openid:
        raise TapRefused(403, "PAYER_MISMATCH", "下单账号与支付账号不一致")
    if world.faults.strike("close-wins", {"out_trade_no": out_trade_no, "openid": openid}) is not None:
        orders.close(world, out_trade_no)
        trade = orders.by_out_trade_no(world, out_trade_no)
    state, now = orders.state_of(world, trade), world.clock.now()
    if state in ("SUCCESS", "REFUND"):
        raise TapRefused(409, "ORDERPAID", "该订单已支付")
    if state == "CLOSED":
        raise TapRefused(409, "ORDER_CLOSED", "订单已关闭")
    if orders.expired(trade, now):
        raise TapRefused(409, "ORDER_EXPIRED", "已超过支付截止时间")
    early = world.faults.strike("prepay-expired", {"out_trade_no": out_trade_no, "openid": openid}) is not None
    if early or now > prepay["made_at"] + orders.PREPAY_SECONDS:
        raise TapRefused(409, "PREPAY_EXPIRED", "支付会话已过期，请重新下单")
    return out_trade_no


def pay(world: World, out_trade_no: str, *, wait: bool, even_closed: bool = False) -> tuple[sqlite3.Row, bool]:
    """Moves the money once and starts the notification; gives the trade and whether it was delivered already.

    With `wait` the first attempt is made here, otherwise in the background. A trade that is not open any more is
    TapRefused, unless `even_closed` (a payment that was in flight when the trade was closed).
    """
    now = world.clock.now()
    with world.books.writing() as tx:
        paid = tx.execute(
            "UPDATE trades SET state = 'SUCCESS', transaction_id = ?, paid_at = ?, pays_itself_at = NULL"
            " WHERE out_trade_no = ? AND (state = 'NOTPAY' OR (state = 'CLOSED' AND ?))",
            (numbers.transaction_id(now), now, out_trade_no, even_closed),
        )
        if paid.rowcount == 0:
            raise TapRefused(409, "ORDER_NOT_OPEN", "订单已支付或已关闭")
        trade = tx.execute("SELECT * FROM trades WHERE out_trade_no = ?", (out_trade_no,)).fetchone()
        notification = notifications.of_payment(world, tx, trade, claimed=wait)
    if not wait:
        world.delivery.wake()
        return trade, False
    return trade, notification is not None and world.delivery.deliver(notification)


def refuse(world: World, out_trade_no: str) -> None:
    """The payer leaves the cashier without paying; the trade stays open."""
    with world.books.writing() as tx:
        tx.execute("UPDATE trades SET refused_at = ? WHERE out_trade_no = ?", (world.clock.now(), out_trade_no))
