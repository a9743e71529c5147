"""Rules of the carts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.carts.rules import MAX_LINES, MAX_QUANTITY, Line, merge, shortage
from backend.kernel.errors import Refused


def test_the_same_sku_is_merged_in_the_first_ones_place():
    merged = merge([Line("a", 1, False), Line("b", 2), Line("a", 3, True), Line("a", 4, False)])
    assert merged == [Line("a", 8, True), Line("b", 2, True)]
    assert merge([Line("a", 1, False), Line("a", 1, False)]) == [Line("a", 2, False)]
    assert merge([]) == []


@given(st.lists(st.builds(Line, st.sampled_from("abcde"), st.integers(1, 1000), st.booleans())))
def test_merging_loses_no_piece_and_no_sku(lines):
    merged = merge(lines)
    assert sum(line.quantity for line in merged) == sum(line.quantity for line in lines)
    assert [line.sku_id for line in merged] == list(dict.fromkeys(line.sku_id for line in lines))
    assert merge(merged) == merged


@pytest.mark.parametrize("quantity", [0, -1, -5, MAX_QUANTITY + 1, 2**31, 2**63])
def test_quantities_out_of_bounds(quantity):
    with pytest.raises(Refused) as refused:
        merge([Line("a", quantity)])
    assert (refused.value.code, refused.value.details) == ("cart_quantity", {"limit": 999_999, "sku_id": "a"})


def test_the_sum_is_bounded_too():
    assert merge([Line("a", MAX_QUANTITY - 1), Line("a", 1)]) == [Line("a", MAX_QUANTITY)]
    with pytest.raises(Refused) as refused:
        merge([Line("a", MAX_QUANTITY), Line("b", 1), Line("a", 1)])
    assert refused.value.details["sku_id"] == "a"


def test_ph8_a_negative_line_cannot_hide_behind_a_positive_one():
    with pytest.raises(Refused):
        merge([Line("a", 5), Line("a", -4)])


def test_a_thousand_skus_fit_however_often_they_are_named():
    full = [Line(f"s{number}", 1) for number in range(MAX_LINES)]
    assert len(merge(full + full)) == MAX_LINES
    with pytest.raises(Refused) as refused:
        merge([*full, Line("one more", 1)])
    assert refused.value.code == "cart_full"


@pytest.mark.parametrize(
    ("quantity", "available", "code"),
    [(1, 0, "sold_out"), (1, -3, "sold_out"), (3, 2, "too_few"), (2, 2, None), (1, 100, None)],
)
def test_shortages(quantity, available, code):
    why = shortage(quantity, available)
    assert (why.code if why else None) == code
    if code == "too_few":
        assert why.details == {"available": available}
        assert why.sentence() == "库存不足，仅剩 2 件。"
