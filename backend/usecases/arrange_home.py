"""Arrange the home page: banners and blocks of chosen products, in their order."""

from collections.abc import Sequence
from dataclasses import asdict

from backend.catalog import rules
from backend.catalog.rules import Banner, HomeBlock
from backend.context import Context
from backend.infra import marks
from backend.infra.uow import transaction


def arrange_home(ctx: Context, *, banners: Sequence[Banner], blocks: Sequence[HomeBlock] = ()) -> None:
    """Replace the arrangement whole; saying it again changes nothing.

    Products that are not public now are left out when the page is looked at, and come back by themselves. Refuses too
    many parts (`home`) and pictures that are not there (`file_not_found`). Staff only.
    """
    ctx.actor.must("content.edit")
    rules.check_home(banners, blocks)
    for key in rules.check_pictures([banner.picture for banner in banners]):
        ctx.gateways.files.path(key)

    with transaction(ctx) as tx:
        marks.set_mark(
            tx,
            rules.HOME_MARK,
            {"banners": [asdict(banner) for banner in banners], "blocks": [asdict(block) for block in blocks]},
        )
