"""Path converters: `<id:order_id>` takes what can be an identifier of ours; anything else is simply not found."""

from flask import Flask
from werkzeug.routing import BaseConverter


class Id(BaseConverter):
    """1 to 32 letters, digits, `_` and `-`; never a NUL, a slash or a wildcard."""

    regex = r"[A-Za-z0-9_-]{1,32}"


def register(app: Flask) -> None:
    """Add the converters, and never answer with a redirect that repeats the client's own Host header."""
    app.url_map.converters["id"] = Id
    app.url_map.merge_slashes = False
