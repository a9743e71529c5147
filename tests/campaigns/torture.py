"""Tortures the door for WeChat's notifications, and demands that money and orders end as the oracle says.

`python3 -m backend campaign torture --notifications N --seed S [--database sqlite|postgresql]`. Signed and sealed as WeChat does
it, on the real callback door: duplicates, also at the same moment, news out of order, late (of an order that was closed), never
(a question finds it), misfits in every field, of unknown numbers – and forgeries of every kind, none of which may send even one
statement to the database. Each episode is a fresh database with some dozen orders.
"""

import argparse
import contextlib
import itertools
import json
import random
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

import miniprogram_api
from backend.gateways import wechat_pay_notifications
from backend.gateways.wechat_pay_answers import RefundResult, RefundState, Trade, TradeState
from backend.gateways.wechat_pay_notifications import Notification
from backend.gateways.wechat_pay_signing import PROBE, KeyRing, PlatformKey
from backend.infra.settings import Settings
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.change_order_price import change_order_price
from backend.usecases.place_order import place_order
from backend.usecases.start_payment import start_payment
from tests.campaigns import oracle as rules
from tests.campaigns.both_sides import STAFF, Violation
from tests.campaigns.oracle import Attempt, Order
from tests.campaigns.random_ops import Episode, Player, fresh_databases
from tests.campaigns.stand_ins import StrictPay
from tests.campaigns.wechat_ops import MISFITS
from tests.gateways import playing_wechat as wechat

ORDERS = 40
"""Orders of one episode: some three hundred notifications."""
SHOPPERS = tuple(f"shopper{number}" for number in range(10))
"""Four unpaid orders each are allowed."""
PAYMENTS, REFUNDS = "payments", "refunds"
FATES = {"plain": 8, "never": 2, "misfit": 3, "late": 4, "twice": 2}
"""What becomes of an order's payment, by how often."""


class DoorPay(StrictPay):
    """The scripted WeChat; its notifications are read and proved by the real gateway."""

    ring = KeyRing({wechat.SERIAL: PlatformKey(wechat.key("platform").public_key())})

    def read_notification(self, headers: Any, raw_body: bytes, now: datetime) -> Notification:
        return wechat_pay_notifications.read(self.ring, wechat.API_V3_KEY.encode(), headers, raw_body, now)


@dataclass(frozen=True)
class Word:
    """A genuine notification: what it is about, and what it must lead to."""

    told: str
    door: str
    body: bytes
    rule: Callable[[], str]


def paid(trade: Trade) -> bytes:
    """WeChat's notification of a payment."""
    return wechat.notification("TRANSACTION.SUCCESS", wechat.PAID | {
        "appid": trade.appid, "mchid": trade.mchid, "out_trade_no": trade.out_trade_no, "transaction_id": trade.transaction_id,
        "payer": {"openid": trade.payer_openid},
        "amount": {"total": trade.total_fen, "payer_total": trade.total_fen, "currency": trade.currency, "payer_currency": "CNY"},
    })


def refunded(result: RefundResult) -> bytes:
    """WeChat's notification of a refund."""
    return wechat.notification(f"REFUND.{result.state}", wechat.REFUNDED | {
        "out_trade_no": result.out_trade_no, "transaction_id": result.transaction_id, "out_refund_no": result.out_refund_no,
        "refund_id": result.refund_id, "refund_status": str(result.state),
        "amount": {"total": result.total_fen, "refund": result.refund_fen, "payer_total": result.total_fen,
                   "payer_refund": result.refund_fen},
    })


def _other_byte(body: bytes) -> bytes:
    """The same JSON with one letter of the sealed part changed."""
    event = json.loads(body)
    sealed = event["resource"]["ciphertext"]
    event["resource"]["ciphertext"] = ("B" if sealed[0] == "A" else "A") + sealed[1:]
    return json.dumps(event, ensure_ascii=False).encode()


ANOTHER_SHOPS = wechat.notification("TRANSACTION.SUCCESS", wechat.PAID | {"mchid": "1900000999"},
                                    key="another-shops-key-0123456789abcd")
Forged = tuple[bytes, dict[str, str]]
FORGERIES: dict[str, Callable[[bytes, datetime], Forged]] = {
    "signed by a stranger": lambda body, now: (body, wechat.signed(body, now, by="stranger")),
    "signed with our own key": lambda body, now: (body, wechat.signed(body, now, by="merchant")),
    "of an unknown serial": lambda body, now: (body, wechat.signed(body, now, serial="PUB_KEY_ID_0000000000000000000000000000")),
    "five minutes old": lambda body, now: (body, wechat.signed(body, now - timedelta(seconds=302))),
    "a day old": lambda body, now: (body, wechat.signed(body, now - timedelta(days=1))),
    "of the future": lambda body, now: (body, wechat.signed(body, now + timedelta(seconds=302))),
    "changed on the way": lambda body, now: (_other_byte(body), wechat.signed(body, now)),
    "written anew": lambda body, now: (json.dumps(json.loads(body), separators=(",", ":")).encode(), wechat.signed(body, now)),
    "with another's signature": lambda body, now: (body, wechat.signed(b"{}", now)),
    "a probe": lambda body, now: (body, wechat.signed(body, now, **{"Wechatpay-Signature": PROBE + "bm90IGEgc2lnbmF0dXJl"})),
    "of another kind of signature": lambda body, now: (
        body, wechat.signed(body, now, **{"Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3"})),
    "without a nonce": lambda body, now: (body, _without(wechat.signed(body, now), "Wechatpay-Nonce")),
    "without a signature": lambda body, now: (body, _without(wechat.signed(body, now), "Wechatpay-Signature")),
    "without anything": lambda body, now: (body, {}),
}
"""Not WeChat's, or not fresh: 401."""
UNREADABLE: dict[str, Callable[[bytes, datetime], Forged]] = {
    "sealed wrongly": lambda body, now: (changed := _other_byte(body), wechat.signed(changed, now)),
    "of another shop": lambda body, now: (ANOTHER_SHOPS, wechat.signed(ANOTHER_SHOPS, now)),
    "no JSON": lambda body, now: (body[:-9], wechat.signed(body[:-9], now)),
}
"""Signed by WeChat, and yet nothing that can be for us: 4xx."""


def _without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {each: value for each, value in headers.items() if each != name}


@dataclass
class Torturer(Player):
    """One episode: orders, and the notifications about them."""

    shoppers: tuple[str, ...] = SHOPPERS
    kill_share: float = 0.0
    at_once_share: float = 0.2
    size: int = ORDERS
    notifications: int = 0
    forged: int = 0
    number: int = 0
    late: list[Attempt] = field(default_factory=list)
    heard: list[Word] = field(default_factory=list)

    def make_pay(self) -> StrictPay:
        return DoorPay("", "")

    def make_app(self, settings: Settings) -> Flask:
        app = super().make_app(settings)
        miniprogram_api.register(app)
        return app

    def play(self) -> None:
        """All of the episode."""
        for goods in self.oracle.goods:
            adjust_stock(self.ctx(STAFF), sku_id=self.made[goods].sku_id, change=1000, reason="到货")
            self.oracle.adjust(goods, 1000)
        orders = [self.order(SHOPPERS[number % len(SHOPPERS)]) for number in range(self.size)]
        self.hear_all([word for order in orders for word in self.fate(order)])
        self.drain()
        self.refund_some()
        self.drain()
        self.hear_all(list(self.refund_words()))
        self.quiet(over=True)
        self.hear_all([word for attempt in self.late for word in self.paid_late(attempt)])
        self.drain()
        self.hear_all(list(self.refund_words()))
        self.quiet(over=True)

    def order(self, member: str) -> Order:
        """An unpaid order with an open attempt."""
        self.move(timedelta(milliseconds=self.rng.randint(1, 500)))
        items = [(goods, self.rng.randint(1, 4)) for goods in self.rng.sample(self.oracle.goods, self.rng.choice((1, 2, 3)))]
        shown = self.oracle.shown(items)
        got = place_order(self.who(member), address_id=self.shop.addresses[self.members[member]], shown_total_fen=shown,
                          items=[(self.made[goods].sku_id, quantity) for goods, quantity in items])
        order = self.oracle.place(member, True, items, shown)
        order.id = got["id"]
        self._keep(order)
        self.begin_at(order)
        return order

    def begin_at(self, order: Order) -> Attempt:
        self.move(timedelta(milliseconds=2))
        start_payment(self.who(order.member), order_id=order.id)
        attempt = self.oracle.begin(order.member, order)
        self._name_attempts(order)
        return attempt

    def fate(self, order: Order) -> Iterator[Word]:
        """What happens to an order's payment, and what WeChat tells of it for now."""
        [fate] = self.rng.choices(list(FATES), list(FATES.values()))
        attempt = order.attempts[-1]
        self.say(f"{order.id}: {fate}")
        if fate == "late":
            self.late.append(attempt)
            return
        if fate == "twice":
            change_order_price(self.ctx(STAFF), order_id=order.id, off_goods_fen=1)
            self.oracle.reduce(order, 1, 0)
            yield from self.genuine(self.pays_after_all(attempt))
            attempt = self.begin_at(order)
        trade = self.pays(attempt)
        if fate == "misfit":
            for wrong in self.rng.sample(list(MISFITS), 2):
                yield from self.misfit(trade, wrong)
        if fate != "never" and (fate != "misfit" or self.rng.random() < 0.7):
            yield from self.genuine(trade)
        if self.rng.random() < 0.1:
            yield from self.unknown(trade)

    def pays(self, attempt: Attempt) -> Trade:
        assert attempt.trade is not None
        attempt.trade.state = "SUCCESS"
        return self.pay.pay(attempt.id)

    def pays_after_all(self, attempt: Attempt) -> Trade:
        """WeChat had closed it, and yet it is paid."""
        self.pay.trades[attempt.id] = replace(self.pay.trades[attempt.id], state=TradeState.NOTPAY)
        return self.pays(attempt)

    def paid_late(self, attempt: Attempt) -> Iterator[Word]:
        yield from self.genuine(self.pays_after_all(attempt))

    def genuine(self, trade: Trade) -> Iterator[Word]:
        """Its notification, once or often."""
        attempt = self.attempts[trade.out_trade_no]
        word = Word(f"paid {trade.out_trade_no}", PAYMENTS, paid(trade),
                    lambda: self.oracle.told_paid(attempt, attempt.id, trade.transaction_id or ""))
        self.heard.append(word)
        yield from [word] * self.rng.choices((1, 2, 3, 8), (5, 3, 2, 1))[0]

    def misfit(self, trade: Trade, wrong: str) -> Iterator[Word]:
        """Signed by WeChat, and not what we asked for: put aside once, however often it comes."""
        changes: dict[str, Any] = MISFITS[wrong] or {"total_fen": (trade.total_fen or 0) + self.rng.choice((1, -1))}
        attempt = self.attempts[trade.out_trade_no]
        word = Word(f"{wrong} {attempt.id}", PAYMENTS, paid(replace(trade, **changes)),
                    lambda: self.oracle.told_paid(attempt, attempt.id, trade.transaction_id or "", wrong))
        yield from [word] * self.rng.choice((1, 2))

    def unknown(self, trade: Trade) -> Iterator[Word]:
        number = f"pay_nobody{len(self.heard):06}"
        word = Word(f"paid {number}", PAYMENTS, paid(replace(trade, out_trade_no=number)),
                    lambda: self.oracle.told_paid(None, number, trade.transaction_id or ""))
        yield from [word] * 2

    def refund_some(self) -> None:
        """Staff give back some of what was paid."""
        for order in [each for each in self.oracle.orders if each.state == rules.PAID]:
            for _ in range(self.rng.choice((0, 0, 1, 2))):
                wanted = [(line, self.rng.randint(1, line.left(None))) for line in order.lines if line.left(None)][:2]
                if not any(line.worth(quantity) for line, quantity in wanted):
                    continue
                got = self.shop.refund(order.id, [(self.line_id(order, line), quantity) for line, quantity in wanted])
                refund = self.oracle.refund(order, wanted, None, None, False)
                refund.id = got["refund_id"]
                self.refunds[refund.id] = refund
                if got["amount_fen"] != refund.fen:
                    raise Violation(f"{refund.id} of {got['amount_fen']}, must be {refund.fen}")
        self.move(timedelta(minutes=5))

    def refund_words(self) -> Iterator[Word]:
        """What WeChat tells of refunds on their way: their end, sometimes after another word, sometimes nothing."""
        for refund in [each for each in self.refunds.values() if each.wechat == "PROCESSING"]:
            end = self.rng.choices(("SUCCESS", "CLOSED", "ABNORMAL"), (8, 1, 1))[0]
            said = [end] if self.rng.random() < 0.8 else ["ABNORMAL", end]
            self._end_refund(refund, end)
            result = self.pay.refunds[refund.id]
            if self.rng.random() < 0.1:
                continue
            for state in said:
                word = Word(f"{state} {refund.id}", REFUNDS, refunded(replace(result, state=RefundState(state))),
                            lambda refund=refund, state=state: self.oracle.told_refund(refund, state))  # type: ignore[misc]
                self.heard.append(word)
                yield from [word] * self.rng.choice((1, 2, 4))
            if self.rng.random() < 0.15:
                other = replace(result, refund_fen=result.refund_fen % result.total_fen + 1)
                if other.refund_fen != result.refund_fen:
                    yield Word(f"another amount of {refund.id}", REFUNDS, refunded(other),
                               lambda refund=refund: self.oracle.told_refund(refund, "SUCCESS", wrong=True))  # type: ignore[misc]
            if self.rng.random() < 0.1:
                number = f"ref_nobody{len(self.heard):06}"
                yield Word(f"refund {number}", REFUNDS, refunded(replace(result, out_refund_no=number)),
                           lambda number=number: self.oracle.told_refund(None, "SUCCESS", number=number))  # type: ignore[misc]

    def hear_all(self, words: list[Word]) -> None:
        """Everything comes in any order, with old news and forgeries between; now and then several at the same moment."""
        words += self.rng.sample(self.heard, min(len(self.heard), len(words) // 4))
        self.rng.shuffle(words)
        for word in words:
            self.move(timedelta(milliseconds=self.rng.randint(1, 200)))
            if self.rng.random() < 0.15:
                self.forge(word)
            self.hear_word(word, self.rng.randint(2, 4) if self.rng.random() < 0.04 else 1)

    def hear_word(self, word: Word, at_once: int) -> None:
        self.say(f"{word.told} {f'×{at_once} at once' if at_once > 1 else ''}")
        self.notifications += at_once
        self.operations += at_once
        answers = self._post_at_once(word, at_once) if at_once > 1 else [self._post(word.door, word.body, self._sign(word))]
        if answers != [204] * at_once:
            raise Violation(f"{word.told}: answered {answers}, must be 204")
        for _ in range(at_once):
            word.rule()
        self._name_refunds()

    def _sign(self, word: Word) -> dict[str, str]:
        return wechat.signed(word.body, self.clock.at)

    def _post(self, door: str, body: bytes, headers: dict[str, str]) -> int:
        return self.app.test_client().post(f"/callbacks/wechat-pay/{door}", data=body, headers=headers,
                                           content_type="application/json").status_code

    def _post_at_once(self, word: Word, at_once: int) -> list[int]:
        answers: list[int] = []
        headers = [self._sign(word) for _ in range(at_once)]
        threads = [threading.Thread(target=lambda each=each: answers.append(self._post(word.door, word.body, each)))  # type: ignore[misc]
                   for each in headers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def forge(self, word: Word) -> None:
        """Something that is not WeChat's: refused, and not one statement is sent to the database."""
        kind = self.rng.choice([*FORGERIES, *UNREADABLE])
        forgery = FORGERIES.get(kind) or UNREADABLE[kind]
        body, headers = forgery(word.body, self.clock.at)
        self.say(f"forged: {kind}")
        self.notifications += 1
        self.operations += 1
        self.forged += 1
        with self.points.counting():
            answer = self._post(word.door, body, headers)
        expected = answer == 401 if kind in FORGERIES else 400 <= answer < 500
        if not expected or self.points.names:
            raise Violation(f"{word.told}, {kind}: answered {answer}, did {self.points.names}")


def play(database_url: str, folder: Path, seed: str, size: int = ORDERS) -> tuple[Episode, int, int]:
    """One episode on a fresh database: what became of it, notifications, forged ones among them."""
    player = Torturer(database_url, folder, seed, size=size)
    wrong = None
    with player.opened():
        player.rng = random.Random(seed)
        try:
            player.play()
        except Violation as violation:
            wrong = str(violation)
        except Exception as error:
            wrong = "".join(traceback.format_exception(error)[-8:])
    return Episode(player.operations, 0, wrong, 0, player.last), player.notifications, player.forged


def run(database: str, notifications: int, seed: str, *, episode: int | None = None, say: Callable[[str], None] = print) -> bool:
    """Play episodes until so many notifications have come; whether all was well."""
    done = forged = 0
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tuanma-torture-")))
        fresh = stack.enter_context(fresh_databases(database, root))
        for number in itertools.count() if episode is None else [episode]:
            ended, came, false = play(fresh(), root, f"{seed}/{number}")
            done, forged = done + came, forged + false
            if ended.wrong:
                say(f"VIOLATION on {database}, seed {seed}, episode {number}:\n{ended.wrong}\nthe last notifications:")
                say("\n".join(ended.last[-15:]))
                say(f"again: python3 -m backend campaign torture --database {database} --seed {seed} --episode {number}")
                return False
            if number % 20 == 0:
                say(f"{database}: {done} notifications, {done / (time.monotonic() - began):.0f} a second")
            if done >= notifications:
                break
    say(f"{database}, seed {seed}: {done} notifications, {forged} of them forged, in {time.monotonic() - began:.0f} s, "
        "0 violations")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m backend campaign torture", description=__doc__)
    parser.add_argument("--notifications", type=int, default=2000, help="how many on each database (2,000)")
    parser.add_argument("--seed", default="1", help="what they are drawn from (1)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only on this one (default: on both)")
    parser.add_argument("--episode", type=int, help="play this episode alone")
    given = parser.parse_args()
    well = True
    for database in [given.database] if given.database else ["sqlite", "postgresql"]:
        well = run(database, given.notifications, given.seed, episode=given.episode,
                   say=lambda text: print(text, flush=True)) and well
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
