"""Pick-up points: saved within what a point can look like, by whoever may, and with their own staff."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from backend.infra.once import ClientKey
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.usecases.save_pickup_point import save_pickup_point
from backend.usecases.set_point_staff import set_point_staff
from tests.given_pickups import WENSAN, given_clerk, given_point, given_store

OWNER = staff("stf_owner", EVERYTHING)


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as no:
        call()
    return no.value.code


def test_a_point_is_kept_as_it_was_said(ctx: Any, rows: Any) -> None:
    key = ClientKey("key-12345", "f")
    more = {"name": " 文三路\u200b店 ", "guide": "进门左转\n\n  找王姐 ", "closed_on": [date(2026, 10, 1), date(2026, 1, 1)]}
    point_id = save_pickup_point(ctx(OWNER), **(WENSAN | more), key=key)
    assert save_pickup_point(ctx(OWNER), **(WENSAN | more), key=ClientKey("key-12345", "f")) == point_id
    [point] = rows("select * from pickup_points")
    assert (point["name"], point["guide"], point["phone"]) == ("文三路店", "进门左转\n找王姐", "0571-88886666")
    assert (point["longitude_e6"], point["latitude_e6"], point["store_id"]) == (120_130_000, 30_275_000, "sto_main")
    assert "2026-10-01" in str(point["closed_on"]) and "2026-01-01" not in str(point["closed_on"])


def test_changes_are_audited_and_saying_it_again_is_none(ctx: Any, rows: Any) -> None:
    point_id = given_point(ctx)
    for _ in range(2):
        save_pickup_point(ctx(OWNER), **(WENSAN | {"name": "文三路旗舰店"}), point_id=point_id)
    assert [(row["action"], row["actor"]) for row in rows("select action, actor from audit_log order by at, id")] == [
        ("save_pickup_point", "system"), ("save_pickup_point", "staff:stf_owner")]
    [last] = rows("select before, after from audit_log where actor = 'staff:stf_owner'")
    assert "文三路店" in str(last["before"]) and "文三路旗舰店" in str(last["after"]) and "detail" not in str(last["after"])


@pytest.mark.parametrize(("wrong", "code"), [
    ({"kind": "van"}, "point_kind"), ({"name": "\u200b"}, "point_name"), ({"detail": " "}, "point_detail"),
    ({"region_code": "330100"}, "region"), ({"phone": "12"}, "phone"), ({"longitude": 200.0}, "place"),
    ({"hours": []}, "opening_hours"), ({"store_id": "sto_none"}, "place_not_found"), ({"position": 10_000}, "point_position"),
    ({"point_id": "ppt_none"}, "pickup_point_not_found"), ({"picture": "ab/none.jpg"}, "picture_not_found"),
])
def test_what_no_point_can_look_like(ctx: Any, snapshot: Any, wrong: dict[str, Any], code: str) -> None:
    before = snapshot()
    assert code_of(lambda: save_pickup_point(ctx(OWNER), **(WENSAN | wrong))) == code
    assert snapshot() == before


def test_r15_points_of_another_store_are_not_there(ctx: Any, snapshot: Any) -> None:
    second = given_store(ctx)
    clerk = given_clerk(ctx)
    theirs = given_point(ctx, clerk)
    elsewhere = staff("stf_else", ["points.edit"], [second])
    before = snapshot()
    for call in (
        lambda: save_pickup_point(ctx(elsewhere), **WENSAN),
        lambda: save_pickup_point(ctx(elsewhere), **WENSAN, point_id=theirs),
        lambda: save_pickup_point(ctx(elsewhere), **(WENSAN | {"store_id": second}), point_id=theirs),
        lambda: set_point_staff(ctx(elsewhere), point_id=theirs, staff_ids=[]),
    ):
        assert code_of(call) == "not_found"
    nobody = staff("stf_nobody", ["orders.hand_over"])
    assert code_of(lambda: save_pickup_point(ctx(nobody), **WENSAN)) == "forbidden"
    assert code_of(lambda: set_point_staff(ctx(nobody), point_id=theirs, staff_ids=[])) == "forbidden"
    assert snapshot() == before
    assert save_pickup_point(ctx(elsewhere), **(WENSAN | {"store_id": second, "name": "二店"}))


def test_the_staff_of_a_point_is_exactly_who_was_named(ctx: Any, rows: Any, snapshot: Any) -> None:
    wang, zhao = given_clerk(ctx, "wang"), given_clerk(ctx, "zhao")
    point_id = given_point(ctx, wang)

    def there() -> list[str]:
        return [row["staff_id"] for row in rows("select staff_id from pickup_point_staff order by staff_id")]

    set_point_staff(ctx(OWNER), point_id=point_id, staff_ids=[wang.id, zhao.id])
    assert there() == ["stf_wang", "stf_zhao"]
    before = snapshot()
    set_point_staff(ctx(OWNER), point_id=point_id, staff_ids=[zhao.id, wang.id])
    assert snapshot() == before
    assert code_of(lambda: set_point_staff(ctx(OWNER), point_id=point_id, staff_ids=["stf_none"])) == "staff_not_found"
    assert code_of(lambda: set_point_staff(ctx(OWNER), point_id="ppt_none", staff_ids=[])) == "pickup_point_not_found"
    assert snapshot() == before
    set_point_staff(ctx(OWNER), point_id=point_id, staff_ids=[zhao.id])
    assert there() == ["stf_zhao"]
