"""What `bench` does with a crowd: thousands of buyers for a few units over HTTP, and what must be true afterwards.

Each buyer asks for one unit, once; a busy shop (503) is asked again under the same key, as the mini-program does. Nobody pays and
nobody works on the outbox, so what is free only becomes less: units were free for as long as orders were still taken after somebody
had been told that all was sold. Rate limits stand as in production: a
buyer asks far more seldom than they allow.
"""

import random
from collections.abc import Sequence
from typing import Any

from backend.checks.check import Violation
from backend.checks.check_books import check_books
from backend.commands._bench_driver import Spread, drive, order
from backend.commands._bench_load import Job, Told
from backend.commands._bench_measures import Measured
from backend.commands._bench_shop import PRICE_FEN, Scratch, say
from backend.commands._bench_web import Served
from backend.queries.crowds import crowd_skus, sold_of
from backend.usecases.bring_buyers import Buyer
from backend.usecases.import_products_batch import ImportedProduct, import_products_batch

CONNECTIONS, TRIES = 200, 100
PLACED, SOLD_OUT = "201", "409 out_of_stock"
FREE_SECONDS = 5.0
"""For so long may a unit be free after somebody was told that there is none: it was held by an order that did not come about."""


def crowd(shop: Scratch, web: Served, buyers: Sequence[Buyer], rounds: int, units: int) -> Measured:
    """So many rounds of all buyers for so many units of a new product."""
    faults: list[str] = []
    each: list[Told] = []
    for number in range(rounds):
        say(f"{shop.kind}: {len(buyers):,} buyers for {units} units, round {number + 1} of {rounds}")
        goods = _new_product(shop, number, units)
        asked = [order(buyer, [goods]) for buyer in buyers]
        random.Random(number).shuffle(asked)
        told, _, _ = drive(web, Job(web.port, asked, min(CONNECTIONS, len(asked)), None, False, TRIES))
        each.append(told)
        sold = sold_of(shop.ctx(), sku_id=goods["id"])
        wrong = check_books(shop.ctx(), waiting=False)
        faults += [f"round {number + 1}: {fault}" for fault in judge(len(buyers), units, told, sold, wrong)]
    return measured(shop.kind, len(buyers), units, each, faults)


def _new_product(shop: Scratch, number: int, units: int) -> dict[str, Any]:
    code = f"FEW{number:03d}"
    import_products_batch(shop.ctx(), stock_default=units, products=[
        ImportedProduct(code, f"限量好物 {number + 1} 号", "压测", PRICE_FEN)])
    return crowd_skus(shop.ctx(), beginning=code)[0]


def free_for(told: Told) -> float:
    """For how long orders were still taken after the first buyer was told that all was sold; 0 when nobody was."""
    return round(max(0.0, told.last.get(PLACED, 0.0) - told.first.get(SOLD_OUT, float("inf"))), 3)


def judge(buyers: int, units: int, told: Told, sold: dict[str, int], wrong: Sequence[Violation]) -> list[str]:
    """What is wrong with a round, in words; nothing when exactly the units were sold and everybody else was told so."""
    want = min(buyers, units)
    faults = []
    if others := {label: count for label, count in told.answers.items() if label not in (PLACED, SOLD_OUT)}:
        faults.append(f"answers that are neither: {others}")
    if told.done != buyers:
        faults.append(f"{told.done} of {buyers} buyers were answered")
    if (placed := told.answers.get(PLACED, 0)) != want:
        faults.append(f"{placed} buyers were told that they have one, of {want} units")
    if (sold["orders"], sold["sold"]) != (want, want):
        faults.append(f"{sold['orders']} orders of {sold['sold']} units in the books, of {want}")
    if sold["available"] != units - want:
        faults.append(f"{sold['available']} units are available at the end, not {units - want}")
    if (free := free_for(told)) > FREE_SECONDS:
        faults.append(f"units were free for {free} s after somebody was told that there is none")
    return faults + [f"books: {each.check} {each.ids}" for each in wrong]


def measured(kind: str, buyers: int, units: int, each: Sequence[Told], faults: Sequence[str]) -> Measured:
    """The line and the figures of all rounds."""
    rates = Spread.of([told.done / told.seconds for told in each], 1)
    waits = Spread.of([told.latency_ms[2] for told in each], 0)
    free = max(free_for(told) for told in each)
    placed = "/".join(str(told.answers.get(PLACED, 0)) for told in each)
    line = (f"{f'crowd, {kind}':<24} sold {placed} of {units} in {len(each)} rounds of {buyers:,} buyers   {rates.said()} answers/s"
            f"   99 of 100 within {waits.most:.0f} ms   free after the first \"sold out\" for {free:.2f} s at most   "
            f"{sum(told.repeated for told in each)} asked again")
    line += "   books hold" if not faults else f"   WRONG: {'; '.join(faults[:5])}"
    return Measured(f"crowd {kind}", line, not faults, {
        "sold": [told.answers.get(PLACED, 0) for told in each], "answers_per_second": {
            "least": rates.least, "median": rates.median, "most": rates.most},
        "free_seconds": free, "repeated": sum(told.repeated for told in each), "faults": list(faults)})
