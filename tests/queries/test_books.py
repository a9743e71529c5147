"""The books checker: a clean shop has no fault, and every check finds the one that was planted for it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backend.checks.advice import ADVICE
from backend.checks.check import Violation, rows_of
from backend.checks.check_books import CHECKS, check_books, run_checks
from backend.infra.clock import real_now
from backend.infra.db import write_engine
from backend.infra.uow import Reading
from tests.conftest import NOON, ROOT, a_database
from tests.given_orders import Shop
from tests.queries.busy_shop import busy_shop
from tests.queries.plantings import PLANTINGS, Plant

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One busy shop on each database for all tests here, none of which leaves a trace."""
    folder = tmp_path_factory.mktemp("busy")
    with busy_shop(folder, a_database(request, folder, "tuanma_busy")) as made:
        yield made


@contextmanager
def unguarded(shop: Shop) -> Iterator[sa.Connection]:
    """A transaction in which no CHECK, foreign key or trigger says no, and that is rolled back."""
    with write_engine().connect() as connection:
        raw = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            raw.execute("pragma foreign_keys = off")
            raw.execute("pragma ignore_check_constraints = on")
        opened = connection.begin()
        try:
            yield connection
        finally:
            opened.rollback()
            if connection.dialect.name == "sqlite":
                raw.execute("pragma ignore_check_constraints = off")
                raw.execute("pragma foreign_keys = on")


def faults(shop: Shop, connection: sa.Connection, check_id: str) -> list[Violation]:
    """What one check finds in an open transaction."""
    [check] = [each for each in CHECKS if each.id == check_id]
    ctx = shop.ctx()
    minute = timedelta(seconds=60)
    _, found = rows_of(Reading(connection, ctx), check, due=ctx.now - minute, real_due=real_now() - minute, limit=50)
    return found


def test_the_checks_know_every_table_whoever_asks_first() -> None:
    """Found by `campaign random`: imported before the tables, the checks of all columns looked at none."""
    told = ("import json; from backend.checks.check_books import CHECKS;"
            " print(json.dumps([each.id + str(each.sql) for each in CHECKS]))")
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(ran.stdout) == [each.id + str(each.sql) for each in CHECKS]


def test_a_busy_shop_has_clean_books(shop: Shop) -> None:
    assert check_books(shop.ctx()) == []


def test_the_shop_is_busy_enough_to_prove_something(shop: Shop) -> None:
    def states(table: str) -> set[str]:
        return {row["state"] for row in shop.rows(f"select distinct state from {table}")}

    assert states("orders") == {"unpaid", "closing", "closed", "paid", "shipped", "completed", "refunded"}
    assert states("payments") >= {"open", "closed", "succeeded", "surplus"}
    assert states("refunds") == {"sent", "succeeded", "abnormal", "closed"}
    for table in ("deliveries", "client_keys", "cart_lines", "deal_days", "audit_log"):
        assert shop.rows(f"select count(*) as n from {table}")[0]["n"] > 0


def test_checks_can_be_chosen_and_each_tells_how_long_it_took(shop: Shop) -> None:
    results = list(run_checks(shop.ctx(), only=["I09", "I13.released"]))
    assert [result.check.id for result in results] == ["I09.one-payment", "I09.surplus", "I09.one-open", "I13.released"]
    assert all(result.seconds >= 0 and result.count == 0 for result in results)
    assert {result.check.id for result in run_checks(shop.ctx(), only=["I17"], waiting=False)} == set()


def test_more_faults_than_are_told_are_counted(shop: Shop) -> None:
    [check] = [each for each in CHECKS if each.id == "I18.conserved"]
    with unguarded(shop) as connection:
        everything = connection.execute(sa.text("update stock_levels set on_hand = on_hand + 1")).rowcount
        for limit, told in ((1, 1), (2, 2), (everything, everything), (50, everything)):
            count, violations = rows_of(Reading(connection, shop.ctx()), check, due=NOON, real_due=NOON, limit=limit)
            assert (count, len(violations)) == (everything, told)


def test_what_is_late_is_so_by_the_clock_that_counts(shop: Shop) -> None:
    """Timers go by business time, leases and retries by real time."""
    moment = "2026-03-02 05:00:00.000000"
    at = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    late, lost = (next(each for each in CHECKS if each.id == name) for name in ("I43.late", "I43.lost"))
    with unguarded(shop) as connection:
        rd = Reading(connection, shop.ctx())
        connection.execute(sa.text(
            f"update deliveries set due_at = '{moment}', done_at = null, lease_until = '{moment}'"))
        for check, due, real_due, found in [
            (late, at, NOON, True), (late, at - SECOND, at, False),
            (lost, NOON, at, True), (lost, at, at - SECOND, False),
        ]:
            assert (rows_of(rd, check, due=due, real_due=real_due, limit=1)[0] > 0) == found


@pytest.mark.parametrize("plant", PLANTINGS, ids=lambda plant: f"{plant.check}-{plant.name}")
def test_a_planted_fault_is_found(shop: Shop, plant: Plant) -> None:
    if plant.only not in ("", write_engine().dialect.name):
        pytest.skip(f"only on {plant.only}")
    with unguarded(shop) as connection:
        assert faults(shop, connection, plant.check) == []
        plant.apply(connection)
        found = faults(shop, connection, plant.check)
    assert found, "not found"
    for violation in found:
        assert violation.check == plant.check
        assert violation.ids
        assert violation.found != violation.expected
        assert violation.what_to_do


def test_every_check_has_a_planting() -> None:
    assert {plant.check for plant in PLANTINGS} == {check.id for check in CHECKS}


def test_ids_are_unique_and_every_check_speaks_two_languages() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in check.zh), check.id
        assert check.en.isascii() or "×" in check.en or "−" in check.en, check.id
        assert check.what_to_do.rstrip()[-1] in ".)", check.id


def test_all_advice_is_in_both_languages() -> None:
    for check in CHECKS:
        chinese, english = check.advice
        assert chinese != english and check.zh and check.en
    assert {check.what_to_do for check in CHECKS} == ADVICE.keys(), "and none is left over"
