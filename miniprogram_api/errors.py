"""Errors of this door: the one map from kinds of refusal to HTTP statuses, and every answer that says no (RFC 9457)."""

from http import HTTPStatus
from typing import Any

import msgspec
from flask import Flask, Response, g, has_request_context, request
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import RequestRedirect

from backend.infra.logging import log
from backend.kernel.errors import NOT_FOUND, Kind, Refused

STATUS = {
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.INVALID: 422,
    Kind.CONFLICT: 409,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
"""The only place where a refusal becomes an HTTP status."""

RETRY_AFTER = {429: 60, 503: 2}
"""Seconds, when the refusal itself does not say when to come back."""

PROBLEM_TYPE = "application/problem+json"
OWN_PATHS = ("/healthz", "/readyz")
OWN_FOLDERS = ("/api", "/callbacks")

_log = log("tuanma.api")


class Problem(Exception):
    """A no of the door itself, before any use case was asked: body, headers, limits."""

    def __init__(self, status: int, code: str, zh: str, en: str, **details: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.details = status, code, details
        self.sentences = {"zh": zh, "en": en}


SENTENCES = {
    400: ("bad_request", "请求的格式不正确。", "The request is malformed."),
    404: (NOT_FOUND.code, NOT_FOUND.zh, NOT_FOUND.en),
    405: ("method_not_allowed", "这个地址不支持这种操作。", "This address does not support this method."),
    413: ("too_large", "提交的内容太大。", "What you sent is too large."),
    415: ("unsupported_media_type", "请用 UTF-8 的 JSON 提交，不要压缩。", "Send JSON in UTF-8, not compressed."),
    429: ("too_many_requests", "操作过于频繁，请稍后再试。", "Too many requests; please try again in a moment."),
    500: (
        "internal_error",
        "系统出了点问题，请稍后再试。",
        "Something went wrong on our side; please try again later.",
    ),
}


def is_ours(path: str) -> bool:
    """Whether errors under `path` are problems in JSON; everywhere else they stay HTML."""
    return path in OWN_PATHS or any(path == folder or path.startswith(f"{folder}/") for folder in OWN_FOLDERS)


def language() -> str:
    """ "zh" or "en", by Accept-Language; Chinese unless English is wanted more."""
    return request.accept_languages.best_match(["zh", "en"], default="zh")


def problem(
    status: int, code: str, sentence: str, details: dict[str, Any] | None = None, headers: dict[str, str] | None = None
) -> Response:
    """The one shape of every no: application/problem+json with a stable `code` and a sentence for people."""
    body = {
        "type": f"urn:tuanma:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": sentence,
        "details": details or {},
        "request_id": g.get("request_id", ""),
    }
    answer = Response(msgspec.json.encode(body, enc_hook=str), status, content_type=PROBLEM_TYPE)
    if status in RETRY_AFTER:
        answer.headers["Retry-After"] = str(RETRY_AFTER[status])
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    answer.headers.update(headers or {})
    return answer


def register(app: Flask) -> None:
    """Hang the handlers on the app. Order does not matter: Flask takes the most specific one."""
    app.register_error_handler(Refused, of_refusal)
    app.register_error_handler(Problem, of_problem)
    app.register_error_handler(HTTPException, of_http_exception)
    app.register_error_handler(Exception, of_bug)


def of_refusal(refused: Refused) -> Response | HTTPException:
    status = STATUS[refused.kind]
    if not is_ours(request.path):
        return HTTPException(refused.sentence(language()), plain(status))
    return problem(status, refused.code, refused.sentence(language()), refused.details)


def of_problem(fault: Problem) -> Response | HTTPException:
    sentence = fault.sentences[language()]
    if not is_ours(request.path):
        return HTTPException(sentence, plain(fault.status))
    return problem(fault.status, fault.code, sentence, fault.details)


def of_http_exception(error: HTTPException) -> Response | HTTPException:
    """What Flask and Werkzeug raise: as a problem under our paths, untouched elsewhere."""
    status = error.code or 500
    if isinstance(error, RequestRedirect) or error.response is not None or not is_ours(request.path):
        return error
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After", "WWW-Authenticate")}
    fallback = SENTENCES[400] if status < 500 else SENTENCES[500]
    code, zh, en = SENTENCES.get(status, (HTTPStatus(status).name.lower(), *fallback[1:]))
    return problem(status, code, en if language() == "en" else zh, headers=headers)


def of_bug(error: Exception) -> Response | HTTPException:
    """Anything else is a bug: logged with the request's id, answered without a word of detail."""
    _log.error("bug", exc_info=error, path=request.url_rule.rule if request.url_rule else "")
    if not is_ours(request.path):
        return InternalServerError()
    code, zh, en = SENTENCES[500]
    return problem(500, code, en if language() == "en" else zh)


def plain(status: int) -> Response:
    """An empty answer of that status, for doors that speak HTML and did not handle a refusal themselves."""
    assert has_request_context()
    return Response(HTTPStatus(status).phrase, status, content_type="text/plain; charset=utf-8")
