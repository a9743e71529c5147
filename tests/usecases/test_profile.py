"""Profile, phone and consents."""

from datetime import date

import pytest

from backend.kernel.errors import Refused
from backend.queries import members
from backend.usecases.edit_profile import edit_profile
from backend.usecases.record_consent import record_consent
from backend.usecases.set_phone import set_phone
from tests.given_members import given_shopper
from tests.given_uploads import given_picture


@pytest.fixture
def a(app, world):
    return given_shopper(app, world, "a", address=False)


def test_only_what_is_given_changes(a):
    before = members.profile(a.ctx)
    edit_profile(a.ctx, changes={"nickname": " 小\u202e满 ", "birthday": date(1995, 5, 20), "gender": "female"})
    after = members.profile(a.ctx)
    assert after == before | {"nickname": "小满", "birthday": date(1995, 5, 20), "gender": "female"}
    edit_profile(a.ctx, changes={"gender": None})
    assert members.profile(a.ctx) == after | {"gender": None}
    edit_profile(a.ctx, changes={})
    assert members.profile(a.ctx) == after | {"gender": None}


def test_a_new_avatar_gives_up_the_one_before(a, rows):
    first, second = given_picture(a.ctx, "avatar"), given_picture(a.ctx, "avatar")
    claimed = lambda: [row["key"] for row in rows("select key from uploads where claimed_by = :id", id=a.id)]  # noqa: E731
    for key in (first, second, second):
        edit_profile(a.ctx, changes={"avatar_key": key})
        assert claimed() == [key]
    edit_profile(a.ctx, changes={"nickname": "小满"})
    assert claimed() == [second]
    edit_profile(a.ctx, changes={"avatar_key": None})
    assert claimed() == []


def test_a_refused_change_changes_nothing(a, snapshot):
    before = snapshot()
    for changes in ({"nickname": "x" * 33}, {"nickname": "ok", "birthday": date(1800, 1, 1)}, {"gender": "x"}):
        with pytest.raises(Refused):
            edit_profile(a.ctx, changes=changes)
    assert snapshot() == before


def test_r14_other_columns_are_a_bug_not_a_request(a, snapshot):
    before = snapshot()
    for column in ("state", "id", "phone", "role"):
        with pytest.raises(AssertionError):
            edit_profile(a.ctx, changes={column: "x"})
    assert snapshot() == before


def test_a_birthday_is_before_today_in_china(a, later):
    later(hours=11, minutes=59)
    with pytest.raises(Refused):
        edit_profile(a.ctx, changes={"birthday": date(2026, 3, 2)})
    later(minutes=2)
    edit_profile(a.ctx, changes={"birthday": date(2026, 3, 2)})


def test_the_phone_comes_from_wechat_and_is_kept_encrypted(a, world, rows):
    world.mini.phones["p1"] = "13800138000"
    assert set_phone(a.ctx, code="p1") == "13800138000"
    [kept] = rows("select phone, phone_index from members")
    assert "13800138000" not in kept["phone"]
    assert kept["phone_index"] == a.ctx.cipher.blind_index("13800138000", "phone")
    assert members.profile(a.ctx)["phone"] == "138****8000"


def test_a_used_phone_code_changes_nothing(a, world, snapshot):
    world.mini.phones["p1"] = "13800138000"
    set_phone(a.ctx, code="p1")
    before = snapshot()
    with pytest.raises(Refused) as refused:
        set_phone(a.ctx, code="p1")
    assert refused.value.code == "phone_code_refused"
    assert snapshot() == before


def test_consents_are_only_added_and_the_newest_counts(a, rows, later):
    assert [each["granted"] for each in members.consents(a.ctx)] == [False] * 3
    for version, granted in (("1", True), ("1", True), ("2", True), ("2", False), ("2", False)):
        record_consent(a.ctx, kind="privacy", version=version, granted=granted)
        later(seconds=1)
    said = rows("select version, granted from consents order by at, id")
    assert [(each["version"], bool(each["granted"])) for each in said] == [("1", True), ("2", True), ("2", False)]
    now = {each["kind"]: (each["version"], each["granted"]) for each in members.consents(a.ctx)}
    assert now == {"terms": (None, False), "privacy": ("2", False), "marketing": (None, False)}


def test_unknown_consents_are_refused(a, snapshot):
    before = snapshot()
    for kind, version in (("spam", "1"), ("terms", "")):
        with pytest.raises(Refused):
            record_consent(a.ctx, kind=kind, version=version, granted=True)
    assert snapshot() == before
