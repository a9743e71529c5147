"""Decisions about money from WeChat."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from backend.kernel.errors import Refused
from backend.payments.rules import (
    Difference,
    Expected,
    Told,
    bill_is_ready,
    clean_note,
    compare,
    misfit,
    newest_bill,
    next_query,
    send_at,
)
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


@pytest.mark.parametrize(("text", "kept"), [
    (" 与顾客  电话\n核对 ", "与顾客 电话 核对"), ("a\x00b\u200bc", "a b c"), ("e\u0301", "é"), ("x" * 200, "x" * 200), ("X", "X")])
def test_notes_as_they_are_kept(text: str, kept: str) -> None:
    assert clean_note(text) == kept


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "x" * 201])
def test_notes_that_are_none(text: str) -> None:
    with pytest.raises(Refused) as no:
        clean_note(text)
    assert (no.value.code, no.value.details) == ("note_needed", {"limit": 200})


@pytest.mark.parametrize(("now", "day", "ready"), [
    ("2026-03-03T01:59:59+00:00", date(2026, 3, 2), False), ("2026-03-03T02:00:00+00:00", date(2026, 3, 2), True),
    ("2026-03-03T02:00:00+00:00", date(2026, 3, 3), False), ("2026-05-31T15:59:59+00:00", date(2026, 3, 2), True),
    ("2026-05-31T16:00:00+00:00", date(2026, 3, 2), False)])
def test_wechat_has_a_bill_from_ten_of_the_next_day_for_ninety_days(now: str, day: date, ready: bool) -> None:
    assert bill_is_ready(datetime.fromisoformat(now), day) == ready


@pytest.mark.parametrize(("now", "day"), [
    ("2026-03-03T01:59:59+00:00", date(2026, 3, 1)), ("2026-03-03T02:00:00+00:00", date(2026, 3, 2)),
    ("2026-03-03T15:59:59+00:00", date(2026, 3, 2)), ("2026-03-03T16:00:00+00:00", date(2026, 3, 2))])
def test_the_newest_bill(now: str, day: date) -> None:
    assert newest_bill(datetime.fromisoformat(now)) == day


def test_comparing_books() -> None:
    assert compare("payment", {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "d": 4}) == [
        Difference("payment", "b", "amount", 2, 5), Difference("payment", "c", "missing_there", 3, None),
        Difference("payment", "d", "missing_here", None, 4)]
    assert compare("payment", {}, {}) == []


def test_money_that_went_back_never_comes_again() -> None:
    assert REFUND.is_final("succeeded") and PAYMENT.is_final("succeeded") and PAYMENT.is_final("surplus")
    assert PAYMENT.allows("closed", "surplus") and not PAYMENT.allows("succeeded", "closed")
