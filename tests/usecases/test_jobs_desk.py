"""The jobs desk: what was given up runs again, a line of the timetable runs out of turn, each with a trace."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.infra import outbox
from backend.infra.clock import real_now
from backend.infra.uow import transaction
from backend.kernel.actors import ANONYMOUS, shopper, staff
from backend.kernel.errors import Refused
from backend.orders.events import OrderClosing
from backend.reactions import NAMES, TIMETABLE
from backend.usecases.revive_delivery import revive_delivery
from backend.usecases.run_entry_now import run_entry_now
from tests.given_orders import STAFF, Shop

Snapshot = Callable[[], Any]


@pytest.fixture
def dead(shop: Shop) -> tuple[str, str]:
    """A delivery that was given up: (event id, reaction)."""
    with transaction(shop.ctx()) as tx:
        tx.emit(OrderClosing("ord_none"))
    with transaction(shop.ctx()) as tx:
        outbox.fan_out(tx.connection, NAMES)
    for _ in range(outbox.ATTEMPTS):
        with transaction(shop.ctx()) as tx:
            tx.connection.exec_driver_sql("update deliveries set retry_at = null")
            [lease] = outbox.lease_due(tx.connection, shop.ctx().now, real_now())
            assert outbox.start(tx.connection, lease, real_now())
            outbox.fail(tx.connection, lease, real_now(), "nothing there")
    [row] = shop.rows("select event_id, reaction from deliveries where dead_at is not null")
    return row["event_id"], row["reaction"]


def test_what_was_given_up_runs_again(shop: Shop, dead: tuple[str, str], snapshot: Snapshot) -> None:
    event_id, reaction = dead
    revive_delivery(shop.ctx(STAFF), event_id=event_id, reaction=reaction)
    with transaction(shop.ctx()) as tx:
        assert len(outbox.lease_due(tx.connection, shop.ctx().now, real_now())) == 1
    assert shop.one("select actor, subject from audit_log where action = 'revive_delivery'") == {
        "actor": "staff:stf_test", "subject": event_id}
    before = snapshot()
    for name in (reaction, "absent"):
        with pytest.raises(Refused) as caught:
            revive_delivery(shop.ctx(STAFF), event_id=event_id, reaction=name)
        assert caught.value.code == "delivery_not_dead"
    assert snapshot() == before


@pytest.mark.parametrize("name", [entry.name for entry in TIMETABLE])
def test_every_line_of_the_timetable_runs_out_of_turn(shop: Shop, name: str) -> None:
    run_entry_now(shop.ctx(STAFF), name=name, timetable=TIMETABLE)
    assert len(shop.events()) == 1
    assert shop.rows("select * from cron_slots") == [], "its regular moments stay"
    assert shop.one("select action, subject from audit_log") == {"action": "run_entry_now", "subject": name}


def test_unknown_lines_are_refused(shop: Shop, snapshot: Snapshot) -> None:
    before = snapshot()
    with pytest.raises(Refused) as caught:
        run_entry_now(shop.ctx(STAFF), name="drop_tables", timetable=TIMETABLE)
    assert caught.value.code == "no_such_entry"
    assert snapshot() == before


@pytest.mark.parametrize("actor", [ANONYMOUS, shopper("mem_1"), staff("stf_1", {"jobs.view"}),
                                   staff("stf_2", {"jobs.run"}, ["sto_main"])])
def test_only_who_may(shop: Shop, dead: tuple[str, str], snapshot: Snapshot, actor: Any) -> None:
    before = snapshot()
    for call in (lambda: revive_delivery(shop.ctx(actor), event_id=dead[0], reaction=dead[1]),
                 lambda: run_entry_now(shop.ctx(actor), name="housekeeping", timetable=TIMETABLE)):
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.code in ("forbidden", "login_needed")
    assert snapshot() == before
