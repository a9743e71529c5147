"""Subscribe messages: one consent is one message, once; what may have arrived is never sent again."""

from typing import Any

import pytest

from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_push import ConsentWord, Pushed
from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.actors import ANONYMOUS, WECHAT
from backend.kernel.errors import Refused
from backend.members import store as members
from backend.orders.events import OrderShipped
from backend.pickups.events import OrderReadyForPickup
from backend.usecases.hear_wechat import hear_wechat
from backend.usecases.record_message_consents import record_message_consents
from backend.usecases.send_message import send_message
from backend.usecases.send_refund import send_refund
from backend.usecases.tell_shipped import tell_shipped
from tests.fakes import LOST
from tests.given_orders import STAFF, Shop
from tests.given_reviews import allow, work


def balance(shop: Shop) -> int:
    return shop.one("select coalesce(sum(balance), 0) as n from message_balances")["n"]


def journal(shop: Shop) -> list[str]:
    return [row["kind"] for row in shop.rows("select kind from consent_moves order by at, id")]


def sends(shop: Shop) -> int:
    return [name for name, _ in shop.world.mini.calls].count("send_message")


def message(shop: Shop) -> dict[str, Any]:
    return shop.one("select state, problem from messages")


@pytest.fixture
def order_id(shop: Shop) -> str:
    """A paid order of li's, not shipped yet."""
    order_id, _ = shop.paid(shop.shopper(), (shop.goods("A1", title="阳山水蜜桃 礼盒装"), 1), (shop.goods("B1"), 2))
    work(shop)
    return order_id


def test_news_of_an_order_costs_one_consent(shop: Shop, order_id: str) -> None:
    template_id = allow(shop, shop.shopper(), times=2)
    shop.ship(order_id, number="SF0000000001")
    work(shop)
    number = shop.one("select number from orders")["number"]
    assert shop.world.mini.messages == [
        ("openid-li", template_id, f"pages/order/index?id={order_id}",
         {"character_string1": number, "thing2": "阳山水蜜桃 礼盒装等2种"})]
    assert message(shop) == {"state": "sent", "problem": None} and balance(shop) == 1
    assert journal(shop) == ["accepted", "accepted", "spent"]


def test_without_a_consent_nothing_is_sent(shop: Shop, order_id: str) -> None:
    shop.ship(order_id)
    work(shop)
    assert shop.world.mini.messages == [] and message(shop) == {"state": "skipped", "problem": "no consent left"}
    allow(shop, shop.shopper())
    tell_shipped(shop.ctx(), order_id=order_id)
    work(shop)
    assert shop.world.mini.messages == [] and balance(shop) == 1, "old news is not told later"


def test_a_consent_that_is_spent_lets_nothing_more_through(shop: Shop, order_id: str) -> None:
    allow(shop, shop.shopper())
    another, _ = shop.paid(shop.shopper(), (shop.goods("C1"), 1))
    for each in (order_id, another):
        shop.ship(each)
        work(shop)
    assert [row["state"] for row in shop.rows("select state from messages order by asked_at, id")] == ["sent", "skipped"]
    assert len(shop.world.mini.messages) == 1 and balance(shop) == 0


def test_the_same_news_is_told_once(shop: Shop, order_id: str) -> None:
    allow(shop, shop.shopper(), times=3)
    shop.ship(order_id)
    for _ in range(3):
        with transaction(shop.ctx()) as tx:
            tx.emit(OrderShipped(order_id))
        work(shop)
    [sent] = shop.rows("select id from messages")
    send_message(shop.ctx(), message_id=sent["id"])
    assert len(shop.world.mini.messages) == 1 and balance(shop) == 2


def test_each_refund_is_told(shop: Shop, order_id: str, later: Any) -> None:
    template_id = allow(shop, shop.shopper(), "refunded", times=5)
    line = shop.lines(order_id)[1]
    for _ in range(2):
        send_refund(shop.ctx(), refund_id=shop.refund(order_id, [(line, 1)])["refund_id"])
        later(minutes=2)
    work(shop)
    assert [(each[1], each[3]["amount1"]) for each in shop.world.mini.messages] == [(template_id, "¥50.00")] * 2
    assert shop.world.mini.messages[0][3]["time3"] == "2026年3月2日 12:01"
    assert balance(shop) == 3


def test_goods_that_are_not_fetched_are_not_ready(shop: Shop, order_id: str) -> None:
    allow(shop, shop.shopper(), "ready")
    with transaction(shop.ctx()) as tx:
        tx.emit(OrderReadyForPickup(order_id))
    work(shop)
    assert shop.rows("select * from messages") == [] and balance(shop) == 1


@pytest.mark.parametrize(
    ("error", "state", "problem", "left", "kinds"),
    [
        (WeChatRefused("43101", "user refuse"), "failed", "43101 user refuse", 0, ["spent", "voided"]),
        (WeChatRefused("47003", "data.thing2"), "failed", "47003 data.thing2", 2, ["spent", "returned"]),
        (WeChatRefused("40003"), "failed", "40003 ", 2, ["spent", "returned"]),
        (WeChatRefused("40037"), "failed", "40037 ", 2, ["spent", "returned"]),
        (LOST, "unknown", "the answer was lost", 1, ["spent"]),
    ],
)  # fmt: skip
def test_how_a_send_can_end(
    shop: Shop, order_id: str, error: Exception, state: str, problem: str, left: int, kinds: list[str], later: Any
) -> None:
    allow(shop, shop.shopper(), times=2)
    shop.world.mini.fail["send_message"] = [error]
    shop.ship(order_id)
    for _ in range(3):
        work(shop)
        later(hours=30)
    assert message(shop) == {"state": state, "problem": problem}
    assert sends(shop) == 1
    assert balance(shop) == left and journal(shop) == ["accepted", "accepted", *kinds]


def test_too_frequent_waits_a_minute_and_the_quota_until_tomorrow(shop: Shop, order_id: str, later: Any) -> None:
    allow(shop, shop.shopper())
    shop.world.mini.fail["send_message"] = [WeChatRefused("45011"), WeChatRefused("no_token"), WeChatRefused("45009")]
    shop.ship(order_id)
    for seconds, calls in ((0, 1), (59, 1), (1, 2), (60, 3), (3600, 3)):
        later(seconds=seconds)
        work(shop)
        assert sends(shop) == calls and message(shop)["state"] == "waiting"
    assert message(shop)["problem"] == "45009 "
    later(hours=12)
    work(shop)
    assert message(shop) == {"state": "sent", "problem": None} and len(shop.world.mini.messages) == 1
    assert journal(shop) == ["accepted", "spent"] and balance(shop) == 0


def test_news_that_became_old_is_not_told(shop: Shop, order_id: str, later: Any) -> None:
    allow(shop, shop.shopper())
    shop.ship(order_id)
    tell_shipped(shop.ctx(), order_id=order_id)
    later(days=3)
    work(shop)
    assert message(shop) == {"state": "failed", "problem": "too late"} and balance(shop) == 1
    assert shop.world.mini.messages == []


def test_a_worker_that_died_in_the_middle(shop: Shop, order_id: str) -> None:
    allow(shop, shop.shopper())
    shop.ship(order_id)
    tell_shipped(shop.ctx(), order_id=order_id)
    [row] = shop.rows("select id from messages")
    shop.world.mini.after["send_message"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        send_message(shop.ctx(), message_id=row["id"])
    assert message(shop)["state"] == "sending"
    send_message(shop.ctx(), message_id=row["id"])
    send_message(shop.ctx(), message_id=row["id"])
    assert message(shop)["state"] == "unknown" and len(shop.world.mini.messages) == 1
    assert journal(shop) == ["accepted", "spent"]


def test_one_of_many_fails_alone(shop: Shop) -> None:
    apples = shop.goods("A1", stock=30)
    orders = [shop.paid(shop.shopper(name), (apples, 1))[0] for name in "abcde"]
    for name in "abcde":
        allow(shop, shop.shopper(name))
    shop.world.mini.fail["send_message"] = [WeChatRefused("43101")]
    for order_id in orders:
        shop.ship(order_id)
    work(shop)
    assert sorted(row["state"] for row in shop.rows("select state from messages")) == ["failed"] + ["sent"] * 4


def test_taps_are_recorded_once(shop: Shop, snapshot: Any) -> None:
    li = shop.shopper()
    template_id = allow(shop, li)
    key = ClientKey("key-1", "print")
    for _ in range(2):
        record_message_consents(shop.ctx(li.actor), answers={template_id: "accept"}, key=key)
    record_message_consents(shop.ctx(li.actor), answers={template_id: "ban"})
    assert balance(shop) == 2 and journal(shop) == ["accepted", "accepted", "rejected"]
    before = snapshot()
    for who, answers, code in (
        (li.actor, {template_id: "yes"}, "message_answer"),
        (li.actor, {template_id: "accept", "none": "accept"}, "message_template"),
        (STAFF, {template_id: "accept"}, "forbidden"), (ANONYMOUS, {template_id: "accept"}, "login_needed"),
    ):
        with pytest.raises(Refused) as refused:
            record_message_consents(shop.ctx(who), answers=answers)
        assert refused.value.code == code
    assert snapshot() == before


def test_a_template_switched_off_at_wechat(shop: Shop, later: Any) -> None:
    ctx = shop.ctx()
    index = ctx.cipher.blind_index("openid-real", "wechat_accounts.openid")
    with transaction(ctx) as tx:
        account = members.claim_account(tx, appid=ctx.settings.wechat_appid, openid="openid-real", openid_index=index,
                                        unionid_index=None, nickname="li")
    assert account is not None
    template_id = ctx.settings.message_templates["shipped"].split()[0]
    who = shop.ctx(shop.shopper().actor.__class__("shopper", account.member_id))
    allow(shop, who, times=2)
    told = later(minutes=1)

    def switch_off(openid: str = "openid-real", status: str = "reject") -> str:
        word = ConsentWord(template_id, status)
        return hear_wechat(shop.ctx(WECHAT), pushed=Pushed("subscribe_msg_change_event", openid, told, consents=(word,)))

    assert switch_off("openid-nobody") == "ignored" and switch_off(status="accept") == "ignored" and balance(shop) == 2
    assert switch_off() == "voided" and balance(shop) == 0
    later(minutes=1)
    allow(shop, who)
    assert switch_off() == "known" and balance(shop) == 1, "an old event that comes again takes nothing"
    assert journal(shop) == ["accepted", "accepted", "voided", "accepted"]
