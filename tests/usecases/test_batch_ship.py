"""Batches from a warehouse: each parcel by itself, rehearsed first, and the same sheet again changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.checks.check_books import check_books
from backend.fulfilment.sheet import Shipment
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.usecases.batch_ship import batch_ship
from tests.given_orders import STAFF, Shop


@pytest.fixture
def numbers(shop: Shop) -> list[str]:
    """The numbers of three paid orders of 2 × A1 and 1 × B1."""
    li, apples, pears = shop.shopper(), shop.goods("A1", 5000, 50), shop.goods("B1", 900, 50)
    ids = [shop.paid(li, (apples, 2), (pears, 1))[0] for _ in range(3)]
    return [shop.one("select number from orders where id = :id", id=order)["number"] for order in ids]


def outcomes(shop: Shop, shipments: list[Shipment], **more: Any) -> list[tuple[str, str | None]]:
    return [(each.outcome, each.refused and each.refused.code) for each in batch_ship(shop.ctx(STAFF), shipments=shipments, **more)]


def test_a_rehearsal_tells_and_changes_nothing(shop: Shop, numbers: list[str], snapshot: Callable[[], Any]) -> None:
    before = snapshot()
    wanted = [Shipment((2,), numbers[0], "SF", "SF1234567"), Shipment((3,), "NOSUCHNUMBER", "SF", "SF1234568")]
    assert outcomes(shop, wanted, dry_run=True) == [("shipped", None), ("refused", "batch_order_unknown")]
    assert snapshot() == before


def test_a_bad_line_stops_no_other_and_the_sheet_again_changes_nothing(shop: Shop, numbers: list[str],
                                                                        snapshot: Callable[[], Any]) -> None:
    wanted = [
        Shipment((2,), numbers[0], "SF", "SF1234567"), Shipment((3,), numbers[1], "SF", "SF1234568", (("A1", 9),)),
        Shipment((4,), numbers[1], "ZTO", "75000001", (("a1", 1),)), Shipment((5,), numbers[1], "ZTO", "75000002", (("X9", 1),)),
        Shipment((6,), numbers[1], "ZTO", "75000003", (("A1", 0), ("B1", 1))), Shipment((7,), numbers[2], "SF", "SF1234569"),
    ]
    expected = [("shipped", None), ("refused", "ship_too_much"), ("shipped", None), ("refused", "batch_sku_unknown"),
                ("shipped", None), ("shipped", None)]
    assert outcomes(shop, wanted) == expected
    assert [row["state"] for row in shop.rows("select state from orders")] == ["shipped"] * 3
    assert len(shop.rows("select id from parcels")) == 4
    assert check_books(shop.ctx(), waiting=False) == []
    before = snapshot()
    assert outcomes(shop, wanted) == [
        ("known", None), ("refused", "not_allowed_now"), ("known", None), ("refused", "batch_sku_unknown"), ("known", None),
        ("known", None)]
    assert snapshot() == before


def test_a_known_number_with_another_courier_is_refused(shop: Shop, numbers: list[str]) -> None:
    assert outcomes(shop, [Shipment((2,), numbers[0], "SF", "SF1234567", (("A1", 1),)),
                           Shipment((3,), numbers[0], "ZTO", "SF1234567")]) == [("shipped", None), ("refused", "parcel_known")]


def test_other_stores_orders_are_not_there_and_only_shippers_ship(shop: Shop, numbers: list[str],
                                                                  snapshot: Callable[[], Any]) -> None:
    before = snapshot()
    wanted = [Shipment((2,), numbers[0], "SF", "SF1234567")]
    [result] = batch_ship(shop.ctx(staff("stf_y", EVERYTHING, store_ids=["sto_other"])), shipments=wanted)
    assert result.refused is not None and result.refused.code == "batch_order_unknown" and result.order_id is None
    with pytest.raises(Refused):
        batch_ship(shop.ctx(staff("stf_x", ["orders.view"])), shipments=wanted)
    assert snapshot() == before
