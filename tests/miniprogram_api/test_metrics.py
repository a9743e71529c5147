"""/metrics: figures for whoever has the token, and no such address for everybody else (R33)."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from backend.app import create_app
from backend.infra.settings import Settings
from backend.infra.uow import transaction
from backend.usecases.check_books_slice import check_books_slice
from backend.usecases.open_books_run import open_books_run
from miniprogram_api import register
from tests.conftest import NOON, make_settings
from tests.fakes import FakeWorld

TOKEN = "a-token-of-the-monitor-0123456789"


@pytest.fixture
def settings(tmp_path, database_url, clock) -> Settings:
    return make_settings(tmp_path, database_url, metrics_token=TOKEN)


@pytest.fixture
def client(web):
    return web.test_client()


def figures(client):
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain")
    return {(sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.text) for sample in family.samples}


def test_what_the_database_says_now(client, shop, later) -> None:
    assert figures(client)["tuanma_books_checked_timestamp_seconds",] == 0
    order_id, _ = shop.paid(shop.shopper(), (shop.goods(), 1))
    with transaction(shop.ctx()) as tx:
        tx.execute(text("update orders set moves = moves + 1"))
        tx.execute(text("insert into payment_exceptions (id, kind, number, transaction_id, details, at, state) values "
                        "('exc_1', 'misfit', 'pay_1', 't1', '{}', '2026-03-02 04:00:00+00:00', 'open')"))
    check_books_slice(shop.ctx(), run_id=open_books_run(shop.ctx()), step=0)
    before = shop.ctx().now.timestamp()
    later(minutes=10)
    told = figures(client)
    assert told["tuanma_books_faults", "I08.last"] == 1 and told["tuanma_books_faults", "I02.accounts"] == 0
    assert NOON.timestamp() < told["tuanma_books_checked_timestamp_seconds",] <= before
    assert told["tuanma_money_exceptions_open", "misfit"] == 1 and told["tuanma_database_up",] == 1
    assert told["tuanma_deliveries_dead",] == 0 and told["tuanma_outbox_due",] > 0 and told["tuanma_outbox_lag_seconds",] >= 600
    assert order_id not in str(told)
    with transaction(shop.ctx()) as tx:
        tx.execute(text("update books_results set judged = false where check_id = 'I02.accounts'"))
    assert ("tuanma_books_faults", "I02.accounts") not in figures(client), "what was not judged is not said to hold"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_answers_and_forged_notifications_are_counted(client, shop) -> None:
    def counted(*name: str) -> float:
        return figures(client).get(name, 0)

    before = counted("tuanma_notifications_refused_total", "missing"), counted("tuanma_http_answers_total", "callbacks", "401")
    assert client.post("/callbacks/wechat-pay/payments", data=b"{}", content_type="application/json").status_code == 401
    assert counted("tuanma_notifications_refused_total", "missing") == before[0] + 1
    assert counted("tuanma_http_answers_total", "callbacks", "401") == before[1] + 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", f"bearer {TOKEN}", f"Bearer {TOKEN}x", f"Basic {TOKEN}",
                                    "Bearer 令牌"])
def test_R33_without_its_token_there_is_no_such_address(client, header) -> None:
    headers = [("Authorization", header.encode().decode("latin-1"))] if header else []
    strange, known = client.get("/metrics-of-nobody"), client.get("/metrics", headers=headers)
    assert (known.status_code, known.content_type) == (strange.status_code, strange.content_type)
    assert (known.status_code, known.content_type) == (404, "text/html; charset=utf-8")
    assert "tuanma_" not in known.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_R33_no_token_in_the_settings_opens_it_to_nobody(tmp_path, database_url, clock) -> None:
    settings = make_settings(tmp_path, database_url)
    bare = create_app(settings, FakeWorld().gateways(settings))
    register(bare)
    for header in ("Bearer ", "Bearer None", f"Bearer {TOKEN}"):
        assert bare.test_client().get("/metrics", headers={"Authorization": header}).status_code == 404


@pytest.mark.parametrize("token", ["short", "with space in the middle of it", "x" * 201])
def test_a_weak_token_is_no_setting(tmp_path, token) -> None:
    with pytest.raises(ValueError, match="metrics_token"):
        make_settings(tmp_path, "", metrics_token=token)
