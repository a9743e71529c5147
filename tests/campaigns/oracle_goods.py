"""The oracle's goods on their way: parcels corrected, hand-over at a pick-up point, and what WeChat is told of it; plain Python."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.campaigns.oracle import CLOSED, CLOSING, COMPLETED, PAID, REFUNDED, SHIPPED, UNPAID, No, Oracle, Order, Unknown

DUE, TOLD, FAILED, GAVE_UP = "due", "sent", "failed", "gave_up"
AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
MOST_TRIES = 12


@dataclass
class Upload:
    """What WeChat must know of an order's goods. `completions`: how often it took them for gone completely, as far as we know;
    `caller` began to tell it, and nobody has heard the end."""

    again: datetime
    state: str = DUE
    tries: int = 0
    completions: int = 0
    caller: str | None = None


@dataclass
class Known:
    """WeChat's own book of an order's goods."""

    completions: int = 0
    parcels: frozenset[str] = frozenset()


@dataclass
class GoodsOracle(Oracle):
    """The shop with the ways of its goods."""

    ready: set[str] = field(default_factory=set)
    handed_over: dict[str, bool] = field(default_factory=dict)
    """Order id → whether by its code."""
    uploads: dict[str, Upload] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)

    # At the pick-up point

    def mark_ready(self, order: Order) -> str:
        """Its goods have arrived at the point; the answer for this order among others."""
        if not order.fetched:
            return "not_a_pickup_order"
        if order.state != PAID:
            return "not_allowed_now"
        if order.id in self.ready:
            return "known"
        self.ready.add(order.id)
        return "ready"

    def hand_over(self, order: Order, by_code: bool, of_the_point: bool = True) -> None:
        """The shopper takes all that is owed, and the order is complete. The code opens only what waits to be fetched."""
        codes = set()
        if not order.fetched:
            raise No("pickup_code_not_found" if by_code else "not_a_pickup_order")
        if not of_the_point:
            raise No("not_your_pickup_point")
        if order.id in self.handed_over:
            codes.add("already_handed_over")
        if order.state in (UNPAID, CLOSING):
            codes.add("not_paid_yet")
        if order.state in (CLOSED, REFUNDED) or (order.state == COMPLETED and not codes):
            codes.add("order_over")
        if codes:
            raise No(*codes, *(["pickup_code_not_found"] if by_code else []))
        if any(self.disputed(order).values()):
            codes.add("pickup_case_open")
        if not order.held:
            codes.add("all_refunded")
        if codes:
            raise No(*codes)
        for line in order.lines:
            quantity = line.held
            line.shipped += quantity
            line.goods.on_hand -= quantity
            line.goods.reserved -= quantity
        order.shipped_at = self.now
        self._complete(order)
        self.handed_over[order.id] = by_code

    # What WeChat is told

    def _goods_left(self, order: Order) -> None:
        """WeChat must be told, or told anew, of all that has left."""
        upload = self.uploads.setdefault(order.id, Upload(self.now))
        upload.state, upload.tries, upload.again = DUE, 0, self.now

    def plan_upload(self, order: Order) -> None:
        """Of what was handed over WeChat is told, too; once."""
        if order.id not in self.uploads:
            self._goods_left(order)

    def correct(self, order: Order, number: str, to: str) -> None:
        """A parcel has another number than was typed; WeChat takes one such correction."""
        codes = {"parcel_same"} if number == to else {"parcel_known"} if to in order.parcels else set()
        if order.state not in (PAID, SHIPPED):
            codes.add("parcel_ended")
        if codes:
            raise No(*codes)
        order.parcels[order.parcels.index(number)] = to
        self._goods_left(order)

    def upload(self, order: Order, caller: str, fault: str = "") -> None:
        """Tell WeChat all that has left; of a telling nobody heard the end of it is asked first. `fault`: "upload before",
        "upload after" (the answer is lost before or after the effect), "know before", or "upload" and WeChat's no."""
        upload = self.uploads.get(order.id)
        if upload is None or upload.state != DUE:
            return
        if upload.caller not in (None, caller):
            raise Unknown
        if order.state == REFUNDED or upload.completions >= 2:
            upload.state, upload.caller = GAVE_UP, None
            return
        unsure, upload.caller = upload.caller is not None, caller
        upload.tries += 1
        told, complete = frozenset(order.parcels), order.state != PAID
        known = self.known.get(order.id, Known())
        if unsure:
            if fault == "know before":
                raise Unknown
            covered = told <= known.parcels and bool(known.parcels or known.completions)
            if covered and (not complete or known.completions > upload.completions):
                self._heard(upload, complete)
                return
        self._tell(order, upload, told, complete, fault.removeprefix("upload ") if fault.startswith("upload") else "")

    def _tell(self, order: Order, upload: Upload, told: frozenset[str], complete: bool, fault: str) -> None:
        known = self.known.get(order.id, Known())
        if fault == "before":
            raise Unknown
        began, upload.caller = upload.caller, None
        if fault == "45009":
            if upload.tries >= MOST_TRIES:
                upload.state = FAILED
            else:
                upload.again = self.now + AGAIN_AFTER[min(upload.tries, len(AGAIN_AFTER)) - 1]
        elif known.completions >= 2:
            upload.state = GAVE_UP
        elif fault and fault != "after":
            upload.state = FAILED
        else:
            self.known[order.id] = Known(known.completions + complete, told if known.completions else told | known.parcels)
            if fault:
                upload.caller = began
                raise Unknown
            self._heard(upload, complete)

    def _heard(self, upload: Upload, complete: bool) -> None:
        upload.state, upload.caller = TOLD, None
        upload.completions = min(upload.completions + complete, 2)

    def upload_again(self, order: Order) -> None:
        """Staff have WeChat told once more of what it would not hear."""
        upload = self.uploads.get(order.id)
        if upload is None or upload.state not in (FAILED, GAVE_UP):
            raise No("upload_not_stuck")
        if upload.completions >= 2:
            raise No("correction_used")
        self._goods_left(order)

    def settle(self) -> list[str]:
        late = super().settle()
        for order in self.orders:
            if order.id in self.handed_over and order.id not in self.uploads:
                late.append(f"nobody means to tell WeChat that {order.id} was handed over")
                self.plan_upload(order)
            upload = self.uploads.get(order.id)
            if upload is not None and upload.state == DUE and upload.again <= self.now:
                late.append(f"WeChat was not told what left of {order.id}")
                self.upload(order, upload.caller or "")
        return late
