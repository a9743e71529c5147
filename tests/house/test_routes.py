"""Every route says who may call it, and the application that servers start has all of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from miniprogram_api import register
from miniprogram_api.auth import declared_permission, public

PERMISSIONS = {"public", "shopper", "wechat"}


def undeclared(app: Flask) -> Iterator[str]:
    """Routes whose view declares no permission, or one that does not exist."""
    for rule in app.url_map.iter_rules():
        if declared_permission(app.view_functions[rule.endpoint]) not in PERMISSIONS:
            yield rule.rule


@pytest.fixture
def web(app: Flask) -> Flask:
    register(app)
    return app


def test_every_route_declares_its_permission(web: Flask) -> None:
    assert len(list(web.url_map.iter_rules())) > 20
    assert list(undeclared(web)) == []


@pytest.mark.parametrize("declare", [lambda view: view, lambda view: setattr(view, "_permission", "everybody") or view])
def test_an_undeclared_route_is_seen(web: Flask, declare: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    bare = Flask("bare", static_folder=None)
    bare.add_url_rule("/declared", "declared", public(lambda: ""))
    bare.add_url_rule("/forgotten", "forgotten", declare(lambda: ""))
    assert list(undeclared(bare)) == ["/forgotten"]


def test_the_door_does_not_open_with_an_undeclared_route(app: Flask) -> None:
    app.add_url_rule("/api/v1/forgotten", "forgotten", lambda: "")
    with pytest.raises(RuntimeError, match="forgotten"):
        register(app)


def test_what_changes_something_is_for_known_callers(web: Flask) -> None:
    """Only logging in may write without a token; everything else asks who it is first."""
    writers = {rule.rule for rule in web.url_map.iter_rules()
               if rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
               and declared_permission(web.view_functions[rule.endpoint]) == "public"}
    assert writers <= {"/api/v1/session"}
