"""Pure decisions of fulfilment: what freight costs, what may go into a parcel, and what WeChat is told of it."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from backend.fulfilment.couriers import find_courier
from backend.fulfilment.refusals import (
    COURIER_UNKNOWN,
    NOTHING_TO_SHIP,
    SHIP_LINE,
    SHIP_QUANTITY,
    SHIP_TOO_MUCH,
    TRACKING_NUMBER,
)

COURIER, PICKUP = "courier", "pickup"
DELIVERIES = (COURIER, PICKUP)
MAX_PARCELS = 15
"""WeChat takes no more for one payment; so does the table."""

_NUMBER = re.compile(r"[A-Z0-9](?:-?[A-Z0-9]){5,39}")
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


@dataclass(frozen=True, slots=True)
class Tariff:
    """Flat freight in fen; nothing from `free_from_fen` of goods on, and nothing at all for what is fetched."""

    flat_fen: int
    free_from_fen: int
    fetched: bool = False


def tariff(delivery: str, flat_fen: int, free_from_fen: int) -> Tariff:
    """The tariff of a delivery: a courier costs the shop's flat freight, fetching nothing. ValueError for an unknown delivery."""
    if delivery not in DELIVERIES:
        raise ValueError(f"unknown delivery {delivery!r}")
    return Tariff(0, 0, fetched=True) if delivery == PICKUP else Tariff(flat_fen, free_from_fen)


@dataclass(frozen=True, slots=True)
class Held:
    """What an order still owes of a line: `quantity` lies on the shelf for it."""

    order_line_id: str
    quantity: int


def courier_code(text: str) -> str:
    """The code of the courier of that code or name; refuses (`courier_unknown`) what is none."""
    code = find_courier(unicodedata.normalize("NFKC", text))
    if code is None:
        raise COURIER_UNKNOWN(courier=text.strip()[:32])
    return code


def tracking_number(text: str) -> str:
    """The number as it is kept: upper case, half width, without spaces; refuses (`tracking_number`) what is none."""
    folded = "".join(unicodedata.normalize("NFKC", text).translate(_HYPHENS).split()).upper()
    if not _NUMBER.fullmatch(folded) or len(folded) > 40:
        raise TRACKING_NUMBER()
    return folded


def parcel_note(text: str) -> str:
    """A note in one line, without what cannot be seen; cut at 200 characters."""
    return one_line(text)[:200]


def one_line(text: str) -> str:
    """Text in one line (NFC), without controls, direction marks and zero-width letters."""
    kept = (" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", text)
            if letter.isspace() or not unicodedata.category(letter).startswith("C"))
    return " ".join("".join(kept).split())


def pack(held: Sequence[Held], wanted: Sequence[tuple[str, int]] | None) -> list[tuple[str, int]]:
    """What goes into a parcel, [(order line id, quantity)]: `wanted`, or all that is held.

    Refuses when nothing is held (`nothing_to_ship`), a line that is not the order's or stands there twice (`ship_line`), no
    quantity (`ship_quantity`) and more than is held (`ship_too_much`).
    """
    left = {each.order_line_id: each.quantity for each in held}
    if not any(left.values()):
        raise NOTHING_TO_SHIP()
    if wanted is None:
        return [(line_id, quantity) for line_id, quantity in left.items() if quantity]
    packed: dict[str, int] = {}
    for line_id, quantity in wanted:
        if line_id not in left or line_id in packed:
            raise SHIP_LINE(order_line_id=line_id)
        if quantity < 1:
            raise SHIP_QUANTITY(order_line_id=line_id)
        if quantity > left[line_id]:
            raise SHIP_TOO_MUCH(order_line_id=line_id, left=left[line_id])
        packed[line_id] = quantity
    if not packed:
        raise NOTHING_TO_SHIP()
    return list(packed.items())
