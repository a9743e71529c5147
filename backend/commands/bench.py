"""Makes a large shop in a scratch database and measures on it: the console's lists, answers about orders, an export, memory."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command as alembic
from flask import Flask
from sqlalchemy import inspect

from backend.app import create_app, runtime
from backend.commands import _bench_measures, _running, _secrets
from backend.commands._bench_measures import Measured
from backend.commands._bench_web import web
from backend.commands._folder import Folder
from backend.commands._folder import Refused as CommandRefused
from backend.commands._progress import Progress
from backend.commands.migrate import configuration
from backend.context import Context
from backend.infra.clock import ticks
from backend.infra.db import read_engine
from backend.infra.uow import BUSY
from backend.kernel.actors import EVERYTHING, SYSTEM, staff
from backend.kernel.errors import Refused
from backend.queries.crowds import crowd_stands
from backend.usecases.count_deals import count_deals
from backend.usecases.count_sales import count_sales
from backend.usecases.fill_scratch import Filling, fill_scratch
from backend.usecases.import_products_batch import ImportedProduct, import_products_batch

MET, MISSED = 0, 1
UNITS = {"k": 1_000, "m": 1_000_000}


def main(argv: list[str]) -> int:
    """0 when every goal was met, 1 when one was missed. With --json the last line on stdout holds all figures."""
    arguments = parse(argv)
    if os.environ.get("TUANMA_ENV") == "production":
        raise CommandRefused("`bench` fills a database with invented people; TUANMA_ENV=production is set here.")
    folder = Folder(arguments.data)
    folder.claim()
    with folder.held():
        settle(folder, arguments.database)
        app = create_app(_running.settings())
        with app.app_context():
            try:
                seconds = fill(app, arguments)
                measured = [] if arguments.fill_only else measure(app, folder.root, arguments)
            except Refused as refused:
                raise CommandRefused(f"{refused.sentence('en')} ({refused.code})") from None
    for each in measured:
        print(f"{'ok  ' if each.met else 'MISS'} {each.line}")
    met = all(each.met for each in measured)
    if arguments.json:
        database = runtime(app).settings.database.partition(":")[0]
        figures = {each.name: {"met": each.met} | each.figures for each in measured}
        print(json.dumps({"orders": arguments.scale, "members": arguments.members, "database": database,
                          "filled_in_seconds": seconds, "met": met, "measured": figures}, ensure_ascii=False))
    return MET if met else MISSED


def parse(argv: list[str]) -> argparse.Namespace:
    """The options; members are as many as orders unless said otherwise."""
    parser = argparse.ArgumentParser(prog="python3 -m backend bench", description=__doc__)
    parser.add_argument("--scale", type=count, default=count("1M"), metavar="N", help="orders, such as 10k or 1M (default: 1M)")
    parser.add_argument("--members", type=count, metavar="N", help="members (default: as many as orders)")
    parser.add_argument("--data", metavar="DIR", default="bench", help="folder of the scratch shop (default: bench)")
    parser.add_argument("--database", metavar="URL", default="", help="empty PostgreSQL database (default: SQLite in the folder)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another crowd (default: 1)")
    parser.add_argument("--rounds", type=int, default=60, metavar="N", help="tries of each measurement (default: 60)")
    parser.add_argument("--fill-only", action="store_true", help="make the crowd and measure nothing")
    parser.add_argument("--json", action="store_true", help="all figures as one JSON object, the last line")
    arguments = parser.parse_args(argv)
    arguments.members = arguments.members or arguments.scale
    return arguments


def count(text: str) -> int:
    """`10k` → 10,000, `1M` → 1,000,000."""
    unit = UNITS.get(text[-1:].lower(), 1)
    number = int(text[:-1] if unit > 1 else text) * unit
    if not 100 <= number <= 20_000_000:
        raise argparse.ArgumentTypeError("between 100 and 20M")
    return number


def settle(folder: Folder, database: str) -> None:
    """The settings of the scratch shop, whatever shop the environment speaks of."""
    values = _secrets.environment(folder, _secrets.ensure(folder)) | {
        "DATABASE_URL": database or f"sqlite:///{folder.database}", "TUANMA_CLOCK": "system", "TUANMA_LOG_LEVEL": "WARNING"}
    for name in [name for name in os.environ if name.startswith("TUANMA_") or name in ("DATABASE_URL", "REDIS_URL")]:
        del os.environ[name]
    os.environ.update(values)


def fill(app: Flask, arguments: argparse.Namespace) -> float:
    """Make the crowd unless it stands; returns the seconds it took, 0 when it was there. Touches no database in use."""
    asked = {"orders": arguments.scale, "members": arguments.members, "seed": arguments.seed}
    if inspect(read_engine()).has_table("alembic_version") and crowd_stands(context(app), **asked):
        say(f"The crowd of {arguments.scale:,} orders stands; measuring on it.")
        alembic.upgrade(configuration(runtime(app).settings.database), "head")
        return 0.0
    began = ticks()
    alembic.upgrade(configuration(runtime(app).settings.database), "head")
    products = [ImportedProduct(f"CR{i:04d}", f"压测商品 {i} 号", "压测", 990 + i * 37) for i in range(120)]
    import_products_batch(context(app), products=products, stock_default=999_999_999)
    bars: dict[str, Progress] = {}
    with contextlib.ExitStack() as shown:
        def tell(filling: Filling) -> None:
            if filling.part not in bars:
                shown.close()
                bars[filling.part] = shown.enter_context(Progress(filling.part, filling.total, "rows"))
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
        except Refused as refused:
            if refused.code != BUSY.code or not left:
                raise


def measure(app: Flask, root: Path, arguments: argparse.Namespace) -> list[Measured]:
    """Everything, against one web server."""
    told = root / "statements.jsonl"
    with web(context(app), told, root / "bench-web.log") as server:
        found = _bench_measures.lists(context(app), server, told, arguments.rounds)
        found.append(_bench_measures.answers(context(app), server, max(arguments.rounds, 50)))
        found.append(_bench_measures.memory(server))
        staff_ctx = runtime(app).context(staff(server.staff_id, EVERYTHING))
        found.append(_bench_measures.export(staff_ctx, arguments.scale))
    told.unlink(missing_ok=True)
    return found


def context(app: Flask) -> Context:
    """The system's context of this moment."""
    return runtime(app).context(SYSTEM)


def say(text: str) -> None:
    """For people, on stderr."""
    print(text, file=sys.stderr, flush=True)
