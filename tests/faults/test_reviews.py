"""An error at every SQL statement, commit and outside call of reviews and messages leaves nothing half done.

After each failure the same call is made once more. It must end where an undisturbed run ends; only a message that may have
arrived ends as unknown instead, and is never sent a second time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from backend.infra.once import ClientKey
from backend.usecases.add_follow_up import add_follow_up
from backend.usecases.answer_review import answer_review
from backend.usecases.apply_picture_verdict import apply_picture_verdict
from backend.usecases.count_reviews import count_reviews
from backend.usecases.edit_review import edit_review
from backend.usecases.give_up_screening import give_up_screening
from backend.usecases.hide_review import hide_review
from backend.usecases.record_message_consents import record_message_consents
from backend.usecases.screen_content import screen_content
from backend.usecases.send_message import send_message
from backend.usecases.tell_shipped import tell_shipped
from backend.usecases.write_review import write_review
from tests.faults.points import recorder
from tests.given_orders import STAFF, Shop
from tests.given_reviews import Bought, allow, bought, push


@dataclass
class Case:
    """One run's own shopper, goods and line."""

    shop: Shop
    line: Bought
    number: int
    pictures: tuple[str, ...] = ()
    review_id: str = ""
    message_id: str = ""

    def pictured(self) -> "Case":
        self.pictures = (self.line.picture(), self.line.picture())
        return self

    def written(self) -> "Case":
        self.pictured()
        self.review_id = self.line.review(pictures=self.pictures)
        return self

    def screened(self) -> "Case":
        self.written()
        screen_content(self.shop.ctx(), subject=self.review_id, revision=1)
        self.traces = list(self.shop.world.mini.traces)[-2:]
        push(self.shop, self.traces[0])
        apply_picture_verdict(self.shop.ctx(), trace_id=self.traces[0])
        push(self.shop, self.traces[1])
        return self

    def shown(self) -> "Case":
        self.screened()
        apply_picture_verdict(self.shop.ctx(), trace_id=self.traces[1])
        return self

    def allowed(self) -> "Case":
        allow(self.shop, self.line.who)
        return self

    def asked(self) -> "Case":
        self.allowed()
        tell_shipped(self.shop.ctx(), order_id=self.line.order_id)
        self.message_id = self.shop.one("select id from messages where about = :id", id=self.line.order_id)["id"]
        return self

    def write(self) -> None:
        key = ClientKey(f"write-{self.number}", "f")
        self.line.review(pictures=self.pictures, key=key, reuse_version="1", reuse_credit=True)

    def summary(self) -> dict[str, Any]:
        """Everything that this case touched, without ids and times."""
        rows, member = self.shop.rows, self.line.who.actor.id
        mine = ("(select id from reviews where member_id = :m union select n.id from review_notes n"
                " join reviews r on r.id = n.review_id where r.member_id = :m)")
        return {
            "reviews": rows("select state, revision, moves, stars, text, picture_count, reason, reuse_version, reuse_credit"
                            " from reviews where member_id = :m", m=member),
            "notes": rows("select n.kind, n.state, n.revision, n.moves, n.text from review_notes n join reviews r on"
                          " r.id = n.review_id where r.member_id = :m order by n.kind", m=member),
            "steps": rows(f"select seq, from_state, to_state from review_moves where subject in {mine} order by to_state, seq",
                          m=member),
            "screenings": rows(f"select state, revision, part = 'text' as text, trace_id is not null as sent from screenings"
                               f" where subject in {mine} order by revision, 3, state", m=member),
            "pictures": rows("select claimed_by is not null as used from uploads where owner = :o order by 1",
                             o=f"shopper:{member}"),
            "reuse": rows("select w.granted, w.credit from reuse_words w join reviews r on r.id = w.review_id"
                          " where r.member_id = :m", m=member),
            "rating": rows("select stars_5, stars_1, with_pictures from product_ratings where product_id = :p",
                           p=self.line.goods.product_id),
            "messages": rows("select template, state from messages where member_id = :m order by template", m=member),
            "consents": rows("select kind, change from consent_moves where member_id = :m order by kind", m=member),
            "balance": rows("select balance from message_balances where member_id = :m", m=member),
            "keys": rows("select use_case from client_keys where actor = :a order by 1", a=f"shopper:{member}"),
        }


def again(case: Case, what: str) -> ClientKey:
    return ClientKey(f"{what}-{case.number}", "f")


SCENARIOS: dict[str, tuple[Callable[[Case], Any], Callable[[Case], Any]]] = {
    "write": (Case.pictured, Case.write),
    "ask WeChat": (Case.written, lambda case: screen_content(case.shop.ctx(), subject=case.review_id, revision=1)),
    "take a verdict": (Case.screened, lambda case: apply_picture_verdict(case.shop.ctx(), trace_id=case.traces[1])),
    "give up": (Case.screened, lambda case: give_up_screening(case.shop.ctx(), subject=case.review_id, revision=1)),
    "edit": (Case.shown, lambda case: edit_review(
        case.line.ctx(), review_id=case.review_id, stars=1, service_stars=5, text="改过", pictures=case.pictures[:1])),
    "add": (Case.shown, lambda case: add_follow_up(
        case.line.ctx(), review_id=case.review_id, text="追评", key=again(case, "add"))),
    "answer": (Case.shown, lambda case: answer_review(
        case.shop.ctx(STAFF), review_id=case.review_id, text="谢谢", key=again(case, "answer"))),
    "hide": (Case.shown, lambda case: hide_review(case.shop.ctx(STAFF), subject=case.review_id, reason="原因写明")),
    "count": (Case.shown, lambda case: count_reviews(case.shop.ctx(), product_id=case.line.goods.product_id)),
    "allow a message": (lambda case: case, lambda case: record_message_consents(
        case.line.ctx(), answers={case.line.who.settings.message_templates["shipped"].split()[0]: "accept"},
        key=again(case, "allow"))),
    "ask for a message": (Case.allowed, lambda case: tell_shipped(case.shop.ctx(), order_id=case.line.order_id)),
}


def cases(shop: Shop) -> Callable[[], Case]:
    """Fresh cases, each with a shopper and goods of its own."""
    made = 0

    def fresh() -> Case:
        nonlocal made
        made += 1
        return Case(shop, bought(shop, f"p{made}"), made)

    return fresh


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_failure_at_every_point_leaves_nothing_half_done(shop: Shop, name: str) -> None:
    prepare, act = SCENARIOS[name]
    fresh = cases(shop)
    with recorder(shop.world.mini) as points:
        undisturbed = fresh()
        prepare(undisturbed)
        with points.counting():
            act(undisturbed)
        expected, names = undisturbed.summary(), list(points.names)
        act(undisturbed)
        assert undisturbed.summary() == expected, "twice is once"
        for at, point in enumerate(names, 1):
            case = fresh()
            prepare(case)
            with points.counting(at), pytest.raises(Exception, match=r".*"):
                act(case)
            act(case)
            assert case.summary() == expected, f"after a failure at {at} ({point})"


def test_a_message_is_sent_once_at_most_wherever_it_fails(shop: Shop) -> None:
    fresh = cases(shop)
    ends = set()
    with recorder(shop.world.mini) as points:
        undisturbed = fresh().asked()
        with points.counting():
            send_message(shop.ctx(), message_id=undisturbed.message_id)
        names = list(points.names)
        assert {"before send_message", "after send_message"} <= set(names)
        for at, _ in enumerate(names, 1):
            case = fresh().asked()
            before = len(shop.world.mini.messages)
            with points.counting(at), pytest.raises(Exception, match=r".*"):
                send_message(shop.ctx(), message_id=case.message_id)
            for _ in range(2):
                send_message(shop.ctx(), message_id=case.message_id)
            sent = len(shop.world.mini.messages) - before
            state = shop.one("select state from messages where id = :id", id=case.message_id)["state"]
            assert (state, sent) in {("sent", 1), ("unknown", 0), ("unknown", 1)}, (at, names[at - 1])
            assert shop.rows("select kind from consent_moves where member_id = :m order by kind", m=case.line.who.actor.id) == [
                {"kind": "accepted"}, {"kind": "spent"}]
            ends.add((state, sent))
    assert ends == {("sent", 1), ("unknown", 0), ("unknown", 1)}


def test_without_the_guard_it_is_noticed(shop: Shop) -> None:
    """The twin: a review written without a key is refused when the answer of its commit is lost and it is sent again."""
    line = bought(shop)
    good = {"order_id": line.order_id, "line_id": line.line_id, "stars": 5, "service_stars": 5}
    with recorder(shop.world.mini) as points:
        with points.counting():
            write_review(line.ctx(), **good, key=ClientKey("key-1", "f"))
        last = len(points.names)
        other = bought(shop, "mei")
        mine = good | {"order_id": other.order_id, "line_id": other.line_id}
        with points.counting(last - 1), pytest.raises(Exception, match=r".*"):
            write_review(other.ctx(), **mine)
        assert points.names[-1] == "after commit"
        with pytest.raises(Exception, match="already_reviewed"):
            write_review(other.ctx(), **mine)
