"""Complaints: answered by a named person in time, marked when late, closed with an outcome."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from backend.context import Context
from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.actors import staff
from backend.kernel.errors import Refused
from backend.organisation import store as organisation
from backend.queries.tickets import ticket_page
from backend.queries.uploads import visible_evidence
from backend.usecases.answer_ticket import answer_ticket
from backend.usecases.assign_ticket import assign_ticket
from backend.usecases.close_silent_ticket import close_silent_ticket
from backend.usecases.close_ticket import close_ticket
from backend.usecases.enter_ticket import enter_ticket
from backend.usecases.escalate_ticket import escalate_ticket
from backend.usecases.open_ticket import open_ticket
from backend.usecases.reopen_ticket import reopen_ticket
from backend.usecases.write_ticket import write_ticket
from tests.given_orders import Shop
from tests.given_uploads import given_picture

CLERK = staff("stf_clerk", {"tickets.answer"})


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


@pytest.fixture
def ask(shop: Shop) -> Callable[..., str]:
    def open_one(**more: Any) -> str:
        return open_ticket(shop.shopper(), **({"category": "goods", "words": "苹果坏了两个"} | more))["id"]
    return open_one


def ticket(shop: Shop, ticket_id: str, columns: str) -> dict[str, Any]:
    return shop.one(f"select {columns} from tickets where id = :id", id=ticket_id)


def test_a_complaint_is_answered_and_settled(shop: Shop, ask: Callable[..., str]) -> None:
    order_id, _ = shop.paid(shop.shopper(), (shop.goods("A1", 9000, 10), 1))
    [line] = shop.rows("select id from order_lines")
    it = ask(order_id=order_id, order_line_id=line["id"])
    assert ticket(shop, it, "state, owner, messages") == {"state": "open", "owner": None, "messages": 1}
    answer_ticket(shop.ctx(CLERK), ticket_id=it, words="查过库存，疑似运输", note=True)
    assert ticket(shop, it, "state")["state"] == "open"
    answer_ticket(shop.ctx(CLERK), ticket_id=it, words="给您补发两个")
    assert ticket(shop, it, "state, owner, due_at") == {"state": "answered", "owner": "stf_clerk", "due_at": None}
    write_ticket(shop.shopper(), ticket_id=it, words="谢谢，什么时候到")
    assert ticket(shop, it, "state")["state"] == "waiting"
    answer_ticket(shop.ctx(CLERK), ticket_id=it, words="明天")
    close_ticket(shop.shopper(), ticket_id=it)
    close_ticket(shop.shopper(), ticket_id=it)
    assert ticket(shop, it, "state, outcome, moves, messages") == {
        "state": "closed", "outcome": "settled", "moves": 6, "messages": 5}
    assert [row["side"] for row in shop.rows("select side from ticket_messages order by seq")] == [
        "member", "note", "staff", "member", "staff"]
    assert [row["what"] for row in shop.rows("select what from ticket_moves order by seq")] == [
        "opened", "written", "answered", "written", "answered", "closed"]
    assert [row["action"] for row in shop.rows("select action from audit_log where subject = :it order by at, id", it=it)] == [
        "answer_ticket", "answer_ticket"]


def test_staff_answer_with_pictures_that_only_their_shopper_sees(shop: Shop, ask: Callable[..., str], snapshot: Any) -> None:
    it, clerk, li = ask(), shop.ctx(CLERK), shop.shopper()
    key = given_picture(clerk, "ticket")
    before = snapshot()
    assert code_of(lambda: answer_ticket(clerk, ticket_id=it, words="内部", pictures=[key], note=True)) == "ticket_note_pictures"
    foreign = given_picture(li, "ticket")
    for wrong in ([foreign], [given_picture(clerk, "product")], ["0" * 32 + ".jpg"]):
        assert code_of(lambda wrong=wrong: answer_ticket(clerk, ticket_id=it, words="看", pictures=wrong)) == "picture_not_found"
    assert snapshot() | {"uploads": before["uploads"]} == before
    assert code_of(lambda: visible_evidence(li, key=key)) == "picture_not_found", "not before it is sent"
    answer_ticket(clerk, ticket_id=it, words="这是仓库的照片", pictures=[key])
    assert ticket_page(li, ticket_id=it)["messages"][-1]["pictures"] == [key]
    assert visible_evidence(li, key=key) == key
    assert code_of(lambda: visible_evidence(shop.shopper("han"), key=key)) == "picture_not_found"


def test_a10_what_nobody_answered_is_marked_once(shop: Shop, ask: Callable[..., str], later: Callable[..., datetime]) -> None:
    it = ask()
    later(hours=23, minutes=59)
    escalate_ticket(shop.ctx(), ticket_id=it)
    assert ticket(shop, it, "overdue_at")["overdue_at"] is None
    later(minutes=1)
    escalate_ticket(shop.ctx(), ticket_id=it)
    escalate_ticket(shop.ctx(), ticket_id=it)
    assert ticket(shop, it, "overdue_at")["overdue_at"] is not None
    assert [row["what"] for row in shop.rows("select what from ticket_moves order by seq")] == ["opened", "overdue"]
    assert shop.events().count("TicketOverdue") == 1
    answer_ticket(shop.ctx(CLERK), ticket_id=it, words="抱歉让您久等")
    assert ticket(shop, it, "overdue_at, due_at") == {"overdue_at": None, "due_at": None}
    escalate_ticket(shop.ctx(), ticket_id=it)
    assert ticket(shop, it, "overdue_at")["overdue_at"] is None


def test_more_words_do_not_put_the_deadline_off(shop: Shop, ask: Callable[..., str], later: Callable[..., datetime]) -> None:
    it = ask()
    before = ticket(shop, it, "due_at")
    later(hours=5)
    write_ticket(shop.shopper(), ticket_id=it, words="补充一张图")
    assert ticket(shop, it, "due_at") == before


def test_an_answered_ticket_closes_after_a_silent_week(shop: Shop, ask: Callable[..., str], later: Callable[..., datetime]) -> None:
    it = ask()
    answer_ticket(shop.ctx(CLERK), ticket_id=it, words="已补发")
    later(days=6)
    close_silent_ticket(shop.ctx(), ticket_id=it)
    assert ticket(shop, it, "state")["state"] == "answered"
    answer_ticket(shop.ctx(CLERK), ticket_id=it, words="收到了吗")
    later(days=6)
    close_silent_ticket(shop.ctx(), ticket_id=it)
    assert ticket(shop, it, "state")["state"] == "answered"
    later(days=1)
    close_silent_ticket(shop.ctx(), ticket_id=it)
    close_silent_ticket(shop.ctx(), ticket_id=it)
    assert ticket(shop, it, "state, outcome") == {"state": "closed", "outcome": "no_reply"}


def test_a_closed_ticket_is_opened_again_for_a_week(shop: Shop, ask: Callable[..., str], later: Callable[..., datetime]) -> None:
    it = ask()
    assert code_of(lambda: close_ticket(shop.ctx(CLERK), ticket_id=it, outcome="solved")) == "ticket_outcome"
    close_ticket(shop.ctx(CLERK), ticket_id=it, outcome="explained", words="属正常果斑")
    assert code_of(lambda: write_ticket(shop.shopper(), ticket_id=it, words="不对")) == "ticket_not_now"
    assert code_of(lambda: answer_ticket(shop.ctx(CLERK), ticket_id=it, words="再说")) == "ticket_not_now"
    reopen_ticket(shop.shopper(), ticket_id=it, words="切开是坏的", key=ClientKey("key-reopen", "f"))
    reopen_ticket(shop.shopper(), ticket_id=it, words="切开是坏的", key=ClientKey("key-reopen", "f"))
    assert ticket(shop, it, "state, outcome, closed_at, messages") == {
        "state": "waiting", "outcome": None, "closed_at": None, "messages": 2}
    assert code_of(lambda: reopen_ticket(shop.shopper(), ticket_id=it, words="再开")) == "ticket_not_closed"
    close_ticket(shop.shopper(), ticket_id=it)
    later(days=7)
    assert code_of(lambda: reopen_ticket(shop.shopper(), ticket_id=it, words="太晚")) == "ticket_reopen_over"


def test_staff_enter_what_was_said_in_a_group(shop: Shop) -> None:
    li = shop.shopper()
    it = enter_ticket(shop.ctx(CLERK), member_id=li.actor.id, category="delivery", words="群里说没收到", heard_in="幸福小区 3 群",
                      key=ClientKey("key-enter", "f"))["id"]
    assert enter_ticket(shop.ctx(CLERK), member_id=li.actor.id, category="delivery", words="群里说没收到", heard_in="幸福小区 3 群",
                        key=ClientKey("key-enter", "f"))["id"] == it
    assert ticket(shop, it, "owner, heard_in, member_id, opened_by") == {
        "owner": "stf_clerk", "heard_in": "幸福小区 3 群", "member_id": li.actor.id, "opened_by": "staff:stf_clerk"}
    write_ticket(shop.shopper(), ticket_id=it, words="对，还没到")


def test_a_ticket_is_assigned_to_somebody_who_can_answer(shop: Shop, ask: Callable[..., str]) -> None:
    it = ask()
    with transaction(shop.ctx()) as tx:
        for staff_id, role in [("stf_a", "service"), ("stf_b", "service"), ("stf_c", "goods")]:
            organisation.insert_staff(tx, {
                "id": staff_id, "login": staff_id, "name": staff_id, "roles": [role], "scope": "head_office", "scope_id": None,
                "password_hash": "", "must_change_password": False})
        organisation.change_staff(tx, "stf_b", {"state": "disabled"})
    for other in ("stf_b", "stf_c"):
        assert code_of(lambda: assign_ticket(shop.ctx(CLERK), ticket_id=it, owner=other)) == "ticket_owner"  # noqa: B023
    assert code_of(lambda: assign_ticket(shop.ctx(CLERK), ticket_id=it, owner="stf_none")) == "staff_not_found"
    assign_ticket(shop.ctx(CLERK), ticket_id=it, owner="stf_a")
    assign_ticket(shop.ctx(CLERK), ticket_id=it, owner="stf_a")
    assert ticket(shop, it, "owner, moves, state") == {"owner": "stf_a", "moves": 2, "state": "open"}
    answer_ticket(shop.ctx(CLERK), ticket_id=it, words="我来答")
    assert ticket(shop, it, "owner")["owner"] == "stf_a"


def test_pictures_belong_to_the_ticket(shop: Shop, ask: Callable[..., str]) -> None:
    key = given_picture(shop.shopper(), "ticket")
    it = ask(pictures=[key])
    assert shop.one("select claimed_by, store_id from uploads") == {"claimed_by": it, "store_id": "sto_main"}
    assert code_of(lambda: ask(pictures=[key])) == "picture_not_found"


def test_nonsense_changes_nothing(shop: Shop, ask: Callable[..., str], snapshot: Callable[[], Any]) -> None:
    order_id, _ = shop.paid(shop.shopper("mei"), (shop.goods("A1", 9000, 10), 1))
    it = ask()
    mei, viewer = shop.shopper("mei"), staff("stf_2", {"tickets.view"})
    elsewhere = staff("stf_3", {"tickets.answer"}, {"sto_other"})
    before = snapshot()
    for call, code in [
        (lambda: ask(category="nonsense"), "ticket_category"), (lambda: ask(words=" "), "ticket_text"),
        (lambda: ask(order_id=order_id), "ticket_about"), (lambda: ask(order_id="ord_none"), "ticket_about"),
        (lambda: ask(order_line_id="oli_x"), "ticket_about"), (lambda: ask(pictures=["a" * 32]), "picture_not_found"),
        (lambda: write_ticket(mei, ticket_id=it, words="我的"), "not_found"),
        (lambda: close_ticket(mei, ticket_id=it), "not_found"),
        (lambda: reopen_ticket(mei, ticket_id=it, words="我的"), "not_found"),
        (lambda: answer_ticket(mei, ticket_id=it, words="我答"), "forbidden"),
        (lambda: assign_ticket(mei, ticket_id=it, owner="x"), "forbidden"),
        (lambda: escalate_ticket(mei, ticket_id=it), "forbidden"), (lambda: close_silent_ticket(mei, ticket_id=it), "forbidden"),
        (lambda: answer_ticket(shop.ctx(viewer), ticket_id=it, words="我答"), "forbidden"),
        (lambda: close_ticket(shop.ctx(viewer), ticket_id=it, outcome="solved", words="好"), "forbidden"),
        (lambda: answer_ticket(shop.ctx(elsewhere), ticket_id=it, words="我答"), "not_found"),
        (lambda: assign_ticket(shop.ctx(elsewhere), ticket_id=it, owner="x"), "not_found"),
        (lambda: close_ticket(shop.ctx(elsewhere), ticket_id=it, outcome="solved", words="好"), "not_found"),
        (lambda: enter_ticket(shop.ctx(CLERK), member_id="mem_none", category="goods", words="x", heard_in="群"), "not_found"),
        (lambda: open_ticket(shop.ctx(CLERK), category="goods", words="x"), "forbidden"),
    ]:
        assert code_of(call) == code
    assert snapshot() == before


def test_ten_open_tickets_are_enough(shop: Shop, ask: Callable[..., str]) -> None:
    for _ in range(10):
        ask()
    assert code_of(ask) == "ticket_too_many"
    assert isinstance(shop.shopper(), Context)
