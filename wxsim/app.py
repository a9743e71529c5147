"""The stand-in's web application, composed from its parts."""

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from wxsim import (
    bills_api,
    code_image,
    content_check,
    control,
    gate,
    login,
    mini_control,
    pay_api,
    phone,
    phone_number,
    shipping,
    subscribe,
    tokens,
)
from wxsim.books import Books
from wxsim.clock import Clock
from wxsim.config import Config
from wxsim.delivery import Delivery
from wxsim.faults import Faults
from wxsim.keys import Keys
from wxsim.pay_errors import PayError
from wxsim.world import World


def make_world(config: Config) -> World:
    """Opens the books and puts the parts together; the delivery is not started yet."""
    books, clock = Books(config.books), Clock(config.clock_file)
    world = World(config, clock, books, Faults(books), Keys(config, books, clock))
    world.delivery = Delivery(world)
    subscribe.register_templates(world, config.templates)
    return world


def make_app(world: World) -> Flask:
    """All hosts in one application: their paths do not clash."""
    app = Flask("wxsim", static_folder=None)
    app.extensions["wxsim"] = world
    for part in (login, tokens, phone_number, shipping, content_check, subscribe, code_image, pay_api, bills_api, control, phone):
        app.register_blueprint(part.blueprint)
    app.register_blueprint(mini_control.blueprint)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _http_error(error: HTTPException) -> Response | HTTPException:
    if not gate.is_pay_path():
        return error
    return gate.refuse(PayError(error.code or 500, "INVALID_REQUEST", error.name, 0))
