"""However many write and send at once: one review per line, one message per consent, counts that end right."""

from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from backend.infra.db import db
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.messages import store as messages
from backend.messages.rules import Template
from backend.reviews import store as reviews
from backend.steps.ask_message import ask_message
from backend.usecases.count_reviews import count_reviews
from backend.usecases.send_message import send_message
from tests.given_reviews import allow, bought
from tests.races.together import THREADS, together

TEMPLATE = Template("TemplateShipped01", {"thing1": "goods"})
UNGUARDED = sa.update(messages.BALANCES).where(
    messages.BALANCES.c.member_id == sa.bindparam("of_member"), messages.BALANCES.c.template_id == sa.bindparam("of_template"),
).values(balance=messages.BALANCES.c.balance - 1, updated_at=sa.bindparam("moment"))
"""What the guarded spending would be without its guard."""


def answer_of(call):
    try:
        return "written" if call() else "nothing"
    except Refused as refused:
        return refused.code


def tell(shop, who, about, *, relaxed=False):
    """Ask for a message; what came of it."""
    try:
        with transaction(shop.ctx()) as tx:
            if relaxed and tx.dialect == "sqlite":
                tx.execute(sa.text("pragma ignore_check_constraints = on"))
            ask_message(tx, who.actor.id, "shipped", TEMPLATE, about, "pages/order/index", {"goods": "苹果"})
    except IntegrityError:
        return "the table refused"
    return shop.one("select state from messages where about = :id", id=about)["state"]


def test_one_line_is_reviewed_once(app, shop):
    lines = [bought(shop, f"s{number}") for number in range(3)]
    answers = together(app, lambda who: [answer_of(lambda line=line: line.review(f"第{who}条")) for line in lines])
    assert answers == {"written": 3, "already_reviewed": 3 * THREADS - 3}
    assert shop.one("select count(*) as n from reviews") == {"n": 3}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_twin_that_reads_decides_and_writes_reviews_twice(app, shop, monkeypatch):
    """PostgreSQL only: on SQLite BEGIN IMMEDIATE makes the second reader wait."""
    both_have_read = Barrier(2)

    def read_then_decide(tx, review):
        mine = reviews.REVIEWS.c.order_line_id == review["order_line_id"]
        known = tx.execute(sa.select(reviews.REVIEWS.c.id).where(mine)).first()
        both_have_read.wait(10)
        if known is None:
            tx.execute(sa.insert(reviews.REVIEWS), review)
            tx.execute(reviews._MOVE, reviews._first(tx, review["id"], review["state"]))

    monkeypatch.setattr(reviews, "insert_review", read_then_decide)
    with db.engines[None].begin() as connection:
        connection.execute(sa.text("alter table reviews drop constraint uq_reviews_order_line_id"))
    line = bought(shop)
    assert together(app, lambda who: [answer_of(line.review)], threads=2) == {"written": 2}


def test_the_last_consent_is_spent_once(app, shop):
    li = shop.shopper()
    allow(shop, li, times=2)
    answers = together(app, lambda who: [tell(shop, li, f"ord_{who}_{number}") for number in range(3)])
    assert answers == {"waiting": 2, "skipped": 3 * THREADS - 2}
    assert shop.one("select balance from message_balances") == {"balance": 0}


def test_twin_without_guard_the_table_still_refuses(app, shop, monkeypatch):
    monkeypatch.setattr(messages, "_SPEND", UNGUARDED)
    li = shop.shopper()
    allow(shop, li)
    answers = together(app, lambda who: [tell(shop, li, f"ord_{who}_{number}") for number in range(2)])
    assert answers == {"waiting": 1, "the table refused": 2 * THREADS - 1}


def test_twin_without_guard_and_check_it_oversends(app, shop, monkeypatch):
    monkeypatch.setattr(messages, "_SPEND", UNGUARDED)
    if db.engines[None].dialect.name == "postgresql":
        with db.engines[None].begin() as connection:
            connection.execute(sa.text("alter table message_balances drop constraint ck_message_balances_balance"))
    li = shop.shopper()
    allow(shop, li)
    answers = together(app, lambda who: [tell(shop, li, f"ord_{who}", relaxed=True)])
    assert answers == {"waiting": THREADS}, "the tests above could not see it"


def test_the_same_news_told_by_all_is_one_message(app, shop):
    li = shop.shopper()
    allow(shop, li, times=5)
    assert together(app, lambda who: [tell(shop, li, "ord_1") for _ in range(3)]) == {"waiting": 3 * THREADS}
    [message] = shop.rows("select id from messages")
    together(app, lambda who: [send_message(shop.ctx(), message_id=message["id"])])
    assert len(shop.world.mini.messages) == 1 and shop.one("select balance from message_balances") == {"balance": 4}


def test_counts_end_right_however_they_overlap(app, shop):
    goods = shop.goods("A1", stock=100)
    lines = [bought(shop, f"s{number}", goods=goods) for number in range(THREADS * 2)]

    def write_and_count(who):
        for line in lines[who * 2:who * 2 + 2]:
            line.review("")
            count_reviews(shop.ctx(), product_id=goods.product_id)
            yield "counted"

    together(app, write_and_count)
    assert shop.one("select stars_5 from product_ratings") == {"stars_5": THREADS * 2}
