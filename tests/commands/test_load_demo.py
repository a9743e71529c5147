"""The demo shop's loader on a real `up`: goods, members and some days of orders, once, and at their own times."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.commands._folder import Folder
from backend.demo.catalogue import catalogue
from backend.demo.orders import plan_days
from backend.demo.planned import steps
from backend.infra.clock import real_now
from backend.kernel.calendar import business_day
from tests.commands.test_up import ROOT, Shop, environment

DAYS = 3


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(Folder(tmp_path / "data"))
    shop.start("backend", "up", "--no-demo")
    give_up = time.monotonic() + 60
    while shop.status() != 200:
        assert time.monotonic() < give_up, shop.said.read_text()
        time.sleep(0.2)
    yield shop
    assert shop.process is not None
    shop.process.terminate()
    shop.process.wait(20)


def load(shop: Shop) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "backend", "load-demo", "--days", str(DAYS), "--data", str(shop.folder.root)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr


def test_three_days_are_there_once_and_end_now(running: Shop) -> None:
    # The orders' time is the shop's: it must stand before the first of them, as `up` puts it for a new demo shop.
    planned = plan_days(business_day(real_now()), DAYS)
    first = planned[0].orders[0].placed_at
    (running.folder.clock).write_text(str((first - real_now()).total_seconds() - 60))
    load(running)
    books = sqlite3.connect(f"file:{running.folder.database}?mode=ro", uri=True)

    def count(statement: str) -> int:
        return books.execute(statement).fetchone()[0]

    placed = [step.order for step in steps(planned, real_now()) if step.kind == "place"]
    expected = sum(1 for order in placed if order.placed_at < real_now())
    assert abs(count("select count(*) from orders") - expected) <= 1, "an order may fall due while the test runs"
    assert count("select count(*) from products") == len(catalogue().products)
    assert count("select count(*) from orders where state = 'unpaid' and pay_before < datetime('now')") == 0
    assert count("select count(*) from deliveries where dead_at is not null") == 0
    assert count("select count(*) from payment_exceptions") == 0
    assert count("select sum(amount_fen) from payments where state = 'succeeded'") == count("select sum(paid_fen) from orders")
    assert (count("select count(*) from aftersales"), count("select count(*) from tickets")) == (4, 2)
    assert count("select count(distinct state) from aftersales") == 3, "asked, returning, refused"
    assert abs(float(running.folder.clock.read_text())) < 60, "the shop's clock is back at the real time"

    before = count("select count(*) from orders"), count("select count(*) from aftersales"), count("select count(*) from tickets")
    load(running)
    assert before == (
        count("select count(*) from orders"), count("select count(*) from aftersales"), count("select count(*) from tickets"))
