"""Write a review of goods that were received."""

from collections.abc import Sequence

from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.orders import store as orders
from backend.orders.states import COMPLETED
from backend.reviews import rules
from backend.reviews import store as reviews
from backend.reviews.rules import Reuse
from backend.reviews.states import CHECKING
from backend.steps.ask_check import ask_check
from backend.steps.claim_pictures import claim_pictures
from backend.steps.settle_check import settle_check


def write_review(ctx: Context, *, order_id: str, line_id: str, stars: int, service_stars: int, text: str = "",
                 pictures: Sequence[str] = (), anonymous: bool = False, reuse_version: str | None = None,
                 reuse_credit: bool = False, key: ClientKey | None = None) -> str:
    """Review one line of one's own completed order; returns the review's id. There is one per line, for ever.

    Nobody else sees it before WeChat has let text and pictures pass; stars alone are shown at once. `reuse_version` is the
    text by which its author consents to its use elsewhere (None: no consent), `reuse_credit` whether with their name.
    Refuses what was not received (`review_not_received`), is too long ago (`review_too_late`) or reviewed already
    (`already_reviewed`), too long texts, too many or foreign pictures, odd stars.
    """
    member_id = ctx.actor.member_id
    rules.must_be_stars(stars, service_stars)
    kept = rules.content(text, pictures)
    reuse = Reuse(reuse_version, reuse_credit) if reuse_version is not None else None
    if reuse is not None:
        rules.must_be_version(reuse.version)
    days, review_id = ctx.shop.review_days, new_id("rev", ctx.now)

    with transaction(ctx) as tx:
        first = claim(tx, key, "write_review", {"review_id": review_id})
        if first is not None:
            return first["review_id"]
        line = orders.get_own_line(tx, order_id, line_id, member_id)
        rules.must_be_received(line.state == COMPLETED, line.completed_at, ctx.now, days)
        reviews.insert_review(tx, {
            "id": review_id, "order_line_id": line_id, "order_id": order_id, "member_id": member_id, "product_id": line.product_id,
            "store_id": line.store_id, "stars": stars, "service_stars": service_stars, "text": kept, "pictures": list(pictures),
            "picture_count": len(pictures), "anonymous": anonymous, "state": CHECKING, "revision": 1, "moves": 1,
            "reuse_credit": False, "written_at": ctx.now})
        claim_pictures(tx, ctx.actor, pictures, "review", review_id)
        if reuse is not None:
            reviews.keep_reuse(tx, review_id, reuse.version, reuse)
        if not ask_check(tx, review_id, 1, member_id, kept, pictures):
            settle_check(tx, review_id, 1)
    return review_id
