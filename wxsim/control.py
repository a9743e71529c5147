"""The control API: what tests, demo and the supervisor may make the people and the platform do."""

import hmac
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request

from wxsim import attacks, bill_edits, cashier, people, wire
from wxsim.catalogue import CATALOGUE, FILTERS
from wxsim.clock import utc_iso
from wxsim.faults import UnknownFault
from wxsim.pay_errors import PayError
from wxsim.world import World, world

blueprint = Blueprint("control", __name__, url_prefix="/control")
View = Callable[..., Any]


class ControlError(Exception):
    """A control call that cannot be done."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def holds_token(here: World, given: str) -> bool:
    """Whether `given` is the control token, compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), here.config.control_token.encode())


def control_call(blueprint: Blueprint, method: str, path: str) -> Callable[[View], View]:
    """Registers a call for the holder of the control token. It gets the world and returns the JSON to answer."""

    def register(view: View) -> View:
        @wraps(view)
        def run(**values: Any) -> Response:
            here = world()
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or not holds_token(here, token):
                return _json(401, {"code": "UNAUTHORIZED", "message": "the control token is missing or wrong"})
            try:
                return _json(200, view(here, **values))
            except (ControlError, cashier.TapRefused) as error:
                return _json(error.status, {"code": error.code, "message": error.message})
            except PayError as error:
                return _json(error.status, {"code": error.code, "message": error.message})
            except UnknownFault as error:
                return _json(422, {"code": "UNKNOWN_FAULT", "message": str(error)})

        name = f"{method.lower()}{path.replace('/', '-')}"
        blueprint.add_url_rule(path, endpoint=name, view_func=run, methods=[method])
        return view

    return register


@control_call(blueprint, "POST", "/login-code")
def login_code(here: World) -> dict[str, Any]:
    """A fresh code of wx.login for the user, who is made when new."""
    code, person = people.login_code(here, given_text("user"))
    return {"code": code, "openid": person["openid"], "unionid": person["unionid"]}


@control_call(blueprint, "POST", "/phone-code")
def phone_code(here: World) -> dict[str, Any]:
    """A fresh code of the phone-number button."""
    return {"code": people.phone_code(here, given_text("user"), given_text("phone"))}


@control_call(blueprint, "POST", "/pay")
def pay(here: World) -> dict[str, Any]:
    """The user taps 立即支付 in the cashier that `params` open."""
    out_trade_no = _cashier(here)
    trade, delivered = cashier.pay(here, out_trade_no, wait=bool(given_body().get("wait", True)))
    return {
        "out_trade_no": out_trade_no,
        "transaction_id": trade["transaction_id"],
        "trade_state": "SUCCESS",
        "delivered": delivered,
    }


@control_call(blueprint, "POST", "/refuse")
def refuse(here: World) -> dict[str, Any]:
    """The user leaves the cashier; the trade stays open."""
    out_trade_no = _cashier(here)
    cashier.refuse(here, out_trade_no)
    return {"out_trade_no": out_trade_no, "trade_state": "NOTPAY"}


@control_call(blueprint, "GET", "/status")
def status(here: World) -> dict[str, Any]:
    """What is still to come from here."""
    open_ones = here.books.row(
        "SELECT count(*) AS number, min(due_at) AS due FROM notifications WHERE state IN ('pending', 'sending')"
    )
    refunding = here.books.row("SELECT count(*) AS number FROM refunds WHERE status = 'PROCESSING'")
    pushing = here.books.row(
        "SELECT count(*) AS number, min(due_at) AS due FROM pushes WHERE state IN ('pending', 'sending')"
    )
    assert open_ones is not None and refunding is not None and pushing is not None
    due = min((one["due"] for one in (open_ones, pushing) if one["due"] is not None), default=None)
    return {
        "to_deliver": open_ones["number"] + pushing["number"],
        "next_due_at": utc_iso(due) if due is not None else None,
        "processing_refunds": refunding["number"],
        "now": utc_iso(here.clock.now()),
    }


@control_call(blueprint, "POST", "/deliver")
def deliver(here: World) -> dict[str, Any]:
    """Tries everything that is due now and waits for the outcome."""
    delivered, failed = here.delivery.deliver_due()
    return {"delivered": delivered, "failed": failed}


@control_call(blueprint, "DELETE", "/deliveries")
def forget(here: World) -> dict[str, Any]:
    """Gives up what waits to be delivered (of `?out_trade_no=` or all): those notifications never come."""
    wanted = request.args.get("out_trade_no")
    with here.books.writing() as tx:
        dropped = tx.execute(
            "UPDATE notifications SET state = 'given_up' WHERE state = 'pending' AND (? IS NULL OR out_trade_no = ?)",
            (wanted, wanted),
        )
        pushes = tx.execute("UPDATE pushes SET state = 'given_up' WHERE state = 'pending' AND ? IS NULL", (wanted,))
    return {"given_up": dropped.rowcount + pushes.rowcount}


@control_call(blueprint, "POST", "/faults")
def arm(here: World) -> dict[str, Any]:
    """Arms a fault: name, times (1; null: always), its options and filters."""
    given = dict(given_body())
    name, times = given_text("name"), given.pop("times", 1)
    del given["name"]
    return here.faults.arm(name, times, given).shown()


@control_call(blueprint, "GET", "/faults")
def faults(here: World) -> dict[str, Any]:
    """The catalogue, and what is armed."""
    catalogue = {name: {"does": kind.does, "options": list(kind.options)} for name, kind in CATALOGUE.items()}
    return {"catalogue": catalogue, "filters": sorted(FILTERS), "armed": here.faults.armed()}


@control_call(blueprint, "DELETE", "/faults")
def disarm(here: World) -> dict[str, Any]:
    """Disarms all faults, or those of `?name=`."""
    here.faults.clear(request.args.get("name"))
    return {"armed": here.faults.armed()}


@control_call(blueprint, "GET", "/trades")
def trades(here: World) -> dict[str, Any]:
    """The newest trades (or the one of `?out_trade_no=`) with their notifications."""
    rows = _rows(here, "trades", "made_at")
    return {"trades": [{**_times(row), "notifications": _notifications(here, row["out_trade_no"])} for row in rows]}


@control_call(blueprint, "GET", "/refunds")
def refunds(here: World) -> dict[str, Any]:
    """The newest refunds, or those of `?out_trade_no=`."""
    return {"refunds": [_times(row) for row in _rows(here, "refunds", "made_at")]}


@control_call(blueprint, "GET", "/log")
def log(here: World) -> dict[str, Any]:
    """The wire log, newest first."""
    return {"log": wire.newest(here, _limit())}


@control_call(blueprint, "POST", "/attack")
def attack(here: World) -> dict[str, Any]:
    """Sends a wrong, forged or repeated notification and tells the shop's answer."""
    given = dict(given_body())
    kind = given_text("kind")
    del given["kind"]
    if kind not in attacks.KINDS:
        raise ControlError(422, "UNKNOWN_ATTACK", f"kinds: {', '.join(sorted(attacks.KINDS))}")
    try:
        return attacks.attack(here, kind, given)
    except attacks.CannotAttack as error:
        raise ControlError(409, "CANNOT_ATTACK", str(error)) from error


@control_call(blueprint, "POST", "/bill-edit")
def bill_edit(here: World) -> dict[str, Any]:
    """Makes one day's bill differ by a row."""
    try:
        return bill_edits.add(here, dict(given_body()))
    except bill_edits.BadEdit as error:
        raise ControlError(422, "BAD_EDIT", str(error)) from error


@control_call(blueprint, "GET", "/keys")
def keys(here: World) -> dict[str, Any]:
    """The public keys that may sign, by serial."""
    return {"public_keys": here.keys.public_pems(), "certificates": [c.serial for c in here.keys.certificates()]}


@control_call(blueprint, "POST", "/certificates")
def certificates(here: World) -> dict[str, Any]:
    """Makes a new platform certificate, valid from `valid_from_days` (0) on for `valid_days` (1826)."""
    given = given_body()
    signer = here.keys.renew(float(given.get("valid_from_days", 0)), float(given.get("valid_days", 1826)))
    return {"serial": signer.serial}


def _cashier(here: World) -> str:
    person = people.find(here, given_text("user"))
    if person is None:
        raise ControlError(404, "USER_UNKNOWN", "no such user; make one with /control/login-code")
    return cashier.open_cashier(here, person["openid"], given_body().get("params") or {})


def given_body() -> dict[str, Any]:
    """The JSON object of the request in hand; ControlError for anything else."""
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise ControlError(400, "BAD_JSON", "the body must be a JSON object")
    return body


def given_text(name: str) -> str:
    """A text of 1 to 200 characters of the body; ControlError for anything else."""
    value = given_body().get(name)
    if not isinstance(value, str) or not value or len(value) > 200:
        raise ControlError(422, "BAD_FIELD", f"{name} must be a text of 1 to 200 characters")
    return value


def _limit() -> int:
    return min(max(request.args.get("limit", 100, int), 1), 5000)


def _rows(here: World, table: str, order: str) -> list[Any]:
    wanted = request.args.get("out_trade_no")
    return here.books.rows(
        f"SELECT * FROM {table} WHERE ? IS NULL OR out_trade_no = ? ORDER BY {order} DESC LIMIT ?",
        (wanted, wanted, _limit()),
    )


def _notifications(here: World, out_trade_no: str) -> list[dict[str, Any]]:
    rows = here.books.rows("SELECT * FROM notifications WHERE out_trade_no = ? ORDER BY seq", (out_trade_no,))
    shown = ("id", "event_type", "out_refund_no", "state", "attempts", "due_at", "last_status", "last_error")
    return [_times({key: row[key] for key in shown}) for row in rows]


def _times(row: Any) -> dict[str, Any]:
    return {
        key: utc_iso(value) if key.endswith("_at") and value is not None else value
        for key, value in dict(row).items()
        if key != "fingerprint"
    }


def _json(status_code: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status_code, content_type="application/json")
