"""Our books against WeChat's, number by number: equal books have no fault, every difference is one (I07)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from backend.checks.wechat import Theirs, TheirShipping, compare_shipping, compare_with_wechat, numbers_of
from backend.gateways.wechat_shipping import ShippingRefused
from backend.usecases.send_refund import send_refund
from backend.usecases.upload_shipping import upload_shipping
from tests.given_orders import Shop

Books = tuple[list[Theirs], list[Theirs]]


def theirs(shop: Shop) -> Books:
    """WeChat's book, as the scripted WeChat has it."""
    trades, refunds = shop.world.pay.trades, shop.world.pay.refunds
    return ([Theirs(number, each.state.value, each.total_fen or 0, each.transaction_id)
             for number, each in trades.items()],
            [Theirs(number, each.state.value, each.refund_fen, each.out_trade_no) for number, each in refunds.items()])


@pytest.fixture
def lived(shop: Shop) -> Shop:
    """One order paid and partly refunded, one waiting to be paid."""
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id, _ = shop.paid(li, (apples, 2))
    [line] = shop.rows("select id from order_lines")
    send_refund(shop.ctx(), refund_id=shop.refund(order_id, [(line["id"], 1)])["refund_id"])
    shop.begin(li, shop.place(li, (apples, 1)))
    return shop


def test_equal_books_have_no_fault(lived: Shop) -> None:
    trades, refunds = theirs(lived)
    assert (len(trades), len(refunds)) == (2, 1)
    assert compare_with_wechat(lived.ctx(), trades, refunds) == []
    payments, back = numbers_of(lived.ctx())
    assert sorted(payments) == sorted(each.number for each in trades)
    assert back == {refunds[0].number: refunds[0].of}


def paid(books: Books) -> int:
    return next(i for i, each in enumerate(books[0]) if each.state == "SUCCESS")


def other_amount(books: Books) -> None:
    books[0][paid(books)] = replace(books[0][paid(books)], amount_fen=1)


def other_transaction(books: Books) -> None:
    books[0][paid(books)] = replace(books[0][paid(books)], of="4200000000")


def not_paid(books: Books) -> None:
    books[0][paid(books)] = replace(books[0][paid(books)], state="NOTPAY", of=None)


def missing_there(books: Books) -> None:
    del books[0][paid(books)]


def paid_behind_our_back(books: Books) -> None:
    [open_one] = [i for i, each in enumerate(books[0]) if each.state == "NOTPAY"]
    books[0][open_one] = replace(books[0][open_one], state="SUCCESS", of="4200000001")


def unknown_here(books: Books) -> None:
    books[0].append(Theirs("pay_unknown", "SUCCESS", 100, "4200000002"))


def refund_amount(books: Books) -> None:
    books[1][0] = replace(books[1][0], amount_fen=1)


def refund_closed(books: Books) -> None:
    books[1][0] = replace(books[1][0], state="CLOSED")


def refund_missing(books: Books) -> None:
    books[1].clear()


def refund_unknown(books: Books) -> None:
    books[1].append(Theirs("ref_unknown", "SUCCESS", 100, "pay_unknown"))


@pytest.mark.parametrize("change", [
    other_amount, other_transaction, not_paid, missing_there, paid_behind_our_back, unknown_here, refund_amount,
    refund_closed, refund_missing, refund_unknown,
])
def test_every_difference_is_a_fault(lived: Shop, change: Callable[[Books], None]) -> None:
    books = theirs(lived)
    change(books)
    [violation] = compare_with_wechat(lived.ctx(), *books)
    assert violation.check == ("I07.refunds" if "refund" in change.__name__ else "I07.payments")
    assert violation.found != violation.expected


def test_what_was_quarantined_is_known(lived: Shop) -> None:
    li = lived.shopper()
    payment_id = lived.begin(li, lived.place(li, (lived.goods("B1", 1000, 5), 1)))
    assert lived.notify(lived.world.pay.pay(payment_id, total_fen=1, payer_total_fen=1)) == "wrong_amount"
    assert compare_with_wechat(lived.ctx(), *theirs(lived)) == []


def test_a_refund_that_was_not_sent_yet_is_no_difference(lived: Shop) -> None:
    [order] = lived.rows("select id from orders where state = 'paid'")
    lived.refund(order["id"])
    assert compare_with_wechat(lived.ctx(), *theirs(lived)) == []


def what_left(shop: Shop) -> list[TheirShipping]:
    """WeChat's book of what left, as the scripted WeChat has it."""
    numbers = {row["transaction_id"]: row["id"] for row in shop.rows("select id, transaction_id from payments")}
    return [TheirShipping(numbers[transaction], each.completions, each.parcels)
            for transaction, each in shop.world.mini.shipped.items()]


@pytest.fixture
def shipped(shop: Shop) -> Shop:
    """One order shipped and told, one that WeChat would not hear of."""
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    for fails in ([], [ShippingRefused("10060004", "no")]):
        order, _ = shop.paid(li, (apples, 2))
        shop.ship(order)
        shop.world.mini.fail["upload_shipping"] = list(fails)
        upload_shipping(shop.ctx(), order_id=order)
    return shop


def test_what_left_is_what_wechat_knows(shipped: Shop) -> None:
    assert compare_shipping(shipped.ctx(), what_left(shipped)) == []


@pytest.mark.parametrize("change", [
    lambda _: [], lambda known: [replace(known[0], completions=2)], lambda known: [replace(known[0], parcels=frozenset())],
    lambda known: [*known, TheirShipping("pay_unknown", 1, frozenset())],
])
def test_every_difference_of_what_left_is_a_fault(
        shipped: Shop, change: Callable[[list[TheirShipping]], list[TheirShipping]]) -> None:
    [violation] = compare_shipping(shipped.ctx(), change(what_left(shipped)))
    assert violation.check == "I07.shipping" and violation.found != violation.expected
