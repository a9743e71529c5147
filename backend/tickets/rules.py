"""Pure decisions about tickets: what may be written, when the shop must answer, how one ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from backend.tickets.refusals import CATEGORY, NOT_CLOSED, OUTCOME, PICTURES, REOPEN_OVER, TEXT, TOO_LONG
from backend.tickets.states import CLOSED

CATEGORIES = {
    "goods": ("商品质量", "Goods"), "delivery": ("物流配送", "Delivery"), "aftersale": ("退款售后", "Refunds and returns"),
    "leader": ("团长服务", "Group leader"), "price": ("价格与活动", "Prices and offers"), "privacy": ("个人信息", "Personal data"),
    "other": ("其他问题", "Something else"),
}
"""What a complaint is about, in Chinese and English."""

OUTCOMES = {
    "solved": ("已解决", "Solved"), "compensated": ("已补偿", "Compensated"), "explained": ("已说明", "Explained"),
    "not_ours": ("非本店问题", "Not for us"), "settled": ("顾客确认解决", "Settled by the shopper"),
    "no_reply": ("顾客未再回复", "No further reply"),
}
"""How a ticket ends, in Chinese and English. The last two are the shopper's own word and silence."""
STAFF_OUTCOMES = ("solved", "compensated", "explained", "not_ours")

REOPEN_DAYS = 7
SILENT_DAYS = 7
MAX_OPEN = 10
MAX_MESSAGES = 200
MAX_PICTURES = 9
MAX_TEXT = 1000


def check_category(code: str) -> str:
    """The category; refuses one that does not exist."""
    if code not in CATEGORIES:
        raise CATEGORY()
    return code


def check_text(words: str) -> str:
    """What somebody writes, without spaces around it; refuses nothing and too much."""
    words = words.strip()
    if not 1 <= len(words) <= MAX_TEXT:
        raise TEXT(limit=MAX_TEXT)
    return words


def check_pictures(keys: Sequence[str]) -> list[str]:
    """The pictures of a message, each once; refuses too many."""
    if len(keys) > MAX_PICTURES or len(set(keys)) != len(keys):
        raise PICTURES(limit=MAX_PICTURES)
    return list(keys)


def check_length(messages: int) -> None:
    """Refuse another message in a ticket that has `messages` already, when it is long enough."""
    if messages >= MAX_MESSAGES:
        raise TOO_LONG(limit=MAX_MESSAGES)


def check_outcome(outcome: str, words: str) -> str:
    """The words of an outcome that staff chose; refuses another outcome, and none or too many words."""
    words = words.strip()
    if outcome not in STAFF_OUTCOMES or not 1 <= len(words) <= 200:
        raise OUTCOME()
    return words


def answer_due(now: datetime, hours: int) -> datetime:
    """When the shop must have answered."""
    return now + timedelta(hours=hours)


def silence_due(now: datetime) -> datetime:
    """When an answered ticket closes by itself."""
    return now + timedelta(days=SILENT_DAYS)


def check_reopen(state: str, closed_at: datetime | None, now: datetime) -> None:
    """Refuse to open a ticket again that is not closed, or was for too long."""
    if state != CLOSED or closed_at is None:
        raise NOT_CLOSED()
    if not may_reopen(state, closed_at, now):
        raise REOPEN_OVER(days=REOPEN_DAYS)


def may_reopen(state: str, closed_at: datetime | None, now: datetime) -> bool:
    """Whether the shopper may open it again now."""
    return state == CLOSED and closed_at is not None and now < closed_at + timedelta(days=REOPEN_DAYS)
