"""Scratch shops of `bench`: settings of their own, a crowd of members and orders, goods to order and to look at."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command as alembic
from flask import Flask
from sqlalchemy import inspect

from backend.app import create_app, runtime
from backend.commands import _postgres, _process, _running, _secrets, _valkey
from backend.commands._folder import Folder, Refused
from backend.commands._progress import Progress
from backend.commands.migrate import configuration
from backend.context import Context
from backend.infra.clock import ticks
from backend.infra.db import read_engine
from backend.infra.uow import BUSY
from backend.kernel import errors
from backend.kernel.actors import SYSTEM
from backend.queries.crowds import crowd_skus, crowd_stands
from backend.usecases.count_deals import count_deals
from backend.usecases.count_sales import count_sales
from backend.usecases.create_product import SkuForm, create_product
from backend.usecases.fill_scratch import Filling, fill_scratch
from backend.usecases.import_products_batch import ImportedProduct, import_products_batch
from backend.usecases.save_category import save_category

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ORDERS = 1_000
"""Orders of the crowd in a shop that is measured from its doors."""
PRICE_FEN, AMPLE = 9900, 999_999_999
"""What each of the goods to order costs (no freight is due on one of them), and how many there are."""
LOOSENED = {"TUANMA_UNPAID_ORDERS_LIMIT": "100"}
"""The one rule of these shops that differs from a new shop's."""
GOODS, SHOWN = 500, 24
"""How many there are to order, and how many products that a list shows first."""


def settle(folder: Folder, database: str, redis_url: str = "") -> None:
    """The settings of the scratch shop, whatever shop the environment speaks of."""
    values = _secrets.environment(folder, _secrets.ensure(folder)) | {
        "DATABASE_URL": database or f"sqlite:///{folder.database}", "REDIS_URL": redis_url, "TUANMA_CLOCK": "system",
        "TUANMA_LOG_LEVEL": "WARNING"}
    for name in [name for name in os.environ if name.startswith("TUANMA_") or name in ("DATABASE_URL", "REDIS_URL")]:
        del os.environ[name]
    os.environ.update(values)


def fill(app: Flask, *, orders: int, members: int, seed: int) -> float:
    """Make the crowd unless it stands; returns the seconds it took, 0 when it was there. Touches no database in use."""
    asked = {"orders": orders, "members": members, "seed": seed}
    if inspect(read_engine()).has_table("alembic_version") and crowd_stands(context(app), **asked):
        say(f"The crowd of {orders:,} orders stands; measuring on it.")
        alembic.upgrade(configuration(runtime(app).settings.database), "head")
        return 0.0
    began = ticks()
    alembic.upgrade(configuration(runtime(app).settings.database), "head")
    products = [ImportedProduct(f"CR{i:04d}", f"压测商品 {i} 号", "压测", 990 + i * 37) for i in range(120)]
    import_products_batch(context(app), products=products, stock_default=AMPLE)
    bars: dict[str, Progress] = {}
    with contextlib.ExitStack() as shown:
        def tell(filling: Filling) -> None:
            if filling.part not in bars:
                shown.close()
                bars[filling.part] = shown.enter_context(Progress(filling.part, filling.total, "rows", start=filling.done))
            bars[filling.part].advance(filling.done - bars[filling.part].done)

        fill_scratch(context(app), tell=tell, **asked)
    for reckon in (count_sales, count_deals):
        _patiently(app, reckon)
    return round(ticks() - began, 1)


def _patiently(app: Flask, reckon: Callable[[Context], Any]) -> None:
    """A year is counted at once here; on a busy machine PostgreSQL may give that up and has more of it at hand the next time."""
    for left in (2, 1, 0):
        try:
            reckon(context(app))
            return
        except errors.Refused as refused:
            if refused.code != BUSY.code or not left:
                raise


@dataclass(frozen=True, slots=True)
class Scratch:
    """A shop to measure from its doors: the app of this process (its context is pushed), the database, and what there is to buy.

    `goods` are rows of id, product_id, code, title, price_fen; `raw_database` is the database's address for a bare driver;
    `server` the first process of our PostgreSQL, None for SQLite and for a server that is not ours.
    """

    app: Flask
    folder: Path
    kind: str
    raw_database: str
    server: int | None
    goods: list[dict[str, Any]]

    def ctx(self) -> Context:
        return context(self.app)


@contextmanager
def scratch(folder: Folder, kind: str, members: int) -> Iterator[Scratch]:
    """A new shop on SQLite in the folder, or on a PostgreSQL of its own with fsync on; gone afterwards.

    Beside it runs a Valkey for the rate limits, as beside a real one.
    """
    with contextlib.ExitStack() as running:
        try:
            if kind == SQLITE:
                path = folder.root / "doors.db"
                running.callback(_remove, path)
                _remove(path)
                url, raw_database, server = f"sqlite:///{path}", str(path), None
            else:
                place = running.enter_context(_postgres.short_folder())
                _postgres.make_cluster(place)
                started = running.enter_context(_postgres.server(place, "-c", "max_connections=300"))
                url, server = started.url, started.pid
                raw_database = f"postgresql://postgres@/postgres?host={place}"
            settle(folder, url, running.enter_context(valkey(folder.root / "valkey")))
        except (_postgres.Unavailable, FileNotFoundError) as problem:
            raise Refused(f"{problem}.") from None
        os.environ.update(LOOSENED)
        app = create_app(_running.settings())
        running.enter_context(app.app_context())
        fill(app, orders=ORDERS, members=members, seed=1)
        yield Scratch(app, folder.root, kind, raw_database, server, stock_up(app))


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """REDIS_URL of a Valkey that keeps nothing on disk."""
    port, password = _process.free_port(), secrets.token_urlsafe(24)
    child = subprocess.Popen(_valkey.configure(folder, port, password, durable=False), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, start_new_session=True,
                             preexec_fn=_process.dies_with_parent(signal.SIGKILL))
    try:
        if not _process.wait_until(lambda: _valkey.answers(_valkey.url(port, password)), 20):
            raise Refused("The embedded Valkey did not start.")
        yield _valkey.url(port, password)
    finally:
        _process.end(child, 5)


def stock_up(app: Flask) -> list[dict[str, Any]]:
    """Goods to order, of which there is enough, and newer ones to look at, with pictures, a detail and options; the former."""
    ctx = context(app)
    import_products_batch(ctx, stock_default=AMPLE, products=[
        ImportedProduct(f"BN{i:04d}", f"压测好物 {i} 号", "压测", PRICE_FEN) for i in range(GOODS)])
    category = save_category(ctx, name="水果")
    for number in range(SHOWN):
        pictures = [ctx.gateways.files.put(secrets.token_bytes(2000), ".jpg") for _ in range(3)]
        create_product(
            context(app), title=f"有机红富士苹果 {number} 号", category_id=category, selling_point="当季采摘，坏果包赔",
            detail="# 产地\n山东烟台，海拔三百米。\n- 果径 80 毫米以上\n- 顺丰冷链\n# 存放\n冷藏两周。", pictures=pictures,
            skus=[SkuForm(f"SH{number:03d}{size}{grade}", 1990 + 500 * grade + number, 4990 + number, None,
                          {"规格": f"{size} 斤装", "等级": ("一级", "特级")[grade]}, None, 10_000)
                  for size in (3, 5, 10) for grade in (0, 1)])
    return crowd_skus(ctx, beginning="BN")


def frozen_address(ctx: Context) -> dict[str, str]:
    """An address as orders freeze it, for rows that nobody's cipher writes: `ship_to`, `region_code`, `phone_index`."""
    said = {"name": "王小满", "phone": "13800138000", "region_code": "330106", "detail": "文三路 90 号 2 幢 1201",
            "province": "浙江省", "city": "杭州市", "district": "西湖区"}
    return {"ship_to": ctx.cipher.encrypt(json.dumps(said, ensure_ascii=False), "orders.ship_to"), "region_code": "330106",
            "phone_index": ctx.cipher.blind_index(said["phone"], "phone")}


def context(app: Flask) -> Context:
    """The system's context of this moment."""
    return runtime(app).context(SYSTEM)


def say(text: str) -> None:
    """For people, on stderr."""
    print(text, file=sys.stderr, flush=True)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
