"""Who calls: opaque bearer tokens, the permission that each route declares, and the Context of the request."""

import hashlib
import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from backend.app import runtime
from backend.context import Context
from backend.kernel.actors import ANONYMOUS, LOGIN_NEEDED, WECHAT, shopper
from backend.queries import sessions
from miniprogram_api.errors import is_ours

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC, SHOPPER, SIGNED_BY_WECHAT = "public", "shopper", "wechat"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def public(view: View) -> View:
    """Anybody may call; a token is not even looked at."""
    return _declare(view, PUBLIC)


def shopper_only(view: View) -> View:
    """A logged-in shopper; 401 for everybody else, before the body is read."""
    return _declare(view, SHOPPER)


def signed_by_wechat(view: View) -> View:
    """WeChat alone: the use case verifies the signature over the raw body before it believes a word."""
    return _declare(view, SIGNED_BY_WECHAT)


def declared_permission(view: Callable[..., Any]) -> str | None:
    """ "public", "shopper" or "wechat" as the route declares it; None for nothing (no such route may exist)."""
    return getattr(view, "_permission", None)


def hash_of(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def bearer_token() -> str | None:
    """The well-formed token of this request, or None."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and TOKEN.fullmatch(token) else None


def context() -> Context:
    """The Context of this request: one actor, one moment, the same object each time."""
    kept = g._get_current_object()
    if "context" not in kept:
        kept.context = runtime(current_app).context(kept.get("actor", ANONYMOUS), request_id=kept.request_id)
    return kept.context


def identify() -> None:
    """Before the limits: find out who calls, in at most one statement, and only where the route wants to know."""
    permission, kept = _permission_of_route(), g._get_current_object()
    kept.actor, kept.bad_token = ANONYMOUS, False
    if permission == SIGNED_BY_WECHAT:
        kept.actor = WECHAT
    if permission != SHOPPER or "Authorization" not in request.headers:
        return
    token = bearer_token()
    found = _session_of(token) if token is not None else None
    if found is not None and found.member_id is not None:
        kept.actor = shopper(found.member_id)
    else:  # a log-in that is over is not held against the address that it comes from
        kept.bad_token = found is None or not found.known


def authorise() -> None:
    """After the limits: 401 unless the caller is what the route demands. One text for every reason."""
    if _permission_of_route() == SHOPPER and g.actor.kind != "shopper":
        raise LOGIN_NEEDED()


def check_declarations(app: Flask) -> None:
    """RuntimeError at start for a route of ours that declares no permission."""
    for rule in app.url_map.iter_rules():
        if is_ours(rule.rule) and declared_permission(app.view_functions[rule.endpoint]) is None:
            raise RuntimeError(f"{rule.rule} ({rule.endpoint}) declares no permission")


def _declare(view: View, permission: str) -> View:
    view._permission = permission  # type: ignore[attr-defined]
    return view


def _permission_of_route() -> str | None:
    view = current_app.view_functions.get(request.endpoint or "")
    return declared_permission(view) if view else None


def _session_of(token: str) -> sessions.Found:
    asking = runtime(current_app).context(ANONYMOUS, request_id=g.request_id)
    return sessions.find_member(asking, hash_of(token))
