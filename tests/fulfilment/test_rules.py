"""Couriers and tracking numbers as people write them, and what goes into a parcel."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.fulfilment.couriers import COURIERS, find_courier
from backend.fulfilment.rules import Held, Tariff, courier_code, pack, parcel_note, tariff, tracking_number
from backend.kernel.errors import Refused


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


@pytest.mark.parametrize(("written", "code"), [
    ("SF", "SF"), ("sf", "SF"), ("顺丰", "SF"), (" 顺丰 速运 ", "SF"), ("ＳＦ", "SF"), ("中通快递", "ZTO"), ("韵达", "YD"),
    ("J&T Express", "JTSD"), ("邮政", "YZPY"), ("EMS", "EMS"), ("德邦", "DBL"), ("京东物流", "JD"),
])
def test_couriers_are_known_by_their_names(written: str, code: str) -> None:
    assert courier_code(written) == code


@pytest.mark.parametrize("written", ["", "飞毛腿", "SF;", "S F X", "\u0000", "x" * 1000])
def test_other_couriers_are_refused(written: str) -> None:
    assert code_of(lambda: courier_code(written)) == "courier_unknown"


def test_no_name_belongs_to_two_couriers() -> None:
    for code, each in COURIERS.items():
        for name in (code, each.zh, each.en, *each.also):
            assert find_courier(name) == code, name
        assert len(code) <= 16


@pytest.mark.parametrize(("written", "kept"), [
    ("SF1234567890", "SF1234567890"), (" sf 1234 5678 90 ", "SF1234567890"), ("ＳＦ１２３４５６", "SF123456"),
    ("JDVA00012345678-1-1-", None), ("JDVA00012345678-1-1", "JDVA00012345678-1-1"), ("75331234—5678", "75331234-5678"),
    ("12345", None), ("", None), ("1" * 41, None), ("1" * 40, "1" * 40), ("SF12345678；DROP", None), ("单号12345678", None),
    ("=1+1234567", None), ("７５３３１２３４５６７８", "753312345678"), ("\u20281234567", "1234567"), ("-123456", None),
])
def test_numbers_are_kept_in_one_form(written: str, kept: str | None) -> None:
    if kept is None:
        assert code_of(lambda: tracking_number(written)) == "tracking_number"
    else:
        assert tracking_number(written) == kept == tracking_number(kept)


@given(st.text(max_size=60))
def test_a_number_is_taken_in_its_one_form_or_refused(written: str) -> None:
    try:
        kept = tracking_number(written)
    except Refused as no:
        assert no.code == "tracking_number"
    else:
        assert tracking_number(kept) == kept and 6 <= len(kept) <= 40 and kept.isascii()


def test_a_note_is_one_visible_line() -> None:
    assert parcel_note(" 易碎\r\n\u202e轻放\u0000 ") == "易碎 轻放"
    assert len(parcel_note("长" * 999)) == 200


HELD = [Held("oli_1", 3), Held("oli_2", 0), Held("oli_3", 1)]


def test_all_that_is_held_or_what_was_chosen() -> None:
    assert pack(HELD, None) == [("oli_1", 3), ("oli_3", 1)]
    assert pack(HELD, [("oli_3", 1), ("oli_1", 2)]) == [("oli_3", 1), ("oli_1", 2)]


@pytest.mark.parametrize(("wanted", "code"), [
    ([("oli_1", 4)], "ship_too_much"), ([("oli_2", 1)], "ship_too_much"), ([("oli_1", 0)], "ship_quantity"),
    ([("oli_1", -1)], "ship_quantity"), ([("oli_9", 1)], "ship_line"), ([("oli_1", 1), ("oli_1", 1)], "ship_line"),
    ([], "nothing_to_ship"),
])
def test_nonsense_is_not_packed(wanted: list[tuple[str, int]], code: str) -> None:
    assert code_of(lambda: pack(HELD, wanted)) == code


def test_what_is_in_a_case_waits() -> None:
    held = [Held("oli_1", 3, 2), Held("oli_2", 1, 1)]
    assert pack(held, None) == [("oli_1", 1)]
    assert code_of(lambda: pack(held, [("oli_1", 2)])) == "ship_too_much"
    assert code_of(lambda: pack(held[1:], None)) == "goods_in_case"


def test_where_nothing_is_held_there_is_nothing_to_ship() -> None:
    for held in ([], [Held("oli_1", 0)]):
        assert code_of(lambda: pack(held, None)) == "nothing_to_ship"  # noqa: B023
        assert code_of(lambda: pack(held, [("oli_1", 1)])) == "nothing_to_ship"  # noqa: B023


def test_what_a_way_of_delivery_costs() -> None:
    near, far = Tariff(800, 8800), Tariff(1500, 19900, far=True)
    where = {"far": far, "far_provinces": {"54", "65"}, "no_courier": {"81"}}
    assert tariff("courier", near) == tariff("courier", near, region_code="330106", **where) == near
    assert tariff("courier", near, **where) == near, "not known yet"
    assert tariff("courier", near, region_code="650102", **where) == far
    assert tariff("pickup", near, region_code="650102", **where) == Tariff(0, 0, fetched=True)
    assert code_of(lambda: tariff("courier", near, region_code="810001", **where)) == "no_courier_there"
    assert tariff("pickup", near, region_code="810001", **where) == Tariff(0, 0, fetched=True)
    with pytest.raises(ValueError, match="drone"):
        tariff("drone", near)
