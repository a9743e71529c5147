"""Fixtures of the shopper's door."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

import miniprogram_api
from backend.app import create_app
from backend.infra.settings import Settings
from tests.fakes import FakeWorld
from tests.given_members import Shopper, given_shopper
from tests.miniprogram_api.checked import Checked
from tests.served import served


@pytest.fixture
def app(settings: Settings, world: FakeWorld) -> Iterator[Flask]:
    """The app with this door."""
    with served((miniprogram_api,), settings, world.gateways(settings)) as app:
        yield app


@pytest.fixture
def bare(settings: Settings, world: FakeWorld) -> Iterator[Flask]:
    """An app on which no door hangs."""
    app = create_app(settings, world.gateways(settings))
    with app.app_context():
        yield app


@pytest.fixture
def web(app: Flask) -> Flask:
    """The same; whoever names it calls the door."""
    return app


@pytest.fixture
def api(web: Flask) -> Checked:
    """A client that compares every answer with the OpenAPI document."""
    return Checked(web)


@pytest.fixture
def shopper(web: Flask, world: FakeWorld) -> Callable[..., Shopper]:
    """`shopper("a")` logs a in, with an address."""
    return lambda name="xiaoman", **more: given_shopper(web, world, name, **more)
