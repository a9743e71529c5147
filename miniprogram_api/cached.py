"""Answers that clients may keep: ready bytes with an ETag of their content, asked again by If-None-Match."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request

from miniprogram_api.door import Door

View = TypeVar("View", bound=Callable[..., Any])

ETAG = {"description": "Changes when the content does.", "schema": {"type": "string"}}
UNCHANGED = "What you have (`If-None-Match`) is what we have."


def kept(body: bytes) -> Response:
    """JSON bytes under their ETag; 304 without a body when the client has them. Clients ask again every time."""
    answer = Response(body, content_type="application/json")
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.add_etag()
    asked_before = any(name.startswith("HTTP_IF_") for name in request.environ)
    return answer.make_conditional(request) if asked_before else answer


def answers_kept(blp: Door, schema: type) -> Callable[[View], View]:
    """Document a route that answers `kept(…)` of this schema: 200 with an ETag, or 304."""

    def declare(view: View) -> View:
        return blp.response(200, schema, headers={"ETag": ETAG})(blp.alt_response(304, description=UNCHANGED)(view))

    return declare
