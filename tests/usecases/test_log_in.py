"""Logging in and out: one WeChat account is one member, whatever races."""

import contextlib
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from backend.gateways.refusals import WECHAT_BUSY
from backend.infra.uow import transaction
from backend.kernel.actors import ANONYMOUS, shopper, staff
from backend.kernel.errors import Refused
from backend.members import store
from backend.usecases.log_in import log_in
from backend.usecases.log_out import log_out
from tests.counting import counted


def code(ctx, world, name="c1", openid="openid-1"):
    world.mini.codes[name] = openid
    return log_in(ctx(ANONYMOUS), code=name)


def test_a_first_log_in_makes_a_member_and_a_session(ctx, world, rows):
    now = ctx().now
    session = code(ctx, world)
    assert session.new
    assert timedelta(days=30) <= session.expires_at - now < timedelta(days=30, seconds=5)
    [kept] = rows("select * from sessions")
    assert kept["token_hash"] == hashlib.sha256(session.token.encode()).hexdigest()
    [member] = rows("select * from members")
    assert (member["id"], member["state"], member["phone"]) == (session.member_id, "active", None)
    assert member["nickname"].startswith("用户") and len(member["nickname"]) == 8


def test_openid_and_unionid_are_not_in_the_database_in_clear(ctx, world, snapshot):
    code(ctx, world, openid="openid-secret")
    assert "openid-secret" not in str(snapshot())
    assert "union-openid-secret" not in str(snapshot())


def test_a_second_log_in_finds_the_member(ctx, world, rows):
    first, second = code(ctx, world, "c1"), code(ctx, world, "c2")
    assert (second.new, second.member_id) == (False, first.member_id)
    assert rows("select count(*) as n from members") == [{"n": 1}]
    assert rows("select count(*) as n from sessions") == [{"n": 2}]


def test_other_openids_are_other_members(ctx, world):
    assert code(ctx, world, "c1", "openid-1").member_id != code(ctx, world, "c2", "openid-2").member_id


def test_a_refused_code_and_a_silent_wechat_write_nothing(ctx, world, snapshot, monkeypatch):
    before = snapshot()
    with pytest.raises(Refused) as refused:
        log_in(ctx(ANONYMOUS), code="unknown")
    assert refused.value.code == "login_code_refused"

    def silent(_):
        raise WECHAT_BUSY()

    monkeypatch.setattr(world.mini, "session", silent)
    with pytest.raises(Refused) as refused:
        log_in(ctx(ANONYMOUS), code="c1")
    assert refused.value.code == "wechat_busy"
    assert snapshot() == before


def test_staff_do_not_log_in_here(ctx, world):
    with pytest.raises(Refused) as refused:
        log_in(ctx(staff("stf_1")), code="c1")
    assert refused.value.code == "forbidden"


def test_expired_sessions_of_the_member_are_dropped(ctx, world, later, rows):
    code(ctx, world, "c1")
    later(days=31)
    second = code(ctx, world, "c2")
    [kept] = rows("select token_hash from sessions")
    assert kept["token_hash"] == hashlib.sha256(second.token.encode()).hexdigest()


def test_expired_sessions_are_forgotten_a_bounded_number_at_a_time(ctx, world, later, rows):
    for number in range(3):
        code(ctx, world, f"c{number}", f"openid-{number}")
    later(days=29)
    code(ctx, world, "young")
    later(days=2)
    for forgotten in (2, 1, 0):
        with transaction(ctx()) as tx:
            assert store.forget_expired_sessions(tx, tx.now, limit=2) == forgotten
    assert rows("select count(*) as n from sessions") == [{"n": 1}]


def test_statements_of_a_log_in(ctx, world):
    with counted() as first:
        code(ctx, world, "c1")
    with counted() as second:
        code(ctx, world, "c2")
    assert (len(first), len(second)) == (5, 3)


def test_two_first_log_ins_at_once_are_one_member(app, ctx, world, rows, monkeypatch):
    world.mini.codes |= {"c1": "openid-1", "c2": "openid-1"}
    both_looked = threading.Barrier(2)
    find = store.find_account

    def find_together(*args):
        found = find(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_looked.wait(1)  # SQLite lets only one in at a time: it gives up waiting and goes on alone
        return found

    monkeypatch.setattr(store, "find_account", find_together)

    def run(name):
        with app.app_context():
            return log_in(ctx(ANONYMOUS), code=name)

    with ThreadPoolExecutor(2) as pool:
        sessions = list(pool.map(run, ["c1", "c2"]))
    assert sessions[0].member_id == sessions[1].member_id
    assert sorted(session.new for session in sessions) == [False, True]
    assert rows("select count(*) as n from members") == [{"n": 1}]
    assert rows("select count(*) as n from wechat_accounts") == [{"n": 1}]
    assert rows("select count(*) as n from sessions") == [{"n": 2}]


def test_log_out_ends_this_session_of_this_member_only(ctx, world, rows):
    mine, other, foreign = code(ctx, world, "c1"), code(ctx, world, "c2"), code(ctx, world, "c3", "openid-2")

    def revoked():
        return {row["token_hash"] for row in rows("select token_hash from sessions where revoked_at is not null")}

    log_out(ctx(shopper(mine.member_id)), token_hash=hash_of(foreign))
    assert revoked() == set()
    for _ in range(2):
        log_out(ctx(shopper(mine.member_id)), token_hash=hash_of(mine))
        assert revoked() == {hash_of(mine)}
    assert hash_of(other) not in revoked()


def hash_of(session):
    return hashlib.sha256(session.token.encode()).hexdigest()
