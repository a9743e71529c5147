"""A real shop and the oracle beside it: bursts of operations by many at once, compared with the oracle when all is at rest.

What is drawn is written down as acts. Acts of one shopper follow one another, those of different people happen at the same time;
every act of a burst has an order to itself, so that the oracle may take them one after another. It is one file, longer than others:
how an act is drawn, done and held against the oracle is one thought, and a new act wants all three.
"""

import itertools
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy.exc import OperationalError

from backend.app import runtime
from backend.checks.check_books import check_books
from backend.commands import _process, _wechat_book
from backend.commands._client import Declined
from backend.commands._stage import Stage
from backend.context import Context
from backend.infra.clock import ticks
from backend.infra.once import ClientKey
from backend.kernel.actors import EVERYTHING, SYSTEM, Actor, staff
from backend.kernel.errors import Refused
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.change_shop_rules import change_shop_rules
from backend.usecases.create_product import SkuForm, create_product
from backend.usecases.create_staff import create_staff
from backend.usecases.save_category import save_category
from tests.campaigns import oracle as rules
from tests.campaigns.aftersales_ops import AftersaleOps
from tests.campaigns.both_sides import PRICES, Violation
from tests.campaigns.goods_ops import GoodsOps
from tests.campaigns.oracle import Attempt, Goods, No, Order, Refund
from tests.campaigns.oracle_aftersales import Case, FullOracle
from tests.campaigns.oracle_goods import DUE, Known
from tests.campaigns.staff_ops import StaffOps
from tests.campaigns.victims import serves
from tests.given_orders import Shop
from tests.given_pickups import given_point

NAMES = tuple(f"crowd-{number}" for number in range(8))
ADDRESS = {"name": "李雷", "phone": "13800138000", "region_code": "110105", "detail": "建国路 1 号"}
RETURNS = {"return_name": "何", "return_phone": "0571-88886666", "return_address": "浙江省杭州市西湖区文三路 100 号"}
PLENTY = 100_000
"""So many of most goods lie on the shelf that nobody ever takes the last one."""
BUSY_SECONDS = 40.0
"""How long staff try again what WeChat is too busy for."""
ROOM = timedelta(minutes=4)
"""No deadline falls into a burst: nobody could say on which side of it an operation came. A longer burst is a violation."""
NEAR = timedelta(seconds=45)
"""The oracle knows deadlines that precisely: it takes the time when all is at rest for the time when it was done."""
KEYS_LIVE = timedelta(days=30)
"""A key that is older is forgotten, and asks for something new."""
LOOKED_EVERY = timedelta(seconds=31)
"""The timetable looks for open payments, and for refunds on their way, twice a minute."""
SERVES_WITHIN = 60.0
"""Real seconds in which a web server that was killed stands again."""
PAID_SIDEWAYS = ("close-loses", "payment-after-close")
"""Faults by which WeChat takes money that nobody counted on."""
OPS = {
    "buy": 30, "pay_unpaid": 10, "cancel": 5, "receive": 4, "check": 2, "ship": 9, "refund": 9, "reduce": 5, "retry": 1, "ready": 2,
    "hand_over": 4, "correct": 3, "upload_again": 1, "ask": 7, "grant": 5, "refuse": 2, "withdraw": 1, "send_back": 3,
    "take_back": 4, "refund_again": 2, "ask_again": 6,
}
"""What may happen, by how often."""


@dataclass
class Act:
    """Something that somebody does: `call` in the middle of others, `rule` when all is at rest."""

    by: str
    told: str
    call: Callable[[], Any]
    rule: Callable[[], Any]
    read: Callable[[Any], Any]
    twice: bool = False
    answers: list[Any] = field(default_factory=list)


@dataclass
class WeChatsFate(FullOracle):
    """The oracle where WeChat's mood decides how refunds end: `fates` are attempt id → how its next refund ends."""

    fates: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, Any] = field(default_factory=dict)
    """WeChat's refunds, as its book has them now."""
    goods_told: dict[str, Known] = field(default_factory=dict)
    """Attempt id → what WeChat was told of the goods, as its book has it now."""

    def send(self, refund: Refund, fault: str = "", at_once: bool = True) -> None:
        """A refund may end otherwise only where that was ordered, and WeChat's book says so."""
        if refund.id not in self.theirs:
            return  # put off by WeChat: `_waits` sees to it that it is sent in the end
        ordered = "" if refund.wechat else self.fates.pop(refund.attempt.id, "")
        super().send(refund, at_once=not ordered)
        if ordered:
            refund.wechat = ordered if self.theirs[refund.id].state == ordered else "SUCCESS"
            self.told_refund(refund, refund.wechat)

    def upload(self, order: Order, caller: str, fault: str = "") -> None:
        """Of an order that was shipped and refunded in one burst WeChat may have been told in between: its book says so."""
        upload, known = self.uploads.get(order.id), self.known.get(order.id, Known())
        told = self.goods_told.get(order.applied.id) if order.applied is not None else None
        if (order.state == rules.REFUNDED and upload is not None and upload.state == DUE and upload.completions < 2
                and told == Known(known.completions + 1, frozenset(order.parcels))):
            self.known[order.id] = told
            self._heard(upload, complete=True)
            return
        super().upload(order, caller, fault)


@dataclass
class Crowd(StaffOps, GoodsOps, AftersaleOps):
    """Everybody in one real shop."""

    stage: Stage = None  # type: ignore[assignment]
    shoppers: tuple[str, ...] = NAMES
    kill_share: float = 0.0
    faulty: bool = False
    scarce_burst: bool = False
    number: int = 0
    old: list[tuple[Act, datetime]] = field(default_factory=list)
    """Orders that were placed, and when: to be asked for again with their keys."""
    minutes = (15, 15, 30, 90)

    # The shop

    def furnish(self) -> None:
        """Goods, shoppers with addresses, a pick-up point with its clerk."""
        stage = self.stage
        self.app = stage.app
        self.clock: Any = _StageClock(stage)
        self.rng = random.Random(self.seed)
        self.oracle = WeChatsFate(stage.now())
        self.pay: Any = SimpleNamespace(trades={}, refunds={}, fail={}, after={})
        self.world: Any = SimpleNamespace(mini=SimpleNamespace(shipped={}))
        self.shop = Shop(self.ctx, self.world, rows=self.rows)
        change_shop_rules(self.ctx(), values=RETURNS, seen={})
        runtime(self.app).rules.forget()
        clerk = create_staff(self.ctx(), login="clerk", name="何", roles=["owner"], password="a long enough pass phrase",
                             must_change_password=False)
        self.clerk = staff(clerk.staff_id, EVERYTHING)
        self.point = given_point(self.ctx, self.clerk)
        self.codes, self.made = {}, {}
        category = save_category(self.ctx(), name="水果")
        for number, price in enumerate((*PRICES, 700, 2500)):
            stock = PLENTY if number < len(PRICES) else 12
            goods = Goods(f"G{number}", price, stock)
            product = create_product(self.ctx(), title=f"商品 {number}", category_id=category,
                                     skus=[SkuForm(goods.name, price, stock=stock)])
            [row] = self.rows("select id from skus where product_id = :id", id=product)
            self.made[goods] = SimpleNamespace(product_id=product, sku_id=row["id"])
            self.oracle.goods.append(goods)
        self.people = {name: stage.shopper(name) for name in self.shoppers}
        self.addresses = {name: each.add_address(ADDRESS, key=f"address-of-{name}") for name, each in self.people.items()}
        self.members = {name: each.member_id for name, each in self.people.items()}
        self.orders, self.attempts, self.refunds, self.cases = {}, {}, {}, {}
        self.news, self.done, self.keys = [], [], itertools.count(1)
        self.acts: list[Act] | None = None
        self.busy: set[int] = set()
        self.picked: Order | None = None
        self.by = ""
        self.taken: set[str] = set()
        self.armed: set[str] = set()
        self.unsure: dict[str, str] = {}
        self.tapped: set[str] = set()

    def ctx(self, actor: Actor = SYSTEM, **more: Any) -> Context:
        return runtime(self.app).context(actor, **more)

    @property
    def plenty(self) -> list[Goods]:
        return self.oracle.goods[:len(PRICES)]

    @property
    def scarce(self) -> list[Goods]:
        return self.oracle.goods[len(PRICES):]

    def some_goods(self) -> Goods:
        return self.rng.choice(self.plenty)

    def restock(self) -> None:
        """Of the scarce goods there are some again."""
        goods = self.rng.choice(self.scarce)
        change = self.rng.randint(3, 14) - goods.available
        self.keyed(f"stock of {goods.name}: {change:+}", lambda key: adjust_stock(
            self.ctx(), sku_id=self.made[goods].sku_id, change=change, reason="盘点", key=key),
            lambda: self.oracle.adjust(goods, change), lambda _: None)

    # Acts are written down

    def do(self, told: str, real: Callable[[], Any], rule: Callable[[], Any], read: Callable[[Any], Any] = lambda got: got, *,
           single: bool = True) -> Any:
        if self.acts is None:
            return super().do(told, real, rule, read)
        self.acts.append(Act(self.by, told, real, rule, read))
        return None

    def keyed(self, told: str, call: Callable[[ClientKey], Any], rule: Callable[[], Any], read: Callable[[Any], Any],
              again: Callable[[Any], Any] | None = None, *, single: bool = True) -> Any:
        if self.acts is None:
            return super().keyed(told, call, rule, read, again)
        key = ClientKey(f"crowd-{self.key()}", "f")
        self.acts.append(Act(self.by, told, lambda: call(key), rule, read, self.rng.random() < 0.12))
        return None

    def its_member(self, order: Order) -> str:
        self.by = super().its_member(order)
        return self.by

    def _is_free(self, order: Order) -> bool:
        """Nobody else does anything to it in this burst; while goods are scarce nobody gives any of them back."""
        return id(order) not in self.busy and not (self.scarce_burst and any(line.goods in self.scarce for line in order.lines))

    def _take(self, order: Order) -> None:
        self.busy.add(id(order))
        self.picked = order

    def pick(self, orders: list[Order]) -> Order | None:
        free = [order for order in orders if self._is_free(order)]
        if free:
            self._take(self.rng.choice(free))
        return self.picked if free else None

    def pick_case(self, cases: list[Case]) -> Case | None:
        free = [case for case in cases if self._is_free(case.order)]
        case = self.rng.choice(free) if free else None
        if case is not None:
            self._take(case.order)
        return case

    def pick_refund(self, refunds: list[Refund]) -> Refund | None:
        free = [refund for refund in refunds if self._is_free(refund.order)]
        refund = self.rng.choice(free) if free else None
        if refund is not None:
            self._take(refund.order)
        return refund

    def draw(self, size: int) -> list[Act]:
        """The acts of a burst."""
        self.acts = []
        self.busy, self.taken = set(), set()
        tries = 0
        while len(self.acts) < size and tries < 8 * size:
            tries += 1
            self.by = f"staff {self.rng.randrange(2)}"
            [name] = self.rng.choices(list(OPS), list(OPS.values()))
            if self.scarce_burst and len(self.acts) < size // 2:
                name = "buy"
            before, self.picked = len(self.acts), None
            getattr(self, name)()
            if name in ("refund", "grant", "take_back", "refund_again") and len(self.acts) > before:
                self._order_a_fate(self.acts[-1])
        acts, self.acts = self.acts, None
        return acts

    def _order_a_fate(self, act: Act) -> None:
        """Now and then WeChat ends the next refund of a payment badly, or has to be asked twice."""
        attempt = self.picked.applied if self.picked is not None else None
        if attempt is None or attempt.id in self.oracle.fates or self.rng.random() > 0.25:
            return
        fate = self.rng.choice(("refund-abnormal", "refund-closed", "refund-not-enough", "refund-processing"))
        act.told += f" ({fate})"
        options = {"seconds": 1} if fate == "refund-processing" else {}
        self.arm(fate, out_trade_no=attempt.id, **options)
        if fate in ("refund-abnormal", "refund-closed"):
            self.oracle.fates[attempt.id] = fate.removeprefix("refund-").upper()

    # What shoppers do, over HTTP

    def buy(self) -> None:
        """A shopper orders, and mostly pays at once."""
        member = self.rng.choice(self.shoppers)
        person = self.people[member]
        unpaid = sum(order.member == member and order.state == rules.UNPAID for order in self.oracle.orders)
        if member in self.taken or (unpaid >= self.oracle.rules["unpaid_orders_limit"] and any(
                each.by == member for each in self.acts or [])):
            return  # nobody could say whether it is one order too many: something of theirs is being paid at this moment
        self.taken.add(member)
        self.by = member
        goods = self.scarce if self.scarce_burst and self.rng.random() < 0.8 else self.plenty
        items = [(self.rng.choice(goods), self.rng.choice((1, 1, 2, 3, 7 if goods is self.plenty else 1)))
                 for _ in range(self.rng.choice((1, 1, 2, 3)))]
        point = self.rng.choices((None, True, False), (79, 20, 1))[0]
        whose = member if self.rng.random() < 0.98 else self.rng.choice(self.shoppers)
        cart = self.rng.random() < 0.2
        if cart:
            items = list(dict(items).items())
            self.acts.append(Act(member, f"{member} fills the cart", lambda: person.put_cart(  # type: ignore[union-attr]
                [(self.made[each].sku_id, n) for each, n in items]), lambda: self._fill(member, items), lambda _: None))
        shown = self.oracle.shown(items, point is not None) + self.rng.choices((0, 1, -1), (96, 2, 2))[0]
        told = [(each.name, n) for each, n in items]
        slot: dict[str, Any] = {}
        key = f"crowd-{self.key()}"

        def place() -> dict[str, Any]:
            wanted = None if cart else [(self.made[each].sku_id, n) for each, n in items]
            slot.update(person.place(self.addresses[whose], shown, wanted, key=key,
                                     point_id=None if point is None else self.point if point else "pup_none"))
            return slot

        def rule() -> dict[str, Any]:
            order = self.oracle.place(member, whose == member, None if cart else items, shown, point)
            if slot:
                minutes = datetime.fromisoformat(slot["pay_before"]) - datetime.fromisoformat(slot["placed_at"])
                if minutes != timedelta(minutes=self.oracle.rules["payment_minutes"]):
                    raise Violation(f"{slot['id']} may be paid for {minutes}")
                order.id, order.pay_before = slot["id"], datetime.fromisoformat(slot["pay_before"])
                self._keep(order)
            return {"total_fen": order.total}

        self.acts.append(Act(member, f"{member} places {told} at {shown} {'to be fetched' if point else ''}",  # type: ignore[union-attr]
                             place, rule, lambda got: {"total_fen": got["total_fen"]}, self.rng.random() < 0.12))
        if self.rng.random() < 0.85:
            self._pay(member, lambda: self.orders.get(slot.get("id", "")), lambda: slot.get("id"), f"the order of {key}")

    def _fill(self, member: str, items: list[tuple[Goods, int]]) -> None:
        """What lay in the cart already keeps its place."""
        wanted = {each.name: (each, n, True) for each, n in items}
        kept = [name for name in self.oracle.carts.get(member, {}) if name in wanted]
        self.oracle.carts[member] = {name: wanted[name] for name in (*kept, *wanted)}

    def pay_unpaid(self) -> None:
        order = self.pick(self.payable()) or self.an_order(rules.UNPAID)
        if order is not None:
            self._pay(self.its_member(order), lambda: order, lambda: order.id, self.tell(order))

    def _pay(self, member: str, the_order: Callable[[], Order | None], its_id: Callable[[], str | None], told: str) -> None:
        """Begin to pay; mostly then tap, while WeChat's notifications come, or not, in every possible way."""
        person, phone = self.people[member], self.stage.phone
        begun: dict[str, Any] = {}
        key = f"crowd-{self.key()}"
        assert self.acts is not None

        def begin() -> dict[str, Any] | None:
            order_id = its_id()
            if order_id is None:
                return None
            begun.update(person.start_payment(order_id, key))
            return begun

        def begin_rule() -> str | None:
            order = the_order()
            if order is None:
                return None
            try:
                return self.oracle.begin(member, order).id or None
            finally:
                self._name_attempts(order)

        self.acts.append(Act(member, f"{member} begins to pay {told}", begin, begin_rule, lambda got: got and got["payment_id"],
                             self.rng.random() < 0.12))
        how = self.rng.choices(("tap", "refuse", ""), (85, 5, 10))[0]
        fault = self.rng.choices(("", *TAPPING), (70, *TAPPING.values()))[0]
        options: dict[str, Any] = TAP_OPTIONS.get(fault, {})
        wait = self.rng.random() < 0.5

        def tap() -> bool | str | None:
            if "params" not in begun:
                return None
            if how == "refuse":
                phone.refuse(member, begun["params"])
                return None
            if fault:
                self.arm(fault, out_trade_no=begun["payment_id"], **options)
            try:
                return phone.pay(member, begun["params"], wait=wait)
            except Declined as no:
                return no.code

        def tap_rule() -> None:
            order = the_order()
            attempt = self.attempts.get(begun.get("payment_id", ""))
            if how == "refuse" or order is None or attempt is None or "params" not in begun:
                return
            assert attempt.trade is not None
            answer = act.answers[0]
            if (fault, answer) in TAPS_DECLINED:
                attempt.trade.state = "CLOSED" if fault == "close-wins" else attempt.trade.state
                self.unsure[attempt.id] = fault
            elif not isinstance(answer, bool):
                raise Violation(f"{member} pays {told}: {answer}")
            else:
                attempt.trade.state = "SUCCESS"
                self.tapped.add(attempt.id)

        if how:
            act = Act(member, f"{member} {how}s {told} {fault}", tap, tap_rule, lambda _: None)
            self.acts.append(act)

    def cancel(self) -> None:
        order = self.pick(self.payable()) or self.an_order(rules.UNPAID)
        if order is None:
            return
        member = self.its_member(order)
        attempt = order.open_attempt
        fault = ""
        if attempt is not None and attempt.trade is not None and self.rng.random() < 0.35:
            fault = self.rng.choice(PAID_SIDEWAYS)
            self.arm(fault, out_trade_no=attempt.id, **({"seconds": 20} if fault == "payment-after-close" else {}))
            self.unsure[attempt.id] = fault
        key = f"crowd-{self.key()}"
        self._say(f"{member} cancels {self.tell(order)} {fault}", lambda: self.people[member].cancel(order.id, "不要了", key),
                  lambda: self.oracle.cancel(member, order), _one_of(rules.CLOSING, rules.CLOSED, rules.PAID))

    def receive(self) -> None:
        order = self.an_order(rules.SHIPPED)
        if order is not None:
            member, key = self.its_member(order), f"crowd-{self.key()}"
            self._say(f"{member} received {self.tell(order)}", lambda: self.people[member].ask(
                "POST", f"/orders/{order.id}/receipt", key=key), lambda: self.oracle.received(member, order), lambda _: None)

    def check(self) -> None:
        """The mini-program asks the shop to ask WeChat."""
        order = self.an_order(rules.UNPAID, rules.PAID)
        if order is not None:
            self.by = order.member
            self._say(f"{order.member} asks how {self.tell(order)} stands",
                      lambda: self.people[order.member].check_payment(order.id), lambda: order.state, lambda got: got)

    def _say(self, told: str, call: Callable[[], Any], rule: Callable[[], Any], read: Callable[[Any], Any]) -> None:
        assert self.acts is not None
        self.acts.append(Act(self.by, told, call, rule, read, self.rng.random() < 0.12))

    def say_ask(self, member: str, order: Order, kind: str, lines: list[Any], key: ClientKey) -> dict[str, Any]:
        asked = [{"order_line_id": each.order_line_id, "quantity": each.quantity} | (
            {} if each.amount_fen is None else {"amount_fen": each.amount_fen}) for each in lines]
        return self.people[member].ask("POST", f"/orders/{order.id}/aftersales", {
            "kind": kind, "reason": "other", "words": "请看图片", "lines": asked}, key=key.value)

    def say_withdraw(self, member: str, case: Case) -> Any:
        return self.people[member].ask("POST", f"/aftersales/{case.id}/cancel")

    def say_sent_back(self, member: str, case: Case) -> Any:
        return self.people[member].ask("POST", f"/aftersales/{case.id}/parcel", {
            "courier": "YTO", "tracking_number": "YT1234567890"})

    def ask_again(self) -> None:
        """Somebody sends an old request once more, with its old key: nothing happens, and the answer is the same."""
        remembered = [act for act, at in self.old if self.stage.now() < at + KEYS_LIVE - ROOM]
        if not remembered:
            return
        act = self.rng.choice(remembered)
        answer = act.answers[0]
        self.acts.append(Act(act.by, f"again: {act.told}", act.call, lambda: answer, lambda got: got))  # type: ignore[union-attr]

    # A burst

    def play(self, acts: list[Act], chaos: Callable[[], None]) -> None:
        """Everybody at once; the answers are kept."""
        began, by = ticks(), {}
        for act in acts:
            by.setdefault(act.by, []).append(act)
        with ThreadPoolExecutor(len(by) + 1) as people:
            futures = [people.submit(self._one_by_one, each) for each in by.values()] + [people.submit(chaos)]
        for future in futures:
            future.result()
        if ticks() - began > ROOM.total_seconds() - NEAR.total_seconds():
            raise Violation(f"this burst took {ticks() - began:.0f} s: too long for its answers to be foretold")

    def _one_by_one(self, acts: list[Act]) -> None:
        with self.stage.in_thread():
            for act in acts:
                if not act.twice:
                    act.answers.append(self._answer(act.call))
                    continue
                both = [threading.Thread(target=self._keep_answer, args=(act,)) for _ in range(2)]
                for thread in both:
                    thread.start()
                for thread in both:
                    thread.join()

    def _keep_answer(self, act: Act) -> None:
        with self.stage.in_thread():
            act.answers.append(self._answer(act.call))

    def _answer(self, call: Callable[[], Any]) -> Any:
        """What is answered in the end: staff try again while WeChat is busy, or the database."""
        give_up_at = ticks() + BUSY_SECONDS
        while True:
            try:
                return call()
            except (Declined, Refused) as no:
                if no.code != "wechat_busy" or ticks() > give_up_at:
                    return no
            except OperationalError:
                if ticks() > give_up_at:
                    raise
            except Exception as error:
                return error
            time.sleep(0.2)

    # Rest

    def rest(self, acts: list[Act]) -> None:
        """All that follows from a burst happens; then the shop, WeChat and the books must be as the oracle says."""
        self.oracle.now = self.stage.now()
        # WeChat's next tries must not be spent on a web server that is being started; what is left of a dead one answers, too.
        if not _process.wait_until(lambda: serves(self.stage), SERVES_WITHIN):
            raise Violation(f"no web server after {SERVES_WITHIN} s")
        self.stage.shop.ask("GET", "/healthz")
        self.stage.settle()
        if self.stage.now() - self.oracle.now > ROOM - NEAR:
            raise Violation(f"WeChat had to tell its news until {self.stage.now()}: nobody took it")
        self._read_wechats_book()
        if self.scarce_burst:  # what was refused for want of stock may have come after all that was accepted
            acts = sorted(acts, key=lambda act: _code(act.answers[0]) == "out_of_stock")
        for act in acts:
            self._apply(act)
        self._name_refunds()
        for turn in range(8):
            self._learn(settled=turn == 0)
            waits = self._waits(turn)
            if waits is None:
                break
            self.move_past(waits)
        else:
            raise Violation(f"something is still waiting for {waits}")
        self.disarm(*PAID_SIDEWAYS, *TAPPING)
        self.compare()

    def _apply(self, act: Act) -> None:
        self.say(f"{act.by}: {act.told}")
        if any(isinstance(answer, Exception) and not isinstance(answer, Declined | Refused) for answer in act.answers):
            raise Violation(f"{act.told}: {act.answers}")
        try:
            want: Any = act.rule()
        except No as no:
            want = no
        for answer in act.answers:
            if isinstance(want, No) and _code(answer) == "invalid_fields":
                continue  # the door refuses what no use case would take
            self.agree(act.told, answer, want, act.read)
        if act.twice and not isinstance(want, No) and len(self.old) < 400 and "places" in act.told:
            self.old.append((act, self.oracle.now))

    def _read_wechats_book(self) -> None:
        client = self.stage.phone.client
        ask = {"limit": 5000}
        trades, refunds, shipping = (client.ask("GET", f"/control/{book}", params=ask)[book]
                                     for book in ("trades", "refunds", "shipping"))
        self.pay.trades = {each["out_trade_no"]: SimpleNamespace(
            state=each["state"], total_fen=each["total"], transaction_id=each["transaction_id"]) for each in trades}
        self.pay.refunds = self.oracle.theirs = {each["out_refund_no"]: SimpleNamespace(
            state=each["status"], refund_fen=each["amount"]) for each in refunds}
        numbers = {each["out_trade_no"]: each["transaction_id"] for each in trades}
        self.world.mini.shipped = {numbers[each["out_trade_no"]]: SimpleNamespace(
            completions=each["finished"], parcels={(one["express_company"], one["tracking_no"]) for one in each["parcels"]
                                                   if one["tracking_no"]})
            for each in shipping}
        self.oracle.goods_told = {each["out_trade_no"]: Known(
            each["finished"], frozenset(one["tracking_no"] for one in each["parcels"] if one["tracking_no"])) for each in shipping}

    def _learn(self, settled: bool) -> None:
        """What WeChat does of itself, and what it does to the shop: payments that nobody told of, late ones, refunds."""
        if not settled:
            self.stage.settle()
            self._read_wechats_book()
        asked = False
        for attempt_id in [*self.unsure, *self.tapped]:
            attempt = self.attempts[attempt_id]
            if attempt.trade is not None and attempt.trade.state != "NOTPAY" and self._stands_open(attempt_id):
                self.people[attempt.order.member].check_payment(attempt.order.id)  # its notification never came
                asked = True
        if asked:
            self.stage.settle()
            self._read_wechats_book()
        self.oracle.now = self.stage.now()
        for attempt_id in self.tapped:
            self.oracle.told_paid(self.attempts[attempt_id], attempt_id, self.pay.trades[attempt_id].transaction_id or "")
        self.tapped.clear()
        self.unsure = {attempt_id: fault for attempt_id, fault in self.unsure.items()
                       if not self._learn_of(self.attempts[attempt_id], fault)}
        for refund in self.oracle.refunds:
            if refund.id in self.oracle.theirs:  # WeChat itself refuses the second within a minute: it was time
                refund.send_at = min(refund.send_at, self.oracle.now)
        for _ in range(2):  # a refund that was opened by itself has its id only then
            self._name_refunds()
            self.oracle.settle()

    def _learn_of(self, attempt: Attempt, fault: str) -> bool:
        """What WeChat did of itself to an attempt, as its book has it: only what was ordered can have happened. False when
        it may still come."""
        assert attempt.trade is not None
        if fault == "close-wins":
            if self._stands_open(attempt.id):
                return False
            self.oracle.check(attempt)
        if fault not in PAID_SIDEWAYS or attempt.trade.state == "SUCCESS":
            return True
        if self.pay.trades[attempt.id].state != "SUCCESS":
            return fault == "close-loses"
        [row] = self.rows("select state from payments where id = :id", id=attempt.id)
        if row["state"] == rules.SURPLUS:  # it was paid when all was over
            self.oracle.close(attempt.order)
        attempt.trade.state = "SUCCESS"
        self.oracle.told_paid(attempt, attempt.id, self.pay.trades[attempt.id].transaction_id or "")
        return True

    def _stands_open(self, payment_id: str) -> bool:
        return bool(self.rows("select id from payments where id = :id and state in ('asked', 'open')", id=payment_id))

    def _waits(self, turn: int) -> datetime | None:
        """Until when something waits that the shop or WeChat means to do by itself; None when nothing does."""
        moments = [_moment(row["at"]) for row in self.rows(
            "select send_at as at from refunds where state = 'asked'"
            " union all select next_at from shipping_uploads where state = 'due'")]
        moments += [_moment(row["at"]) + LOOKED_EVERY for row in self.rows(
            "select id, next_query_at as at from refunds where state = 'sent'") if self.oracle.theirs[row["id"]].state == "SUCCESS"]
        for attempt_id, fault in list(self.unsure.items()):
            if fault == "close-wins":
                moments += [_moment(row["at"]) + LOOKED_EVERY for row in self.rows(
                    "select next_query_at as at from payments where id = :id", id=attempt_id)]
            elif turn == 0:
                moments.append(self.stage.now() + timedelta(seconds=30))
            else:
                del self.unsure[attempt_id]  # what was ordered never came to pass
        return max(moments, default=None)

    def arm(self, name: str, **options: Any) -> None:
        """Have WeChat be faulty in this way."""
        self.armed.add(name)
        self.stage.phone.arm(name, **options)

    def disarm(self, *names: str) -> None:
        """What is still armed of these is forgotten."""
        for name in sorted(self.armed.intersection(names)):
            self.stage.phone.client.ask("DELETE", "/control/faults", params={"name": name})
        self.armed.difference_update(names)

    def move_past(self, at: datetime) -> None:
        """Move the clock past a moment, and past whatever deadlines lie near it."""
        at = max(at, self.stage.now())
        while near := [each for each in self._deadlines() if at - NEAR < each < at + ROOM]:
            at = max(near) + NEAR
        self.stage.move_to(at)

    def _deadlines(self) -> list[datetime]:
        """When something ends by itself, as far as the oracle knows."""
        found = []
        for order in self.oracle.orders:
            if order.state == rules.UNPAID:
                found.append(order.pay_before)
            if order.state == rules.SHIPPED and order.receipt_at is not None:
                found.append(order.receipt_at)
            if order.completed_at is not None:
                found.append(order.completed_at + timedelta(days=7))
        return found + [case.due for case in self.oracle.cases if case.state in ("asked", "approved", "returning")]

    def make_room(self) -> None:
        """No deadline is near when a burst begins."""
        now = self.stage.now()
        if any(now - NEAR < each < now + ROOM for each in self._deadlines()):
            self.move_past(now)
            self.rest([])

    def compare(self) -> None:
        """The whole shop, WeChat's books and the books checker."""
        wrong = self.differences()
        wrong += [f"{each.check} {dict(each.ids)}: {each.found}, not {each.expected}" for each in (
            *check_books(self.ctx(), waiting=False), *_wechat_book.compare(self.ctx(), self.stage.running))]
        if wrong:
            raise Violation("when all was at rest: " + "; ".join(wrong[:12]))


@dataclass
class _StageClock:
    stage: Stage

    @property
    def at(self) -> datetime:
        return self.stage.now()

    def now(self) -> datetime:
        return self.stage.now()


TAPPING = {"callback-lost": 6, "callback-delayed": 5, "callback-duplicated": 5, "callback-signtest": 1,
           "callback-unknown-field": 1, "close-wins": 4, "prepay-expired": 3}
"""What may go wrong around a tap, by how often. (A notification that never fits is told again for a day: see `torture`.)"""
TAP_OPTIONS: dict[str, dict[str, Any]] = {"callback-delayed": {"seconds": 20}, "callback-duplicated": {"count": 6}}
TAPS_DECLINED = {("close-wins", "ORDER_CLOSED"), ("prepay-expired", "PREPAY_EXPIRED")}


def _one_of(*states: str) -> Callable[[Any], Any]:
    """Read as right whatever stands among these: the same request may find a later state when it is repeated."""
    return lambda got: None if got in states else got


def _code(answer: Any) -> str:
    return str(getattr(answer, "code", ""))


def _moment(at: Any) -> datetime:
    """A time of the database; SQLite has texts of UTC."""
    found = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
