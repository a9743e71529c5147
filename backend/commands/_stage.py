"""The stage on which a replay or a story plays: the shop's clock, and the wait until nothing is left to do."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from flask import Flask

from backend.app import create_app, runtime
from backend.commands import _running
from backend.commands._client import Client
from backend.commands._phone import Phone
from backend.commands._running import Running
from backend.commands._shopper import Shopper
from backend.context import Context
from backend.infra.clock import FileClock, ticks
from backend.kernel.actors import SYSTEM, Actor
from backend.queries.readiness import outbox_backlog
from backend.queries.underway import underway
from backend.reactions import NAMES, TIMETABLE
from backend.usecases.start_due_slots import start_due_slots

LOOK_SECONDS = 0.05
NUDGE_SECONDS = 1.0
TALK_SECONDS = 60.0
SILENT = frozenset({"close_order"})
"""What an order's timer does: nothing outside, as long as the order is paid. Moving the clock need not wait for it."""
QUIET_LOOKS = 3
"""So many looks in a row must find nothing: what one side has just done may be on its way to the other."""


class Unsettled(Exception):
    """Something that was due is still not done."""


class Stage:
    """A running shop seen from outside (`shop`, `phone`) and from inside (`ctx`), and the only hand on its clock.

    Make it with `opened`, inside no app context; it pushes its own. Close it at the end.
    """

    def __init__(self, running: Running, app: Flask) -> None:
        self.running = running
        self.shop = Client(running.url)
        self.phone = Phone(running.wxsim_url, running.control_token)
        self.clock = FileClock(running.clock_file)
        self.app = app
        self._pushed = app.app_context()
        self._pushed.push()
        self._dead = outbox_backlog(self.ctx()).dead

    @classmethod
    def opened(cls, running: Running) -> "Stage":
        """The stage of the shop that `_running.connect` has found, on its database and with its settings."""
        return cls(running, create_app(_running.settings()))

    def close(self) -> None:
        """Leave everything as it is and let go."""
        self.shop.close()
        self.phone.client.close()
        self._pushed.pop()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def in_thread(self) -> Iterator[None]:
        """Around what another thread does with a Context of this stage."""
        with self.app.app_context():
            yield

    def ctx(self, actor: Actor = SYSTEM) -> Context:
        """A Context of this moment on the shop's clock."""
        return runtime(self.app).context(actor)

    def now(self) -> datetime:
        """The shop's time."""
        return self.clock.now()

    def shopper(self, name: str, language: str = "zh") -> Shopper:
        """A person of WeChat's who buys here."""
        return Shopper(self.shop, self.phone, name, self.now, language)

    def move_to(self, at: datetime) -> None:
        """Move the shop's clock forward to `at`; a moment that has passed changes nothing.

        No request may be open: not here (AssertionError), nor between worker and WeChat, whose signatures would be too
        old when they arrive; what the worker has begun is waited for.
        """
        assert not (self.shop.open_requests or self.phone.client.open_requests), "the clock moves under an open request"
        if at <= self.now():
            return
        give_up_at = ticks() + TALK_SECONDS
        while self._talks():
            if ticks() > give_up_at:
                raise Unsettled(f"the worker is not done: {', '.join(underway(self.ctx()).reactions)}")
            time.sleep(LOOK_SECONDS)
        self.clock.move_to(at)

    def _talks(self) -> bool:
        """Whether the worker speaks with WeChat, or is about to."""
        now = underway(self.ctx())
        return bool((now.reactions | {name for event in now.events for name in NAMES.get(event, ())}) - SILENT)

    def move(self, **delta: float) -> None:
        """Move the shop's clock forward by this much: `stage.move(minutes=15)`."""
        self.move_to(self.now() + timedelta(**delta))

    def tick(self) -> None:
        """Start what the timetable says is due, without waiting for cron to tick."""
        start_due_slots(self.ctx(), timetable=TIMETABLE)

    def wait(self, until: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Wait for something that the shop does by itself; Unsettled when it has not come after so many real seconds.

        Once a second it looks whether only WeChat's next try is waited for, and moves the clock there (see `undone`).
        """
        began, looked = ticks(), ticks()
        while not until():
            if ticks() - looked > NUDGE_SECONDS:
                looked, left = ticks(), self.undone()
                if looked - began > seconds:
                    raise Unsettled(f"{what} did not come within {seconds:.0f} s; {left or 'nothing is due'}")
            time.sleep(LOOK_SECONDS)

    def settle(self, seconds: float = 120.0) -> None:
        """Wait until no delivery is due and WeChat has nothing to tell; Unsettled after `seconds`, or when one died."""
        self.tick()
        give_up_at, quiet = ticks() + seconds, 0
        while quiet < QUIET_LOOKS:
            left = self.undone()
            quiet = 0 if left else quiet + 1
            if left and ticks() > give_up_at:
                raise Unsettled(f"not settled within {seconds:.0f} s: {left}")
            time.sleep(LOOK_SECONDS)

    def undone(self) -> str:
        """What is left to do, in words; empty when nothing is. Unsettled when a delivery has died.

        When only WeChat has something to tell, and will try again later on the shop's clock, the clock moves there.
        """
        backlog, status = outbox_backlog(self.ctx()), self.phone.status()
        if backlog.dead > self._dead:
            raise Unsettled(f"{backlog.dead - self._dead} deliveries failed for good: see the worker's log")
        if not backlog.due and status.next_due_at is not None:
            self.move_to(status.next_due_at)
        if not backlog.due and status.quiet:
            return ""
        return (f"{backlog.due} deliveries due, {status.to_deliver} notifications and {status.processing_refunds}"
                " refunds still to come from WeChat")
