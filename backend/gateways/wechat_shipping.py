"""发货信息管理: what WeChat is told of goods that left, in its words, and what it knows of them.

WeChat Pay holds a payment's money until its goods are shipped and received. Of each payment WeChat takes parcels until all
are there, and then one correction. Codes beside those of every call are from reports, not from a published list; one that is
not known here is a definite no, which a person reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.gateways.outcomes import WeChatRefused, WeChatUnknown, tame
from backend.gateways.strict_json import Broken, Fields
from backend.kernel.calendar import CHINA

UPLOAD, GET_ORDER = "/wxa/sec/order/upload_shipping_info", "/wxa/sec/order/get_order"
UNIFIED, SPLIT = 1, 2
BY_TRANSACTION = 2

NOBODY_KNOWS = (-1, 10060012, 10060019)
LATER = (45009, 45011, 10060001, 268485196)
"""Too many calls, or a payment so fresh that this part of WeChat has not heard of it."""
NOTHING_NEW = (10060023,)
CORRECTION_USED = (10060003,)


class ShippingRefused(WeChatRefused):
    """A definite no: nothing was changed at WeChat."""

    @property
    def try_later(self) -> bool:
        return int(self.code) in LATER

    @property
    def nothing_new(self) -> bool:
        """WeChat knows just this already."""
        return int(self.code) in NOTHING_NEW

    @property
    def correction_used(self) -> bool:
        """The payment's one correction has been made before."""
        return int(self.code) in CORRECTION_USED


@dataclass(frozen=True, slots=True)
class Consignment:
    """A parcel as WeChat wants it: courier code and number (both empty for pick-up), what is in it in at most 120 characters,
    and the receiver's masked phone number where the courier wants it."""

    courier: str
    number: str
    description: str
    contact: str | None = None

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"item_desc": self.description}
        if self.number:
            told |= {"tracking_no": self.number, "express_company": self.courier}
        if self.contact:
            told["contact"] = {"receiver_contact": self.contact}
        return told


@dataclass(frozen=True, slots=True)
class Shipping:
    """All that left of one payment so far; `complete`: nothing more will. `at` must be later with each telling."""

    transaction_id: str
    openid: str
    logistics_type: int
    parcels: Sequence[Consignment]
    split: bool
    complete: bool
    at: datetime

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "order_key": {"order_number_type": BY_TRANSACTION, "transaction_id": self.transaction_id},
            "logistics_type": self.logistics_type, "delivery_mode": SPLIT if self.split else UNIFIED,
            "shipping_list": [each.as_json() for each in self.parcels],
            "upload_time": self.at.astimezone(CHINA).isoformat(timespec="milliseconds"), "payer": {"openid": self.openid},
        }
        return told | ({"is_all_delivered": self.complete} if self.split else {})


@dataclass(frozen=True, slots=True)
class Shipped:
    """What WeChat knows: the parcels (courier, number), and how often it took them for complete."""

    state: int
    completions: int
    parcels: frozenset[tuple[str, str]]

    def covers(self, told: Shipping, completions: int) -> bool:
        """Whether WeChat knows what `told` says, when it had taken it for complete so often before."""
        numbers = {(each.courier, each.number) for each in told.parcels if each.number}
        return numbers <= self.parcels and bool(self.parcels or self.completions) and (
            not told.complete or self.completions > completions)


def check(answer: Fields) -> None:
    """Raise what the answer says against it: ShippingRefused, or WeChatUnknown when WeChat itself does not know."""
    errcode = 0 if answer.raw("errcode") is None else answer.whole("errcode")
    if errcode in NOBODY_KNOWS:
        raise WeChatUnknown(f"errcode {errcode}")
    if errcode:
        raise ShippingRefused(str(errcode), tame(answer.raw("errmsg")))


def read_order(answer: Fields) -> Shipped:
    """What get_order answered."""
    check(answer)
    order = answer.part("order")
    shipping = order.part("shipping")
    listed = shipping.raw("shipping_list") or []
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Broken("shipping_list is not a list")
    parcels = [Fields(each, "shipping_list.") for each in listed]
    known = {(each.maybe_text("express_company"), each.maybe_text("tracking_no")) for each in parcels}
    finished = 0 if shipping.raw("finish_shipping_count") is None else shipping.whole("finish_shipping_count")
    return Shipped(order.whole("order_state"), finished, frozenset((courier or "", number) for courier, number in known if number))
