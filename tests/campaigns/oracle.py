"""The oracle: what must become of everything that is done to a shop, in plain Python, without SQL.

It imports nothing of the backend (test_random.py asserts it) and is written from what the rules say of themselves – docstrings of
use cases, states and domain packages, DESIGN, the reference – never from how they are carried out. It knows the shop, WeChat's own
books and the ledger. Every method is an operation: it returns what the operation must answer, or raises `No` with every code that
may refuse it now; then nothing has changed. It is one file, longer than others, because nothing of it may lean on the house.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

RECEIPT_AFTER = timedelta(days=10)
REFUND_GAP = timedelta(seconds=61)
SHORT_OF_MONEY = timedelta(minutes=10)
MOST_REFUNDS, MOST_PARCELS = 50, 15
MOST_QUANTITY = 999_999
MOST_PRICE = 10**9
LARGEST_ORDER = 10**9

BOUNDS = {"payment_minutes": (1, 24 * 60), "unpaid_orders_limit": (1, 100), "freight_fen": (0, 100_000),
          "free_freight_from_fen": (0, 10_000_000)}
"""Between what a merchant may set a rule of the shop."""

UNPAID, CLOSING, CLOSED, PAID, SHIPPED, COMPLETED, REFUNDED = (
    "unpaid", "closing", "closed", "paid", "shipped", "completed", "refunded")
PAID_ONCE = (PAID, SHIPPED, COMPLETED, REFUNDED)
ASKED, OPEN, SUCCEEDED, SURPLUS = "asked", "open", "succeeded", "surplus"
SENT, ABNORMAL = "sent", "abnormal"
ENDS = {"SUCCESS": SUCCEEDED, "ABNORMAL": ABNORMAL, "CLOSED": CLOSED}
"""What WeChat's word on a refund makes of it."""


class No(Exception):
    """Refused; `codes` are all that apply: the rules do not say which of them is told."""

    def __init__(self, *codes: str) -> None:
        super().__init__(" or ".join(sorted(codes)))
        self.codes = frozenset(codes)


class Unknown(Exception):
    """Nobody can say whether it was done: it must be tried again."""


@dataclass(eq=False)
class Goods:
    """A product with one SKU."""

    name: str
    price: int
    on_hand: int
    reserved: int = 0
    on_shelf: bool = True

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(eq=False)
class Line:
    """`refund_*` count what was asked for and did not fail; `released` units were given free before they left, `shipped` left;
    of the refunded ones `refund_shipped` had left, `returned` of these are back, `restocked` lie on the shelf again."""

    goods: Goods
    quantity: int
    payable: int
    discount: int = 0
    released: int = 0
    shipped: int = 0
    refund_qty: int = 0
    refund_fen: int = 0
    refund_shipped: int = 0
    returned: int = 0
    restocked: int = 0
    waived: int = 0

    def worth(self, quantity: int) -> int:
        """What `quantity` of the units left are worth.

        In all ⌊payable × units given back / quantity⌋, at any moment. Money that was given ahead of its units is shared by all
        units left, rounded in favour of whoever gets the rest, and never is it more than what is left.
        """
        so_far, then = (self.payable * units // self.quantity for units in (self.refund_qty, self.refund_qty + quantity))
        given = self.refund_fen + self.waived
        if given <= so_far:
            return then - given
        share = (given - so_far) * quantity // (self.quantity - self.refund_qty)
        return min(then - so_far - share, self.payable - given)

    @property
    def held(self) -> int:
        return self.quantity - self.released - self.shipped

    @property
    def left_stayed(self) -> int:
        """Units not refunded that did not leave."""
        return self.quantity - self.shipped - (self.refund_qty - self.refund_shipped)

    @property
    def left_gone(self) -> int:
        """Units not refunded that left."""
        return self.shipped - self.refund_shipped

    def left(self, shipped: bool | None) -> int:
        return self.left_stayed + self.left_gone if shipped is None else self.left_gone if shipped else self.left_stayed


@dataclass(eq=False)
class Trade:
    """WeChat's book of an attempt."""

    fen: int
    expires: datetime
    state: str = "NOTPAY"

    def payable(self, now: datetime) -> bool:
        return self.state == "NOTPAY" and now < self.expires

    def look(self, now: datetime) -> str:
        """How it stands: what can be paid no more is closed."""
        if self.state == "NOTPAY" and now >= self.expires:
            self.state = "CLOSED"
        return self.state


@dataclass(eq=False)
class Attempt:
    """An attempt to pay; `trade` is None until WeChat knows it."""

    order: "Order"
    fen: int
    expires: datetime
    id: str = ""
    state: str = ASKED
    trade: Trade | None = None
    applied: bool = False
    refund_fen: int = 0
    refunds: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in (ASKED, OPEN)


@dataclass(frozen=True)
class Part:
    """What a refund gives back of a line."""

    line: Line
    quantity: int
    fen: int
    had_left: int
    returned: int
    waived: int = 0


@dataclass(eq=False)
class Refund:
    """A refund; `wechat` is how it stands in WeChat's book, empty until it got there."""

    attempt: Attempt
    kind: str
    fen: int
    goods_fen: int
    freight_fen: int
    send_at: datetime
    parts: tuple[Part, ...] = ()
    id: str = ""
    state: str = ASKED
    wechat: str = ""
    sent_at: datetime | None = None

    @property
    def order(self) -> "Order":
        return self.attempt.order


@dataclass(eq=False)
class Order:
    """An order; `path` is every state that it has been in."""

    member: str
    lines: list[Line]
    freight: int
    pay_before: datetime
    fetched: bool = False
    id: str = ""
    line_ids: list[str] = field(default_factory=list)
    path: list[str] = field(default_factory=lambda: [UNPAID])
    paid: int = 0
    refunded: int = 0
    freight_refund: int = 0
    shipped_at: datetime | None = None
    receipt_at: datetime | None = None
    completed_at: datetime | None = None
    parcels: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.path[-1]

    @property
    def total(self) -> int:
        return sum(line.payable for line in self.lines) + self.freight

    @property
    def open_attempt(self) -> Attempt | None:
        return next((each for each in self.attempts if each.is_open), None)

    @property
    def applied(self) -> Attempt | None:
        return next((each for each in self.attempts if each.state == SUCCEEDED), None)

    @property
    def held(self) -> int:
        return sum(line.held for line in self.lines)

    @property
    def shipped(self) -> int:
        return sum(line.shipped for line in self.lines)


@dataclass
class Oracle:
    """The whole shop as it must be; `now` is moved by whoever drives it."""

    now: datetime
    goods: list[Goods] = field(default_factory=list)
    carts: dict[str, dict[str, tuple[Goods, int, bool]]] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    balances: dict[str, int] = field(default_factory=dict)
    aside: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    """News that did not fit: (kind, number, transaction) → whether a person must look."""
    rules: dict[str, int] = field(default_factory=lambda: {
        "payment_minutes": 15, "unpaid_orders_limit": 5, "freight_fen": 800, "free_freight_from_fen": 8800})

    # The shopper

    def put(self, member: str, goods: Goods | None, quantity: int, selected: bool) -> None:
        """A line of the cart says so from now on; an existing one keeps its place."""
        codes = set()
        if not 1 <= quantity <= MOST_QUANTITY:
            codes.add("cart_quantity")
        if goods is None:
            codes.add("unknown_skus")
        if goods is None or codes:
            raise No(*codes)
        self.carts.setdefault(member, {})[goods.name] = (goods, quantity, selected)

    def drop(self, member: str, goods: Goods) -> None:
        self.carts.get(member, {}).pop(goods.name, None)

    def place(self, member: str, own_address: bool, items: Sequence[tuple[Goods | None, int]] | None, shown: int,
              point: bool | None = None) -> Order:
        """Place an order of these, or of what is selected in the cart: all that is available, or nothing. `point`: it is fetched
        at a pick-up point, which is there or not; None: a courier brings it."""
        cart = self.carts.get(member, {})
        chosen = [(goods, quantity) for goods, quantity, selected in cart.values() if selected] if items is None else items
        codes = set()
        if sum(order.member == member and order.state == UNPAID for order in self.orders) >= self.rules["unpaid_orders_limit"]:
            codes.add("too_many_unpaid_orders")
        if not own_address:
            codes.add("address_not_found")
        if point is False:
            codes.add("pickup_point_not_found")
        wanted: dict[str, tuple[Goods | None, int]] = {}
        for goods, quantity in chosen:
            name = goods.name if goods else "?"
            wanted[name] = (goods, wanted.get(name, (goods, 0))[1] + quantity)
        if not chosen:
            codes.add("nothing_to_order")
        if any(not 1 <= quantity <= MOST_QUANTITY for _, quantity in [*chosen, *wanted.values()]):
            codes.add("quantity")
        elif any(goods is None or not goods.on_shelf for goods, _ in wanted.values()):
            codes.add("not_for_sale")
        elif chosen:
            codes |= self._why_not_at(shown, wanted, point is not None)
        if codes:
            raise No(*codes)
        lines = [Line(goods, quantity, goods.price * quantity) for goods, quantity in wanted.values() if goods]
        for line in lines:
            line.goods.reserved += line.quantity
            cart.pop(line.goods.name, None)
        freight = self._freight(sum(line.payable for line in lines), point is not None)
        order = Order(member, lines, freight, self.now + timedelta(minutes=self.rules["payment_minutes"]), point is not None)
        self.orders.append(order)
        return order

    def _why_not_at(self, shown: int, wanted: dict[str, tuple[Goods | None, int]], fetched: bool) -> set[str]:
        codes = set()
        known = [(goods, quantity) for goods, quantity in wanted.values() if goods]
        amount = sum(goods.price * quantity for goods, quantity in known)
        total = amount + self._freight(amount, fetched)
        if total > LARGEST_ORDER:
            codes.add("order_too_large")
        if total != shown:
            codes.add("total_moved")
        if any(quantity > goods.available for goods, quantity in known):
            codes.add("out_of_stock")
        return codes

    def shown(self, chosen: Sequence[tuple[Goods, int]], fetched: bool = False) -> int:
        """What a shopper is shown for these."""
        amount = sum(goods.price * quantity for goods, quantity in chosen)
        return amount + self._freight(amount, fetched)

    def _freight(self, goods_fen: int, fetched: bool) -> int:
        """By the rules of this moment; what is fetched costs none."""
        return 0 if fetched or goods_fen >= self.rules["free_freight_from_fen"] else self.rules["freight_fen"]

    def begin(self, member: str, order: Order, fault: str = "") -> Attempt:
        """Start paying: one open attempt, known to WeChat. `fault`: "lost before", "lost after", or "refused" at WeChat."""
        if order.member != member:
            raise No("not_found")
        if order.state in PAID_ONCE:
            raise No("already_paid")
        if order.state != UNPAID:
            raise No("not_allowed_now")
        if order.pay_before <= self.now:
            raise No("pay_time_over")
        attempt = order.open_attempt
        if attempt is None:
            attempt = Attempt(order, order.total, max(order.pay_before, self.now + timedelta(minutes=1)))
            order.attempts.append(attempt)
        if attempt.state == OPEN:
            return attempt
        if fault == "lost before":
            raise No("wechat_busy")
        if fault == "refused":
            attempt.state = CLOSED
            raise No("payment_refused")
        if fault == "lost after":
            attempt.trade = attempt.trade or Trade(attempt.fen, attempt.expires)
            raise No("wechat_busy")
        if attempt.trade is not None and attempt.trade.state == "SUCCESS":
            self._apply(attempt)
            raise No("already_paid")
        if attempt.trade is not None and attempt.trade.look(self.now) == "CLOSED":
            attempt.state = CLOSED
            raise No("payment_refused")
        attempt.trade = attempt.trade or Trade(attempt.fen, attempt.expires)
        attempt.state = OPEN
        return attempt

    def cancel(self, member: str, order: Order) -> str:
        """Nothing can be paid from now on; closed at once when no attempt was begun, else when WeChat has agreed."""
        if order.member != member:
            raise No("not_found")
        if order.state in (CLOSING, CLOSED):
            return order.state
        if order.state != UNPAID:
            raise No("not_allowed_now")
        order.path.append(CLOSING)
        if order.open_attempt is None:
            self._end(order)
        return order.state

    def received(self, member: str, order: Order) -> str:
        """The shopper says that the goods came."""
        if order.member != member:
            raise No("not_found")
        if order.state not in (SHIPPED, COMPLETED):
            raise No("not_allowed_now")
        if order.state == SHIPPED:
            self._complete(order)
        return COMPLETED

    # Staff

    def change_rules(self, values: dict[str, int]) -> None:
        """Set rules of the shop, all or none; what was placed before keeps its own."""
        if any(not BOUNDS[name][0] <= value <= BOUNDS[name][1] for name, value in values.items()):
            raise No("rule_out_of_bounds")
        self.rules |= values

    def reprice(self, goods: Goods, price: int) -> None:
        if not 0 < price <= MOST_PRICE:
            raise No("price")
        goods.price = price

    def shelve(self, goods: Goods, on_shelf: bool) -> None:
        goods.on_shelf = on_shelf

    def adjust(self, goods: Goods, change: int) -> None:
        """Goods came or went; what is promised to orders cannot be taken away."""
        if change == 0:
            raise No("stock_out_of_bounds")
        if goods.on_hand + change < goods.reserved:
            raise No("below_reserved")
        goods.on_hand += change

    def reduce(self, order: Order, off_goods: int, off_freight: int, fault: str = "") -> int:
        """Lower the price of an unpaid order. Never are two prices payable: an attempt is closed at WeChat first, and when
        WeChat has it paid, that counts. `fault` as in `close`."""
        if order.state != UNPAID:
            raise No("not_allowed_now")
        goods_fen = sum(line.payable for line in order.lines)
        if not (0 <= off_goods <= goods_fen and 0 <= off_freight <= order.freight and off_goods + off_freight >= 1
                and order.total - off_goods - off_freight >= 1):
            raise No("price_change")
        attempt = order.open_attempt
        if attempt is not None:
            try:
                paid = self._close_at_wechat(attempt, fault)
            except Unknown:
                raise No("wechat_busy") from None
            if paid:
                self._apply(attempt)
                raise No("not_allowed_now")
            attempt.state = CLOSED
        for line, part in zip(order.lines, _shares(off_goods, [line.payable for line in order.lines]), strict=True):
            line.payable -= part
            line.discount += part
        order.freight -= off_freight
        return order.total

    def ship(self, order: Order, number: str, wanted: Sequence[tuple[Line | None, int]] | None) -> str:
        """One parcel of what is held; returns the order's state. Once nothing is held any more it is shipped."""
        codes = {"not_by_courier"} if order.fetched else set()
        if order.state != PAID:
            raise No("not_allowed_now", *codes)
        disputed = self.disputed(order)
        free = {line: max(line.held - disputed.get(line, 0), 0) for line in order.lines}
        if not any(free.values()):
            codes.add("goods_in_case" if order.held else "nothing_to_ship")
        packed = [(line, quantity) for line, quantity in free.items() if quantity] if wanted is None else wanted
        if not packed:
            codes.add("nothing_to_ship")
        seen = set()
        for line, quantity in packed:
            if line is None or line not in order.lines or line in seen:
                codes.add("ship_line")
            elif quantity < 1:
                codes.add("ship_quantity")
            elif quantity > free[line]:
                codes.add("ship_too_much")
            seen.add(line)
        if number in order.parcels:
            codes.add("parcel_known")
        elif len(order.parcels) >= MOST_PARCELS:
            codes.add("too_many_parcels")
        if codes:
            raise No(*codes)
        for line, quantity in packed:
            assert line is not None
            line.shipped += quantity
            line.goods.on_hand -= quantity
            line.goods.reserved -= quantity
        order.parcels.append(number)
        self._goods_left(order)
        self._move_on(order)
        return order.state

    def refund(self, order: Order, wanted: Sequence[tuple[Line | None, int]] | None, freight: int | None, shipped: bool | None,
               restock: bool) -> Refund:
        """Ask for a refund. A line's refunds are worth ⌊payable × units given back / quantity⌋ in all, at any moment.

        Those that have not left go first unless `shipped` says otherwise; they are free for others from now on. Those that have
        are on the shelf again only with `restock`. When the last fen goes back all that has not left goes with it.
        """
        if order.state not in (PAID, SHIPPED, COMPLETED):
            raise No("not_allowed_now")
        if freight is None:
            freight = order.freight - order.freight_refund if wanted is None else 0
        chosen = [(line, line.left(shipped)) for line in order.lines if line.left(shipped)] if wanted is None else wanted
        codes, parts, seen = set(), [], set()
        if self.disputed(order).keys() & (set(order.lines) if wanted is None else {line for line, _ in chosen}):
            codes.add("aftersale_open")
        for line, quantity in chosen:
            if line is None or line not in order.lines or line in seen:
                codes.add("line_not_in_order")
                continue
            seen.add(line)
            if quantity < 1:
                codes.add("nothing_to_refund")
            elif quantity > line.left(shipped):
                codes.add("refund_too_much")
            else:
                gone = quantity if shipped else max(quantity - line.left_stayed, 0)
                parts.append(Part(line, quantity, line.worth(quantity), gone, gone if restock else 0))
        if freight < 0 or (sum(part.fen for part in parts) + freight <= 0 and not codes):
            codes.add("nothing_to_refund")
        if codes:
            raise No(*codes, *(["refund_too_much"] if freight > order.freight - order.freight_refund else []))
        return self._open_refund(order, parts, freight)

    def _open_refund(self, order: Order, parts: list[Part], freight: int) -> Refund:
        """Count it on lines, freight and payment; goods that lay on the shelf are free, and what is back is back."""
        attempt = order.applied
        assert attempt is not None
        codes = set()
        if freight > order.freight - order.freight_refund:
            codes.add("refund_too_much")
        if attempt.refunds >= MOST_REFUNDS:
            codes.add("too_many_refunds")
        if codes:
            raise No(*codes)
        goods_fen = sum(part.fen for part in parts)
        asked = sum(line.refund_fen for line in order.lines) + order.freight_refund
        if asked + goods_fen + freight == order.paid:
            self.grant_for_nothing(order, parts)
            parts = list(self._with_all_that_stayed(order, parts))
        refund = Refund(attempt, "order", goods_fen + freight, goods_fen, freight, self._send_at(attempt), tuple(parts))
        for part in parts:
            self._give_back(part)
        if refund.fen:
            order.freight_refund += freight
            attempt.refund_fen += refund.fen
            attempt.refunds += 1
            self.refunds.append(refund)
        self._move_on(order)
        return refund

    def _with_all_that_stayed(self, order: Order, parts: Sequence[Part]) -> Iterator[Part]:
        of = {part.line: part for part in parts}
        for line in order.lines:
            part = of.get(line, Part(line, 0, 0, 0, 0))
            stays = line.left_stayed - (part.quantity - part.had_left)
            if stays or line in of:
                yield Part(line, part.quantity + stays, part.fen, part.had_left, part.returned, part.waived)

    def _give_back(self, part: Part) -> None:
        """Nothing is freed or taken back twice: what a refund that failed has freed stays free."""
        line = part.line
        line.refund_qty += part.quantity
        line.refund_fen += part.fen
        line.waived += part.waived
        line.refund_shipped += part.had_left
        line.returned += part.returned
        free = max(line.refund_qty - line.refund_shipped, line.released) - line.released
        line.released += free
        line.goods.reserved -= free
        back = max(line.returned, line.restocked) - line.restocked if part.returned else 0
        line.restocked += back
        line.goods.on_hand += back

    def retry(self, refund: Refund) -> None:
        """Send an abnormal refund once more, under the same number."""
        if refund.state != ABNORMAL:
            raise No("refund_not_stuck")
        refund.send_at = self._send_at(refund.attempt)
        refund.state = ASKED

    def _send_at(self, attempt: Attempt) -> datetime:
        """Two refunds of a payment are sent more than a minute apart."""
        before = [each.sent_at or each.send_at for each in self.refunds if each.attempt is attempt]
        return max(self.now, max(before) + REFUND_GAP) if before else self.now

    # Time and WeChat

    def close(self, order: Order, fault: str = "") -> None:
        """An order that is overdue or was given up: closing, closed at WeChat, then released, or paid after all.

        `fault`: "close before", "close after" (the answer is lost before or after the effect), "query before".
        """
        if order.state == UNPAID and order.pay_before <= self.now:
            order.path.append(CLOSING)
        elif order.state != CLOSING:
            return
        attempt = order.open_attempt
        if attempt is not None:
            if self._close_at_wechat(attempt, fault):
                self._apply(attempt)
            else:
                attempt.state = CLOSED
        if order.state == CLOSING:
            self._end(order)

    def _close_at_wechat(self, attempt: Attempt, fault: str) -> bool:
        """Close and ask: whether it was paid after all."""
        if fault == "close before":
            raise Unknown
        if attempt.trade is None:
            return False
        if attempt.trade.state != "SUCCESS":
            attempt.trade.state = "CLOSED"
            if fault == "close after":
                raise Unknown
        if fault == "query before":
            raise Unknown
        return attempt.trade.state == "SUCCESS"

    def check(self, attempt: Attempt, fault: str = "") -> None:
        """WeChat is asked how an attempt stands."""
        if not attempt.is_open:
            return
        if fault == "query before":
            raise Unknown
        if attempt.trade is None:
            return
        state = attempt.trade.look(self.now)
        if state == "SUCCESS":
            self._apply(attempt)
        elif state == "CLOSED":
            attempt.state = CLOSED

    def supersede(self, attempt: Attempt) -> None:
        """Close an attempt whose order was paid by another one."""
        if attempt.is_open:
            if self._close_at_wechat(attempt, ""):
                self._apply(attempt)
            else:
                attempt.state = CLOSED

    def told_paid(self, attempt: Attempt | None, number: str, transaction: str, wrong: str = "") -> str:
        """WeChat's word that an attempt was paid; `wrong` names in what it does not fit. The same word again changes nothing."""
        if attempt is None:
            return self._put_aside("unknown_payment", number, transaction)
        if attempt.applied:
            return "known"
        return self._put_aside(wrong, number, transaction) if wrong else self._apply(attempt)

    def _apply(self, attempt: Attempt) -> str:
        """Paid: it pays its order if that waits for exactly this, else it is surplus and goes back."""
        order = attempt.order
        if attempt.applied:
            return "known"
        attempt.applied = True
        if order.state in (UNPAID, CLOSING) and attempt.fen == order.total:
            attempt.state = SUCCEEDED
            order.path.append(PAID)
            order.paid = attempt.fen
            self._post("sales:goods", attempt.fen - order.freight)
            self._post("sales:freight", order.freight)
            return "succeeded"
        attempt.state = SURPLUS
        attempt.refund_fen, attempt.refunds = attempt.fen, 1
        self._post("owed:surplus", attempt.fen)
        self.refunds.append(Refund(attempt, SURPLUS, attempt.fen, attempt.fen, 0, self.now))
        return "surplus"

    def send(self, refund: Refund, fault: str = "", at_once: bool = True) -> None:
        """Send a refund. `fault`: "lost before", "lost after" the effect, or WeChat's no. `at_once`: WeChat knows the end."""
        if refund.state != ASKED:
            return
        if fault == "lost before":
            raise Unknown
        if fault in ("NOT_ENOUGH", "FREQUENCY_LIMITED"):
            refund.send_at = self.now + (SHORT_OF_MONEY if fault == "NOT_ENOUGH" else REFUND_GAP)
            return
        if fault and fault != "lost after":
            refund.state = ABNORMAL
            self._put_aside("refund_refused", refund.id, "", reopen=True)
            return
        refund.wechat = refund.wechat or ("SUCCESS" if at_once else "PROCESSING")
        if fault == "lost after":
            raise Unknown
        self.told_refund(refund, refund.wechat)

    def ask_refund(self, refund: Refund, fault: str = "") -> None:
        """WeChat is asked how a refund stands."""
        if refund.state == SENT:
            if fault == "query_refund before":
                raise Unknown
            self.told_refund(refund, refund.wechat)

    def told_refund(self, refund: Refund | None, word: str, *, number: str = "", wrong: bool = False) -> str:
        """WeChat's word on a refund, perhaps old, perhaps told before; `wrong`: on another amount than we asked for."""
        if refund is None:
            return self._put_aside("unknown_refund", number, "50")
        if wrong:
            return self._put_aside("wrong_refund", refund.id, "50")
        if word == "PROCESSING":
            if refund.state == ASKED:
                refund.state, refund.sent_at = SENT, refund.sent_at or self.now
            return "sent"
        target = ENDS[word]
        if refund.state == target:
            return "known"
        if refund.state in (SUCCEEDED, CLOSED):
            self._put_aside(f"refund_{refund.state}_then_{target}", refund.id, "50")
            return "known"
        refund.state, refund.sent_at = target, refund.sent_at or self.now
        if target == SUCCEEDED:
            self._book(refund)
            for kind, number, transaction in self.aside:
                if number == refund.id and kind in ("refund_refused", "refund_abnormal"):
                    self.aside[kind, number, transaction] = False
            return target
        if target == CLOSED:
            self._take_out(refund)
        self._put_aside(f"refund_{target}", refund.id, "50", reopen=target == ABNORMAL)
        return target

    def _book(self, refund: Refund) -> None:
        """The money has arrived. An order whose last fen went back is refunded; one of which nothing ever left and nothing is
        owed, only the freight was kept, is completed."""
        if refund.kind == SURPLUS:
            self._post("owed:surplus", -refund.fen)
            return
        order = refund.order
        self._post("sales:goods", -refund.goods_fen)
        self._post("sales:freight", -refund.freight_fen)
        order.refunded += refund.fen
        if order.refunded == order.paid:
            order.path.append(REFUNDED)
        elif order.state == PAID and not order.shipped and not any(line.left_stayed for line in order.lines):
            self._complete(order)

    def _take_out(self, refund: Refund) -> None:
        """WeChat gave a refund up: it can be asked for anew; its goods stay where they are."""
        refund.attempt.refund_fen -= refund.fen
        refund.order.freight_refund -= refund.freight_fen if refund.kind == "order" else 0
        for part in refund.parts:
            part.line.refund_qty -= part.quantity
            part.line.refund_fen -= part.fen
            part.line.waived -= part.waived
            part.line.refund_shipped -= part.had_left
            part.line.returned -= part.returned

    def complete(self, order: Order) -> None:
        """The time to object is over; while a case is open receipt waits and is looked at again a day later."""
        if order.state == SHIPPED and order.shipped_at is not None and order.shipped_at + RECEIPT_AFTER <= self.now:
            if self.has_open_case(order):
                order.receipt_at = self.now + timedelta(days=1)
            else:
                self._complete(order)

    def _complete(self, order: Order) -> None:
        order.path.append(COMPLETED)
        order.completed_at = self.now

    def disputed(self, order: Order) -> dict[Line, int]:
        """Lines that are in an open case → units of them that must not leave before it is decided."""
        return {}

    def has_open_case(self, order: Order) -> bool:
        return False

    def grant_for_nothing(self, order: Order, parts: Sequence[Part]) -> None:
        """The last fen goes back: cases about goods that have not left and are in none of its `parts` get what they ask for."""

    def settle(self) -> list[str]:
        """Let all happen that must have happened by now when WeChat answers; tells what had not."""
        late = []
        for order in self.orders:
            before = list(order.path)
            self.close(order)
            if order.receipt_at is not None and order.receipt_at <= self.now:
                self.complete(order)
            if order.path != before:
                late.append(f"{order.id} stood at {before[-1]}, must be {order.state}")
            if order.state in PAID_ONCE and (rival := order.open_attempt) is not None:
                late.append(f"{rival.id} is still open, its order is paid")
                self.supersede(rival)
        for refund in list(self.refunds):
            if refund.state == ASKED and refund.send_at <= self.now:
                late.append(f"refund {refund.id} of {refund.fen} was not sent")
                self.send(refund)
        return late

    def _end(self, order: Order) -> None:
        order.path.append(CLOSED)
        for line in order.lines:
            line.goods.reserved -= line.held
            line.released = line.quantity

    def _move_on(self, order: Order) -> None:
        if order.state == PAID and not order.held and order.shipped:
            order.path.append(SHIPPED)
            order.shipped_at, order.receipt_at = self.now, self.now + RECEIPT_AFTER
            self._goods_left(order)

    def _goods_left(self, order: Order) -> None:
        """Goods of it have left, or it is known that no more will."""

    def _post(self, account: str, fen: int) -> None:
        """`fen` came in on `account` (negative: went back): WeChat holds so much more for us."""
        self.balances["wechat"] = self.balances.get("wechat", 0) + fen
        self.balances[account] = self.balances.get(account, 0) - fen

    def _put_aside(self, kind: str, number: str, transaction: str, reopen: bool = False) -> str:
        self.aside.setdefault((kind, number, transaction), True)
        if reopen:
            self.aside[kind, number, transaction] = True
        return kind


def _shares(fen: int, weights: Sequence[int]) -> list[int]:
    """Hamilton's method: whole parts, then one fen each to the largest remainders, the earlier first."""
    total = sum(weights)
    exact = [Fraction(fen * weight, total) if total else Fraction(0) for weight in weights]
    parts = [int(each) for each in exact]
    for index in sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))[:fen - sum(parts)]:
        parts[index] += 1
    return parts
