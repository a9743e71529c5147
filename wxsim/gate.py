"""The gate of WeChat Pay, which every /v3 call passes: faults, signature, body, the call, signed answer, wire log."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from wxsim import answers, wire
from wxsim.answers import Answer
from wxsim.authorization import authorise, check_headers
from wxsim.clock import elapsed, pause
from wxsim.fields import read_object
from wxsim.keys import Signer
from wxsim.pay_errors import FREQUENCY_LIMITED, PARAM_ERROR, SYSTEM_ERROR, PayError
from wxsim.world import World, world

Call = Callable[..., Answer]


class Dropped(Exception):
    """The connection is to be cut without an answer."""


def pay_call(blueprint: Blueprint, method: str, path: str, name: str) -> Callable[[Call], Call]:
    """Registers a `/v3` call. It gets (world, body, **path values) and returns an Answer or raises PayError."""

    def register(call: Call) -> Call:
        def view(**values: str) -> Response:
            return _pass(world(), name, call, values)

        blueprint.add_url_rule(path, endpoint=name, view_func=view, methods=[method], provide_automatic_options=False)
        return call

    return register


def refuse(error: PayError) -> Response:
    """A signed refusal outside any call, for unknown paths and methods."""
    here = world()
    return answers.signed(here, _refusal(error), here.keys.public, here.clock.now())


def is_pay_path() -> bool:
    """Whether the request in hand is for WeChat Pay."""
    return request.path.startswith("/v3/")


def _pass(here: World, name: str, call: Call, values: dict[str, str]) -> Response:
    started, raw = elapsed(), request.get_data()
    about = _circumstances(name, values, raw)
    struck: list[str] = []
    try:
        response = _answer(here, call, values, raw, about, struck)
    except Dropped:
        response = answers.dropped()
    wire.incoming(here, name, raw, response, elapsed() - started, struck)
    return response


def _answer(
    here: World, call: Call, values: dict[str, str], raw: bytes, about: dict[str, Any], struck: list[str]
) -> Response:
    def strikes(fault: str) -> dict[str, Any] | None:
        options = here.faults.strike(fault, about)
        if options is not None:
            struck.append(fault)
        return options

    if strikes("connection-dropped") is not None:
        raise Dropped
    if (slow := strikes("slow")) is not None:
        pause(slow.get("seconds", 4))
    skew = (strikes("clock-skew") or {"seconds": 0}).get("seconds", 360)
    broken, performs = _broken(strikes)
    signer, answer = here.keys.public, Answer(200, None)
    if performs:
        try:
            signer = _signer(here)
            answer = _perform(here, call, values, raw, skew, strikes)
        except PayError as error:
            answer = _refusal(error)
    if broken == 500:
        answer = _refusal(SYSTEM_ERROR())
    elif broken is not None:
        return answers.broken(broken)
    if (slow := strikes("slow-answer")) is not None:
        pause(slow.get("seconds", 4))
    if strikes("answer-lost") is not None:
        raise Dropped
    return answers.spoilt(here, answer, signer, here.clock.now() + skew, strikes)


def _broken(strikes: Callable[[str], dict[str, Any] | None]) -> tuple[int | None, bool]:
    """Which 5xx is to be answered, and whether the call is performed all the same."""
    for status in (500, 502, 503):
        if (options := strikes(f"answer-{status}")) is not None:
            return status, bool(options.get("after_effect"))
    return None, True


def _perform(
    here: World,
    call: Call,
    values: dict[str, str],
    raw: bytes,
    skew: float,
    strikes: Callable[[str], dict[str, Any] | None],
) -> Answer:
    header = request.headers.get("Authorization")
    authorise(here, header, request.method, request.environ["RAW_URI"], raw, skew)
    if strikes("frequency") is not None:
        raise FREQUENCY_LIMITED()
    if (chosen := strikes("answer-error")) is not None:
        raise PayError(chosen.get("status", 400), chosen.get("code", "OTHER"), chosen.get("message", "其他错误"), 0)
    check_headers(
        request.headers.get("Accept", ""), request.headers.get("User-Agent", ""), request.content_type or "", bool(raw)
    )
    body = read_object(raw) if request.method == "POST" else {}
    return call(here, body, **values)


def _signer(here: World) -> Signer:
    signer = here.keys.for_answer(request.headers.get("Wechatpay-Serial"))
    if signer is None:
        raise PARAM_ERROR("平台证书序列号Wechatpay-Serial错误")
    return signer


def _refusal(error: PayError) -> Answer:
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.detail is not None:
        body["detail"] = error.detail
    return Answer(error.status, body, number=error.number)


def _circumstances(name: str, values: dict[str, str], raw: bytes) -> dict[str, Any]:
    about: dict[str, Any] = {"call": name, **values, "bill_date": request.args.get("bill_date")}
    try:
        body = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        body = {}
    if isinstance(body, dict):
        about.update({key: body[key] for key in ("out_trade_no", "out_refund_no") if key in body})
        payer = body.get("payer")
        about["openid"] = payer.get("openid") if isinstance(payer, dict) else None
    return about
