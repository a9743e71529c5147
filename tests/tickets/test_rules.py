"""What may be written into a ticket, and when it may be opened again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.kernel.errors import Refused
from backend.tickets import rules
from backend.tickets.states import NEXT, TICKET, WORDS

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def code_of(call: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*args)
    return refused.value.code


def test_what_may_be_written() -> None:
    assert rules.check_text("  苹果坏了 ") == "苹果坏了" and rules.check_text("字" * 1000)
    assert rules.check_pictures(["a", "b"]) == ["a", "b"]
    assert rules.check_outcome("compensated", " 补偿 20 元 ") == "补偿 20 元"
    rules.check_length(199)


@pytest.mark.parametrize(("call", "args", "code"), [
    (rules.check_text, (" ",), "ticket_text"), (rules.check_text, ("字" * 1001,), "ticket_text"),
    (rules.check_category, ("nonsense",), "ticket_category"), (rules.check_pictures, (["a", "a"],), "ticket_pictures"),
    (rules.check_pictures, ([str(n) for n in range(10)],), "ticket_pictures"), (rules.check_length, (200,), "ticket_too_long"),
    (rules.check_outcome, ("solved", " "), "ticket_outcome"), (rules.check_outcome, ("settled", "好"), "ticket_outcome"),
    (rules.check_outcome, ("no_reply", "好"), "ticket_outcome"), (rules.check_outcome, ("solved", "字" * 201), "ticket_outcome"),
])
def test_what_is_refused(call: Callable[..., Any], args: tuple[Any, ...], code: str) -> None:
    assert code_of(call, *args) == code


@pytest.mark.parametrize(("state", "ago", "code"), [
    ("closed", timedelta(0), None), ("closed", timedelta(days=7) - timedelta(microseconds=1), None),
    ("closed", timedelta(days=7), "ticket_reopen_over"), ("open", None, "ticket_not_closed"),
    ("answered", None, "ticket_not_closed")])
def test_opening_again(state: str, ago: timedelta | None, code: str | None) -> None:
    closed_at = None if ago is None else NOW - ago
    assert rules.may_reopen(state, closed_at, NOW) == (code is None)
    if code:
        assert code_of(rules.check_reopen, state, closed_at, NOW) == code
    else:
        rules.check_reopen(state, closed_at, NOW)


def test_everything_has_words() -> None:
    assert set(WORDS) == set(NEXT) == set(TICKET.states)
    assert set(rules.STAFF_OUTCOMES) <= set(rules.OUTCOMES)
    assert all(zh and en for zh, en in [*rules.CATEGORIES.values(), *rules.OUTCOMES.values()])
