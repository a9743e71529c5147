"""What may be asked after the sale: windows, kinds, units left and their worth; what staff may agree to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.aftersales import rules
from backend.aftersales.rules import BEFORE, KEPT, REFUND_ONLY, RETURN_AND_REFUND, RETURNED, Asked, CaseLine, LineNow, OrderNow
from backend.aftersales.states import AFTERSALE, NEXT, WORDS
from backend.kernel.errors import Refused

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HELD = LineNow("l", 3, 1000, 0, 0, held_qty=3, shipped_qty=0)
SENT = LineNow("l", 3, 1000, 0, 0, held_qty=0, shipped_qty=3)
MIXED = LineNow("l", 5, 1000, 0, 0, held_qty=2, shipped_qty=3)


def order(*lines: LineNow, received: timedelta | None = None, freight: int = 800, paid: bool = True) -> OrderNow:
    return OrderNow(paid, None if received is None else NOW - received, freight, lines)


def code_of(call: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*args)
    return refused.value.code


@pytest.mark.parametrize(("line", "kinds", "left", "returnable"), [
    (HELD, (REFUND_ONLY,), 3, 0), (SENT, (REFUND_ONLY, RETURN_AND_REFUND), 3, 3),
    (MIXED, (REFUND_ONLY, RETURN_AND_REFUND), 5, 3),
    (replace(MIXED, refund_qty=2, held_qty=0), (REFUND_ONLY, RETURN_AND_REFUND), 3, 3),
    (replace(MIXED, refund_qty=3), (REFUND_ONLY,), 2, 0),
    (replace(SENT, refund_qty=3), (), 0, 0), (replace(SENT, in_case=True), (), 0, 0), (replace(SENT, refusals=2), (), 0, 0),
    (replace(SENT, refusals=1), (REFUND_ONLY, RETURN_AND_REFUND), 3, 3),
])
def test_what_may_be_asked_of_a_line(line: LineNow, kinds: tuple[str, ...], left: int, returnable: int) -> None:
    [option] = rules.options(order(line), NOW, 7)
    assert (option.kinds, option.left, option.returnable) == (kinds, left, returnable)
    assert rules.may_ask(order(line), NOW, 7) == bool(kinds)


@pytest.mark.parametrize(("received", "days", "open_"), [
    (None, 7, True), (timedelta(0), 7, True), (timedelta(days=7) - timedelta(microseconds=1), 7, True),
    (timedelta(days=7), 7, False), (timedelta(days=8), 7, False), (timedelta(0), 0, False)])
def test_ph27_the_window_ends(received: timedelta | None, days: int, open_: bool) -> None:
    assert rules.may_ask(order(SENT, received=received), NOW, days) == open_


def test_an_unpaid_order_has_nothing_to_ask_for() -> None:
    assert not rules.may_ask(order(HELD, paid=False), NOW, 7)
    assert code_of(rules.check_asked, order(HELD, paid=False), REFUND_ONLY, [Asked("l", 1)], NOW, 7) == "aftersale_order_not_now"


@pytest.mark.parametrize(("line", "kind", "asked", "case"), [
    (HELD, REFUND_ONLY, Asked("l", 3), CaseLine("l", 3, 3, 1000)), (HELD, REFUND_ONLY, Asked("l", 1), CaseLine("l", 1, 1, 333)),
    (SENT, RETURN_AND_REFUND, Asked("l", 2, 100), CaseLine("l", 2, 0, 100)),
    (MIXED, RETURN_AND_REFUND, Asked("l", 2), CaseLine("l", 2, 0, 400)),
    (replace(SENT, refund_qty=2, given_fen=666), RETURN_AND_REFUND, Asked("l", 1), CaseLine("l", 1, 0, 334)),
    (SENT, REFUND_ONLY, Asked("l", 3, 1), CaseLine("l", 3, 0, 1)), (MIXED, REFUND_ONLY, Asked("l", 4), CaseLine("l", 4, 2, 800)),
    (replace(SENT, payable_fen=0), REFUND_ONLY, Asked("l", 3), CaseLine("l", 3, 0, 0)),
])
def test_what_a_case_asks_for(line: LineNow, kind: str, asked: Asked, case: CaseLine) -> None:
    assert rules.check_asked(order(line), kind, [asked], NOW, 7) == [case]


@pytest.mark.parametrize(("line", "kind", "asked", "code"), [
    (SENT, REFUND_ONLY, [], "aftersale_nothing"), (SENT, REFUND_ONLY, [Asked("x", 1)], "aftersale_line"),
    (SENT, REFUND_ONLY, [Asked("l", 1), Asked("l", 1)], "aftersale_line"),
    (SENT, REFUND_ONLY, [Asked("l", 4)], "aftersale_quantity"), (SENT, REFUND_ONLY, [Asked("l", 0)], "aftersale_quantity"),
    (SENT, REFUND_ONLY, [Asked("l", -1)], "aftersale_quantity"), (SENT, REFUND_ONLY, [Asked("l", 1, 334)], "aftersale_amount"),
    (SENT, REFUND_ONLY, [Asked("l", 1, 0)], "aftersale_amount"), (SENT, REFUND_ONLY, [Asked("l", 1, -1)], "aftersale_amount"),
    (HELD, REFUND_ONLY, [Asked("l", 3, 999)], "aftersale_unshipped_whole"),
    (HELD, RETURN_AND_REFUND, [Asked("l", 1)], "aftersale_kind"),
    (MIXED, RETURN_AND_REFUND, [Asked("l", 4)], "aftersale_quantity"),
    (replace(SENT, in_case=True), REFUND_ONLY, [Asked("l", 1)], "aftersale_open"),
    (replace(SENT, refusals=2), REFUND_ONLY, [Asked("l", 1)], "aftersale_refused_twice"),
    (replace(SENT, refund_qty=3, given_fen=1000), REFUND_ONLY, [Asked("l", 1)], "aftersale_quantity"),
])
def test_what_cannot_be_asked(line: LineNow, kind: str, asked: list[Asked], code: str) -> None:
    assert code_of(rules.check_asked, order(line), kind, asked, NOW, 7) == code


def test_after_the_window_nothing_is_asked() -> None:
    late = order(SENT, received=timedelta(days=8))
    assert code_of(rules.check_asked, late, REFUND_ONLY, [Asked("l", 1)], NOW, 7) == "aftersale_window_over"


@pytest.mark.parametrize(("lines", "taken", "fen"), [
    ([HELD], {"l": 3}, 800), ([HELD], {"l": 2}, 0), ([SENT], {"l": 3}, 0), ([HELD, replace(HELD, id="m")], {"l": 3}, 0),
    ([HELD, replace(HELD, id="m")], {"l": 3, "m": 3}, 800), ([HELD, replace(HELD, id="m", refund_qty=3)], {"l": 3}, 800),
    ([HELD, replace(SENT, id="m", refund_qty=3)], {"l": 3}, 0),
])
def test_freight_goes_back_with_the_whole_unshipped_order(lines: list[LineNow], taken: dict[str, int], fen: int) -> None:
    case = [CaseLine(line_id, quantity, quantity, 1) for line_id, quantity in taken.items()]
    assert rules.freight_with(order(*lines), case if lines[0] is not SENT else [CaseLine("l", 3, 0, 1)]) == fen


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9_999), st.booleans()), min_size=1, max_size=8),
       st.integers(1, 20), st.integers(0, 9_999))
def test_i30_no_series_of_cases_gives_more_than_the_line(series: list[tuple[int, int, bool]], units: int, payable: int) -> None:
    """Returns at less than their worth, compensations, whole refunds: whatever is asked fits, and the rest adds up."""
    line = LineNow("l", units, payable, 0, 0, held_qty=0, shipped_qty=units)
    given, waived = 0, 0
    for quantity, amount, back in series:
        quantity = min(quantity, line.left)
        if not quantity:
            break
        worth = line.worth(quantity)
        assert 0 <= worth <= payable - given - waived
        paid = min(amount, worth)
        given += paid
        settles = back or paid == worth
        waived += worth - paid if back else 0
        line = replace(line, refund_qty=line.refund_qty + (quantity if settles else 0), given_fen=given + waived)
    if line.left:
        given += line.worth(line.left)
    assert given + waived == payable


@pytest.mark.parametrize(("code", "words", "at", "ok"), [
    ("damaged", "", KEPT, True), ("damaged", "", "before", False), ("too_slow", "", "before", True),
    ("too_slow", "", KEPT, False),
    ("other", " ", KEPT, False), ("other", "坏了", KEPT, True), ("nonsense", "x", KEPT, False),
    ("damaged", "长" * 501, KEPT, False),
    ("not_arrived", "", RETURNED, False)])
def test_reasons(code: str, words: str, at: str, ok: bool) -> None:
    if ok:
        assert rules.check_reason(code, words, at) == words.strip()
    else:
        assert code_of(rules.check_reason, code, words, at) in ("aftersale_reason", "aftersale_text_needed")


def test_pictures() -> None:
    assert rules.check_pictures(["a", "b"]) == ["a", "b"]
    for keys in (["a", "a"], [str(n) for n in range(10)]):
        assert code_of(rules.check_pictures, keys) == "aftersale_pictures"


def test_pictures_of_answers_add_up() -> None:
    assert rules.all_pictures(["a", "b"], ["b", "c"]) == ["a", "b", "c"]
    assert code_of(rules.all_pictures, [str(number) for number in range(9)], ["9"]) == "aftersale_pictures"


@pytest.mark.parametrize(("courier", "number", "kept"), [
    ("顺丰", " sf1234 5678 ", ("顺丰", "SF12345678")), ("", "SF123456", None), ("顺丰", "12345", None),
    ("顺丰", "SF 12'3456", None),
    ("顺丰", "１２３４５６７", None), ("顺\n丰", "SF123456", None), ("顺" * 33, "SF123456", None)])
def test_parcels(courier: str, number: str, kept: tuple[str, str] | None) -> None:
    if kept:
        assert rules.check_parcel(courier, number) == kept
    else:
        assert code_of(rules.check_parcel, courier, number) == "aftersale_parcel"


CASE = [CaseLine("l", 2, 0, 500), CaseLine("m", 1, 1, 300), CaseLine("z", 1, 0, 0)]


@pytest.mark.parametrize(("given", "words", "agreed"), [
    (None, "", {"l": 500, "m": 300, "z": 0}), ({"l": 1}, "只差一点", {"l": 1, "m": 300, "z": 0}),
    ({"l": 400}, "已用一半", {"l": 400, "m": 300, "z": 0}),
    ({"l": 500}, "", {"l": 500, "m": 300, "z": 0}),
    ({"l": 400}, "", "aftersale_words_needed"), ({"l": 501}, "多", "aftersale_amount"), ({"l": 0}, "无", "aftersale_amount"),
    ({"l": -1}, "负", "aftersale_amount"), ({"m": 299}, "少", "aftersale_unshipped_whole"), ({"x": 1}, "谁", "aftersale_line"),
    ({"z": 1}, "多", "aftersale_amount")])
def test_what_staff_may_agree_to(given: dict[str, int] | None, words: str, agreed: Any) -> None:
    if isinstance(agreed, dict):
        assert rules.agree(CASE, given, words) == agreed
    else:
        assert code_of(rules.agree, CASE, given, words) == agreed


def test_freight_and_goods_that_are_good_again() -> None:
    assert rules.check_freight(800, 800) == 800
    assert code_of(rules.check_freight, 801, 800) == code_of(rules.check_freight, -1, 800) == "aftersale_freight"
    assert rules.restocked(CASE, ["l"]) == {"l": 2}
    assert code_of(rules.restocked, CASE, ["x"]) == "aftersale_line"


@pytest.mark.parametrize(("call", "code", "details"), [
    (lambda: rules.check_asked(order(SENT), REFUND_ONLY, [Asked("x", 1)], NOW, 7), "aftersale_line", {"order_line_id": "x"}),
    (lambda: rules.check_asked(order(HELD), RETURN_AND_REFUND, [Asked("l", 1)], NOW, 7), "aftersale_kind", {"order_line_id": "l"}),
    (lambda: rules.check_asked(order(SENT), REFUND_ONLY, [Asked("l", 4)], NOW, 7), "aftersale_quantity",
     {"order_line_id": "l", "left": 3}),
    (lambda: rules.check_asked(order(SENT), REFUND_ONLY, [Asked("l", 1, 334)], NOW, 7), "aftersale_amount",
     {"order_line_id": "l", "most_fen": 333, "most": "¥3.33"}),
    (lambda: rules.check_asked(order(HELD), REFUND_ONLY, [Asked("l", 3, 999)], NOW, 7), "aftersale_unshipped_whole",
     {"order_line_id": "l"}),
    (lambda: rules.check_asked(order(SENT, received=timedelta(days=8)), REFUND_ONLY, [Asked("l", 1)], NOW, 7),
     "aftersale_window_over", {"days": 7}),
    (lambda: rules.check_asked(order(replace(SENT, in_case=True)), REFUND_ONLY, [Asked("l", 1)], NOW, 7), "aftersale_open",
     {"order_line_id": "l"}),
    (lambda: rules.check_asked(order(replace(SENT, refusals=2)), REFUND_ONLY, [Asked("l", 1)], NOW, 7),
     "aftersale_refused_twice", {"order_line_id": "l"}),
    (lambda: rules.check_asked(order(replace(SENT, refund_qty=3)), REFUND_ONLY, [Asked("l", 1)], NOW, 7), "aftersale_quantity",
     {"order_line_id": "l", "left": 0}),
    (lambda: rules.check_pictures(["a", "a"]), "aftersale_pictures", {"limit": 9}),
    (lambda: rules.agree(CASE, {"x": 1}, ""), "aftersale_line", {"order_line_id": "x"}),
    (lambda: rules.agree(CASE, {"l": 501}, ""), "aftersale_amount", {"order_line_id": "l", "most_fen": 500, "most": "¥5.00"}),
    (lambda: rules.agree(CASE, {"m": 299}, "少"), "aftersale_unshipped_whole", {"order_line_id": "m"}),
    (lambda: rules.check_freight(801, 800), "aftersale_freight", {"most_fen": 800, "most": "¥8.00"}),
    (lambda: rules.restocked(CASE, ["z", "y", "x"]), "aftersale_line", {"order_line_id": "x"}),
])
def test_refusals_say_what_they_are_about(call: Callable[[], Any], code: str, details: dict[str, Any]) -> None:
    with pytest.raises(Refused) as no:
        call()
    assert (no.value.code, no.value.details) == (code, details)


def test_when_the_time_to_ask_ends() -> None:
    assert rules.window_end(order(SENT), 7) is None
    assert rules.window_end(order(SENT, received=timedelta(days=1)), 7) == NOW + timedelta(days=6)


def test_an_option_says_what_is_left_and_worth() -> None:
    assert rules.options(order(MIXED), NOW, 7) == [rules.Option("l", 5, 3, 1000, (REFUND_ONLY, RETURN_AND_REFUND), None)]
    [none] = rules.options(order(replace(MIXED, in_case=True)), NOW, 7)
    assert (none.left, none.returnable, none.worth_fen, none.kinds) == (0, 0, 0, ()) and none.no is not None


@pytest.mark.parametrize(("kind", "lines", "at"), [
    (RETURN_AND_REFUND, [CaseLine("l", 1, 0, 1)], RETURNED), (REFUND_ONLY, [CaseLine("l", 1, 1, 1)], BEFORE),
    (REFUND_ONLY, [CaseLine("l", 2, 1, 1)], KEPT), (REFUND_ONLY, [CaseLine("l", 1, 1, 1), CaseLine("m", 1, 0, 1)], KEPT)])
def test_which_reasons_make_sense(kind: str, lines: list[CaseLine], at: str) -> None:
    assert rules.stage(kind, lines) == at


@pytest.mark.parametrize(("words", "kept"), [
    (" 已用 ", "已用"), ("无", "无"), ("x" * 200, "x" * 200), ("", None), (" ", None), ("x" * 201, None)])
def test_words_for_the_shopper(words: str, kept: str | None) -> None:
    if kept is not None:
        assert rules.check_words(words) == kept
    else:
        assert code_of(rules.check_words, words) == "aftersale_words_needed"


def test_as_much_as_there_may_be_is_taken() -> None:
    assert rules.check_reason("damaged", "长" * 500, KEPT) == "长" * 500
    assert len(rules.check_pictures([str(number) for number in range(9)])) == 9
    assert rules.check_freight(0, 0) == 0
    assert rules.check_parcel("顺" * 32, "SF1234") == ("顺" * 32, "SF1234") and rules.check_parcel("顺", "SF1234")[0] == "顺"


@dataclass
class Agreed:
    """A line of a case as its row has it."""

    order_line_id: str
    quantity: int
    held_qty: int
    asked_fen: int
    given_fen: int


def test_what_was_agreed_takes_the_place_of_what_was_asked() -> None:
    assert rules.as_agreed([Agreed("l", 3, 1, 500, 400)]) == [CaseLine("l", 3, 1, 400)]


def test_every_state_and_reason_has_words() -> None:
    assert set(WORDS) == set(NEXT) == set(AFTERSALE.states)
    assert all(zh and en and stages for zh, en, stages in rules.REASONS.values())
