"""Decisions about money from WeChat."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.payments.rules import Difference, Expected, Told, compare, misfit, next_query, send_at
from backend.payments.states import PAYMENT, REFUND

NOW = datetime(2026, 3, 2, tzinfo=UTC)
EXPECTED = Expected("wx1", "1900", "o1", 500)
TOLD = Told("wx1", "1900", "o1", 500, "CNY")


@pytest.mark.parametrize(("change", "kind"), [
    ({}, None), ({"amount_fen": 499}, "wrong_amount"), ({"amount_fen": 501}, "wrong_amount"),
    ({"amount_fen": None}, "wrong_amount"),
    ({"currency": "USD"}, "wrong_currency"), ({"currency": None}, "wrong_currency"), ({"appid": "wx2"}, "wrong_appid"),
    ({"mchid": "1901"}, "wrong_mchid"), ({"openid": "o2"}, "wrong_payer"),
])
def test_r10_what_does_not_fit(change: dict[str, object], kind: str | None) -> None:
    assert misfit(EXPECTED, replace(TOLD, **change)) == kind  # type: ignore[arg-type]


def test_queries_slow_down() -> None:
    waits = [next_query(NOW, asked) - NOW for asked in range(12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=30), timedelta(hours=6))
    assert sum(waits[:4], timedelta()) < timedelta(minutes=10)


def test_refunds_of_one_payment_keep_a_minute_between_them() -> None:
    assert send_at(NOW, None) == NOW
    assert send_at(NOW, NOW - timedelta(minutes=5)) == NOW
    assert send_at(NOW, NOW) == NOW + timedelta(seconds=61)
    assert send_at(NOW, NOW + timedelta(seconds=61)) == NOW + timedelta(seconds=122)


def test_comparing_books() -> None:
    assert compare("payment", {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "d": 4}) == [
        Difference("payment", "b", "amount", 2, 5), Difference("payment", "c", "missing_there", 3, None),
        Difference("payment", "d", "missing_here", None, 4)]
    assert compare("payment", {}, {}) == []


def test_money_that_went_back_never_comes_again() -> None:
    assert REFUND.is_final("succeeded") and PAYMENT.is_final("succeeded") and PAYMENT.is_final("surplus")
    assert PAYMENT.allows("closed", "surplus") and not PAYMENT.allows("succeeded", "closed")
