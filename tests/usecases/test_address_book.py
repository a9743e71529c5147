"""Adding, editing and removing addresses."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.infra.once import ClientKey
from backend.infra.uow import reading
from backend.kernel.actors import ANONYMOUS
from backend.kernel.errors import Refused
from backend.members import rules, store
from backend.queries import members
from backend.usecases import add_address as add_address_module
from backend.usecases.add_address import add_address
from backend.usecases.edit_address import edit_address
from backend.usecases.remove_address import remove_address
from tests.given_members import given_shopper

FORM = {"name": "王小满", "phone": "138 0013 8000", "region_code": "330106", "detail": "文三路 100 号"}


@pytest.fixture
def a(app, world):
    return given_shopper(app, world, "a", address=False)


@pytest.fixture
def b(app, world):
    return given_shopper(app, world, "b")


def book(who):
    return [(each["id"], each["is_default"]) for each in members.addresses(who.ctx)]


def refused(call, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.code


def test_an_address_is_kept_encrypted_and_read_in_clear(a, rows):
    address_id = add_address(a.ctx, **FORM)
    [kept] = rows("select * from addresses")
    assert not {"王小满", "13800138000", "文三路 100 号"} & set(map(str, kept.values()))
    assert kept["phone_index"] == a.ctx.cipher.blind_index("13800138000", "phone")
    assert members.addresses(a.ctx) == [
        {
            "id": address_id,
            "name": "王小满",
            "phone": "13800138000",
            "region_code": "330106",
            "region": ["浙江省", "杭州市", "西湖区"],
            "detail": "文三路 100 号",
            "is_default": True,
        }
    ]


def test_the_first_is_the_default_and_a_new_default_replaces_it(a, later):
    first = add_address(a.ctx, **FORM)
    later(seconds=1)
    second = add_address(a.ctx, **FORM)
    assert book(a) == [(first, True), (second, False)]
    later(seconds=1)
    third = add_address(a.ctx, **FORM, is_default=True)
    assert book(a) == [(third, True), (second, False), (first, False)]


def test_editing_replaces_all_and_moves_the_default(a, later):
    first = add_address(a.ctx, **FORM)
    later(seconds=1)
    second = add_address(a.ctx, **FORM)
    for _ in range(2):
        edit_address(
            a.ctx, address_id=second, name="李雷", phone="0571-88886666", region_code="441900", detail="东莞大道 1 号",
            is_default=True,
        )  # fmt: skip
        assert book(a) == [(second, True), (first, False)]
    kept = members.addresses(a.ctx)[0]
    assert (kept["name"], kept["phone"], kept["region_code"], kept["detail"]) == (
        "李雷", "0571-88886666", "441900", "东莞大道 1 号")  # fmt: skip


def test_a_default_may_be_given_up(a):
    address_id = add_address(a.ctx, **FORM)
    edit_address(a.ctx, address_id=address_id, **FORM, is_default=False)
    assert book(a) == [(address_id, False)]


def test_removing_erases_and_passes_the_default_on(a, rows, later):
    ids = []
    for _ in range(3):
        ids.append(add_address(a.ctx, **FORM))
        later(seconds=1)
    remove_address(a.ctx, address_id=ids[0])
    assert book(a) == [(ids[2], True), (ids[1], False)]
    remove_address(a.ctx, address_id=ids[1])
    assert book(a) == [(ids[2], True)]
    remove_address(a.ctx, address_id=ids[2])
    assert book(a) == []
    for kept in rows("select * from addresses"):
        assert kept["phone_index"] == "" and not kept["is_default"] and kept["deleted_at"] is not None
    assert add_address(a.ctx, **FORM) not in ids


def test_r03_absent_removed_and_foreign_addresses_answer_alike_and_nothing_changes(a, b, snapshot):
    mine = add_address(a.ctx, **FORM)
    remove_address(a.ctx, address_id=mine)
    before = snapshot()
    for address_id in (b.address_id, mine, "adr_unknown", ""):
        assert refused(remove_address, a.ctx, address_id=address_id) == "address_not_found"
        assert refused(edit_address, a.ctx, address_id=address_id, **FORM, is_default=True) == "address_not_found"
        with reading(a.ctx) as rd, pytest.raises(Refused) as caught:
            store.get_address(rd, a.id, address_id)
        assert caught.value.code == "address_not_found"
    assert snapshot() == before


@pytest.mark.parametrize("wrong", [{"name": " "}, {"phone": "1"}, {"region_code": "330100"}, {"detail": "x" * 121}])
def test_what_cannot_be_delivered_to_changes_nothing(a, snapshot, wrong):
    address_id = add_address(a.ctx, **FORM)
    before = snapshot()
    add, edit = (refused(add_address, a.ctx, **FORM | wrong), refused(
        edit_address, a.ctx, address_id=address_id, **FORM | wrong, is_default=True))  # fmt: skip
    assert add == edit
    assert snapshot() == before


def test_a_key_adds_once(a, rows):
    key, again = ClientKey("key-00000001", "f"), ClientKey("key-00000001", "f")
    first = add_address(a.ctx, **FORM, key=key)
    assert (add_address(a.ctx, **FORM, key=again), key.hit, again.hit) == (first, False, True)
    assert refused(add_address, a.ctx, **FORM, key=ClientKey("key-00000001", "g")) == "idempotency_key_reused"
    assert rows("select count(*) as n from addresses") == [{"n": 1}]


def test_keys_belong_to_their_member(a, b, rows):
    assert add_address(a.ctx, **FORM, key=ClientKey("key-00000001", "f")) != add_address(
        b.ctx, **FORM, key=ClientKey("key-00000001", "f"))  # fmt: skip


def test_strangers_have_no_book(ctx):
    assert refused(add_address, ctx(ANONYMOUS), **FORM) == "login_needed"
    assert refused(remove_address, ctx(), address_id="x") == "forbidden"


def test_fifty_and_no_more(a, monkeypatch):
    monkeypatch.setattr(rules, "MAX_ADDRESSES", 3)
    for _ in range(3):
        last = add_address(a.ctx, **FORM)
    assert refused(add_address, a.ctx, **FORM) == "too_many_addresses"
    remove_address(a.ctx, address_id=last)
    add_address(a.ctx, **FORM)


def race_for_the_last_place(app, a):
    """Two requests of one member that both count before either writes; the number of addresses afterwards."""
    both_counted = threading.Barrier(2)
    count = store.count_addresses

    def count_together(*args):
        counted = count(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_counted.wait(1)
        return counted

    def run(_):
        with app.app_context():
            try:
                return add_address(a.ctx, **FORM)
            except Refused as refusal:
                return refusal.code

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(store, "count_addresses", count_together)
        patch.setattr(rules, "MAX_ADDRESSES", 2)
        answers = list(pool.map(run, range(2)))
    return answers, len(book(a))


def test_two_requests_at_once_do_not_pass_the_limit(app, a):
    add_address(a.ctx, **FORM)
    answers, size = race_for_the_last_place(app, a)
    assert size == 2
    assert answers.count("too_many_addresses") == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_without_the_lock_they_would(app, a, monkeypatch):
    add_address(a.ctx, **FORM)
    monkeypatch.setattr(add_address_module.members, "lock_member", lambda *_: None)
    answers, size = race_for_the_last_place(app, a)
    assert (answers.count("too_many_addresses"), size) == (0, 3)
