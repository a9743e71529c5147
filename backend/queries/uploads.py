"""Uploads for those who may see them."""

from backend.context import Context
from backend.infra.uow import reading
from backend.uploads import store as uploads
from backend.uploads.refusals import PICTURE_NOT_FOUND
from backend.uploads.rules import check_viewer


def visible_evidence(ctx: Context, *, key: str) -> str:
    """The key itself, for whoever may see this picture of an after-sales case or a complaint.

    Refuses (`picture_not_found`) everybody but its sender and staff of the case's store, and (`forbidden`) staff of that
    store without the right to see such cases.
    """
    with reading(ctx) as rd:
        upload = uploads.find_upload(rd, key)
    if upload is None or not upload.private:
        raise PICTURE_NOT_FOUND()
    check_viewer(ctx.actor, owner=upload.owner, purpose=upload.purpose, store_id=upload.store_id)
    return upload.key
