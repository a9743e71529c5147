"""One's own account: password and second step."""

from typing import Any

import qrcode
from flask import g, make_response, redirect, request
from markupsafe import Markup
from qrcode.image.svg import SvgPathImage
from wtforms import PasswordField

from admin.base import Attempt, Page, attempt, expose, needs
from admin.forms import Form, Line, NewPasswordForm, required
from admin.gate import context, member
from admin.permissions import ANY_STAFF
from admin.words import say
from backend.infra.totp import otpauth
from backend.usecases.change_own_password import change_own_password
from backend.usecases.confirm_totp import confirm_totp
from backend.usecases.remove_totp import remove_totp
from backend.usecases.start_totp import start_totp


class PasswordForm(NewPasswordForm):
    """The current password and a new one, twice."""

    refusals = NewPasswordForm.refusals | {"password_wrong": "current"}
    current = PasswordField(say("当前密码", "Current password"), [required()], render_kw={"autocomplete": "current-password"})


class CodeForm(Form):
    """Six digits."""

    refusals = {"code_wrong": "code"}
    code = Line(say("验证码", "Code"), [required()],
                description=say("验证器应用里显示的 6 位数字。", "The 6 digits your app shows."),
                render_kw={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 7})


class RemoveForm(Form):
    """One's password, to switch the second step off."""

    refusals = {"password_wrong": "password"}
    password = PasswordField(say("当前密码", "Current password"), [required()], render_kw={"autocomplete": "current-password"})


def drawn(text: str) -> Markup:
    """A QR code as an SVG that stands in the page: no file, nothing that a script made."""
    code = qrcode.QRCode(border=2, box_size=8, image_factory=SvgPathImage)
    code.add_data(text)
    return Markup(code.make_image().to_string(encoding="unicode"))


class Profile(Page):
    """Everybody's own account."""

    title, permission, icon, endpoint = say("我的账号", "My account"), ANY_STAFF, "user", "profile"
    in_menu = False

    @expose("/")
    def index(self) -> Any:
        """What is known of me."""
        return self.render("profile/index.html")

    @expose("/password/", methods=("GET", "POST"))
    @needs(ANY_STAFF)
    def password(self) -> Any:
        """Change my password."""
        form = PasswordForm(request.form if request.method == "POST" else None)
        result = None
        if request.method == "POST" and form.validate():
            result = attempt(change_own_password, current=form.current.data, new=form.new.data, token=g.token,
                             form=form, done=say("密码已修改，其他设备上的登录已退出。",
                                      "Your password was changed; you were logged out on other devices."))
        return self._answer(result, "profile/password.html", form=form)

    @expose("/second-step/", methods=("GET", "POST"))
    @needs(ANY_STAFF)
    def second_step(self) -> Any:
        """Set the second step up, confirm it, or switch it off. A secret is made by a button, not by looking."""
        on, posted = member().totp_on, request.method == "POST"
        confirm = CodeForm(request.form if posted and request.form.get("do") == "confirm" else None)
        remove = RemoveForm(request.form if posted and request.form.get("do") == "remove" else None)
        if posted and request.form.get("do") == "start":
            return self._secret(confirm)
        result = None
        if posted and confirm.code.raw_data and confirm.validate():
            result = attempt(confirm_totp, code=confirm.code.data, token=g.token, form=confirm,
                             done=say("两步验证已开启。", "The second step is on."))
        elif posted and remove.password.raw_data and remove.validate():
            result = attempt(remove_totp, staff_id=member().actor.id, password=remove.password.data,
                             form=remove, done=say("两步验证已关闭。", "The second step is off."))
        if result is not None and not result and not on:
            return self._answer(None, "profile/second_step.html", form=confirm, secret=None, waiting=True, qr=None, remove=remove)
        return self._answer(result, "profile/second_step.html", form=confirm, secret=None, waiting=False, qr=None, remove=remove)

    def _secret(self, form: CodeForm) -> Any:
        """The new secret, drawn and written, this once."""
        started = attempt(start_totp)
        if not started:
            return redirect(self.get_url(".second_step"), 303)
        qr = drawn(otpauth(started.value, member().login, context().shop.shop_name))
        return self.render("profile/second_step.html", form=form, secret=started.value, waiting=True, qr=qr, remove=None)

    def _answer(self, result: Attempt | None, template: str, **shown: Any) -> Any:
        """Back to the account after something was done; else the page, with a status that says whether it was refused."""
        if result:
            return redirect(self.get_url(".index"), 303)
        refused = 422 if request.method == "POST" else 200
        return make_response(self.render(template, **shown), refused)
