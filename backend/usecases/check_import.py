"""Look at the next slice of a sheet's lines: what is wrong, what is new."""

from collections import Counter
from typing import Any

import msgspec
from sqlalchemy import Row

from backend.catalog import store as catalog
from backend.catalog.sheet import PRODUCTS, Columns, Shape, read_line
from backend.context import Context
from backend.imports import rules
from backend.imports import store as imports
from backend.imports.events import ImportCheckDue, ImportEnded
from backend.imports.refusals import IMPORT_BROKE, IMPORT_NOT_ALLOWED, IMPORT_TOO_MANY_FAULTS
from backend.imports.states import CHECKED, CHECKING, FAILED
from backend.infra.clock import ticks
from backend.infra.uow import reading, transaction
from backend.kernel.errors import Refused
from backend.steps.actor_of import actor_of

SHAPES: dict[str, Shape] = {"products": PRODUCTS}
BATCH = 500
SLICE_SECONDS = 5


def check_import(ctx: Context, *, import_id: str, step: int) -> str:
    """Check lines from where the last slice ended until the slice's time is over; says what came of it.

    Their faults and the place in the file are written together, so a worker that dies costs one slice and no fault stands
    twice. After the last line the import waits for a person. Too many faults fail it, and so does a sender without the right.
    """
    with reading(ctx) as rd:
        sheet = imports.find_import(rd, import_id)
        if sheet is None or sheet.state != CHECKING or sheet.step != step:
            return "nothing to do"
        actor = actor_of(rd, sheet.asked_by)
        bad = imports.bad_lines(rd, import_id)
    if ctx.delivery is not None and ctx.delivery.attempt >= rules.GIVEN_UP_AFTER:
        return _fail(ctx, sheet, IMPORT_BROKE(seen=sheet.seen))
    try:
        rules.check_still(actor, sheet.kind)
        return _check(ctx, sheet, bad)
    except Refused as refused:
        if refused.refusal not in (IMPORT_NOT_ALLOWED, IMPORT_TOO_MANY_FAULTS):
            raise
        return _fail(ctx, sheet, refused)


def _check(ctx: Context, sheet: Row[Any], bad: set[int]) -> str:
    columns = Columns(sheet.columns["places"], sheet.columns["width"], tuple(sheet.columns["ignored"]))
    shape, began = SHAPES[sheet.kind], ticks()
    faults: list[tuple[int, Refused]] = []
    twice = set(bad)
    tally, place, seen, ended = Counter(sheet.tally), sheet.place, 0, False
    with ctx.gateways.private.open(sheet.work_key) as work:
        work.seek(place)
        while True:
            codes = []
            for _ in range(BATCH):
                raw = work.readline()
                if not raw:
                    ended = True
                    break
                number, *cells = msgspec.json.decode(raw)
                found: list[Refused] = []
                values = read_line(cells, columns, shape.readers, found)
                faults += [(number, each) for each in found]
                place, seen = place + len(raw), seen + 1
                if values is None:
                    bad.add(number)
                elif number not in bad:
                    codes.append(values["code"])
            if len(bad) > rules.MAX_FAULTS or len(faults) > rules.MAX_FAULTS:
                raise IMPORT_TOO_MANY_FAULTS(limit=rules.MAX_FAULTS)
            with reading(ctx) as rd:
                known = len(catalog.find_skus(rd, codes)) if codes else 0
            tally.update(new=len(codes) - known, known=known)
            if ended or ticks() - began > SLICE_SECONDS:
                break
    with transaction(ctx, last=True) as tx:
        ours = imports.advance(tx, sheet, CHECKED if ended else CHECKING, place=0 if ended else place, bad=len(bad),
                               seen=0 if ended else sheet.seen + seen, tally=dict(tally))
        if ours:
            imports.insert_faults(tx, sheet.id, faults, dict.fromkeys(twice, 1))
            if not ended:
                tx.emit(ImportCheckDue(sheet.id, sheet.step + 1))
    return "checked" if ours and ended else f"{seen} lines" if ours else "somebody else's turn"


def _fail(ctx: Context, sheet: Row[Any], refused: Refused) -> str:
    problem = {"code": refused.code, "zh": refused.sentence("zh"), "en": refused.sentence("en")}
    with transaction(ctx, last=True) as tx:
        if imports.advance(tx, sheet, FAILED, problem=problem, ended_at=ctx.now):
            tx.emit(ImportEnded(sheet.id))
    return refused.code
