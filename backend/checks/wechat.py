"""Our payments, refunds and what left against WeChat's own book, number by number and fen by fen (I07)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from backend.checks.check import Violation
from backend.context import Context
from backend.fulfilment.models import Parcel, ShippingUpload
from backend.fulfilment.states import SENT as SENT_UPLOAD
from backend.infra.uow import reading
from backend.payments.models import Payment, PaymentException, Refund
from backend.payments.states import ABNORMAL, ASKED, CLOSED, SENT, SUCCEEDED, SURPLUS

ASK = "Ask WeChat for this number (`check_payment`, `check_refund`); what does not fit is quarantined and listed."
PARCELS, UPLOADS = Parcel.__table__, ShippingUpload.__table__
PAYMENTS, REFUNDS, EXCEPTIONS = Payment.__table__, Refund.__table__, PaymentException.__table__
_PAYMENTS = select(PAYMENTS.c.id, PAYMENTS.c.state, PAYMENTS.c.amount_fen, PAYMENTS.c.transaction_id)
_REFUNDS = select(REFUNDS.c.id, REFUNDS.c.state, REFUNDS.c.amount_fen, REFUNDS.c.payment_id)
_ASIDE = select(EXCEPTIONS.c.number).where(EXCEPTIONS.c.kind.not_like("refund_%"))
_TOLD = select(PAYMENTS.c.id, PAYMENTS.c.order_id, UPLOADS.c.state, UPLOADS.c.completions).join(
    UPLOADS, UPLOADS.c.order_id == PAYMENTS.c.order_id).where(PAYMENTS.c.state == SUCCEEDED)
_PARCELS = select(PARCELS.c.order_id, PARCELS.c.courier, PARCELS.c.tracking_number)
TELL = "Correct the parcel, or have WeChat told once more (`retry_shipping_upload`); one correction is all that it takes."
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


@dataclass(frozen=True, slots=True)
class TheirShipping:
    """What WeChat knows to have left of a payment: how often it was complete, and the parcels (courier, number)."""

    number: str
    completions: int
    parcels: frozenset[tuple[str, str]]


def compare_shipping(ctx: Context, shipping: Sequence[TheirShipping]) -> list[Violation]:
    """Every payment of which WeChat should know what left and does not, or knows what never left here. What waits to be told,
    and what WeChat would not hear, is listed elsewhere."""
    with reading(ctx) as rd:
        ours = {row.id: row for row in rd.execute(_TOLD)}
        parcels: dict[str, set[tuple[str, str]]] = {}
        for row in rd.execute(_PARCELS):
            parcels.setdefault(row.order_id, set()).add((row.courier, row.tracking_number))
    found = []
    theirs = {each.number: each for each in shipping}
    for number in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(number), theirs.get(number)
        here = f"{mine.state}, {sorted(parcels.get(mine.order_id, ()))}" if mine is not None else "nothing left"
        there = f"complete {other.completions} times, {sorted(other.parcels)}" if other is not None else "nothing left"
        right = mine is not None and (mine.state != SENT_UPLOAD or (other is not None and mine.completions == other.completions
                                                                    and parcels.get(mine.order_id, set()) <= other.parcels))
        if not right:
            found.append(Violation("I07.shipping", {"payment_id": number}, here, there, TELL))
    return found


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
