"""Measures the shop on scratch databases against its own limits: lists, placing, shop windows, a hot SKU, a crowd for few units."""

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask

from backend.app import create_app, runtime
from backend.commands import (
    _bench_crowd,
    _bench_doors,
    _bench_growth,
    _bench_measures,
    _bench_profile,
    _bench_servers,
    _bench_web,
    _running,
)
from backend.commands._bench_driver import Line
from backend.commands._bench_measures import Measured
from backend.commands._bench_shop import POSTGRESQL, SQLITE, context, fill, say, scratch, settle
from backend.commands._bench_web import PRODUCTION, web
from backend.commands._folder import Folder
from backend.commands._folder import Refused as CommandRefused
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.usecases.bring_buyers import bring_buyers

MET, MISSED = 0, 1
UNITS = {"k": 1_000, "m": 1_000_000}
LISTS, AT_THE_DOORS = "lists", ("doors", "hot", "crowd")
SERVERS = "servers"
"""Only when it is named: it compares what could be, and has no goals."""


def main(argv: list[str]) -> int:
    """0 when every goal was met, 1 when one was missed. With --json the last line on stdout holds all figures."""
    arguments = parse(argv)
    if os.environ.get("TUANMA_ENV") == "production":
        raise CommandRefused("`bench` fills a database with invented people; TUANMA_ENV=production is set here.")
    folder = Folder(arguments.data)
    folder.claim()
    told: dict[str, Any] = {"parts": arguments.part, "processors": os.cpu_count(), "load_before": os.getloadavg()}
    if told["load_before"][0] > 1:
        say(f"Other work runs on this machine (load {told['load_before'][0]:.1f}): rates come out too low, processor times hardly.")
    measured: list[Measured] = []
    with folder.held():
        try:
            if arguments.growth:
                measured += tell(_bench_growth.growth(folder, arguments.database, arguments.growth, arguments.seed, folder.root))
            if LISTS in arguments.part:
                measured += tell(_lists(folder, arguments, told))
            for kind in arguments.on if {*AT_THE_DOORS, SERVERS} & {*arguments.part} else ():
                for each in _doors(folder, kind, arguments):
                    measured += tell([each])
        except Refused as refused:
            raise CommandRefused(f"{refused.sentence('en')} ({refused.code})") from None
    met = all(each.met for each in measured)
    if arguments.json:
        figures = {each.name: {"met": each.met} | each.figures for each in measured}
        print(json.dumps(told | {"load_after": os.getloadavg(), "met": met, "measured": figures}, ensure_ascii=False))
    return MET if met else MISSED


def tell(measured: list[Measured]) -> list[Measured]:
    """Print the lines for people as soon as they are known."""
    for each in measured:
        print(f"{'ok  ' if each.met else 'MISS'} {each.line}", flush=True)
    return measured


def parse(argv: list[str]) -> argparse.Namespace:
    """The options; members are as many as orders unless said otherwise, and no part named means all of them."""
    parser = argparse.ArgumentParser(prog="python3 -m backend bench", description=__doc__)
    parser.add_argument("--part", action="append", choices=[LISTS, *AT_THE_DOORS, SERVERS],
                        help="measure this part only; may be given again (default: all but servers, which compares web servers)")
    parser.add_argument("--data", metavar="DIR", default="bench", help="folder of the scratch shops (default: bench)")
    parser.add_argument("--json", action="store_true", help="all figures as one JSON object, the last line")
    of_lists = parser.add_argument_group("lists of the console")
    of_lists.add_argument("--scale", type=count, default=count("1M"), metavar="N",
                          help="orders, such as 10k or 1M (default: 1M)")
    of_lists.add_argument("--members", type=count, metavar="N", help="members (default: as many as orders)")
    of_lists.add_argument("--database", metavar="URL", default="", help="empty PostgreSQL database (default: SQLite in the folder)")
    of_lists.add_argument("--seed", type=int, default=1, metavar="S", help="another crowd (default: 1)")
    of_lists.add_argument("--rounds", type=int, default=60, metavar="N", help="tries of each measurement (default: 60)")
    of_lists.add_argument("--fill-only", action="store_true", help="make the crowd and measure nothing")
    parser.add_argument("--growth", type=sizes, metavar="SIZES", default=(),
                        help="measure what grows with the shop on shops of these sizes, such as 10k,100k,1M, and nothing else; "
                             "with --database on PostgreSQL, in databases named after that one and the size")
    at_doors = parser.add_argument_group("doors, hot, crowd, servers: on a new shop")
    at_doors.add_argument("--on", action="append", choices=[POSTGRESQL, SQLITE],
                          help="only on this database: an embedded PostgreSQL with fsync, or SQLite (default: both)")
    at_doors.add_argument("--turns", type=int, default=9, metavar="N", help="rounds of each side, by turns (default: 9)")
    at_doors.add_argument("--seconds", type=float, default=2.0, metavar="S", help="length of a round (default: 2)")
    at_doors.add_argument("--crowds", type=int, default=5, metavar="N", help="rounds of the crowd (default: 5)")
    at_doors.add_argument("--buyers", type=count, default=5000, metavar="N", help="shoppers who order (default: 5000)")
    at_doors.add_argument("--units", type=int, default=100, metavar="N", help="what a crowd buys of (default: 100)")
    at_doors.add_argument("--profile", action="store_true",
                          help="also write where the processor time of placing, list and page goes (DIR/place-DATABASE.prof)")
    arguments = parser.parse_args(argv)
    arguments.part = arguments.part or ([] if arguments.growth else [LISTS, *AT_THE_DOORS])
    arguments.on = arguments.on or [POSTGRESQL, SQLITE]
    arguments.members = arguments.members or arguments.scale
    return arguments


def count(text: str) -> int:
    """`10k` → 10,000, `1M` → 1,000,000."""
    unit = UNITS.get(text[-1:].lower(), 1)
    number = int(text[:-1] if unit > 1 else text) * unit
    if not 100 <= number <= 20_000_000:
        raise argparse.ArgumentTypeError("between 100 and 20M")
    return number


def sizes(text: str) -> tuple[tuple[str, int], ...]:
    """`10k,1M` → (("10k", 10,000), ("1M", 1,000,000)), from small to large."""
    return tuple(sorted(((each, count(each)) for each in text.split(",")), key=lambda each: each[1]))


def _lists(folder: Folder, arguments: argparse.Namespace, told: dict[str, Any]) -> list[Measured]:
    settle(folder, arguments.database)
    app = create_app(_running.settings())
    with app.app_context():
        seconds = fill(app, orders=arguments.scale, members=arguments.members, seed=arguments.seed)
        told |= {"orders": arguments.scale, "members": arguments.members, "filled_in_seconds": seconds,
                 "database": runtime(app).settings.database.partition(":")[0]}
        return [] if arguments.fill_only else measure(app, folder.root, arguments)


def measure(app: Flask, root: Path, arguments: argparse.Namespace) -> list[Measured]:
    """Everything about the console, against one web server."""
    told = root / "statements.jsonl"
    with web(context(app), told, root / "bench-web.log") as server:
        found = _bench_measures.lists(context(app), server, told, arguments.rounds)
        found.append(_bench_measures.answers(context(app), server, max(arguments.rounds, 50)))
        found.append(_bench_measures.memory(server))
        staff_ctx = runtime(app).context(staff(server.staff_id, EVERYTHING))
        found.append(_bench_measures.export(staff_ctx, arguments.scale))
    told.unlink(missing_ok=True)
    return found


def _doors(folder: Folder, kind: str, arguments: argparse.Namespace) -> Iterator[Measured]:
    """Everything at the doors of one new shop, one by one; its books are checked at the end, bare rows included.

    Three groups of buyers, so that nobody orders often: for places and the crowd, for the hot SKU, for bare rows and trying out.
    """
    turns, seconds, many, parts = arguments.turns, arguments.seconds, arguments.buyers, arguments.part
    with scratch(folder, kind, 3 * many) as shop:
        everybody = bring_buyers(shop.ctx(), count=3 * many)
        buyers, hot_buyers, others = (everybody[first:first + many] for first in (0, many, 2 * many))
        if "doors" in parts:
            yield from _bench_doors.statements(shop, others)
        if arguments.profile:
            _bench_profile.profile(shop, Line(others, shop.goods, 2))
        if SERVERS in parts:
            yield from _bench_servers.servers(shop, Line(buyers, shop.goods, 2), turns, seconds)
        with _bench_web.shop(folder.root / "bench-web.log", PRODUCTION) as web, \
                _bench_web.bare(folder.root / "bench-bare.log") as bare:
            _bench_doors.warm_up(web, bare, shop, others)
            if "doors" in parts:
                raw = _bench_doors.raw_of(shop, others, shop.goods, 2, seconds)
                yield from _bench_doors.place(shop, web, bare, Line(buyers, shop.goods, 2), raw, turns, seconds)
                yield from _bench_doors.windows(shop, web, bare, turns, seconds)
            if "hot" in parts:
                hottest = shop.goods[-1:]
                raw = _bench_doors.raw_of(shop, others, hottest, 1, seconds)
                yield _bench_doors.hot(shop, web, Line(hot_buyers, hottest, 1), raw, turns, seconds)
            if "crowd" in parts:
                yield _bench_crowd.crowd(shop, web, buyers, arguments.crowds, arguments.units)
        yield _bench_doors.books(shop)
