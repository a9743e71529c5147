"""Decisions about orders: merging, buttons, and refunds that never drift."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.errors import Refused
from backend.orders.rules import (
    MAX_LINES,
    MAX_QUANTITY,
    Goods,
    LineMoney,
    LineRefund,
    Reduction,
    Settlement,
    Wanted,
    allowed_actions,
    check_close_reason,
    check_order_note,
    check_remark,
    leave_nothing_held,
    may_refund,
    merge,
    reduce_price,
    refund_lines,
    settle_lines,
)
from backend.orders.states import HINTS, ORDER, WORDS

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


@pytest.mark.parametrize(("state", "more", "actions"), [
    ("unpaid", {}, ["pay", "cancel"]), ("unpaid", {"late": 1}, ["cancel"]), ("closing", {}, []), ("closed", {}, ["buy_again"]),
    ("paid", {}, []), ("paid", {"sent": True}, ["track"]), ("paid", {"fetched": True}, ["show_code"]),
    ("shipped", {"sent": True}, ["confirm_receipt", "track", "buy_again"]), ("completed", {"fetched": True}, ["buy_again"]),
    ("completed", {"sent": True}, ["buy_again", "track"]), ("refunded", {}, ["buy_again"]),
])
def test_buttons(state: str, more: dict[str, bool], actions: list[str]) -> None:
    left = timedelta(seconds=1 - more.get("late", 0))
    assert allowed_actions(state, NOW, NOW + left, fetched=more.get("fetched", False), sent=more.get("sent", False)) == actions


def test_buttons_unless_told_otherwise() -> None:
    assert (allowed_actions("paid", NOW, NOW), allowed_actions("completed", NOW, NOW)) == ([], ["buy_again"])


def test_every_state_has_words() -> None:
    assert set(WORDS) == set(ORDER.states) == set(HINTS)


TWO = [("a", 600), ("b", 300)]


def reduced(off_goods_fen: int, off_freight_fen: int, lines: list[tuple[str, int]] = TWO, freight_fen: int = 50) -> Reduction:
    goods_fen = sum(fen for _, fen in lines) + 100
    return reduce_price(lines, goods_fen=goods_fen, discount_fen=100, freight_fen=freight_fen, off_goods_fen=off_goods_fen,
                        off_freight_fen=off_freight_fen)


@pytest.mark.parametrize(("off", "to"), [
    ((30, 0), Reduction({"a": 20, "b": 10}, 130, 50, 920)), ((1, 0), Reduction({"a": 1}, 101, 50, 949)),
    ((0, 50), Reduction({}, 100, 0, 900)), ((0, 1), Reduction({}, 100, 49, 949)),
    ((900, 49), Reduction({"a": 600, "b": 300}, 1000, 1, 1)),
    ((899, 50), Reduction({"a": 599, "b": 300}, 999, 0, 1))])
def test_a_lower_price_is_shared_out(off: tuple[int, int], to: Reduction) -> None:
    assert reduced(*off) == to


@pytest.mark.parametrize("off", [(0, 0), (-1, 2), (2, -1), (901, 0), (0, 51), (900, 50)])
def test_prices_are_not_raised_kept_or_given_away(off: tuple[int, int]) -> None:
    with pytest.raises(Refused) as no:
        reduced(*off)
    assert (no.value.code, no.value.details) == ("price_change", {"most_fen": 949})


def test_lines_that_do_not_add_up_to_their_order_have_no_price() -> None:
    with pytest.raises(AssertionError, match="^the lines do not add up to the order$"):
        reduce_price(TWO, goods_fen=1000, discount_fen=99, freight_fen=50, off_goods_fen=1, off_freight_fen=0)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=9), st.integers(0, 500), st.data())
def test_a_lower_price_is_exact_and_takes_no_line_below_nothing(fens: list[int], freight: int, data: st.DataObject) -> None:
    lines, total = [(f"l{index}", fen) for index, fen in enumerate(fens)], sum(fens) + freight
    off_goods, off_freight = data.draw(st.integers(0, sum(fens))), data.draw(st.integers(0, freight))
    if not 1 <= off_goods + off_freight < total:
        return
    to = reduced(off_goods, off_freight, lines, freight)
    assert to.total_fen == total - off_goods - off_freight >= 1 and to.freight_fen == freight - off_freight
    assert sum(to.by_line.values()) == off_goods == to.discount_fen - 100
    assert all(0 < off <= dict(lines)[line_id] for line_id, off in to.by_line.items())


@pytest.mark.parametrize(("text", "kept"), [(" 请放门口 ", "请放门口"), ("x" * 500, "x" * 500), ("x", "x")])
def test_notes_as_they_are_kept(text: str, kept: str) -> None:
    assert check_order_note(text) == kept


@pytest.mark.parametrize("text", ["", "  ", "x" * 501])
def test_notes_that_are_none(text: str) -> None:
    with pytest.raises(Refused) as no:
        check_order_note(text)
    assert (no.value.code, no.value.details) == ("note_text", {"limit": 500})


@pytest.mark.parametrize(("text", "kept"), [
    ("", ""), ("  ", ""), (" 放门口，别按铃 ", "放门口，别按铃"), ("行一\n行二", "行一\n行二"), ("x" * 200, "x" * 200),
    (f" {'字' * 200} ", "字" * 200)])
def test_remarks_as_they_are_kept(text: str, kept: str) -> None:
    assert check_remark(text) == kept


@pytest.mark.parametrize("text", ["x" * 201, f" {'字' * 201} "])
def test_remarks_that_are_too_long(text: str) -> None:
    with pytest.raises(Refused) as no:
        check_remark(text)
    assert (no.value.code, no.value.details) == ("remark_text", {"limit": 200})


@pytest.mark.parametrize(("text", "kept"), [(" 缺货 ", "缺货"), ("x", "x"), ("x" * 80, "x" * 80), (f"\n{'字' * 80} ", "字" * 80)])
def test_reasons_to_close_as_they_are_kept(text: str, kept: str) -> None:
    assert check_close_reason(text) == kept


@pytest.mark.parametrize("text", ["", " \n\t ", "x" * 81])
def test_reasons_to_close_that_are_none(text: str) -> None:
    with pytest.raises(Refused) as no:
        check_close_reason(text)
    assert (no.value.code, no.value.details) == ("close_reason", {"limit": 80})


@pytest.mark.parametrize(("call", "details"), [
    (lambda: merge([("a", 0)]), {"limit": MAX_QUANTITY, "sku_id": "a"}),
    (lambda: merge([("a", MAX_QUANTITY), ("a", 1)]), {"limit": MAX_QUANTITY, "sku_id": "a"}),
    (lambda: merge([(f"s{index}", 1) for index in range(MAX_LINES + 1)]), {"limit": MAX_LINES}),
    (lambda: refund_lines([LineMoney("l", 3, 100, 1, 33)], [("l", 3)]), {"order_line_id": "l", "left": 2}),
    (lambda: refund_lines([LineMoney("l", 3, 100, 0, 0)], [("x", 1)]), {"order_line_id": "x"}),
    (lambda: settle_lines([LineMoney("l", 3, 100, 0, 0)], [Settlement("x", 1, 1, True)]), {"order_line_id": "x"})])
def test_refusals_say_what_they_are_about(call: Callable[[], object], details: dict[str, object]) -> None:
    with pytest.raises(Refused) as no:
        call()
    assert no.value.details == details


def test_as_much_as_there_may_be_can_be_ordered() -> None:
    assert merge([("a", MAX_QUANTITY)]) == [Wanted("a", MAX_QUANTITY)]
    assert len(merge([(f"s{index}", 1) for index in range(MAX_LINES)])) == MAX_LINES


@pytest.mark.parametrize(("state", "may"), [
    ("unpaid", False), ("closing", False), ("closed", False), ("paid", True), ("shipped", True), ("completed", True),
    ("refunded", False)])
def test_what_may_be_refunded(state: str, may: bool) -> None:
    assert may_refund(state) == may


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


LINE = LineMoney("l", 3, 1000, 0, 0, shipped_qty=1)


@pytest.mark.parametrize(("agreed", "part"), [
    (Settlement("l", 3, 1000, False), LineRefund("l", 3, 1000, Goods(2, 1))),
    (Settlement("l", 2, 5000, True), LineRefund("l", 2, 666, Goods(1, 1))),
    (Settlement("l", 2, 666, True, 2), LineRefund("l", 2, 666, Goods(2))),
    (Settlement("l", 2, 600, True, returned_qty=2), LineRefund("l", 2, 600, Goods(1, 1, 1, 1), 66)),
    (Settlement("l", 2, 600, False), LineRefund("l", 0, 600)),
    (Settlement("l", 3, 1000, True, 3), LineRefund("l", 3, 1000, Goods(2, 1))),
    (Settlement("l", 1, 0, True), LineRefund("l", 1, 0, Goods(0, 1), 333)),
    (Settlement("l", 1, 333, True, 1), LineRefund("l", 1, 333, Goods(1))),
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


@dataclass
class Shelf:
    """One order line with its goods, as the books would have it; `refunds` are those that have not failed."""

    line: LineMoney
    refunds: list[LineRefund] = field(default_factory=list)

    def held(self) -> int:
        return self.line.quantity - self.line.released_qty - self.line.shipped_qty

    def ship(self, quantity: int) -> None:
        self.line = replace(self.line, shipped_qty=self.line.shipped_qty + quantity)

    def refund(self, quantity: int, shipped: bool | None, restock: bool) -> None:
        [part] = refund_lines([self.line], [("l", quantity)], shipped=shipped, restock=restock)
        self.count(part, 1)
        self.line = replace(self.line, released_qty=self.line.released_qty + part.goods.release_qty,
                            restocked_qty=self.line.restocked_qty + part.goods.restock_qty)
        self.refunds.append(part)

    def fail(self, which: int) -> None:
        self.count(self.refunds.pop(which), -1)

    def count(self, part: LineRefund, sign: int) -> None:
        line = self.line
        self.line = replace(
            line, refund_qty=line.refund_qty + sign * part.quantity, refund_fen=line.refund_fen + sign * part.amount_fen,
            refund_shipped_qty=line.refund_shipped_qty + sign * part.goods.shipped_qty,
            returned_qty=line.returned_qty + sign * part.goods.returned_qty)


@given(st.data())
def test_i32_whatever_happens_goods_are_freed_and_taken_back_once(data: st.DataObject) -> None:
    shelf = Shelf(LineMoney("l", data.draw(st.integers(1, 8)), 999, 0, 0))
    for _ in range(data.draw(st.integers(1, 12))):
        kinds = [kind for kind, can in (("ship", shelf.held()), ("refund", sum(shelf.line.left)), ("fail", shelf.refunds)) if can]
        match data.draw(st.sampled_from(kinds or ["nothing"])):
            case "ship":
                shelf.ship(data.draw(st.integers(1, shelf.held())))
            case "refund":
                shipped = data.draw(st.sampled_from([None, True, False]))
                left = sum(shelf.line.left) if shipped is None else shelf.line.left[shipped]
                if left:
                    shelf.refund(data.draw(st.integers(1, left)), shipped, data.draw(st.booleans()))
            case "fail":
                shelf.fail(data.draw(st.integers(0, len(shelf.refunds) - 1)))
        line = shelf.line
        assert shelf.held() >= 0, "no unit is freed twice"
        assert line.refund_qty - line.refund_shipped_qty <= line.released_qty, "what is refunded before it left is free"
        assert 0 <= line.restocked_qty <= line.shipped_qty, "no unit comes back twice"
        assert line.returned_qty <= line.restocked_qty, "what is back lies on the shelf"
        assert 0 <= line.refund_shipped_qty <= line.shipped_qty and min(line.left) >= 0
        assert 0 <= line.refund_fen <= 999


def test_nothing_is_back_unless_told() -> None:
    assert LineMoney("l", 3, 100, 0, 0, shipped_qty=2).goods(1, 2) == Goods(1, 2, 0, 0)


def test_refunds_take_what_has_not_left_first_unless_told() -> None:
    line = LineMoney("l", 5, 500, 0, 0, shipped_qty=2)
    assert refund_lines([line], [("l", 4)]) == [LineRefund("l", 4, 400, Goods(3, 1))]
    assert refund_lines([line], [("l", 2)], shipped=True) == [LineRefund("l", 2, 200, Goods(0, 2))]
    assert refund_lines([line], None, shipped=False, restock=True) == [LineRefund("l", 3, 300, Goods(3))]
    assert refund_lines([line], None, restock=True) == [LineRefund("l", 5, 500, Goods(3, 2, 2, 2))]
    with pytest.raises(Refused) as refused:
        refund_lines([line], [("l", 3)], shipped=True)
    assert refused.value.details == {"order_line_id": "l", "left": 2}


def test_nothing_stays_on_the_shelf_for_an_order_whose_money_goes_back() -> None:
    free, dear = LineMoney("f", 3, 0, 0, 0, shipped_qty=1), LineMoney("d", 2, 100, 0, 0)
    parts = refund_lines([free, dear], [("d", 2)])
    assert leave_nothing_held([free, dear], parts) == [LineRefund("f", 2, 0, Goods(2)), LineRefund("d", 2, 100, Goods(2))]
    some = refund_lines([free, dear], [("f", 1), ("d", 2)])
    assert leave_nothing_held([free, dear], some) == [LineRefund("f", 2, 0, Goods(2)), LineRefund("d", 2, 100, Goods(2))]
    back = refund_lines([free], [("f", 1)], shipped=True, restock=True)
    assert leave_nothing_held([free], back) == [LineRefund("f", 3, 0, Goods(2, 1, 1, 1))]
    gone = [LineMoney("f", 3, 0, 0, 0, shipped_qty=3)]
    assert leave_nothing_held(gone, []) == []
