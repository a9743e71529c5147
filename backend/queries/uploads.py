"""Uploads for those who may see them."""

from sqlalchemy import bindparam, select, union_all

from backend.aftersales.models import Aftersale
from backend.context import Context
from backend.infra.uow import reading
from backend.tickets.models import Ticket
from backend.uploads import store as uploads
from backend.uploads.refusals import PICTURE_NOT_FOUND
from backend.uploads.rules import check_viewer

CASES, TICKETS = Aftersale.__table__, Ticket.__table__
_WHOSE = union_all(select(CASES.c.member_id).where(CASES.c.id == bindparam("subject")),
                   select(TICKETS.c.member_id).where(TICKETS.c.id == bindparam("subject")))


def visible_evidence(ctx: Context, *, key: str) -> str:
    """The key itself, for whoever may see this picture of an after-sales case or a complaint.

    Refuses (`picture_not_found`) everybody but its sender, the shopper whose case it is and staff of the case's store, and
    (`forbidden`) staff of that store without the right to see such cases.
    """
    with reading(ctx) as rd:
        upload = uploads.find_upload(rd, key)
        if upload is None or not upload.private:
            raise PICTURE_NOT_FOUND()
        member_id = rd.execute(_WHOSE, {"subject": upload.claimed_by}).scalar() if upload.claimed_by else None
    check_viewer(ctx.actor, owner=upload.owner, purpose=upload.purpose, store_id=upload.store_id, member_id=member_id)
    return upload.key
