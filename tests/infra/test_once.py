"""Client keys: one effect for one key, the same answer for a repeat, nothing remembered of a refusal (I49, R08)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from flask import Flask

from backend.context import Context
from backend.infra import marks, once
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.actors import Actor, shopper
from backend.kernel.errors import Kind, Refused

Ctx = Callable[..., Context]
ANNA, BEN = shopper("mem_anna"), shopper("mem_ben")


def place(ctx: Context, key: ClientKey | None, order: str, use_case: str = "place_order") -> dict:
    """A use case in small: one effect, one answer."""
    with transaction(ctx) as tx:
        earlier = claim(tx, key, use_case, {"id": order})
        if earlier is not None:
            return earlier
        marks.set_mark(tx, order, {})
        return {"id": order}


def effects(rows: Callable[..., list[dict]]) -> list[str]:
    return [row["name"] for row in rows("select name from marks order by name")]


def test_a_repeat_gets_the_first_answer_and_is_told_so(ctx: Ctx, rows: Callable[..., list[dict]]) -> None:
    first, second = ClientKey("k", "body"), ClientKey("k", "body")
    assert place(ctx(ANNA), first, "one") == {"id": "one"}
    assert place(ctx(ANNA), second, "two") == {"id": "one"}
    assert (first.hit, second.hit) == (False, True)
    assert effects(rows) == ["one"]


def test_the_same_key_with_another_body_is_refused(ctx: Ctx, snapshot: Callable[[], dict]) -> None:
    place(ctx(ANNA), ClientKey("k", "body"), "one")
    before = snapshot()
    other = ClientKey("k", "other body")
    with pytest.raises(Refused) as caught:
        place(ctx(ANNA), other, "two")
    assert (caught.value.kind, caught.value.code) == (Kind.INVALID, "idempotency_key_reused")
    assert not other.hit
    assert snapshot() == before


@pytest.mark.parametrize(("actor", "use_case", "key"), [
    (BEN, "place_order", "k"), (ANNA, "refund_order", "k"), (ANNA, "place_order", "K"), (ANNA, "place_order", "k "),
])
def test_a_key_holds_for_its_actor_and_use_case_only(
        ctx: Ctx, rows: Callable[..., list[dict]], actor: Actor, use_case: str, key: str) -> None:
    place(ctx(ANNA), ClientKey("k", "body"), "one")
    assert place(ctx(actor), ClientKey(key, "body"), "two", use_case) == {"id": "two"}
    assert effects(rows) == ["one", "two"]


def test_without_a_key_everything_happens_again(ctx: Ctx, rows: Callable[..., list[dict]]) -> None:
    place(ctx(ANNA), None, "one")
    place(ctx(ANNA), None, "two")
    assert effects(rows) == ["one", "two"]
    assert rows("select * from client_keys") == []


def test_a_refusal_is_not_remembered(ctx: Ctx, rows: Callable[..., list[dict]]) -> None:
    with pytest.raises(ZeroDivisionError), transaction(ctx(ANNA)) as tx:
        claim(tx, ClientKey("k", "body"), "place_order", {"id": "one"})
        raise ZeroDivisionError
    again = ClientKey("k", "another body, for the first one had no effect")
    assert place(ctx(ANNA), again, "two") == {"id": "two"}
    assert not again.hit
    assert effects(rows) == ["two"]


def test_rivals_with_one_key_have_one_effect_and_one_answer(
        app: Flask, ctx: Ctx, rows: Callable[..., list[dict]]) -> None:
    rivals = 6
    gate = threading.Barrier(rivals)

    def rival(number: int) -> tuple[dict, bool]:
        with app.app_context():
            key = ClientKey("k", "body")
            context = ctx(ANNA)
            gate.wait()
            return place(context, key, f"order {number}"), key.hit

    for _ in range(5):
        with ThreadPoolExecutor(rivals) as pool:
            answers = list(pool.map(rival, range(rivals)))
        assert len({answer["id"] for answer, _ in answers}) == 1
        assert sorted(hit for _, hit in answers) == [False] + [True] * (rivals - 1)
        assert effects(rows) == [answers[0][0]["id"]]
        with transaction(ctx()) as tx:
            tx.connection.exec_driver_sql("delete from marks")
            tx.connection.exec_driver_sql("delete from client_keys")


def test_a_rival_of_a_claim_that_is_rolled_back_has_the_effect(
        app: Flask, ctx: Ctx, rows: Callable[..., list[dict]]) -> None:
    claimed, answered = threading.Event(), []

    def rival() -> None:
        with app.app_context():
            claimed.wait(5)
            key = ClientKey("k", "body")
            answered.append((place(ctx(ANNA), key, "second"), key.hit))

    thread = threading.Thread(target=rival)
    thread.start()
    with pytest.raises(ZeroDivisionError), transaction(ctx(ANNA)) as tx:
        claim(tx, ClientKey("k", "body"), "place_order", {"id": "first"})
        claimed.set()
        thread.join(0.3)
        assert answered == []  # it waits for us
        raise ZeroDivisionError
    thread.join(10)
    assert answered == [({"id": "second"}, False)]
    assert effects(rows) == ["second"]


def test_keys_are_kept_for_30_days(ctx: Ctx, later: Callable[..., datetime], rows: Callable[..., list[dict]]) -> None:
    place(ctx(ANNA), ClientKey("old", "body"), "one")
    later(days=29, hours=23, minutes=59)
    place(ctx(ANNA), ClientKey("new", "body"), "two")
    with transaction(ctx()) as tx:
        assert once.forget_old(tx) == 0
    later(minutes=2)
    with transaction(ctx()) as tx:
        assert once.forget_old(tx) == 1
    assert [row["key"] for row in rows("select key from client_keys")] == ["new"]
