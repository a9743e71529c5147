"""The gate of the mini-program API (api.weixin.qq.com): HTTP 200 always, the outcome in errcode or as a picture."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from wxsim import answers, wire
from wxsim.clock import elapsed, pause
from wxsim.signing import random_text
from wxsim.world import World, world


@dataclass(frozen=True)
class Picture:
    """An answer that is no JSON."""

    content: bytes
    kind: str


Call = Callable[[World], dict[str, Any] | Picture]
Strikes = Callable[[str], dict[str, Any] | None]


class OpenApiError(Exception):
    """A refusal: errcode and errmsg."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg


def open_call(blueprint: Blueprint, method: str, path: str, name: str) -> Callable[[Call], Call]:
    """Registers a call. It gets the world and returns what to answer, or raises OpenApiError."""

    def register(call: Call) -> Call:
        def view() -> Response:
            return _pass(world(), name, call)

        blueprint.add_url_rule(path, endpoint=name, view_func=view, methods=[method], provide_automatic_options=False)
        return call

    return register


def _pass(here: World, name: str, call: Call) -> Response:
    started, raw, struck = elapsed(), request.get_data(), list[str]()
    about = _circumstances(name, raw)

    def strikes(fault: str) -> dict[str, Any] | None:
        options = here.faults.strike(fault, about)
        if options is not None:
            struck.append(fault)
        return options

    response = _answer(here, call, strikes)
    wire.incoming(here, name, raw, response, elapsed() - started, struck)
    return response


def _answer(here: World, call: Call, strikes: Strikes) -> Response:
    if strikes("connection-dropped") is not None:
        return answers.dropped()
    if (slow := strikes("slow")) is not None:
        pause(slow.get("seconds", 4))
    for status in (500, 502, 503):
        if (broken := strikes(f"answer-{status}")) is not None:
            if broken.get("after_effect"):
                _outcome(here, call)
            return answers.broken(status)
    for fault, errcode, errmsg in (
        ("busy", -1, "system error"),
        ("frequency", 45011, "api minute-quota reach limit, must slower, retry next minute"),
        ("daily-quota", 45009, "reach max api daily quota limit"),
    ):
        if strikes(fault) is not None:
            return _json(_error(OpenApiError(errcode, errmsg)))
    outcome = _outcome(here, call)
    if (slow := strikes("slow-answer")) is not None:
        pause(slow.get("seconds", 4))
    if strikes("answer-lost") is not None:
        return answers.dropped()
    if strikes("answer-unknown-field") is not None and isinstance(outcome, dict):
        outcome["a_field_of_next_year"] = {"value": [1, 2]}
    response = _json(outcome) if isinstance(outcome, dict) else Response(outcome.content, content_type=outcome.kind)
    content = response.get_data()
    if strikes("answer-html") is not None:
        return answers.broken(502, as_status=200)
    if strikes("answer-empty") is not None:
        response.set_data(b"")
    if strikes("answer-truncated") is not None:
        response.set_data(content[: len(content) // 2])
    return response


def _outcome(here: World, call: Call) -> dict[str, Any] | Picture:
    try:
        return call(here)
    except OpenApiError as error:
        return _error(error)


def _error(error: OpenApiError) -> dict[str, Any]:
    return {"errcode": error.errcode, "errmsg": f"{error.errmsg} rid: {random_text(8)}-{random_text(8)}"}


def _circumstances(name: str, raw: bytes) -> dict[str, Any]:
    """What filters of faults may name: the call, and whom it is about."""
    about: dict[str, Any] = {"call": name}
    try:
        body = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        body = {}
    if isinstance(body, dict):
        about["openid"] = body.get("openid") or body.get("touser")
        about["template_id"] = body.get("template_id")
        key = body.get("order_key")
        about["transaction_id"] = (key if isinstance(key, dict) else body).get("transaction_id")
    return about


def _json(body: dict[str, Any]) -> Response:
    # jscode2session is known to answer JSON under text/plain, so no client may rely on the type (unconfirmed).
    kind = "text/plain" if request.path == "/sns/jscode2session" else "application/json; encoding=utf-8"
    return Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), content_type=kind)
