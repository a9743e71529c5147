"""Who may send a picture for what, and who may look at evidence."""

import pytest

from backend.kernel.actors import ANONYMOUS, SYSTEM, shopper, staff
from backend.kernel.errors import Refused
from backend.organisation.rules import PERMISSIONS
from backend.uploads import SHOPPER_PURPOSES, STAFF_PURPOSES, rules

LI = shopper("mem_li")


def code(call) -> str:
    try:
        call()
    except Refused as refused:
        return refused.code
    return "yes"


@pytest.mark.parametrize("purpose", SHOPPER_PURPOSES)
def test_shoppers_send_for_their_purposes(purpose):
    assert code(lambda: rules.check_sender(LI, purpose)) == "yes"
    assert code(lambda: rules.check_sender(ANONYMOUS, purpose)) == "login_needed"
    assert code(lambda: rules.check_sender(staff("stf_1", ["goods.edit"]), purpose)) == "forbidden"


@pytest.mark.parametrize("purpose", STAFF_PURPOSES)
def test_staff_send_with_the_right_to_edit(purpose):
    needed = rules.NEEDED[purpose]
    assert needed in PERMISSIONS
    assert code(lambda: rules.check_sender(staff("stf_1", [needed]), purpose)) == "yes"
    assert code(lambda: rules.check_sender(staff("stf_1", set(PERMISSIONS) - {needed}), purpose)) == "forbidden"
    assert code(lambda: rules.check_sender(LI, purpose)) == ("yes" if purpose in SHOPPER_PURPOSES else "forbidden")


def test_no_other_purpose():
    with pytest.raises(ValueError, match="wallpaper"):
        rules.check_sender(SYSTEM, "wallpaper")


@pytest.mark.parametrize(("viewer", "store_id", "answer"), [
    (LI, None, "yes"),
    (LI, "sto_1", "yes"),
    (shopper("mem_han"), "sto_1", "picture_not_found"),
    (shopper("mem_case"), "sto_1", "yes"),
    (staff("mem_case", []), "sto_1", "forbidden"),
    (ANONYMOUS, "sto_1", "picture_not_found"),
    (staff("stf_1", ["aftersales.view"]), "sto_1", "yes"),
    (staff("stf_1", ["aftersales.view"], ["sto_1"]), "sto_1", "yes"),
    (staff("stf_1", ["aftersales.view"], ["sto_2"]), "sto_1", "picture_not_found"),
    (staff("stf_1", ["aftersales.view"]), None, "picture_not_found"),
    (staff("stf_1", ["tickets.view", "orders.view"]), "sto_1", "forbidden"),
])
def test_evidence_is_for_its_sender_and_for_staff_of_the_case(viewer, store_id, answer):
    assert code(lambda: rules.check_viewer(
        viewer, owner="shopper:mem_li", purpose="aftersale", store_id=store_id, member_id="mem_case")) == answer


def test_keys_once_and_not_without_end():
    assert rules.distinct(["b", "a", "b"]) == ["b", "a"]
    with pytest.raises(ValueError):
        rules.distinct(map(str, range(rules.MOST_AT_ONCE + 1)))
