"""The phone page: a person picks a user, takes a log-in code, pays or refuses in the cashier, reads messages."""

import hashlib
import hmac
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request

from wxsim import cashier, people, phone_view, shipping, subscribe
from wxsim.control import holds_token
from wxsim.open_api import OpenApiError
from wxsim.pay_errors import PayError
from wxsim.world import World, world

blueprint = Blueprint(
    "phone",
    __name__,
    url_prefix="/phone",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
_COOKIE = "wxsim_phone"
_CONTENT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'"
)
View = Callable[[World], object]


def _page(method: str, path: str) -> Callable[[View], View]:
    """A view for the holder of the session alone; a form must carry the session's own word."""

    def register(view: View) -> View:
        @wraps(view)
        def run() -> Response:
            here = world()
            if not _same(request.cookies.get(_COOKIE, ""), _word(here, "session")):
                return _safe(make_response(render_template("closed.html"), 403))
            if method == "POST" and not _same(request.form.get("word", ""), _word(here, "form")):
                return _safe(make_response(render_template("closed.html"), 403))
            return _safe(make_response(view(here)))

        blueprint.add_url_rule(path, endpoint=f"{method} {path}".strip(), view_func=run, methods=[method])
        return view

    return register


@blueprint.get("/enter")
def enter() -> Response:
    """Turns the control token of the address into a session and forgets it; `&user=` goes on to that user's phone."""
    here = world()
    if not holds_token(here, request.args.get("token", "")):
        return _safe(make_response(render_template("closed.html"), 403))
    response = _back(request.args.get("user"))
    response.set_cookie(_COOKIE, _word(here, "session"), httponly=True, samesite="Lax", path="/phone")
    return _safe(response)


@blueprint.before_request
def token_in_address() -> Response | None:
    """`/phone?token=…`, the address that is printed, is the door."""
    return enter() if request.path == "/phone" and "token" in request.args else None


@_page("GET", "")
def home(here: World) -> object:
    """The list of users, or one user's phone."""
    return _show(here, request.args.get("user"))


@_page("GET", "/stamp")
def stamp(here: World) -> object:
    """Changes whenever the page would look different."""
    return Response(phone_view.stamp(here, request.args.get("user")), content_type="text/plain")


@_page("POST", "/users")
def users(here: World) -> object:
    """Makes a user of this name, or picks the one there is."""
    name = " ".join(request.form.get("name", "").split())[:32]
    if not name:
        return _show(here, None, "请填写用户名")
    people.user(here, name)
    return _back(name)


@_page("POST", "/login-code")
def login_code(here: World) -> object:
    """A fresh log-in code, shown on the user's phone."""
    name = request.form.get("user", "")
    if people.find(here, name) is None:
        return _show(here, None, "没有这个用户")
    people.login_code(here, name)
    return _back(name)


@_page("POST", "/pay")
def pay(here: World) -> object:
    """The person's tap on 立即支付: pays by the trade's newest prepay_id."""
    person = people.find(here, request.form.get("user", ""))
    if person is None:
        return _show(here, None, "没有这个用户")
    try:
        prepay_id = phone_view.newest_prepay(here, request.form.get("out_trade_no", ""))
        out_trade_no = cashier.check_prepay(here, person["openid"], prepay_id)
        trade, delivered = cashier.pay(here, out_trade_no, wait=True)
    except (cashier.TapRefused, PayError) as error:
        return _show(here, person["name"], error.message)
    return render_template("paid.html", trade=phone_view.trade(here, trade), delivered=delivered, person=person)


@_page("POST", "/refuse")
def refuse(here: World) -> object:
    """The person leaves the cashier."""
    person = people.find(here, request.form.get("user", ""))
    trade = here.books.row("SELECT * FROM trades WHERE out_trade_no = ?", (request.form.get("out_trade_no", ""),))
    if person is None or trade is None or trade["openid"] != person["openid"]:
        return _show(here, None, "没有这笔订单")
    cashier.refuse(here, trade["out_trade_no"])
    return _back(person["name"])


@_page("POST", "/subscribe")
def subscribe_tap(here: World) -> object:
    """The person lets one message of a template through, or refuses."""
    person = people.find(here, request.form.get("user", ""))
    if person is None:
        return _show(here, None, "没有这个用户")
    try:
        answers = {request.form.get("template_id", ""): request.form.get("answer", "")}
        subscribe.tap(here, person["openid"], answers)
    except OpenApiError as error:
        return _show(here, person["name"], error.errmsg)
    return _back(person["name"])


@_page("POST", "/receive")
def receive(here: World) -> object:
    """The person taps 确认收货."""
    person = people.find(here, request.form.get("user", ""))
    trade = here.books.row("SELECT * FROM trades WHERE out_trade_no = ?", (request.form.get("out_trade_no", ""),))
    if person is None or trade is None or trade["openid"] != person["openid"]:
        return _show(here, None, "没有这笔订单")
    if not shipping.receive(here, trade["out_trade_no"]):
        return _show(here, person["name"], "这笔订单现在不能确认收货")
    return _back(person["name"])


def _show(here: World, name: str | None, notice: str = "") -> tuple[str, int]:
    person = people.find(here, name) if name else None
    if person is not None:
        people.touch(here, person["openid"])
    page = render_template(
        "phone.html",
        word=_word(here, "form"),
        notice=notice or ("" if person or not name else "没有这个用户"),
        merchant=here.config.merchant_name,
        stamp=phone_view.stamp(here, person["name"] if person else None),
        users=phone_view.users(here),
        phone=phone_view.phone(here, person) if person else None,
        wire=phone_view.wire_log(here),
    )
    return page, 409 if notice else 200


def _back(name: str | None) -> Response:
    return make_response(redirect("/phone?" + urlencode({"user": name}) if name else "/phone", 303))


def _word(here: World, purpose: str) -> str:
    key = here.config.control_token.encode()
    return hmac.new(key, f"phone {purpose}".encode(), hashlib.sha256).hexdigest()


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _safe(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _CONTENT_POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Frame-Options"] = "DENY"
    return response
