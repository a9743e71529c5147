"""A clock that was ahead and is set right does not stop the timetable for as long as it was ahead (F25)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.context import Context
from backend.infra.marks import claim_slot
from backend.infra.uow import transaction
from backend.kernel.rhythm import STILL_SECONDS, Ahead
from backend.reactions import TIMETABLE
from backend.usecases import forget_future_slots as module
from backend.usecases.forget_future_slots import forget_future_slots
from backend.usecases.start_due_slots import start_due_slots

Ctx = Callable[..., Context]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def tick(ctx: Ctx, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], tuple[int, int]]:
    """A tick of the scheduler so many real seconds after the last: (how many were started, how many forgotten)."""
    ahead, real = Ahead(), [1000.0]
    monkeypatch.setattr(module, "ticks", lambda: real[0])

    def one(seconds: float) -> tuple[int, int]:
        real[0] += seconds
        return start_due_slots(ctx(), timetable=TIMETABLE), forget_future_slots(ctx(), timetable=TIMETABLE, ahead=ahead)

    return one


def started(rows: Rows, name: str) -> int:
    return len(rows("select slot from cron_slots where name = :name", name=name))


def test_an_hour_back_stops_nothing_for_an_hour(
        tick: Callable[[float], tuple[int, int]], later: Callable[..., datetime], rows: Rows) -> None:
    for _ in range(4):
        tick(10)
        later(minutes=20)
    before = started(rows, "query_open_money")
    assert before == 4
    later(hours=-1)
    assert tick(10) == (0, 0), "these moments were started once"
    assert tick(STILL_SECONDS - 1) == (0, 0) and started(rows, "query_open_money") == before
    began, forgotten = tick(1)
    assert (began, forgotten > 0) == (0, True)
    left = started(rows, "query_open_money")
    assert left < before
    later(seconds=30)
    assert tick(10)[1] == 0 and started(rows, "query_open_money") == left + 1
    later(seconds=30)
    assert tick(30)[1] == 0 and started(rows, "query_open_money") == left + 2


def test_a_host_that_is_ahead_now_goes_on_and_is_left_alone(
        tick: Callable[[float], tuple[int, int]], ctx: Ctx, later: Callable[..., datetime], rows: Rows) -> None:
    """Else two hosts would start and forget by turns, a nightly job at every tick."""
    tick(10)
    for number in range(20):
        later(seconds=30)
        theirs = ctx().now.replace(microsecond=0) + timedelta(hours=1)
        with transaction(ctx()) as tx:
            assert claim_slot(tx, "query_open_money", theirs)
        assert tick(30)[1] == 0, number
    assert started(rows, "query_open_money") == 21


def test_a_year_ahead_is_forgotten_for_all_lines(
        tick: Callable[[float], tuple[int, int]], ctx: Ctx, later: Callable[..., datetime], rows: Rows) -> None:
    tick(10)
    names = sorted(row["name"] for row in rows("select distinct name from cron_slots"))
    later(days=365)
    assert tick(10)[0] > len(TIMETABLE)
    later(days=-365, seconds=30)
    tick(10)
    assert tick(STILL_SECONDS)[1] > len(TIMETABLE)
    assert sorted(row["name"] for row in rows("select distinct name from cron_slots")) == names
    later(days=1)
    assert tick(10)[0] == len(TIMETABLE)
