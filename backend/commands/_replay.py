"""Plays an order log on a running shop as its customers would, each order and return at its own time of day."""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from backend.catalog.refusals import SKU_UNKNOWN
from backend.commands._client import Declined, new_key
from backend.commands._replay_log import Entry, Moment
from backend.commands._replay_returns import Returns, Wrong
from backend.commands._shopper import Shopper, sku_ids
from backend.commands._stage import Stage
from backend.kernel.calendar import at_china_time, business_day

REFUSALS = (409, 422)
"""Statuses of a no that belongs to the order; any other is a fault and ends the replay."""
REGION = "330106"


@dataclass(slots=True)
class Totals:
    """What was played, in fen; `lines` are the rows of the order file, `refused` rows (of both files) by code."""

    orders: int = 0
    lines: int = 0
    goods_fen: int = 0
    freight_fen: int = 0
    paid_fen: int = 0
    refunded_fen: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"refused": dict(sorted(self.refused.items()))}


@dataclass(slots=True)
class Customer:
    """A customer of the log: who plays them, their address, and the orders of this run, oldest first."""

    shopper: Shopper
    address_id: str = ""
    bought: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Played:
    """What became of an order of the log: the order as it was paid (None: refused whole), and the refused rows."""

    order: dict[str, Any] | None
    refused: Counter[str]


class Replay:
    """One run. Its keys are its own, so a second run of the same log on the same shop places everything again."""

    def __init__(self, stage: Stage, workers: int) -> None:
        self.stage, self.workers = stage, workers
        self.run = new_key()[:12]
        self.skus = sku_ids(stage.shop)
        self.totals = Totals()
        self._customers: dict[str, Customer] = {}
        self._returns = Returns(stage, self.run)

    def play(self, log: list[Moment], advance: Callable[[int], None]) -> Totals:
        """All of `log`, its first day being tomorrow on the shop's clock; ends when nothing is left to do.

        Wrong, Unsettled, NotPaid, Unanswered, or a Refused that is no business of the log, when the shop fails.
        """
        shift = business_day(self.stage.now()) + timedelta(days=1) - log[0].at.date() if log else timedelta()
        with ThreadPoolExecutor(self.workers, "replay") as pool:
            for moment in log:
                self._returns.confirm()
                self.stage.move_to(at_china_time(moment.at.date() + shift, moment.at.time()))
                for orders in pool.map(self._play_orders, self._by_customer(moment.orders)):
                    for played in orders:
                        self._count(played)
                        advance(1)
                for entry in moment.returns:
                    self._play_return(entry)
                    advance(1)
        self._returns.confirm()
        self.stage.settle()
        self.totals.refunded_fen = sum(
            self._returns.returned_fen(customer.shopper, customer.bought) for customer in self._customers.values())
        return self.totals

    def _by_customer(self, orders: Iterable[Entry]) -> list[tuple[Customer, list[Entry]]]:
        """Orders of one moment may be placed side by side, those of one customer one after the other."""
        groups: dict[str, list[Entry]] = {}
        for entry in orders:
            groups.setdefault(entry.customer, []).append(entry)
        return [(self._customer(name), entries) for name, entries in groups.items()]

    def _customer(self, name: str) -> Customer:
        if name not in self._customers:
            self._customers[name] = Customer(self.stage.shopper(f"customer {name}"))
        return self._customers[name]

    def _play_orders(self, task: tuple[Customer, list[Entry]]) -> list[Played]:
        customer, entries = task
        if not customer.address_id:
            customer.address_id = self._settle_in(customer.shopper)
        return [self._play_order(customer, entry) for entry in entries]

    def _settle_in(self, shopper: Shopper) -> str:
        """The first time: log in, and see to an address."""
        shopper.log_in()
        known = shopper.addresses()
        if known:
            return known[0]["id"]
        number = zlib.crc32(shopper.name.encode())
        return shopper.add_address({
            "name": shopper.name[:30], "phone": f"138{number % 10**8:08d}", "region_code": REGION,
            "detail": f"文三路 {number % 999 + 1} 号", "is_default": True}, key=f"{self.run}-address-{number}")

    def _play_order(self, customer: Customer, entry: Entry) -> Played:
        shopper, refused = customer.shopper, Counter[str]()
        rows, wanted = Counter[str](), Counter[str]()
        for code, count in entry.rows:
            if code in self.skus:
                rows[self.skus[code]] += 1
                wanted[self.skus[code]] += count
            else:
                refused[SKU_UNKNOWN.code] += 1
        try:
            total_fen = self._fill_cart(customer, wanted, rows, refused)
            if total_fen is None:
                return Played(None, refused)
            placed = shopper.place(customer.address_id, total_fen, key=f"{self.run}-place-{entry.place}")
        except Declined as no:
            if no.status not in REFUSALS:
                raise
            refused[no.code] += sum(rows.values())
            return Played(None, refused)
        order = shopper.pay(placed["id"], key=f"{self.run}-pay-{entry.place}")
        if not order["paid_fen"] == order["goods_fen"] + order["freight_fen"] == total_fen:
            amounts = {name: order[f"{name}_fen"] for name in ("goods", "freight", "paid")}
            raise Wrong(f"order {entry.number}: {total_fen} fen were shown, and now it is {amounts}")
        customer.bought.append(order["id"])
        return Played(order, refused)

    @staticmethod
    def _fill_cart(customer: Customer, wanted: Counter[str], rows: Counter[str], refused: Counter[str]) -> int | None:
        """The total that is shown, after what cannot be bought was taken out and counted; None: nothing is left."""
        while wanted:
            invalid = customer.shopper.put_cart(list(wanted.items()))["invalid"]
            if not invalid:
                return customer.shopper.preview(address_id=customer.address_id)["total_fen"]
            for line in invalid:
                refused[line["why"]["code"]] += rows.pop(line["sku_id"])
                del wanted[line["sku_id"]]
        return None

    def _count(self, played: Played) -> None:
        self.totals.refused += played.refused
        if played.order is not None:
            self.totals.orders += 1
            self.totals.goods_fen += played.order["goods_fen"]
            self.totals.freight_fen += played.order["freight_fen"]
            self.totals.paid_fen += played.order["paid_fen"]

    def _play_return(self, entry: Entry) -> None:
        customer = self._customers.get(entry.customer)
        rows = [(self.skus.get(code), count) for code, count in entry.rows]
        member_id, bought = (customer.shopper.member_id, customer.bought) if customer else ("", [])
        self.totals.refused += self._returns.take_back(entry, member_id, rows, bought)
