"""The outbox: one delivery per event and reaction, done once by whoever holds its newest attempt (I43, I45)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from backend.context import Context
from backend.infra import marks, outbox
from backend.infra.outbox import ATTEMPTS, QUEUE_LEASE, RETRY_SECONDS, RUN_LEASE, Lease, TakenOver
from backend.infra.uow import reading, transaction

Ctx = Callable[..., Context]
Rows = Callable[..., list[dict]]
REACTIONS = {"Baked": ("sell", "smell"), "Burnt": ("throw_away",), "Silent": ()}
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Baked:
    bread_id: str


@dataclass(frozen=True)
class Burnt:
    bread_id: str


@dataclass(frozen=True)
class Silent:
    bread_id: str


@pytest.fixture
def work(ctx: Ctx) -> Callable:
    """`with work() as connection:` is one transaction."""

    @contextmanager
    def opened() -> Iterator[Connection]:
        with transaction(ctx()) as tx:
            yield tx.connection

    return opened


@pytest.fixture
def now(ctx: Ctx) -> datetime:
    return ctx().now


@pytest.fixture
def lease(ctx: Ctx, work: Callable, now: datetime) -> Lease:
    """A leased delivery of one event to `throw_away`; business time and real time begin alike."""
    emit(ctx, Burnt("loaf"))
    with work() as connection:
        outbox.fan_out(connection, REACTIONS)
        [leased] = outbox.lease_due(connection, now + SECOND, now)
    return leased


def emit(ctx: Ctx, *events: object, at: datetime | None = None) -> None:
    with transaction(ctx()) as tx:
        for event in events:
            tx.emit(event, at=at)


def deliveries(rows: Rows) -> list[tuple[str, str]]:
    found = rows("select e.name, d.reaction from deliveries d join outbox_events e on e.id = d.event_id order by 1, 2")
    return [(row["name"], row["reaction"]) for row in found]


def test_an_event_becomes_one_delivery_for_each_reaction(ctx: Ctx, work: Callable, rows: Rows) -> None:
    emit(ctx, Baked("a"), Burnt("b"), Silent("c"))
    with work() as connection:
        assert outbox.fan_out(connection, REACTIONS) == 3
        assert outbox.fan_out(connection, REACTIONS) == 0
    assert deliveries(rows) == [("Baked", "sell"), ("Baked", "smell"), ("Burnt", "throw_away")]
    assert {row["attempt"] for row in rows("select attempt from deliveries")} == {0}


def test_fanning_out_goes_on_where_the_limit_stopped_it(ctx: Ctx, work: Callable, rows: Rows) -> None:
    emit(ctx, *(Burnt(str(i)) for i in range(5)))
    with work() as connection:
        assert [outbox.fan_out(connection, REACTIONS, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert len(deliveries(rows)) == 5


def test_a_delivery_is_due_when_business_time_says_so(ctx: Ctx, work: Callable, now: datetime) -> None:
    emit(ctx, Burnt("b"), at=now + timedelta(minutes=15))
    with work() as connection:
        outbox.fan_out(connection, REACTIONS)
        assert outbox.lease_due(connection, now + timedelta(minutes=15) - SECOND, now) == []
        [lease] = outbox.lease_due(connection, now + timedelta(minutes=15), now)
    assert (lease.reaction, lease.attempt) == ("throw_away", 1)


def test_a_lease_is_given_once_and_the_oldest_first(ctx: Ctx, work: Callable, now: datetime, rows: Rows) -> None:
    for hours in (3, 1, 2):
        emit(ctx, Burnt(f"{hours}"), at=now + timedelta(hours=hours))
    with work() as connection:
        outbox.fan_out(connection, REACTIONS)
        late = now + timedelta(hours=4)
        leased = [outbox.lease_due(connection, late, now, limit=1) for _ in range(4)]
    order = [each.event_id for batch in leased for each in batch]
    assert order == [row["id"] for row in rows("select id from outbox_events order by due_at")]
    assert leased[3] == []


def test_an_idle_relay_sees_that_nothing_waits(ctx: Ctx, work: Callable, now: datetime) -> None:
    def waits(at: datetime = now, real: datetime = now) -> bool:
        with reading(ctx()) as rd:
            return outbox.work_waits(rd.connection, at, real)

    assert not waits()
    emit(ctx, Burnt("b"), at=now + timedelta(minutes=1))
    assert waits()  # to be fanned out
    with work() as connection:
        outbox.fan_out(connection, REACTIONS)
    assert not waits()
    assert waits(now + timedelta(minutes=1))
    with work() as connection:
        outbox.lease_due(connection, now + timedelta(minutes=1), now)
    assert not waits(now + timedelta(minutes=1))


def test_starting_counts_an_attempt_and_tells_what_happened(
        lease: Lease, work: Callable, now: datetime, rows: Rows) -> None:
    with work() as connection:
        assert outbox.start(connection, lease, now) == ("Burnt", {"bread_id": "loaf"})
        assert outbox.start(connection, lease, now) is None
    assert [row["attempt"] for row in rows("select attempt from deliveries")] == [1]


def test_a_job_of_another_attempt_does_not_start(lease: Lease, work: Callable, now: datetime) -> None:
    with work() as connection:
        assert outbox.start(connection, replace(lease, attempt=2), now) is None
        assert outbox.start(connection, replace(lease, reaction="sell"), now) is None
        assert outbox.start(connection, replace(lease, event_id="evt_unknown"), now) is None
        assert outbox.start(connection, lease, now) is not None


def test_the_last_transaction_finishes_the_delivery_with_its_effect(
        ctx: Ctx, lease: Lease, work: Callable, now: datetime, rows: Rows) -> None:
    with work() as connection:
        outbox.start(connection, lease, now)
    with transaction(ctx(delivery=lease)) as tx:
        marks.set_mark(tx, "first beat", {})
    assert rows("select done_at from deliveries") == [{"done_at": None}]
    with transaction(ctx(delivery=lease), last=True) as tx:
        marks.set_mark(tx, "effect", {})
    assert [row["name"] for row in rows("select name from marks order by name")] == ["effect", "first beat"]
    [row] = rows("select done_at, lease_until, error from deliveries")
    assert row["done_at"] is not None
    assert (row["lease_until"], row["error"]) == (None, None)
    with work() as connection:
        assert outbox.start(connection, replace(lease, attempt=2), now) is None


def test_a_zombie_cannot_finish_and_leaves_no_effect(
        ctx: Ctx, lease: Lease, work: Callable, now: datetime, rows: Rows) -> None:
    heir = replace(lease, attempt=2)
    with work() as connection:
        outbox.start(connection, lease, now)
        outbox.renew(connection, outbox.overdue(connection, now + RUN_LEASE + SECOND), None)
        assert outbox.lease_due(connection, now + SECOND, now + RUN_LEASE + SECOND) == [heir]
        outbox.start(connection, heir, now)
    with pytest.raises(TakenOver), transaction(ctx(delivery=lease), last=True) as tx:
        marks.set_mark(tx, "zombie", {})
    with transaction(ctx(delivery=heir), last=True) as tx:
        marks.set_mark(tx, "heir", {})
    with pytest.raises(TakenOver), transaction(ctx(delivery=heir), last=True) as tx:
        marks.set_mark(tx, "heir again", {})
    assert [row["name"] for row in rows("select name from marks")] == ["heir"]


def test_a_zombie_cannot_fail_what_its_heir_does(lease: Lease, work: Callable, now: datetime, rows: Rows) -> None:
    with work() as connection:
        outbox.start(connection, lease, now)
        outbox.start(connection, replace(lease, attempt=2), now)
        outbox.fail(connection, lease, now, "woke up late")
        outbox.finish_if_open(connection, lease, now)
    [row] = rows("select done_at, dead_at, error, retry_at from deliveries")
    assert row == {"done_at": None, "dead_at": None, "error": None, "retry_at": None}


def test_a_reaction_that_found_nothing_to_do_is_done(lease: Lease, work: Callable, now: datetime, rows: Rows) -> None:
    with work() as connection:
        outbox.start(connection, lease, now)
        outbox.finish_if_open(connection, lease, now)
        outbox.finish_if_open(connection, lease, now)
    assert rows("select count(*) as n from deliveries where done_at is not null") == [{"n": 1}]


def test_a_failure_is_tried_again_after_a_pause_and_is_dead_after_the_last_try(
        lease: Lease, work: Callable, now: datetime, rows: Rows) -> None:
    real = now
    for attempt in range(1, ATTEMPTS + 1):
        with work() as connection:
            assert outbox.start(connection, replace(lease, attempt=attempt), real) is not None
            outbox.fail(connection, replace(lease, attempt=attempt), real, f"no. {attempt}: " + "x" * 3000)
        if attempt == ATTEMPTS:
            break
        pause = timedelta(seconds=RETRY_SECONDS[attempt - 1])
        with work() as connection:
            assert outbox.lease_due(connection, now + timedelta(days=1), real + pause - SECOND / 2) == []
            [again] = outbox.lease_due(connection, now + SECOND, real + pause)
        assert again.attempt == attempt + 1
        real += pause
    [row] = rows("select attempt, dead_at, lease_until, retry_at, error from deliveries")
    assert row["attempt"] == ATTEMPTS
    assert row["dead_at"] is not None
    assert row["lease_until"] is None
    assert row["error"].startswith(f"no. {ATTEMPTS}:")
    assert len(row["error"]) == 2000
    with work() as connection:
        assert outbox.lease_due(connection, now + timedelta(days=1), real + timedelta(days=1)) == []
        assert outbox.overdue(connection, real + timedelta(days=1)) == []
        assert outbox.start(connection, replace(lease, attempt=ATTEMPTS + 1), real) is None


def test_there_is_a_pause_before_every_try_but_the_first_and_a_job_ends_before_its_lease() -> None:
    assert len(RETRY_SECONDS) == ATTEMPTS - 1
    assert timedelta(seconds=outbox.JOB_SECONDS) < RUN_LEASE


def test_a_dead_delivery_gets_its_tries_again(lease: Lease, work: Callable, now: datetime, rows: Rows) -> None:
    with work() as connection:
        assert not outbox.revive(connection, lease.event_id, lease.reaction)
        for attempt in range(1, ATTEMPTS + 1):
            outbox.start(connection, replace(lease, attempt=attempt), now)
        outbox.fail(connection, replace(lease, attempt=ATTEMPTS), now, "dead")
        assert outbox.revive(connection, lease.event_id, lease.reaction)
        assert not outbox.revive(connection, lease.event_id, lease.reaction)
        [again] = outbox.lease_due(connection, now + SECOND, now)
        assert (again.attempt, again.spent) == (ATTEMPTS + 1, False), "no number is held twice, so old workers stay fenced"
        assert outbox.start(connection, replace(lease, attempt=1), now) is None
        for attempt in range(ATTEMPTS + 1, 2 * ATTEMPTS):
            assert outbox.start(connection, replace(lease, attempt=attempt), now) is not None
            outbox.fail(connection, replace(lease, attempt=attempt), now, "once more")
    [row] = rows("select dead_at, retry_at from deliveries")
    assert row["dead_at"] is None and row["retry_at"] is not None
    with work() as connection:
        outbox.start(connection, replace(lease, attempt=2 * ATTEMPTS), now)
        outbox.fail(connection, replace(lease, attempt=2 * ATTEMPTS), now, "dead again")
    assert rows("select attempt, tried_before, dead_at is not null as dead from deliveries") == [
        {"attempt": 2 * ATTEMPTS, "tried_before": ATTEMPTS, "dead": True}]


def test_what_is_done_cannot_be_revived(lease: Lease, work: Callable, now: datetime) -> None:
    with work() as connection:
        outbox.start(connection, lease, now)
        outbox.finish(connection, lease, now)
        assert not outbox.revive(connection, lease.event_id, lease.reaction)


def test_moving_the_business_clock_burns_no_lease_and_no_pause(
        ctx: Ctx, lease: Lease, work: Callable, now: datetime, later: Callable[..., datetime]) -> None:
    later(days=3)
    with work() as connection:
        assert outbox.overdue(connection, now + QUEUE_LEASE - SECOND) == []
        assert outbox.lease_due(connection, ctx().now, now) == []
        assert outbox.start(connection, lease, now) is not None
        assert outbox.overdue(connection, now + RUN_LEASE - SECOND) == []
        outbox.fail(connection, lease, now, "again in a second of real time")
    later(days=3)
    with work() as connection:
        assert outbox.lease_due(connection, ctx().now, now + SECOND / 2) == []
        assert len(outbox.lease_due(connection, ctx().now, now + SECOND)) == 1


def test_a_lease_that_ran_out_is_seen_renewed_or_given_back(lease: Lease, work: Callable, now: datetime) -> None:
    after = now + QUEUE_LEASE + SECOND
    with work() as connection:
        assert outbox.overdue(connection, after) == [lease]
        outbox.renew(connection, [lease], after + QUEUE_LEASE)
        assert outbox.overdue(connection, after) == []
        outbox.renew(connection, [], None)
        outbox.renew(connection, [lease], None)
        assert outbox.lease_due(connection, now + SECOND, after) == [lease]


def test_what_was_started_meanwhile_is_not_given_back(lease: Lease, work: Callable, now: datetime, rows: Rows) -> None:
    with work() as connection:
        outbox.start(connection, lease, now)
        outbox.renew(connection, [lease], None)
    assert rows("select lease_until from deliveries") != [{"lease_until": None}]


def test_deliveries_whose_workers_died_every_time_are_listed_as_dead(
        lease: Lease, work: Callable, now: datetime, rows: Rows) -> None:
    with work() as connection:
        for attempt in range(1, ATTEMPTS + 1):
            outbox.start(connection, replace(lease, attempt=attempt), now)
        [lost] = outbox.overdue(connection, now + RUN_LEASE + SECOND)
        assert lost.attempt == ATTEMPTS + 1
        outbox.bury(connection, [lease], now)  # an old attempt buries nobody
        assert len(outbox.overdue(connection, now + RUN_LEASE + SECOND)) == 1
        outbox.bury(connection, [lost], now)
    [row] = rows("select dead_at, error from deliveries")
    assert row["dead_at"] is not None
    assert row["error"] == "the worker died while running it"


def test_the_job_of_a_lease_is_named_after_it() -> None:
    assert Lease("evt_01", "send_refund", 3).job_id == "evt_01-send_refund-3"


def test_an_event_that_is_written_twice_is_two_events(ctx: Ctx, work: Callable, rows: Rows) -> None:
    emit(ctx, Burnt("b"), Burnt("b"))
    with work() as connection:
        outbox.fan_out(connection, REACTIONS)
    assert len(deliveries(rows)) == 2


def test_a_rolled_back_fan_out_is_made_up_for(ctx: Ctx, work: Callable, rows: Rows) -> None:
    emit(ctx, Baked("b"))
    with pytest.raises(ZeroDivisionError), work() as connection:
        outbox.fan_out(connection, REACTIONS)
        raise ZeroDivisionError
    with work() as connection:
        assert outbox.fan_out(connection, REACTIONS) == 1
    assert len(deliveries(rows)) == 2
