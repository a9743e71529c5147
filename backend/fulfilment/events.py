"""What happens to parcels; each is written in the transaction of its cause."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParcelShipped:
    """A parcel left; its order may still owe more."""

    parcel_id: str


@dataclass(frozen=True, slots=True)
class ParcelCorrected:
    """The courier or number of a parcel had been typed wrong."""

    parcel_id: str


@dataclass(frozen=True, slots=True)
class ShippingUploadDue:
    """WeChat is to be told what left of an order."""

    order_id: str


@dataclass(frozen=True, slots=True)
class ShippingUploadsDue:
    """Time to look for orders of which WeChat should know and does not."""
