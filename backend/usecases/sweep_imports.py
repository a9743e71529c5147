"""Remove files of imports that no import names: whoever wrote them died before it was noted."""

from datetime import timedelta

from backend.context import Context
from backend.imports import store as imports
from backend.imports.rules import SUFFIXES
from backend.infra.clock import real_now
from backend.infra.uow import reading

KEPT = timedelta(days=1)


def sweep_imports(ctx: Context) -> int:
    """Remove sheets, texts and lines that are a day old and belong to no import that is open or ended within a day; returns how
    many. Files are looked for before it is asked what is in use: what is named in between was written just now."""
    old = ctx.gateways.private.older(SUFFIXES, real_now() - KEPT)
    if old:
        with reading(ctx) as rd:
            used = imports.keys_in_use(rd, ctx.now - KEPT)
        old = [key for key in old if key not in used]
        for key in old:
            ctx.gateways.private.remove(key)
    return len(old)
