"""A shop and the oracle beside it: what is done to both, and how their answers and their whole state are compared."""

import contextlib
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from flask import Flask

from backend import worker
from backend.app import create_app, runtime
from backend.commands._client import Declined
from backend.context import Context
from backend.infra.db import db
from backend.infra.once import ClientKey
from backend.infra.settings import Settings
from backend.kernel import ids
from backend.kernel.actors import EVERYTHING, SYSTEM, Actor, shopper, staff
from backend.kernel.errors import Refused
from backend.usecases import upload_shipping as uploading
from tests import conftest
from tests.campaigns import oracle as rules
from tests.campaigns.oracle import Attempt, Goods, No, Order, Refund
from tests.campaigns.oracle_aftersales import Case, FullOracle
from tests.campaigns.stand_ins import HandClock, Seeded, StrictPay
from tests.databases import hasten
from tests.fakes import FakeWorld
from tests.faults.points import Points, recorder
from tests.given_orders import Shop
from tests.given_pickups import code_of_order, given_clerk, given_point

STAFF = staff("stf_random", EVERYTHING)
NAMES_OF_SHOPPERS = ("li", "han", "wang", "zhao")
NOES = (Refused, Declined)
"""A no, as a use case says it and as the API does."""
PRICES = (1, 333, 999, 5000, 8800, 12_345)


class Killed(BaseException):
    """The process died here: nobody records anything."""


class Violation(Exception):
    """Something is not as the rules demand."""


@dataclass
class Done:
    """A keyed operation that was done: how to ask again, and what the answer must be then."""

    told: str
    key: str
    call: Callable[[ClientKey], Any]
    answer: Callable[[], Any]
    read: Callable[[Any], Any]


@dataclass
class BothSides:
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
    quietly: bool = False
    at_once_share: float = 0.5
    """How many refunds WeChat ends in its answer."""
    faulty: bool = True
    """Whether WeChat's faults are drawn with the operations that meet them."""

    def make_pay(self) -> "StrictPay":
        return StrictPay("", "")

    def make_app(self, settings: Settings) -> Flask:
        return create_app(settings, self.world.gateways(settings))

    @contextlib.contextmanager
    def opened(self) -> Iterator[Self]:
        """The shop with its goods and shoppers, everything in it made anew from the seed."""
        self.clock, self.world = HandClock(), FakeWorld()
        self.pay = self.world.pay = self.make_pay()
        self.pay.clock, self.pay.expires = self.clock, {}
        settings = conftest.make_settings(self.folder, self.database_url, log_level="CRITICAL")
        app = self.make_app(settings)
        app.extensions["runtime"] = replace(runtime(app), clock=self.clock)
        secrets, ids.secrets = ids.secrets, Seeded(self.seed)  # type: ignore[assignment]
        before, call = dict(worker._state), uploading.CALL
        worker.use_app(app)
        uploading.CALL = timedelta(days=1)  # real time: however slow the machine is, nobody gives a call up that is under way
        try:
            with app.app_context():
                hasten()
                with recorder(self.pay, self.world.mini, failure=Killed) as self.points:
                    self._furnish(app)
                    yield self
                for engine in db.engines.values():
                    engine.dispose()
        finally:
            ids.secrets, uploading.CALL = secrets, call
            worker._state.clear()
            worker._state.update(before)

    def _furnish(self, app: Any) -> None:
        self.app = app
        self.points: Points
        self.rng = random.Random(self.seed)
        self.oracle = FullOracle(self.clock.at)
        self.shop = Shop(self.ctx, self.world, rows=self.rows)
        self.members = {name: self.shop.shopper(name).actor.id for name in self.shoppers}
        self.clerk = given_clerk(self.ctx)
        self.point = given_point(self.ctx, self.clerk)
        self.codes: dict[str, str] = {}
        self.made: dict[Goods, Any] = {}
        for number, price in enumerate(PRICES):
            stock = self.rng.randint(5, 60)
            goods = Goods(f"G{number}", price, stock)
            self.made[goods] = self.shop.goods(goods.name, price, stock)
            self.oracle.goods.append(goods)
        self.orders: dict[str, Order] = {}
        self.attempts: dict[str, Attempt] = {}
        self.refunds: dict[str, Refund] = {}
        self.cases: dict[str, Case] = {}
        self.news: list[tuple[str, Any, str]] = []
        self.done: list[Done] = []
        self.keys = itertools.count(1)

    def ctx(self, actor: Actor = SYSTEM, **more: Any) -> Context:
        return runtime(self.app).context(actor, **more)

    def rows(self, statement: str, **params: Any) -> list[dict[str, Any]]:
        with db.engines["read"].connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(statement), params).mappings()]

    def staff(self) -> Context:
        return self.ctx(STAFF)

    def who(self, name: str) -> Context:
        return self.ctx(shopper(self.members[name]))

    # One operation on both sides

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
        except NOES as no:
            return no

    def agree(self, told: str, got: Any, want: Any, read: Callable[[Any], Any]) -> None:
        """Raise unless `got` is what must come out."""
        if isinstance(want, No):
            if not isinstance(got, NOES) or got.code not in want.codes:
                raise Violation(f"{told}: answered {_tell(got)}, must be refused: {want}")
        elif isinstance(got, NOES):
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

    # Whom and what it is about

    def a_member(self) -> str:
        return self.rng.choice(self.shoppers)

    def some_goods(self) -> Goods:
        return self.rng.choice(self.oracle.goods)

    def an_order(self, *states: str) -> Order | None:
        """An order, mostly one that is in one of `states` and not old."""
        fitting = [order for order in self.oracle.orders if not states or order.state in states][-12:]
        every = self.oracle.orders[-30:]
        return self.pick(fitting if fitting and self.rng.random() < 0.85 else every)

    def pick(self, orders: list[Order]) -> Order | None:
        """One of these orders, to do something to it; None when there is none."""
        return self.rng.choice(orders) if orders else None

    def payable(self) -> list[Order]:
        """Orders that still wait to be paid."""
        return [order for order in self.oracle.orders if order.state == rules.UNPAID and order.pay_before > self.clock.at]

    def its_member(self, order: Order) -> str:
        return order.member if self.rng.random() < 0.96 else self.a_member()

    def a_quantity(self) -> int:
        return self.rng.choices((1, 2, 3, 7, 20, 0, -1, 1_000_000), (25, 20, 20, 10, 2, 1, 1, 1))[0]

    def line_id(self, order: Order, line: Any) -> str:
        return "oli_none" if line is None else order.line_ids[order.lines.index(line)]

    def tell(self, order: Order) -> str:
        return f"order {self.oracle.orders.index(order)} ({order.state})"

    def tell_lines(self, order: Order, wanted: Any) -> Any:
        return "all" if wanted is None else [(None if line is None else order.lines.index(line), n) for line, n in wanted]

    # Ids that the shop gave

    def _keep(self, order: Order) -> None:
        self.orders[order.id] = order
        order.line_ids = self.shop.lines(order.id)

    def code(self, order: Order) -> str | None:
        """Its pick-up code, which its shopper remembers when it opens nothing any more."""
        found = code_of_order(self.ctx(), order.id)
        if found is not None:
            self.codes[order.id] = found
        return self.codes.get(order.id)

    def _name_attempts(self, order: Order) -> None:
        if all(attempt.id for attempt in order.attempts):
            return
        found = self.rows("select id from payments where order_id = :id order by created_at, id", id=order.id)
        if len(found) != len(order.attempts):
            raise Violation(f"{self.tell(order)} has {len(found)} attempts to pay, must have {len(order.attempts)}")
        for row, attempt in zip(found, order.attempts, strict=True):
            attempt.id = row["id"]
            self.attempts[attempt.id] = attempt

    def _name_refunds(self) -> None:
        """Learn the ids of refunds that were opened by themselves, or for a case."""
        for case in self.oracle.cases:
            if case.refund is not None and not case.refund.id:
                [row] = self.rows("select refund_id as id from aftersales where id = :id", id=case.id)
                case.refund.id = row["id"]
                self.refunds[row["id"]] = case.refund
        for refund in self.oracle.refunds:
            if not refund.id:
                [row] = self.rows("select id, kind, amount_fen from refunds where payment_id = :id", id=refund.attempt.id)
                if (row["kind"], row["amount_fen"]) != (refund.kind, refund.fen):
                    raise Violation(f"surplus of {refund.attempt.id}: {row}")
                refund.id = row["id"]
                self.refunds[refund.id] = refund

    # The whole state

    def differences(self) -> list[str]:
        """Everything that is not as in the oracle."""
        found, of = [], self.oracle
        sides: list[tuple[str, dict[Any, Any], dict[Any, Any]]] = [
            ("order", self._by("id", "select id, total_fen, paid_fen, refunded_fen, freight_fen, freight_refund_fen from orders"),
             {order.id: (order.total, order.paid, order.refunded, order.freight, order.freight_refund) for order in of.orders}),
            ("line", self._by("id", "select id, quantity, payable_fen, discount_fen, released_qty, shipped_qty, refund_qty,"
                              " refund_fen, refund_shipped_qty, returned_qty, restocked_qty, waived_fen from order_lines"),
             {line_id: (line.quantity, line.payable, line.discount, line.released, line.shipped, line.refund_qty, line.refund_fen,
                        line.refund_shipped, line.returned, line.restocked, line.waived)
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
        cases: dict[str, list[str]] = {}
        for row in self.rows("select aftersale_id, to_state from aftersale_moves order by aftersale_id, seq"):
            cases.setdefault(row["aftersale_id"], []).append(row["to_state"])
        sides.append(("path of", cases, {case.id: case.path for case in of.cases}))
        paid_back = ("refunding", "refund_failed", "refunded")
        sides.append(("given in", {row["id"]: row["given_fen"] for row in self.rows(
            f"select id, given_fen from aftersales where state in {paid_back}")},
            {case.id: sum(each.agreed for each in case.lines) for case in of.cases if case.state in paid_back}))
        parcels: dict[str, list[str]] = {}
        for row in self.rows("select order_id, tracking_number from parcels order by order_id, tracking_number"):
            parcels.setdefault(row["order_id"], []).append(row["tracking_number"])
        sides.append(("parcels of", parcels, {order.id: sorted(order.parcels) for order in of.orders if order.parcels}))
        sides += self._goods_sides()
        for name, ours, theirs in sides:
            found += [f"{name} {each}: {ours.get(each)}, must be {theirs.get(each)}"
                      for each in sorted(ours.keys() | theirs.keys(), key=str) if ours.get(each) != theirs.get(each)]
        return found

    def _goods_sides(self) -> list[tuple[str, dict[Any, Any], dict[Any, Any]]]:
        of = self.oracle
        fetched = {row.pop("id"): tuple(map(bool, row.values())) for row in self.rows(
            "select p.order_id as id, p.ready_at is not null as ready, p.handed_over_at is not null as over, p.with_code,"
            " c.order_id is not null as live from pickups p left join pickup_codes c on c.order_id = p.order_id")}
        return [
            ("pick-up of", fetched, {order.id: (order.id in of.ready, order.id in of.handed_over,
                                                of.handed_over.get(order.id, False), order.state == rules.PAID)
                                     for order in of.orders if order.fetched}),
            ("shipping info of", self._by("order_id", "select order_id, state, completions from shipping_uploads"),
             {order_id: (each.state, each.completions) for order_id, each in of.uploads.items()}),
            ("shipping info at WeChat", self._known_at_wechat(),
             {order_id: (each.completions, sorted(each.parcels)) for order_id, each in of.known.items()}),
        ]

    def _known_at_wechat(self) -> dict[str, tuple[int, list[str]]]:
        paid = {trade.transaction_id: self.attempts[number].order.id for number, trade in self.pay.trades.items()}
        return {paid[transaction]: (known.completions, sorted(number for _, number in known.parcels))
                for transaction, known in self.world.mini.shipped.items()}

    def _by(self, name: str, statement: str) -> dict[str, tuple[Any, ...]]:
        return {row.pop(name): tuple(row.values()) for row in self.rows(statement)}


def _short(transaction_id: str) -> str:
    return transaction_id[:2] if transaction_id.startswith("50") else transaction_id


def _tell(got: Any) -> str:
    return f"refused {got.code}" if isinstance(got, NOES) else repr(got)[:200]
