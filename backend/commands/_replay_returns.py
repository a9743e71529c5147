"""The returns of a replay: each row is decided whole, what comes back is refunded by a staff call and waited for."""

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from backend.commands._replay_log import Entry
from backend.commands._shopper import Shopper
from backend.commands._stage import Stage
from backend.infra.clock import ticks
from backend.infra.once import ClientKey
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Kind, Refused
from backend.queries.orders import bought_lines
from backend.queries.refunds import refunds_standing
from backend.usecases.refund_order import refund_order

STAFF = staff("stf_replay", EVERYTHING)
NOT_BOUGHT_HERE = "not_bought_here"
REFUND_SECONDS = 120.0
BUSY_SECONDS = 60.0

Part = tuple[str, str, int]
"""(order id, order line id, pieces)"""


class Wrong(Exception):
    """The shop did something else than the log and its own prices demand."""


class Returns:
    """Goods that come back to a running shop, in one run of a replay."""

    def __init__(self, stage: Stage, run: str) -> None:
        self.stage, self.run = stage, run
        self._underway: set[str] = set()
        self._asked_fen: dict[str, int] = defaultdict(int)

    def take_back(self, entry: Entry, member_id: str, rows: Sequence[tuple[str | None, int]],
                  bought: Sequence[str]) -> Counter[str]:
        """Ask for the refunds of one return, one for each order that it takes goods from; refused rows by code.

        `rows` [(sku id or None, pieces)] are decided in file order, each whole: from the newest of the `bought` orders
        (oldest first) that have any left, or refused.
        """
        taken: dict[str, Counter[str]] = {}
        refused = Counter[str]()
        for sku_id, count in rows:
            parts = self._find(member_id, sku_id, count, bought, taken) if sku_id else None
            if parts is None:
                refused[NOT_BOUGHT_HERE] += 1
                continue
            for order_id, line_id, quantity in parts:
                taken.setdefault(order_id, Counter())[line_id] += quantity
        for order_id, lines in taken.items():
            refund = self._ask(entry, order_id, sorted(lines.items()))
            self._underway.add(refund["refund_id"])
            self._asked_fen[order_id] += refund["amount_fen"]
        return refused

    def _find(self, member_id: str, sku_id: str, count: int, bought: Sequence[str],
              taken: dict[str, Counter[str]]) -> list[Part] | None:
        """Whence `count` pieces come back, newest order first; None when fewer are left."""
        ages = {order_id: age for age, order_id in enumerate(reversed(bought))}
        if not ages:
            return None
        parts = []
        lines = self._bought(member_id, sku_id)
        for line in sorted((line for line in lines if line.order_id in ages), key=lambda line: ages[line.order_id]):
            left = line.quantity - line.refund_qty - taken.get(line.order_id, Counter())[line.id]
            if left > 0 and count > 0:
                parts.append((line.order_id, line.id, min(left, count)))
                count -= min(left, count)
        return parts if count == 0 else None

    def _bought(self, member_id: str, sku_id: str) -> list[Any]:
        """All lines of a SKU that have something left, page by page."""
        lines: list[Any] = []
        while page := bought_lines(self.stage.ctx(STAFF), member_id=member_id, sku_id=sku_id,
                                   after=lines[-1].order_id if lines else None):
            lines += page
        return lines

    def _ask(self, entry: Entry, order_id: str, lines: list[tuple[str, int]]) -> dict[str, Any]:
        """The staff's call, again with the same key while the shop is busy."""
        key = f"{self.run}-return-{entry.place}-{order_id}", hashlib.sha256(repr(lines).encode()).hexdigest()
        give_up_at = ticks() + BUSY_SECONDS
        while True:
            try:
                return refund_order(self.stage.ctx(STAFF), order_id=order_id, lines=lines,
                                    reason=f"退货 {entry.number}", key=ClientKey(*key))
            except Refused as refused:
                if refused.kind != Kind.UNAVAILABLE or ticks() > give_up_at:
                    raise
                time.sleep(0.2)

    def confirm(self) -> None:
        """Wait until all that was asked for has arrived. Refunds that must keep WeChat's gap get it from the clock.

        Unsettled after two minutes; Wrong when WeChat would not give the money back.
        """
        if self._underway:
            self.stage.wait(self._all_arrived, "a refund", REFUND_SECONDS)

    def _all_arrived(self) -> bool:
        standing = refunds_standing(self.stage.ctx(STAFF), refund_ids=self._underway)
        for refund in standing:
            if refund.state in ("abnormal", "closed"):
                raise Wrong(f"refund {refund.id} is {refund.state}: {refund.problem}")
        self._underway = {refund.id for refund in standing if refund.state != "succeeded"}
        gaps = [refund.send_at for refund in standing if refund.state == "asked" and refund.send_at > self.stage.now()]
        if gaps and len(gaps) == len(self._underway):
            self.stage.move_to(min(gaps))
        return not self._underway

    def returned_fen(self, shopper: Shopper, bought: Sequence[str]) -> int:
        """What the shop says went back of these orders; Wrong when that is not what was asked for."""
        returned_fen = 0
        for order_id in bought:
            if order_id in self._asked_fen:
                order = shopper.order(order_id)
                if order["refunded_fen"] != self._asked_fen[order_id]:
                    raise Wrong(f"order {order['number']}: {self._asked_fen[order_id]} fen were to go back, "
                                f"{order['refunded_fen']} went")
                returned_fen += order["refunded_fen"]
        return returned_fen
