"""The gate: what surrounds every view – the request's id, what is refused unread, headers, the access line.

What every request passes takes `request` and `g` themselves once: each look through Flask's proxies costs a microsecond, and there
were eighty of them in an order.
"""

import secrets

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import MethodNotAllowed

from backend.app import runtime
from backend.infra.clock import ticks
from backend.infra.logging import log
from miniprogram_api.body import body_of, refuse_body
from miniprogram_api.errors import SENTENCES, Problem, is_ours
from miniprogram_api.multipart import takes_file

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NOTHING_ELSE = "default-src 'none'; frame-ancestors 'none'"
DOCS_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PER_REQUEST = ("actor", "bad_token", "body", "client_key", "context", "form")
WRITES = ("POST", "PUT", "PATCH", "DELETE")

_log = log("tuanma.access")


def register_first(app: Flask) -> None:
    """Before everything else: give the request its id and refuse what nobody needs."""
    app.before_request(_begin)
    app.before_request(_refuse_unread)
    app.after_request(_headers)
    app.after_request(_access_line)
    app.teardown_request(_end)


def register_last(app: Flask) -> None:
    """Just before the view: a body where none belongs is refused like an unknown field."""
    app.before_request(_refuse_unasked_body)


def _begin() -> None:
    kept = g._get_current_object()
    for name in PER_REQUEST:  # tests keep one app context, and with it g, open around many requests
        kept.pop(name, None)
    kept.request_id = request_id = secrets.token_hex(8)
    kept.began = ticks()
    structlog.contextvars.bind_contextvars(request_id=request_id)


def _refuse_unread() -> None:
    """TRACE everywhere; compressed bodies under our paths, whatever they would unpack to."""
    asked = request._get_current_object()
    if asked.method == "TRACE":
        wrong = asked.routing_exception
        raise wrong if isinstance(wrong, MethodNotAllowed) else MethodNotAllowed()
    if is_ours(asked.path) and asked.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, *SENTENCES[415])


def _refuse_unasked_body() -> None:
    asked = request._get_current_object()
    if asked.method not in WRITES or not asked.path.startswith("/api/"):
        return
    view = current_app.view_functions.get(asked.endpoint or "")
    if view is None:
        return
    if body_of(view) is None and not takes_file(view):
        refuse_body()


def _headers(answer: Response) -> Response:
    wanted = HEADERS | {"X-Request-Id": g.request_id}
    if runtime(current_app).settings.production:
        wanted["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    asked = request._get_current_object()
    if is_ours(asked.path):
        page = (asked.endpoint or "").startswith("docs.")
        wanted["Content-Security-Policy"] = DOCS_PAGE if page else NOTHING_ELSE
        wanted["Cache-Control"] = "no-cache" if page else "no-store"
    there = {name.lower() for name, _ in answer.headers}
    for name, value in wanted.items():
        if name.lower() not in there:
            answer.headers.add(name, value)
    return answer


def _access_line(answer: Response) -> Response:
    """One line a request: route, status, time, actor. No ids in paths, query, address or agent: those are personal."""
    asked, kept = request._get_current_object(), g._get_current_object()
    rule = asked.url_rule
    _log.info(
        "request",
        method=asked.method,
        route=rule.rule if rule else "-",
        status=answer.status_code,
        ms=round((ticks() - kept.began) * 1000, 1),
        actor=str(kept.get("actor", "-")),
    )
    return answer


def _end(_: BaseException | None) -> None:
    structlog.contextvars.unbind_contextvars("request_id")
