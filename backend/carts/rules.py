"""Pure decisions about carts: how lines merge, and what each of them may be."""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.carts.refusals import CART_FULL, CART_QUANTITY, SOLD_OUT, TOO_FEW
from backend.kernel.errors import Refused

MAX_LINES = 1000
MAX_QUANTITY = 999_999


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` of a SKU; only selected lines go to the checkout."""

    sku_id: str
    quantity: int
    selected: bool = True


def merge(lines: Iterable[Line]) -> list[Line]:
    """The same SKU twice becomes one line in the first one's place: quantities added, selected if any of them is.

    Refuses quantities outside 1–999,999 (`cart_quantity`), the sum as well, and more than 1,000 SKUs (`cart_full`).
    """
    merged: dict[str, Line] = {}
    for line in lines:
        must_be_quantity(line.quantity, line.sku_id)
        before = merged.get(line.sku_id)
        if before is not None:
            line = Line(line.sku_id, before.quantity + line.quantity, before.selected or line.selected)
            must_be_quantity(line.quantity, line.sku_id)
        merged[line.sku_id] = line
    must_fit(len(merged))
    return list(merged.values())


def must_be_quantity(quantity: int, sku_id: str) -> None:
    """Refuse (`cart_quantity`) what is not between 1 and 999,999."""
    if not 1 <= quantity <= MAX_QUANTITY:
        raise CART_QUANTITY(limit=MAX_QUANTITY, sku_id=sku_id)


def must_fit(lines: int) -> None:
    """Refuse (`cart_full`) more than 1,000 lines."""
    if lines > MAX_LINES:
        raise CART_FULL(limit=MAX_LINES)


def shortage(quantity: int, available: int) -> Refused | None:
    """Why `quantity` cannot be bought with so much available: sold out, too few (naming what is left), or None."""
    if available <= 0:
        return SOLD_OUT()
    return TOO_FEW(available=available) if quantity > available else None
