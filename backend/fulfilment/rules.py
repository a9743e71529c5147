"""Pure decisions of fulfilment: what freight costs, what may go into a parcel, and what WeChat is told of it."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.fulfilment.couriers import find_courier
from backend.fulfilment.refusals import (
    COURIER_UNKNOWN,
    GOODS_IN_CASE,
    NO_COURIER_THERE,
    NOTHING_TO_SHIP,
    PARCEL_ENDED,
    SHIP_LINE,
    SHIP_QUANTITY,
    SHIP_TOO_MUCH,
    TRACE_TEXT,
    TRACE_TIME,
    TRACKING_NUMBER,
)
from backend.fulfilment.states import PARCEL

COURIER, PICKUP = "courier", "pickup"
DELIVERIES = (COURIER, PICKUP)
MAX_PARCELS = 15
"""WeChat takes no more for one payment; so does the table."""

EARLY = timedelta(days=3)
"""A label is printed, and the courier may have the parcel, so long before it is marked as shipped."""
DESCRIPTION = 120
"""So many characters does WeChat take to describe a parcel."""
AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
"""Waits before WeChat is told again; the last one repeats."""
MOST_ATTEMPTS = 12

_NUMBER = re.compile(r"[A-Z0-9](?:-?[A-Z0-9]){5,39}")
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


@dataclass(frozen=True, slots=True)
class Tariff:
    """Flat freight in fen; nothing from `free_from_fen` of goods on, and nothing at all for what is fetched."""

    flat_fen: int
    free_from_fen: int
    fetched: bool = False
    far: bool = False


def must_reach(region_code: str, no_courier: Collection[str]) -> None:
    """Refuse (`no_courier_there`) a district in a province (two digits) to which no courier goes."""
    if region_code[:2] in no_courier:
        raise NO_COURIER_THERE()


def tariff(delivery: str, near: Tariff, *, region_code: str | None = None, far: Tariff | None = None,
           far_provinces: Collection[str] = (), no_courier: Collection[str] = ()) -> Tariff:
    """The tariff of a delivery: a courier costs `near`, in `far_provinces` (two digits) `far`; fetching costs nothing.

    Near while it is not known where the goods go. Refuses (`no_courier_there`); ValueError for an unknown delivery.
    """
    if delivery not in DELIVERIES:
        raise ValueError(f"unknown delivery {delivery!r}")
    if delivery == PICKUP:
        return Tariff(0, 0, fetched=True)
    if region_code is None:
        return near
    must_reach(region_code, no_courier)
    return far if far is not None and region_code[:2] in far_provinces else near


@dataclass(frozen=True, slots=True)
class Held:
    """What an order still owes of a line: `quantity` lies on the shelf for it, of which `disputed` units are in an open case."""

    order_line_id: str
    quantity: int
    disputed: int = 0


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


def phone_mask(phone: str) -> str:
    """A phone number of which the first three and the last four characters show, as WeChat wants it: 138****8000."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 7 else "****" + phone[-4:]


def describe(items: Sequence[tuple[str, int]]) -> str:
    """[(title, quantity)] in at most 120 characters, for WeChat: as many as fit, then how many pieces there are."""
    named = "、".join(f"{one_line(title)}×{quantity}" for title, quantity in items)
    if len(named) <= DESCRIPTION:
        return named
    end = f"…等 {sum(quantity for _, quantity in items)} 件"
    return named[:DESCRIPTION - len(end)] + end


def newer(now: datetime, before: datetime | None) -> datetime:
    """When an upload is made, to the millisecond: now, and always later than the one before."""
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return at if before is None or at > before else before + timedelta(milliseconds=1)


def try_again(now: datetime, attempts: int) -> datetime | None:
    """When WeChat is asked again after `attempts` tries that it put off; None when a person should look."""
    return now + AGAIN_AFTER[min(attempts, len(AGAIN_AFTER)) - 1] if attempts < MOST_ATTEMPTS else None


def trace(at: datetime, text: str, *, shipped_at: datetime, now: datetime) -> tuple[datetime, str]:
    """Something known of a parcel's way as it is kept, to the second; refuses an empty or long text and an impossible time."""
    text = one_line(text)
    if not 1 <= len(text) <= 200:
        raise TRACE_TEXT()
    at = at.replace(microsecond=0)
    if not shipped_at.replace(microsecond=0) - EARLY <= at <= now:
        raise TRACE_TIME()
    return at, text


def must_end(state: str, to: str) -> None:
    """Refuse (`parcel_ended`) an end that does not follow on this state."""
    if not PARCEL.allows(state, to):
        raise PARCEL_ENDED()


def pack(held: Sequence[Held], wanted: Sequence[tuple[str, int]] | None) -> list[tuple[str, int]]:
    """What goes into a parcel, [(order line id, quantity)]: `wanted`, or all that is held.

    Refuses when nothing is held (`nothing_to_ship`) or all of it is in open cases (`goods_in_case`), a line that is not the
    order's or stands there twice (`ship_line`), no quantity (`ship_quantity`) and more than is held (`ship_too_much`).
    """
    left = {each.order_line_id: max(each.quantity - each.disputed, 0) for each in held}
    if not any(left.values()):
        raise (GOODS_IN_CASE if any(each.quantity for each in held) else NOTHING_TO_SHIP)()
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
