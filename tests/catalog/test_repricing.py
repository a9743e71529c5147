"""New prices by a rule: what they come to, what they end in, and what somebody should look at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalog.repricing import (
    BIG_CHANGE,
    ENDINGS,
    How,
    Priced,
    PriceRule,
    Proposal,
    Warn,
    check_rule,
    new_price,
    propose,
    propose_by_rule,
)
from backend.catalog.rules import MAX_PRICE_FEN
from backend.kernel.errors import Refused

PRICES = st.integers(1, MAX_PRICE_FEN)


@pytest.mark.parametrize(
    ("price", "rule", "after"),
    [
        (1990, PriceRule(How.SET, 1500), 1500),
        (1990, PriceRule(How.AMOUNT, -500), 1490),
        (1990, PriceRule(How.AMOUNT, -1990), 0),
        (1990, PriceRule(How.AMOUNT, -3000), -1010),
        (1000, PriceRule(How.PERCENT, -1000), 900),
        (1990, PriceRule(How.PERCENT, 500), 2090),
        (10, PriceRule(How.PERCENT, -500), 10),
        (9, PriceRule(How.PERCENT, -500), 9),
        (333, PriceRule(How.PERCENT, 1), 333),
        (1234, PriceRule(How.AMOUNT, 0, 90), 1190),
        (1241, PriceRule(How.AMOUNT, 0, 90), 1290),
        (1240, PriceRule(How.AMOUNT, 0, 90), 1190),
        (1250, PriceRule(How.AMOUNT, 0, 0), 1200),
        (1251, PriceRule(How.AMOUNT, 0, 0), 1300),
        (1200, PriceRule(How.AMOUNT, 0, 99), 1199),
        (30, PriceRule(How.AMOUNT, 0, 90), 90),
        (30, PriceRule(How.AMOUNT, 0, 0), 100),
        (1990, PriceRule(How.AMOUNT, -1990, 99), 0),
    ],
)
def test_what_a_price_comes_to(price, rule, after):
    assert new_price(price, rule) == after


@given(PRICES, st.integers(-9_900, 100_000), st.sampled_from(ENDINGS))
def test_an_ending_is_the_nearest(price, percent, ending):
    exact = new_price(price, PriceRule(How.PERCENT, percent))
    rounded = new_price(price, PriceRule(How.PERCENT, percent, ending))
    if exact > 0:
        assert rounded > 0 and rounded % 100 == ending
        assert abs(rounded - exact) <= 50 or rounded == (ending or 100)


@given(PRICES, st.integers(-9_900, 100_000))
def test_a_percentage_is_exact_to_half_a_fen(price, percent):
    after = new_price(price, PriceRule(How.PERCENT, percent))
    assert -5_000 <= price * (10_000 + percent) - after * 10_000 < 5_000 or after == 0


@pytest.mark.parametrize(
    "rule",
    [
        PriceRule(How.SET, 0),
        PriceRule(How.SET, MAX_PRICE_FEN + 1),
        PriceRule(How.PERCENT, -10_000),
        PriceRule(How.PERCENT, 100_001),
        PriceRule(How.PERCENT, 0),
        PriceRule(How.AMOUNT, 0),
        PriceRule(How.AMOUNT, -MAX_PRICE_FEN - 1),
        PriceRule(How.AMOUNT, 100, 50),
        PriceRule(How.AMOUNT, 1.5),  # type: ignore[arg-type]
        PriceRule(How.AMOUNT, True),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule):
    with pytest.raises(Refused) as refused:
        check_rule(rule)
    assert refused.value.code == "price_rule"


@pytest.mark.parametrize(
    ("now", "after", "market", "warnings"),
    [
        (Priced(1000, 1200, 600), 900, 1200, ()),
        (Priced(1000, 1200, 600), 599, 1200, (Warn.BELOW_COST,)),
        (Priced(1000, 1200, 600), 600, 1200, ()),
        (Priced(1000, 1200), 1200, 1200, ()),
        (Priced(1000, 1200), 1201, None, (Warn.MARKET_PRICE_GOES,)),
        (Priced(1000), 1500, None, ()),
        (Priced(1000), 1501, None, (Warn.BIG_CHANGE,)),
        (Priced(1000), 500, None, ()),
        (Priced(1000, 1100, 800), 100, 1100, (Warn.BELOW_COST, Warn.BIG_CHANGE)),
        (Priced(1), 2, None, (Warn.BIG_CHANGE,)),
    ],
)
def test_what_should_be_looked_at(now, after, market, warnings):
    assert propose(now, after) == Proposal(now.price_fen, after, now.market_price_fen, market, warnings)


@pytest.mark.parametrize(
    ("after", "market", "code"),
    [(0, None, "price"), (-5, None, "price"), (MAX_PRICE_FEN + 1, None, "price"), (900, 899, "market_price")],
)
def test_what_no_price_may_be_is_a_problem_and_changes_nothing(after, market, code):
    proposal = propose(Priced(1000, 1200), after, market)
    assert proposal.problem is not None and proposal.problem.code == code and not proposal.changes


def test_a_given_market_price_counts_and_the_same_again_changes_nothing():
    assert propose(Priced(1000), 1000, 1300).changes
    assert not propose(Priced(1000, 1300), 1000, 1300).changes and not propose(Priced(1000, 1300), 1000).changes


@given(st.dictionaries(st.text(), st.builds(Priced, PRICES), max_size=5), st.integers(-MAX_PRICE_FEN, MAX_PRICE_FEN))
def test_a_rule_is_carried_out_on_every_sku(now, value):
    rule = PriceRule(How.AMOUNT, value, 90)
    proposals = propose_by_rule(now, rule)
    assert proposals.keys() == now.keys()
    for sku_id, proposal in proposals.items():
        assert proposal.after_fen == new_price(now[sku_id].price_fen, rule)
        assert (proposal.problem is None) == (0 < proposal.after_fen <= MAX_PRICE_FEN)
        far = abs(proposal.after_fen - proposal.before_fen) * 10_000 > proposal.before_fen * BIG_CHANGE
        assert proposal.problem is not None or (Warn.BIG_CHANGE in proposal.warnings) == far
