"""Kills a real shop's processes at every point of its main flows, one point at a time, and demands that nothing shows.

`python3 -m backend campaign kill [--database postgresql] [--every N]`. For each flow and role (web, relay, job) the flow is
played once undisturbed and its points are listed; then once for each point with a SIGKILL there. A listed point that is not
reached again in three plays was something else's (an earlier case that timed out meanwhile, say): the longest of those plays,
in which nobody died, is the list then. The shopper asks again with the same key, WeChat tells again, the worker finds what was
left: in the end the case must look as in the undisturbed run, and the books must hold, WeChat's own included.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from backend.commands._console import Console
from backend.commands._demo_rules import load_return_address
from backend.commands._stage import Stage
from backend.infra.once import ClientKey
from backend.infra.uow import reading
from backend.kernel.actors import EVERYTHING, SYSTEM, staff
from backend.usecases.create_product import SkuForm, create_product
from backend.usecases.create_staff import create_staff
from backend.usecases.refund_order import refund_order
from backend.usecases.save_category import save_category
from backend.usecases.save_pickup_point import save_pickup_point
from backend.usecases.set_point_staff import set_point_staff
from tests import services
from tests.campaigns import real_shop

ROOT = Path(__file__).resolve().parents[2]
STAFF = staff("stf_campaign", EVERYTHING)
ADDRESS = {"name": "李雷", "phone": "13800138000", "region_code": "110105", "detail": "建国路 1 号"}
LOGIN, PASSWORD = "killer", "a long enough pass phrase"
ROLES = ("web", "relay", "job")
TRIES = 3
"""How often a listed point may be missed before it is taken for something else's."""


@dataclass
class Case:
    """One shopper with goods of their own, so that cases do not meet."""

    stage: Stage
    number: int
    category: str
    desk: Console
    point: str
    product: str = ""
    sku: str = ""
    address: str = ""
    order: str = ""
    aftersale: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ctx = self.stage.ctx(STAFF)
        self.product = create_product(ctx, title=f"苹果 {self.number}", category_id=self.category,
                                      skus=[SkuForm(f"K{self.number}", 5000, stock=10)])
        self.sku = self.one("select id from skus where product_id = :id", id=self.product)
        self.who = self.stage.shopper(f"kill-{self.number}")
        self.address = self.who.add_address(ADDRESS, key=f"kill-address-{self.number}")

    def one(self, statement: str, **params: Any) -> Any:
        return self.rows(statement, **params)[0][0]

    def rows(self, statement: str, **params: Any) -> list[tuple[Any, ...]]:
        with reading(self.stage.ctx(SYSTEM)) as rd:
            return [tuple(row) for row in rd.execute(text(statement), params)]

    def key(self, of: str) -> str:
        return f"kill-{of}-{self.number:012}"

    def place(self) -> None:
        self.order = self.who.place(self.address, 10_000, [(self.sku, 2)], key=self.key("place"))["id"]

    def place_pickup(self) -> None:
        self.order = self.who.place(self.address, 10_000, [(self.sku, 2)], point_id=self.point, key=self.key("place"))["id"]

    def begin(self) -> None:
        self.params = self.who.start_payment(self.order, self.key("payment"))["params"]

    def tap(self) -> None:
        self.stage.phone.pay(self.who.name, self.params)

    def cancel(self) -> None:
        self.who.cancel(self.order, "不要了", self.key("cancel"))

    def time_out(self) -> None:
        self.stage.move_to(self.stage.now() + timedelta(minutes=16))

    def refund(self) -> None:
        line = self.one("select id from order_lines where order_id = :id", id=self.order)
        refund_order(self.stage.ctx(STAFF), order_id=self.order, lines=[(line, 1)], reason="少发一件",
                     key=ClientKey(self.key("refund"), "f"))

    def line(self) -> str:
        return self.one("select id from order_lines where order_id = :id", id=self.order)

    def press(self, page: str, button: str, key: str, **form: Any) -> None:
        """Send a form of the console, as somebody at a browser does."""
        self.desk.send(f"/admin/{page}/{button}", form, at=f"/admin/{page}/", key=self.key(key))

    def ship(self) -> None:
        self.press(f"orders/{self.order}", "ship/", "ship", courier="SF", tracking_number=f"SF{self.number:010}",
                   **{f"q_{self.line()}": "2"})

    def ship_batch(self) -> None:
        number = self.one("select number from orders where id = :id", id=self.order)
        self.press("batch-ship", "run/", "batch", waiting=json.dumps([[[2], number, "SF", f"SF{self.number:010}", []]]))

    def send_sheet(self) -> None:
        rows = [f"I{self.number}-{row},梨 {row},水果,1.50,{row}" for row in range(1, 4)]
        sheet = "\n".join(["sku,title,category,price,stock", *rows])
        self.desk.send("/admin/imports/new/", {"stock_default": "0"}, at="/admin/imports/", key=self.key("sheet"),
                       files={"file": ("a.csv", sheet.encode())})

    def confirm_sheet(self) -> None:
        [(newest,)] = self.rows("select id from imports order by id desc limit 1")
        self.press(f"imports/{newest}", "confirm/", "confirm")

    def hand_over(self) -> None:
        self.press(f"hand-over/{self.order}", "", "hand-over")

    def ask_back(self, kind: str = "refund_only") -> None:
        self.aftersale = self.who.ask("POST", f"/orders/{self.order}/aftersales", {
            "kind": kind, "reason": "other", "words": "不想要了", "lines": [{"order_line_id": self.line(), "quantity": 1}]},
            key=self.key("ask"))["id"]

    def ask_return(self) -> None:
        self.ask_back("return_and_refund")

    def grant(self) -> None:
        self.press(f"aftersales/{self.aftersale}", "approve/", "grant", answer="")

    def send_back(self) -> None:
        self.who.ask("POST", f"/aftersales/{self.aftersale}/parcel", {"courier": "YTO", "tracking_number": f"YT{self.number:010}"})

    def receive(self) -> None:
        self.press(f"aftersales/{self.aftersale}", "receive/", "receive", answer="", restock=self.line())

    def summary(self) -> dict[str, Any]:
        """Everything that this case touched, without ids and times."""
        of = {"id": self.order, "sku": self.sku}
        paid = "select id from payments where order_id = :id union select id from refunds where order_id = :id"
        return {
            "order": self.rows("select state, moves, total_fen, paid_fen, refunded_fen, close_reason from orders"
                               " where id = :id", **of),
            "orders of the shopper": self.one("select count(*) from orders where member_id = :m", m=self.who.member_id),
            "lines": self.rows("select quantity, released_qty, shipped_qty, refund_qty, refund_fen from order_lines"
                               " where order_id = :id", **of),
            "moves": self.rows("select seq, from_state, to_state from order_moves where order_id = :id order by seq", **of),
            "payments": self.rows("select state, amount_fen, refund_fen from payments where order_id = :id order by id", **of),
            "refunds": self.rows("select kind, state, amount_fen from refunds where order_id = :id order by id", **of),
            "ledger": self.rows(
                "select t.kind, f.debit, f.credit, f.amount_fen from ledger_transactions t join ledger_transfers f"
                f" on f.transaction_id = t.id where t.event_id in ({paid}) order by t.kind, f.position", **of),
            "stock": self.rows("select on_hand, reserved from stock_levels where sku_id = :sku", **of),
            "journal": self.rows("select kind, on_hand_change, reserved_change, count(*) from stock_moves where sku_id = :sku"
                                 " group by kind, on_hand_change, reserved_change order by 1, 2, 3", **of),
            "parcels": self.rows("select p.seq, p.courier, l.quantity from parcels p join parcel_lines l on l.parcel_id = p.id"
                                 " where p.order_id = :id order by p.seq", **of),
            "told": self.rows("select state, completions, unsure from shipping_uploads where order_id = :id", **of),
            "handed over": self.rows("select handed_over_at is not null, with_code from pickups where order_id = :id", **of),
            "cases": self.rows("select a.kind, a.state, a.moves, a.asked_fen, a.given_fen, l.restocked_qty, l.is_open"
                               " from aftersales a join aftersale_lines l on l.aftersale_id = a.id where a.order_id = :id", **of),
            "traces": self.rows("select action, count(*) from audit_log where subject in (:id, :case) group by action"
                                " order by action", case=self.aftersale, **of),
            "imported": self.rows(
                "select replace(s.code, :mine, ''), s.price_fen, l.on_hand, count(m.id) from skus s join stock_levels l on"
                " l.sku_id = s.id left join stock_moves m on m.sku_id = s.id where s.code like :some group by s.code, s.price_fen,"
                " l.on_hand order by s.code", mine=f"I{self.number}-", some=f"I{self.number}-%"),
            "dead": self.one("select count(*) from deliveries where dead_at is not null"),
        }


@dataclass(frozen=True)
class Flow:
    """Something that people do: `before` brings a case to its beginning, `act` is what is killed in the middle."""

    name: str
    before: tuple[Callable[[Case], None], ...]
    act: Callable[[Case], None]


FLOWS = (
    Flow("place an order", (), Case.place),
    Flow("start a payment", (Case.place,), Case.begin),
    Flow("pay", (Case.place, Case.begin), Case.tap),
    Flow("cancel", (Case.place, Case.begin), Case.cancel),
    Flow("let the time to pay pass", (Case.place, Case.begin), Case.time_out),
    Flow("refund a part", (Case.place, Case.begin, Case.tap), Case.refund),
    Flow("ship", (Case.place, Case.begin, Case.tap), Case.ship),
    Flow("ship a batch", (Case.place, Case.begin, Case.tap), Case.ship_batch),
    Flow("take a sheet in", (Case.send_sheet,), Case.confirm_sheet),
    Flow("hand over", (Case.place_pickup, Case.begin, Case.tap), Case.hand_over),
    Flow("ask for money back", (Case.place, Case.begin, Case.tap), Case.ask_back),
    Flow("grant an after-sale", (Case.place, Case.begin, Case.tap, Case.ask_back), Case.grant),
    Flow("receive a return", (Case.place, Case.begin, Case.tap, Case.ship, Case.ask_return, Case.grant, Case.send_back),
         Case.receive),
)


@dataclass
class Campaign:
    """The running shop, the arm of the killer, and what has been found."""

    stage: Stage
    folder: Path
    category: str
    point: str
    say: Callable[[str], None]
    cases: int = 0
    kills: int = 0
    points: int = 0
    wrong: list[str] = field(default_factory=list)
    desk: Console | None = None
    desk_since: datetime | None = None

    @classmethod
    def on(cls, stage: Stage, folder: Path, say: Callable[[str], None]) -> "Campaign":
        """A campaign in a shop that has a category, an address for returns, a pick-up point, and somebody who serves there and
        decides."""
        ctx = stage.ctx(STAFF)
        load_return_address(stage)
        clerk = create_staff(ctx, login=LOGIN, name="何", roles=["owner"], password=PASSWORD, must_change_password=False)
        point = save_pickup_point(
            ctx, store_id="sto_main", kind="store", name="文三路店", region_code="330106", detail="文三路 100 号",
            phone="0571-88886666", longitude=120.13, latitude=30.275, hours=[[("00:00", "24:00")]] * 7)
        set_point_staff(ctx, point_id=point, staff_ids=[clerk.staff_id])
        return cls(stage, folder, save_category(ctx, name="水果"), point, say)

    def console(self) -> Console:
        """A log-in of the clerk's, new whenever the shop's clock has moved so far that it may have ended."""
        if self.desk is None or self.stage.now() - self.desk_since > timedelta(hours=1):
            self.desk, self.desk_since = Console(self.stage.running.url, LOGIN, PASSWORD), self.stage.now()
        return self.desk

    def case(self) -> Case:
        self.cases += 1
        return Case(self.stage, self.cases, self.category, self.console(), self.point)

    def arm(self, role: str, at: int) -> None:
        (self.folder / "points").write_text("")
        half = self.folder / "armed.half"
        half.write_text(json.dumps({"role": role, "at": at}))
        half.replace(self.folder / "armed")

    def disarm(self) -> list[str]:
        """What was reached since it was armed."""
        (self.folder / "armed").unlink(missing_ok=True)
        return (self.folder / "points").read_text().splitlines()

    def play(self, flow: Flow, role: str, at: int) -> tuple[Case, list[str], bool]:
        """Play a flow with a death at point `at` (0: none); the case, the points reached, whether somebody died."""
        case = self.case()
        for each in flow.before:
            each(case)
        self.stage.settle()
        self.arm(role, at)
        flow.act(case)
        self.stage.settle()
        died = at > 0 and not (self.folder / "armed").exists()
        return case, self.disarm(), died

    def flow(self, flow: Flow, every: int, first: int = 1) -> None:
        """Kill at every `every`-th point of a flow, in each role."""
        expected = None
        for role in ROLES:
            undisturbed, points, _ = self.play(flow, role, 0)
            summary = undisturbed.summary()
            expected = expected or summary
            assert summary == expected, f"{flow.name}: two undisturbed runs differ"
            listed, at = len(points), first
            while at <= len(points):
                died, reached = self.kill(flow, role, at, expected)
                if not died:
                    points = reached
                self.kills += died
                at += every
            self.points += len(points)
            others = f" ({listed} were listed at first)" if listed != len(points) else ""
            self.say(f"{flow.name}, {role}: {len(points)} points{others}, {self.kills} kills so far, {len(self.wrong)} wrong")

    def kill(self, flow: Flow, role: str, at: int, expected: dict[str, Any]) -> tuple[bool, list[str]]:
        """Kill at a point, which is tried again when it is not reached: whether somebody died, and the points of the longest
        play. Whatever a case should not look like is kept in `wrong`."""
        longest: list[str] = []
        for _ in range(TRIES):
            case, reached, died = self.play(flow, role, at)
            found = case.summary()
            if found != expected:
                differs = {name: (found[name], expected[name]) for name in found if found[name] != expected[name]}
                self.wrong.append(f"{flow.name}, {role} killed at {at} ({', '.join(reached[at - 1:at])}): {differs}")
                self.say(self.wrong[-1])
            longest = max(longest, reached, key=len)
            if died:
                return True, reached
        return False, longest


@contextlib.contextmanager
def shop(root: Path, database_url: str | None) -> Iterator[tuple[Stage, Path]]:
    """A real `up` whose processes carry the points; the stage on it and the killer's folder."""
    killing = root / "kill"
    killing.mkdir()
    environment = {"TUANMA_KILL_FOLDER": str(killing)} | ({"DATABASE_URL": database_url} if database_url else {})
    with real_shop.opened(root, environment) as (stage, _):
        yield stage, killing


def run(database: str, every: int, only: str, say: Callable[[str], None]) -> Campaign:
    """The whole campaign on one kind of database."""
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tuanma-kill-")))
        url = stack.enter_context(services.postgres()) if database == "postgresql" else None
        stage, killing = stack.enter_context(shop(root, url))
        campaign = Campaign.on(stage, killing, say)
        for flow in FLOWS:
            if only in flow.name:
                campaign.flow(flow, every)
        command = [sys.executable, "-m", "backend", "check-books", "--wxsim", "--data", str(stage.running.data)]
        checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        if checked.returncode:
            campaign.wrong.append(f"the books do not hold: {checked.stdout}")
        return campaign


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m backend campaign kill", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="kill at every N-th point only (default: all)")
    parser.add_argument("--flow", default="", help="only flows with this in their name")
    given = parser.parse_args()
    began = time.monotonic()
    campaign = run(given.database, given.every, given.flow, lambda said: print(said, flush=True))
    print(f"{campaign.points} points on {given.database}, {campaign.kills} kills, {len(campaign.wrong)} wrong, "
          f"{time.monotonic() - began:.0f} s")
    for each in campaign.wrong:
        print(each)
    return 1 if campaign.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
