"""change_stock: many levels at once, as they were counted; what moved meanwhile, or would be too little, is listed."""

import pytest

from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.stock import MAIN_LOCATION, store
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.change_stock import LIMIT, Counted, StockChanged, change_stock
from backend.usecases.create_product import SkuForm
from tests.counting import counted
from tests.given_goods import given_product, level


@pytest.fixture
def skus(ctx):
    return given_product(
        ctx, skus=[SkuForm(code, 100, options={"号": code}, stock=stock) for code, stock in (("A", 10), ("B", 20), ("C", 5))]
    ).skus


def test_counted_and_arrived(ctx, rows, skus):
    done = change_stock(
        ctx(staff("stf_1", EVERYTHING)),
        changes=[Counted(skus["A"], -3, 10), Counted(skus["B"], 7), Counted(skus["C"], 0, 5)],
        reason="月末盘点",
    )
    assert done == StockChanged(2, 1)
    assert [level(ctx, skus[code]) for code in "ABC"] == [(7, 0), (27, 0), (5, 0)]
    moves = rows("select sku_id, on_hand_change, reserved_change, reason, actor from stock_moves where kind = 'adjust'")
    assert sorted(moves, key=lambda each: each["sku_id"]) == [
        {"sku_id": sku_id, "on_hand_change": change, "reserved_change": 0, "reason": "月末盘点", "actor": "staff:stf_1"}
        for sku_id, change in sorted([(skus["A"], -3), (skus["B"], 7)])
    ]
    assert rows("select count(distinct cause) as causes from stock_moves where kind = 'adjust'") == [{"causes": 1}]
    assert sorted(row["subject"] for row in rows("select subject from audit_log where action = 'adjust_stock'")) == sorted(
        [skus["A"], skus["B"]]
    )


def test_what_moved_or_is_promised_stays_and_is_listed(ctx, skus):
    adjust_stock(ctx(), sku_id=skus["A"], change=1, reason="到货")
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", skus["B"], 15)])
    changes = [Counted(skus["A"], -3, 10), Counted(skus["B"], -6), Counted("sku_gone", 5), Counted(skus["C"], 1, 5)]
    assert change_stock(ctx(), changes=changes, reason="盘点") == StockChanged(1, 0, (skus["A"],), (skus["B"], "sku_gone"))
    assert [level(ctx, skus[code]) for code in "ABC"] == [(11, 0), (20, 15), (6, 0)]


def test_down_to_what_is_promised_and_no_further(ctx, skus):
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", skus["B"], 15)])
    assert change_stock(ctx(), changes=[Counted(skus["B"], -5, 20)], reason="盘点").changed == 1
    assert level(ctx, skus["B"]) == (15, 15)


def test_the_same_key_counts_once(ctx, snapshot, skus):
    changes = [Counted(skus["A"], 5), Counted("sku_gone", 1)]
    first = change_stock(ctx(), changes=changes, reason="到货", key=ClientKey("key-1", "print"))
    before = snapshot()
    key = ClientKey("key-1", "print")
    assert change_stock(ctx(), changes=changes, reason="到货", key=key) == first == StockChanged(1, 0, (), ("sku_gone",))
    assert key.hit and snapshot() == before and level(ctx, skus["A"]) == (15, 0)
    assert change_stock(ctx(), changes=changes, reason="到货").changed == 1 and level(ctx, skus["A"]) == (20, 0)


def test_the_number_of_statements_does_not_grow(ctx):
    goods = given_product(ctx, skus=[SkuForm(f"S{number}", 100, options={"号": str(number)}) for number in range(120)])
    counts = set()
    for size in (2, 120):
        changes = [Counted(sku_id, size) for sku_id in list(goods.skus.values())[:size]]
        with counted() as statements:
            assert change_stock(ctx(), changes=changes, reason="到货").changed == size
        counts.add(len(statements))
    assert len(counts) == 1


@pytest.mark.parametrize(
    ("changes", "reason", "code"),
    [
        ([("A", 0, None)], "x", "stock_out_of_bounds"),
        ([("A", -11, 10)], "x", "stock_out_of_bounds"),
        ([("A", 10**9, 1)], "x", "stock_out_of_bounds"),
        ([("A", 10**9 + 1, None)], "x", "stock_out_of_bounds"),
        ([("A", 1.5, None)], "x", "stock_out_of_bounds"),
        ([("A", 1, None)], " ", "reason_needed"),
        ([("A", 1, None), ("A", 2, None)], "x", "sku_code_twice"),
        ([(f"S{number}", 1, None) for number in range(LIMIT + 1)], "x", "too_many_at_once"),
    ],
)
def test_a_refusal_changes_nothing(ctx, snapshot, skus, changes, reason, code):
    before = snapshot()
    with pytest.raises(Refused) as refused:
        change_stock(ctx(), changes=[Counted(skus.get(name, name), *rest) for name, *rest in changes], reason=reason)
    assert refused.value.code == code
    assert snapshot() == before
