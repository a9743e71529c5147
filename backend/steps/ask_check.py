"""Have WeChat look at what somebody has written, before others see it."""

from collections.abc import Sequence

from backend.infra.uow import Transaction
from backend.screenings import store as screenings
from backend.screenings.events import ContentWritten, ScreeningOverdue
from backend.screenings.rules import PATIENCE


def ask_check(tx: Transaction, subject: str, revision: int, member_id: str, text: str, pictures: Sequence[str]) -> bool:
    """Write down what of this revision must be looked at, and have it done; older revisions decide nothing any more.

    False when there is nothing to look at: call `settle_check`, it passes. `subject`: a review, a note, or a member.
    """
    if not screenings.ask(tx, subject, revision, member_id, text=bool(text), pictures=pictures):
        return False
    tx.emit(ContentWritten(subject, revision))
    tx.emit(ScreeningOverdue(subject, revision), at=tx.now + PATIENCE)
    return True
