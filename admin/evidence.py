"""Pictures of after-sales and complaints, for staff who may see such cases of that store."""

from typing import Any

from flask import request, send_file

from admin.base import Page, expose
from admin.filters import clean
from admin.gate import context
from admin.permissions import ANY_STAFF
from admin.words import say
from backend.infra.pictures import THUMBNAILS
from backend.queries.uploads import visible_evidence

TYPES = {"jpg": "image/jpeg", "png": "image/png"}


class Evidence(Page):
    """Has no page of its own: `url_for("admin_evidence.picture", key=…, size=160)` is the address of a picture."""

    title, permission, endpoint, in_menu = say("凭证图片", "Evidence"), ANY_STAFF, "evidence", False

    @expose("/")
    def picture(self) -> Any:
        """The picture or its thumbnail; the query asks for the right that its case needs, foreign ones are not found."""
        known = visible_evidence(context(), key=clean(request.args.get("key", "")))
        side = request.args.get("size", type=int)
        path = context().gateways.private.shown(known, side if side in THUMBNAILS else None)
        answer = send_file(path, mimetype=TYPES[known.rpartition(".")[2]], conditional=False, etag=False)
        answer.headers["Cache-Control"] = "private, max-age=600"
        return answer
