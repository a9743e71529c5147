"""save_category: two levels, names once on a level."""

import json

import pytest

from backend.catalog.rules import category_fingerprint
from backend.kernel.errors import Refused
from backend.usecases.arrange_categories import arrange_categories
from backend.usecases.save_category import save_category
from tests.given_goods import given_category


def test_make_rename_move(ctx, rows):
    food, fruit = given_category(ctx, "食品"), given_category(ctx, "水果")
    assert save_category(ctx(), category_id=fruit, name=" 鲜果 ", parent_id=food, position=2) == fruit
    find = "select id, parent_id, name, position from categories order by id"
    after = rows(find)
    assert {"id": fruit, "parent_id": food, "name": "鲜果", "position": 2} in after and len(after) == 2
    save_category(ctx(), category_id=fruit, name="鲜果", parent_id=food, position=2)
    assert rows(find) == after


def test_the_same_name_may_stand_on_two_levels(ctx, rows):
    food = given_category(ctx, "食品")
    save_category(ctx(), name="食品", parent_id=food)
    assert rows("select count(*) as n from categories where name = '食品'") == [{"n": 2}]


def test_a_refusal_changes_nothing(ctx, snapshot):
    food = given_category(ctx, "食品")
    fruit = given_category(ctx, "水果", food)
    drinks = given_category(ctx, "饮料")
    before = snapshot()
    for changes, code in [
        ({"name": ""}, "category_name"),
        ({"name": "x" * 65}, "category_name"),
        ({"name": "a\n"} | {"name": "a\nb"}, "category_name"),
        ({"name": "食品"}, "category_name_taken"),
        ({"name": "水果", "parent_id": food}, "category_name_taken"),
        ({"name": "饮料", "category_id": food}, "category_name_taken"),
        ({"name": "浆果", "parent_id": fruit}, "category_too_deep"),
        ({"name": "食品", "category_id": food, "parent_id": drinks}, "category_too_deep"),
        ({"name": "饮料", "category_id": drinks, "parent_id": drinks}, "category_too_deep"),
        ({"name": "浆果", "parent_id": "cat_unknown"}, "category_unknown"),
        ({"name": "浆果", "category_id": "cat_unknown"}, "category_unknown"),
        ({"name": "浆果", "picture": "0" * 32 + ".jpg"}, "file_not_found"),
    ]:
        with pytest.raises(Refused) as refused:
            save_category(ctx(), **changes)
        assert refused.value.code == code, changes
        assert snapshot() == before


def test_a_change_is_audited_once(ctx, rows):
    fruit = given_category(ctx, "水果")
    for _ in range(2):
        save_category(ctx(), category_id=fruit, name="鲜果")
    audits = rows("select before, after from audit_log where subject = :id order by at, id", id=fruit)
    said = [[json.loads(each) if isinstance(each, str) else each for each in row.values()] for row in audits]
    plain = {"parent_id": None, "position": 0, "picture": None}
    assert said == [[None, plain | {"name": "水果"}], [plain | {"name": "水果"}, plain | {"name": "鲜果"}]]


def test_two_editors_do_not_overwrite_one_another(ctx, rows, snapshot):
    food, fruit = given_category(ctx, "食品"), given_category(ctx, "水果")
    arrange_categories(ctx(), category_ids=[food, fruit])
    seen = category_fingerprint("水果", None, None)
    save_category(ctx(), category_id=fruit, name="鲜果", seen=seen)
    assert rows("select name, position from categories where id = :id", id=fruit) == [{"name": "鲜果", "position": 1}]
    before = snapshot()
    with pytest.raises(Refused) as refused:
        save_category(ctx(), category_id=fruit, name="水果", parent_id=food, seen=seen)
    assert refused.value.code == "category_changed_meanwhile" and snapshot() == before
    save_category(ctx(), category_id=fruit, name="鲜果", seen=seen)
    assert snapshot() == before, "who wants what is there already has it"
    arrange_categories(ctx(), category_ids=[fruit, food])
    save_category(ctx(), category_id=fruit, name="时令鲜果", seen=category_fingerprint("鲜果", None, None))
    assert rows("select position from categories where id = :id", id=fruit) == [{"position": 0}], "its place is another matter"
