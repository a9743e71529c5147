"""Reviews for tests: goods that were received, reviews in any state, and the worker that does what is due."""

from dataclasses import dataclass
from typing import Any

from backend.context import Context
from backend.gateways.wechat_push import PictureWord, Pushed
from backend.infra import outbox
from backend.infra.clock import real_now
from backend.infra.uow import transaction
from backend.kernel.actors import SYSTEM, WECHAT
from backend.reactions import NAMES, find
from backend.usecases.confirm_receipt import confirm_receipt
from backend.usecases.hear_wechat import hear_wechat
from backend.usecases.record_message_consents import record_message_consents
from backend.usecases.write_review import write_review
from tests.given_goods import Goods
from tests.given_orders import Shop
from tests.given_uploads import given_picture


def work(shop: Shop) -> None:
    """Do everything that is due now, as the worker would; failures are kept for the next call."""
    for _ in range(50):
        with transaction(shop.ctx(SYSTEM)) as tx:
            outbox.fan_out(tx.connection, NAMES)
            leases = outbox.lease_due(tx.connection, tx.now, real_now())
        if not leases:
            return
        for lease in leases:
            with transaction(shop.ctx(SYSTEM)) as tx:
                started = outbox.start(tx.connection, lease, real_now())
            if started is None:
                continue
            name, payload = started
            use_case = find(name, lease.reaction)
            assert use_case is not None
            try:
                use_case(shop.ctx(SYSTEM, delivery=lease), **payload)
            except Exception as error:
                with transaction(shop.ctx(SYSTEM)) as tx:
                    outbox.fail(tx.connection, lease, real_now(), str(error))
            else:
                with transaction(shop.ctx(SYSTEM)) as tx:
                    outbox.finish_if_open(tx.connection, lease, tx.now)
    raise AssertionError("work without end")


@dataclass
class Bought:
    """One line that a shopper has received."""

    shop: Shop
    who: Context
    goods: Goods
    order_id: str
    line_id: str

    def ctx(self) -> Context:
        return self.shop.ctx(self.who.actor)

    def review(self, text: str = "很甜，会再买", stars: int = 5, **more: Any) -> str:
        """Write a review; nothing has been looked at yet."""
        return write_review(self.ctx(), order_id=self.order_id, line_id=self.line_id, stars=stars,
                            service_stars=more.pop("service_stars", 5), text=text, **more)

    def shown(self, text: str = "很甜，会再买", stars: int = 5, **more: Any) -> str:
        """A review that WeChat has let pass, pictures included."""
        review_id = self.review(text, stars, **more)
        work(self.shop)
        judge_pictures(self.shop)
        work(self.shop)
        assert state(self.shop, review_id) == "shown"
        return review_id

    def picture(self) -> str:
        return given_picture(self.ctx())


def bought(shop: Shop, name: str = "li", goods: Goods | None = None, **more: Any) -> Bought:
    """A line of a completed order of this shopper."""
    who = shop.shopper(name)
    goods = goods or shop.goods(f"R{len(shop.rows('select id from products'))}", **more)
    order_id, _ = shop.paid(who, (goods, 1))
    return received(shop, who, goods, order_id)


def received(shop: Shop, who: Context, goods: Goods, order_id: str) -> Bought:
    """Ship a paid order and have it received now."""
    shop.ship(order_id)
    confirm_receipt(shop.ctx(who.actor), order_id=order_id)
    return Bought(shop, who, goods, order_id, shop.lines(order_id)[0])


def judge_pictures(shop: Shop, suggest: str = "pass") -> None:
    """WeChat pushes its verdict on every picture that it was asked about."""
    for trace_id in shop.world.mini.traces:
        push(shop, trace_id, suggest)


def push(shop: Shop, trace_id: str, suggest: str = "pass", problem: str = "") -> str:
    """WeChat pushes one verdict; says what became of it."""
    ctx = shop.ctx(WECHAT)
    word = PictureWord(trace_id, suggest, 100, problem)
    return hear_wechat(ctx, pushed=Pushed("wxa_media_check", "openid-li", ctx.now, picture=word))


def state(shop: Shop, subject: str) -> str:
    """The state of a review or a note."""
    table = "reviews" if subject.startswith("rev_") else "review_notes"
    return shop.one(f"select state from {table} where id = :id", id=subject)["state"]


def allow(shop: Shop, who: Context, name: str = "shipped", times: int = 1) -> str:
    """The shopper lets messages of a template through; returns its id."""
    template_id = who.settings.message_templates[name].split()[0]
    for _ in range(times):
        record_message_consents(shop.ctx(who.actor), answers={template_id: "accept"})
    return template_id
