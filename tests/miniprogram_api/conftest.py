"""Fixtures of the shopper's door."""

from collections.abc import Callable

import pytest
from flask import Flask

from miniprogram_api import register
from tests.fakes import FakeWorld
from tests.given_members import Shopper, given_shopper
from tests.miniprogram_api.checked import Checked


@pytest.fixture
def web(app: Flask) -> Flask:
    """The app with this door hung on it."""
    register(app)
    return app


@pytest.fixture
def api(web: Flask) -> Checked:
    """A client that compares every answer with the OpenAPI document."""
    return Checked(web)


@pytest.fixture
def shopper(web: Flask, world: FakeWorld) -> Callable[..., Shopper]:
    """`shopper("a")` logs a in, with an address."""
    return lambda name="xiaoman", **more: given_shopper(web, world, name, **more)
