"""The gate of the console: who asks, may they, is it their own form that asks, and what every answer carries."""

import hashlib
import hmac
import re
import secrets

from flask import Flask, Request, Response, current_app, g, redirect, request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from markupsafe import Markup
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as Answer

from admin import in_place
from admin.permissions import ANY_STAFF, PUBLIC, WRITES, declared, is_ours
from backend.app import runtime
from backend.context import Context
from backend.infra.db import close_snapshot, open_snapshot, read_only
from backend.infra.replica import place_now, the_replica
from backend.kernel.actors import ANONYMOUS
from backend.kernel.errors import FORBIDDEN, Refused
from backend.queries.staff_sessions import Member, find_staff
from backend.usecases.note_staff_seen import note_staff_seen

COOKIE = "tuanma_staff"
GUEST_COOKIE = "tuanma_guest"
SEEN_COOKIE = "tuanma_seen"
"""How far the database's log went when this browser last changed something: a replica must have come as far to answer it."""
SEEN = re.compile(r"[0-9]{1,18}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
CSRF_FIELD, CSRF_HEADER = "csrf_token", "X-CSRF-Token"
PER_REQUEST = ("actor_names", "console_context", "csp", "fresh_cookies", "guest", "language", "member", "nonce",
               "saved_filters", "told", "token")
FORM_BYTES = 1024 * 1024
"""No form without files is larger; a route that takes files says so itself (`_upload_bytes`, see `takes_files`)."""

QUIET = ("admin.waiting",)
"""Routes that a page asks by itself: they are no use of the log-in, or it would never grow old while a page is open."""
OPEN_TO_THE_HALF_LOGGED_IN = ("console.code", "console.log_out", "console.asset", "console.switch_language")
OPEN_BEFORE_A_NEW_PASSWORD = ("console.log_out", "console.asset", "console.switch_language", "admin_profile.password")

HEADERS = {
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}


class ConsoleSessions(SecureCookieSessionInterface):
    """Flask's session, which carries what the next page says once, for the console alone: nothing else has one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return super().open_session(app, request) if is_ours(request.path) else None


def register(app: Flask) -> None:
    """Hang the gate on the app; it looks at nothing outside /admin."""
    app.session_interface = ConsoleSessions()
    app.before_request_funcs.setdefault(None, []).insert(0, _prepare)  # what another refuses unread still gets a page of ours
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)


def context() -> Context:
    """The Context of this request: one actor, one moment, the same object each time."""
    if "console_context" not in g:
        member: Member | None = g.get("member")
        g.console_context = runtime(current_app).context(member.actor if member else ANONYMOUS, request_id=g.request_id)
    return g.console_context


def member() -> Member:
    """Who is logged in; only on routes that need somebody."""
    return g.member


def csrf_token() -> str:
    """What a form must send back: bound to this log-in, or to this browser before anybody logged in."""
    if g.token is None and g.guest is None:
        g.guest = secrets.token_urlsafe(32)
        g.fresh_cookies[GUEST_COOKIE] = g.guest
    secret = runtime(current_app).settings.secret_key.encode()
    return hmac.new(secret, b"csrf\0" + (g.token or g.guest).encode(), hashlib.sha256).hexdigest()


def csrf_field() -> Markup:
    """The hidden field of every form."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token())


def nonce() -> str:
    """The word that lets this answer's own scripts run."""
    return g.nonce


def takes_files(limit: int):
    """Let a route's requests be so many bytes long, files included; elsewhere a form is at most 1 MiB."""
    def declare(view):
        view._upload_bytes = limit
        return view
    return declare


def set_cookie(answer: Answer, name: str, content: str, seconds: int | None = None) -> None:
    """A cookie of the console: sent to it alone, not to scripts, not from other sites; over TLS alone in production."""
    answer.set_cookie(name, content, max_age=seconds, path="/admin", httponly=True, samesite="Lax",
                      secure=runtime(current_app).settings.production)


def _prepare() -> None:
    if not is_ours(request.path):
        return
    for name in PER_REQUEST:  # tests keep one app context, and with it g, open around many requests
        g.pop(name, None)
    g.setdefault("request_id", secrets.token_hex(8))
    g.nonce, g.fresh_cookies, g.member, g.token = secrets.token_urlsafe(16), {}, None, None
    guest = request.cookies.get(GUEST_COOKIE, "")
    g.guest = guest if TOKEN.fullmatch(guest) else None


def _begin() -> Answer | None:
    if not is_ours(request.path):
        return None
    asset, replica = request.endpoint == "console.asset", the_replica() is not None
    if replica and not asset:
        _identify()  # who asks is never asked of a replica: rights that were taken away are gone at once
    if request.method in ("GET", "HEAD"):
        open_snapshot(_seen() if replica else None)
    view = current_app.view_functions.get(request.endpoint or "")
    request.max_content_length = getattr(view, "_upload_bytes", FORM_BYTES)
    if not replica and not asset:
        _identify()
    if request.routing_exception is not None:
        return None
    permission = declared(current_app, request.endpoint)
    return _authorise(permission) or _own_form()


def _seen() -> int:
    told = request.cookies.get(SEEN_COOKIE, "")
    return int(told) if SEEN.fullmatch(told) else 0


def _identify() -> None:
    token = request.cookies.get(COOKIE, "")
    if not TOKEN.fullmatch(token):
        return
    asking = runtime(current_app).context(ANONYMOUS, request_id=g.request_id)
    g.member = find_staff(asking, token)
    if g.member is None:
        return
    g.token, g.actor = token, g.member.actor
    if g.member.unseen and request.endpoint not in QUIET:
        try:
            note_staff_seen(context(), token=token)
        except Refused:  # the shop is busy: the next request notes it
            current_app.logger.info("a log-in's use could not be noted")


def _authorise(permission: str | None) -> Answer | None:
    who: Member | None = g.member
    if who is not None and who.awaits_code and request.endpoint not in OPEN_TO_THE_HALF_LOGGED_IN:
        return redirect(url_for("console.code"), 303)
    if permission == PUBLIC:
        return None
    if who is None:
        return current_app.extensions["console_log_in"]()
    if who.must_change_password and request.endpoint not in OPEN_BEFORE_A_NEW_PASSWORD:
        return redirect(url_for("admin_profile.password"), 303)
    if permission != ANY_STAFF and (permission is None or not who.actor.may(permission)):
        raise FORBIDDEN()
    return None


def _own_form() -> None:
    """400 for whatever would change something and does not carry the token of this log-in, or has what no text has (NULs)."""
    if request.method not in WRITES:
        return
    sent = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    known = g.token is not None or g.guest is not None
    if not known or not hmac.compare_digest(sent.encode(), csrf_token().encode()):
        raise BadRequest()
    if any("\0" in each for field in request.form.items(multi=True) for each in field):
        raise BadRequest()


def _finish(answer: Response) -> Response:
    if not is_ours(request.path):
        return answer
    answer = in_place.finish(answer)
    for name, text in HEADERS.items():
        answer.headers.setdefault(name, text)
    answer.headers.setdefault("X-Request-Id", g.get("request_id", ""))
    answer.headers.setdefault("Content-Security-Policy", (
        f"default-src 'none'; script-src 'self' 'nonce-{g.get('nonce', '')}'; style-src 'self'; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"))
    answer.headers.setdefault("Cache-Control", "no-store")
    if request.method in WRITES and (place := place_now()) is not None:
        set_cookie(answer, SEEN_COOKIE, str(place))
    for name, content in g.get("fresh_cookies", {}).items():
        set_cookie(answer, name, content)
    return answer


def _end(_: BaseException | None) -> None:
    if is_ours(request.path):
        read_only.session.remove()
        close_snapshot()
