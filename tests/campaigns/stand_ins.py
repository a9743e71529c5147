"""What stands in for the world in a random campaign: time that is moved by hand, ids from a seed, a WeChat that is strict."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_pay_answers import RefundState, Trade, TradeState
from tests.fakes import FakePay

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@dataclass
class HandClock:
    """Business time that only the player moves."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at


class Seeded:
    """In place of `secrets`: the same ids in every run."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self.randbits, self.randbelow = self._random.getrandbits, self._random.randrange


class StrictPay(FakePay):
    """The scripted WeChat with the time to pay, and with what it refuses."""

    clock: HandClock
    expires: dict[str, datetime]

    def look(self, number: str) -> None:
        trade = self.trades.get(number)
        if trade is not None and trade.state == TradeState.NOTPAY and self.clock.now() >= self.expires[number]:
            self.trades[number] = replace(trade, state=TradeState.CLOSED)

    def prepay(self, out_trade_no: str, description: str, total_fen: int, openid: str, expires_at: datetime,
               notify_url: str) -> str:
        if out_trade_no in self.trades and not (self.fail.get("prepay") or self.after.get("prepay")):
            self.look(out_trade_no)
            known = self.trades[out_trade_no]
            assert known.total_fen == total_fen, "the same number with another amount"
            if known.paid or known.state == TradeState.CLOSED:
                self._called("prepay", out_trade_no)
                raise WeChatRefused("ORDERPAID" if known.paid else "ORDER_CLOSED")
        self.expires.setdefault(out_trade_no, expires_at)
        return super().prepay(out_trade_no, description, total_fen, openid, expires_at, notify_url)

    def query(self, out_trade_no: str) -> Trade:
        self.look(out_trade_no)
        return super().query(out_trade_no)

    def refund(self, out_trade_no: str, out_refund_no: str, refund_fen: int, total_fen: int, reason: str, notify_url: str) -> Any:
        trade = self.trades[out_trade_no]
        others = [each for number, each in self.refunds.items() if each.out_trade_no == out_trade_no and number != out_refund_no
                  and each.state != RefundState.CLOSED]
        assert trade.paid and sum(each.refund_fen for each in others) + refund_fen <= (trade.total_fen or 0), "more than was paid"
        return super().refund(out_trade_no, out_refund_no, refund_fen, total_fen, reason, notify_url)
