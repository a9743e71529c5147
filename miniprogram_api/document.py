"""The OpenAPI 3.1 document at /api/v1/openapi.json, and the page that shows it, from our own files."""

import json
from pathlib import Path
from typing import Any

import marshmallow as ma
from flask import Blueprint, Flask, Response, request, send_from_directory
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

from miniprogram_api import fields
from miniprogram_api.auth import public
from miniprogram_api.door import PROBLEM_REF, PROBLEMS
from miniprogram_api.errors import PROBLEM_TYPE, RETRY_AFTER, of_http_exception
from miniprogram_api.paths import Id

PREFIX = "/api/v1"
PAGE = Path(__file__).parent / "docs"
ABOUT = """The shop's API for its mini-program.

- **Log in**: `POST /session` with the code of `wx.login`; send the token as `Authorization: Bearer …`.
- **Money** is in whole fen; every amount is computed by the server, `shown_total_fen` is only compared.
- **Idempotency-Key** is mandatory on requests that create something or move money; repeat with the same key after a
  lost answer.
- **Lists** answer `items` and `next`; ask for the next page with `after=<next>`.
- **Errors** are `application/problem+json` (RFC 9457) with a stable `code`; the sentence follows `Accept-Language`
  (zh, en).
"""


class ShopApi(Api):
    """flask-smorest with our problems: every error response in the document is problem+json, as it is on the wire."""

    ERROR_SCHEMA = fields.Problem
    DEFAULT_ERROR_RESPONSE_NAME = "ProblemDefault"

    def handle_http_exception(self, error: HTTPException) -> Any:
        return of_http_exception(error)

    def _register_responses(self) -> None:
        content = {PROBLEM_TYPE: {"schema": PROBLEM_REF}}
        for status, text in PROBLEMS.items():
            response: dict[str, Any] = {"description": text, "content": content}
            if status in RETRY_AFTER:
                response["headers"] = {
                    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}
                }
            self.spec.components.response(f"Problem{status}", response, lazy=True)
        self.spec.components.response(
            "ProblemDefault", {"description": "Any other problem.", "content": content}, lazy=True
        )
        self.spec.components.response(
            "UNPROCESSABLE_ENTITY", {"description": PROBLEMS[422], "content": content}, lazy=True
        )
        self.spec.components.response(
            "UNPROCESSABLE_CONTENT", {"description": PROBLEMS[422], "content": content}, lazy=True
        )

    def _register_pagination_header(self) -> None:
        """Our lists answer an envelope; no header needs documenting."""


def make_api(app: Flask) -> ShopApi:
    """The Api on `app`; register blueprints on it, then `serve` it."""
    app.config.update(API_TITLE="团码 Tuanma", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    api = ShopApi(app, spec_kwargs={"info": {"description": ABOUT}, "servers": [{"url": "/"}]})
    api.register_converter(
        Id, lambda _: {"type": "string", "minLength": 1, "maxLength": 32, "pattern": fields.ID_PATTERN}
    )
    api.ma_plugin.converter.add_attribute_function(_names_of_properties)
    api.spec.components.schema("Problem", schema=fields.Problem)
    api.spec.components.security_scheme(
        "token", {"type": "http", "scheme": "bearer", "description": "The token that `POST /session` answered."}
    )
    return api


def _names_of_properties(converter: Any, field: ma.fields.Field, **_: Any) -> dict[str, Any]:
    """For a Dict whose keys are bound: the schema of its keys, which apispec leaves out."""
    names = converter.field2property(field.key_field) if isinstance(field, ma.fields.Dict) and field.key_field else {}
    return {"propertyNames": names} if names.keys() - {"type"} else {}


def serve(app: Flask, api: ShopApi) -> None:
    """Serve the finished document and its page. The bytes are made once."""
    document = json.dumps(api.spec.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()
    blueprint = Blueprint("docs", __name__)

    @blueprint.get("/openapi.json")
    @public
    def openapi() -> Response:
        answer = Response(document, content_type="application/json")
        answer.add_etag()
        answer.make_conditional(request)
        return answer

    @blueprint.get("/docs")
    @public
    def page() -> Response:
        return send_from_directory(PAGE, "index.html")

    @blueprint.get("/docs/<string:name>")
    @public
    def asset(name: str) -> Response:
        return send_from_directory(PAGE, name)

    app.register_blueprint(blueprint, url_prefix=PREFIX)
