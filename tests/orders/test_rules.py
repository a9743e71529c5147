"""Decisions about orders: merging, buttons, and refunds that never drift."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.errors import Refused
from backend.orders.rules import (
    MAX_LINES,
    MAX_QUANTITY,
    LineMoney,
    LineRefund,
    Settlement,
    Wanted,
    allowed_actions,
    merge,
    refund_lines,
    settle_lines,
)
from backend.orders.states import ORDER, WORDS

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def code_of(call: object, *args: object) -> str:
    with pytest.raises(Refused) as refused:
        call(*args)  # type: ignore[operator]
    return refused.value.code


def test_the_same_sku_twice_is_one_line_in_the_first_place() -> None:
    assert merge([("b", 1), ("a", 2), ("b", 3)]) == [Wanted("b", 4), Wanted("a", 2)]


@pytest.mark.parametrize(("wanted", "code"), [
    ([], "nothing_to_order"),
    ([("a", 0)], "quantity"),
    ([("a", -5), ("b", 1)], "quantity"),
    ([("a", MAX_QUANTITY + 1)], "quantity"),
    ([("a", MAX_QUANTITY), ("a", 1)], "quantity"),
    ([(f"s{index}", 1) for index in range(MAX_LINES + 1)], "too_many_lines"),
])
def test_what_cannot_be_ordered(wanted: list[tuple[str, int]], code: str) -> None:
    assert code_of(merge, wanted) == code


@pytest.mark.parametrize(("state", "left", "actions"), [
    ("unpaid", 1, ["pay", "cancel"]), ("unpaid", 0, ["cancel"]), ("closing", 1, []), ("closed", 1, []), ("paid", 1, []),
    ("refunded", 1, []),
])
def test_buttons(state: str, left: int, actions: list[str]) -> None:
    assert allowed_actions(state, NOW, NOW + timedelta(seconds=left)) == actions


def test_every_state_has_words() -> None:
    assert set(WORDS) == set(ORDER.states)


@given(st.integers(1, 60), st.integers(0, 100_000), st.data())
def test_i30_partial_refunds_add_up_to_the_line(quantity: int, payable: int, data: st.DataObject) -> None:
    line, back = LineMoney("l", quantity, payable, 0, 0), 0
    while line.refund_qty < quantity:
        some = data.draw(st.integers(1, quantity - line.refund_qty))
        [part] = refund_lines([line], [("l", some)])
        assert 0 <= part.amount_fen <= payable - line.refund_fen
        line = LineMoney("l", quantity, payable, line.refund_qty + some, line.refund_fen + part.amount_fen)
        back += part.amount_fen
    assert back == payable


def test_a_failed_refund_between_two_others_does_not_drift() -> None:
    line = LineMoney("l", 3, 100, 1, 33)
    [second] = refund_lines([line], [("l", 2)])
    assert second.amount_fen == 67
    after_first_failed = LineMoney("l", 3, 100, 2, 67)
    [rest] = refund_lines([after_first_failed], None)
    assert rest.amount_fen == 33


@pytest.mark.parametrize(("wanted", "code"), [
    ([("x", 1)], "line_not_in_order"), ([("l", 1), ("l", 1)], "line_not_in_order"), ([("l", 0)], "nothing_to_refund"),
    ([("l", -1)], "nothing_to_refund"), ([("l", 3)], "refund_too_much"),
])
def test_refunds_that_are_refused(wanted: list[tuple[str, int]], code: str) -> None:
    assert code_of(refund_lines, [LineMoney("l", 3, 100, 1, 33)], wanted) == code


LINE = LineMoney("l", 3, 1000, 0, 0, held_qty=2)


@pytest.mark.parametrize(("agreed", "part"), [
    (Settlement("l", 3, 1000, False), LineRefund("l", 3, 1000)), (Settlement("l", 2, 5000, True), LineRefund("l", 2, 666)),
    (Settlement("l", 2, 600, True), LineRefund("l", 2, 600, 0, 66)), (Settlement("l", 2, 600, False), LineRefund("l", 0, 600)),
    (Settlement("l", 3, 1000, True, 3), LineRefund("l", 3, 1000, 2)), (Settlement("l", 1, 0, True), LineRefund("l", 1, 0, 0, 333)),
])
def test_what_was_agreed_comes_to(agreed: Settlement, part: LineRefund) -> None:
    assert settle_lines([LINE], [agreed]) == [part]


@pytest.mark.parametrize(("agreed", "code"), [
    (Settlement("x", 1, 1, True), "line_not_in_order"), (Settlement("l", 4, 1, True), "refund_too_much"),
    (Settlement("l", 0, 1, True), "nothing_to_refund")])
def test_agreements_that_are_refused(agreed: Settlement, code: str) -> None:
    assert code_of(settle_lines, [LINE], [agreed]) == code


def test_what_was_waived_goes_to_no_other_unit() -> None:
    [part] = settle_lines([LineMoney("l", 3, 1000, 0, 0)], [Settlement("l", 1, 100, True)])
    line = LineMoney("l", 3, 1000, part.quantity, part.amount_fen, waived_fen=part.waived_fen)
    assert [refund.amount_fen for refund in refund_lines([line], None)] == [667]


def test_a_compensation_counts_against_what_is_left() -> None:
    [part] = settle_lines([LineMoney("l", 3, 1000, 0, 0)], [Settlement("l", 3, 400, False)])
    assert (part.quantity, part.amount_fen) == (0, 400)
    assert [refund.amount_fen for refund in refund_lines([LineMoney("l", 3, 1000, 0, 400)], None)] == [600]
