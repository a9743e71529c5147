"""Links from one screen to another: only to screens that exist and that whoever is logged in may see."""

from typing import Any

from flask import current_app, url_for
from markupsafe import Markup

from admin.formats import NOTHING, plain
from admin.gate import member
from admin.permissions import ANY_STAFF, PUBLIC, declared


def to(endpoint: str, **values: Any) -> str:
    """The address of a route of the console (`orders.details_view`: screen and view), or "" when there is no such route or it
    is not for this person."""
    endpoint = f"admin_{endpoint}"
    if endpoint not in current_app.view_functions:
        return ""
    permission = declared(current_app, endpoint)
    if permission not in (ANY_STAFF, PUBLIC) and not member().actor.may(permission or ""):
        return ""
    return url_for(endpoint, **values)


def link(text: Any, endpoint: str, **values: Any) -> Markup:
    """`text` as a link where it may lead there, else as it is; a dash for nothing."""
    if text in (None, ""):
        return NOTHING
    url = to(endpoint, **values)
    return Markup('<a href="{}">{}</a>').format(url, plain(text)) if url else Markup("{}").format(plain(text))
