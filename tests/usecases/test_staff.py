"""Staff: made, changed, disabled, locked, their passwords and second step; the places they belong to."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyotp
import pytest
from flask import Flask

from backend.context import Context
from backend.infra.once import ClientKey
from backend.infra.passwords import is_password, token_hash
from backend.infra.uow import transaction
from backend.kernel.actors import ANONYMOUS, Actor, staff
from backend.kernel.errors import Refused
from backend.organisation import store as organisation
from backend.organisation.models import Staff
from backend.organisation.rules import ROLES
from backend.queries.staff import everybody, has_open_link, locked_staff, places, staff_id_of
from backend.queries.staff_sessions import Member, find_staff
from backend.usecases.change_own_password import change_own_password
from backend.usecases.confirm_staff_code import confirm_staff_code
from backend.usecases.confirm_totp import confirm_totp
from backend.usecases.create_staff import create_staff
from backend.usecases.edit_staff import edit_staff
from backend.usecases.forget_old import forget_old
from backend.usecases.log_in_staff import log_in_staff
from backend.usecases.log_out_staff import log_out_staff
from backend.usecases.note_staff_seen import note_staff_seen
from backend.usecases.remove_totp import remove_totp
from backend.usecases.reset_staff_password import reset_staff_password
from backend.usecases.save_dealer import save_dealer
from backend.usecases.save_region import save_region
from backend.usecases.save_store import save_store
from backend.usecases.set_password import set_password
from backend.usecases.start_totp import start_totp
from backend.usecases.unlock_staff import unlock_staff
from tests.given_staff import PASSWORD, given_staff
from tests.races.together import together

Ctx = Callable[..., Context]
Rows = Callable[..., list[dict[str, Any]]]
Snapshot = Callable[[], dict[str, list[tuple[Any, ...]]]]

NEW = "another long pass phrase"
AT = "10.0.0.1"


def code(call: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """What the call returned, or the code of its refusal."""
    try:
        return call(*args, **more)
    except Refused as refused:
        return refused.code


def enter(ctx: Ctx, login: str = "lin", password: str = PASSWORD) -> str:
    """Log in; returns the token."""
    return log_in_staff(ctx(ANONYMOUS), login=login, password=password, at=AT).token


def who(ctx: Ctx, token: str) -> Member | None:
    """Who holds this token now."""
    return find_staff(ctx(ANONYMOUS), token)


def me(ctx: Ctx, token: str) -> Context:
    """A Context of whoever holds this token."""
    member = who(ctx, token)
    assert member is not None
    return ctx(member.actor)


def change(ctx: Ctx, staff_id: str, by: Actor | None = None, **more: Any) -> Any:
    """Edit somebody, everything else as a plain owner's."""
    wanted = {"name": "林", "roles": ["owner"], "scope": "head_office", "scope_id": None, "state": "active"} | more
    return code(edit_staff, ctx(by) if by else ctx(), staff_id=staff_id, **wanted)


@pytest.fixture
def lin(app: Flask) -> str:
    """An owner."""
    return given_staff(app, "lin", "owner")


@pytest.fixture
def wu(app: Flask) -> str:
    """Another owner."""
    return given_staff(app, "wu.fang", "owner")


# --- making ---

def test_new_staff_set_their_own_password_with_a_link(ctx: Ctx, rows: Rows) -> None:
    made = create_staff(ctx(), login=" Wang.Li ", name="王  丽", roles=["service", "orders"])
    assert made.reset_token is not None
    [row] = rows("select login, name, state, is_owner, password_hash, must_change_password from staff")
    assert row == {"login": "wang.li", "name": "王 丽", "state": "active", "is_owner": False, "password_hash": "",
                   "must_change_password": False}
    assert code(enter, ctx, "wang.li", "") == "login_wrong"
    assert has_open_link(ctx(), made.staff_id)
    assert code(set_password, ctx(ANONYMOUS), reset_token=made.reset_token, password="short") == "password_too_short"
    assert set_password(ctx(ANONYMOUS), reset_token=made.reset_token, password=NEW) == "wang.li"
    assert code(set_password, ctx(ANONYMOUS), reset_token=made.reset_token, password=NEW) == "reset_over"
    member = who(ctx, enter(ctx, "wang.li", NEW))
    assert member is not None and member.actor == staff(made.staff_id, ROLES["orders"][2] | ROLES["service"][2], None)
    assert member.roles == (("订单与仓库", "Orders"), ("客服", "Service"))
    audited = [(row["actor"], row["action"]) for row in rows("select actor, action from audit_log order by at, id")]
    own = f"staff:{made.staff_id}"
    assert audited == [("system", "create_staff"), (own, "set_password"), (own, "log_in_staff")]


def test_a_form_sent_twice_makes_one(ctx: Ctx, rows: Rows) -> None:
    first = create_staff(ctx(), login="lin", name="林", roles=["owner"], key=ClientKey("k" * 16, "f"))
    again = create_staff(ctx(), login="lin", name="林", roles=["owner"], key=ClientKey("k" * 16, "f"))
    assert (again.staff_id, again.reset_token) == (first.staff_id, None)
    assert len(rows("select id from staff")) == 1


@pytest.mark.parametrize(("wrong", "refused"), [
    ({"login": "x"}, "login_name"), ({"login": "lin"}, "login_taken"), ({"name": "\u200b "}, "staff_name"),
    ({"name": "名" * 33}, "staff_name"), ({"roles": []}, "roles_needed"), ({"roles": ["king"]}, "roles_needed"),
    ({"scope": "store"}, "scope_unknown"), ({"scope": "store", "scope_id": "sto_none"}, "place_not_found"),
    ({"password": "short"}, "password_too_short")])
def test_what_makes_no_staff(ctx: Ctx, lin: str, snapshot: Snapshot, wrong: dict[str, Any], refused: str) -> None:
    before = snapshot()
    assert code(create_staff, ctx(), **({"login": "new", "name": "新", "roles": ["goods"]} | wrong)) == refused
    assert snapshot() == before


@pytest.mark.parametrize("actor", [
    staff("stf_1", ROLES["finance"][2]), staff("stf_1", {"staff.manage"}, {"sto_main"}), ANONYMOUS])
def test_only_an_owner_who_sees_everything_manages_staff(ctx: Ctx, lin: str, snapshot: Snapshot, actor: Actor) -> None:
    before = snapshot()
    refused = "login_needed" if actor == ANONYMOUS else "forbidden"
    assert code(create_staff, ctx(actor), login="new", name="新", roles=["goods"]) == refused
    assert change(ctx, lin, by=actor) == refused
    assert code(reset_staff_password, ctx(actor), staff_id=lin) == refused
    assert code(unlock_staff, ctx(actor), staff_id=lin) == refused
    assert code(save_region, ctx(actor), name="华东") == refused
    assert code(save_dealer, ctx(actor), name="惠民") == refused
    assert code(save_store, ctx(actor), name="一店") == refused
    assert code(remove_totp, ctx(actor), staff_id=lin) == refused
    assert snapshot() == before


# --- changing ---

def test_who_is_disabled_is_out_at_once_and_cannot_come_back(ctx: Ctx, lin: str, wu: str, rows: Rows) -> None:
    first, second = enter(ctx), enter(ctx)
    assert change(ctx, lin, state="disabled") is None
    assert who(ctx, first) is None and who(ctx, second) is None
    assert {row["revoked_at"] is not None for row in rows("select revoked_at from staff_sessions")} == {True}
    assert code(enter, ctx) == "login_wrong"
    [row] = rows("select before, after from audit_log where action = 'edit_staff'")
    assert '"state"' in str(row["before"]).replace("'", '"')
    assert change(ctx, lin) is None
    assert who(ctx, first) is None
    assert who(ctx, enter(ctx)) is not None


def test_a_log_in_that_was_overlooked_opens_nothing_for_the_disabled(ctx: Ctx, lin: str) -> None:
    token = enter(ctx)
    with transaction(ctx()) as tx:
        organisation.change_staff(tx, lin, {"state": "disabled"})
    assert who(ctx, token) is None


def test_changing_nothing_says_nothing(ctx: Ctx, lin: str, snapshot: Snapshot) -> None:
    change(ctx, lin)
    before = snapshot()
    assert change(ctx, lin) is None
    assert snapshot() == before


def test_the_last_active_owner_stays(ctx: Ctx, lin: str, wu: str, snapshot: Snapshot) -> None:
    assert change(ctx, wu, state="disabled") is None
    before = snapshot()
    assert change(ctx, lin, state="disabled") == "last_owner"
    assert change(ctx, lin, roles=["goods"]) == "last_owner"
    assert snapshot() == before
    assert change(ctx, lin, name="林大") is None


def test_nobody_changes_their_own_rights(ctx: Ctx, lin: str, wu: str, snapshot: Snapshot) -> None:
    actor = staff(lin, {"staff.manage"})
    change(ctx, lin)
    before = snapshot()
    for more in ({"roles": ["goods"]}, {"state": "disabled"}, {"scope": "store", "scope_id": "sto_main"}):
        assert change(ctx, lin, by=actor, **more) == "own_rights"
    assert snapshot() == before
    assert change(ctx, lin, by=actor, name="新名") is None


def test_two_owners_who_disable_each_other_leave_one(app: Flask, ctx: Ctx, rows: Rows, lin: str, wu: str) -> None:
    for _ in range(5):
        answers = together(app, lambda number: [change(ctx, (lin, wu)[number], state="disabled")], threads=2)
        assert answers == {None: 1, "last_owner": 1}
        assert len(rows("select id from staff where state = 'active'")) == 1
        for each in (lin, wu):
            change(ctx, each)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_twin_without_the_lock_no_owner_is_left(
        app: Flask, ctx: Ctx, rows: Rows, lin: str, wu: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL only: SQLite lets one writer in at a time anyhow."""
    both = threading.Barrier(2, timeout=10)

    def unlocked(tx: Any, staff_id: str) -> Any:
        owners = set(tx.execute(Staff.__table__.select().where(Staff.is_owner, Staff.state == "active")).scalars())
        both.wait()
        return organisation.get_staff(tx, staff_id), owners

    monkeypatch.setattr(organisation, "lock_staff", unlocked)
    assert together(app, lambda number: [change(ctx, (lin, wu)[number], state="disabled")], threads=2) == {None: 2}
    assert rows("select id from staff where state = 'active'") == []


# --- passwords ---

def test_a_reset_ends_the_old_password_every_log_in_and_older_links(ctx: Ctx, lin: str, later: Callable[..., datetime]) -> None:
    token = enter(ctx)
    first, second = (reset_staff_password(ctx(), staff_id=lin) for _ in range(2))
    assert who(ctx, token) is None
    assert code(enter, ctx) == "login_wrong"
    assert code(set_password, ctx(ANONYMOUS), reset_token=first, password=NEW) == "reset_over"
    assert code(set_password, ctx(ANONYMOUS), reset_token="A" * 43, password=NEW) == "reset_over"
    later(hours=23)
    assert set_password(ctx(ANONYMOUS), reset_token=second, password=NEW) == "lin"
    assert who(ctx, enter(ctx, password=NEW)) is not None


def test_a_link_works_for_a_day(ctx: Ctx, lin: str, later: Callable[..., datetime]) -> None:
    token = reset_staff_password(ctx(), staff_id=lin)
    later(hours=24)
    assert code(set_password, ctx(ANONYMOUS), reset_token=token, password=NEW) == "reset_over"


@pytest.mark.usefixtures("house_passwords")
def test_changing_ones_password_ends_the_other_log_ins(ctx: Ctx, lin: str, rows: Rows) -> None:
    here, elsewhere = enter(ctx), enter(ctx)
    change_own_password(me(ctx, here), current=PASSWORD, new=NEW, token=here)
    assert who(ctx, here) is not None and who(ctx, elsewhere) is None
    assert code(enter, ctx) == "login_wrong"
    [row] = rows("select password_hash, must_change_password from staff")
    assert is_password(NEW, row["password_hash"]) and row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(("current", "new", "refused"), [
    ("wrong", NEW, "password_wrong"), (PASSWORD, PASSWORD, "password_same"), (PASSWORD, "short", "password_too_short"),
    (PASSWORD, "I am lin I am", "password_too_simple")])
def test_a_password_that_is_not_changed_stays(ctx: Ctx, lin: str, rows: Rows, current: str, new: str, refused: str) -> None:
    here, elsewhere = enter(ctx), enter(ctx)
    assert code(change_own_password, me(ctx, here), current=current, new=new, token=here) == refused
    assert who(ctx, elsewhere) is not None
    assert who(ctx, enter(ctx)) is not None


def test_a_stolen_session_cannot_guess_the_password(ctx: Ctx, lin: str) -> None:
    here = enter(ctx)
    said = [code(change_own_password, me(ctx, here), current=f"guess {number}", new=NEW, token=here) for number in range(6)]
    assert said == ["password_wrong"] * 5 + ["login_locked"]


def test_who_must_change_the_password_is_told_so(ctx: Ctx) -> None:
    create_staff(ctx(), login="lin", name="林", roles=["owner"], password=PASSWORD)
    here = enter(ctx)
    assert who(ctx, here).must_change_password  # type: ignore[union-attr]
    change_own_password(me(ctx, here), current=PASSWORD, new=NEW, token=here)
    assert not who(ctx, here).must_change_password  # type: ignore[union-attr]


# --- tries ---

def test_failures_at_the_same_time_are_counted_too(app: Flask, ctx: Ctx, lin: str) -> None:
    def try_it(number: int) -> list[str]:
        return [code(enter, ctx, "lin", f"wrong {number} {each}") for each in range(2)]

    assert together(app, try_it) == {"login_wrong": 5, "login_locked": 7}
    assert code(enter, ctx) == "login_locked"
    assert locked_staff(ctx(), {lin: "lin"}) == {lin}


def test_an_owner_unlocks(ctx: Ctx, lin: str, rows: Rows) -> None:
    for _ in range(6):
        code(enter, ctx, "lin", "wrong")
    assert [row["action"] for row in rows("select action from audit_log where subject = :lin order by at, id", lin=lin)] == [
        "create_staff", "lock_log_in"]
    unlock_staff(ctx(), staff_id=lin)
    unlock_staff(ctx(), staff_id=lin)
    assert who(ctx, enter(ctx)) is not None
    assert len(rows("select id from audit_log where action = 'unlock_staff'")) == 1


def test_an_address_that_tries_many_names_is_locked_and_others_are_not(ctx: Ctx, lin: str) -> None:
    for number in range(20):
        assert code(enter, ctx, f"name{number}", "wrong") == "login_wrong"
    assert code(enter, ctx) == "login_locked"
    assert log_in_staff(ctx(ANONYMOUS), login="lin", password=PASSWORD, at="10.0.0.2").token


def test_right_passwords_use_up_no_tries(ctx: Ctx, lin: str) -> None:
    for _ in range(30):
        enter(ctx)


def test_a_password_that_changes_while_it_is_looked_at_opens_nothing(
        ctx: Ctx, lin: str, monkeypatch: pytest.MonkeyPatch, rows: Rows) -> None:
    def slow(password: str, stored: str | None) -> bool:
        reset_staff_password(ctx(), staff_id=lin)
        return True

    monkeypatch.setattr("backend.usecases.log_in_staff.is_password", slow)
    assert code(enter, ctx) == "login_wrong"
    assert rows("select * from staff_sessions") == []


# --- log-ins ---

def test_logging_out_ends_one_log_in(ctx: Ctx, lin: str) -> None:
    here, elsewhere = enter(ctx), enter(ctx)
    log_out_staff(ctx(ANONYMOUS), token=here)
    log_out_staff(ctx(ANONYMOUS), token=here)
    assert who(ctx, here) is None and who(ctx, elsewhere) is not None


def test_use_is_noted_once_a_minute(ctx: Ctx, lin: str, later: Callable[..., datetime]) -> None:
    here = enter(ctx)
    assert not who(ctx, here).unseen  # type: ignore[union-attr]
    later(minutes=1)
    assert who(ctx, here).unseen  # type: ignore[union-attr]
    note_staff_seen(me(ctx, here), token=here)
    assert not who(ctx, here).unseen  # type: ignore[union-attr]


def test_old_log_ins_links_and_tries_are_forgotten(ctx: Ctx, lin: str, later: Callable[..., datetime], rows: Rows) -> None:
    enter(ctx)
    reset_staff_password(ctx(), staff_id=lin)
    code(enter, ctx, "nobody", "wrong")
    later(days=29)
    assert forget_old(ctx())["sessions"] == 0
    later(days=3)
    assert forget_old(ctx())["sessions"] >= 3
    assert rows("select * from staff_sessions") == rows("select * from password_resets") == rows("select * from login_tries") == []


# --- the second step ---

def bound(ctx: Ctx, token: str) -> str:
    """Set the second step up; returns the secret."""
    secret = start_totp(me(ctx, token))
    confirm_totp(me(ctx, token), code=pyotp.TOTP(secret).at(ctx().now), token=token)
    return secret


def test_the_second_step_from_setting_up_to_switching_off(ctx: Ctx, lin: str, later: Callable[..., datetime], rows: Rows) -> None:
    here, elsewhere = enter(ctx), enter(ctx)
    secret = bound(ctx, here)
    assert who(ctx, here) is not None and who(ctx, elsewhere) is None
    assert secret not in str(rows("select totp_secret from staff"))
    later(minutes=1)

    half = log_in_staff(ctx(ANONYMOUS), login="lin", password=PASSWORD, at=AT)
    waiting = who(ctx, half.token)
    assert half.awaits_code and waiting is not None and waiting.awaits_code and waiting.actor.permissions == frozenset()
    right = pyotp.TOTP(secret).at(ctx().now)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    assert code(confirm_staff_code, ctx(ANONYMOUS), token=half.token, code=wrong) == "code_wrong"
    full = confirm_staff_code(ctx(ANONYMOUS), token=half.token, code=right)
    assert who(ctx, half.token) is None
    assert "orders.refund" in who(ctx, full).actor.permissions  # type: ignore[union-attr]

    again = log_in_staff(ctx(ANONYMOUS), login="lin", password=PASSWORD, at=AT).token
    assert code(confirm_staff_code, ctx(ANONYMOUS), token=again, code=right) == "code_wrong"

    assert code(remove_totp, me(ctx, full), staff_id=lin, password="wrong") == "password_wrong"
    remove_totp(me(ctx, full), staff_id=lin, password=PASSWORD)
    assert not log_in_staff(ctx(ANONYMOUS), login="lin", password=PASSWORD, at=AT).awaits_code


def test_wrong_codes_lock_and_the_waiting_log_in_ends(ctx: Ctx, lin: str, later: Callable[..., datetime]) -> None:
    bound(ctx, enter(ctx))
    half = enter(ctx)
    said = [code(confirm_staff_code, ctx(ANONYMOUS), token=half, code="abc") for _ in range(6)]
    assert said == ["code_wrong"] * 5 + ["login_locked"]
    later(minutes=11)
    assert code(confirm_staff_code, ctx(ANONYMOUS), token=half, code="abc") == "login_needed"


def test_a_full_log_in_takes_no_code(ctx: Ctx, lin: str) -> None:
    assert code(confirm_staff_code, ctx(ANONYMOUS), token=enter(ctx), code="123456") == "login_needed"
    assert code(confirm_staff_code, ctx(ANONYMOUS), token="A" * 43, code="123456") == "login_needed"


def test_setting_up_can_go_wrong(ctx: Ctx, lin: str) -> None:
    here = enter(ctx)
    assert code(confirm_totp, me(ctx, here), code="123456", token=here) == "totp_off"
    start_totp(me(ctx, here))
    assert code(confirm_totp, me(ctx, here), code="12345", token=here) == "code_wrong"
    assert not log_in_staff(ctx(ANONYMOUS), login="lin", password=PASSWORD, at=AT).awaits_code
    bound(ctx, here)
    assert code(start_totp, me(ctx, here)) == "totp_on"


def test_an_owner_frees_who_lost_the_phone(ctx: Ctx, lin: str, wu: str) -> None:
    here = enter(ctx)
    bound(ctx, here)
    remove_totp(ctx(staff(wu, {"staff.manage"})), staff_id=lin)
    remove_totp(ctx(staff(wu, {"staff.manage"})), staff_id=lin)
    assert who(ctx, here) is None
    assert who(ctx, enter(ctx)) is not None


# --- places ---

def test_stores_follow_their_dealer_and_scopes_follow_the_stores(ctx: Ctx) -> None:
    east, south = save_region(ctx(), name="华东"), save_region(ctx(), name="华南")
    dealer = save_dealer(ctx(), name="惠民", region_id=east)
    store = save_store(ctx(), name="文三路店", dealer_id=dealer, region_id=south)
    alone = save_store(ctx(), name="天河店", region_id=south)
    create_staff(ctx(), login="lin", name="林", roles=["orders"], scope="region", scope_id=east, password=PASSWORD)
    here = enter(ctx)

    def seen() -> frozenset[str] | None:
        return who(ctx, here).actor.store_ids  # type: ignore[union-attr]

    assert seen() == {store}
    save_dealer(ctx(), dealer_id=dealer, name="惠民", region_id=south)
    assert seen() == frozenset()
    change(ctx, staff_id_of(ctx(), "LIN"), roles=["orders"], scope="region", scope_id=south)
    assert seen() == {store, alone}
    save_store(ctx(), store_id=store, name="文三路店")
    assert seen() == {alone}
    assert places(ctx()).name("store", store) == "文三路店"
    assert list(everybody(ctx()).values()) == ["林"]


@pytest.mark.parametrize(("save", "more", "refused"), [
    (save_region, {"name": ""}, "place_name"), (save_region, {"name": "名" * 65}, "place_name"),
    (save_region, {"name": "华东"}, "place_taken"), (save_region, {"name": "华西", "region_id": "reg_none"}, "place_not_found"),
    (save_dealer, {"name": "惠民"}, "place_taken"), (save_dealer, {"name": "新", "region_id": "reg_none"}, "place_not_found"),
    (save_store, {"name": "新", "dealer_id": "dea_none"}, "place_not_found"),
    (save_store, {"name": "新", "region_id": "reg_none"}, "place_not_found"),
    (save_store, {"name": "新", "store_id": "sto_none"}, "place_not_found")])
def test_what_makes_no_place(ctx: Ctx, snapshot: Snapshot, save: Callable[..., str], more: dict[str, Any], refused: str) -> None:
    save_region(ctx(), name="华东")
    save_dealer(ctx(), name="惠民")
    before = snapshot()
    assert code(save, ctx(), **more) == refused
    assert snapshot() == before


def test_a_place_sent_twice_is_one_and_a_rename_is_audited(ctx: Ctx, rows: Rows) -> None:
    key = {"key": ClientKey("k" * 16, "f")}
    assert save_store(ctx(), name="一店", **key) == save_store(ctx(), name="一店", key=ClientKey("k" * 16, "f"))
    store = rows("select id from stores where name = '一店'")[0]["id"]
    save_store(ctx(), store_id=store, name="二店")
    assert len(rows("select id from audit_log where action = 'save_store' and subject = :id", id=store)) == 2
    assert rows("select name from stores where id = :id", id=store) == [{"name": "二店"}]


def test_a_token_is_kept_as_its_hash_alone(ctx: Ctx, lin: str, snapshot: Snapshot) -> None:
    token = enter(ctx)
    kept = str(snapshot())
    assert token not in kept and token_hash(token) in kept
