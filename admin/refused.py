"""Pages that say no: refusals, HTTP errors and bugs under /admin, as HTML; everything else stays with who had it before."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import RequestRedirect

from admin import in_place
from admin.permissions import is_ours
from admin.words import Said, language, say
from backend.infra.logging import log
from backend.kernel.errors import Kind, Refused

STATUS = {Kind.UNAUTHENTICATED: 401, Kind.FORBIDDEN: 403, Kind.NOT_FOUND: 404, Kind.INVALID: 422, Kind.CONFLICT: 409,
          Kind.TOO_MANY: 429, Kind.UNAVAILABLE: 503}

SENTENCES: dict[int, Said] = {
    400: say("请求不完整或已过期，没有做任何修改。请返回上一页刷新后再试。",
             "The request was incomplete or too old; nothing was changed. Go back, reload the page and try again."),
    401: say("请先登录。", "Please log in first."),
    403: say("您没有此操作的权限。需要时请联系店主调整角色或数据范围。",
             "You are not allowed to do this. If you need to, ask an owner to change your roles or scope."),
    404: say("没有找到这个页面或这条记录，可能已被删除，或不在您的数据范围内。",
             "This page or record was not found; it may have been removed, or lies outside your scope."),
    405: say("这个地址不支持这种操作。", "This address does not support this method."),
    413: say("提交的内容太大，请减小文件后再试。", "What you sent is too large; please send a smaller file."),
    500: say("系统出了点问题，我们已记录下来。请稍后再试。", "Something went wrong on our side and was noted; please try later."),
}

_log = log("tuanma.admin")


def page(status: int, sentence: Any) -> Response:
    """The page of a no, inside the console when somebody is logged in, with the request's id to tell support."""
    if in_place.stays():
        in_place.tell(str(sentence))
    return make_response(render_template("console/refused.html", status=status, sentence=sentence,
                                         request_id=g.get("request_id", "")), status)


def of_refusal(refused: Refused) -> Response:
    return page(STATUS[refused.kind], refused.sentence(language()))


def of_http_exception(error: HTTPException) -> Response | HTTPException:
    if isinstance(error, RequestRedirect) or error.response is not None:
        return error
    status = error.code or 500
    answer = page(status, SENTENCES.get(status, SENTENCES[400 if status < 500 else 500]))
    for name, text in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = text
    return answer


def of_bug(error: Exception) -> Response:
    _log.error("bug", exc_info=error, path=request.url_rule.rule if request.url_rule else "")
    return page(500, SENTENCES[500])


def register(app: Flask) -> None:
    """Take over under /admin alone: the handlers of the other door, hung before, keep all other paths."""
    before = dict(app.error_handler_spec[None][None])

    def divided(kind: type[Exception], ours: Callable[[Any], Any]) -> Callable[[Any], Any]:
        theirs = before.get(kind)

        def handle(error: Any) -> Any:
            if is_ours(request.path):
                return ours(error)
            if theirs is not None:
                return theirs(error)
            return error if isinstance(error, HTTPException) else InternalServerError(original_exception=error)
        return handle

    for kind, ours in ((Refused, of_refusal), (HTTPException, of_http_exception), (Exception, of_bug)):
        app.register_error_handler(kind, divided(kind, ours))
