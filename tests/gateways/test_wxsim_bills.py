"""The daily bill from the stand-in process: what we paid and refunded, to the fen; and faults that are noticed."""

import pytest

from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.kernel.calendar import business_day


@pytest.fixture
def traded(own, sell):
    """A seller after a day of trade (paid 1234 and 99 999, refunded 234), at 11 o'clock the next China day."""
    seller = sell(own)
    seller.wx.move_clock((20 * 3600 - (seller.now.timestamp() + 8 * 3600) % 86400) % 86400)
    day = business_day(seller.now)
    first, second = seller.paid(fen=1234), seller.paid("another", fen=99_999)
    refund = seller.refund(first, 234).out_refund_no
    unpaid = seller.order()
    seller.wx.move_clock(15 * 3600)
    assert business_day(seller.now) > day
    return seller, day, (first, second, refund, unpaid)


def test_the_bill_is_the_day_s_trade_and_its_faults_are_noticed(traded):
    seller, day, (first, second, refund, unpaid) = traded
    pay = seller.gateways.pay
    bill = pay.trade_bill(day)
    assert (bill.day, bill.missing) == (day, False)
    payments = {row.out_trade_no: row for row in bill.rows if not row.is_refund}
    refunds = {row.out_refund_no: row for row in bill.rows if row.is_refund}
    assert {number: row.total_fen for number, row in payments.items()} == {first: 1234, second: 99_999}
    assert {number: row.refund_fen for number, row in refunds.items()} == {refund: 234}
    assert refunds[refund].out_trade_no == first and unpaid not in payments
    trade = pay.query(first)
    row = payments[first]
    assert (row.transaction_id, row.appid, row.mchid, row.currency, row.state) == (
        trade.transaction_id, trade.appid, trade.mchid, "CNY", "SUCCESS")  # fmt: skip
    assert abs((row.at - trade.success_at).total_seconds()) < 1
    assert refunds[refund].refund_id == pay.query_refund(refund).refund_id

    seller.wx.fault("bill-byte-order-mark")
    assert pay.trade_bill(day) == bill
    for fault in ("bill-wrong-hash", "bill-truncated"):
        seller.wx.fault(fault)
        with pytest.raises(WeChatUnknown):
            pay.trade_bill(day)
    for fault in ("answer-lost", "answer-502", "answer-503"):
        for call in ("tradebill", "billdownload"):
            seller.wx.fault(fault, call=call)
            with pytest.raises(WeChatUnknown):
                pay.trade_bill(day)
    seller.wx.fault("bill-not-ready")
    with pytest.raises(WeChatRefused) as caught:
        pay.trade_bill(day)
    assert caught.value.code == "STATEMENT_CREATING"
    seller.wx.fault("bill-row-changed", row_of=first, fen=1)
    assert {row.total_fen for row in pay.trade_bill(day).rows if row.out_trade_no == first and not row.is_refund} == {
        1235
    }
    assert pay.trade_bill(day) == bill


def test_a_day_without_trade_and_a_day_that_is_not_over(seller):
    bill = seller.gateways.pay.trade_bill(business_day(seller.now).replace(day=1, month=10))
    assert (bill.rows, bill.missing) == ((), True)
    with pytest.raises(WeChatRefused):
        seller.gateways.pay.trade_bill(business_day(seller.now))
