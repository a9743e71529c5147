"""Answers that clients may keep: ready bytes with an ETag of their content, asked again by If-None-Match.

Those that everybody gets alike we keep, too: for a second, in each process. A crowd before one product asks the database once a
second and not once a glance; what a shopper pays is worked out anew when they order, whatever they were shown.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from cachetools import TTLCache
from flask import Flask, Response, current_app, request

from backend.infra.clock import ticks
from miniprogram_api.door import Door

View = TypeVar("View", bound=Callable[..., Any])

ETAG = {"description": "Changes when the content does.", "schema": {"type": "string"}}
UNCHANGED = "What you have (`If-None-Match`) is what we have."


MOST_BYTES = 4 * 1024 * 1024
"""What the kept answers of one process may weigh; the one that was asked for the longest time ago goes first."""


class Shown:
    """Answers by path and query, each for `seconds` after it was made; 0 keeps none. Refusals are never kept."""

    def __init__(self, seconds: float, timer: Callable[[], float] = ticks) -> None:
        self._answers: TTLCache[tuple[str, bytes], bytes] = TTLCache(MOST_BYTES, seconds, timer=timer, getsizeof=len)
        self._lock = Lock()

    def answer(self, key: tuple[str, bytes], make: Callable[[], bytes]) -> bytes:
        """The kept answer, or a new one. Several may make the same one at once: nobody waits for another's statement."""
        with self._lock:
            known = self._answers.get(key)
        if known is None:
            known = make()
            with self._lock:
                if len(known) <= MOST_BYTES:
                    self._answers[key] = known
        return known


def register(app: Flask, seconds: float) -> None:
    """Keep answers of this app for so long."""
    app.extensions["shown"] = Shown(seconds)


def shown(make: Callable[[], bytes]) -> Response:
    """`kept(make())` of a route whose answer is the same for everybody, asked for at most once a second by all together."""
    shown: Shown = current_app.extensions["shown"]
    return kept(shown.answer((request.path, request.query_string), make))


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
