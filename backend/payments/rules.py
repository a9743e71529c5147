"""Pure decisions about money from WeChat: does it fit, what becomes of it, when to ask again, how the bill compares."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from backend.kernel.calendar import at_china_time, business_day
from backend.payments.refusals import NOTE_NEEDED

QUERY_AFTER = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=10),
               timedelta(minutes=30), timedelta(hours=1), timedelta(hours=6))
"""Waits before WeChat is asked how a payment or refund ended; the last one repeats."""
PREPAY_LIVES = timedelta(minutes=110)
"""WeChat's prepay id lives two hours; ours is renewed a little earlier."""
REFUND_GAP = timedelta(seconds=61)
"""WeChat takes one refund a minute for the same order."""
MAX_REFUNDS = 50
NOTE_LENGTH = 200
BILL_READY = time(10)
"""When, on the next day, WeChat has made a bill."""
BILLS_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Expected:
    """What we asked WeChat for."""

    appid: str
    mchid: str
    openid: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Told:
    """What WeChat says was paid."""

    appid: str | None
    mchid: str | None
    openid: str | None
    amount_fen: int | None
    currency: str | None


def misfit(expected: Expected, told: Told) -> str | None:
    """The first thing in which a successful payment is not the one we asked for, or None when it fits."""
    for kind, good in (("wrong_mchid", told.mchid == expected.mchid), ("wrong_appid", told.appid == expected.appid),
                       ("wrong_currency", told.currency == "CNY"), ("wrong_amount", told.amount_fen == expected.amount_fen),
                       ("wrong_payer", told.openid == expected.openid)):
        if not good:
            return kind
    return None


def next_query(now: datetime, queries: int) -> datetime:
    """When to ask WeChat next, having asked `queries` times."""
    return now + QUERY_AFTER[min(queries, len(QUERY_AFTER) - 1)]


def clean_note(text: str) -> str:
    """What a person writes about money, as it is kept: one line, nothing invisible; refuses (`note_needed`) none and too much."""
    shown = "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in unicodedata.normalize("NFC", text))
    note = " ".join(shown.split())
    if not 1 <= len(note) <= NOTE_LENGTH:
        raise NOTE_NEEDED(limit=NOTE_LENGTH)
    return note


def bill_is_ready(now: datetime, day: date) -> bool:
    """Whether WeChat has the bill of a China day now."""
    return at_china_time(day + timedelta(days=1), BILL_READY) <= now and business_day(now) - day <= BILLS_KEPT


def newest_bill(now: datetime) -> date:
    """The latest China day whose bill WeChat has now."""
    yesterday = business_day(now) - timedelta(days=1)
    return yesterday if bill_is_ready(now, yesterday) else yesterday - timedelta(days=1)


def send_at(now: datetime, last_sent_at: datetime | None) -> datetime:
    """When a refund may be sent, given when the previous one of the same payment was (or will be)."""
    return now if last_sent_at is None else max(now, last_sent_at + REFUND_GAP)


@dataclass(frozen=True, slots=True)
class Difference:
    """A number on which the books disagree; None stands for "not there"."""

    kind: str
    number: str
    problem: str
    ours_fen: int | None
    theirs_fen: int | None


def compare(kind: str, ours: Mapping[str, int], theirs: Mapping[str, int]) -> list[Difference]:
    """Differences between our amounts and WeChat's, number by number."""
    found = []
    for number in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(number), theirs.get(number)
        if mine == other:
            continue
        problem = "missing_there" if other is None else "missing_here" if mine is None else "amount"
        found.append(Difference(kind, number, problem, mine, other))
    return found
