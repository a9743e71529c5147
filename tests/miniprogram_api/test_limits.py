"""Rate limits: per shopper, and per address only for failures; on Redis, and without it."""

import time

import pytest
from limits.storage import RedisStorage
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeout

from backend.app import create_app
from backend.infra.settings import Settings
from miniprogram_api import limits, register
from tests import services
from tests.conftest import make_settings
from tests.given_members import given_shopper

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PER_MINUTE, FAILURES = 12, 10


@pytest.fixture(params=["memory", "valkey"])
def settings(request, tmp_path, database_url, clock) -> Settings:
    redis_url = request.getfixturevalue("valkey_url") if request.param == "valkey" else ""
    return limited(tmp_path, database_url, redis_url)


@pytest.fixture(autouse=True)
def clean_counters(settings):
    """Tests share one Valkey: forget what others counted."""
    if settings.redis_url:
        flush(settings.redis_url)


def flush(url: str) -> None:
    with Redis.from_url(url) as client:
        client.flushall()


def limited(folder, database_url, redis_url) -> Settings:
    return make_settings(
        folder, database_url, redis_url=redis_url, requests_per_minute=PER_MINUTE, failed_logins_per_minute=FAILURES
    )


def test_a_shopper_meets_the_limit_alone(api, shopper):
    one, two = shopper("a"), shopper("b")
    statuses = [api.get("/me", one).status_code for _ in range(PER_MINUTE + 1)]
    assert statuses == [200] * PER_MINUTE + [429]
    refused = api.get("/addresses", one)
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert api.get("/me", two).status_code == 200


def test_a_second_token_of_the_same_member_is_the_same_actor(api, shopper):
    one, two = shopper("a"), shopper("a")
    assert [api.get("/me", who).status_code for who in (one, two) * (PER_MINUTE // 2)] == [200] * PER_MINUTE
    assert api.get("/me", two).status_code == 429


def test_many_shoppers_behind_one_address_never_meet_429(api, world):
    for number in range(4 * PER_MINUTE):
        world.mini.codes[f"c{number}"] = f"openid-{number}"
        token = api.post("/session", json={"code": f"c{number}"}).json["token"]
        for _ in range(3):
            assert api.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_r29_bad_tokens_count_on_the_address_whatever_it_claims_to_be(api, shopper):
    good = shopper("a")
    statuses = [bad_token(api, number).status_code for number in range(FAILURES + 5)]
    assert statuses == [401] * FAILURES + [429] * 5
    assert int(bad_token(api, 99).headers["Retry-After"]) >= 1
    assert api.get("/me", good).status_code == 200
    assert api.get("/me").status_code == 401


def test_log_ins_that_are_over_are_not_held_against_their_address(api, shopper, later):
    several = [shopper(f"p{number}") for number in range(3)]
    later(days=31)
    for who in several * FAILURES:
        assert api.get("/me", who).status_code == 401


def bad_token(api, number):
    return api.get(
        "/me", headers={"Authorization": f"Bearer {'x' * 41}{number:02}", "X-Forwarded-For": f"1.2.3.{number}"}
    )


def test_r24_failed_log_ins_count_and_successes_do_not(api, world):
    for number in range(3 * FAILURES):
        world.mini.codes[f"c{number}"] = "openid-1"
        assert api.post("/session", json={"code": f"c{number}"}).status_code == 201
    statuses = [api.post("/session", json={"code": "wrong"}).status_code for _ in range(FAILURES + 3)]
    assert statuses == [401] * FAILURES + [429] * 3
    world.mini.codes["good"] = "openid-1"
    assert api.post("/session", json={"code": "good"}).status_code == 429
    assert "good" in world.mini.codes, "WeChat is not even asked"


def test_requests_that_were_refused_for_their_body_are_no_failed_log_ins(api, world):
    for _ in range(FAILURES + 3):
        assert api.post("/session", json={"kode": "x"}).status_code == 422


def test_f12_redis_that_does_not_answer_is_asked_again_after_five_seconds(
        tmp_path, database_url, clock, world, monkeypatch, valkey_url):
    asked, second = [], [100.0]

    def silent(*_, **__):
        asked.append(second[0])
        raise RedisTimeout("Timeout reading from socket")

    settings = limited(tmp_path, database_url, valkey_url)
    app = create_app(settings, world.gateways(settings))
    register(app)
    monkeypatch.setattr(limits, "ticks", lambda: second[0])
    monkeypatch.setattr(RedisStorage, "acquire_entry", silent)
    monkeypatch.setattr(RedisStorage, "get_moving_window", silent)
    client = app.test_client()
    for second[0] in (100.0, 104.9, 105.0, 109.9):
        assert client.post("/api/v1/session", json={"code": "nobody-has-this"}).status_code == 401
    assert asked == [100.0, 105.0], "of two requests five seconds apart, and by nobody between them"
    second[0] = 104.9
    statuses = [client.post("/api/v1/session", json={"code": "nobody-has-this"}).status_code for _ in range(FAILURES)]
    assert statuses == [401] * (FAILURES - 4) + [429] * 4, "what is counted here counts"


def test_without_redis_each_process_counts_for_itself(tmp_path, database_url, clock, world):
    with services.valkey_server(durable=False) as server:
        app = create_app(
            limited(tmp_path, database_url, server.url), world.gateways(limited(tmp_path, database_url, ""))
        )
        register(app)
        with app.app_context():
            one = given_shopper(app, world, "a")
        client = app.test_client()
        assert client.get("/api/v1/me", headers=one.headers).status_code == 200
        server.kill()
        began = time.monotonic()
        statuses = [client.get("/api/v1/me", headers=one.headers).status_code for _ in range(PER_MINUTE + 1)]
        assert statuses == [200] * PER_MINUTE + [429]
        assert time.monotonic() - began < 5
        server.start()
