"""Door: a blueprint whose routes document themselves fully – permission, key, body, refusals – and parse strictly."""

import re
from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import Any, TypeVar

from flask_smorest import Blueprint

from backend.kernel.errors import Refusal
from miniprogram_api import idempotency
from miniprogram_api.auth import SHOPPER, declared_permission
from miniprogram_api.body import StrictParser
from miniprogram_api.errors import STATUS

View = TypeVar("View", bound=Callable[..., Any])

BODY_ERRORS = (400, 413, 415, 422)
SHOPPER_ERRORS = (401, 429)


class Door(Blueprint):
    """`@blp.route(…)` outermost, then `@blp.arguments`, `@blp.response`, `@refuses`, `@keyed`, and the permission.

    The function's name becomes the operationId, its docstring the description.
    """

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, __name__, description=description)
        self._prepare_doc_cbks = [*self._prepare_doc_cbks, _complete]

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, *args: Any, **options: Any
    ) -> None:
        view_func._apidoc = deepcopy(getattr(view_func, "_apidoc", {}))
        view_func._apidoc["permission"] = declared_permission(view_func)
        view_func._apidoc["operation_id"] = view_func.__name__
        view_func._apidoc["has_path_id"] = "<" in rule
        super().add_url_rule(rule, endpoint, view_func, *args, **options)


def refuses(*refusals: Refusal) -> Callable[[View], View]:
    """Document the expected noes of a route by their declarations; several may share a status."""

    def declare(view: View) -> View:
        @wraps(view)
        def same(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        same._apidoc = deepcopy(getattr(view, "_apidoc", {})) | {"refuses": refusals}  # type: ignore[attr-defined]
        return same  # type: ignore[return-value]

    return declare


def _complete(doc: dict[str, Any], info: dict[str, Any], *, method: str, **_: Any) -> dict[str, Any]:
    """Add to an operation what every operation of its sort has in common."""
    doc["operationId"] = info["operation_id"]
    codes: dict[int, list[str]] = {}
    if info["permission"] == SHOPPER:
        doc["security"] = [{"token": []}]
        codes |= {status: [] for status in SHOPPER_ERRORS}
    else:
        doc["security"] = []
    if info["has_path_id"]:
        codes.setdefault(404, [])
    if "requestBody" in doc or method != "get":
        codes |= {status: [] for status in BODY_ERRORS if status not in codes}
    if "parameters" in doc:
        codes.setdefault(422, [])
    if info.get("keyed"):
        doc.setdefault("parameters", []).append(deepcopy(idempotency.PARAMETER))
        codes[422].append("`idempotency_key_reused`")
        for status, answer in doc["responses"].items():
            if str(status).startswith("2"):
                answer.setdefault("headers", {})[idempotency.HIT] = deepcopy(idempotency.RESPONSE_HEADER)
    for refusal in info.get("refuses", ()):
        sentence = re.sub(r"\{\w+\}", "…", refusal.en)
        codes.setdefault(STATUS[refusal.kind], []).append(f"`{refusal.code}` {sentence}")
    codes.setdefault(503, [])
    answers = {str(status): answer for status, answer in doc["responses"].items() if not str(status).startswith("4")}
    answers |= {str(status): _problem(status, reasons) for status, reasons in codes.items()}
    doc["responses"] = dict(sorted(answers.items()))
    return doc


def _problem(status: int, reasons: list[str]) -> dict[str, Any] | str:
    name = f"Problem{status}"
    if not reasons:
        return name
    text = PROBLEMS[status] + "".join(f"\n- {reason}" for reason in dict.fromkeys(reasons))
    return {"description": text, "content": {"application/problem+json": {"schema": PROBLEM_REF}}}


PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
PROBLEMS = {
    400: "Not JSON, or a required header is missing.",
    401: "Log in first: no token, or one that is unknown, expired or revoked. One answer for all.",
    403: "Not allowed.",
    404: "Not found. Absent and foreign things answer alike.",
    409: "It does not fit how things stand now.",
    413: "The body is larger than this route takes: 2 MiB of JSON, 8 MiB of a picture.",
    415: "The body is not uncompressed UTF-8 JSON, or, where a file is sent, not a form.",
    422: "Some fields are wrong; `details.fields` names them.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "The shop or WeChat is busy; nothing was done. `Retry-After` says when to try again.",
}
