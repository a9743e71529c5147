"""What workers do: the outbox in any order, in part, twice, dying in the middle, without their lease."""

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from backend import worker
from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_shipping import ShippingRefused
from backend.infra import outbox
from backend.infra.uow import transaction
from backend.reactions import NAMES, find
from backend.usecases.query_open_money import query_open_money
from backend.usecases.revive_delivery import revive_delivery
from backend.usecases.upload_shipping import StillCalling
from tests.campaigns import oracle as rules
from tests.campaigns.both_sides import STAFF, BothSides, Killed, Violation
from tests.fakes import LOST

FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""In real time everything is due: no lease holds and no retry waits."""
FAULTS = {
    "close_order": ("close before", "close after", "query before"),
    "check_payment": ("query before",),
    "send_refund": ("lost before", "lost after", "NOT_ENOUGH", "FREQUENCY_LIMITED", "USER_ACCOUNT_ABNORMAL"),
    "check_refund": ("query_refund before",),
    "upload_shipping": ("upload before", "upload after", "upload 45009", "upload 10060004", "know before"),
}
"""How WeChat can fail in the middle of a reaction, as the oracle calls it."""
SHIPPING = {"upload": "upload_shipping", "know": "shipping_of"}


class WorkerOps(BothSides):
    """What workers do: the outbox in any order, in part, twice, dying in the middle, without their lease."""

    def ask_wechat(self) -> None:
        """The timetable looks for money of which nobody has told us."""
        self.do("ask WeChat about open money", lambda: query_open_money(self.ctx()), lambda: None)

    def work(self) -> None:
        """Workers do some of what is due, in any order."""
        leases = self._lease()
        share = self.rng.choice((0.3, 0.7, 1.0))
        mine = [lease for lease in leases if self.rng.random() < share]
        self.rng.shuffle(mine)
        with transaction(self.ctx()) as tx:
            outbox.renew(tx.connection, [lease for lease in leases if lease not in mine], None)
        for lease in mine:
            self.deliver(lease)

    def _lease(self) -> list[outbox.Lease]:
        with transaction(self.ctx()) as tx:
            while outbox.fan_out(tx.connection, NAMES):
                pass
            outbox.renew(tx.connection, outbox.overdue(tx.connection, FAR), None)
            leases = outbox.lease_due(tx.connection, tx.now, FAR)
        return sorted(leases, key=lambda lease: (lease.event_id, lease.reaction))

    def deliver(self, lease: outbox.Lease, faults: bool = True) -> None:
        """One delivery is worked off: as it should be, while WeChat is faulty, by a worker that dies in the middle, twice, or
        while a worker that lost its lease works on it, too."""
        [event] = self.rows("select name, payload from outbox_events where id = :id", id=lease.event_id)
        payload = event["payload"] if isinstance(event["payload"], dict) else json.loads(event["payload"])
        self.operations += 1
        how = self.rng.choices(("", "fault", "kill", "twice", "zombie"), (72, 10, 12, 4, 2))[0] if faults else ""
        fault = self.rng.choice(FAULTS.get(lease.reaction, ("",))) if how == "fault" else ""
        self.say(f"worker: {lease.reaction} {payload} {how} {fault}")
        rule = self._rule(lease, payload, fault)
        self._break(fault)
        if how == "zombie":
            with transaction(self.ctx()) as tx:
                outbox.start(tx.connection, lease, tx.now)
            outcome = worker.run_delivery(lease.event_id, lease.reaction, lease.attempt + 1)
        else:
            outcome = self._run(lease, self.rng.randint(1, 30) if how == "kill" else 0)
        for part in (self.pay, self.world.mini):
            part.fail.clear()
            part.after.clear()
        self._expect(lease, outcome, rule)
        use_case = find(event["name"], lease.reaction)
        assert use_case is not None
        if how == "twice" and outcome == "done" and not fault:
            use_case(self.ctx(), **payload)
        if how == "zombie":
            with contextlib.suppress(outbox.TakenOver, *([StillCalling] if outcome == "failed" else [])):
                use_case(self.ctx(delivery=lease), **payload)

    def _run(self, lease: outbox.Lease, at: int) -> str:
        try:
            with self.points.counting(at):
                return worker.run_delivery(lease.event_id, lease.reaction, lease.attempt)
        except Killed:
            self.kills += 1
            self.last[-1] += f" (killed at {at}: {self.points.names[-1]})"
        again = worker.run_delivery(lease.event_id, lease.reaction, self._delivery(lease)["attempt"] + 1)
        return "done" if again == "gone" else again

    def _expect(self, lease: outbox.Lease, outcome: str, rule: Callable[[], Any]) -> None:
        want = "done"
        try:
            rule()
        except rules.Unknown:
            want = "failed"
        if outcome != want:
            raise Violation(f"{lease.reaction} {outcome}, must be {want}: {self._delivery(lease)['error']}")
        self._name_refunds()

    def _delivery(self, lease: outbox.Lease) -> dict[str, Any]:
        [row] = self.rows("select attempt, error from deliveries where event_id = :event and reaction = :reaction",
                          event=lease.event_id, reaction=lease.reaction)
        return row

    def _break(self, fault: str) -> None:
        """WeChat fails next time as `fault` says."""
        call, _, how = fault.partition(" ")
        if call in SHIPPING:
            error = ShippingRefused(how, "no") if how.isdigit() else LOST
            (self.world.mini.after if how == "after" else self.world.mini.fail)[SHIPPING[call]] = [error]
        elif fault:
            self._arm(call if how and call != "lost" else "refund", LOST if how else WeChatRefused(fault, "no"), fault)

    def _rule(self, lease: outbox.Lease, payload: dict[str, Any], fault: str) -> Callable[[], Any]:
        """What a delivery must do."""
        of_order, of_payment, of_refund, of_case = (
            payload.get(name, "") for name in ("order_id", "payment_id", "refund_id", "aftersale_id"))
        match lease.reaction:
            case "close_order":
                return lambda: self.oracle.close(self.orders[of_order], fault)
            case "plan_shipping_upload":
                return lambda: self.oracle.plan_upload(self.orders[of_order])
            case "upload_shipping":
                return lambda: self.oracle.upload(self.orders[of_order], lease.event_id, fault)
            case "complete_order":
                return lambda: self.oracle.complete(self.orders[of_order])
            case "check_payment":
                return lambda: self.oracle.check(self.attempts[of_payment], fault)
            case "close_payment":
                return lambda: self.oracle.supersede(self.attempts[of_payment])
            case "send_refund":
                at_once = self.pay.settle_refunds = self.quietly or self.rng.random() < self.at_once_share
                return lambda: self.oracle.send(self.refunds[of_refund], fault, at_once)
            case "settle_aftersale":
                return lambda: self.oracle.refund_ended(self.refunds[of_refund])
            case "approve_aftersale":
                return lambda: self.oracle.grant(self.cases[of_case], by_timer=True)
            case "lapse_aftersale":
                return lambda: self.oracle.lapse(self.cases[of_case])
            case "receive_return":
                return lambda: self.oracle.take_back(self.cases[of_case], [], by_timer=True)
            case "check_refund":
                return lambda: self.oracle.ask_refund(self.refunds[of_refund], fault)
        return lambda: None

    def drain(self) -> None:
        """Workers do all that is due, and all that follows from it."""
        for _ in range(200):
            for row in self.rows("select event_id, reaction from deliveries where dead_at is not null"):
                revive_delivery(self.ctx(STAFF), **row)
            leases = self._lease()
            if not leases:
                return
            self.rng.shuffle(leases)
            for lease in leases:
                self.deliver(lease, faults=False)
        raise Violation("it never became quiet")
