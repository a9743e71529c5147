"""The kill campaign in short, and the proof that it would notice (F01, F04, F05); whole: `python3 -m backend campaign kill`."""

import sys
from collections.abc import Iterator

import pytest

from backend.commands._client import Unanswered
from tests.campaigns.hooked.writes import written
from tests.campaigns.kill import FLOWS, Campaign, Case, Flow, shop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the real processes are found and ended through /proc")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    with shop(tmp_path_factory.mktemp("kill"), None) as (stage, killing):
        yield Campaign.on(stage, killing, print)


@pytest.mark.parametrize(("name", "every"), [("place an order", 8), ("pay", 8), ("ship", 25), ("take a sheet in", 12)])
def test_f01_whoever_is_killed_nothing_shows(campaign: Campaign, name: str, every: int) -> None:
    """F44 too: a sheet is taken in once, whatever row its worker died at."""
    [flow] = [each for each in FLOWS if each.name == name]
    before = campaign.kills
    campaign.flow(flow, every, first=3)
    assert campaign.wrong == []
    assert campaign.kills - before >= 2


def test_an_order_without_a_key_is_noticed(campaign: Campaign) -> None:
    """The twin: a client that asks again under a new key after a death has two orders."""

    def impatient(case: Case) -> None:
        for key in ("first", "second"):
            try:
                case.order = _once(case, key)
                return
            except Unanswered:
                continue

    flow = Flow("place an order without a key", (), impatient)
    undisturbed, points, _ = campaign.play(flow, "web", 0)
    case, _, died = campaign.play(flow, "web", len(points))
    assert died and points[-1] == "after commit"
    assert case.summary()["orders of the shopper"] == 2 != undisturbed.summary()["orders of the shopper"]


@pytest.mark.parametrize(("statement", "write"), [
    ("INSERT INTO orders (id) VALUES (?)", "INSERT INTO orders"),
    ("  update\n stock_levels set reserved = 1", "update stock_levels"),
    ("WITH a AS (select 1), b as (INSERT INTO\n orders select 1) select 1", "INSERT INTO orders"),
    ("WITH gone AS (DELETE FROM cart_lines where x RETURNING id) INSERT INTO orders select 1", "DELETE FROM cart_lines"),
    ("with a as (select updated_at from orders) select * from a for update of orders", ""),
    ("with a as (select id from orders for update of orders) update carts set x = 1", "update carts"),
    ("select id from orders for update", ""),
    ("SELECT 'insert into orders'", ""),
    ("", ""),
])
def test_a_write_is_a_point_wherever_it_stands_in_a_statement(statement: str, write: str) -> None:
    assert written(statement) == write


def _once(case: Case, key: str) -> str:
    """Ask one time only; Unanswered when the answer is lost."""
    return case.who.shop.ask("POST", "/api/v1/orders", {
        "items": [{"sku_id": case.sku, "quantity": 2}], "address_id": case.address, "shown_total_fen": 10_000, "remark": ""},
        headers={"Authorization": f"Bearer {case.who._token}", "Idempotency-Key": f"impatient-{key}-{case.number}"},
        patience=0.01)["id"]
