"""What `bench --growth` measures: what things cost on shops from small to large, by turns, and which of them grow.

One shop a size, filled set-based and kept for the next run; what was broken off goes on. Everything is asked in this process, so a
time is that of Python and of the database without any web server. A round is ten calls about different orders, goods and members;
rounds go by turns over all sizes. The time within which a tenth of the calls is answered is compared: other work on the machine
only ever makes a call slower, and the quickest of all may have met a page that everybody has just read.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy.engine import make_url

from backend.app import create_app
from backend.checks.check_books import run_checks
from backend.commands import _running
from backend.commands._bench_chart import chart
from backend.commands._bench_measures import Measured, statements_of
from backend.commands._bench_shop import AMPLE, LOOSENED, PRICE_FEN, context, fill, say, settle
from backend.commands._bench_web import web
from backend.commands._folder import Folder
from backend.context import Context
from backend.infra.clock import ticks
from backend.kernel.actors import shopper
from backend.queries.bare_pages import side_by_side
from backend.queries.checkout import preview
from backend.queries.crowds import crowd_skus, some_orders
from backend.queries.orders import order_list, order_page
from backend.queries.product_list import product_list
from backend.queries.product_page import product_page
from backend.usecases.bring_buyers import bring_buyers
from backend.usecases.import_products_batch import ImportedProduct, import_products_batch
from backend.usecases.place_order import place_order
from backend.usecases.relay_backlog import relay_backlog

FLAT, LINEAR = 1.5, 1.5
"""How much more a thing may cost in the largest shop than in the smallest; and the checks, for each order."""
CALLS, ROUNDS, EVENTS = 10, 12, 50
LISTS = {"admin orders": "/admin/orders/", "admin members": "/admin/members/"}


@dataclass
class Size:
    """A shop of one size: how to ask it for everything, what it said, and what a call took of this process's processor, with all
    that stands around what is timed."""

    name: str
    orders: int
    app: Flask
    calls: dict[str, Callable[[], Any]]
    milliseconds: dict[str, list[float]]
    processor: dict[str, list[float]]


def growth(folder: Folder, database: str, sizes: Sequence[tuple[str, int]], seed: int, root: Path) -> list[Measured]:
    """Fill what is missing, measure everything, write a table and a chart beside the shops."""
    shops = [_open(folder, database, name, orders, seed) for name, orders in sizes]
    for turn in range(ROUNDS):
        say(f"growth: round {turn + 1} of {ROUNDS}")
        for name in shops[0].calls:
            for shop in shops if turn % 2 else reversed(shops):
                with shop.app.app_context():
                    _round(shop, name)
    kind = "postgresql" if database else "sqlite"
    measured = [_flat(kind, name, shops) for name in shops[0].milliseconds]
    measured.append(_checks(kind, shops))
    _write(root, kind, shops, measured)
    return measured


def _open(folder: Folder, database: str, name: str, orders: int, seed: int) -> Size:
    place = Folder(folder.root / f"growth-{name}")
    place.claim()
    settle(place, _database(database, name) if database else "")
    os.environ.update(LOOSENED)
    app = create_app(_running.settings())
    with app.app_context():
        say(f"growth: {name} orders")
        fill(app, orders=orders, members=orders, seed=seed)
        relay_backlog(context(app), events=1, history=orders)
        told = place.root / "statements.jsonl"
        pages = {}
        if LISTS:
            with web(context(app), told, place.root / "bench-web.log") as server:
                for list_name, path in LISTS.items():
                    server.client.get(path)
                    pages[list_name] = statements_of(server, told, path)
            told.unlink(missing_ok=True)
        return Size(name, orders, app, _calls(context(app), pages), {}, {})


def _database(url: str, name: str) -> str:
    """The URL of the database of a size, which is made when it is not there."""
    base = make_url(url)
    mine = base.set(database=f"{base.database}_{name.lower()}")
    with psycopg.connect(base.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False),
                         autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", (mine.database,)).fetchone() is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(str(mine.database))))
    return mine.render_as_string(hide_password=False)


def _calls(ctx: Context, pages: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """What is asked, one call each; every call asks about somebody or something else."""
    buyers, orders = bring_buyers(ctx, count=200), some_orders(ctx, count=200)
    if not (goods := crowd_skus(ctx, beginning="GROW")):
        import_products_batch(ctx, stock_default=AMPLE, products=[
            ImportedProduct(f"GROW{i:03d}", f"压测良品 {i} 号", "压测", PRICE_FEN) for i in range(100)])
        goods = crowd_skus(ctx, beginning="GROW")
    number = iter(range(10**9))

    def fresh() -> tuple[int, Context]:
        index = next(number)
        return index, as_member(ctx, buyers[index % len(buyers)].member_id)

    def place() -> float:
        index, who = fresh()
        items = [(goods[(index + each) % len(goods)]["id"], 1) for each in range(2)]
        address = buyers[index % len(buyers)].address_id
        shown = preview(who, items=items, address_id=address)["total_fen"]
        began = ticks()
        place_order(who, items=items, address_id=address, shown_total_fen=shown)
        return ticks() - began

    def of_order(ask: Callable[..., Any], **named: str) -> Callable[[], Any]:
        def call() -> None:
            order_id, member_id = orders[next(number) % len(orders)]
            ask(as_member(ctx, member_id), **dict.fromkeys(named, order_id))
        return call

    def listed(statements: Any) -> Callable[[], float]:
        return lambda: side_by_side(ctx, [statements], 1, lambda: None)[0].least / 1000

    return {
        "place": place,
        "products": lambda: product_list(ctx),
        "product": lambda: product_page(ctx, product_id=goods[next(number) % len(goods)]["product_id"]),
        "my orders": of_order(order_list),
        "my order": of_order(order_page, order_id=""),
        **{name: listed(statements) for name, statements in pages.items()},
        "relay": lambda: relay_backlog(ctx, events=EVENTS).relay,
        "deliver": lambda: (done := relay_backlog(ctx, events=EVENTS)).deliver / done.deliveries,
    }


def as_member(ctx: Context, member_id: str) -> Context:
    """The same moment for a shopper."""
    return ctx.acting_as(shopper(member_id))


def _round(shop: Size, name: str) -> None:
    """Some calls, each timed; one that returns seconds has measured itself."""
    call, times = shop.calls[name], shop.milliseconds.setdefault(name, [])
    calls = CALLS if name not in ("relay", "deliver") else 2
    call()
    before = os.times()
    for _ in range(calls):
        began = ticks()
        said = call()
        times.append((said if isinstance(said, float) else ticks() - began) * 1000)
    after = os.times()
    shop.processor.setdefault(name, []).append((after.user + after.system - before.user - before.system) * 1000 / calls)


def quick(times: Sequence[float]) -> float:
    """Within this time a tenth of them was done."""
    return round(sorted(times)[len(times) // 10], 3)


def _flat(kind: str, name: str, shops: Sequence[Size]) -> Measured:
    sizes = {shop.name: {
        "quick_ms": quick(shop.milliseconds[name]), "median_ms": round(median(shop.milliseconds[name]), 3),
        "processor_ms": round(median(shop.processor[name]), 2)} for shop in shops}
    first, last = sizes[shops[0].name], sizes[shops[-1].name]
    ratio = round(last["quick_ms"] / first["quick_ms"], 2)
    told = "   ".join(f"{size} {each['quick_ms']:.2f}/{each['median_ms']:.2f}" for size, each in sizes.items())
    line = f"{f'{name}, {kind}':<28} {ratio:5.2f} × from {shops[0].name} to {shops[-1].name}   ms quick/median: {told}"
    return Measured(f"growth {name} {kind}", line, ratio <= FLAT, {"ratio": ratio, "sizes": sizes})


def _checks(kind: str, shops: Sequence[Size]) -> Measured:
    """The whole books, once a size: seconds for each thousand orders may not grow."""
    sizes: dict[str, Any] = {}
    faults = 0
    for shop in shops:
        say(f"growth: the books of {shop.name}")
        with shop.app.app_context():
            results = sorted(run_checks(context(shop.app), waiting=False), key=lambda each: -each.seconds)
        faults += sum(each.count for each in results)
        sizes[shop.name] = {"seconds": round(sum(each.seconds for each in results), 2),
                            "slowest": {each.check.id: round(each.seconds, 2) for each in results[:8]}}
        shop.milliseconds["books"] = [sizes[shop.name]["seconds"] * 1000]
    seconds = [sizes[shop.name]["seconds"] for shop in shops]
    before, last = shops[-2:] if len(shops) > 1 else (shops[0], shops[0])
    ratio = round(sizes[last.name]["seconds"] / max(sizes[before.name]["seconds"], 0.01) / (last.orders / before.orders), 2)
    told = "   ".join(f"{shop.name} {each} s" for shop, each in zip(shops, seconds, strict=True))
    line = f"{f'books, {kind}':<28} {ratio:5.2f} × for each order, from the last size but one   {told}   {faults} faults"
    met = ratio <= LINEAR and faults == 0
    return Measured(f"growth books {kind}", line, met, {"ratio": ratio, "faults": faults, "sizes": sizes})


def _write(root: Path, kind: str, shops: Sequence[Size], measured: Sequence[Measured]) -> None:
    """`growth-KIND.md` and `growth-KIND.svg`."""
    sizes = [shop.name for shop in shops]
    lines = [f"| milliseconds: a tenth, half of the calls | {' | '.join(sizes)} | × |", "|---|" + "--:|" * (len(sizes) + 1)]
    for each in measured[:-1]:
        cells = [f"{one['quick_ms']:.2f} / {one['median_ms']:.2f}" for one in each.figures["sizes"].values()]
        name = each.name.removeprefix("growth ").removesuffix(f" {kind}")
        lines.append(f"| {name} | {' | '.join(cells)} | {each.figures['ratio']:.2f} |")
    cells = [f"{one['seconds']:.1f} s" for one in measured[-1].figures["sizes"].values()]
    lines.append(f"| all checks of the books | {' | '.join(cells)} | linear |")
    (root / f"growth-{kind}.md").write_text("\n".join(lines) + "\n", "utf-8")
    curves = {name: [quick(shop.milliseconds[name]) for shop in shops] for name in shops[0].milliseconds}
    title = f"What things cost as a shop grows ({kind}), milliseconds"
    (root / f"growth-{kind}.svg").write_text(chart(title, sizes, curves), "utf-8")
