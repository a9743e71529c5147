"""Many at once: one payment per trade, never more refunded than paid, one trade per number, every answer signed."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.wxsim.merchant import Merchant
from tests.wxsim.shop import Shop
from tests.wxsim_server import ControlRefused, Wxsim


def at_once(number: int, act: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(act, range(number)))


def test_twenty_taps_pay_once(wx: Wxsim, merchant: Merchant, shop: Shop) -> None:
    params = merchant.order("race-taps", 700)

    def tap(number: int) -> str:
        try:
            return wx.pay("甲", params)["trade_state"]
        except ControlRefused as refused:
            return str(refused.code)

    outcomes = Counter(at_once(20, tap))
    assert outcomes["SUCCESS"] == 1 and set(outcomes) <= {"SUCCESS", "ORDERPAID", "ORDER_NOT_OPEN"}
    assert len(shop.taken) == 1 and len(wx.trade("race-taps")["notifications"]) == 1


def test_twenty_orders_of_one_number_make_one_trade(wx: Wxsim, merchant: Merchant) -> None:
    body = merchant.order_body("race-orders")
    answers = at_once(20, lambda number: merchant.call("POST", "/v3/pay/transactions/jsapi", body))
    assert {status for status, _ in answers} == {200}
    assert len({answer["prepay_id"] for _, answer in answers}) == 20
    assert len([trade for trade in wx.trades() if trade["out_trade_no"] == "race-orders"]) == 1


def test_closing_and_paying_have_one_winner(wx: Wxsim, merchant: Merchant) -> None:
    for round_ in range(8):
        number = f"race-winner-{round_}"
        params = merchant.order(number)

        def act(which: int, number: str = number, params: dict[str, str] = params) -> str:
            if which:
                return merchant.close(number)[1].get("code", "CLOSED")
            try:
                return wx.pay("甲", params)["trade_state"]
            except ControlRefused as refused:
                return str(refused.code)

        paid, closed = at_once(2, act)
        state = merchant.query(number)[1]["trade_state"]
        assert (paid == "SUCCESS", closed, state) in {(True, "ORDERPAID", "SUCCESS"), (False, "CLOSED", "CLOSED")}


@pytest.mark.parametrize("same_number", [True, False])
def test_twenty_refunds_at_once(wx: Wxsim, merchant: Merchant, same_number: bool) -> None:
    trade = f"race-refund-{same_number}"
    merchant.paid(trade, 1000)

    def ask(number: int) -> int:
        return merchant.refund(trade, f"{trade}-{0 if same_number else number}", 600, 1000)[0]

    statuses = Counter(at_once(20, ask))
    assert statuses == ({200: 20} if same_number else {200: 1, 400: 19})
    assert [refund["amount"] for refund in wx.refunds(trade)] == [600]
