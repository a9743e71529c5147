"""The /v3 calls: JSAPI order, query, close, refunds, platform certificates."""

from typing import Any

from flask import Blueprint, request

from wxsim import cashier, orders, refunds
from wxsim.answers import Answer
from wxsim.clock import rfc3339
from wxsim.fields import Group, Text
from wxsim.gate import pay_call
from wxsim.pay_errors import NOT_FOUND, PARAM_ERROR
from wxsim.signing import seal
from wxsim.world import World

blueprint = Blueprint("pay", __name__)
_TRANSACTIONS = "/v3/pay/transactions"
_REFUNDS = "/v3/refund/domestic/refunds"
_CLOSE = Group({"mchid": Text(32)})
_RETRY = Group(
    {"out_refund_no": Text(64), "type": Text(32, shape="USER_BANK_CARD|MERCHANT_BANK_CARD")},
    {"bank_type": Text(16), "bank_account": Text(1024), "real_name": Text(1024)},
)


@pay_call(blueprint, "POST", f"{_TRANSACTIONS}/jsapi", "order")
def order(world: World, body: dict[str, Any]) -> Answer:
    """JSAPI下单: a prepay_id."""
    prepay_id = orders.place(world, body)
    about = {"call": "order", "out_trade_no": body["out_trade_no"], "openid": body["payer"]["openid"]}
    if world.faults.strike("callback-before-answer", about) is not None:
        cashier.pay(world, body["out_trade_no"], wait=True)
    return Answer(200, {"prepay_id": prepay_id})


@pay_call(blueprint, "GET", f"{_TRANSACTIONS}/out-trade-no/<out_trade_no>", "query")
def query(world: World, body: dict[str, Any], out_trade_no: str) -> Answer:
    """商户订单号查询订单."""
    _our_mchid(world, request.args.get("mchid"))
    return Answer(200, orders.as_answer(world, orders.by_out_trade_no(world, out_trade_no)))


@pay_call(blueprint, "GET", f"{_TRANSACTIONS}/id/<transaction_id>", "query-by-transaction")
def query_by_transaction(world: World, body: dict[str, Any], transaction_id: str) -> Answer:
    """微信支付订单号查询订单."""
    _our_mchid(world, request.args.get("mchid"))
    return Answer(200, orders.as_answer(world, orders.by_transaction_id(world, transaction_id)))


@pay_call(blueprint, "POST", f"{_TRANSACTIONS}/out-trade-no/<out_trade_no>/close", "close")
def close(world: World, body: dict[str, Any], out_trade_no: str) -> Answer:
    """关闭订单: 204 with an empty body."""
    _CLOSE.check(body, "")
    _our_mchid(world, body["mchid"])
    trade = orders.by_out_trade_no(world, out_trade_no)
    about = {"call": "close", "out_trade_no": out_trade_no, "openid": trade["openid"]}
    if trade["state"] == "NOTPAY" and world.faults.strike("close-loses", about) is not None:
        cashier.pay(world, out_trade_no, wait=False)
    orders.close(world, out_trade_no)
    if (late := world.faults.strike("payment-after-close", about)) is not None:
        with world.books.writing() as tx:
            at = world.clock.now() + float(late.get("seconds", 0))
            tx.execute("UPDATE trades SET pays_itself_at = ? WHERE out_trade_no = ?", (at, out_trade_no))
    return Answer(204, None, wakes_delivery=True)


@pay_call(blueprint, "POST", _REFUNDS, "refund")
def refund(world: World, body: dict[str, Any]) -> Answer:
    """申请退款: accepted, not yet done."""
    row = refunds.ask(world, body)
    return _shown(world, row)


@pay_call(blueprint, "GET", f"{_REFUNDS}/<out_refund_no>", "refund-query")
def refund_query(world: World, body: dict[str, Any], out_refund_no: str) -> Answer:
    """查询单笔退款."""
    return _shown(world, refunds.find(world, out_refund_no))


@pay_call(blueprint, "POST", f"{_REFUNDS}/<refund_id>/apply-abnormal-refund", "refund-abnormal")
def refund_abnormal(world: World, body: dict[str, Any], refund_id: str) -> Answer:
    """发起异常退款."""
    _RETRY.check(body, "")
    return _shown(world, refunds.retry_abnormal(world, refund_id, body["out_refund_no"]))


@pay_call(blueprint, "GET", "/v3/certificates", "certificates")
def certificates(world: World, body: dict[str, Any]) -> Answer:
    """下载平台证书: each sealed with the APIv3 key."""
    listed = world.keys.certificates()
    if not listed:
        raise NOT_FOUND("无可用的平台证书，请使用微信支付公钥")
    data = [
        {
            "serial_no": certificate.serial,
            "effective_time": rfc3339(certificate.valid_from),
            "expire_time": rfc3339(certificate.valid_until),
            "encrypt_certificate": seal(world.config.api_v3_key, certificate.pem.encode(), "certificate"),
        }
        for certificate in listed
    ]
    return Answer(200, {"data": data})


def _shown(world: World, row: Any) -> Answer:
    trade = orders.by_out_trade_no(world, row["out_trade_no"])
    return Answer(200, refunds.as_answer(row, trade), wakes_delivery=True)


def _our_mchid(world: World, mchid: str | None) -> None:
    if mchid != world.config.mchid:
        raise PARAM_ERROR("参数错误：/mchid 与商户号不符", detail={"field": "mchid", "location": "query"})
