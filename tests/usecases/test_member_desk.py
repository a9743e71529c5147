"""The member desk: a whole phone number is shown to whoever needs it and leaves a trace; a member is logged out everywhere."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from backend.infra.uow import transaction
from backend.kernel.actors import ANONYMOUS, shopper, staff
from backend.kernel.errors import Refused
from backend.members import store as members
from backend.usecases.end_member_sessions import end_member_sessions
from backend.usecases.reveal_contact import Contact, reveal_contact
from tests.fakes import FakeWorld
from tests.given_members import given_shopper
from tests.given_orders import STAFF, Shop

Snapshot = Callable[[], Any]
PHONE = "13912345678"


@pytest.fixture
def wang(shop: Shop, app: Flask, world: FakeWorld) -> Any:
    wang = given_shopper(app, world, "wang")
    with transaction(shop.ctx()) as tx:
        members.change_profile(tx, wang.id, {"phone": PHONE, "phone_index": "index"})
    return wang


def test_a_look_at_a_phone_leaves_a_trace_without_it(shop: Shop, wang: Any, snapshot: Snapshot) -> None:
    assert reveal_contact(shop.ctx(STAFF), member_id=wang.id) == Contact(PHONE)
    row = shop.one("select actor, subject from audit_log where action = 'reveal_contact'")
    assert row == {"actor": "staff:stf_test", "subject": wang.id}
    assert PHONE not in str(snapshot()["audit_log"])


def test_so_does_a_look_at_an_address(shop: Shop, wang: Any, snapshot: Snapshot) -> None:
    seen = reveal_contact(shop.ctx(STAFF), member_id=wang.id, address_id=wang.address_id)
    assert seen == Contact("13800138000", "王小满", "文三路 100 号 2 幢 301")
    assert "文三路" not in str(snapshot()["audit_log"])
    before = snapshot()
    with pytest.raises(Refused) as caught:
        reveal_contact(shop.ctx(STAFF), member_id=wang.id, address_id="adr_absent")
    assert caught.value.code == "address_not_found"
    assert snapshot() == before


def test_a_member_is_logged_out_everywhere(shop: Shop, wang: Any) -> None:
    assert end_member_sessions(shop.ctx(STAFF), member_id=wang.id) == 1
    assert end_member_sessions(shop.ctx(STAFF), member_id=wang.id) == 0
    assert [row["revoked_at"] is not None for row in shop.rows("select revoked_at from sessions")] == [True]


def test_staff_of_a_store_see_who_ordered_there(shop: Shop, wang: Any) -> None:
    clerk = staff("stf_1", {"members.reveal", "members.log_out"}, ["sto_main"])
    for call in (lambda: reveal_contact(shop.ctx(clerk), member_id=wang.id),
                 lambda: end_member_sessions(shop.ctx(clerk), member_id=wang.id)):
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.code == "not_found"
    li = shop.shopper("li")
    shop.place(li, (shop.goods(), 1))
    assert reveal_contact(shop.ctx(clerk), member_id=li.actor.id) == Contact(None)


@pytest.mark.parametrize("actor", [ANONYMOUS, shopper("mem_1"), staff("stf_1", {"members.view"}),
                                   staff("stf_2", {"members.reveal", "members.log_out"}, ["sto_other"])])
def test_only_who_may_and_foreign_is_absent(shop: Shop, wang: Any, snapshot: Snapshot, actor: Any) -> None:
    before = snapshot()
    for member_id in (wang.id, "mem_absent"):
        for call in (lambda m=member_id: reveal_contact(shop.ctx(actor), member_id=m),
                     lambda m=member_id: end_member_sessions(shop.ctx(actor), member_id=m)):
            with pytest.raises(Refused) as caught:
                call()
            assert caught.value.code == ("not_found" if actor.store_ids and actor.kind == "staff" else
                                         "login_needed" if actor == ANONYMOUS else "forbidden")
    assert snapshot() == before
