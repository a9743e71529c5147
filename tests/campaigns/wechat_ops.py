"""What WeChat does, and time: payments, news of them, ends of refunds, jumps of the clock."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from backend.gateways.wechat_pay_answers import RefundState
from backend.kernel.actors import WECHAT
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.confirm_refund import confirm_refund
from tests.campaigns.both_sides import BothSides
from tests.campaigns.oracle import Refund

MISFITS = {"wrong_mchid": {"mchid": "1900000999"}, "wrong_appid": {"appid": "wxffffffffffffffff"},
           "wrong_currency": {"currency": "USD"}, "wrong_amount": {}, "wrong_payer": {"payer_openid": "openid-somebody"}}
"""Ways in which a payment is not the one that was asked for, as the quarantine calls them."""


class WeChatOps(BothSides):
    """What WeChat does, and time: payments, news of them, ends of refunds, jumps of the clock."""

    def tap(self) -> None:
        """A shopper pays at WeChat; its news is told none, one or many times, some time."""
        open_ones = [each for each in self.attempts.values() if each.trade and each.trade.payable(self.oracle.now)]
        if not open_ones:
            return
        attempt = self.rng.choice(open_ones[-8:])
        assert attempt.trade is not None
        self.say(f"{attempt.order.member} pays {attempt.id} of {self.tell(attempt.order)} at WeChat")
        attempt.trade.state = "SUCCESS"
        trade = self.pay.pay(attempt.id)
        copies = self.rng.choices((0, 1, 2, 5), (15, 60, 20, 5))[0]
        self.news += [("payment", trade, "")] * copies
        if self.rng.random() < 0.15:
            wrong = self.rng.choice(list(MISFITS))
            changes: dict[str, Any] = MISFITS[wrong] or {"total_fen": (trade.total_fen or 0) + self.rng.choice((1, -1))}
            self.news.append(("payment", replace(trade, **changes), wrong))
        if self.rng.random() < 0.02:
            self.news.append(("payment", replace(trade, out_trade_no=f"pay_none{self.number}"), "unknown"))

    def hear(self) -> None:
        """Some news arrives: the newest, the oldest, any; some will come again."""
        if not self.news:
            return
        at = self.rng.choice((0, -1, self.rng.randrange(len(self.news))))
        what, told, wrong = self.news[at]
        if self.rng.random() < 0.8:
            self.news.pop(at)
        if what == "payment":
            attempt = None if wrong == "unknown" else self.attempts[told.out_trade_no]
            want = self.do_told(f"told {wrong} {told.out_trade_no} is paid", lambda: confirm_payment(self.ctx(WECHAT), trade=told),
                                lambda: self.oracle.told_paid(attempt, told.out_trade_no, told.transaction_id, wrong))
            if want == "surplus":
                self._name_refunds()
        else:
            refund = self.refunds[told.out_refund_no]
            self.do_told(f"told {told.out_refund_no} is {told.state}", lambda: confirm_refund(self.ctx(WECHAT), result=told),
                         lambda: self.oracle.told_refund(refund, str(told.state)))

    def do_told(self, told: str, real: Callable[[], str], rule: Callable[[], str]) -> Any:
        """News that was cut off may have been applied; told again it is then known."""
        killed = self.kills
        return self.do(told, real, rule, lambda got: None if got == "known" and self.kills > killed else got)

    def end_refund(self) -> None:
        """WeChat brings a refund to its end, or a person does so on its platform; its news may be told."""
        going = [each for each in self.refunds.values() if each.wechat in ("PROCESSING", "ABNORMAL")]
        if not going:
            return
        refund = self.rng.choice(going)
        self._end_refund(refund, self.rng.choices(("SUCCESS", "ABNORMAL", "CLOSED"), (6, 2, 2))[0])
        self.news += [("refund", self.pay.refunds[refund.id], "")] * self.rng.choice((0, 1, 1, 3))

    def _end_refund(self, refund: Refund, how: str) -> None:
        self.say(f"WeChat: {refund.id} is {how}")
        refund.wechat = how
        self.pay.refunds[refund.id] = replace(self.pay.refunds[refund.id], state=RefundState(how), success_at=self.clock.at)

    def later(self) -> None:
        """The clock jumps: a little, to the last moment of an order or just past it, over a limit."""
        waiting = [order.pay_before for order in self.payable()]
        to = self.rng.choice(waiting) if waiting and self.rng.random() < 0.3 else None
        by = (to - self.clock.at + timedelta(microseconds=self.rng.choice((-1, 0, 1))) if to else timedelta(
            seconds=self.rng.choices((20, 62, 300, 1000, 8 * 3600, 86_400, 11 * 86_400), (20, 15, 10, 4, 2, 1, 1))[0]))
        self.say(f"{by} later")
        self.move(max(by, timedelta()))
