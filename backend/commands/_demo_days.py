"""Plays the demo shop's sixty days: its members shop through the public API and pay through wxsim, at past times."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from zlib import crc32

from backend.commands._client import Declined
from backend.commands._demo_after import on_duty, play_objections, play_reviews
from backend.commands._demo_points import Counter
from backend.commands._shopper import Shopper
from backend.commands._stage import Stage
from backend.demo.orders import plan_days
from backend.demo.people import Person, people
from backend.demo.planned import DayPlan, PlannedOrder, Step, steps
from backend.fulfilment.refusals import NOTHING_TO_SHIP
from backend.infra.clock import real_now
from backend.infra.once import KEPT, ClientKey
from backend.kernel.calendar import business_day
from backend.kernel.errors import Refused
from backend.orders.refusals import NOT_NOW
from backend.queries.demo import demo_progress
from backend.usecases.hand_over import hand_over
from backend.usecases.mark_ready import mark_ready
from backend.usecases.note_demo import note_demo
from backend.usecases.refund_order import refund_order
from backend.usecases.ship_order import ship_order

COURIERS = ("SF", "ZTO", "YTO")
TIME_TO_ARRIVE = timedelta(days=13)
REMEMBERED = KEPT - timedelta(days=3)
"""Of what was placed before, the shop has forgotten the key: placing it again would be another order."""
SAVE_EVERY = 100
"""Steps between two places from which a later start can go on."""


class Days:
    """The demo's members and how far their shopping has come; the mark in the database remembers it over a crash."""

    def __init__(self, stage: Stage, sku_ids: dict[str, str], counters: dict[str, Counter], last: date,
                 say: Callable[[str], None]) -> None:
        self.stage, self.sku_ids, self.counters, self.last, self.say = stage, sku_ids, counters, last, say
        self.people: dict[str, Person] = {person.key: person for person in people()}
        self.shoppers: dict[str, Shopper] = {}
        self.addresses: dict[tuple[str, int], str] = {}
        self.orders: dict[str, str] = {}
        self.closing: list[datetime] = []
        """When the orders close that nobody pays or cancels, the next one first."""

    def play(self, plan: Sequence[DayPlan], done: int) -> None:
        """Do every step up to now after the first `done`. Each is safe to do again while the shop remembers its key."""
        until = real_now()
        todo = steps(plan, until)
        for position, step in enumerate(todo):
            if position < done:
                if step.kind == "place" and step.at > until - REMEMBERED:
                    self._do(step, again=True)
                continue
            self._move_to(step.at)
            if position % SAVE_EVERY == 0:
                self._save(position, len(todo))
            self._do(step, again=False)
        self._move_to(until)
        self._arrive(plan, until)
        if done < len(todo):
            play_objections(self.stage, self._bought(todo))
            play_reviews(self.stage, self._had_for_a_while(todo))
        self._save(len(todo), len(todo), done=True)

    def _arrive(self, plan: Sequence[DayPlan], now: datetime) -> None:
        """What was paid before yesterday's evening and waits has arrived at its point."""
        arrived = business_day(now) - timedelta(days=1)
        for key, counter in self.counters.items():
            waiting = [self.orders[order.key] for day in plan if day.day <= arrived for order in day.orders
                       if order.point == key and order.paid_at and (order.fetched_at is None or order.fetched_at > now)
                       and order.key in self.orders]
            mark_ready(self.stage.ctx(counter.clerk), order_ids=waiting[-100:])

    def _bought(self, todo: Sequence[Step]) -> Iterator[tuple[Shopper, str]]:
        """Paid orders, the newest first, one of each member; whoever refunded something has objected already."""
        seen: set[str] = set()
        for step in reversed(todo):
            if step.kind == "pay" and step.order.refund is None and step.order.member not in seen and self._known(step):
                seen.add(step.order.member)
                yield self.shoppers[step.order.member], self.orders[step.order.key]

    def _had_for_a_while(self, todo: Sequence[Step]) -> Iterator[tuple[Shopper, str]]:
        """Paid orders that must have arrived by now, the newest first."""
        for step in reversed(todo):
            arrived = step.at < self.stage.now() - TIME_TO_ARRIVE
            if step.kind == "pay" and step.order.refund is None and arrived and self._known(step):
                yield self.shoppers[step.order.member], self.orders[step.order.key]

    def _known(self, step: Step) -> bool:
        """Whether this run knows the order's id; one that went on from a later day does not know the oldest."""
        return step.order.key in self.orders

    def _move_to(self, at: datetime) -> None:
        """Move on, with a stop wherever an order closes by itself, so that it closes at its time."""
        while self.closing and self.closing[0] <= at:
            self.stage.move_to(heappop(self.closing))
            self.stage.settle()
        self.stage.move_to(at)

    def _save(self, position: int, of: int, *, done: bool = False) -> None:
        self.stage.settle()
        note_demo(self.stage.ctx(), last=self.last, steps=position, done=done)
        self.say(f"orders up to {self.stage.now():%Y-%m-%d}, {position * 100 // max(of, 1)} %")

    def _do(self, step: Step, again: bool) -> None:
        order = step.order
        try:
            {"place": self._place, "pay": self._pay, "cancel": self._cancel, "refund": self._refund,
             "fetch": self._fetch, "ship": self._ship}[step.kind](order)
        except Declined:
            if not again and step.kind == "place":
                raise

    def _shopper(self, key: str) -> Shopper:
        """Somebody with a phone; at first with their profile and addresses."""
        if key not in self.shoppers:
            person = self.people[key]
            shopper = self.shoppers[key] = Shopper(self.stage.shop, self.stage.phone, key, self.stage.now)
            shopper.log_in()
            shopper.ask("PATCH", "/me", {"nickname": person.nickname, "gender": person.gender,
                                         "birthday": person.birthday.isoformat()})
            shopper.ask("PUT", "/me/phone", lambda: {"code": self.stage.phone.phone_code(key, person.phone)})
            for number, address in enumerate(person.addresses):
                self.addresses[key, number] = shopper.add_address(
                    {"name": person.name, "phone": person.phone, "region_code": address.region_code, "detail": address.detail,
                     "is_default": number == 0}, key=f"demo-{key}-address-{number}")
        return self.shoppers[key]

    def _place(self, order: PlannedOrder) -> None:
        shopper = self._shopper(order.member)
        items = [(self.sku_ids[line.sku], line.quantity) for line in order.lines]
        point_id = self.counters[order.point].point_id if order.point else None
        self.orders[order.key] = shopper.place(
            self.addresses[order.member, order.address], shopper.preview(items, point_id=point_id)["total_fen"], items,
            remark=order.remark, point_id=point_id, key=f"demo-{order.key}-place")["id"]
        if order.paid_at is None and order.cancelled_at is None:
            heappush(self.closing, self.stage.now() + timedelta(minutes=self.stage.ctx().shop.payment_minutes, seconds=1))

    def _pay(self, order: PlannedOrder) -> None:
        self.shoppers[order.member].pay(self.orders[order.key], key=f"demo-{order.key}-pay")

    def _cancel(self, order: PlannedOrder) -> None:
        self.shoppers[order.member].cancel(self.orders[order.key], "不想要了", key=f"demo-{order.key}-cancel")

    def _fetch(self, order: PlannedOrder) -> None:
        """The shopper shows their code at the point, and its staff hand over."""
        assert order.point is not None
        pickup = self.shoppers[order.member].order(self.orders[order.key])["pickup"]
        if pickup["code"] is not None:
            hand_over(self.stage.ctx(self.counters[order.point].clerk), code=pickup["code"],
                      key=ClientKey(f"demo-{order.key}-fetch", "demo"))

    def _ship(self, order: PlannedOrder) -> None:
        """What is left of the order goes with the courier; what was refunded meanwhile stays."""
        try:
            ship_order(self.stage.ctx(on_duty(self.stage, "orders")), order_id=self.orders[order.key],
                       courier=COURIERS[order.address % len(COURIERS)], tracking_number=f"{crc32(order.key.encode()):012d}",
                       key=ClientKey(f"demo-{order.key}-ship", "demo"))
        except Refused as refused:
            if refused.code not in (NOTHING_TO_SHIP.code, NOT_NOW.code):
                raise

    def _refund(self, order: PlannedOrder) -> None:
        assert order.refund is not None
        order_id = self.orders[order.key]
        lines = None
        if order.refund.lines:
            by_code = {line["sku_code"]: line["id"] for line in self.shoppers[order.member].order(order_id)["lines"]}
            lines = [(by_code[line.sku], line.quantity) for line in order.refund.lines]
        refund_order(self.stage.ctx(on_duty(self.stage, "finance")), order_id=order_id, lines=lines, reason=order.refund.reason,
                     key=ClientKey(f"demo-{order.key}-refund", "demo"))
        self.stage.settle()


def load_days(stage: Stage, sku_ids: dict[str, str], counters: dict[str, Counter], days: int,
              say: Callable[[str], None]) -> None:
    """Play all days that are not played yet, by the plan that was begun."""
    before = demo_progress(stage.ctx())
    last = date.fromisoformat(before["last"]) if before else business_day(real_now())
    Days(stage, sku_ids, counters, last, say).play(plan_days(last, days), before.get("steps", 0))
