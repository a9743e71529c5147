"""Decisions about stock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.errors import Refused
from backend.stock import rules
from backend.stock.rules import Level

LINES = st.lists(st.tuples(st.just("oli"), st.sampled_from(["sku_b", "sku_a", "sku_c"]), st.integers(1, 999_999)))


@given(LINES)
def test_totals_add_up_per_sku_in_the_order_of_locks(lines):
    totals = rules.totals(lines)
    assert list(totals) == sorted(totals)
    assert totals == {sku: sum(count for _, each, count in lines if each == sku) for _, sku, _ in lines}


@pytest.mark.parametrize("quantity", [0, -1, True, 1.0, "1", None, 10**9 + 1])
def test_totals_take_whole_numbers_only(quantity):
    with pytest.raises(ValueError):
        rules.totals([("oli", "sku_a", quantity)])


def test_as_much_as_there_may_be_is_totalled():
    assert rules.totals([("oli", "sku_a", 10**9)]) == {"sku_a": 10**9}


def test_what_is_short_is_named_in_the_order_of_sku_ids():
    there = {"a": 2, "b": 5, "d": None}
    rules.check_available({"a": 2, "b": 5}, there)
    rules.check_available({}, {})
    with pytest.raises(Refused) as refused:
        rules.check_available({"d": 1, "c": 1, "b": 6, "a": 3}, there)
    assert (refused.value.code, refused.value.details) == ("out_of_stock", {"short": [
        {"sku_id": "a", "wanted": 3, "available": 2},
        {"sku_id": "b", "wanted": 6, "available": 5},
        {"sku_id": "c", "wanted": 1, "available": 0},
        {"sku_id": "d", "wanted": 1, "available": 0},
    ]})


@pytest.mark.parametrize(
    ("change", "good"),
    [(1, True), (-1, True), (10**9, True), (0, False), (10**9 + 1, False), (1.0, False), (True, False), ("1", False)],
)
def test_changes(change, good):
    if good:
        assert rules.check_change(change) == change
    else:
        with pytest.raises(Refused, match="stock_out_of_bounds"):
            rules.check_change(change)


@pytest.mark.parametrize(
    ("quantity", "good"), [(0, True), (10**9, True), (-1, False), (10**9 + 1, False), (True, False), (1.5, False)]
)
def test_openings(quantity, good):
    if good:
        assert rules.check_opening(quantity) == quantity
    else:
        with pytest.raises(Refused, match="stock_out_of_bounds"):
            rules.check_opening(quantity)


@pytest.mark.parametrize(
    ("reason", "answer"),
    [
        (" 到货 ", "到货"),
        ("x" * 200, "x" * 200),
        ("", None),
        ("  ", None),
        ("x" * 201, None),
        ("a\x00b", None),
        ("a\nb", None),
    ],
)
def test_reasons(reason, answer):
    if answer is None:
        with pytest.raises(Refused, match="reason_needed"):
            rules.check_reason(reason)
    else:
        assert rules.check_reason(reason) == answer


def no_of(call, *args):
    """The code and details of a refusal."""
    with pytest.raises(Refused) as no:
        call(*args)
    return no.value.code, no.value.details


@pytest.mark.parametrize(("change", "was", "good"), [
    (1, None, True), (0, None, False), (0, 5, True), (-5, 5, True), (-6, 5, False), (0, 0, True), (0, -1, False),
    (1, 10**9 - 1, True), (1, 10**9, False), (10**9 + 1, 0, False), (-(10**9) - 1, None, False), (0, True, False),
    (0, 1.0, False), (1, 0, True)])
def test_counts(change, was, good):
    counted = rules.Counted("sku_a", change, was)
    if good:
        assert rules.check_counted(counted) is counted
    else:
        assert no_of(rules.check_counted, counted) == ("stock_out_of_bounds", {"limit": 10**9})


def test_what_is_counted_and_what_came():
    assert (rules.check_quantity(0, "set"), rules.check_quantity(-3, "add")) == (0, -3)
    assert no_of(rules.check_quantity, -3, "set") == no_of(rules.check_quantity, 0, "add") == (
        "stock_out_of_bounds", {"limit": 10**9})


@pytest.mark.parametrize(("low_at", "good"), [
    (None, True), (0, True), (10**6, True), (-1, False), (10**6 + 1, False), (True, False), (1.5, False), ("1", False)])
def test_lines_under_which_it_runs_low(low_at, good):
    if good:
        assert rules.check_low_line(low_at) == low_at
    else:
        assert no_of(rules.check_low_line, low_at) == ("low_line", {"limit": 10**6})


def test_refusals_say_how_much_would_go():
    assert no_of(rules.check_change, 0) == no_of(rules.check_opening, -1) == ("stock_out_of_bounds", {"limit": 10**9})
    assert no_of(rules.check_reason, " ") == ("reason_needed", {})
    assert rules.check_reason("x") == "x"


def test_shoppers_see_no_more_than_they_need():
    assert [rules.shown(count) for count in (-1, 0, 1, 999, 1000, 10**6)] == [0, 0, 1, 999, 999, 999]


def test_a_level_is_the_sum_of_its_journal():
    assert rules.conserved(Level(3, 1), [(5, 0), (0, 3), (-2, -2)])
    assert not rules.conserved(Level(3, 1), [(5, 0), (0, 3)])


@pytest.mark.parametrize(
    ("level", "change", "was", "becomes"),
    [
        (Level(10, 0), 5, None, "changed"),
        (Level(10, 4), -6, None, "changed"),
        (Level(10, 4), -7, None, "short"),
        (Level(10, 4), -7, 10, "short"),
        (Level(10, 4), -6, 10, "changed"),
        (Level(11, 4), -6, 10, "moved"),
        (Level(4, 4), -6, 10, "same"),
        (Level(10, 0), 0, 10, "same"),
        (Level(9, 0), 0, 10, "moved"),
        (Level(10**9, 0), 1, None, "short"),
        (Level(10**9 - 1, 0), 1, None, "changed"),
        (None, 1, None, "short"),
        (None, 1, 0, "short"),
    ],
)
def test_what_becomes_of_a_count(level, change, was, becomes):
    assert rules.outcome(level, rules.Counted("sku_a", change, was)) == becomes


@given(st.integers(0, 50), st.integers(0, 50), st.integers(-60, 60), st.none() | st.integers(0, 60))
def test_what_is_written_keeps_the_promises_and_is_what_was_counted(on_hand, reserved, change, was):
    level = Level(max(on_hand, reserved), reserved)
    if rules.outcome(level, rules.Counted("sku_a", change, was)) == "changed":
        assert level.on_hand + change >= reserved
        assert was is None or (level.on_hand == was and change != 0)
