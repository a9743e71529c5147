"""Money in whole fen: no floats, exact shares, yuan only at the edges."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

LIMIT_FEN = 10**12
"""No single amount may be larger (ten thousand million yuan): what is larger is a mistake."""

YUAN = re.compile(r"(?P<minus>-?)(?P<yuan>[0-9]*)(?:\.(?P<decimals>[0-9]*))?")


def whole(value: object) -> int:
    """Return `value` if it is a real int (no bool, no float, no Decimal) within ±LIMIT_FEN; else TypeError or ValueError."""
    if type(value) is not int:
        raise TypeError(f"fen must be int, not {type(value).__name__}")
    if abs(value) > LIMIT_FEN:
        raise ValueError(f"{value} fen is beyond the limit")
    return value


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of renminbi in fen. Adds to and compares with Money only; floats are a TypeError."""

    fen: int = 0

    def __post_init__(self) -> None:
        whole(self.fen)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.fen + other.fen) if isinstance(other, Money) else NotImplemented

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.fen - other.fen) if isinstance(other, Money) else NotImplemented

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.fen * whole(quantity))

    def __neg__(self) -> "Money":
        return Money(-self.fen)

    def __bool__(self) -> bool:
        return self.fen != 0

    def part(self, basis_points: int) -> "Money":
        """The share of `basis_points` (1/10,000), rounded down towards zero fen: never more than is due."""
        return Money(part(self.fen, basis_points))

    def share_out(self, weights: Sequence[int]) -> list["Money"]:
        """Split by `weights`; the parts add up to this amount exactly (see `share_out`)."""
        return [Money(fen) for fen in share_out(self.fen, weights)]

    def __str__(self) -> str:
        return format_yuan(self.fen)


def part(amount_fen: int, basis_points: int) -> int:
    """`amount_fen × basis_points / 10,000`, rounded towards zero."""
    product = whole(amount_fen) * whole(basis_points)
    return product // 10_000 if product >= 0 else -(-product // 10_000)


def share_out(amount_fen: int, weights: Sequence[int]) -> list[int]:
    """Split `amount_fen` (≥ 0) in proportion to whole `weights` (≥ 0, not all zero) by the largest remainder.

    The parts add up exactly; each differs from its exact share by less than one fen; equal remainders favour the
    earlier line, so the result is deterministic. Source: Hamilton's method. ValueError if nothing can carry the amount.
    """
    if whole(amount_fen) < 0 or any(whole(weight) < 0 for weight in weights):
        raise ValueError("amount and weights must not be negative")
    total = sum(weights)
    if total == 0:
        if amount_fen == 0:
            return [0] * len(weights)
        raise ValueError("no weight to share the amount out to")
    parts = [amount_fen * weight // total for weight in weights]
    left = amount_fen - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount_fen * weights[i] % total), i))
    for index in by_remainder[:left]:
        parts[index] += 1
    return parts


def cumulative_part(amount_fen: int, done: int, of: int) -> int:
    """What `done` of `of` units are worth so far: ⌊amount × done / of⌋; the last unit completes the amount.

    Differences of this function over growing `done` never drift: k partial refunds add up to the refund of all.
    """
    if not 0 <= done <= of or of <= 0:
        raise ValueError("done must lie between 0 and of")
    return whole(amount_fen) * done // of


def worth_left(amount_fen: int, units: int, done: int, given_fen: int, more: int) -> int:
    """What `more` of the units left are worth, when `done` of `units` are settled and `given_fen` of the amount is given.

    Without advances it is the difference of `cumulative_part`. Money that was given ahead of its units (a compensation for
    goods that were kept) is shared by all units left, rounded in favour of whoever gets the rest; the last unit takes all
    that is left. So any mixture of part settlements and advances adds up to the amount, never more. ValueError for more
    units than there are, or more money than the amount.
    """
    if done + more > units or more < 0 or not 0 <= given_fen <= amount_fen:
        raise ValueError("more units or money than there are")
    before, after = cumulative_part(amount_fen, done, units), cumulative_part(amount_fen, done + more, units)
    if given_fen <= before:
        return after - given_fen
    return min(after - before - (given_fen - before) * more // (units - done), amount_fen - given_fen)


def parse_yuan(text: str) -> int:
    """Fen of a yuan amount written in ASCII digits ("12", "12.5", "12.50"); ValueError for anything else.

    Zeros behind the second decimal are nothing; any other digit there would be lost, so it is refused.
    """
    written = YUAN.fullmatch(text.strip())
    if not written or not (written["yuan"] or written["decimals"]):
        raise ValueError("not an amount in yuan")
    decimals = (written["decimals"] or "").rstrip("0")
    if len(decimals) > 2:
        raise ValueError("more than two decimals")
    fen = int(written["yuan"] or "0") * 100 + int(decimals.ljust(2, "0"))
    return whole(-fen if written["minus"] else fen)


def format_yuan(fen: int) -> str:
    """`-12345` → "-¥123.45"."""
    whole(fen)
    return f"{'-' if fen < 0 else ''}¥{abs(fen) // 100}.{abs(fen) % 100:02d}"
