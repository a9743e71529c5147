"""Who may what: every route of the console against every role, generated from what is declared (R15)."""

from collections.abc import Callable

import pytest
from flask import Flask

from admin.base import ReadOnlyView
from admin.permissions import ANY_STAFF, PUBLIC, SCREENS, WRITES, declared, is_ours
from backend.queries.roles import roles
from tests.given_staff import Browser, made_up

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Doors do not care which database it is; what stands behind them is tested on both."""


def table(app: Flask) -> dict[str, str]:
    """Address (made up with an id) and method → what it needs."""
    found = {}
    for rule in app.url_map.iter_rules():
        if is_ours(rule.rule):
            needed = declared(app, rule.endpoint)
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                found[f"{method} {made_up(rule.rule)}"] = needed
    return found


@pytest.mark.parametrize("role", [*roles(), None])
def test_R15_every_route_answers_a_role_as_declared(
        console: Flask, log_in: Callable[..., Browser], nobody: Browser, role: str | None) -> None:
    """Allowed: anything but 401 and 403 (most made-up ids are absent). Not allowed: 403, or 401 for nobody."""
    rights = roles()[role][1] if role else frozenset()
    who, asked = log_in(role) if role else nobody, table(console)
    token = {"csrf_token": who.token()}
    assert len(asked) > 30 and None not in asked.values()
    for address, needed in asked.items():
        method, path = address.split(" ")
        if path in ("/admin/logout", "/admin/login", "/admin/login/code"):
            continue
        answer = who.client.open(path, method=method, data=token if method in WRITES else None)
        allowed = needed == PUBLIC or (role is not None and (needed == ANY_STAFF or needed in rights))
        expected = answer.status_code not in (401, 403) if allowed else answer.status_code == (403 if role else 401)
        assert expected, f"{role}: {address} needs {needed}, answered {answer.status_code}"


def test_the_menu_shows_what_one_may_see(console: Flask, log_in: Callable[..., Browser]) -> None:
    for role, (_, rights) in roles().items():
        text = log_in(role).get("/admin/").text
        for screen in console.extensions[SCREENS].values():
            if isinstance(screen, ReadOnlyView) and screen.in_menu:
                shown = f'href="/admin/{type(screen).endpoint}/"' in text
                assert shown == (screen.permission in rights), (role, screen.endpoint)
