"""Fixtures of the console: the app with both doors, and people logged in to it."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

import admin
import miniprogram_api
from backend.infra.settings import Settings
from tests.fakes import FakeWorld
from tests.given_staff import Browser, browser, given_staff, logged_in
from tests.served import served


@pytest.fixture
def app(settings: Settings, world: FakeWorld) -> Iterator[Flask]:
    """The app as it is served: the shopper's door and the console."""
    with served((miniprogram_api, admin), settings, world.gateways(settings)) as app:
        yield app


@pytest.fixture
def console(app: Flask) -> Flask:
    """The same; whoever names it calls the console."""
    return app


@pytest.fixture
def nobody(console: Flask) -> Browser:
    """A browser in which nobody is logged in."""
    return browser(console)


@pytest.fixture
def log_in(console: Flask) -> Callable[..., Browser]:
    """`log_in("finance")` → a browser of somebody new with that role (or roles); `scope=`, `scope_id=` bound what they see."""
    def enter(*roles: str, scope: str = "head_office", scope_id: str | None = None) -> Browser:
        enter.count += 1  # type: ignore[attr-defined]
        login = f"{roles[0]}-{enter.count}".replace("_", "-")  # type: ignore[attr-defined]
        staff_id = given_staff(console, login, *roles, scope=scope, scope_id=scope_id)
        entered = logged_in(console, login)
        entered.staff_id = staff_id
        return entered
    enter.count = 0  # type: ignore[attr-defined]
    return enter
