"""Rules of staff: names, passwords, rights, tries, codes."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.errors import Refused
from backend.organisation import rules
from backend.organisation.rules import ACCOUNT_TRIES, LOCKED, WINDOW, Tries, one_more_try, without_this_try

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def code_of(call, *args, **more):
    """What a rule returned, or the code of its refusal."""
    try:
        return call(*args, **more)
    except Refused as refused:
        return refused.code


@pytest.mark.parametrize(("text", "kept"), [
    ("wang.li", "wang.li"), (" Wang.Li ", "wang.li"), ("ＷＡＮＧ", "wang"), ("a-b_9", "a-b_9"), ("ab", "login_name"),
    ("9ab", "login_name"), ("王丽", "login_name"), ("a b c", "login_name"), ("a" * 33, "login_name"), ("a" * 32, "a" * 32),
    ("abc\n", "abc"), ("a\u200bbc", "login_name"), ("", "login_name")])
def test_login_names(text: str, kept: str) -> None:
    assert code_of(rules.login_name, text) == kept


@pytest.mark.parametrize(("password", "code"), [
    ("short", "password_too_short"), ("123456789", "password_too_short"), ("1234567890", "password_too_simple"),
    ("PASSWORD123", "password_too_simple"), ("aaaaaaaaaaaa", "password_too_simple"), ("abababababab", "password_too_simple"),
    ("my wang.li pass", "password_too_simple"), ("x" * 129, "password_too_long"), ("correct horse", None),
    ("我家门前有一棵大枣树", None), ("１２３４５６７８９０", "password_too_simple")])
def test_passwords(password: str, code: str | None) -> None:
    assert code_of(rules.must_be_password, password, "wang.li") == code


@pytest.mark.parametrize(("roles", "kept"), [
    (["owner"], ["owner"]), (["finance", "owner", "owner"], ["owner", "finance"]), ([], "roles_needed"),
    (["owner", "king"], "roles_needed")])
def test_roles(roles: list[str], kept: object) -> None:
    assert code_of(rules.known_roles, roles) == kept


@pytest.mark.parametrize(("scope", "scope_id", "kept"), [
    ("head_office", None, ("head_office", None)), ("head_office", "sto_1", ("head_office", None)),
    ("store", "sto_1", ("store", "sto_1")),
    ("store", None, "scope_unknown"), ("region", "", "scope_unknown"), ("world", "x", "scope_unknown")])
def test_scopes(scope: str, scope_id: str | None, kept: object) -> None:
    assert code_of(rules.known_scope, scope, scope_id) == kept


@pytest.mark.parametrize(("owners", "who", "stays", "code"), [
    ({"a"}, "a", False, "last_owner"), ({"a"}, "a", True, None), ({"a", "b"}, "a", False, None), ({"a"}, "b", False, None),
    (set(), "a", False, None)])
def test_an_owner_remains(owners: set[str], who: str, stays: bool, code: str | None) -> None:
    assert code_of(rules.must_keep_an_owner, owners, who, stays=stays) == code


def test_every_role_has_known_permissions_and_the_owner_has_all() -> None:
    for zh, en, permissions in rules.ROLES.values():
        assert zh and en and permissions <= set(rules.PERMISSIONS)
    assert rules.permissions_of(["owner"]) == set(rules.PERMISSIONS)
    assert rules.permissions_of(["goods", "finance"]) == rules.ROLES["goods"][2] | rules.ROLES["finance"][2]
    assert rules.permissions_of(["king"]) == frozenset()
    bound = rules.permissions_of(["owner"], everywhere=False)
    assert bound == set(rules.PERMISSIONS) - rules.SHARED and {"orders.refund", "stock.edit", "points.edit"} <= bound
    assert all(name.endswith(".view") for name in rules.permissions_of(["read_only"]))


# --- tries ---

def failing(times: int, limit: int = ACCOUNT_TRIES, every: timedelta = timedelta(seconds=1)) -> Tries | None:
    """The counter after so many failures in a row; waits until each lock is over."""
    tries, now = None, NOW
    for _ in range(times):
        if tries is not None and tries.locked_until is not None:
            now = max(now, tries.locked_until)
        tries, now = one_more_try(tries, now, limit), now + every
    return tries


def test_the_fifth_failure_locks_and_the_sixth_try_is_refused() -> None:
    tries = failing(5)
    assert tries is not None and tries.locked_until == NOW + timedelta(seconds=4) + LOCKED[0]
    assert code_of(one_more_try, tries, NOW + timedelta(minutes=1), ACCOUNT_TRIES) == "login_locked"
    assert isinstance(code_of(one_more_try, tries, tries.locked_until, ACCOUNT_TRIES), Tries)


def test_locks_grow_and_a_day_forgives() -> None:
    tries, now, lasted = None, NOW, []
    for _ in range(6):
        for _ in range(ACCOUNT_TRIES):
            tries = one_more_try(tries, now, ACCOUNT_TRIES)
        lasted.append(tries.locked_until - now)
        now = tries.locked_until
    assert lasted == [*LOCKED, LOCKED[-1], LOCKED[-1]]
    tries = one_more_try(tries, now + timedelta(days=1, seconds=1), ACCOUNT_TRIES)
    assert (tries.tries, tries.locks) == (1, 0)


def test_slow_failures_never_lock() -> None:
    tries = failing(50, every=WINDOW / 4)
    assert tries is not None
    tries = None
    now = NOW
    for _ in range(50):
        tries, now = one_more_try(tries, now, ACCOUNT_TRIES), now + WINDOW + timedelta(seconds=1)
        assert tries.locked_until is None


def test_a_right_password_takes_its_own_try_back() -> None:
    tries = failing(20, limit=20)
    assert tries is not None and tries.locked_until is not None
    assert without_this_try(tries) == Tries(19, NOW, 0, None)
    assert without_this_try(Tries(0, NOW)) == Tries(0, NOW)


@given(st.lists(st.integers(0, 3600), max_size=200))
def test_never_more_than_five_are_heard_within_a_window(pauses: list[int]) -> None:
    tries, now, heard = None, NOW, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        outcome = code_of(one_more_try, tries, now, ACCOUNT_TRIES)
        if isinstance(outcome, Tries):
            tries = outcome
            heard.append(now)
            assert len([at for at in heard if now - at < WINDOW / 2]) <= 2 * ACCOUNT_TRIES


@given(st.integers(1, 10**6))
def test_minutes_left_are_at_least_one_and_never_too_few(seconds: int) -> None:
    minutes = rules.minutes_left(NOW + timedelta(seconds=seconds), NOW)
    assert minutes >= 1 and (minutes - 1) * 60 < seconds <= minutes * 60


@pytest.mark.parametrize(("idle", "age", "revoked", "alive"), [
    (0, 0, False, True), (119, 119, False, True), (120, 120, False, False), (1, 719, False, True), (1, 720, False, False),
    (0, 0, True, False)])
def test_how_long_a_log_in_lives(idle: int, age: int, revoked: bool, alive: bool) -> None:
    assert rules.is_alive(NOW, seen_at=NOW - timedelta(minutes=idle), revoked_at=NOW if revoked else None,
                          expires_at=NOW - timedelta(minutes=age) + rules.ABSOLUTE) is alive


# --- the second step ---

def test_a_code_fits_its_own_step_and_the_ones_beside_it() -> None:
    secret = pyotp.random_base32()
    step = int(NOW.timestamp()) // 30
    for shift, fits in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=30 * shift))
        assert rules.totp_step(secret, f" {code[:3]} {code[3:]} ", NOW) == (step + shift if fits else None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "12 34", "１２３４５", "-12345"])
def test_what_is_no_code_fits_nothing(code: str) -> None:
    assert rules.totp_step(pyotp.random_base32(), code, NOW) is None
