"""miniprogram_api: the shopper's door – JSON under /api/v1, WeChat's callbacks, health. It decides nothing itself."""

from flask import Flask

from backend.app import runtime
from miniprogram_api import auth, cached, document, errors, gate, idempotency, limits, metrics, paths, routes
from miniprogram_api.strict_json import MsgspecProvider


def register(app: Flask) -> None:
    """Hang the whole door on a bare app: hooks in the order in which they run, then routes, then the document.

    RuntimeError if a route declares no permission. Call once per app.
    """
    app.json = MsgspecProvider(app)
    paths.register(app)
    errors.register(app)
    gate.register_first(app)
    app.before_request(auth.identify)
    limits.register(app, runtime(app).settings)
    app.before_request(auth.authorise)
    gate.register_last(app)
    app.after_request(idempotency.say_hit)
    cached.register(app, runtime(app).settings.catalogue_seconds)
    metrics.count_answers(app)
    api = document.make_api(app)
    for door in routes.API:
        api.register_blueprint(door, url_prefix=document.PREFIX)
    for blueprint in routes.ROOT:
        app.register_blueprint(blueprint)
    document.serve(app, api)
    auth.check_declarations(app)
