"""Control of the mini-program's side: consents, the inbox, templates, where events are pushed, and made-up events."""

from typing import Any

from flask import Blueprint, request

from wxsim import people, pushes, shipping, subscribe
from wxsim.config import BadConfig, read_push
from wxsim.control import ControlError, control_call, given_body, given_text
from wxsim.open_api import OpenApiError
from wxsim.subscribe import BadTemplate
from wxsim.transport import Transport
from wxsim.world import World

blueprint = Blueprint("mini_control", __name__, url_prefix="/control")


@control_call(blueprint, "POST", "/subscribe")
def subscribe_tap(here: World) -> dict[str, Any]:
    """The user answers the window: {user, answers: {template_id: accept|reject|ban}}; what the phone hands back."""
    answers = given_body().get("answers")
    if not isinstance(answers, dict) or not all(isinstance(one, str) for one in answers.values()) or not answers:
        raise ControlError(422, "BAD_FIELD", "answers must be an object of template ids and accept, reject or ban")
    try:
        return subscribe.tap(here, people.user(here, given_text("user"))["openid"], answers)
    except OpenApiError as error:
        raise ControlError(422, str(error.errcode), error.errmsg) from error


@control_call(blueprint, "POST", "/subscribe-off")
def subscribe_off(here: World) -> dict[str, Any]:
    """The user switches a template off in the settings."""
    subscribe.switch_off(here, people.user(here, given_text("user"))["openid"], given_text("template_id"))
    return {}


@control_call(blueprint, "POST", "/templates")
def templates(here: World) -> dict[str, Any]:
    """Adds or replaces a template: {template_id, title, fields: {key: label}}."""
    try:
        subscribe.register_templates(here, [given_body()])
    except BadTemplate as error:
        raise ControlError(422, "BAD_TEMPLATE", str(error)) from error
    return {}


@control_call(blueprint, "POST", "/inbox")
def inbox(here: World) -> dict[str, Any]:
    """The messages that have arrived on the user's phone, newest first, and what is left of their consents."""
    openid = people.user(here, given_text("user"))["openid"]
    return {"messages": subscribe.inbox(here, openid), "balances": subscribe.balances(here, openid)}


@control_call(blueprint, "POST", "/active")
def active(here: World) -> dict[str, Any]:
    """The user uses the mini-program now."""
    people.touch(here, people.user(here, given_text("user"))["openid"])
    return {}


@control_call(blueprint, "POST", "/message-push")
def message_push(here: World) -> dict[str, Any]:
    """Sets where events go: {url, token, aes_key}; with `verify` (true) only if the URL answers the platform's echo."""
    given = given_body()
    try:
        where = read_push(given)
    except (BadConfig, KeyError, TypeError) as error:
        raise ControlError(422, "BAD_FIELD", str(error)) from error
    if given.get("verify", True) and not pushes.answers_echo(Transport(), where, here.clock.now()):
        raise ControlError(409, "NOT_VERIFIED", "the URL does not echo what it was sent")
    with here.books.writing() as tx:
        row = (where.url, where.token, where.aes_key)
        tx.execute("INSERT OR REPLACE INTO message_push VALUES (1, ?, ?, ?)", row)
    return {}


@control_call(blueprint, "GET", "/shipping")
def shipments(here: World) -> dict[str, Any]:
    """What the shop has said it shipped, newest first (or of `?out_trade_no=`), with how the money stands."""
    wanted, limit = request.args.get("out_trade_no"), request.args.get("limit", 5000, type=int)
    rows = here.books.rows(
        "SELECT * FROM shipments WHERE ? IS NULL OR out_trade_no = ? ORDER BY upload_time DESC LIMIT ?", (wanted, wanted, limit))
    return {"shipping": [shipping.as_told(here, row) for row in rows]}


@control_call(blueprint, "POST", "/receive")
def receive(here: World) -> dict[str, Any]:
    """The payer confirms in WeChat that the goods came: {out_trade_no}."""
    if not shipping.receive(here, given_text("out_trade_no")):
        raise ControlError(409, "NOTHING_TO_RECEIVE", "this trade is not shipped, or was received before")
    return {}


@control_call(blueprint, "GET", "/pushes")
def list_pushes(here: World) -> dict[str, Any]:
    """The newest pushed events, with what became of them."""
    rows = here.books.rows("SELECT * FROM pushes ORDER BY seq DESC LIMIT 200")
    return {"pushes": [dict(row) for row in rows]}


@control_call(blueprint, "POST", "/push")
def push(here: World) -> dict[str, Any]:
    """Pushes a made-up event: {user, event: {"Event": …}}."""
    event = given_body().get("event")
    if not isinstance(event, dict):
        raise ControlError(422, "BAD_FIELD", "event must be an object")
    pushes.of_anything(here, people.user(here, given_text("user"))["openid"], event)
    return {}
