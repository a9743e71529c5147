"""Freight: what a way of delivery costs, as terms for the price function."""

from dataclasses import dataclass

COURIER, PICKUP = "courier", "pickup"
DELIVERIES = (COURIER, PICKUP)


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
