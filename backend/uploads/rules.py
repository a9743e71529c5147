"""Pure decisions about uploads: who may send a picture for what, how much of a day, and who may look at evidence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from backend.kernel.actors import Actor
from backend.kernel.errors import FORBIDDEN
from backend.uploads import SHOPPER_PURPOSES, STAFF_PURPOSES
from backend.uploads.refusals import PICTURE_NOT_FOUND

UNUSED_KEPT = timedelta(hours=24)
"""A picture that nobody bound to anything is removed after this."""
MOST_AT_ONCE = 50
"""No single thing uses more pictures."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one person may send in a day."""

    pictures: int
    bytes: int


SHOPPER_DAY = Allowance(100, 200 * 2**20)
STAFF_DAY = Allowance(5_000, 8 * 2**30)

NEEDED = {"product": "goods.edit", "category": "goods.edit", "banner": "content.edit", "point": "points.edit",
          "aftersale": "aftersales.decide", "ticket": "tickets.answer"}
"""The permission that staff need to send a picture for a purpose."""

EVIDENCE = {"aftersale": "aftersales.view", "ticket": "tickets.view"}
"""Purposes whose pictures are nobody else's business, and the permission that staff need to see them."""

assert set(NEEDED) == set(STAFF_PURPOSES) and set(EVIDENCE) <= set(SHOPPER_PURPOSES)


def check_sender(actor: Actor, purpose: str) -> None:
    """Refuse who may not send a picture for `purpose`. ValueError for a purpose that there is not."""
    if purpose not in SHOPPER_PURPOSES + STAFF_PURPOSES:
        raise ValueError(f"no purpose {purpose!r}")
    if actor.kind == "shopper" and purpose in SHOPPER_PURPOSES:
        return
    if purpose not in NEEDED:
        actor.must_be("shopper")
    actor.must(NEEDED[purpose])


def allowance(actor: Actor) -> Allowance:
    """What this actor may send in a day."""
    return SHOPPER_DAY if actor.kind == "shopper" else STAFF_DAY


def is_private(purpose: str) -> bool:
    """Whether pictures sent for this lie apart from the shop window."""
    return purpose in EVIDENCE


def check_viewer(actor: Actor, *, owner: str, purpose: str, store_id: str | None, member_id: str | None) -> None:
    """Refuse whoever may not see this evidence: all but its sender, the shopper whose case it is (`member_id`), and staff with
    the right and the store.

    Evidence that no case uses yet is seen by its sender alone. Foreign is absent (`picture_not_found`).
    """
    if str(actor) == owner or (actor.kind == "shopper" and actor.id == member_id):
        return
    if actor.kind == "shopper" or store_id is None or not actor.sees(store_id):
        raise PICTURE_NOT_FOUND()
    if not actor.may(EVIDENCE[purpose]):
        raise FORBIDDEN()


def distinct(keys: Iterable[str]) -> list[str]:
    """The keys in their order, each once. ValueError for more than one thing can use."""
    found = list(dict.fromkeys(keys))
    if len(found) > MOST_AT_ONCE:
        raise ValueError(f"more than {MOST_AT_ONCE} pictures at once")
    return found
