"""How far the demo shop has come."""

from typing import Any

from backend.context import Context
from backend.infra.marks import DEMO, find_mark
from backend.infra.uow import reading


def demo_progress(ctx: Context) -> dict[str, Any]:
    """{last: ISO date of the plan's last day, steps: how many were played, done}; {} when it was never begun."""
    with reading(ctx) as rd:
        return find_mark(rd, DEMO) or {}
