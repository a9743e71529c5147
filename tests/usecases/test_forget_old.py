"""What is forgotten, and what is not."""

from collections.abc import Callable
from datetime import datetime

import pytest

from backend.infra import outbox
from backend.infra.db import write_engine
from backend.infra.uow import transaction
from backend.kernel.rhythm import Every
from backend.reactions import NAMES, TIMETABLE
from backend.screenings import store as screenings
from backend.usecases import forget_old as forget_old_module
from backend.usecases.forget_old import forget_old
from backend.usecases.start_due_slots import start_due_slots
from tests.given_orders import Shop


def test_done_events_go_after_30_days_and_open_ones_stay(shop: Shop, later: Callable[..., datetime]) -> None:
    li = shop.shopper()
    shop.paid(li, (shop.goods(), 1))
    with transaction(shop.ctx()) as tx:
        outbox.fan_out(tx.connection, NAMES)
    assert sorted(shop.events()) == ["OrderPaid", "OrderPaymentDue", "OrderPlaced"]
    later(days=29)
    assert forget_old(shop.ctx())["events"] == 0
    later(days=2)
    by_rows = write_engine().dialect.name == "sqlite"
    assert forget_old(shop.ctx()) == {"keys": 0, "events": 2 * by_rows, "sessions": 0, "screenings": 0, "books": 0, "slots": 0}
    if by_rows:
        assert shop.events() == ["OrderPaymentDue"], "nobody has reacted to it yet"


def test_many_events_are_forgotten_a_bounded_number_at_a_time(
        shop: Shop, later: Callable[..., datetime], monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL forgets row by row only what lies in no month, as events of a time before the tables had months never do."""
    if write_engine().dialect.name != "sqlite":
        later(days=366 * 20)
    goods = shop.goods()
    for name in ("Li", "Wang", "Zhao"):
        shop.paid(shop.shopper(name), (goods, 1))
    with transaction(shop.ctx()) as tx:
        outbox.fan_out(tx.connection, NAMES)
    later(days=31)
    monkeypatch.setattr(outbox, "AT_ONCE", 2)
    monkeypatch.setattr(outbox.forget_done, "__defaults__", (2,))
    monkeypatch.setattr(forget_old_module, "TIMES", 2)
    assert [forget_old(shop.ctx())["events"] for _ in range(3)] == [4, 2, 0]


def test_slots_start_once_and_are_forgotten(shop: Shop, later: Callable[..., datetime]) -> None:
    often = sum(isinstance(entry.rhythm, Every) for entry in TIMETABLE)
    assert start_due_slots(shop.ctx(), timetable=TIMETABLE) == len(TIMETABLE) == often + 3
    assert start_due_slots(shop.ctx(), timetable=TIMETABLE) == 0
    later(days=3)
    assert start_due_slots(shop.ctx(), timetable=TIMETABLE) == often + 3 + 2, "three bills are caught up, the rest collapses"
    assert shop.events().count("BillDue") == 4
    later(days=61)
    assert forget_old(shop.ctx())["slots"] == 2 * often + 8


def test_checks_of_replaced_texts_and_old_verdicts_go_after_half_a_year(shop: Shop, later: Callable[..., datetime]) -> None:
    li = shop.shopper().actor.id
    with transaction(shop.ctx()) as tx:
        for revision in (1, 2):
            screenings.ask(tx, "mem_li", revision, li, text=True, pictures=[])
        screenings.keep_verdict(tx, "trace-1", "pass", 100, None)
    later(days=179)
    assert forget_old(shop.ctx())["screenings"] == 0
    later(days=2)
    with transaction(shop.ctx()) as tx:
        screenings.keep_verdict(tx, "trace-2", "pass", 100, None)
    assert forget_old(shop.ctx())["screenings"] == 2
    assert shop.rows("select revision, state from screenings") == [{"revision": 2, "state": "open"}]
    assert shop.rows("select trace_id from picture_verdicts") == [{"trace_id": "trace-2"}]
    assert forget_old(shop.ctx())["screenings"] == 0
