"""Two at once on after-sales: one case for a line, one refund for a case; each with a twin that shows what the guard is for."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from backend.aftersales import store as aftersales
from backend.aftersales.rules import Asked, CaseLine
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.ask_aftersale import ask_aftersale
from backend.usecases.cancel_aftersale import cancel_aftersale
from backend.usecases.refuse_aftersale import refuse_aftersale
from tests.given_aftersales import DESK, Cases
from tests.given_orders import Shop
from tests.races.together import together


@pytest.fixture
def cases(shop: Shop) -> Cases:
    return Cases(shop)


def answer(call: Callable[[], Any]) -> str:
    """ "done", or the code of the refusal."""
    try:
        call()
    except Refused as refused:
        return refused.code
    return "done"


def test_one_case_for_a_line_however_many_ask_at_once(app: Flask, shop: Shop, cases: Cases) -> None:
    order_id, [line] = cases.paid((shop.goods("A1", 9000, 10), 3))
    who = cases.who.actor
    answers = together(app, lambda _: [answer(lambda: ask_aftersale(
        shop.ctx(who), order_id=order_id, kind="refund_only", reason="changed_mind", lines=[Asked(line, 1)]))])
    assert answers == {"done": 1, "aftersale_open": 5}
    assert len(shop.rows("select * from aftersale_lines")) == 1


def test_without_the_lock_of_the_order_the_index_still_says_no(app: Flask, shop: Shop, cases: Cases) -> None:
    order_id, [line] = cases.paid((shop.goods("A1", 9000, 10), 3))
    case = shop.one("select member_id, store_id from orders where id = :id", id=order_id)

    def write(number: int) -> None:
        with transaction(shop.ctx()) as tx:
            aftersales.insert_case(tx, case | {
                "id": f"aft_{number}", "number": f"N{number}", "order_id": order_id, "kind": "refund_only", "state": "asked",
                "moves": 1, "reason": "other", "words": "", "pictures": [], "asked_fen": 9000, "freight_fen": 0, "answer": "",
                "due_at": tx.now, "asked_at": tx.now}, [CaseLine(line, 1, 1, 9000)])

    assert together(app, lambda number: [answer(lambda: write(number))]) == {"done": 1, "aftersale_open": 5}
    assert len(shop.rows("select id from aftersales")) == 1


def test_the_twin_without_the_index_has_many_cases(app: Flask, shop: Shop, cases: Cases) -> None:
    order_id, [line] = cases.paid((shop.goods("A1", 9000, 10), 3))
    with transaction(shop.ctx()) as tx:
        tx.execute(text("drop index uq_aftersale_lines_open"))
    case = shop.one("select member_id, store_id from orders where id = :id", id=order_id)

    def write(number: int) -> None:
        with transaction(shop.ctx()) as tx:
            aftersales.insert_case(tx, case | {
                "id": f"aft_{number}", "number": f"N{number}", "order_id": order_id, "kind": "refund_only", "state": "asked",
                "moves": 1, "reason": "other", "words": "", "pictures": [], "asked_fen": 9000, "freight_fen": 0, "answer": "",
                "due_at": tx.now, "asked_at": tx.now}, [CaseLine(line, 1, 1, 9000)])

    assert together(app, lambda number: [answer(lambda: write(number))]) == {"done": 6}


def test_granted_at_once_by_all_is_one_refund(app: Flask, shop: Shop, cases: Cases) -> None:
    case_id = cases.ask(cases.paid((shop.goods("A1", 9000, 10), 1))[0], reason="changed_mind")
    answers = together(app, lambda _: [answer(lambda: approve_aftersale(shop.ctx(DESK), aftersale_id=case_id))])
    assert answers == {"done": 1, "aftersale_not_now": 5}
    assert len(shop.rows("select id from refunds")) == 1


def test_granted_and_withdrawn_at_once_is_one_of_both(app: Flask, shop: Shop, cases: Cases) -> None:
    goods = shop.goods("A1", 9000, 50)
    for _ in range(5):
        case_id, who = cases.ask(cases.paid((goods, 1))[0], reason="changed_mind"), cases.who.actor
        acts = [lambda: approve_aftersale(shop.ctx(DESK), aftersale_id=case_id),  # noqa: B023
                lambda: cancel_aftersale(shop.ctx(who), aftersale_id=case_id)]  # noqa: B023
        assert together(app, lambda number: [answer(acts[number])], 2) == {"done": 1, "aftersale_not_now": 1}  # noqa: B023
        refunds = shop.rows("select r.id from refunds r join aftersales a on a.refund_id = r.id where a.id = :id", id=case_id)
        assert len(refunds) == (1 if cases.state(case_id) == "refunding" else 0)


def test_time_grants_while_staff_refuse(app: Flask, shop: Shop, cases: Cases, later: Callable[..., Any]) -> None:
    goods = shop.goods("A1", 9000, 50)
    for _ in range(5):
        case_id = cases.ask(cases.paid((goods, 1))[0], reason="changed_mind")
        later(hours=48)
        acts = [lambda: approve_aftersale(shop.ctx(), aftersale_id=case_id),  # noqa: B023
                lambda: refuse_aftersale(shop.ctx(DESK), aftersale_id=case_id, reason="不")]  # noqa: B023
        answers = together(app, lambda number: [answer(acts[number])], 2)  # noqa: B023
        assert answers == ({"done": 1, "aftersale_not_now": 1} if cases.state(case_id) == "refunding" else {"done": 2})
        refunds = shop.rows("select r.id from refunds r join aftersales a on a.refund_id = r.id where a.id = :id", id=case_id)
        assert len(refunds) == (1 if cases.state(case_id) == "refunding" else 0)
