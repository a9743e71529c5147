"""What each route of the console needs: declared beside it, checked in one place; a route without a declaration stops the start."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])

ROOT = "/admin"
PUBLIC = "public"
"""Anybody: the log-in page, its styles, links to set a password."""

ANY_STAFF = "any staff"
"""Everybody who is logged in, whatever their roles: the front page, their own profile."""

BY_SCREEN = "by screen"
"""What the screen says (`permission_of`): for routes that all screens of a kind have."""

SCREENS = "console_screens"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def needs(permission: str) -> Callable[[View], View]:
    """Declare what a route or an action needs: PUBLIC, ANY_STAFF, or a permission like `orders.refund`.

    Every method that takes POST must have it, and every action; a page that only shows something has its screen's permission.
    """
    def declare(view: View) -> View:
        view._permission = permission  # type: ignore[attr-defined]
        return view
    return declare


def is_ours(path: str) -> bool:
    """Whether a path belongs to the console."""
    return path == ROOT or path.startswith(f"{ROOT}/")


def declared(app: Flask, endpoint: str | None) -> str | None:
    """What the route of this endpoint needs; None for nothing declared (no such route may exist)."""
    view = app.view_functions.get(endpoint or "")
    own = getattr(view, "_permission", None)
    if view is None or own not in (None, BY_SCREEN):
        return own
    blueprint, _, method = (endpoint or "").rpartition(".")
    screen = app.extensions[SCREENS].get(blueprint)
    return screen.permission_of(method) if screen is not None else None


def check_declarations(app: Flask, known: frozenset[str]) -> None:
    """RuntimeError at start for a route of ours that declares nothing, writes without saying so itself, or names a
    permission that does not exist; and for a list that does not say whose rows it shows."""
    allowed = known | {PUBLIC, ANY_STAFF}
    for rule in app.url_map.iter_rules():
        if not is_ours(rule.rule):
            continue
        permission = declared(app, rule.endpoint)
        if permission not in allowed:
            raise RuntimeError(f"{rule.rule} ({rule.endpoint}) declares no permission that exists: {permission}")
        if rule.methods & WRITES and getattr(app.view_functions[rule.endpoint], "_permission", None) is None:
            raise RuntimeError(f"{rule.rule} ({rule.endpoint}) writes and has no @needs of its own")
    for screen in app.extensions[SCREENS].values():
        screen.check(allowed)
