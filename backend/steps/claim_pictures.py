"""Bind a person's uploaded pictures to what uses them: a review, an after-sales case, a ticket, a profile."""

from collections.abc import Sequence

from backend.infra.uow import Transaction
from backend.kernel.actors import Actor
from backend.uploads import store as uploads
from backend.uploads.rules import distinct


def claim_pictures(
    tx: Transaction, actor: Actor, keys: Sequence[str], purpose: str, subject: str, store_id: str | None = None
) -> list[str]:
    """Bind the pictures that `actor` sent for `purpose` to `subject` (an id); returns the keys in order, each once.

    All or none: a key that is absent, foreign, sent for something else or used by another subject is refused
    (`picture_not_found`). The same keys for the same subject again change nothing. Evidence (aftersale, ticket) is seen by
    staff of `store_id`, so a case hands in its order's store; without one nobody but the sender sees it.
    How many pictures a thing may have is the caller's rule; more than 50 is a ValueError.
    """
    distinct_keys = distinct(keys)
    if distinct_keys:
        uploads.claim(tx, str(actor), distinct_keys, purpose, subject, store_id)
    return distinct_keys
