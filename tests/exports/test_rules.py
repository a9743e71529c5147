"""Who may export what, which filters say something, and whether frozen rights still hold."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.exports import KINDS, rules
from backend.kernel.actors import shopper, staff
from backend.kernel.errors import Refused
from backend.organisation.rules import PERMISSIONS

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def code(call, *args, **more):
    try:
        return call(*args, **more)
    except Refused as refused:
        return refused.code


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_permission(kind):
    needed = rules.NEEDED[kind]
    assert needed in PERMISSIONS
    assert code(rules.check_asker, staff("s", [needed]), kind) is None
    assert code(rules.check_asker, staff("s", set(PERMISSIONS) - {needed}), kind) == "forbidden"
    assert code(rules.check_asker, shopper("m"), kind) == "forbidden"
    of_a_store = code(rules.check_asker, staff("s", [needed], ["sto_1"]), kind)
    assert of_a_store == ("forbidden" if kind in rules.WHOLE else None)


@pytest.mark.parametrize(("now", "store_ids", "reveal", "answer"), [
    (staff("s", ["orders.export"]), None, False, None),
    (staff("s", ["orders.export"]), ["a"], False, None),
    (staff("s", ["orders.export"], ["a", "b"]), ["a"], False, None),
    (staff("s", ["orders.export"], ["a"]), ["a", "b"], False, "export_not_allowed"),
    (staff("s", ["orders.export"], ["a"]), None, False, "export_not_allowed"),
    (staff("s", ["orders.view"]), None, False, "export_not_allowed"),
    (staff("s", ["orders.export"]), None, True, "export_not_allowed"),
    (staff("s", ["orders.export", "members.reveal"]), None, True, None),
    (staff("s"), None, False, "export_not_allowed"),
    (shopper("s"), None, False, "export_not_allowed"),
])
def test_R34_rights_of_today_must_cover_what_was_frozen(now, store_ids, reveal, answer):
    assert code(rules.check_still, now, "orders", store_ids=store_ids, reveal=reveal) == answer


def test_what_is_the_whole_merchants_is_not_for_a_stores_staff():
    of_a_store = staff("s", ["audit.view"], ["a"])
    assert code(rules.check_still, of_a_store, "audit", store_ids=["a"], reveal=False) == "export_not_allowed"


@pytest.mark.parametrize(("filters", "answer"), [
    ({}, {}), ({"state": "paid", "since": "", "until": "2026-03-02"}, {"state": "paid", "until": "2026-03-02"}),
    ({"since": "2026-02-30"}, "export_filter"), ({"since": "20260302"}, "export_filter"),
    ({"since": "2026-W10-1"}, "export_filter"), ({"since": "0001-01-01"}, "export_filter"),
    ({"since": "٢٠٢٦-03-02"}, "export_filter"), ({"state": "x" * 65}, "export_filter"), ({"state": "a\0"}, "export_filter"),
    ({"since": "2026-03-02", "until": "2026-03-01"}, "export_days"), ({"since": "2026-03-02"}, {"since": "2026-03-02"}),
    ({"since": "2026-03-02", "until": "2026-03-02"}, {"since": "2026-03-02", "until": "2026-03-02"}),
    ({"sku_id": "A1"}, "export_filter"), ({"state": 1}, "export_filter"), ({"password_hash": "x"}, "export_filter"),
])
def test_filters(filters, answer):
    assert code(rules.check_filters, "orders", filters) == answer


def test_a_link_is_good_for_ten_minutes():
    until = rules.link_until(NOON)
    for minutes, over in ((0, False), (9.9, False), (10.1, True), (-5, True)):
        assert rules.link_is_over(until, NOON + timedelta(minutes=minutes)) is over
    assert rules.link_is_over(10**12, NOON)


def test_file_names():
    assert rules.file_name("orders", NOON, "csv", False) == "订单-20260302-1200.csv"
    assert rules.file_name("order_lines", NOON, "xlsx", True) == "Order lines-20260302-1200.xlsx"
