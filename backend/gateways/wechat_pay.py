"""WeChat Pay v3 for a merchant's own mini-program: order, query, close, refund, bill, and reading notifications.

Every call ends in one of three ways: it returns (done, signed by WeChat), raises WeChatRefused (a definite no, signed
too), or raises WeChatUnknown (query by our own number before anything else).
"""

import re
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol, TypeVar
from urllib.parse import quote, urlencode

import httpx

from backend.gateways import wechat_pay_notifications
from backend.gateways.outcomes import WeChatRefused, WeChatUnknown, tame
from backend.gateways.strict_json import Broken, Fields
from backend.gateways.wechat_pay_answers import RefundResult, Trade, read_refund, read_trade
from backend.gateways.wechat_pay_bills import PACKED_BYTES, TradeBill, read_bill
from backend.gateways.wechat_pay_channel import Channel, unknown
from backend.gateways.wechat_pay_notifications import Notification
from backend.gateways.wechat_pay_signing import KeyRing, Merchant
from backend.gateways.wire import LOOPBACK, Wire
from backend.infra.clock import Clock
from backend.kernel.calendar import CHINA
from backend.kernel.money import whole

DESCRIPTION_BYTES = 127
REASON_BYTES = 80
_ORDER_NUMBER = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
_REFUND_NUMBER = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}")
_URL = re.compile(r"[\x21-\x7e]{1,2048}")
_PLATFORM_DOMAIN = ".mch.weixin.qq.com"

T = TypeVar("T")


class WeChatPay(Protocol):
    """What the use cases know of WeChat Pay. Every method may raise WeChatRefused or WeChatUnknown save the two pure
    ones, `client_params` and `read_notification`."""

    def prepay(self, out_trade_no: str, description: str, total_fen: int, openid: str, expires_at: datetime,
               notify_url: str) -> str: ...  # fmt: skip
    def client_params(self, prepay_id: str, now: datetime) -> dict[str, str]: ...
    def query(self, out_trade_no: str) -> Trade: ...
    def close(self, out_trade_no: str) -> None: ...
    def refund(self, out_trade_no: str, out_refund_no: str, refund_fen: int, total_fen: int, reason: str,
               notify_url: str) -> RefundResult: ...  # fmt: skip
    def query_refund(self, out_refund_no: str) -> RefundResult: ...
    def read_notification(self, headers: Mapping[str, str], raw_body: bytes, now: datetime) -> Notification: ...
    def trade_bill(self, day: date) -> TradeBill: ...


class WeChatPayClient:
    """The real thing, over `wire`; shared by threads and forked children. `clock` dates signatures and freshness."""

    def __init__(
        self, wire: Wire, appid: str, merchant: Merchant, ring: KeyRing, api_v3_key: str, clock: Clock
    ) -> None:
        if len(api_v3_key.encode()) != 32:
            raise ValueError("PAY_API_V3_KEY must be 32 characters")
        self._channel = Channel(wire, merchant, ring, clock)
        self._appid = appid
        self._merchant = merchant
        self._ring = ring
        self._api_v3_key = api_v3_key.encode()

    def prepay(
        self, out_trade_no: str, description: str, total_fen: int, openid: str, expires_at: datetime, notify_url: str
    ) -> str:
        """Open the order at WeChat and return its prepay_id (good for 2 hours).

        Called again with equal arguments it returns a fresh prepay_id; with others WeChat refuses. `expires_at` is the
        last moment to pay, by whole seconds. The description is cut to what WeChat takes.
        """
        if whole(total_fen) <= 0:
            raise ValueError("an order of nothing")
        if expires_at.tzinfo is None:
            raise ValueError("a time without zone")
        payload = {
            "appid": self._appid,
            "mchid": self._merchant.mchid,
            "description": _cut(description, DESCRIPTION_BYTES) or out_trade_no,
            "out_trade_no": _fit(_ORDER_NUMBER, out_trade_no),
            "time_expire": expires_at.astimezone(CHINA).isoformat(timespec="seconds"),
            "notify_url": _notify_url(notify_url),
            "amount": {"total": total_fen, "currency": "CNY"},
            "payer": {"openid": openid},
        }
        return self._channel.ask("POST", "/v3/pay/transactions/jsapi", payload, lambda answer: answer.text("prepay_id"))

    def client_params(self, prepay_id: str, now: datetime) -> dict[str, str]:
        """The arguments of wx.requestPayment, signed as of `now`; no call is made."""
        timestamp, nonce, package = str(int(now.timestamp())), secrets.token_hex(16), f"prepay_id={prepay_id}"
        return {
            "appId": self._appid,
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._merchant.sign(self._appid, timestamp, nonce, package),
        }

    def query(self, out_trade_no: str) -> Trade:
        """The order as WeChat has it now; WeChatRefused with `unknown_number` if it was never opened."""
        target = f"{_order_path(out_trade_no)}?{urlencode({'mchid': self._merchant.mchid})}"
        return self._channel.ask(
            "GET", target, None, lambda answer: _same(read_trade(answer), "out_trade_no", out_trade_no)
        )

    def close(self, out_trade_no: str) -> None:
        """Nobody can pay the order afterwards; closing it again is fine. WeChatRefused with `already_paid` when late.

        A payment may win the race, so query after closing before anything is released.
        """
        payload = {"mchid": self._merchant.mchid}
        try:
            self._channel.ask("POST", f"{_order_path(out_trade_no)}/close", payload, lambda answer: None)
        except WeChatRefused as error:
            if not error.already_closed:
                raise

    def refund(
        self, out_trade_no: str, out_refund_no: str, refund_fen: int, total_fen: int, reason: str, notify_url: str
    ) -> RefundResult:
        """Ask for `refund_fen` of the `total_fen` paid back; returning means accepted, `state` tells how far it is.

        The same number never refunds twice, so every retry uses it again.
        """
        if not 0 < whole(refund_fen) <= whole(total_fen):
            raise ValueError("a refund of nothing, or of more than was paid")
        payload = {
            "out_trade_no": _fit(_ORDER_NUMBER, out_trade_no),
            "out_refund_no": _fit(_REFUND_NUMBER, out_refund_no),
            "notify_url": _notify_url(notify_url),
            "amount": {"refund": refund_fen, "total": total_fen, "currency": "CNY"},
        }
        if words := _cut(reason, REASON_BYTES):
            payload["reason"] = words
        return self._channel.ask("POST", "/v3/refund/domestic/refunds", payload, lambda answer: _same(
            _same(read_refund(answer), "out_refund_no", out_refund_no), "out_trade_no", out_trade_no))  # fmt: skip

    def query_refund(self, out_refund_no: str) -> RefundResult:
        """The refund as WeChat has it now; WeChatRefused with `unknown_number` if it was never accepted."""
        target = f"/v3/refund/domestic/refunds/{quote(_fit(_REFUND_NUMBER, out_refund_no), safe='')}"
        return self._channel.ask("GET", target, None, lambda answer: _same(
            read_refund(answer), "out_refund_no", out_refund_no))  # fmt: skip

    def read_notification(self, headers: Mapping[str, str], raw_body: bytes, now: datetime) -> Notification:
        """Prove and read a callback; BadSignature or BadNotification (both Refused). Makes no call, keeps no state."""
        return wechat_pay_notifications.read(self._ring, self._api_v3_key, headers, raw_body, now)

    def trade_bill(self, day: date) -> TradeBill:
        """All payments and refunds of a China day (from 10:00 the next day, three months back), proved by its hash.

        A day without a bill is an empty one marked `missing`; a bill not ready yet is WeChatRefused STATEMENT_CREATING.
        """
        query = urlencode({"bill_date": day.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"})
        try:
            sha1, target = self._channel.ask("GET", f"/v3/bill/tradebill?{query}", None, self._bill_place)
        except WeChatRefused as error:
            if error.code in ("NO_STATEMENT_EXIST", "NOSTATEMENTEXIST"):
                return TradeBill(day, (), missing=True)
            raise
        answer = self._channel.send("GET", target, b"", PACKED_BYTES)
        if answer.status != 200:
            raise unknown("no bill file", answer)
        try:
            return read_bill(day, answer.body, sha1)
        except Broken as error:
            raise WeChatUnknown(str(error), status=answer.status, request_id=answer.request_id) from error

    def _bill_place(self, answer: Fields) -> tuple[str, str]:
        """The promised SHA-1 and where the file lies; only WeChat's own host is ever asked."""
        if answer.text("hash_type") != "SHA1":
            raise Broken("hash_type is not SHA1")
        try:
            url = httpx.URL(answer.text("download_url", _URL))
        except httpx.InvalidURL as error:
            raise Broken("download_url is not an address") from error
        base = self._channel.base
        ours = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
        sister = base.host.endswith(_PLATFORM_DOMAIN) and url.host.endswith(_PLATFORM_DOMAIN)
        if url.userinfo or not (ours or (sister and url.scheme == "https" and url.port is None)):
            raise Broken("download_url leads elsewhere")
        return answer.text("hash_value", _SHA1), url.raw_path.decode("ascii")


def _same(found: T, name: str, asked: str) -> T:
    """`found`, if it is about the number that was asked for: a signature does not say which question it answers."""
    if getattr(found, name) != asked:
        raise Broken(f"{name} is not the one asked for")
    return found


def _order_path(out_trade_no: str) -> str:
    return f"/v3/pay/transactions/out-trade-no/{quote(_fit(_ORDER_NUMBER, out_trade_no), safe='')}"


def _fit(pattern: re.Pattern[str], number: str) -> str:
    if not pattern.fullmatch(number):
        raise ValueError(f"{number!r} cannot be a number at WeChat Pay")
    return number


def _cut(text: str, size: int) -> str:
    """One line of at most `size` bytes, no character cut in two: WeChat counts characters here and bytes there."""
    return tame(text, size).encode()[:size].decode(errors="ignore").strip()


def _notify_url(url: str) -> str:
    parsed = httpx.URL(url)
    safe = parsed.scheme == "https" or (parsed.scheme == "http" and parsed.host in LOOPBACK)
    if not safe or parsed.query or parsed.fragment or len(url) > 255:
        raise ValueError("notify_url must be https (http on loopback only), at most 255 long and without a query")
    return url
