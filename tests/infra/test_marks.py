"""Marks, slots and the audit log: a moment of a timetable starts once, however many schedulers run (I44)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from backend.context import Context
from backend.infra import audit, marks
from backend.infra.uow import reading, transaction
from backend.kernel.actors import staff

Ctx = Callable[..., Context]
SLOT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_a_mark_is_set_and_replaced(ctx: Ctx) -> None:
    for value in ({"n": 1}, {"n": 2, "text": "二"}):
        with transaction(ctx()) as tx:
            marks.set_mark(tx, "demo", value)
        with reading(ctx()) as rd:
            assert marks.find_mark(rd, "demo") == value
            assert marks.find_mark(rd, "other") is None


def test_a_slot_is_claimed_once(ctx: Ctx) -> None:
    def claim(name: str, slot: datetime) -> bool:
        with transaction(ctx()) as tx:
            return marks.claim_slot(tx, name, slot)

    assert [claim("bill", SLOT) for _ in range(3)] == [True, False, False]
    assert claim("other", SLOT)
    assert claim("bill", SLOT + timedelta(days=1))
    with reading(ctx()) as rd:
        assert marks.last_slot(rd, "bill") == SLOT + timedelta(days=1)
        assert marks.last_slot(rd, "never") is None


def test_a_claim_that_is_rolled_back_leaves_the_slot_free(ctx: Ctx) -> None:
    with pytest.raises(ZeroDivisionError), transaction(ctx()) as tx:
        assert marks.claim_slot(tx, "bill", SLOT)
        raise ZeroDivisionError
    with transaction(ctx()) as tx:
        assert marks.claim_slot(tx, "bill", SLOT)


def test_of_many_schedulers_one_starts_a_slot(app: Flask, ctx: Ctx) -> None:
    rivals = 5
    gate = threading.Barrier(rivals)

    def rival(slot: datetime) -> bool:
        with app.app_context():
            context = ctx()
            gate.wait()
            with transaction(context) as tx:
                return marks.claim_slot(tx, "bill", slot)

    for day in range(3):
        with ThreadPoolExecutor(rivals) as pool:
            won = list(pool.map(rival, [SLOT + timedelta(days=day)] * rivals))
        assert sorted(won) == [False] * (rivals - 1) + [True]


def test_an_audit_row_says_who_and_what_and_goes_with_its_cause(ctx: Ctx, rows: Callable[..., list[dict]]) -> None:
    with transaction(ctx(staff("stf_1"))) as tx:
        audit.record(tx, "change_price", "sku_1", before={"price_fen": 1}, after={"price_fen": 2})
    with pytest.raises(ZeroDivisionError), transaction(ctx(staff("stf_1"))) as tx:
        audit.record(tx, "change_price", "sku_2")
        raise ZeroDivisionError
    [row] = rows("select actor, action, subject from audit_log")
    assert row == {"actor": "staff:stf_1", "action": "change_price", "subject": "sku_1"}
