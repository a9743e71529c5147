"""arrange_categories: an order for one level, all or none."""

import pytest

from backend.kernel.errors import Refused
from backend.usecases.arrange_categories import LIMIT, arrange_categories
from tests.given_goods import given_category


def test_an_order_and_again(ctx, rows, snapshot):
    ids = [given_category(ctx, name) for name in ("食品", "水果", "干货")]
    assert arrange_categories(ctx(), category_ids=ids[::-1]) == 2
    assert [row["name"] for row in rows("select name from categories order by position")] == ["干货", "水果", "食品"]
    assert {row["subject"] for row in rows("select subject from audit_log where action = 'arrange_categories'")} == {*ids[:2]}
    before = snapshot()
    assert arrange_categories(ctx(), category_ids=ids[::-1]) == 0 and arrange_categories(ctx(), category_ids=[]) == 0
    assert snapshot() == before


def test_a_refusal_changes_nothing(ctx, snapshot):
    food = given_category(ctx, "食品")
    fruit = given_category(ctx, "水果", food)
    before = snapshot()
    for ids, code in [
        ([food, "cat_unknown"], "category_unknown"),
        ([fruit, food], "category_unknown"),
        ([f"cat_{number}" for number in range(LIMIT + 1)], "too_many_at_once"),
    ]:
        with pytest.raises(Refused) as refused:
            arrange_categories(ctx(), category_ids=ids)
        assert refused.value.code == code
    assert snapshot() == before


def test_a_level_that_somebody_changed_meanwhile_is_left_alone(ctx, snapshot):
    ids = [given_category(ctx, name) for name in ("食品", "水果", "干货")]
    arrange_categories(ctx(), category_ids=ids, seen=sorted_by_name(ids))
    wanted = [ids[1], ids[0], ids[2]]
    arrange_categories(ctx(), category_ids=[ids[0], ids[2], ids[1]], seen=ids)
    before = snapshot()
    with pytest.raises(Refused) as refused:
        arrange_categories(ctx(), category_ids=wanted, seen=ids)
    assert refused.value.code == "category_changed_meanwhile" and snapshot() == before
    assert arrange_categories(ctx(), category_ids=[ids[0], ids[2], ids[1]], seen=ids) == 0, "twice is once"
    given_category(ctx, "饮料")
    with pytest.raises(Refused):
        arrange_categories(ctx(), category_ids=wanted, seen=[ids[0], ids[2], ids[1]])


def sorted_by_name(ids):
    """The level as it stands when nobody has put it into an order: by name."""
    return [each for _, each in sorted(zip(("食品", "水果", "干货"), ids, strict=True))]
