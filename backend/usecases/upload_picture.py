"""Take a picture that somebody sends: drawn anew under limits, with thumbnails, theirs to use for a day."""

from dataclasses import asdict, dataclass
from typing import BinaryIO

from backend.context import Context
from backend.gateways.files import Files
from backend.infra import once
from backend.infra.once import ClientKey
from backend.infra.pictures import Picture, redraw
from backend.infra.uow import transaction
from backend.kernel.calendar import business_day
from backend.kernel.ids import new_id
from backend.uploads import rules
from backend.uploads import store as uploads


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A stored picture: its key, its size in pixels, and whether it is evidence, which no public address shows."""

    key: str
    width: int
    height: int
    private: bool


def upload_picture(ctx: Context, *, file: BinaryIO, size: int, purpose: str, key: ClientKey | None = None) -> Uploaded:
    """Store the picture in `file` (`size` bytes) for `purpose`; a repeat with the same client key answers the first one.

    Nothing that was sent is kept: the picture is decoded and drawn anew. Each attempt counts on the sender's day, also
    one that fails. Refuses `too_many_pictures` (in a day), `picture_too_large`, `picture_not_readable`, `pictures_busy`,
    `file_not_kept` (by a full disk; nothing of it stays).
    Shoppers send for review, aftersale, ticket and avatar, staff for the rest with the right to edit it.
    """
    rules.check_sender(ctx.actor, purpose)

    with transaction(ctx) as tx:
        uploads.take_allowance(tx, str(ctx.actor), business_day(ctx.now), size, rules.allowance(ctx.actor))

    picture = redraw(file)
    private = rules.is_private(purpose)
    files = ctx.gateways.private if private else ctx.gateways.files
    stored = Uploaded(_keep(files, picture), picture.width, picture.height, private)
    with transaction(ctx) as tx:
        known = once.claim(tx, key, "upload_picture", asdict(stored))
        if known is None:
            uploads.insert_upload(tx, {
                "id": new_id("upl", ctx.now), "key": stored.key, "owner": str(ctx.actor), "purpose": purpose,
                "private": private, "bytes": len(picture.data) + sum(map(len, picture.thumbnails.values())),
                "width": picture.width, "height": picture.height, "at": ctx.now})
    if known is None:
        return stored
    files.remove(stored.key)
    return Uploaded(**known)


def _keep(files: Files, picture: Picture) -> str:
    key = files.put(picture.data, picture.suffix)
    try:
        for side, data in picture.thumbnails.items():
            files.put_smaller(key, side, data)
    except BaseException:
        files.remove(key)
        raise
    return key
