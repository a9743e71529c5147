"""Our payments and refunds against WeChat's own book, number by number and fen by fen (I07)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from backend.context import Context
from backend.infra.uow import reading
from backend.payments.models import Payment, PaymentException, Refund
from backend.payments.states import ABNORMAL, ASKED, CLOSED, SENT, SUCCEEDED, SURPLUS
from backend.queries.books.check import Violation

ASK = "Ask WeChat for this number (`check_payment`, `check_refund`); what does not fit is quarantined and listed."
PAYMENTS, REFUNDS, EXCEPTIONS = Payment.__table__, Refund.__table__, PaymentException.__table__
_PAYMENTS = select(PAYMENTS.c.id, PAYMENTS.c.state, PAYMENTS.c.amount_fen, PAYMENTS.c.transaction_id)
_REFUNDS = select(REFUNDS.c.id, REFUNDS.c.state, REFUNDS.c.amount_fen, REFUNDS.c.payment_id)
_ASIDE = select(EXCEPTIONS.c.number).where(EXCEPTIONS.c.kind.not_like("refund_%"))
PAID = (SUCCEEDED, SURPLUS)
MEANS = {"SUCCESS": SUCCEEDED, "PROCESSING": SENT, "ABNORMAL": ABNORMAL, "CLOSED": CLOSED}
"""What a refund's status at WeChat is with us."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """A trade or a refund in WeChat's book: `state` in its words; `of` is the transaction, or the trade refunded."""

    number: str
    state: str
    amount_fen: int
    of: str | None


def numbers_of(ctx: Context) -> tuple[dict[str, str], dict[str, str]]:
    """Our payments and refunds by number, each with the number of its trade: to ask for what a list did not hold."""
    with reading(ctx) as rd:
        payments = {row.id: row.id for row in rd.execute(_PAYMENTS)}
        return payments, {row.id: row.payment_id for row in rd.execute(_REFUNDS)}


def compare_with_wechat(ctx: Context, trades: Sequence[Theirs], refunds: Sequence[Theirs]) -> list[Violation]:
    """Every number on which we and WeChat disagree. What was quarantined is known and no fault.

    Both lists must be complete, and nothing under way: what WeChat has just decided may still be on its way to us.
    """
    with reading(ctx) as rd:
        our_payments = {row.id: row for row in rd.execute(_PAYMENTS)}
        our_refunds = {row.id: row for row in rd.execute(_REFUNDS)}
        aside = set(rd.execute(_ASIDE).scalars())
    found = [*_payments(our_payments, {each.number: each for each in trades}),
             *_refunds(our_refunds, {each.number: each for each in refunds})]
    return [violation for violation in found if next(iter(violation.ids.values())) not in aside]


def _payments(ours: Mapping[str, Any], theirs: Mapping[str, Theirs]) -> Iterator[Violation]:
    for number in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(number), theirs.get(number)
        applied = mine is not None and mine.state in PAID
        here = f"paid {mine.amount_fen} by {mine.transaction_id}" if applied else "not paid"
        paid = other is not None and other.state == "SUCCESS"
        there = f"paid {other.amount_fen} by {other.of}" if paid else "not paid"
        if here != there:
            yield Violation("I07.payments", {"payment_id": number}, here, there, ASK)


def _refunds(ours: Mapping[str, Any], theirs: Mapping[str, Theirs]) -> Iterator[Violation]:
    for number in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(number), theirs.get(number)
        if other is None and mine.state in (ASKED, ABNORMAL):
            continue  # not sent yet, or WeChat would not take it
        here = f"{mine.state} {mine.amount_fen} of {mine.payment_id}" if mine is not None else "nothing"
        there = f"{MEANS.get(other.state, other.state)} {other.amount_fen} of {other.of}" if other else "nothing"
        if here != there:
            yield Violation("I07.refunds", {"refund_id": number}, here, there, ASK)
