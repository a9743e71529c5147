"""Runs of the timetable: each moment with what came of it, those out of turn with a name, page after page."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.infra import outbox
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.queries import job_runs as query
from backend.queries.job_runs import job_runs
from backend.reactions import NAMES, TIMETABLE
from backend.usecases.run_entry_now import run_entry_now
from backend.usecases.start_due_slots import start_due_slots
from tests.given_orders import STAFF


def runs(ctx, name, **more):
    return job_runs(ctx(STAFF), name=name, timetable=TIMETABLE, **more)


def finish(ctx, what):
    with transaction(ctx()) as tx:
        outbox.fan_out(tx.connection, NAMES)
        tx.connection.exec_driver_sql(f"update deliveries set {what} where done_at is null and dead_at is null")


def test_every_moment_with_what_came_of_it(ctx, later):
    start_due_slots(ctx(), timetable=TIMETABLE)
    finish(ctx, "attempt = 1, done_at = due_at")
    later(seconds=60)
    start_due_slots(ctx(), timetable=TIMETABLE)
    finish(ctx, "attempt = 8, dead_at = due_at, error = 'boom'")
    later(seconds=60)
    run_entry_now(ctx(STAFF), name="query_open_money", timetable=TIMETABLE)
    found = runs(ctx, "query_open_money").runs
    assert [(run.actor, run.state, run.tries, run.error) for run in found] == [
        ("staff:stf_test", "open", 0, None), (None, "dead", 8, "boom"), (None, "done", 1, None)]
    assert found[1].slot - found[2].slot == timedelta(seconds=60)
    assert found[2].done_at is not None and found[2].slot <= found[2].started_at


def test_days_that_were_caught_up_together_are_told_apart(ctx, later):
    start_due_slots(ctx(), timetable=TIMETABLE)
    later(days=3)
    start_due_slots(ctx(), timetable=TIMETABLE)
    with transaction(ctx()) as tx:
        outbox.fan_out(tx.connection, NAMES)
        days = [row.payload["day"] for row in tx.execute(outbox.EVENTS.select().where(outbox.EVENTS.c.name == "BillDue"))]
        tx.connection.exec_driver_sql("update deliveries set attempt = 1, done_at = due_at where event_id in "
                                      f"(select id from outbox_events where payload like '%{max(days)}%')"
                                      if tx.dialect == "sqlite" else
                                      "update deliveries set attempt = 1, done_at = due_at where event_id in "
                                      f"(select id from outbox_events where payload ->> 'day' = '{max(days)}')")
    found = runs(ctx, "compare_bill").runs
    assert len(found) == len(days) >= 3
    assert [run.state for run in found] == ["done"] + ["open"] * (len(days) - 1)
    assert len({run.started_at for run in found}) < len(found)


def test_page_after_page_and_what_is_forgotten(ctx, later, monkeypatch):
    monkeypatch.setattr(query, "SHOWN", 2)
    for _ in range(5):
        start_due_slots(ctx(), timetable=TIMETABLE)
        later(seconds=30)
    with transaction(ctx()) as tx:
        tx.connection.exec_driver_sql("delete from outbox_events")
    seen, before = [], None
    while (page := runs(ctx, "query_open_money", before=before)).before:
        seen, before = seen + list(page.runs), page.before
    seen += page.runs
    assert len(seen) == len({run.slot for run in seen}) == 5
    assert {run.state for run in seen} == {"forgotten"}
    assert runs(ctx, "query_open_money", before=datetime(2020, 1, 1, tzinfo=UTC)).runs == []


def test_who_may_not_and_what_is_none(ctx):
    with pytest.raises(Refused, match="no_such_entry"):
        runs(ctx, "nothing")
