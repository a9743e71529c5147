"""The books are checked by the worker, in slices: what is kept of it, and what becomes of a run that is disturbed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from backend.checks import check_books
from backend.checks.check import Check
from backend.infra import outbox
from backend.infra.clock import real_now
from backend.infra.once import ClientKey
from backend.infra.patience import TookTooLong, patient
from backend.infra.uow import reading, transaction
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.reactions import NAMES
from backend.usecases import check_books_slice as slicing
from backend.usecases.check_books_slice import check_books_slice
from backend.usecases.forget_old import forget_old
from backend.usecases.open_books_run import open_books_run
from tests.given_orders import Shop

FINANCE = staff("stf_money", {"books.run"})
ODD = Check("I99.odd", "奇数", "Odd", "select id as order_id, 'odd' as found, 'even' as expected from members", "Nothing.")
LATE = Check("I99.late", "迟到", "Late", "select id as order_id, 'late' as found, 'done' as expected from members", "Nothing.",
             waits=True)
CLEAN = Check("I99.clean", "无误", "Clean", "select id as order_id, '' as found, '' as expected from members where 1 = 0",
              "Nothing.")


class Killed(BaseException):
    """The worker's process is gone."""


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`checks(check, …)`: these and no others are made."""

    def only(*these: Check) -> None:
        monkeypatch.setattr(slicing, "CHECKS", these)
        monkeypatch.setattr(slicing, "WAITING", {check.id for check in these if check.waits})

    return only


def step(shop: Shop, run_id: str, attempt: int | None = None) -> str:
    """The next slice, as try number `attempt` of its delivery."""
    number = shop.one("select step from books_runs where id = :id", id=run_id)["step"]
    return check_books_slice(shop.ctx(delivery=attempt and lease(shop, number, attempt)), run_id=run_id, step=number)


def lease(shop: Shop, number: int, attempt: int) -> outbox.Lease:
    with transaction(shop.ctx()) as tx:
        outbox.fan_out(tx.connection, NAMES)
        [event] = [row["id"] for row in shop.rows("select id, cast(payload as varchar) as payload from outbox_events "
                                                  "where name = 'BooksSliceDue'")
                   if row["payload"].replace(" ", "").find(f'"step":{number}') >= 0]
        held = outbox.Lease(event, "check_books_slice", attempt)
        assert outbox.start(tx.connection, held, real_now())
    return held


def results(shop: Shop) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in shop.rows("select check_id, faults, judged from books_results order by check_id")]


def test_all_checks_of_a_whole_shop_hold_and_that_is_kept(shop: Shop) -> None:
    shop.paid(shop.shopper(), (shop.goods(), 1))
    run_id = open_books_run(shop.ctx())
    assert step(shop, run_id) == "done"
    assert step(shop, run_id) == "nothing to do"
    assert shop.one("select state, asked_by, checks, unjudged, failing, faults from books_runs") == {
        "state": "done", "asked_by": "system", "checks": len(check_books.CHECKS), "unjudged": 0, "failing": 0, "faults": 0}
    assert shop.rows("select * from books_faults") == []


def test_faults_are_kept_with_what_leads_there_up_to_twenty(shop: Shop, checks: Callable[..., None]) -> None:
    ids = sorted(shop.shopper(f"member-{number}").actor.id for number in range(23))
    checks(CLEAN, ODD)
    run_id = open_books_run(shop.ctx())
    assert step(shop, run_id) == "done"
    assert results(shop) == [("I99.clean", 0, True), ("I99.odd", 23, True)]
    kept = shop.rows("select number, found, expected, cast(ids as varchar) as ids from books_faults order by number")
    assert [row["number"] for row in kept] == list(range(1, 21)) and {row["found"] for row in kept} == {"odd"}
    assert all(any(each in row["ids"] for each in ids) for row in kept)
    assert shop.one("select failing, faults from books_runs") == {"failing": 1, "faults": 23}


def test_what_waits_counts_when_it_still_waits_a_minute_later(shop: Shop, checks: Callable[..., None],
                                                              later: Callable[..., datetime]) -> None:
    shop.shopper("li")
    gone = shop.shopper("wang").actor.id
    checks(LATE)
    run_id = open_books_run(shop.ctx())
    assert step(shop, run_id) == "once more in a minute"
    due = [row["due_at"] for row in shop.rows("select due_at from outbox_events where name = 'BooksSliceDue' order by due_at")]
    assert len(due) == 2 and str(due[0]) != str(due[1])
    with transaction(shop.ctx()) as tx:
        tx.execute(text("delete from addresses where member_id = :id"), {"id": gone})
        tx.execute(text("delete from wechat_accounts where member_id = :id"), {"id": gone})
        tx.execute(text("delete from members where id = :id"), {"id": gone})
    shop.shopper("new")
    later(minutes=1)
    assert step(shop, run_id) == "done"
    assert results(shop) == [("I99.late", 1, True)], "one is gone, one is new, one still waits"
    assert shop.one("select count(*) as n from books_faults") == {"n": 1}


def test_nothing_that_waits_is_left(shop: Shop, checks: Callable[..., None]) -> None:
    checks(LATE)
    run_id = open_books_run(shop.ctx())
    assert step(shop, run_id) == "done"
    assert results(shop) == [("I99.late", 0, True)]


def test_a_slice_ends_in_time_and_the_next_goes_on(
        shop: Shop, checks: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SLICE_SECONDS", -1)
    monkeypatch.setattr(slicing, "ticks", iter(range(100)).__next__)
    checks(CLEAN, ODD)
    run_id = open_books_run(shop.ctx())
    monkeypatch.setattr(slicing, "SLICE_SECONDS", 1)
    assert step(shop, run_id) == "1 to do"
    assert step(shop, run_id) == "done"
    assert [name for name in shop.events() if name == "BooksSliceDue"] == ["BooksSliceDue"] * 2
    assert check_books_slice(shop.ctx(), run_id=run_id, step=0) == "nothing to do"


def test_a_check_at_which_the_worker_dies_is_unjudged(
        shop: Shop, checks: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    checks(CLEAN, ODD, LATE)
    real = slicing.run_check

    def dying(ctx: Any, check: Check, **more: Any) -> Any:
        if check is ODD:
            raise Killed
        return real(ctx, check, **more)

    monkeypatch.setattr(slicing, "run_check", dying)
    run_id = open_books_run(shop.ctx())
    for attempt in (1, 2):
        with pytest.raises(Killed):
            step(shop, run_id, attempt)
    assert results(shop) == [("I99.clean", 0, True)]
    assert step(shop, run_id, 3) == "done"
    assert results(shop) == [("I99.clean", 0, True), ("I99.late", 0, True), ("I99.odd", 0, False)]
    assert shop.one("select checks, unjudged, failing from books_runs") == {"checks": 3, "unjudged": 1, "failing": 0}


ENDLESS = """with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000000)
             select max(i) as found, '' as expected from n"""


def test_a_check_that_takes_too_long_is_unjudged(shop: Shop, checks: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "CHECK_SECONDS", 0.05)
    checks(Check("I99.endless", "", "", ENDLESS, ""), CLEAN)
    run_id = open_books_run(shop.ctx())
    assert step(shop, run_id) == "done"
    assert results(shop) == [("I99.clean", 0, True), ("I99.endless", 0, False)]


def test_patience_ends_and_nobody_else_is_hurried(shop: Shop) -> None:
    with pytest.raises(TookTooLong), reading(shop.ctx()) as rd, patient(rd, 0.05):
        rd.execute(text(ENDLESS)).all()
    with reading(shop.ctx()) as rd:
        assert rd.execute(text("with recursive n(i) as (select 1 union all select i + 1 from n where i < 300000) "
                               "select max(i) from n")).scalar_one() == 300_000


def test_one_run_at_a_time(shop: Shop, snapshot: Callable[[], Any]) -> None:
    finance = shop.ctx(FINANCE)
    run_id = open_books_run(finance, key=ClientKey("key-books", "f"))
    assert open_books_run(finance, key=ClientKey("key-books", "f")) == run_id
    before = snapshot()
    with pytest.raises(Refused) as no:
        open_books_run(finance)
    assert no.value.code == "books_running" and snapshot() == before
    assert open_books_run(shop.ctx()) == "", "the timetable waits for the next night"
    assert shop.rows("select actor, action, subject from audit_log") == [
        {"actor": str(FINANCE), "action": "open_books_run", "subject": run_id}]


def test_a_run_whose_chain_broke_is_given_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    old = open_books_run(shop.ctx())
    with transaction(shop.ctx()) as tx:
        tx.execute(text("update books_runs set heard_at = :at"), {"at": "2020-01-01 00:00:00"})
    new = open_books_run(shop.ctx())
    assert {row["id"]: row["state"] for row in shop.rows("select id, state from books_runs")} == {old: "given_up", new: "running"}
    assert check_books_slice(shop.ctx(), run_id=old, step=0) == "nothing to do"


@pytest.mark.parametrize("actor", [staff("stf_1", {"money.view", "books.view"}), staff("stf_1", EVERYTHING, frozenset({"sto_1"}))])
def test_strangers_have_nothing_checked(shop: Shop, snapshot: Callable[[], Any], actor: Any) -> None:
    before = snapshot()
    with pytest.raises(Refused) as no:
        open_books_run(shop.ctx(actor))
    assert no.value.code == "forbidden" and snapshot() == before


def test_runs_go_after_ninety_days_and_the_last_stays(
        shop: Shop, checks: Callable[..., None], later: Callable[..., datetime]) -> None:
    shop.shopper()
    checks(ODD)
    for _ in range(2):
        run_id = open_books_run(shop.ctx())
        step(shop, run_id)
        later(days=1)
    later(days=90)
    assert forget_old(shop.ctx())["books"] == 1
    assert [row["id"] for row in shop.rows("select id from books_runs")] == [run_id]
    assert shop.one("select count(*) as n from books_faults") == {"n": 1}
