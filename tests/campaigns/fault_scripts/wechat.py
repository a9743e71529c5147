"""WeChat that repeats, is late, silent, slow, garbled or refuses (F27–F30, F33–F36, F38), through its stand-in's faults."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from backend.commands import _process
from backend.commands._client import Declined, new_key
from backend.queries.readiness import outbox_backlog
from tests.campaigns.fault_scripts.ground import Ground, Wrong
from tests.campaigns.fault_scripts.shoppers import Buyer

NOTICES = 100
POLLED_WITHIN = 10
"""Minutes in which a payment that nobody told of is found (reliability.md F29)."""
MINUTE_WITHIN = 30
"""Real seconds that the worker has for what is due in a minute of the shop's clock."""
GARBLED = (
    "answer-500", "answer-502", "answer-503", "answer-html", "answer-empty", "answer-truncated", "answer-gzip-bomb",
    "answer-unknown-field", "answer-unknown-state", "answer-unsigned", "answer-forged", "answer-altered", "answer-stale")
LOST = ("connection-dropped", "answer-lost", "slow", "slow-answer")
CALLS = ("order", "query", "close", "refund", "refund-query")


@contextlib.contextmanager
def disarmed(ground: Ground) -> Iterator[None]:
    try:
        yield
    finally:
        ground.stage.phone.disarm()


def _tap(ground: Ground, buyer: Buyer, order: str) -> None:
    """Pay in the cashier and look no further: the order learns of it from WeChat, or by asking."""
    opened = buyer.who.start_payment(order, new_key())
    ground.stage.phone.pay(buyer.who.name, opened["params"], wait=False)
    buyer.placed[order] = "paid"


def told_often(ground: Ground) -> str:
    """Each payment is told a hundred times, at once and one after the other; the payer pays before the order is answered."""
    buyer = ground.buyer()
    with disarmed(ground):
        for parallel in (True, False):
            ground.stage.phone.arm("callback-duplicated", count=NOTICES, parallel=parallel)
            buyer.pay(buyer.place())
    said = ground.holds(buyers=[buyer])
    kinds = ground.rows("select t.kind, count(*) from ledger_transactions t join payments p on t.event_id = p.id join orders o"
                        " on o.id = p.order_id where o.member_id = :m group by t.kind", m=buyer.who.member_id)
    if any(number != 2 for _, number in kinds):
        raise Wrong(f"two payments were booked as {kinds}")
    return said


def told_first(ground: Ground) -> str:
    """The payer has paid, and it is told, before the call that opens the payment is answered."""
    buyer = ground.buyer()
    with disarmed(ground):
        for _ in range(3):
            order = buyer.place()
            ground.stage.phone.arm("callback-before-answer")
            with contextlib.suppress(Declined):
                buyer.who.start_payment(order, new_key())
            buyer.placed[order] = "paid"
    return ground.holds(buyers=[buyer])


def told_late(ground: Ground) -> str:
    """Told a day later; never; after the order was given up; and again after all of it was refunded."""
    buyer, phone = ground.buyer(), ground.stage.phone
    with disarmed(ground):
        late, never, given_up = buyer.place(), buyer.place(), buyer.place()
        phone.arm("callback-delayed", seconds=86_400)
        _tap(ground, buyer, late)
        phone.arm("callback-lost")
        _tap(ground, buyer, never)
        phone.arm("payment-after-close", seconds=5)
        buyer.who.start_payment(given_up, new_key())
        buyer.who.cancel(given_up, "不要了", new_key())
        buyer.placed[given_up] = "closed"
        for _ in range(POLLED_WITHIN):
            ground.stage.tick()
            _process.wait_until(lambda: not outbox_backlog(ground.stage.ctx()).due, MINUTE_WITHIN)
            ground.stage.move(minutes=1)
        states = [ground.rows("select state from orders where id = :id", id=each)[0][0] for each in (late, never)]
        if states != ["paid", "paid"]:
            raise Wrong(f"ten minutes after they were paid the orders are {states}")
        ground.quiet()
        ground.refund(buyer)
        ground.quiet()
        refunded = next(order for order, state in buyer.placed.items() if state == "refunded")
        [(payment,)] = ground.rows("select id from payments where order_id = :id and state = 'succeeded'", id=refunded)
        answers = [phone.attack(kind, out_trade_no=payment) for kind in ("replay", "duplicate")]
        ground.stage.move(days=1, hours=1)
    return f"{len(answers)} more after the refund, {ground.holds(buyers=[buyer])}"


def out_of_order(ground: Ground) -> str:
    """The refund is told before the payment, and the payment at last."""
    buyer = ground.buyer()
    with disarmed(ground):
        order = buyer.place()
        ground.stage.phone.arm("callback-out-of-order", seconds=60)
        buyer.pay(order)
        ground.refund(buyer)
    return ground.holds(buyers=[buyer])


def _route(ground: Ground, buyer: Buyer, arm: Any) -> None:
    """An order that is paid and refunded, one that is given up, with a fault in each call on the way."""
    paid, given_up = buyer.place(), buyer.place()
    arm("order")
    buyer.who.start_payment(given_up, new_key())
    arm("query")
    buyer.pay(paid)
    arm("close")
    buyer.who.cancel(given_up, "不要了", new_key())
    buyer.placed[given_up] = "closed"
    arm("refund")
    ground.refund(buyer)


def _on_each_call(ground: Ground, faults: Iterable[str]) -> str:
    """Each fault strikes each call of a route, one after the other; what holds in the end."""
    buyer = ground.buyer()
    with disarmed(ground):
        for name in faults:
            _route(ground, buyer, lambda call, name=name: ground.stage.phone.arm(name, call=call))
            ground.quiet()
            ground.stage.phone.disarm()
    return ground.holds(buyers=[buyer])


def garbled(ground: Ground) -> str:
    """500, 502, 503, HTML, nothing, half, a bomb, new fields and states, unsigned, forged, altered, stale: on each call in turn."""
    return f"{len(GARBLED)} kinds, {_on_each_call(ground, GARBLED)}"


def lost(ground: Ground) -> str:
    """The connection ends before the call has its effect, or after it, or the answer takes too long: on each call in turn."""
    return _on_each_call(ground, LOST)


def too_frequent(ground: Ground) -> str:
    """429 twice on each call, so that closing meets it four times."""
    buyer = ground.buyer()
    with disarmed(ground):
        _route(ground, buyer, lambda call: ground.stage.phone.arm("frequency", times=2, call=call))
        said = ground.holds(buyers=[buyer])
    tries = ground.rows("select max(attempt) from deliveries")[0][0]
    return f"at most {tries} tries, {said}"


def log_in_hampered(ground: Ground) -> str:
    """Logging in is slow, busy, and answered with a used code; the access token dies and expires."""
    with disarmed(ground):
        for name, options in (("slow", {"seconds": 4}), ("busy", {"times": 2}), ("login-code-used", {})):
            ground.stage.phone.arm(name, call="login", **options)
            with contextlib.suppress(Declined):
                ground.buyer()
        ground.stage.phone.disarm()
        for name in ("token-invalidated", "token-expired"):
            ground.stage.phone.arm(name)
        buyer = ground.buyer()
        buyer.buy()
    return ground.holds(buyers=[buyer])
