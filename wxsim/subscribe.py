"""订阅消息: templates with typed fields, one consent for one message, the messages that arrive on the phone."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, request

from wxsim import people, pushes
from wxsim.config import BadConfig
from wxsim.open_api import OpenApiError, open_call
from wxsim.tokens import check_token, read_json
from wxsim.world import World

blueprint = Blueprint("subscribe", __name__)
ANSWERS = ("accept", "reject", "ban")
_PAGE = re.compile(r"[A-Za-z0-9_/-]{1,128}(\?[!-~]{0,1024})?")


def _form(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


FORMS: Mapping[str, Callable[[str], bool]] = {
    "thing": lambda text: len(text) <= 20,
    "character_string": _form(r"[\x20-\x7e]{1,32}"),
    "number": _form(r"-?[0-9]{1,32}(\.[0-9]{1,8})?"),
    "letter": _form(r"[A-Za-z]{1,32}"),
    "symbol": _form(r"[!-/:-@\[-`{-~]{1,5}"),
    "phrase": _form(r"[\u4e00-\u9fff]{1,5}"),
    "name": lambda text: len(text) <= (20 if text.isascii() else 10),
    "amount": _form(r"[¥￥$]?[0-9]{1,10}(\.[0-9]{1,2})?元?"),
    "phone_number": _form(r"[0-9+*() -]{1,17}"),
    "date": _form(r"[0-9]{4}(-[0-9]{1,2}-[0-9]{1,2}|年[0-9]{1,2}月[0-9]{1,2}日)( [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?"),
    "time": _form(
        r"([0-9]{4}(-[0-9]{1,2}-[0-9]{1,2}|年[0-9]{1,2}月[0-9]{1,2}日) )?[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?"
        r"(~[0-9]{1,2}:[0-9]{2})?"
    ),
}
"""What a field's value may look like, by the letters before the number in its key."""


class BadTemplate(BadConfig):
    """A template that the platform would not have."""


def register_templates(world: World, templates: Iterable[Mapping[str, Any]]) -> None:
    """Adds or replaces templates: {"template_id", "title", "fields": {key: label}}."""
    for given in templates:
        template_id, title, fields = given.get("template_id"), given.get("title"), given.get("fields")
        named = isinstance(template_id, str) and re.fullmatch(r"[A-Za-z0-9_-]{10,64}", template_id)
        if not named or not isinstance(title, str) or not isinstance(fields, dict) or not 1 <= len(fields) <= 5:
            raise BadTemplate("template_id (10 to 64 letters), title and 1 to 5 fields are needed")
        for key in fields:
            if kind_of(key) not in FORMS:
                raise BadTemplate(f"{key}: known kinds are {', '.join(FORMS)}, each followed by a number")
        with world.books.writing() as tx:
            tx.execute(
                "INSERT INTO templates VALUES (?, ?, ?) ON CONFLICT (template_id) DO UPDATE SET title = excluded.title,"
                " fields = excluded.fields",
                (template_id, title, json.dumps(fields, ensure_ascii=False)),
            )


def kind_of(key: str) -> str:
    """`thing` of `thing12`; empty for what is no key."""
    found = re.fullmatch(r"([a-z_]+?)[0-9]{1,2}", key)
    return found[1] if found else ""


def tap(world: World, openid: str, answers: Mapping[str, str]) -> dict[str, str]:
    """The person answers wx.requestSubscribeMessage; every `accept` is worth one message. What the phone hands back."""
    for template_id, answer in answers.items():
        if world.books.row("SELECT 1 FROM templates WHERE template_id = ?", (template_id,)) is None:
            raise OpenApiError(20001, "no template data return")
        if answer not in ANSWERS:
            raise OpenApiError(10001, f"an answer is one of {', '.join(ANSWERS)}")
    people.touch(world, openid)
    with world.books.writing() as tx:
        for template_id, answer in answers.items():
            tx.execute(
                "INSERT INTO consents VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET balance = balance + excluded.balance",
                (openid, template_id, int(answer == "accept")),
            )
    pushes.of_consents(world, openid, "subscribe_msg_popup_event", answers)
    return {"errMsg": "requestSubscribeMessage:ok", **answers}


def switch_off(world: World, openid: str, template_id: str) -> None:
    """The person refuses the template in the mini-program's settings: what was left of their consents is gone."""
    with world.books.writing() as tx:
        tx.execute("UPDATE consents SET balance = 0 WHERE openid = ? AND template_id = ?", (openid, template_id))
    pushes.of_consents(world, openid, "subscribe_msg_change_event", {template_id: "reject"})


@open_call(blueprint, "POST", "/cgi-bin/message/subscribe/send", "subscribe-send")
def send(world: World) -> dict[str, Any]:
    """Puts the message into the person's inbox and takes one consent; refused messages take none."""
    check_token(world, "subscribe-send")
    given = read_json(request.get_data())
    person = people.find_openid(world, given.get("touser"))
    if person is None:
        raise OpenApiError(40003, "invalid openid")
    template_id = given.get("template_id")
    template = world.books.row("SELECT * FROM templates WHERE template_id = ?", (str(template_id),))
    if template is None:
        raise OpenApiError(40037, "invalid template_id")
    page = given.get("page", "")
    if not isinstance(page, str) or (page and not _page_is_there(world, page)):
        raise OpenApiError(41030, "invalid page")
    if given.get("miniprogram_state", "formal") not in ("formal", "trial", "developer"):
        raise OpenApiError(40097, "args err, miniprogram_state")
    labels = json.loads(template["fields"])
    values = _values(labels, given.get("data"))
    about = {"call": "subscribe-send", "openid": person["openid"], "template_id": template_id}
    with world.books.writing() as tx:
        if world.faults.strike("consent-gone", about) is not None:
            gone = (person["openid"], template_id)
            tx.execute("UPDATE consents SET balance = 0 WHERE openid = ? AND template_id = ?", gone)
        spent = tx.execute(
            "UPDATE consents SET balance = balance - 1 WHERE openid = ? AND template_id = ? AND balance > 0",
            (person["openid"], template_id),
        )
        if spent.rowcount:
            shown = [[labels[key], values[key]] for key in labels]
            tx.execute(
                "INSERT INTO inbox (openid, template_id, title, page, fields, at) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    person["openid"],
                    template_id,
                    template["title"],
                    page,
                    json.dumps(shown, ensure_ascii=False),
                    world.clock.now(),
                ),
            )
    if not spent.rowcount:
        raise OpenApiError(43101, "user refuse to accept the msg")
    pushes.of_sent(world, person["openid"], str(template_id))
    return {"errcode": 0, "errmsg": "ok"}


def inbox(world: World, openid: str, limit: int = 50) -> list[dict[str, Any]]:
    """What arrived on this person's phone, newest first: title, page, fields [[label, value]], at."""
    rows = world.books.rows("SELECT * FROM inbox WHERE openid = ? ORDER BY id DESC LIMIT ?", (openid, limit))
    return [{**dict(row), "fields": json.loads(row["fields"])} for row in rows]


def balances(world: World, openid: str) -> list[dict[str, Any]]:
    """Every template, and how many messages of it this person still lets through."""
    rows = world.books.rows(
        "SELECT templates.template_id, title, coalesce(balance, 0) AS balance FROM templates LEFT JOIN consents"
        " ON consents.template_id = templates.template_id AND openid = ? ORDER BY templates.rowid",
        (openid,),
    )
    return [dict(row) for row in rows]


def _page_is_there(world: World, page: str) -> bool:
    return bool(_PAGE.fullmatch(page)) and page.partition("?")[0].lstrip("/") in world.config.pages


def _values(labels: Mapping[str, str], data: object) -> dict[str, str]:
    """The value of every field; 47003 names the first field that does not fit, as the platform does."""
    given = data if isinstance(data, dict) else {}
    for key in given:
        if key not in labels:
            raise OpenApiError(47003, f"argument invalid! data.{key}.value invalid")
    values = {}
    for key in labels:
        part = given.get(key)
        value = part.get("value") if isinstance(part, dict) else None
        value = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(value, str) or not value.strip():
            raise OpenApiError(47003, f"argument invalid! data.{key}.value is empty")
        if not FORMS[kind_of(key)](value):
            raise OpenApiError(47003, f"argument invalid! data.{key}.value invalid")
        values[key] = value
    return values
