"""Shoppers who buy while something breaks: each asks again with the same key until answered, and remembers what it was told."""

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from backend.commands._client import Declined, Unanswered, new_key
from backend.commands._shopper import NotPaid, Shopper
from backend.commands._stage import Stage
from backend.infra.clock import ticks

ADDRESS = {"name": "李雷", "phone": "13800138000", "region_code": "110105", "detail": "建国路 1 号"}
PRICE_FEN = 5000
PAUSE = 0.2

@dataclass
class Buyer:
    """One of them. `placed` has every order that was answered, with what became of it as far as it was told."""

    who: Shopper
    skus: list[str]
    draw: random.Random
    address: str = ""
    placed: dict[str, str] = field(default_factory=dict)

    def settle_in(self) -> None:
        self.who.log_in()
        self.address = self.who.add_address(ADDRESS, key=new_key())

    def place(self) -> str:
        """Order a unit each of two goods; the order."""
        basket = [(sku, 1) for sku in self.draw.sample(self.skus, 2)]
        order = self.who.place(self.address, 2 * PRICE_FEN, basket, key=new_key())["id"]
        self.placed[order] = "unpaid"
        return order

    def pay(self, order: str) -> None:
        """Pay it on the phone and see it paid."""
        self.who.pay(order, new_key())
        self.placed[order] = "paid"

    def buy(self) -> str:
        """Order and pay, or give the order up one time in five; the order."""
        order = self.place()
        if self.draw.random() < 0.2:
            self.who.cancel(order, "不要了", new_key())
            self.placed[order] = "closed"
        else:
            self.pay(order)
        return order


class Crowd:
    """`with Crowd(stage, skus, 4) as crowd:` – they buy until the block ends; `wrong` has what nobody should be told."""

    def __init__(self, stage: Stage, skus: list[str], number: int, seed: str = "1", name: str = "buyer") -> None:
        self.buyers = [Buyer(stage.shopper(f"{name}-{index}"), skus, random.Random(f"{seed}/{index}")) for index in range(number)]
        self.wrong: list[str] = []
        self._stop, self._pause, self._idle = threading.Event(), threading.Event(), threading.Semaphore(0)
        self._threads = [threading.Thread(target=self._buy, args=(each,), daemon=True) for each in self.buyers]

    def _buy(self, buyer: Buyer) -> None:
        while not self._stop.is_set():
            if self._pause.is_set():
                self._idle.release()
                while self._pause.is_set():
                    time.sleep(0.05)
            try:
                buyer.buy()
            except (Declined, Unanswered, NotPaid) as no:
                self.wrong.append(f"{buyer.who.name}: {type(no).__name__} {no}")
            time.sleep(PAUSE)

    @property
    def bought(self) -> int:
        return sum(len(each.placed) for each in self.buyers)

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """Nobody asks for anything until the block ends: the clock may be moved."""
        self._pause.set()
        for _ in self.buyers:
            self._idle.acquire(timeout=150)
        try:
            yield
        finally:
            self._pause.clear()

    def until(self, more: int, seconds: float = 60.0) -> None:
        """Wait until they have bought so many more."""
        wanted, give_up_at = self.bought + more, ticks() + seconds
        while self.bought < wanted:
            if ticks() > give_up_at:
                missing = wanted - self.bought
                raise AssertionError(f"{missing} of {more} orders did not come within {seconds:.0f} s: {self.wrong[-3:]}")
            time.sleep(0.05)

    def __enter__(self) -> "Crowd":
        for each in self.buyers:
            each.settle_in()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(150)
