"""Log-in, log-out and tokens through the door."""

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from backend.infra.db import db
from tests.counting import counted
from tests.miniprogram_api.checked import facts

MALFORMED = [
    "Bearer",
    "Bearer ",
    "Bearer x",
    f"Bearer {'a' * 42}",
    f"Bearer {'a' * 44}",
    f"Bearer {'a' * 43}",
    f"Basic {'a' * 43}",
    f"Bearer {'a' * 42}\u00e9",
    "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZW1fMSJ9.",
    "Bearer ../../dev/null",
    f"Bearer {'a' * 5000}",
]


def test_log_in_makes_a_member_once(api, world):
    world.mini.codes |= {"c1": "openid-1", "c2": "openid-1"}
    first = api.post("/session", json={"code": "c1"})
    second = api.post("/session", json={"code": "c2"})
    assert (first.status_code, first.json["new"]) == (201, True)
    assert (second.status_code, second.json["new"]) == (201, False)
    assert first.json["member_id"] == second.json["member_id"]
    assert first.json["token"] != second.json["token"]
    assert len(first.json["token"]) == 43


def test_both_tokens_of_a_member_work_and_only_the_hash_is_kept(api, shopper, rows):
    one, two = shopper("a"), shopper("a")
    assert api.get("/me", one).json["id"] == api.get("/me", two).json["id"] == one.id
    kept = str(rows("select * from sessions"))
    assert one.token not in kept and two.token not in kept


def test_r24_a_used_code_and_an_unknown_code_are_refused_alike(api, world):
    world.mini.codes["c1"] = "openid-1"
    assert api.post("/session", json={"code": "c1"}).status_code == 201
    used, unknown = api.post("/session", json={"code": "c1"}), api.post("/session", json={"code": "never"})
    assert used.status_code == 401
    assert used.json["code"] == "login_code_refused"
    assert facts(used) == facts(unknown)


def test_r24_two_parallel_log_ins_with_one_code_make_one_session(web, world, rows):
    world.mini.codes["c1"] = "openid-1"
    clients = [web.test_client() for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda client: client.post("/api/v1/session", json={"code": "c1"}), clients))
    assert sorted(answer.status_code for answer in answers) == [201, 401]
    assert rows("select count(*) as n from sessions") == [{"n": 1}]


def test_r23_malformed_tokens_are_401_with_one_text(api):
    without = facts(api.get("/me"))
    for header in MALFORMED:
        refused = api.get("/me", headers={"Authorization": header})
        assert refused.status_code == 401, header
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert facts(refused) == without


def test_r25_a_logged_out_token_is_refused_at_once_and_others_stay(api, shopper):
    one, two = shopper("a"), shopper("a")
    assert api.delete("/session", one).status_code == 204
    assert api.get("/me", one).status_code == 401
    assert api.delete("/session", one).status_code == 401
    assert api.get("/me", two).status_code == 200


def test_r25_an_expired_token_is_refused(api, shopper, later):
    one = shopper("a")
    later(days=30, seconds=-5)
    assert api.get("/me", one).status_code == 200
    later(seconds=5)
    assert api.get("/me", one).status_code == 401


def test_r25_the_token_of_a_closed_member_is_refused(api, shopper, world):
    one = shopper("a")
    close_member(one.id)
    assert api.get("/me", one).status_code == 401
    world.mini.codes["again"] = one.openid
    again = api.post("/session", json={"code": "again"})
    assert (again.status_code, again.json["code"]) == (403, "member_closed")


def close_member(member_id: str) -> None:
    with db.engines[None].begin() as connection:
        connection.execute(sa.text("update members set state = 'closed' where id = :id"), {"id": member_id})


def test_a_token_costs_one_statement(api, shopper):
    one = shopper("a")
    with counted() as seen:
        api.get("/me/consents", one)
    assert len([each for each in seen if "from sessions" in each.lower()]) == 1
    assert len(seen) == 2


def test_public_routes_do_not_look_at_tokens(api, world):
    world.mini.codes["c1"] = "openid-1"
    assert api.post("/session", json={"code": "c1"}, headers={"Authorization": "Bearer broken"}).status_code == 201
