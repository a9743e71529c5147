"""A test client that holds every answer against the OpenAPI document: status, content type, headers and body."""

import re
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.given_members import Shopper

PREFIX = "/api/v1"


class Checked:
    """`api.post("/addresses", shopper, key="…", json={…})`; fails when the document does not promise the answer."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        if app not in _promises:
            _promises[app] = Promises(self.client.get(f"{PREFIX}/openapi.json").get_json())
        self.promises = _promises[app]

    def get(self, path: str, who: Shopper | None = None, **more: Any) -> TestResponse:
        return self.call("GET", path, who, **more)

    def post(self, path: str, who: Shopper | None = None, **more: Any) -> TestResponse:
        return self.call("POST", path, who, **more)

    def put(self, path: str, who: Shopper | None = None, **more: Any) -> TestResponse:
        return self.call("PUT", path, who, **more)

    def patch(self, path: str, who: Shopper | None = None, **more: Any) -> TestResponse:
        return self.call("PATCH", path, who, **more)

    def delete(self, path: str, who: Shopper | None = None, **more: Any) -> TestResponse:
        return self.call("DELETE", path, who, **more)

    def call(
        self,
        method: str,
        path: str,
        who: Shopper | None = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        """Call and compare with the document. `key` is the Idempotency-Key; `who` sends their token."""
        sent = (who.headers if who else {}) | ({"Idempotency-Key": key} if key else {}) | (headers or {})
        answer = self.client.open(PREFIX + path, method=method, headers=sent, **more)
        self.compare(method, path.partition("?")[0], answer)
        return answer

    def compare(self, method: str, path: str, answer: TestResponse) -> None:
        """AssertionError unless the document promises exactly this answer for this operation."""
        self.promises.compare(method, path, answer)


class Promises:
    """What the document of an app promises."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.schemas = pytest.importorskip("jsonschema_rs", reason="has no wheel for this Python")
        self.validator = cache(self._validator)
        self.patterns = {template: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", template)) for template in document["paths"]}

    def compare(self, method: str, path: str, answer: TestResponse) -> None:
        """AssertionError unless it promises exactly this answer for this operation."""
        operation = self._operation(method, path)
        if operation is None:
            assert answer.status_code in (404, 405), f"{method} {path} is not in the document"
            return
        promised = operation["responses"].get(str(answer.status_code))
        assert promised, f"{method} {path} answered {answer.status_code}, which the document does not name"
        if "$ref" in promised:
            promised = self.document["components"]["responses"][promised["$ref"].rsplit("/", 1)[1]]
        if "content" not in promised:
            assert answer.data == b"", answer.data
            return
        content_type = answer.headers["Content-Type"]
        assert content_type in promised["content"], f"{content_type} is not promised"
        self.validator(msgspec.json.encode(promised["content"][content_type]["schema"])).validate(answer.get_json())

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for template, operations in self.document["paths"].items():
            if self.patterns[template].fullmatch(PREFIX + path) and method.lower() in operations:
                return operations[method.lower()]
        return None

    def _validator(self, schema: bytes) -> Any:
        return self.schemas.Draft202012Validator(
            msgspec.json.decode(schema) | {"components": self.document["components"]}, validate_formats=True
        )


_promises: WeakKeyDictionary[Flask, Promises] = WeakKeyDictionary()


def facts(answer: TestResponse) -> dict[str, Any]:
    """A problem without its request id, to compare two of them."""
    body = answer.get_json()
    assert body.pop("request_id") == answer.headers["X-Request-Id"]
    return body
