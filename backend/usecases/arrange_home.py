"""Arrange the home page: banners and blocks of chosen products, in their order."""

from collections.abc import Sequence
from dataclasses import asdict

from backend.catalog import rules
from backend.catalog.refusals import HOME_CHANGED
from backend.catalog.rules import Banner, HomeBlock
from backend.context import Context
from backend.infra import audit, marks
from backend.infra.uow import transaction
from backend.uploads import store as uploads


def arrange_home(
    ctx: Context, *, banners: Sequence[Banner], blocks: Sequence[HomeBlock] = (), seen: str | None = None
) -> None:
    """Replace the arrangement whole, with its audit row; saying it again changes nothing.

    Products that are not public now are left out when the page is looked at, and come back by themselves. With `seen`
    (the fingerprint of the arrangement that the form showed) another one is refused (`home_changed_meanwhile`). Refuses
    too many parts (`home`) and pictures that are not there (`file_not_found`). Staff only.
    """
    ctx.actor.must("content.edit")
    rules.check_home(banners, blocks)
    pictures = rules.check_pictures([banner.picture for banner in banners])
    for key in pictures:
        ctx.gateways.files.path(key)
    wanted = {
        "banners": [asdict(banner) for banner in banners],
        "blocks": [asdict(block) | {"product_ids": list(block.product_ids)} for block in blocks],
    }

    with transaction(ctx) as tx:
        now = marks.lock_mark(tx, rules.HOME_MARK)
        if seen is not None and seen != rules.home_fingerprint(now):
            raise HOME_CHANGED()
        if now == wanted:
            return
        marks.set_mark(tx, rules.HOME_MARK, wanted)
        audit.record(tx, "arrange_home", rules.HOME_MARK, before=now, after=wanted)
        uploads.adopt(tx, pictures, "banner", rules.HOME_MARK)
