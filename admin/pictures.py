"""Pictures that staff send from a form: one at a time, answered with the key that the form then carries."""

from typing import Any

from flask import jsonify, request

from admin.base import Page, attempt, expose, needs
from admin.gate import takes_files
from admin.permissions import ANY_STAFF
from admin.words import say
from backend.uploads import STAFF_PURPOSES
from backend.usecases.upload_picture import upload_picture

MOST_BYTES = 9 * 2**20


class Pictures(Page):
    """Where forms send pictures to; it has no page of its own."""

    title, permission, endpoint, in_menu = say("图片", "Pictures"), ANY_STAFF, "pictures", False

    @expose("/", methods=("POST",))
    @needs(ANY_STAFF)
    @takes_files(MOST_BYTES)
    def upload(self) -> Any:
        """Take one picture; the use case asks for the right that its purpose needs. JSON: `key`, or `detail` that says no."""
        file, purpose = request.files.get("file"), request.form.get("purpose", "")
        if file is None or purpose not in STAFF_PURPOSES:
            return jsonify(detail=str(say("请选择一张图片。", "Please choose a picture."))), 422
        stored = attempt(upload_picture, quiet=True, file=file.stream, size=request.content_length or 0, purpose=purpose)
        return jsonify(key=stored.value.key) if stored else (jsonify(detail=stored.sentence), 422)
