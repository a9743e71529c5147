"""Works out new prices for many SKUs before anybody confirms them: a rule, or prices somebody wrote down; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.catalog import rules
from backend.catalog.refusals import PRICE_RULE
from backend.kernel.errors import Refused
from backend.kernel.money import part

ENDINGS = (0, 90, 99)
"""Fen that a price may be made to end in."""
MOST_PERCENT = 1000
BIG_CHANGE = 5_000
"""A price that moves by more than this many basis points is pointed out."""


class How(StrEnum):
    """What a rule does with a price."""

    SET = "set"
    PERCENT = "percent"
    AMOUNT = "amount"


class Warn(StrEnum):
    """What somebody should look at before they confirm; none of it hinders."""

    BELOW_COST = "below_cost"
    MARKET_PRICE_GOES = "market_price_goes"
    BIG_CHANGE = "big_change"


@dataclass(frozen=True, slots=True)
class PriceRule:
    """`value` is fen (set, amount) or basis points (percent), negative to go down; `ending` rounds the result."""

    how: How
    value: int
    ending: int | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A SKU as it is priced now, in fen."""

    price_fen: int
    market_price_fen: int | None = None
    cost_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A price before and after, with what should be looked at; `problem` says why it cannot be, and then it stays."""

    before_fen: int
    after_fen: int
    market_before_fen: int | None
    market_after_fen: int | None
    warnings: tuple[Warn, ...] = ()
    problem: Refused | None = None

    @property
    def changes(self) -> bool:
        """Whether confirming it would write anything."""
        return self.problem is None and (self.before_fen, self.market_before_fen) != (self.after_fen, self.market_after_fen)


def check_rule(rule: PriceRule) -> PriceRule:
    """`rule` if it makes sense; else refuses (`price_rule`): −99 % … +1000 %, amounts a price may have, known endings."""
    limits = {
        How.SET: (1, rules.MAX_PRICE_FEN),
        How.PERCENT: (-9_900, MOST_PERCENT * 100),
        How.AMOUNT: (-rules.MAX_PRICE_FEN, rules.MAX_PRICE_FEN),
    }
    lowest, highest = limits[rule.how]
    sane = type(rule.value) is int and lowest <= rule.value <= highest
    if not sane or rule.ending not in (None, *ENDINGS) or (rule.value == 0 and rule.ending is None):
        raise PRICE_RULE(percent=MOST_PERCENT)
    return rule


def new_price(price_fen: int, rule: PriceRule) -> int:
    """The price after `rule`; may be what no price may be (0 or less), which `propose` then says.

    Percentages round half a fen up. An ending is the nearest one, the lower one of two that are as near, never below the
    lowest price that has it.
    """
    if rule.how is How.SET:
        raw = rule.value
    elif rule.how is How.AMOUNT:
        raw = price_fen + rule.value
    else:
        raw = (price_fen * (10_000 + rule.value) + 5_000) // 10_000
    if rule.ending is None or raw <= 0:
        return raw
    lower = (raw - rule.ending) // 100 * 100 + rule.ending
    nearest = lower if raw - lower <= 50 else lower + 100
    return nearest if nearest > 0 else nearest + 100


def propose(now: Priced, after_fen: int, market_after_fen: int | None = None) -> Proposal:
    """What changing a price to `after_fen` would do; the crossed-out price stays unless one is given or it got too low."""
    market = rules.kept_market_price(now.market_price_fen, after_fen) if market_after_fen is None else market_after_fen
    try:
        rules.check_prices(after_fen, market)
    except Refused as refused:
        return Proposal(now.price_fen, after_fen, now.market_price_fen, market, problem=refused)
    return Proposal(now.price_fen, after_fen, now.market_price_fen, market, _warnings(now, after_fen, market))


def propose_by_rule(now: Mapping[str, Priced], rule: PriceRule) -> dict[str, Proposal]:
    """A proposal for every SKU, by its id; refuses (`price_rule`) a rule that makes no sense."""
    check_rule(rule)
    return {sku_id: propose(priced, new_price(priced.price_fen, rule)) for sku_id, priced in now.items()}


def _warnings(now: Priced, after_fen: int, market_after_fen: int | None) -> tuple[Warn, ...]:
    found = []
    if now.cost_fen is not None and after_fen < now.cost_fen:
        found.append(Warn.BELOW_COST)
    if now.market_price_fen is not None and market_after_fen is None:
        found.append(Warn.MARKET_PRICE_GOES)
    if abs(after_fen - now.price_fen) > part(now.price_fen, BIG_CHANGE):
        found.append(Warn.BIG_CHANGE)
    return tuple(found)
