"""What a client sends: JSON bodies and query strings, read strictly and checked by a schema before a view runs."""

from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

import marshmallow as ma
from flask import Request, current_app, g, request
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.exceptions import RequestEntityTooLarge

from miniprogram_api.errors import SENTENCES, Problem
from miniprogram_api.strict_json import BadJson, read

NOTHING = object()
SHOWN = 20
"""How many faulty fields an answer names."""


def read_body() -> Any:
    """The JSON value of this request's body, parsed once; None when there is no body. Problem 400, 413, 415 or 422."""
    kept = g._get_current_object()
    if "body" not in kept:
        kept.body = _parse(request._get_current_object())
    return None if kept.body is NOTHING else kept.body


def _parse(asked: Request) -> Any:
    raw = asked.get_data(cache=True)
    if not raw:
        return NOTHING
    if len(raw) >= (asked.max_content_length or len(raw) + 1):  # a body without a length is cut there, silently
        raise RequestEntityTooLarge()
    charset = asked.mimetype_params.get("charset", "utf-8").lower()
    if asked.mimetype != "application/json" or charset not in ("utf-8", "utf8"):
        raise Problem(415, *SENTENCES[415])
    try:
        return read(raw)
    except BadJson as bad:
        raise bad.as_problem() from None


def body_of(view: Callable[..., Any]) -> dict[str, Any] | None:
    """How a route documents its JSON body ("schema", "required"), or None if it takes none."""
    arguments = getattr(view, "_apidoc", {}).get("arguments", {})
    return next(
        (each for each in arguments.get("parameters", ()) if isinstance(each, dict) and each["in"] == "json"), None
    )


def refuse_body() -> None:
    """For routes that take no body: nothing or `{}` is fine, anything else is an unknown field."""
    body = read_body()
    if body not in (None, {}):
        raise invalid_fields(
            {"json": {name: ["Unknown field."] for name in body} if isinstance(body, dict) else ["No body."]}
        )


def invalid_fields(messages: Any) -> Problem:
    """422 that names each faulty field by its path ("lines.0.quantity")."""
    faults: dict[str, str] = {}
    _flatten(messages, [], faults)
    names = "、".join(faults) or "?"
    return Problem(
        422,
        "invalid_fields",
        f"这些内容不正确：{names}。",
        f"These fields are not right: {', '.join(faults)}.",
        fields=faults,
    )


def _flatten(messages: Any, path: list[str], faults: dict[str, str]) -> None:
    if len(faults) >= SHOWN:
        return
    if isinstance(messages, dict):
        for name, inner in messages.items():
            hidden = not path and name in ("json", "query") or name == "_schema"
            _flatten(inner, path if hidden else [*path, str(name)[:64]], faults)
    else:
        text = messages if isinstance(messages, str) else " ".join(map(str, messages))
        faults[".".join(path)[:200] or "body"] = text[:300]


@cache
def _schema(schema: type[ma.Schema]) -> ma.Schema:
    return schema()


class StrictParser(FlaskParser):
    """webargs with our JSON, one value per query parameter, and our way of saying what is wrong."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"json": ma.RAISE, "query": ma.RAISE}

    def _get_schema(self, argmap: Any, req: Request) -> ma.Schema:
        """One instance for each schema: it keeps nothing of what it loads, and making it costs more than loading."""
        return _schema(argmap)

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        body = read_body()
        if g.body is not NOTHING:
            return body
        declared = body_of(current_app.view_functions[req.endpoint or ""])
        if declared and declared["required"]:
            raise invalid_fields({"json": ["The body is missing."]})
        return missing

    def load_querystring(self, req: Request, schema: ma.Schema) -> MultiDictProxy:
        faults = {name: ["Given more than once."] for name, values in req.args.lists() if len(values) > 1}
        faults |= {name: ["Has a NUL character."] for name, value in req.args.items() if "\0" in name + value}
        if faults:
            raise invalid_fields({"query": faults})
        return self._makeproxy(req.args, schema)

    def handle_error(
        self, error: ma.ValidationError, req: Request, schema: ma.Schema, *, error_status_code: Any, error_headers: Any
    ) -> NoReturn:
        raise invalid_fields(error.messages) from None
