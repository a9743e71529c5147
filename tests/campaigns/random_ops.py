"""Plays random operations on a shop and compares every answer, and the whole shop, with the oracle's.

`python3 -m backend campaign random --ops N --seed S [--database sqlite|postgresql]`. Shoppers, staff, time, WeChat and its faults,
killed processes and workers act by turns; each episode is a fresh database. An operation draws from its own number alone, so
that an episode can be played again without some of them: that is how a failure is made short.
"""

import argparse
import contextlib
import itertools
import json
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from backend import worker
from backend.app import create_app, runtime
from backend.context import Context
from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_pay_answers import RefundState, Trade, TradeState
from backend.infra import outbox
from backend.infra.db import db
from backend.infra.once import ClientKey
from backend.infra.settings import Settings
from backend.infra.uow import transaction
from backend.kernel import ids
from backend.kernel.actors import EVERYTHING, SYSTEM, WECHAT, Actor, shopper, staff
from backend.kernel.errors import Refused
from backend.queries.books.check_books import check_books
from backend.reactions import NAMES, find
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.cancel_order import cancel_order
from backend.usecases.change_order_price import change_order_price
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.confirm_receipt import confirm_receipt
from backend.usecases.confirm_refund import confirm_refund
from backend.usecases.place_order import place_order
from backend.usecases.put_cart_line import put_cart_line
from backend.usecases.query_open_money import query_open_money
from backend.usecases.refund_order import refund_order
from backend.usecases.remove_cart_line import remove_cart_line
from backend.usecases.retry_refund import retry_refund
from backend.usecases.revive_delivery import revive_delivery
from backend.usecases.set_on_shelf import set_on_shelf
from backend.usecases.ship_order import ship_order
from backend.usecases.start_payment import start_payment
from tests import conftest, services
from tests.campaigns import oracle as rules
from tests.campaigns.oracle import Attempt, Goods, No, Oracle, Order, Refund
from tests.databases import Emptied, hasten
from tests.fakes import LOST, FakePay, FakeWorld
from tests.faults.points import Points, recorder
from tests.given_orders import Shop

EPISODE = 1500
"""Operations of one database."""
QUIET_EVERY = 250
STAFF = staff("stf_random", EVERYTHING)
START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""In real time everything is due: no lease holds and no retry waits."""
NAMES_OF_SHOPPERS = ("li", "han", "wang", "zhao")
PRICES = (1, 333, 999, 5000, 8800, 12_345)
MISFITS = {"wrong_mchid": {"mchid": "1900000999"}, "wrong_appid": {"appid": "wxffffffffffffffff"},
           "wrong_currency": {"currency": "USD"}, "wrong_amount": {}, "wrong_payer": {"payer_openid": "openid-somebody"}}


class Killed(BaseException):
    """The process died here: nobody records anything."""


class Violation(Exception):
    """Something is not as the rules demand."""


@dataclass
class HandClock:
    """Business time that only the player moves."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at


class Seeded:
    """In place of `secrets`: the same ids in every run."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self.randbits, self.choice = self._random.getrandbits, self._random.choice


class StrictPay(FakePay):
    """The scripted WeChat with the time to pay, and with what it refuses."""

    clock: HandClock
    expires: dict[str, datetime]

    def look(self, number: str) -> None:
        trade = self.trades.get(number)
        if trade is not None and trade.state == TradeState.NOTPAY and self.clock.now() >= self.expires[number]:
            self.trades[number] = replace(trade, state=TradeState.CLOSED)

    def prepay(self, out_trade_no: str, description: str, total_fen: int, openid: str, expires_at: datetime,
               notify_url: str) -> str:
        if out_trade_no in self.trades and not (self.fail.get("prepay") or self.after.get("prepay")):
            self.look(out_trade_no)
            known = self.trades[out_trade_no]
            assert known.total_fen == total_fen, "the same number with another amount"
            if known.paid or known.state == TradeState.CLOSED:
                self._called("prepay", out_trade_no)
                raise WeChatRefused("ORDERPAID" if known.paid else "ORDER_CLOSED")
        self.expires.setdefault(out_trade_no, expires_at)
        return super().prepay(out_trade_no, description, total_fen, openid, expires_at, notify_url)

    def query(self, out_trade_no: str) -> Trade:
        self.look(out_trade_no)
        return super().query(out_trade_no)

    def refund(self, out_trade_no: str, out_refund_no: str, refund_fen: int, total_fen: int, reason: str, notify_url: str) -> Any:
        trade = self.trades[out_trade_no]
        others = [each for number, each in self.refunds.items() if each.out_trade_no == out_trade_no and number != out_refund_no
                  and each.state != RefundState.CLOSED]
        assert trade.paid and sum(each.refund_fen for each in others) + refund_fen <= (trade.total_fen or 0), "more than was paid"
        return super().refund(out_trade_no, out_refund_no, refund_fen, total_fen, reason, notify_url)


@dataclass
class Done:
    """A keyed operation that was done: how to ask again, and what the answer must be then."""

    told: str
    key: str
    call: Callable[[ClientKey], Any]
    answer: Callable[[], Any]
    read: Callable[[Any], Any]


@dataclass
class Player:
    """One episode: a shop, the oracle beside it, and who acts on both."""

    database_url: str
    folder: Path
    seed: str
    operations: int = 0
    kills: int = 0
    last: list[str] = field(default_factory=list)
    quiets: int = 0
    shoppers: tuple[str, ...] = NAMES_OF_SHOPPERS
    kill_share: float = 0.12
    at_once_share: float = 0.5
    """How many refunds WeChat ends in its answer."""

    def make_pay(self) -> "StrictPay":
        return StrictPay("", "")

    def make_app(self, settings: Settings) -> Flask:
        return create_app(settings, self.world.gateways(settings))

    @contextlib.contextmanager
    def opened(self) -> Iterator["Player"]:
        """The shop with its goods and shoppers, everything in it made anew from the seed."""
        self.clock, self.world = HandClock(), FakeWorld()
        self.pay = self.world.pay = self.make_pay()
        self.pay.clock, self.pay.expires = self.clock, {}
        settings = conftest.make_settings(self.folder, self.database_url, log_level="CRITICAL")
        app = self.make_app(settings)
        app.extensions["runtime"] = replace(runtime(app), clock=self.clock)
        secrets, ids.secrets = ids.secrets, Seeded(self.seed)  # type: ignore[assignment]
        before = dict(worker._state)
        worker.use_app(app)
        try:
            with app.app_context():
                hasten()
                with recorder(self.pay, self.world.mini, failure=Killed) as self.points:
                    self._furnish(app)
                    yield self
                for engine in db.engines.values():
                    engine.dispose()
        finally:
            ids.secrets = secrets
            worker._state.clear()
            worker._state.update(before)

    def _furnish(self, app: Any) -> None:
        self.app = app
        self.points: Points
        self.rng = random.Random(self.seed)
        self.oracle = Oracle(self.clock.at)
        self.shop = Shop(self.ctx, self.world, rows=self.rows)
        self.members = {name: self.shop.shopper(name).actor.id for name in self.shoppers}
        self.made: dict[Goods, Any] = {}
        for number, price in enumerate(PRICES):
            stock = self.rng.randint(5, 60)
            goods = Goods(f"G{number}", price, stock)
            self.made[goods] = self.shop.goods(goods.name, price, stock)
            self.oracle.goods.append(goods)
        self.orders: dict[str, Order] = {}
        self.attempts: dict[str, Attempt] = {}
        self.refunds: dict[str, Refund] = {}
        self.news: list[tuple[str, Any, str]] = []
        self.done: list[Done] = []
        self.keys = itertools.count(1)

    def ctx(self, actor: Actor = SYSTEM, **more: Any) -> Context:
        return runtime(self.app).context(actor, **more)

    def rows(self, statement: str, **params: Any) -> list[dict[str, Any]]:
        with db.engines["read"].connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(statement), params).mappings()]

    def who(self, name: str) -> Context:
        return self.ctx(shopper(self.members[name]))

    # One operation on both sides

    def step(self, number: int) -> None:
        """The operation of this number; it draws from this number alone."""
        self.rng = random.Random(f"{self.seed}/{number}")
        self.move(timedelta(milliseconds=self.rng.randint(1, 3000)))
        [name] = self.rng.choices(list(OPERATIONS), list(OPERATIONS.values()))
        self.number = number
        self.operations += 1
        try:
            getattr(self, name)()
        except (Violation, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise Violation(f"{name}: {''.join(traceback.format_exception(error)[-6:])}") from error
        finally:
            self.pay.fail.clear()
            self.pay.after.clear()
            self.pay.settle_refunds = True

    def say(self, told: str) -> None:
        self.last.append(f"{self.number:5} {self.clock.at:%m-%d %H:%M:%S} {told}")

    def move(self, by: timedelta) -> None:
        self.clock.at += by
        self.oracle.now = self.clock.at

    def key(self) -> str:
        return f"key-{next(self.keys):06}"

    def do(self, told: str, real: Callable[[], Any], rule: Callable[[], Any], read: Callable[[Any], Any] = lambda got: got, *,
           single: bool = True) -> Any:
        """Both sides; their answers must agree. Now and then the process dies in the middle: whoever asked asks again, or – where
        one transaction was all – gives up, and then nothing may have happened if it died before its commit."""
        self.say(told)
        at = self.rng.randint(1, 22) if self.rng.random() < self.kill_share else 0
        try:
            got = self._real(real, at)
        except Killed:
            self.kills += 1
            self.last[-1] += f" (killed at {at}: {self.points.names[-1]})"
            if single and self.points.names[-1] != "after commit" and self.rng.random() < 0.4:
                self.last[-1] += " and given up"
                return None
            got = self._real(real, 0)
        try:
            want = rule()
        except No as no:
            want = no
        self.agree(told, got, want, read)
        return want

    def _real(self, real: Callable[[], Any], at: int) -> Any:
        try:
            if not at:
                return real()
            with self.points.counting(at):
                return real()
        except Refused as refused:
            return refused

    def agree(self, told: str, got: Any, want: Any, read: Callable[[Any], Any]) -> None:
        """Raise unless `got` is what must come out."""
        if isinstance(want, No):
            if not isinstance(got, Refused) or got.code not in want.codes:
                raise Violation(f"{told}: answered {_tell(got)}, must be refused: {want}")
        elif isinstance(got, Refused):
            raise Violation(f"{told}: refused {got.code} {got.details}, must be done")
        elif want is not None and (answer := read(got)) not in (None, want):
            raise Violation(f"{told}: answered {answer!r}, must be {want!r}")

    def keyed(self, told: str, call: Callable[[ClientKey], Any], rule: Callable[[], Any], read: Callable[[Any], Any],
              again: Callable[[Any], Any] | None = None, *, single: bool = True) -> Any:
        """As `do`, with a client key; once done it may be asked again later. `again(want)` is the answer then, if not the first."""
        key = self.key()
        want = self.do(told, lambda: call(ClientKey(key, "f")), rule, read, single=single)
        if want is not None and not isinstance(want, No):
            self.done.append(Done(told, key, call, (lambda: again(want)) if again else (lambda: want), read))
        return want

    # Shoppers

    def a_member(self) -> str:
        return self.rng.choice(self.shoppers)

    def some_goods(self) -> Goods:
        return self.rng.choice(self.oracle.goods)

    def an_order(self, *states: str) -> Order | None:
        """An order, mostly one that is in one of `states` and not old."""
        fitting = [order for order in self.oracle.orders if not states or order.state in states][-12:]
        every = self.oracle.orders[-30:]
        chosen = fitting if fitting and self.rng.random() < 0.85 else every
        return self.rng.choice(chosen) if chosen else None

    def payable(self) -> list[Order]:
        """Orders that still wait to be paid."""
        return [order for order in self.oracle.orders if order.state == rules.UNPAID and order.pay_before > self.clock.at]

    def its_member(self, order: Order) -> str:
        return order.member if self.rng.random() < 0.96 else self.a_member()

    def a_quantity(self) -> int:
        return self.rng.choices((1, 2, 3, 7, 20, 0, -1, 1_000_000), (25, 20, 20, 10, 2, 1, 1, 1))[0]

    def put(self) -> None:
        member, quantity, selected = self.a_member(), self.a_quantity(), self.rng.random() < 0.8
        goods = self.some_goods() if self.rng.random() < 0.97 else None
        sku = self.made[goods].sku_id if goods else "sku_none"
        self.do(f"{member} puts {quantity} {goods and goods.name}", lambda: put_cart_line(
            self.who(member), sku_id=sku, quantity=quantity, selected=selected),
            lambda: self.oracle.put(member, goods, quantity, selected))

    def drop(self) -> None:
        member, goods = self.a_member(), self.some_goods()
        self.do(f"{member} drops {goods.name}", lambda: remove_cart_line(self.who(member), sku_id=self.made[goods].sku_id),
                lambda: self.oracle.drop(member, goods))

    def place(self) -> None:
        member = self.a_member()
        items: list[tuple[Goods | None, int]] | None = None
        if self.rng.random() < (0.6 if self.oracle.carts.get(member) else 0.97):
            items = [(self.some_goods() if self.rng.random() < 0.99 else None, self.a_quantity())
                     for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3, 0)))]
        cart = self.oracle.carts.get(member, {}).values()
        chosen = items if items is not None else [(goods, quantity) for goods, quantity, selected in cart if selected]
        shown = self.oracle.shown([(goods, quantity) for goods, quantity in chosen if goods])
        shown += self.rng.choices((0, 1, -1, 800), (94, 2, 2, 2))[0]
        whose = member if self.rng.random() < 0.98 else self.a_member()
        wanted = items if items is None else [(self.made[goods].sku_id if goods else "sku_none", n) for goods, n in items]
        made: list[Order] = []

        def rule() -> dict[str, Any]:
            order = self.oracle.place(member, whose == member, items, shown)
            made.append(order)
            return {"total_fen": order.total}

        def read(got: dict[str, Any]) -> dict[str, Any]:
            if made and not made[0].id:
                made[0].id = got["id"]
            if made and got["id"] != made[0].id:
                return {"id": got["id"]}
            return {"total_fen": got["total_fen"]}

        told = "cart" if items is None else [(goods and goods.name, n) for goods, n in items]
        self.keyed(f"{member} places {told} at {shown}", lambda key: place_order(
            self.who(member), address_id=self.shop.addresses[self.members[whose]], shown_total_fen=shown, items=wanted, key=key),
            rule, read)
        for order in made:
            self._keep(order)

    def _keep(self, order: Order) -> None:
        self.orders[order.id] = order
        order.line_ids = self.shop.lines(order.id)

    def begin(self) -> None:
        order = self.an_order(rules.UNPAID)
        ready = self.payable()
        if ready and self.rng.random() < 0.8:
            order = self.rng.choice(ready)
        if order is None:
            return
        member = self.its_member(order)
        fault = self.rng.choices(("", "lost before", "lost after", "refused"), (88, 4, 5, 3))[0]
        told = f"{member} begins to pay {self.tell(order)} {fault}"

        def call() -> dict[str, Any]:
            return start_payment(self.who(member), order_id=order.id, key=ClientKey(self.key(), "f"))

        if fault:
            self._arm("prepay", WeChatRefused("PARAM_ERROR", "no") if fault == "refused" else LOST, fault)
            self._faulted(told, call, lambda: self.oracle.begin(member, order, fault))
        else:
            self.do(told, call, lambda: self.oracle.begin(member, order).id or None, lambda got: got["payment_id"], single=False)
        self._name_attempts(order)

    def _faulted(self, told: str, real: Callable[[], Any], rule: Callable[[], Any]) -> None:
        """Both sides while WeChat is faulty: nobody is killed, so that it is sure what the fault hit."""
        self.say(told)
        got = self._real(real, 0)
        try:
            want = rule()
        except No as no:
            want = no
        self.agree(told, got, want, lambda _: None)

    def _arm(self, name: str, error: Exception, fault: str) -> None:
        if fault.endswith("after"):
            self.pay.after[name] = [error]
        elif fault:
            self.pay.fail[name] = [error]

    def _name_attempts(self, order: Order) -> None:
        if all(attempt.id for attempt in order.attempts):
            return
        found = self.rows("select id from payments where order_id = :id order by created_at, id", id=order.id)
        if len(found) != len(order.attempts):
            raise Violation(f"{self.tell(order)} has {len(found)} attempts to pay, must have {len(order.attempts)}")
        for row, attempt in zip(found, order.attempts, strict=True):
            attempt.id = row["id"]
            self.attempts[attempt.id] = attempt

    def cancel(self) -> None:
        order = self.an_order(rules.UNPAID)
        if order is not None:
            member = self.its_member(order)
            self.keyed(f"{member} cancels {self.tell(order)}", lambda key: cancel_order(
                self.who(member), order_id=order.id, key=key), lambda: self.oracle.cancel(member, order), lambda got: got,
                lambda _: order.state)

    def receive(self) -> None:
        order = self.an_order(rules.SHIPPED)
        if order is not None:
            member = self.its_member(order)
            self.keyed(f"{member} received {self.tell(order)}", lambda key: confirm_receipt(
                self.who(member), order_id=order.id, key=key), lambda: self.oracle.received(member, order), lambda got: got)

    def ask_again(self) -> None:
        """The same key again gets the same answer and does nothing; with another request it is refused."""
        if not self.done:
            return
        done = self.rng.choice(self.done[-40:])
        if self.rng.random() < 0.25:
            def other() -> None:
                raise No("idempotency_key_reused")
            self.do(f"{done.key} with another request: {done.told}", lambda: done.call(ClientKey(done.key, "other")), other)
        else:
            self.do(f"{done.key} again: {done.told}", lambda: done.call(ClientKey(done.key, "f")), done.answer, done.read,
                    single=False)

    # Staff

    def reprice(self) -> None:
        goods, price = self.some_goods(), self.rng.choices((1, 2, 500, 4999, 9999, 0, -5, 10**9 + 1), (2, 2, 5, 5, 5, 1, 1, 1))[0]
        self.do(f"price of {goods.name}: {price}", lambda: change_prices(
            self.ctx(STAFF), changes=[PriceChange(goods.name, price)]), lambda: self.oracle.reprice(goods, price), lambda _: None)

    def shelve(self) -> None:
        goods, on_shelf = self.some_goods(), self.rng.random() < 0.9
        self.do(f"{goods.name} on shelf: {on_shelf}", lambda: set_on_shelf(
            self.ctx(STAFF), product_ids=[self.made[goods].product_id], on_shelf=on_shelf),
            lambda: self.oracle.shelve(goods, on_shelf), lambda _: None)

    def adjust(self) -> None:
        goods = self.some_goods()
        change = self.rng.choices((5, 10, 1, -1, -goods.available, -goods.available - 1, 0), (6, 3, 2, 3, 1, 1, 1))[0]
        self.keyed(f"stock of {goods.name}: {change:+}", lambda key: adjust_stock(
            self.ctx(STAFF), sku_id=self.made[goods].sku_id, change=change, reason="盘点", key=key),
            lambda: self.oracle.adjust(goods, change), lambda _: None, None)

    def reduce(self) -> None:
        order = self.rng.choice(self.payable() or [self.an_order()])
        if order is None:
            return
        goods_fen = sum(line.payable for line in order.lines)
        off_goods = self.rng.choice((1, 1, goods_fen // 3, goods_fen // 7, 0, goods_fen, goods_fen + 1, -1))
        off_freight = self.rng.choice((0, 0, order.freight, order.freight // 2, order.freight + 1))
        fault = self.rng.choices(("", "close before", "close after", "query before"), (91, 3, 3, 3))[0]
        told = f"{self.tell(order)} less {off_goods} and {off_freight} of freight {fault}"

        def call(key: ClientKey) -> int:
            return change_order_price(self.ctx(STAFF), order_id=order.id, off_goods_fen=off_goods, off_freight_fen=off_freight,
                                      reason="老顾客", key=key)

        def rule() -> int:
            return self.oracle.reduce(order, off_goods, off_freight, fault)

        if fault:
            self._arm(fault.split()[0], LOST, fault)
            self._faulted(told, lambda: call(ClientKey(self.key(), "f")), rule)
        else:
            self.keyed(told, call, rule, lambda got: got, lambda _: order.total, single=False)

    def ship(self) -> None:
        order = self.an_order(rules.PAID)
        if order is None:
            return
        wanted: list[tuple[Any, int]] | None = None
        if self.rng.random() < 0.6:
            wanted = [(line, self.rng.randint(1, max(line.held, 1))) for line in order.lines if self.rng.random() < 0.7]
            if self.rng.random() < 0.06:
                wanted.append((self.rng.choice(order.lines), self.rng.choice((0, 1, 99))))
        number = f"SF{self.number:010}" if self.rng.random() < 0.96 or not order.parcels else order.parcels[0]
        lines = None if wanted is None else [(self.line_id(order, line), n) for line, n in wanted]
        made: list[str] = []

        def read(got: dict[str, Any]) -> str:
            if made and made[0] != got["parcel_id"]:
                return f"another parcel: {got['parcel_id']}"
            made.append(got["parcel_id"])
            return got["state"]

        self.keyed(f"ship {self.tell(order)} {self.tell_lines(order, wanted)}", lambda key: ship_order(
            self.ctx(STAFF), order_id=order.id, courier="SF", tracking_number=number, lines=lines, key=key),
            lambda: self.oracle.ship(order, number, wanted), read, lambda _: order.state)

    def refund(self) -> None:
        order = self.an_order(rules.PAID, rules.SHIPPED, rules.COMPLETED)
        if order is None:
            return
        shipped, restock = self.rng.choices((None, True, False), (6, 2, 2))[0], self.rng.random() < 0.5
        wanted: list[tuple[Any, int]] | None = None
        if self.rng.random() < 0.85:
            wanted = [(line, self.rng.randint(1, max(line.left(shipped), 1))) for line in order.lines if self.rng.random() < 0.6]
            if self.rng.random() < 0.06:
                wanted.append((self.rng.choice([*order.lines, None]), self.rng.choice((0, 1, 99))))
        left = order.freight - order.freight_refund
        freight = self.rng.choices((None, 0, left, left // 3, left + 1, -1), (8, 2, 2, 3, 1, 1))[0]
        lines = None if wanted is None else [(self.line_id(order, line), n) for line, n in wanted]
        made: list[Refund] = []

        def rule() -> int:
            made.append(self.oracle.refund(order, wanted, freight, shipped, restock))
            return made[0].fen

        def read(got: dict[str, Any]) -> int | str:
            if made and not made[0].id:
                made[0].id = got["refund_id"]
                self.refunds[made[0].id] = made[0]
            return got["amount_fen"] if made and made[0].id == got["refund_id"] else f"another refund: {got['refund_id']}"

        told = f"refund {self.tell(order)} {self.tell_lines(order, wanted)}"
        self.keyed(f"{told} freight {freight} shipped {shipped} restock {restock}",
                   lambda key: refund_order(self.ctx(STAFF), order_id=order.id, lines=lines, freight_fen=freight, reason="少发",
                                            restock=restock, shipped=shipped, key=key), rule, read)

    def retry(self) -> None:
        stuck = [each for each in self.refunds.values() if each.state == rules.ABNORMAL]
        chosen = stuck if stuck and self.rng.random() < 0.8 else list(self.refunds.values())
        if chosen:
            refund = self.rng.choice(chosen)
            self.keyed(f"retry {refund.id}", lambda key: retry_refund(self.ctx(STAFF), refund_id=refund.id, key=key),
                       lambda: self.oracle.retry(refund), lambda _: None)

    # WeChat and time

    def tap(self) -> None:
        """A shopper pays at WeChat; its news is told none, one or many times, some time."""
        open_ones = [each for each in self.attempts.values() if each.trade and each.trade.payable(self.oracle.now)]
        if not open_ones:
            return
        attempt = self.rng.choice(open_ones[-8:])
        assert attempt.trade is not None
        self.say(f"{attempt.order.member} pays {attempt.id} of {self.tell(attempt.order)} at WeChat")
        attempt.trade.state = "SUCCESS"
        trade = self.pay.pay(attempt.id)
        copies = self.rng.choices((0, 1, 2, 5), (15, 60, 20, 5))[0]
        self.news += [("payment", trade, "")] * copies
        if self.rng.random() < 0.08:
            wrong = self.rng.choice(list(MISFITS))
            changes: dict[str, Any] = MISFITS[wrong] or {"total_fen": (trade.total_fen or 0) + self.rng.choice((1, -1))}
            self.news.append(("payment", replace(trade, **changes), wrong))
        if self.rng.random() < 0.02:
            self.news.append(("payment", replace(trade, out_trade_no=f"pay_none{self.number}"), "unknown"))

    def hear(self) -> None:
        """Some news arrives: the newest, the oldest, any; some will come again."""
        if not self.news:
            return
        at = self.rng.choice((0, -1, self.rng.randrange(len(self.news))))
        what, told, wrong = self.news[at]
        if self.rng.random() < 0.8:
            self.news.pop(at)
        if what == "payment":
            attempt = None if wrong == "unknown" else self.attempts[told.out_trade_no]
            want = self.do_told(f"told {wrong} {told.out_trade_no} is paid", lambda: confirm_payment(self.ctx(WECHAT), trade=told),
                                lambda: self.oracle.told_paid(attempt, told.out_trade_no, told.transaction_id, wrong))
            if want == "surplus":
                self._name_surplus()
        else:
            refund = self.refunds[told.out_refund_no]
            self.do_told(f"told {told.out_refund_no} is {told.state}", lambda: confirm_refund(self.ctx(WECHAT), result=told),
                         lambda: self.oracle.told_refund(refund, str(told.state)))

    def do_told(self, told: str, real: Callable[[], str], rule: Callable[[], str]) -> Any:
        """News that was cut off may have been applied; told again it is then known."""
        killed = self.kills
        return self.do(told, real, rule, lambda got: None if got == "known" and self.kills > killed else got)

    def _name_surplus(self) -> None:
        for refund in self.oracle.refunds:
            if not refund.id:
                [row] = self.rows("select id, kind, amount_fen from refunds where payment_id = :id", id=refund.attempt.id)
                if (row["kind"], row["amount_fen"]) != (refund.kind, refund.fen):
                    raise Violation(f"surplus of {refund.attempt.id}: {row}")
                refund.id = row["id"]
                self.refunds[refund.id] = refund

    def end_refund(self) -> None:
        """WeChat brings a refund to its end, or a person does so on its platform; its news may be told."""
        going = [each for each in self.refunds.values() if each.wechat in ("PROCESSING", "ABNORMAL")]
        if not going:
            return
        refund = self.rng.choice(going)
        self._end_refund(refund, self.rng.choices(("SUCCESS", "ABNORMAL", "CLOSED"), (6, 2, 2))[0])
        self.news += [("refund", self.pay.refunds[refund.id], "")] * self.rng.choice((0, 1, 1, 3))

    def _end_refund(self, refund: Refund, how: str) -> None:
        self.say(f"WeChat: {refund.id} is {how}")
        refund.wechat = how
        self.pay.refunds[refund.id] = replace(self.pay.refunds[refund.id], state=RefundState(how), success_at=self.clock.at)

    def later(self) -> None:
        """The clock jumps: a little, to the last moment of an order or just past it, over a limit."""
        waiting = [order.pay_before for order in self.payable()]
        to = self.rng.choice(waiting) if waiting and self.rng.random() < 0.3 else None
        by = (to - self.clock.at + timedelta(microseconds=self.rng.choice((-1, 0, 1))) if to else timedelta(
            seconds=self.rng.choices((20, 62, 300, 1000, 8 * 3600, 86_400, 11 * 86_400), (20, 15, 10, 4, 2, 1, 1))[0]))
        self.say(f"{by} later")
        self.move(max(by, timedelta()))

    # Workers

    def ask_wechat(self) -> None:
        """The timetable looks for money of which nobody has told us."""
        self.do("ask WeChat about open money", lambda: query_open_money(self.ctx()), lambda: None)

    def work(self) -> None:
        """Workers do some of what is due, in any order."""
        leases = self._lease()
        share = self.rng.choice((0.3, 0.7, 1.0))
        mine = [lease for lease in leases if self.rng.random() < share]
        self.rng.shuffle(mine)
        with transaction(self.ctx()) as tx:
            outbox.renew(tx.connection, [lease for lease in leases if lease not in mine], None)
        for lease in mine:
            self.deliver(lease)

    def _lease(self) -> list[outbox.Lease]:
        with transaction(self.ctx()) as tx:
            while outbox.fan_out(tx.connection, NAMES):
                pass
            outbox.renew(tx.connection, outbox.overdue(tx.connection, FAR), None)
            leases = outbox.lease_due(tx.connection, tx.now, FAR)
        return sorted(leases, key=lambda lease: (lease.event_id, lease.reaction))

    def deliver(self, lease: outbox.Lease, faults: bool = True) -> None:
        """One delivery is worked off: as it should be, while WeChat is faulty, by a worker that dies in the middle, twice, or
        while a worker that lost its lease works on it, too."""
        [event] = self.rows("select name, payload from outbox_events where id = :id", id=lease.event_id)
        payload = event["payload"] if isinstance(event["payload"], dict) else json.loads(event["payload"])
        self.operations += 1
        how = self.rng.choices(("", "fault", "kill", "twice", "zombie"), (72, 10, 12, 4, 2))[0] if faults else ""
        fault = self.rng.choice(FAULTS.get(lease.reaction, ("",))) if how == "fault" else ""
        self.say(f"worker: {lease.reaction} {payload} {how} {fault}")
        rule = self._rule(lease.reaction, payload, fault)
        if fault:
            name = fault.split()[0] if not fault.startswith("lost") and " " in fault else "refund"
            self._arm(name, LOST if " " in fault else WeChatRefused(fault, "no"), fault)
        if how == "zombie":
            with transaction(self.ctx()) as tx:
                outbox.start(tx.connection, lease, tx.now)
            outcome = worker.run_delivery(lease.event_id, lease.reaction, lease.attempt + 1)
        else:
            outcome = self._run(lease, self.rng.randint(1, 30) if how == "kill" else 0)
        self.pay.fail.clear()
        self.pay.after.clear()
        self._expect(lease, outcome, rule)
        use_case = find(event["name"], lease.reaction)
        assert use_case is not None
        if how == "twice" and outcome == "done" and not fault:
            use_case(self.ctx(), **payload)
        if how == "zombie":
            with contextlib.suppress(outbox.TakenOver):
                use_case(self.ctx(delivery=lease), **payload)

    def _run(self, lease: outbox.Lease, at: int) -> str:
        try:
            with self.points.counting(at):
                return worker.run_delivery(lease.event_id, lease.reaction, lease.attempt)
        except Killed:
            self.kills += 1
            self.last[-1] += f" (killed at {at}: {self.points.names[-1]})"
        again = worker.run_delivery(lease.event_id, lease.reaction, self._delivery(lease)["attempt"] + 1)
        return "done" if again == "gone" else again

    def _expect(self, lease: outbox.Lease, outcome: str, rule: Callable[[], Any]) -> None:
        want = "done"
        try:
            rule()
        except rules.Unknown:
            want = "failed"
        if outcome != want:
            raise Violation(f"{lease.reaction} {outcome}, must be {want}: {self._delivery(lease)['error']}")
        self._name_surplus()

    def _delivery(self, lease: outbox.Lease) -> dict[str, Any]:
        [row] = self.rows("select attempt, error from deliveries where event_id = :event and reaction = :reaction",
                          event=lease.event_id, reaction=lease.reaction)
        return row

    def _rule(self, reaction: str, payload: dict[str, Any], fault: str) -> Callable[[], Any]:
        """What a delivery must do."""
        of_order, of_payment, of_refund = (payload.get(name, "") for name in ("order_id", "payment_id", "refund_id"))
        match reaction:
            case "close_order":
                return lambda: self.oracle.close(self.orders[of_order], fault)
            case "complete_order":
                return lambda: self.oracle.complete(self.orders[of_order])
            case "check_payment":
                return lambda: self.oracle.check(self.attempts[of_payment], fault)
            case "close_payment":
                return lambda: self.oracle.supersede(self.attempts[of_payment])
            case "send_refund":
                at_once = self.pay.settle_refunds = self.quietly or self.rng.random() < self.at_once_share
                return lambda: self.oracle.send(self.refunds[of_refund], fault, at_once)
            case "check_refund":
                return lambda: self.oracle.ask_refund(self.refunds[of_refund], fault)
        return lambda: None

    quietly = False

    # Quiet

    def quiet(self, over: bool) -> None:
        """Everything that is due happens; with `over` the time of all that waits for WeChat passes, too. Then both must agree."""
        self.quiets += 1
        self.quietly = True
        self.rng = random.Random(f"{self.seed}/quiet/{self.quiets}")
        self.say(f"quiet {'over' if over else ''}")
        if over:
            for refund in self.refunds.values():
                if refund.wechat == "PROCESSING":
                    self._end_refund(refund, self.rng.choice(("SUCCESS", "SUCCESS", "CLOSED")))
            self.move(timedelta(hours=7))
            query_open_money(self.ctx())
        self.drain()
        wrong = self.oracle.settle()
        if over:
            wrong += [f"refund {each.id} is {each.state}, at WeChat {each.wechat}" for each in self.oracle.refunds
                      if each.state in (rules.ASKED, rules.SENT)]
        wrong += self.differences()
        wrong += [f"{each.check} {dict(each.ids)}: {each.found}, not {each.expected}"
                  for each in check_books(self.ctx(), waiting=False)]
        self.quietly = False
        if wrong:
            raise Violation("when all was quiet: " + "; ".join(wrong[:12]))

    def drain(self) -> None:
        """Workers do all that is due, and all that follows from it."""
        for _ in range(200):
            for row in self.rows("select event_id, reaction from deliveries where dead_at is not null"):
                revive_delivery(self.ctx(STAFF), **row)
            leases = self._lease()
            if not leases:
                return
            self.rng.shuffle(leases)
            for lease in leases:
                self.deliver(lease, faults=False)
        raise Violation("it never became quiet")

    def differences(self) -> list[str]:
        """Everything that is not as in the oracle."""
        found, of = [], self.oracle
        sides: list[tuple[str, dict[Any, Any], dict[Any, Any]]] = [
            ("order", self._by("id", "select id, total_fen, paid_fen, refunded_fen, freight_fen, freight_refund_fen from orders"),
             {order.id: (order.total, order.paid, order.refunded, order.freight, order.freight_refund) for order in of.orders}),
            ("line", self._by("id", "select id, quantity, payable_fen, discount_fen, released_qty, shipped_qty, refund_qty,"
                              " refund_fen, refund_shipped_qty, returned_qty, restocked_qty from order_lines"),
             {line_id: (line.quantity, line.payable, line.discount, line.released, line.shipped, line.refund_qty, line.refund_fen,
                        line.refund_shipped, line.returned, line.restocked)
              for order in of.orders for line_id, line in zip(order.line_ids, order.lines, strict=True)}),
            ("payment", self._by("id", "select id, state, amount_fen, refund_fen, refunds from payments"),
             {each.id: (each.state, each.fen, each.refund_fen, each.refunds) for order in of.orders for each in order.attempts}),
            ("refund", self._by("id", "select id, payment_id, kind, state, amount_fen, goods_fen, freight_fen from refunds"),
             {each.id: (each.attempt.id, each.kind, each.state, each.fen, each.goods_fen, each.freight_fen)
              for each in of.refunds}),
            ("stock", self._by("sku_id", "select sku_id, on_hand, reserved from stock_levels"),
             {self.made[goods].sku_id: (goods.on_hand, goods.reserved) for goods in of.goods}),
            ("cart line", {(row["member_id"], row["sku_id"]): (row["quantity"], bool(row["selected"])) for row in self.rows(
                "select member_id, sku_id, quantity, selected from cart_lines")},
             {(self.members[member], self.made[goods].sku_id): (quantity, selected) for member, cart in of.carts.items()
              for goods, quantity, selected in cart.values()}),
            ("exception", {(row["kind"], row["number"], _short(row["transaction_id"])): row["state"] == "open" for row in self.rows(
                "select kind, number, transaction_id, state from payment_exceptions")}, dict(of.aside)),
            ("account", self.shop.balances(), {account: fen for account, fen in of.balances.items() if fen}),
            ("trade at WeChat", {number: (str(trade.state), trade.total_fen) for number, trade in self.pay.trades.items()},
             {each.id: (each.trade.state, each.trade.fen) for order in of.orders for each in order.attempts if each.trade}),
            ("refund at WeChat", {number: (str(each.state), each.refund_fen) for number, each in self.pay.refunds.items()},
             {each.id: (each.wechat, each.fen) for each in of.refunds if each.wechat}),
        ]
        paths: dict[str, list[str]] = {}
        for row in self.rows("select order_id, to_state from order_moves order by order_id, seq"):
            paths.setdefault(row["order_id"], []).append(row["to_state"])
        sides.append(("path of", paths, {order.id: order.path for order in of.orders}))
        parcels: dict[str, list[str]] = {}
        for row in self.rows("select order_id, tracking_number from parcels order by order_id, tracking_number"):
            parcels.setdefault(row["order_id"], []).append(row["tracking_number"])
        sides.append(("parcels of", parcels, {order.id: sorted(order.parcels) for order in of.orders if order.parcels}))
        for name, ours, theirs in sides:
            found += [f"{name} {each}: {ours.get(each)}, must be {theirs.get(each)}"
                      for each in sorted(ours.keys() | theirs.keys(), key=str) if ours.get(each) != theirs.get(each)]
        return found

    def _by(self, name: str, statement: str) -> dict[str, tuple[Any, ...]]:
        return {row.pop(name): tuple(row.values()) for row in self.rows(statement)}

    def line_id(self, order: Order, line: Any) -> str:
        return "oli_none" if line is None else order.line_ids[order.lines.index(line)]

    def tell(self, order: Order) -> str:
        return f"order {self.oracle.orders.index(order)} ({order.state})"

    def tell_lines(self, order: Order, wanted: Any) -> Any:
        return "all" if wanted is None else [(None if line is None else order.lines.index(line), n) for line, n in wanted]


FAULTS = {
    "close_order": ("close before", "close after", "query before"),
    "check_payment": ("query before",),
    "send_refund": ("lost before", "lost after", "NOT_ENOUGH", "FREQUENCY_LIMITED", "USER_ACCOUNT_ABNORMAL"),
    "check_refund": ("query_refund before",),
}
"""How WeChat can fail in the middle of a reaction, as the oracle calls it."""

OPERATIONS = {
    "place": 16, "begin": 14, "tap": 12, "hear": 14, "work": 14, "later": 8, "put": 6, "drop": 1, "cancel": 3, "receive": 3,
    "ship": 8, "refund": 8, "retry": 1, "end_refund": 3, "adjust": 4, "reprice": 2, "shelve": 2, "reduce": 5, "ask_again": 5,
    "ask_wechat": 2,
}
"""What may happen, by how often."""


def _short(transaction_id: str) -> str:
    return transaction_id[:2] if transaction_id.startswith("50") else transaction_id


def _tell(got: Any) -> str:
    return f"refused {got.code}" if isinstance(got, Refused) else repr(got)[:200]


@dataclass
class Episode:
    """What became of an episode: None, or what is wrong and the last operations before it."""

    operations: int
    kills: int
    wrong: str | None = None
    number: int = 0
    last: list[str] = field(default_factory=list)


def play(database_url: str, folder: Path, seed: str, numbers: Collection[int]) -> Episode:
    """Play the operations of these numbers on a fresh database, with quiet moments between them and at the end."""
    player = Player(database_url, folder, seed)
    with player.opened():
        number = 0
        try:
            for number in numbers:
                player.step(number)
                if number % QUIET_EVERY == 0:
                    player.quiet(over=number // QUIET_EVERY % 2 == 0)
            player.quiet(over=True)
        except Violation as violation:
            return Episode(player.operations, player.kills, str(violation), number, player.last)
        except Exception as error:
            wrong = "".join(traceback.format_exception(error)[-8:])
            return Episode(player.operations, player.kills, wrong, number, player.last)
    return Episode(player.operations, player.kills)


@contextlib.contextmanager
def fresh_databases(kind: str, root: Path) -> Iterator[Callable[[], str]]:
    """`fresh()` gives the URL of an empty, migrated database each time."""
    if kind == "postgresql":
        prepared = services.Prepared(conftest.make_template, services.kept("postgres", conftest.ROOT / "migrations"))
        with services.postgres(prepared) as url:
            yield Emptied(sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)).empty
        return
    template = services.kept("sqlite", conftest.ROOT / "migrations")
    with services.making(template) as place:
        if place is not None:
            conftest.migrate(f"sqlite:///{place}")

    def fresh() -> str:
        for old in root.glob("random.db*"):
            old.unlink()
        shutil.copyfile(template, root / "random.db")
        return f"sqlite:///{root / 'random.db'}"

    yield fresh


def shorten(again: Callable[[Collection[int]], Episode], numbers: list[int], seconds: float) -> list[int]:
    """Fewer operations that go wrong, too: leave out halves, quarters … as long as time allows."""
    until, size = time.monotonic() + seconds, len(numbers) // 2
    while size and time.monotonic() < until:
        for start in range(0, len(numbers), size):
            fewer = numbers[:start] + numbers[start + size:]
            if fewer and time.monotonic() < until and again(fewer).wrong:
                numbers = fewer
                break
        else:
            size //= 2
    return numbers


def run(database: str, operations: int, seed: str, *, episode: int | None = None, only: Collection[int] | None = None,
        shorten_for: float = 60, say: Callable[[str], None] = print) -> tuple[int, int, bool]:
    """Play episodes until so many operations are done; (operations, kills, whether all was well)."""
    done = kills = 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tuanma-random-") as root, fresh_databases(database, Path(root)) as fresh:
        for number in itertools.count() if episode is None else [episode]:
            def again(numbers: Collection[int], of: str = f"{seed}/{number}") -> Episode:
                return play(fresh(), Path(root), of, numbers)

            ended = again(only or range(1, EPISODE + 1))
            done, kills = done + ended.operations, kills + ended.kills
            if ended.wrong:
                _tell_wrong(say, database, seed, number, ended, again, only, shorten_for)
                return done, kills, False
            if number % 10 == 0:
                say(f"{database}: {done} operations, {kills} kills, {done / (time.monotonic() - began):.0f} a second")
            if done >= operations:
                break
    say(f"{database}, seed {seed}: {done} operations in {time.monotonic() - began:.0f} s, {kills} kills, 0 violations")
    return done, kills, True


def _tell_wrong(say: Callable[[str], None], database: str, seed: str, number: int, ended: Episode,
                again: Callable[[Collection[int]], Episode], only: Collection[int] | None, shorten_for: float) -> None:
    say(f"VIOLATION on {database}, seed {seed}, episode {number}, operation {ended.number}:\n{ended.wrong}\nthe last operations:")
    say("\n".join(ended.last[-15:]))
    command = f"python3 -m backend campaign random --database {database} --seed {seed} --episode {number}"
    say(f"again: {command}" + (f" --only {','.join(map(str, only))}" if only else ""))
    if shorten_for and not only:
        numbers = shorten(again, list(range(1, ended.number + 1)), shorten_for)
        short = again(numbers)
        say(f"shorter ({len(numbers)} operations): {command} --only {','.join(map(str, numbers))}\n{short.wrong}")
        say("\n".join(short.last[-15:]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m backend campaign random", description=__doc__)
    parser.add_argument("--ops", type=int, default=10_000, help="how many operations on each database (10,000)")
    parser.add_argument("--seed", default="1", help="what they are drawn from (1)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only on this one (default: on both)")
    parser.add_argument("--episode", type=int, help="play this episode alone")
    parser.add_argument("--only", type=lambda text: [int(each) for each in text.split(",")], help="of it only these operations")
    given = parser.parse_args()
    well = True
    for database in [given.database] if given.database else ["sqlite", "postgresql"]:
        *_, all_well = run(database, given.ops, given.seed, episode=given.episode, only=given.only,
                           say=lambda text: print(text, flush=True))
        well = well and all_well
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
