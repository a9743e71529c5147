"""adjust_stock: journal, audit log and level change together, once."""

import json

import pytest

from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.stock import MAIN_LOCATION, store
from backend.usecases.adjust_stock import adjust_stock
from tests.given_goods import given_product, level


@pytest.fixture
def sku_id(ctx):
    sku_id = given_product(ctx, stock=5).sku_id
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", sku_id, 2)])
    return sku_id


def test_goods_come_in_and_get_lost(ctx, rows, sku_id):
    first = adjust_stock(ctx(staff("stf_1", EVERYTHING)), sku_id=sku_id, change=10, reason=" 到货 ")
    second = adjust_stock(ctx(staff("stf_1", EVERYTHING)), sku_id=sku_id, change=-13, reason="破损")
    assert level(ctx, sku_id) == (2, 2)
    assert {
        row["cause"]: (row["on_hand_change"], row["reason"], row["actor"])
        for row in rows("select * from stock_moves where kind = 'adjust'")
    } == {first: (10, "到货", "staff:stf_1"), second: (-13, "破损", "staff:stf_1")}
    audits = rows("select action, subject, before, after from audit_log where action = 'adjust_stock' order by at, id")
    said = {(json.loads(row["after"]) if isinstance(row["after"], str) else row["after"])["on_hand"] for row in audits}
    assert [(row["action"], row["subject"]) for row in audits] == [("adjust_stock", sku_id)] * 2 and said == {15, 2}


def test_the_same_key_adjusts_once(ctx, snapshot, sku_id):
    adjustment_id = adjust_stock(ctx(), sku_id=sku_id, change=1, reason="到货", key=ClientKey("key-1", "print"))
    before = snapshot()
    again = ClientKey("key-1", "print")
    assert adjust_stock(ctx(), sku_id=sku_id, change=1, reason="到货", key=again) == adjustment_id and again.hit
    assert snapshot() == before


def test_a_refusal_changes_nothing(ctx, snapshot, sku_id):
    before = snapshot()
    for changes, code in [
        ({"change": 0}, "stock_out_of_bounds"),
        ({"change": 10**9 + 1}, "stock_out_of_bounds"),
        ({"reason": " "}, "reason_needed"),
        ({"sku_id": "sku_unknown"}, "not_stocked"),
        ({"location_id": "loc_unknown"}, "not_stocked"),
        ({"change": -4}, "below_reserved"),
    ]:
        with pytest.raises(Refused) as refused:
            adjust_stock(ctx(), **({"sku_id": sku_id, "change": 1, "reason": "到货", "key": ClientKey("key-2", "p")} | changes))
        assert refused.value.code == code
    assert snapshot() == before
