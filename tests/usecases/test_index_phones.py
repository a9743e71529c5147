"""index_phones: rows from before the index came are found by phone, once, slice by slice, without undoing what is newer."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from backend.infra.uow import transaction
from backend.kernel.actors import SYSTEM
from backend.orders import store as orders
from backend.usecases import index_phones as indexing
from backend.usecases.index_phones import index_phones
from backend.usecases.set_phone import set_phone
from tests.given_orders import Shop


@pytest.fixture
def old(shop: Shop) -> list[str]:
    """Five orders and a member from before their index came."""
    li, apples = shop.shopper(), shop.goods("A1", 9000, 50)
    ids = [shop.paid(li, (apples, 1))[0] for _ in range(5)]
    shop.world.mini.phones["p1"] = "13700137000"
    set_phone(shop.shopper(), code="p1")
    forget(shop)
    return ids


def forget(shop: Shop) -> None:
    with transaction(shop.ctx(SYSTEM)) as tx:
        tx.execute(text("update orders set phone_index = null"))
        tx.execute(text("update members set phone_index = null"))


def indexes(shop: Shop) -> list[str | None]:
    return [row["phone_index"] for row in shop.rows("select phone_index from orders order by id")]


def test_what_is_there_is_indexed_once(shop: Shop, old: list[str]) -> None:
    right = shop.ctx().cipher.blind_index("13800138000", "phone")
    assert index_phones(shop.ctx()) == 6
    assert indexes(shop) == [right] * 5
    assert shop.one("select phone_index from members where phone is not null") == {
        "phone_index": shop.ctx().cipher.blind_index("13700137000", "phone")}
    assert index_phones(shop.ctx()) == 0 and "IndexingDue" not in shop.events()


def test_a_slice_ends_in_time_and_the_next_goes_on(shop: Shop, old: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    monkeypatch.setattr(indexing, "SLICE_SECONDS", -1)
    assert (index_phones(shop.ctx()), indexes(shop).count(None), shop.events().count("IndexingDue")) == (2, 3, 1)
    assert (index_phones(shop.ctx()), indexes(shop).count(None), shop.events().count("IndexingDue")) == (2, 1, 2)
    assert (index_phones(shop.ctx()), indexes(shop).count(None), shop.events().count("IndexingDue")) == (2, 0, 2)


def test_a_new_address_meanwhile_keeps_its_own_index(shop: Shop, old: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = orders.write_phone_indexes

    def late(tx: Any, found: dict[str, str]) -> int:
        tx.execute(text("update orders set phone_index = 'newer' where id = :id"), {"id": old[2]})
        return real(tx, found)
    monkeypatch.setattr(indexing, "COLUMNS", ((orders.unindexed, indexing._of_order, late),))
    assert index_phones(shop.ctx()) == 4
    assert indexes(shop).count("newer") == 1 and None not in indexes(shop)


def test_an_order_without_a_phone_is_not_looked_at_for_ever(shop: Shop, old: list[str]) -> None:
    with transaction(shop.ctx(SYSTEM)) as tx:
        tx.execute(orders.ORDERS.update().where(orders.ORDERS.c.id == old[0]).values(ship_to="{}"))
    assert index_phones(shop.ctx()) == 6 and indexes(shop)[0] == ""
    assert index_phones(shop.ctx()) == 0
