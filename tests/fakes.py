"""A scripted WeChat for tests of use cases: it keeps trades and refunds in memory and can be told to fail.

The real protocol is tested against wxsim; this one is for given/when/then on our own rules.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.gateways import Gateways
from backend.gateways.files import FolderFiles
from backend.gateways.outcomes import BadSignature, WeChatRefused, WeChatUnknown
from backend.gateways.refusals import LOGIN_CODE_REFUSED, PHONE_CODE_REFUSED
from backend.gateways.wechat_mini import Verdict, WxSession
from backend.gateways.wechat_pay_answers import RefundResult, RefundState, Trade, TradeState
from backend.gateways.wechat_push import PushReader
from backend.gateways.wechat_shipping import Shipped, Shipping, ShippingRefused
from backend.infra.settings import Settings
from backend.infra.uow import no_transaction_open

PAID_AT = datetime(2026, 3, 2, 4, 1, tzinfo=UTC)


@dataclass
class FakeMini:
    """Log-in codes are single-use: `codes["c1"] = "openid-1"`; phone codes: `phones["p1"] = "13800000000"`.

    `verdicts["word"] = "risky"` judges texts; `fail` and `after` as in FakePay.
    """

    codes: dict[str, str] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    shipped: dict[str, Shipped] = field(default_factory=dict)
    told_at: dict[str, datetime] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    fail: dict[str, list[Exception]] = field(default_factory=dict)
    after: dict[str, list[Exception]] = field(default_factory=dict)

    def check_text(self, openid: str, text: str, scene: int) -> Verdict:
        self._called("check_text", text)
        found = next((suggest for word, suggest in self.verdicts.items() if word in text), "pass")
        self._answered("check_text")
        return Verdict(found, 100 if found == "pass" else 20006)

    def check_picture(self, openid: str, url: str, scene: int) -> str:
        self._called("check_picture", url)
        trace_id = f"trace-{len(self.traces) + 1}"
        self.traces[trace_id] = url
        self._answered("check_picture")
        return trace_id

    def send_message(self, openid: str, template_id: str, page: str, fields: Any) -> None:
        self._called("send_message", template_id)
        self.messages.append((openid, template_id, page, dict(fields)))
        self._answered("send_message")

    def program_code(self, page: str, scene: str, width: int = 430) -> bytes:
        self._called("program_code", f"{page}?{scene}")
        return b"\xff\xd8\xff" + scene.encode()

    def session(self, code: str) -> WxSession:
        assert no_transaction_open()
        if code not in self.codes:
            raise LOGIN_CODE_REFUSED()
        openid = self.codes.pop(code)
        return WxSession(openid, f"union-{openid}")

    def phone(self, code: str, openid: str) -> str:
        assert no_transaction_open()
        if code not in self.phones:
            raise PHONE_CODE_REFUSED()
        return self.phones.pop(code)

    def upload_shipping(self, shipping: Shipping) -> None:
        """As WeChat does: parcels until all are there, then one correction; `at` newer each time."""
        self._called("upload_shipping", shipping.transaction_id)
        known = self.shipped.get(shipping.transaction_id, Shipped(1, 0, frozenset()))
        if known.completions == 2:
            raise ShippingRefused("10060003", "re-ship used up")
        assert self.told_at.get(shipping.transaction_id, shipping.at - timedelta(1)) < shipping.at, "not newer"
        assert shipping.complete or shipping.split
        self.told_at[shipping.transaction_id] = shipping.at
        parcels = frozenset((each.courier, each.number) for each in shipping.parcels if each.number)
        self.shipped[shipping.transaction_id] = Shipped(
            2 if shipping.complete else 1, known.completions + shipping.complete,
            parcels if known.completions else known.parcels | parcels)
        self._answered("upload_shipping")

    def shipping_of(self, transaction_id: str) -> Shipped:
        self._called("shipping_of", transaction_id)
        if transaction_id not in self.shipped:
            return Shipped(1, 0, frozenset())
        return self.shipped[transaction_id]

    def _called(self, name: str, number: str) -> None:
        assert no_transaction_open(), f"{name} inside a transaction"
        self.calls.append((name, number))
        if self.fail.get(name):
            raise self.fail[name].pop(0)

    def _answered(self, name: str) -> None:
        if self.after.get(name):
            raise self.after[name].pop(0)


@dataclass
class FakePay:
    """Trades by out_trade_no, refunds by out_refund_no. `fail[name]` holds exceptions that the next calls raise;
    `after[name]` those that are raised after the effect (the answer was lost)."""

    appid: str
    mchid: str
    trades: dict[str, Trade] = field(default_factory=dict)
    refunds: dict[str, RefundResult] = field(default_factory=dict)
    bills: dict[Any, Any] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    fail: dict[str, list[Exception]] = field(default_factory=dict)
    after: dict[str, list[Exception]] = field(default_factory=dict)
    before_prepay: Callable[[str], None] | None = None
    before_close: Callable[[str], None] | None = None
    settle_refunds: bool = True

    def _called(self, name: str, number: str) -> None:
        assert no_transaction_open(), f"{name} inside a transaction"
        self.calls.append((name, number))
        if self.fail.get(name):
            raise self.fail[name].pop(0)

    def _answered(self, name: str) -> None:
        if self.after.get(name):
            raise self.after[name].pop(0)

    def prepay(self, out_trade_no: str, description: str, total_fen: int, openid: str, expires_at: datetime,
               notify_url: str) -> str:
        if self.before_prepay:
            self.before_prepay(out_trade_no)
        self._called("prepay", out_trade_no)
        self.trades.setdefault(out_trade_no, Trade(
            TradeState.NOTPAY, out_trade_no, self.appid, self.mchid, None, total_fen, None, "CNY", openid, None))
        self._answered("prepay")
        return f"wx{hashlib.md5(f'{out_trade_no}{len(self.calls)}'.encode()).hexdigest()}"

    def client_params(self, prepay_id: str, now: datetime) -> dict[str, str]:
        return {"appId": self.appid, "timeStamp": str(int(now.timestamp())), "nonceStr": "n", "package": f"prepay_id={prepay_id}",
                "signType": "RSA", "paySign": "s"}

    def pay(self, out_trade_no: str, **changes: Any) -> Trade:
        """The shopper pays; `changes` makes the trade wrong on purpose. Returns what WeChat would notify."""
        trade = self.trades[out_trade_no]
        assert trade.state == TradeState.NOTPAY, trade.state
        paid = replace(trade, state=TradeState.SUCCESS, transaction_id=f"42{out_trade_no[-20:]}", payer_total_fen=trade.total_fen,
                       success_at=PAID_AT)
        self.trades[out_trade_no] = replace(paid, **changes)
        return self.trades[out_trade_no]

    def query(self, out_trade_no: str) -> Trade:
        self._called("query", out_trade_no)
        if out_trade_no not in self.trades:
            raise WeChatRefused("ORDER_NOT_EXIST", "order does not exist")
        return self.trades[out_trade_no]

    def close(self, out_trade_no: str) -> None:
        if self.before_close:
            self.before_close(out_trade_no)
        self._called("close", out_trade_no)
        trade = self.trades.get(out_trade_no)
        if trade is None:
            raise WeChatRefused("ORDER_NOT_EXIST", "order does not exist")
        if trade.paid:
            raise WeChatRefused("ORDERPAID", "order is paid")
        self.trades[out_trade_no] = replace(trade, state=TradeState.CLOSED)
        self._answered("close")

    def refund(self, out_trade_no: str, out_refund_no: str, refund_fen: int, total_fen: int, reason: str,
               notify_url: str) -> RefundResult:
        self._called("refund", out_refund_no)
        trade = self.trades[out_trade_no]
        state = RefundState.SUCCESS if self.settle_refunds else RefundState.PROCESSING
        result = RefundResult(state, out_refund_no, f"50{out_refund_no[-20:]}", out_trade_no, trade.transaction_id or "",
                              refund_fen, total_fen, refund_fen, "CNY", self.mchid, PAID_AT if self.settle_refunds else None)
        known = self.refunds.setdefault(out_refund_no, result)
        assert known.refund_fen == refund_fen, "the same number with another amount"
        self._answered("refund")
        return known

    def query_refund(self, out_refund_no: str) -> RefundResult:
        self._called("query_refund", out_refund_no)
        if out_refund_no not in self.refunds:
            raise WeChatRefused("RESOURCE_NOT_EXISTS", "refund does not exist")
        return self.refunds[out_refund_no]

    def read_notification(self, headers: Any, raw_body: bytes, now: datetime) -> Any:
        raise BadSignature("missing")

    def trade_bill(self, day: Any) -> Any:
        self._called("trade_bill", str(day))
        return self.bills[day]

    def refunded_fen(self) -> int:
        """All money that went back."""
        return sum(each.refund_fen for each in self.refunds.values() if each.state == RefundState.SUCCESS)


class FakeWorld:
    """All of WeChat, scripted."""

    def __init__(self) -> None:
        self.mini = FakeMini()
        self.pay = FakePay("", "")

    def gateways(self, settings: Settings) -> Gateways:
        self.pay.appid, self.pay.mchid = settings.wechat_appid, settings.pay_mchid
        push = PushReader(settings.push_token, settings.push_aes_key, settings.wechat_appid)
        return Gateways(mini=self.mini, pay=self.pay, push=push, files=FolderFiles(settings.data_dir / "files"),
                        private=FolderFiles(settings.data_dir / "private"))


LOST = WeChatUnknown("the answer was lost")
