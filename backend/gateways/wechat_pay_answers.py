"""What WeChat Pay says about an order or a refund, as frozen values read strictly from its signed JSON."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.gateways.strict_json import Broken, Fields


class TradeState(StrEnum):
    """The documented states of an order; the last three come from other ways of paying than ours."""

    NOTPAY = "NOTPAY"
    SUCCESS = "SUCCESS"
    REFUND = "REFUND"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    USERPAYING = "USERPAYING"
    PAYERROR = "PAYERROR"


class RefundState(StrEnum):
    """PROCESSING until WeChat knows; ABNORMAL needs a person (the payer's account takes no money)."""

    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    CLOSED = "CLOSED"
    ABNORMAL = "ABNORMAL"


PAID_STATES = (TradeState.SUCCESS, TradeState.REFUND)


@dataclass(frozen=True, slots=True)
class Trade:
    """An order at WeChat. When `paid`, every field is there; otherwise what WeChat left out is None.

    `total_fen` is what was asked, `payer_total_fen` what the payer gave (less after WeChat's own coupons). Nothing here
    has been compared with our order: appid, mchid, payer, currency and amount are the caller's to check.
    """

    state: TradeState
    out_trade_no: str
    appid: str | None
    mchid: str
    transaction_id: str | None
    total_fen: int | None
    payer_total_fen: int | None
    currency: str | None
    payer_openid: str | None
    success_at: datetime | None

    @property
    def paid(self) -> bool:
        """WeChat has captured the money (REFUND: and has given some of it back)."""
        return self.state in PAID_STATES

    @property
    def over(self) -> bool:
        """It can never be paid any more, and was not."""
        return self.state in (TradeState.CLOSED, TradeState.REVOKED)


@dataclass(frozen=True, slots=True)
class RefundResult:
    """A refund at WeChat. `success_at` is there when `state` is SUCCESS; mchid and currency may be left out."""

    state: RefundState
    out_refund_no: str
    refund_id: str
    out_trade_no: str
    transaction_id: str
    refund_fen: int
    total_fen: int
    payer_refund_fen: int
    currency: str | None
    mchid: str | None
    success_at: datetime | None


def read_trade(fields: Fields) -> Trade:
    """The order in an answer or a notification; Broken if a promised field is missing or malformed."""
    amount = fields.part("amount")
    trade = Trade(
        state=fields.choice("trade_state", TradeState),
        out_trade_no=fields.text("out_trade_no"),
        appid=fields.maybe_text("appid"),
        mchid=fields.text("mchid"),
        transaction_id=fields.maybe_text("transaction_id"),
        total_fen=amount.maybe_fen("total"),
        payer_total_fen=amount.maybe_fen("payer_total"),
        currency=amount.maybe_text("currency"),
        payer_openid=fields.part("payer").maybe_text("openid"),
        success_at=fields.maybe_instant("success_time"),
    )
    told = (trade.appid, trade.transaction_id, trade.total_fen, trade.payer_total_fen, trade.currency,
            trade.payer_openid, trade.success_at)  # fmt: skip
    if trade.paid and None in told:
        raise Broken("a paid order without all of its fields")
    return trade


def read_refund(fields: Fields, state_name: str = "status") -> RefundResult:
    """The refund in an answer (`status`) or a notification (`refund_status`); Broken as `read_trade`."""
    amount = fields.part("amount")
    result = RefundResult(
        state=fields.choice(state_name, RefundState),
        out_refund_no=fields.text("out_refund_no"),
        refund_id=fields.text("refund_id"),
        out_trade_no=fields.text("out_trade_no"),
        transaction_id=fields.text("transaction_id"),
        refund_fen=amount.fen("refund"),
        total_fen=amount.fen("total"),
        payer_refund_fen=amount.fen("payer_refund"),
        currency=amount.maybe_text("currency"),
        mchid=fields.maybe_text("mchid"),
        success_at=fields.maybe_instant("success_time"),
    )
    if result.state is RefundState.SUCCESS and result.success_at is None:
        raise Broken("a refund succeeded without a time")
    if not 0 < result.refund_fen <= result.total_fen:
        raise Broken("a refund of nothing, or of more than was paid")
    return result
