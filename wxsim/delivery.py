"""Delivery of notifications: at once, in parallel, then on the platform's schedule until the shop says 200 or 204."""

import http.client
import json
import logging
import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

from wxsim import cashier, envelope, pushes, refund_results, wire
from wxsim.clock import elapsed
from wxsim.transport import Transport
from wxsim.world import World

MINUTE, HOUR = 60, 3600
# Seconds on the shared clock from each failed attempt to the next: 15 repetitions, 24 h 4 min in all.
SCHEDULE = (
    *(15, 15, 30, 3 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 30 * MINUTE, 30 * MINUTE),
    *(60 * MINUTE, 3 * HOUR, 3 * HOUR, 3 * HOUR, 6 * HOUR, 6 * HOUR),
)
_LOOK_SECONDS = 0.2
_PARALLEL = 8
_PATIENCE_SECONDS = 30.0
log = logging.getLogger("wxsim")


class Delivery:
    """One thread looks for what is due (every 0.2 s and when woken), a pool sends it.

    A notification is claimed before it is sent, so it is never in two hands at once; those that a killed process had
    claimed are pending again when the next one starts.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._transport = Transport()
        self._awake = threading.Event()
        self._stopped = False
        self._pool = ThreadPoolExecutor(_PARALLEL, "wxsim-notify")
        self._copies = ThreadPoolExecutor(32, "wxsim-copies")
        self._thread = threading.Thread(target=self._run, name="wxsim-delivery", daemon=True)

    def start(self) -> None:
        """Takes up what a former process left, then runs until `stop`."""
        with self._world.books.writing() as tx:
            tx.execute("UPDATE notifications SET state = 'pending' WHERE state = 'sending'")
            tx.execute("UPDATE pushes SET state = 'pending' WHERE state = 'sending'")
        self._thread.start()

    def stop(self) -> None:
        """Claims nothing more and waits for what is being sent, at most 2 seconds."""
        self._stopped = True
        self._awake.set()
        self._thread.join(2.0)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._copies.shutdown(wait=False, cancel_futures=True)

    def wake(self) -> None:
        """Looks for due work now rather than at the next look."""
        self._awake.set()

    def deliver_due(self) -> tuple[int, int]:
        """Sends all that is due now and waits for it; (delivered, failed), each notification counted once."""
        outcomes: list[bool] = []
        give_up_at = elapsed() + _PATIENCE_SECONDS
        while elapsed() < give_up_at:
            started = self._start_due()
            if not started and not self._sending():
                break
            wait(started)
            outcomes += [future.result() for future in started]
            if not started:
                self._awake.wait(0.01)
        return outcomes.count(True), outcomes.count(False)

    def deliver(self, seq: int) -> bool:
        """Makes one attempt with a claimed notification and writes down what came of it; True if the shop took it."""
        row = self._world.books.row("SELECT * FROM notifications WHERE seq = ?", (seq,))
        assert row is not None and row["state"] == "sending"
        content = envelope.content_of(self._world, row)
        habits = json.loads(row["habits"])
        if habits.get("signtest") and row["attempts"] == 0:
            self.send(row["notify_url"], envelope.probe_headers(self._world, content), content, "callback-signtest")
        headers = envelope.headers_of(self._world, row, content)
        copies = int(habits.get("copies", 1)) - 1
        extra: list[Future[tuple[int | None, str]]] = []
        if copies > 0 and habits.get("parallel"):
            extra = [self._copies.submit(self._copy, row, content) for _ in range(copies)]
        status, answer = self.send(row["notify_url"], headers, content, ",".join(sorted(habits)))
        if copies > 0 and not extra:
            for _ in range(copies):
                self._copy(row, content)
        wait(extra)
        self._write_down(row, status, answer, headers, content)
        return status in (200, 204)

    def send(self, url: str, headers: dict[str, str], content: bytes, fault: str) -> tuple[int | None, str]:
        """One POST to the shop, noted in the wire log: (status, answer), or (None, what went wrong)."""
        started = elapsed()
        status: int | None
        try:
            status, body = self._transport.post(url, headers, content)
            text = body.decode("utf-8", "replace")
        except (OSError, http.client.HTTPException, ValueError) as error:
            status, text = None, f"{type(error).__name__}: {error}"
        wire.outgoing(self._world, "callback", url, status, content, text.encode(), elapsed() - started, fault)
        return status, text

    def _copy(self, row: sqlite3.Row, content: bytes) -> tuple[int | None, str]:
        headers = envelope.headers_of(self._world, row, content)
        return self.send(row["notify_url"], headers, content, "callback-duplicated")

    def _write_down(
        self, row: sqlite3.Row, status: int | None, answer: str, headers: dict[str, str], content: bytes
    ) -> None:
        attempts, now = row["attempts"] + 1, self._world.clock.now()
        taken = status in (200, 204)
        state = "delivered" if taken else "pending" if attempts <= len(SCHEDULE) else "given_up"
        due_at = now + SCHEDULE[attempts - 1] if state == "pending" else row["due_at"]
        with self._world.books.writing() as tx:
            tx.execute(
                "UPDATE notifications SET state = ?, attempts = ?, due_at = ?, last_status = ?, last_error = ?,"
                " sent_headers = ?, sent_body = ? WHERE seq = ?",
                (
                    state,
                    attempts,
                    due_at,
                    status,
                    None if taken else answer[:500],
                    json.dumps(headers),
                    content.decode(),
                    row["seq"],
                ),
            )
            tx.execute(
                "UPDATE notifications SET due_at = ?, waits_for_other = 0"
                " WHERE out_trade_no = ? AND seq <> ? AND waits_for_other AND state = 'pending'",
                (now, row["out_trade_no"], row["seq"]),
            )
        self._awake.set()

    def _run(self) -> None:
        while not self._stopped:
            self._awake.wait(_LOOK_SECONDS)
            self._awake.clear()
            try:
                self._start_due()
            except Exception:
                log.exception("looking for due notifications failed; looking again")

    def _start_due(self) -> list[Future[bool]]:
        if self._stopped:
            return []
        self._pay_by_itself()
        refund_results.finish_due(self._world)
        now = self._world.clock.now()
        pushing = [self._pool.submit(self._push_safely, seq) for seq in pushes.claim_due(self._world, now)]
        if self._world.books.row("SELECT 1 FROM notifications WHERE state = 'pending' AND due_at <= ?", (now,)) is None:
            return pushing
        with self._world.books.writing() as tx:
            claimed = tx.execute(
                "UPDATE notifications SET state = 'sending' WHERE state = 'pending' AND due_at <= ? RETURNING seq",
                (now,),
            ).fetchall()
        return pushing + [self._pool.submit(self._deliver_safely, row["seq"]) for row in claimed]

    def _push_safely(self, seq: int) -> bool:
        try:
            return pushes.deliver(self._world, self._transport, seq)
        except Exception:
            log.exception("push %s could not be sent; again in %s s", seq, pushes.SCHEDULE[0])
            with self._world.books.writing() as tx:
                due_at = self._world.clock.now() + pushes.SCHEDULE[0]
                tx.execute("UPDATE pushes SET state = 'pending', due_at = ? WHERE seq = ?", (due_at, seq))
            return False

    def _deliver_safely(self, seq: int) -> bool:
        try:
            return self.deliver(seq)
        except Exception:
            log.exception("notification %s could not be sent; again in %s s", seq, SCHEDULE[0])
            with self._world.books.writing() as tx:
                due_at = self._world.clock.now() + SCHEDULE[0]
                tx.execute("UPDATE notifications SET state = 'pending', due_at = ? WHERE seq = ?", (due_at, seq))
            return False

    def _pay_by_itself(self) -> None:
        now = self._world.clock.now()
        sql = "SELECT out_trade_no FROM trades WHERE pays_itself_at <= ? AND state <> 'SUCCESS'"
        for trade in self._world.books.rows(sql, (now,)):
            try:
                cashier.pay(self._world, trade["out_trade_no"], wait=False, even_closed=True)
            except cashier.TapRefused:
                log.info("%s had been paid meanwhile", trade["out_trade_no"])

    def _sending(self) -> bool:
        sql = "SELECT 1 FROM notifications WHERE state = 'sending' UNION ALL SELECT 1 FROM pushes WHERE state = 'sending'"
        return self._world.books.row(sql) is not None
