"""`Idempotency-Key`: mandatory on requests that create something or move money; a repeat gets the first answer."""

import hashlib
import json
import re
from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import Any, TypeVar

from flask import Response, current_app, g, request

from backend.infra.once import ClientKey
from miniprogram_api.body import read_body
from miniprogram_api.errors import Problem
from miniprogram_api.multipart import form_digest, takes_file

View = TypeVar("View", bound=Callable[..., Any])

HEADER = "Idempotency-Key"
HIT = "Idempotency-Hit"
VISIBLE = re.compile(r"[\x21-\x7e]{8,80}")

PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "A fresh random value for each thing the shopper means to do; send the same one when repeating "
    "after a lost answer. Kept for 30 days. 8 to 80 visible ASCII characters.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 80, "pattern": "^[!-~]{8,80}$"},
    "example": "0b1f5c1e-6a2f-4a4e-9d0e-5b8f3c2a7d41",
}
RESPONSE_HEADER = {
    "description": "`true` when this is the answer of an earlier request with the same key.",
    "schema": {"type": "string", "enum": ["true"]},
}


def keyed(view: View) -> View:
    """The view gets `key: ClientKey` and must hand it to its use case; without a key 400, with a bad one 422."""

    @wraps(view)
    def with_key(*args: Any, **kwargs: Any) -> Any:
        return view(*args, key=client_key(), **kwargs)

    with_key._apidoc = deepcopy(getattr(view, "_apidoc", {})) | {"keyed": True}  # type: ignore[attr-defined]
    return with_key  # type: ignore[return-value]


def client_key() -> ClientKey:
    """The key of this request, with a fingerprint of method, path and canonical body (of a form: its fields and file)."""
    asked = request._get_current_object()
    value = asked.headers.get(HEADER)
    if value is None:
        raise Problem(
            400, "idempotency_key_missing", "缺少 Idempotency-Key 请求头。", "The Idempotency-Key header is missing."
        )
    if not VISIBLE.fullmatch(value):
        raise Problem(
            422,
            "idempotency_key_invalid",
            "Idempotency-Key 须为 8–80 个可见 ASCII 字符。",
            "Idempotency-Key must be 8 to 80 visible ASCII characters.",
        )
    if takes_file(current_app.view_functions[asked.endpoint or ""]):
        canonical = form_digest()
    else:
        canonical = json.dumps(read_body(), sort_keys=True, separators=(",", ":"))
    said = f"{asked.method}\n{asked.path}\n{canonical}"
    g.client_key = key = ClientKey(value, hashlib.sha256(said.encode()).hexdigest())
    return key


def say_hit(answer: Response) -> Response:
    """After the request: tell the client that it was a repeat."""
    key: ClientKey | None = g.get("client_key")
    if key is not None and key.hit and answer.status_code < 400:
        answer.headers[HIT] = "true"
    return answer
