"""Every route says who may call it, and the application that servers start has all of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask_admin import BaseView

import admin
from admin.base import EVERYBODY, Page, ReadOnlyView, action, expose, needs
from admin.permissions import ANY_STAFF, PUBLIC, check_declarations, declared, is_ours
from admin.words import say
from backend.organisation.models import Region
from backend.queries.roles import known_permissions
from miniprogram_api import register
from miniprogram_api.auth import declared_permission, public

PERMISSIONS = {"public", "shopper", "wechat"}
CONSOLE = known_permissions() | {PUBLIC, ANY_STAFF}


def undeclared(app: Flask) -> Iterator[str]:
    """Routes whose view declares no permission, or one that does not exist."""
    for rule in app.url_map.iter_rules():
        if is_ours(rule.rule):
            if declared(app, rule.endpoint) not in CONSOLE:
                yield rule.rule
        elif declared_permission(app.view_functions[rule.endpoint]) not in PERMISSIONS:
            yield rule.rule


@pytest.fixture
def web(app: Flask) -> Flask:
    register(app)
    return app


@pytest.fixture
def both(web: Flask) -> Flask:
    admin.register(web)
    return web


def test_every_route_declares_its_permission(both: Flask) -> None:
    rules = list(both.url_map.iter_rules())
    assert len([rule for rule in rules if not is_ours(rule.rule)]) > 20
    assert len([rule for rule in rules if is_ours(rule.rule)]) > 8
    assert list(undeclared(both)) == []


@pytest.mark.parametrize("declare", [lambda view: view, lambda view: setattr(view, "_permission", "everybody") or view])
def test_an_undeclared_route_is_seen(web: Flask, declare: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    bare = Flask("bare", static_folder=None)
    bare.extensions["console_screens"] = {}
    bare.add_url_rule("/declared", "declared", public(lambda: ""))
    bare.add_url_rule("/forgotten", "forgotten", declare(lambda: ""))
    bare.add_url_rule("/admin/forgotten", "forgotten_too", declare(lambda: ""))
    assert list(undeclared(bare)) == ["/forgotten", "/admin/forgotten"]


def test_the_door_does_not_open_with_an_undeclared_route(app: Flask) -> None:
    app.add_url_rule("/api/v1/forgotten", "forgotten", lambda: "")
    with pytest.raises(RuntimeError, match="forgotten"):
        register(app)


def test_the_console_does_not_open_with_an_undeclared_route(web: Flask) -> None:
    web.add_url_rule("/admin/forgotten", "forgotten", lambda: "")
    with pytest.raises(RuntimeError, match="forgotten"):
        admin.register(web)


class Silent(Page):
    """Says nothing of permissions."""

    title, endpoint = say("无", "None"), "silent"

    @expose("/")
    def index(self) -> str:
        return ""


class Foreign(Page):
    """Names a permission that does not exist."""

    title, endpoint, permission = say("无", "None"), "foreign", "orders.everything"

    @expose("/")
    def index(self) -> str:
        return ""


class Writes(Page):
    """Takes POST under the permission to look."""

    title, endpoint, permission = say("无", "None"), "writes", "orders.view"

    @expose("/", methods=("GET", "POST"))
    def index(self) -> str:
        return ""


class Places(ReadOnlyView):
    """A list as it should be."""

    title, endpoint, permission, model, scope = say("无", "None"), "places", "orders.view", Region, EVERYBODY
    columns, column_default_sort = {"name": say("无", "None")}, ("created_at", True)


class Unscoped(ReadOnlyView):
    """Does not say whose rows it shows."""

    title, endpoint, permission, model = say("无", "None"), "unscoped", "orders.view", Region
    columns, column_default_sort = {"name": say("无", "None")}, ("created_at", True)


class WrongScope(Places):
    """Names a column that the table does not have."""

    scope = "store_id"


class Acts(Places):
    """Has an action that declares nothing."""

    @action("close", "Close")
    def close(self, ids: list[str]) -> None:
        """Close."""


class ActsDeclared(Places):
    """Has an action that says who may."""

    @action("close", "Close")
    @needs("staff.manage")
    def close(self, ids: list[str]) -> None:
        """Close."""


def hung(app: Flask, screen: BaseView) -> None:
    """Hang one more screen on the console and look at all declarations again."""
    app.extensions["admin"][0].add_view(screen)
    app.extensions["console_screens"][screen.endpoint] = screen
    check_declarations(app, known_permissions())


@pytest.mark.parametrize("kind", [Silent, Foreign, Writes, Unscoped, WrongScope, Acts])
def test_a_screen_that_declares_too_little_does_not_start(both: Flask, kind: type[BaseView]) -> None:
    with pytest.raises(RuntimeError):
        hung(both, kind())


@pytest.mark.parametrize("kind", [Places, ActsDeclared])
def test_a_screen_that_declares_everything_starts(both: Flask, kind: type[BaseView]) -> None:
    hung(both, kind())
    assert list(undeclared(both)) == []


def test_what_changes_something_is_for_known_callers(both: Flask) -> None:
    """Only logging in, logging out and the switch of language may write without a log-in; all else asks who it is first."""
    def permission(rule: Any) -> str | None:
        return declared(both, rule.endpoint) if is_ours(rule.rule) else declared_permission(both.view_functions[rule.endpoint])

    writers = {rule.rule for rule in both.url_map.iter_rules()
               if rule.methods & {"POST", "PUT", "PATCH", "DELETE"} and permission(rule) == "public"}
    assert writers <= {"/api/v1/session", "/admin/login", "/admin/login/code", "/admin/logout", "/admin/language",
                       "/admin/password/<token>"}
