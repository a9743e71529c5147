"""Logging in and out, the second step, links to set a password, the switch of language, and the console's own files."""

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from werkzeug.wrappers import Response as Answer

from admin.forms import NewPasswordForm
from admin.gate import COOKIE, GUEST_COOKIE, context, set_cookie
from admin.permissions import PUBLIC, needs
from admin.refused import STATUS
from admin.words import COOKIE as LANGUAGE_COOKIE
from admin.words import LANGUAGES, language, say
from backend.kernel.errors import Refused
from backend.queries.staff import link_holder
from backend.usecases.confirm_staff_code import confirm_staff_code
from backend.usecases.log_in_staff import log_in_staff
from backend.usecases.log_out_staff import log_out_staff
from backend.usecases.set_password import set_password as set_password_case

STATIC = Path(__file__).parent / "static"
YEAR = 365 * 86_400

blueprint = Blueprint("console", __name__, template_folder="templates", url_prefix="/admin")


def register(app: Flask) -> None:
    """Hang these pages on the app; whoever is not logged in gets the log-in page in place of any other, as a 401."""
    app.extensions["console_log_in"] = lambda: _page(request.full_path.rstrip("?"), status=401)
    app.register_blueprint(blueprint)


@cache
def version(name: str) -> str:
    """The first letters of a file's hash."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def local(target: str) -> str:
    """`target` if it is a page of the console, else the front page: nobody is sent elsewhere by a link to us."""
    front = url_for("admin.index")
    if not target.startswith("/admin/") or len(target) > 500 or any(each in target for each in "\\\r\n\t\0"):
        return front
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or "//" in parts.path or ".." in parts.path.split("/"):
        return front
    return front if parts.path.startswith((url_for("console.log_in"), url_for("console.log_out"))) else target


def _page(following: str, refused: Refused | None = None, login: str = "", status: int = 200) -> Response:
    if request.method != "GET" and refused is None:
        following = ""
    sentence = refused.sentence(language()) if refused else ""
    ended = refused is None and status == 401 and COOKIE in request.cookies
    return make_response(render_template("console/log_in.html", following=local(following), sentence=sentence, login=login,
                                         ended=ended), status)


@blueprint.get("/assets/<path:name>")
@needs(PUBLIC)
def asset(name: str) -> Response:
    """A file of the console; its address carries its version, so browsers may keep it."""
    answer = send_from_directory(STATIC, name, max_age=YEAR if request.args.get("v") else None)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if request.args.get("v") else "no-cache"
    return answer


@blueprint.route("/login", methods=["GET", "POST"])
@needs(PUBLIC)
def log_in() -> Answer:
    """Name and password; a right one gives a new session, whatever this browser held before."""
    if request.method == "GET":
        return redirect(local(request.args.get("next", ""))) if g.member else _page(request.args.get("next", ""))
    login, following = request.form.get("login", "")[:64], request.form.get("next", "")
    try:
        session = log_in_staff(context(), login=login, password=request.form.get("password", "")[:1000],
                               at=request.remote_addr or "unknown")
    except Refused as refused:
        return _page(following, refused, login, STATUS[refused.kind])
    target = url_for("console.code", next=local(following)) if session.awaits_code else local(following)
    answer = redirect(target, 303)
    _carry(answer, session.token)
    return answer


@blueprint.route("/login/code", methods=["GET", "POST"])
@needs(PUBLIC)
def code() -> Answer:
    """The six digits of the second step."""
    if g.member is None or not g.member.awaits_code:
        return redirect(url_for("console.log_in"), 303)
    following = request.values.get("next", "")
    if request.method == "GET":
        return make_response(render_template("console/code.html", following=local(following), sentence=""))
    try:
        token = confirm_staff_code(context(), token=g.token, code=request.form.get("code", ""))
    except Refused as refused:
        page = render_template("console/code.html", following=local(following), sentence=refused.sentence(language()))
        return make_response(page, STATUS[refused.kind])
    answer = redirect(local(following), 303)
    _carry(answer, token)
    return answer


def _carry(answer: Answer, token: str) -> None:
    """Hand the new session to the browser; what it held before is worthless for it."""
    set_cookie(answer, COOKIE, token)
    answer.delete_cookie(GUEST_COOKIE, path="/admin")


@blueprint.post("/logout")
@needs(PUBLIC)
def log_out() -> Answer:
    """End this session on the server, not only in the browser."""
    if g.token is not None:
        log_out_staff(context(), token=g.token)
    answer = redirect(url_for("console.log_in"), 303)
    answer.delete_cookie(COOKIE, path="/admin")
    return answer


@blueprint.route("/password/<token>", methods=["GET", "POST"])
@needs(PUBLIC)
def set_password(token: str) -> Answer:
    """Set a password with the link that an owner made; looking at the page uses nothing up."""
    form = NewPasswordForm(request.form if request.method == "POST" else None)
    login = link_holder(context(), reset_token=token[:64])
    sentence, status = "", 404 if login is None else 200
    if request.method == "POST" and login is not None:
        status = 422
        if form.validate():
            try:
                set_password_case(context(), reset_token=token[:64], password=form.new.data)
            except Refused as refused:
                status = STATUS[refused.kind]
                if not form.blame(refused.code, refused.sentence(language())):
                    sentence = refused.sentence(language())
            else:
                flash(str(say("密码已设置，请登录。", "Your password is set; please log in.")), "good")
                return redirect(url_for("console.log_in"), 303)
    return make_response(render_template("console/set_password.html", form=form, sentence=sentence, login=login), status)


@blueprint.post("/language")
@needs(PUBLIC)
def switch_language() -> Answer:
    """Chinese or English for this browser, and back to the page."""
    chosen = request.form.get("language", "zh")
    answer = redirect(local(request.form.get("next", "")), 303)
    if chosen in LANGUAGES:
        set_cookie(answer, LANGUAGE_COOKIE, chosen, YEAR)
    return answer
