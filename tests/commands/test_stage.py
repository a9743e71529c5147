"""The stage: the clock goes forward only and under no open request; settling waits, and gives up in time."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from backend.commands._phone import Status
from backend.commands._running import Running
from backend.commands._stage import Stage, Unsettled
from backend.context import Context
from backend.infra.clock import FileClock
from backend.infra.outbox import DELIVERIES
from backend.infra.uow import transaction
from backend.orders.events import OrderPaymentDue
from backend.payments.events import RefundAsked

CtxMaker = Callable[..., Context]


@dataclass
class QuietPhone:
    """WeChat as far as the stage asks it."""

    said: Status = field(default_factory=lambda: Status(0, None, 0))

    def status(self) -> Status:
        return self.said

    @property
    def client(self) -> Any:
        return self

    open_requests = 0

    def close(self) -> None:
        pass


@pytest.fixture
def stage(app: Flask, clock: FileClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr("backend.commands._stage.TIMETABLE", ())
    running = Running(tmp_path, 1, "", "", "http://127.0.0.1:1", "t", clock.path, 1)
    with Stage(running, app) as stage:
        stage.phone = QuietPhone()  # type: ignore[assignment]
        yield stage


def emit(ctx: CtxMaker, event: Any, **later: float) -> None:
    context = ctx()
    with transaction(context) as tx:
        tx.emit(event, at=context.now + timedelta(**later))


def finish(ctx: CtxMaker) -> None:
    """As if a worker had done all that was emitted."""
    with transaction(ctx()) as tx:
        tx.connection.exec_driver_sql("update outbox_events set fanned = true")


def test_the_clock_goes_forward_only(stage: Stage) -> None:
    began = stage.now()
    stage.move(minutes=15)
    assert timedelta(minutes=15) <= stage.now() - began < timedelta(minutes=16)
    stage.move_to(began)
    assert stage.now() - began >= timedelta(minutes=15)


def test_it_does_not_move_under_an_open_request(stage: Stage) -> None:
    stage.shop.open_requests = 1
    before = stage.now()
    with pytest.raises(AssertionError, match="open request"):
        stage.move(minutes=1)
    assert stage.now() - before < timedelta(seconds=5)


def test_it_waits_for_what_the_worker_has_to_say_to_wechat(stage: Stage, ctx: CtxMaker, monkeypatch: Any) -> None:
    monkeypatch.setattr("backend.commands._stage.TALK_SECONDS", 0.3)
    emit(ctx, OrderPaymentDue("ord_1"))
    emit(ctx, RefundAsked("ref_later"), minutes=5)
    stage.move(minutes=1)
    emit(ctx, RefundAsked("ref_1"))
    before = stage.now()
    with pytest.raises(Unsettled, match="the worker is not done"):
        stage.move(minutes=1)
    assert stage.now() - before < timedelta(seconds=5)
    finish(ctx)
    stage.move(minutes=1)
    assert stage.now() - before >= timedelta(minutes=1)


def test_settling_ends_when_all_is_done_and_fails_when_it_is_not(stage: Stage, ctx: CtxMaker) -> None:
    stage.settle(1)
    emit(ctx, RefundAsked("ref_1"))
    began = time.monotonic()
    with pytest.raises(Unsettled, match="not settled within 0 s: [1-9][0-9]* deliveries due, 0 notifications"):
        stage.settle(0.4)
    assert time.monotonic() - began < 5
    finish(ctx)
    stage.phone.said = Status(0, None, 1)  # type: ignore[attr-defined]
    with pytest.raises(Unsettled, match="0 deliveries due, 0 notifications and 1 refunds"):
        stage.settle(0.4)


def test_the_clock_goes_to_wechats_next_try_when_nothing_else_is_left(stage: Stage, ctx: CtxMaker) -> None:
    again = stage.now() + timedelta(minutes=3)
    stage.phone.said = Status(1, again, 0)  # type: ignore[attr-defined]
    with pytest.raises(Unsettled, match="1 notifications"):
        stage.settle(0.3)
    assert timedelta() <= stage.now() - again < timedelta(seconds=30)
    emit(ctx, OrderPaymentDue("ord_1"))
    stage.phone.said = Status(1, stage.now() + timedelta(days=1), 0)  # type: ignore[attr-defined]
    with pytest.raises(Unsettled):
        stage.settle(0.3)
    assert stage.now() - again < timedelta(hours=1)


def test_a_delivery_that_died_since_is_told_at_once(stage: Stage, ctx: CtxMaker) -> None:
    emit(ctx, RefundAsked("ref_1"))
    with transaction(ctx()) as tx:
        (event_id,) = tx.connection.exec_driver_sql("select id from outbox_events limit 1").one()
        tx.execute(DELIVERIES.insert().values(event_id=event_id, reaction="send_refund", due_at=stage.now(), attempt=8,
                                              dead_at=datetime.now(UTC)))
    with pytest.raises(Unsettled, match="1 deliveries failed for good"):
        stage.settle(30)


def test_waiting_ends_with_what_came_or_says_what_is_due(stage: Stage, ctx: CtxMaker, monkeypatch: Any) -> None:
    monkeypatch.setattr("backend.commands._stage.NUDGE_SECONDS", 0.1)
    looks = iter([False, False, True])
    stage.wait(lambda: next(looks), "it")
    with pytest.raises(Unsettled, match="the moon did not come within 0 s; nothing is due"):
        stage.wait(lambda: False, "the moon", 0.2)
