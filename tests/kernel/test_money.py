"""Money: whole fen only, shares that add up, cumulative parts that never drift, yuan there and back."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.money import (
    LIMIT_FEN,
    Money,
    cumulative_part,
    format_yuan,
    parse_yuan,
    part,
    share_out,
    whole,
    worth_left,
)

fen = st.integers(0, LIMIT_FEN)
signed_fen = st.integers(-LIMIT_FEN, LIMIT_FEN)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=40).filter(any)


@pytest.mark.parametrize("value", [1.0, 0.5, float("nan"), True, False, "1", None, Decimal(1), Fraction(1)])
def test_only_ints_are_money(value: object) -> None:
    with pytest.raises(TypeError):
        whole(value)
    with pytest.raises(TypeError):
        Money(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [LIMIT_FEN + 1, -LIMIT_FEN - 1])
def test_an_amount_beyond_the_limit_is_a_mistake(value: int) -> None:
    with pytest.raises(ValueError):
        Money(value)


def test_the_limit_itself_is_an_amount() -> None:
    assert whole(LIMIT_FEN) == LIMIT_FEN
    assert whole(-LIMIT_FEN) == -LIMIT_FEN


@given(signed_fen, signed_fen)
def test_money_adds_and_compares_as_its_fen(a: int, b: int) -> None:
    if abs(a + b) <= LIMIT_FEN:
        assert Money(a) + Money(b) == Money(a + b)
    if abs(a - b) <= LIMIT_FEN:
        assert Money(a) - Money(b) == Money(a - b)
    assert (Money(a) < Money(b)) == (a < b)
    assert -Money(a) == Money(-a)
    assert bool(Money(a)) == (a != 0)


@pytest.mark.parametrize("other", [1, 1.0, Decimal(1)])
def test_money_meets_only_money(other: object) -> None:
    with pytest.raises(TypeError):
        Money(1) + other  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(1) - other  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = Money(1) < other  # type: ignore[operator]
    assert Money(1) != other


def test_money_is_multiplied_by_whole_counts_only() -> None:
    assert Money(1999) * 3 == Money(5997)
    with pytest.raises(TypeError):
        Money(1) * 1.5  # type: ignore[operator]
    with pytest.raises(ValueError):
        Money(LIMIT_FEN) * 2


@given(fen, weights)
def test_shares_add_up_and_stay_within_a_fen_of_the_exact_share(amount: int, by: list[int]) -> None:
    parts = share_out(amount, by)
    assert sum(parts) == amount
    for share, weight in zip(parts, by, strict=True):
        assert abs(Fraction(share) - Fraction(amount * weight, sum(by))) < 1
        assert weight or share == 0


@given(fen, weights)
def test_shares_are_the_same_each_time_and_equal_remainders_favour_the_earlier(amount: int, by: list[int]) -> None:
    assert share_out(amount, by) == share_out(amount, by)
    parts = share_out(amount, by)
    for i in range(len(by)):
        for j in range(i + 1, len(by)):
            if by[i] == by[j]:
                assert parts[i] - parts[j] in (0, 1)


@given(st.integers(0, 10**9), weights)
def test_a_heavier_weight_never_gets_less(amount: int, by: list[int]) -> None:
    parts = share_out(amount, by)
    ranked = sorted(zip(by, parts, strict=True))
    for (lighter, less), (heavier, more) in zip(ranked, ranked[1:], strict=False):
        assert lighter == heavier or less <= more


def test_shares_by_table() -> None:
    assert share_out(100, [1, 1, 1]) == [34, 33, 33]
    assert share_out(2, [1, 1, 1]) == [1, 1, 0]
    assert share_out(10, [3, 0, 7]) == [3, 0, 7]
    assert share_out(5, [1, 2, 3]) == [1, 2, 2]  # remainders 5/6, 4/6, 3/6 of the two fen that are left
    assert share_out(0, [0, 0]) == [0, 0]
    assert share_out(0, []) == []
    assert Money(100).share_out([1, 1, 1]) == [Money(34), Money(33), Money(33)]


@pytest.mark.parametrize(("amount", "by"), [(1, [0, 0]), (1, []), (-1, [1]), (1, [-1, 2])])
def test_what_nothing_can_carry_is_not_shared_out(amount: int, by: list[int]) -> None:
    with pytest.raises(ValueError):
        share_out(amount, by)


def test_weights_are_whole_numbers() -> None:
    with pytest.raises(TypeError):
        share_out(1, [0.5, 0.5])  # type: ignore[list-item]


@given(signed_fen, st.integers(0, 10_000))
def test_a_part_is_rounded_towards_zero(amount: int, basis_points: int) -> None:
    exact = Fraction(amount * basis_points, 10_000)
    assert part(amount, basis_points) == int(exact)  # int() of a Fraction cuts towards zero
    assert Money(amount).part(basis_points) == Money(int(exact))


@given(fen, st.lists(st.integers(1, 1000), min_size=1, max_size=30))
def test_cumulative_parts_never_drift(amount: int, steps: list[int]) -> None:
    of, done, given_back = sum(steps), 0, 0
    for step in steps:
        before, done = done, done + step
        piece = cumulative_part(amount, done, of) - cumulative_part(amount, before, of)
        assert piece >= 0
        given_back += piece
        assert given_back == amount * done // of
    assert given_back == amount


@pytest.mark.parametrize(("done", "of"), [(-1, 3), (4, 3), (0, 0), (1, -1)])
def test_done_lies_between_nothing_and_all(done: int, of: int) -> None:
    with pytest.raises(ValueError):
        cumulative_part(100, done, of)


@given(st.integers(0, 100_000), st.lists(st.tuples(st.integers(1, 9), st.integers(0, 500)), min_size=1, max_size=8))
def test_what_is_left_is_shared_by_the_units_left(amount: int, steps: list[tuple[int, int]]) -> None:
    """Advances between part settlements: never more than the amount, and the last unit takes exactly the rest."""
    units, done, given_fen = sum(step for step, _ in steps), 0, 0
    for step, advance in steps:
        given_fen += min(advance, amount - given_fen)
        worth = worth_left(amount, units, done, given_fen, step)
        assert 0 <= worth <= amount - given_fen
        assert worth <= worth_left(amount, units, done, given_fen, units - done)
        done, given_fen = done + step, given_fen + worth
    assert given_fen == amount


@pytest.mark.parametrize(("arguments", "worth"), [
    ((1000, 3, 0, 0, 1), 333), ((1000, 3, 1, 333, 1), 333), ((1000, 3, 2, 666, 1), 334), ((1000, 3, 0, 200, 1), 267),
    ((1000, 3, 1, 467, 2), 533), ((100, 3, 2, 33, 1), 67), ((0, 3, 0, 0, 3), 0), ((1000, 3, 0, 1000, 2), 0),
    ((1000, 4, 1, 300, 1), 234), ((1000, 4, 1, 300, 2), 467), ((1000, 4, 1, 300, 3), 700), ((1000, 3, 1, 333, 0), 0),
])
def test_worth_of_some_of_what_is_left(arguments: tuple[int, ...], worth: int) -> None:
    assert worth_left(*arguments) == worth


@pytest.mark.parametrize("arguments", [
    (100, 3, 2, 0, 2), (100, 3, 0, 101, 1), (100, 3, 0, 0, -1), (100, 3, 0, -1, 1), (100, 3, 2, 66, -1)])
def test_there_is_no_more_than_there_is(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        worth_left(*arguments)


@given(fen)
def test_yuan_there_and_back(amount: int) -> None:
    assert parse_yuan(format_yuan(amount).removeprefix("¥")) == amount
    assert parse_yuan(str(Decimal(amount) / 100)) == amount


@pytest.mark.parametrize(("text", "amount"), [
    ("12", 1200), ("12.5", 1250), ("12.50", 1250), ("0", 0), ("0.01", 1), (" 3.2 ", 320), ("-5", -500),
    ("1.500", 150), (".5", 50), ("12.", 1200),
    ("10000000000.00", LIMIT_FEN),
])
def test_yuan_by_table(text: str, amount: int) -> None:
    assert parse_yuan(text) == amount


@pytest.mark.parametrize("text", [
    "", " ", "１２", "一", "1e3", "1E3", "NaN", "nan", "sNaN", "Infinity", "-inf", "1.005", "0.001", "1,000", "1_000",
    "+1", "1 2", "1.0000000000000000000000000000001", "9" * 5000, "9" * 30, "10000000000.01",
    "¥1", "0x10", "--1", "1..2", ".", "-", "1.2.3",
])
def test_what_is_no_amount_in_yuan_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_yuan(text)


@pytest.mark.parametrize(("amount", "text"), [
    (0, "¥0.00"), (5, "¥0.05"), (12345, "¥123.45"), (-12345, "-¥123.45"), (-5, "-¥0.05")])
def test_yuan_for_people(amount: int, text: str) -> None:
    assert format_yuan(amount) == text
    assert str(Money(amount)) == text
