"""The converter `<id:row_id>` for apps on which the other door did not hang it: what can be an identifier of ours."""

from flask import Flask
from werkzeug.routing import BaseConverter


class Id(BaseConverter):
    """1 to 32 letters, digits, `_` and `-`; never a NUL, a slash or a wildcard."""

    regex = r"[A-Za-z0-9_-]{1,32}"


def register(app: Flask) -> None:
    """Add the converter unless it is there."""
    app.url_map.converters.setdefault("id", Id)
    app.url_map.merge_slashes = False
