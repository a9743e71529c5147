"""Let WeChat's verdict on a picture take effect."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.screenings import store as screenings
from backend.screenings.rules import state_of
from backend.screenings.states import SENT, UNJUDGED
from backend.steps.settle_check import settle_check


def apply_picture_verdict(ctx: Context, *, trace_id: str) -> None:
    """Write a pushed verdict to its screening and move on what it belongs to.

    A number that we do not know (yet) does nothing: whoever writes it down looks for the verdict. Twice is once.
    """
    with transaction(ctx, last=True) as tx:
        screening, verdict = screenings.find_by_trace(tx, trace_id), screenings.find_verdict(tx, trace_id)
        if screening is None or verdict is None or screening.state not in (SENT, UNJUDGED):
            return
        state = state_of(verdict.suggest)
        if state != screening.state:
            screenings.move(tx, screening, state, label=verdict.label, problem=verdict.problem)
        settle_check(tx, screening.subject, screening.revision)
