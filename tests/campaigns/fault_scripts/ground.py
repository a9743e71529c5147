"""The ground on which a fault is played: a real shop on servers of its own, and what must hold after it."""

import contextlib
import itertools
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from redis import Redis

from backend.checks.check import Violation
from backend.checks.check_books import run_checks
from backend.commands import _process, _wechat_book
from backend.commands._folder import Folder
from backend.commands._postgres import HERE, Server
from backend.commands._stage import Stage, Unsettled
from backend.commands.check_books import lasting
from backend.infra.clock import ticks
from backend.infra.once import ClientKey
from backend.infra.uow import reading
from backend.kernel.actors import EVERYTHING, SYSTEM, staff
from backend.kernel.errors import Refused
from backend.usecases.create_product import SkuForm, create_product
from backend.usecases.refund_order import refund_order
from backend.usecases.save_category import save_category
from tests import services
from tests.campaigns import real_shop
from tests.campaigns.fault_scripts.proxy import Proxy
from tests.campaigns.fault_scripts.shoppers import PRICE_FEN, Buyer, Crowd

QUIET_WITHIN = 60.0
"""Real seconds, from the moment that all parts are back, within which nothing is left to do (reliability.md G02)."""
LATE_FAULTS_LAST = 20.0
STAFF = staff("stf_campaign", EVERYTHING)


class Wrong(AssertionError):
    """Something that must hold does not."""


class Missing(Exception):
    """What this fault is made with is not on this machine; the text says what, and how to get it."""


@dataclass(frozen=True)
class Given:
    """What a script is told that opens a shop of its own, or needs none."""

    database: str
    root: Path
    minutes: float
    seed: str


@dataclass
class Ground:
    """One running shop; its servers may be hurt, and its processes be found by what they do."""

    database: str
    root: Path
    stage: Stage
    up: "subprocess.Popen[bytes]"
    redis: services.Valkey
    postgres: Server | None
    proxy: Proxy | None
    minutes: float = 0.5
    seed: str = "1"
    skus: list[str] = field(default_factory=list)
    crowds: Iterator[int] = field(default_factory=itertools.count)

    # --- the processes ---

    def leader(self, what: str) -> int:
        """The process that `up` has started as web, worker, cron or wxsim; waits for one that is just being started again."""
        found: list[int] = []

        def look() -> bool:
            found[:] = [pid for pid in _children(self.up.pid) if _does(pid, what)]
            return bool(found)

        if not _process.wait_until(look, 30):
            raise Wrong(f"{what} does not run")
        return found[0]

    def processes(self, what: str) -> list[int]:
        """It and its children."""
        return _process.session_members(self.leader(what))

    def limit(self, what: str, which: int, most: int) -> None:
        """Set a soft limit on a part's living processes; their new children inherit it. -1: none."""
        for pid in self.processes(what):
            with contextlib.suppress(ProcessLookupError):
                hard = resource.prlimit(pid, which)[1]
                resource.prlimit(pid, which, (hard if most < 0 else most, hard))

    def kill(self, pids: Collection[int], number: int = signal.SIGKILL) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    @contextlib.contextmanager
    def another(self, what: str, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
        """One more worker or cron of this shop, beside those of `up`."""
        environment = _environment_of(self.leader("cron")) | more  # the worker's is overwritten by its title
        with open(self.root / f"another-{what}.log", "ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "backend", what], cwd=real_shop.ROOT, env=environment, stdout=log,
                                       stderr=log, start_new_session=True, preexec_fn=_process.dies_with_parent())
        try:
            yield process
            if process.poll() is not None:
                raise Wrong(f"another {what} has ended with {process.returncode}")
        finally:
            for pid in _process.session_members(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
            _process.end(process, 10)
            _process.signal_group(process.pid, signal.SIGKILL)

    # --- the stores ---

    def client(self) -> "Redis":
        return Redis.from_url(self.redis.url, socket_connect_timeout=2, socket_timeout=5)

    @contextlib.contextmanager
    def server(self, database: str = "tuanma") -> Iterator["psycopg.Connection[Any]"]:
        """The master of the PostgreSQL server, past the proxy."""
        assert self.postgres is not None
        with psycopg.connect(f"host={self.postgres.folder} user=postgres dbname={database}", autocommit=True) as connection:
            yield connection

    def cut_connections(self) -> int:
        """End every connection of the shop's to PostgreSQL; how many."""
        with self.server() as server:
            done = server.execute("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'shop'").fetchone()
        assert done is not None
        return int(done[0])

    @property
    def sqlite(self) -> Path:
        return Folder(self.stage.running.data).database

    def rows(self, statement: str, **params: Any) -> list[tuple[Any, ...]]:
        with reading(self.stage.ctx(SYSTEM)) as rd:
            return [tuple(row) for row in rd.execute(sa.text(statement), params)]

    # --- the people ---

    def goods(self) -> list[str]:
        """SKUs that nobody can sell out; made once."""
        if not self.skus:
            ctx = self.stage.ctx(STAFF)
            category = save_category(ctx, name="水果")
            for code in ("F1", "F2", "F3"):
                product = create_product(ctx, title=f"苹果 {code}", category_id=category,
                                         skus=[SkuForm(code, PRICE_FEN, stock=50_000)])
                self.skus.append(self.rows("select id from skus where product_id = :id", id=product)[0][0])
        return self.skus

    def crowd(self, number: int = 3) -> Crowd:
        """Shoppers who were not here before."""
        return Crowd(self.stage, self.goods(), number, self.seed, f"buyer-{next(self.crowds)}")

    def buyer(self) -> Buyer:
        """One shopper, who does what the script says."""
        buyer = self.crowd(1).buyers[0]
        buyer.settle_in()
        return buyer

    def refund(self, buyer: Buyer) -> str:
        """Staff refund one of the buyer's paid orders, whole; the order."""
        while (order := next((each for each, state in buyer.placed.items() if state == "paid"), None)) is None:
            buyer.buy()
        refund_order(self.stage.ctx(STAFF), order_id=order, lines=None, reason="少发", key=ClientKey(f"refund-{order}", "f"))
        buyer.placed[order] = "refunded"
        return order

    # --- what must hold ---

    def holds(self, *crowds: Crowd, buyers: Sequence[Buyer] = (), within: float = QUIET_WITHIN) -> str:
        """All parts are back: nothing may be left to do in time, each answer had one effect, and all books agree. Says how soon."""
        seconds = self.quiet(within)
        for crowd in crowds:
            if crowd.wrong:
                raise Wrong(f"shoppers were told: {crowd.wrong[:3]}")
        everybody = [*buyers, *(buyer for crowd in crowds for buyer in crowd.buyers)]
        for buyer in everybody:
            self._once(buyer)
        self.books()
        return f"{sum(len(each.placed) for each in everybody)} orders, quiet after {seconds:.1f} s"

    def quiet(self, within: float = QUIET_WITHIN) -> float:
        """Wait until nothing is left to do; how many seconds that took."""
        began = ticks()
        while True:
            try:
                self.stage.settle(max(within - (ticks() - began), 1.0))
                return ticks() - began
            except Unsettled as left:
                raise Wrong(str(left)) from None
            except Refused as busy:
                if ticks() - began > within:
                    raise Wrong(f"the database is still away: {busy}") from busy
                time.sleep(0.2)

    def _once(self, buyer: Buyer) -> None:
        kept = dict(self.rows("select id, state from orders where member_id = :m", m=buyer.who.member_id))
        if set(kept) != set(buyer.placed):
            raise Wrong(f"{buyer.who.name} was told of {len(buyer.placed)} orders and has {len(kept)}")
        differ = {order: (told, kept[order]) for order, told in buyer.placed.items() if not _became(told, kept[order])}
        if differ:
            raise Wrong(f"{buyer.who.name}: told and kept differ: {dict(list(differ.items())[:3])}")

    def books(self, known: Collection[str] = ()) -> None:
        """Every check of the books, WeChat's own included; but for these numbers, which are listed as differences already."""
        def look() -> list[Violation]:
            found = [each for result in run_checks(self.stage.ctx()) for each in result.violations]
            theirs = _wechat_book.compare(self.stage.ctx(), self.stage.running)
            return [each for each in found + theirs if not set(each.ids.values()) & set(known)]

        if found := lasting(look, LATE_FAULTS_LAST):
            raise Wrong(f"the books do not hold: {found[:3]}")


def _became(told: str, kept: str) -> bool:
    """Whether an order that was told to be so may stand so later: time goes on."""
    return told == "unpaid" or (told == "closed") == (kept in ("unpaid", "closing", "closed"))


# --- to find one's way among processes (Linux) ---


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _does(pid: int, what: str) -> bool:
    """By its log: gunicorn and RQ give their processes other names."""
    with contextlib.suppress(OSError):
        return Path(os.readlink(f"/proc/{pid}/fd/1")).name == f"{what}.log"
    return False


def _environment_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)


# --- opening it ---


@dataclass(frozen=True)
class Servers:
    """What a shop stands on: servers of its own, what `up` is told of them, and the stage's own way to the database."""

    database: str
    redis: services.Valkey
    postgres: Server | None
    proxy: Proxy | None
    environment: dict[str, str]
    seen: dict[str, str]


@contextlib.contextmanager
def servers(database: str, within: Path = HERE) -> Iterator[Servers]:
    """A Valkey, and for PostgreSQL a durable server behind a proxy, with an empty database of the role `shop`."""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(services.valkey_server(within=within))
        environment = {"REDIS_URL": redis.url, "TUANMA_REQUESTS_PER_MINUTE": "100000"}
        if database == "sqlite":
            yield Servers(database, redis, None, None, environment, {})
            return
        postgres = stack.enter_context(services.postgres_server(within=within))
        proxy = Proxy(postgres.folder / ".s.PGSQL.5432")
        stack.callback(proxy.close)
        with psycopg.connect(f"host={postgres.folder} user=postgres", autocommit=True) as server:
            server.execute("create role shop login")
            server.execute("create database tuanma owner shop")
        environment["DATABASE_URL"] = f"postgresql+psycopg://shop@127.0.0.1:{proxy.port}/tuanma"
        seen = {"DATABASE_URL": f"postgresql+psycopg://postgres@/tuanma?host={postgres.folder}"}
        yield Servers(database, redis, postgres, proxy, environment, seen)


@contextlib.contextmanager
def standing(on: Servers, given: Given, root: Path, environment: Mapping[str, str] | None = None,
             **where: Any) -> Iterator[Ground]:
    """A shop on these servers, its folder below `root`; `where`: `folder` and `port` of one that was there before."""
    with real_shop.opened(root, on.environment | dict(environment or {}), seen=on.seen, **where) as (stage, up):
        yield Ground(on.database, root, stage, up, on.redis, on.postgres, on.proxy, given.minutes, given.seed)


@contextlib.contextmanager
def opened(given: Given, name: str, environment: Mapping[str, str] | None = None) -> Iterator[Ground]:
    """A shop of its own on servers of its own."""
    root = given.root / f"{name}-{given.database}"
    root.mkdir()
    with servers(given.database) as on, standing(on, given, root, environment) as ground:
        yield ground
