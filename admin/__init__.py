"""admin: the merchant's door – the console under /admin/, in Chinese and English. It decides nothing itself."""

import secrets

from flask import Flask, url_for
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from flask_babel import Babel

from admin import audit, formats, gate, links, log_in, menu, paths, refused, words
from admin.permissions import SCREENS, check_declarations
from admin.screens import FRONT
from admin.screens import SCREENS as TABLE
from backend.app import runtime
from backend.queries.roles import known_permissions


def register(app: Flask) -> None:
    """Hang the console on a bare app, after the other door. RuntimeError if a route, an action or a list declares too little."""
    settings = runtime(app).settings
    app.config.update(SESSION_COOKIE_NAME="tuanma_says", SESSION_COOKIE_PATH="/admin", SESSION_COOKIE_HTTPONLY=True,
                      SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=settings.production)
    if not app.config["SECRET_KEY"]:
        app.config["SECRET_KEY"] = secrets.token_urlsafe(32)
    paths.register(app)
    refused.register(app)
    gate.register(app)
    Babel(app, locale_selector=words.locale)
    front = FRONT()
    console = Admin(app, name="团码", index_view=front, theme=Bootstrap4Theme(base_template="console/base.html"))
    screens = {front.endpoint: front}
    app.extensions[SCREENS] = screens
    for group in menu.GROUPS:
        console.add_category(group)  # type: ignore[arg-type]
    for screen in (kind() for kind in TABLE):
        console.add_view(screen)
        screens[screen.endpoint] = screen
    log_in.register(app)
    _words_of_templates(app, console)
    check_declarations(app, known_permissions())


def _words_of_templates(app: Flask, console: Admin) -> None:
    """What every template may say and call, and what no value in one may contain."""
    app.jinja_env.finalize = formats.upright
    app.jinja_env.globals.update(
        say=words.say, either=words.either, language=words.language, LANGUAGES=words.LANGUAGES, console=console,
        csrf_field=gate.csrf_field, csrf_token=gate.csrf_token, nonce=gate.nonce, asset=_asset, key_field=formats.key_field,
        badge=formats.badge, link=links.link, who=audit.who, shop_name=lambda: gate.context().shop.shop_name)
    app.jinja_env.filters.update(yuan=formats.yuan, local_time=formats.local_time, local_day=formats.local_day,
                                 shown=formats.value, code=formats.code)


def _asset(name: str) -> str:
    """The address of one of the console's own files, with its version."""
    return url_for("console.asset", name=name, v=log_in.version(name))
