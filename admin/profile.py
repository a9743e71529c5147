"""One's own account: password and second step."""

from typing import Any

from flask import g, redirect, request
from wtforms import PasswordField

from admin.base import Page, attempt, expose, needs
from admin.forms import Form, required
from admin.permissions import ANY_STAFF
from admin.words import say
from backend.usecases.change_own_password import change_own_password


class PasswordForm(Form):
    """The current password and a new one, twice."""

    current = PasswordField(say("当前密码", "Current password"), [required()], render_kw={"autocomplete": "current-password"})
    new = PasswordField(say("新密码", "New password"), [required()], render_kw={"autocomplete": "new-password"},
                        description=say("至少 10 个字符，可以用一句话。", "At least 10 characters; a sentence is fine."))
    again = PasswordField(say("再输一次", "Once more"), [required()], render_kw={"autocomplete": "new-password"})

    def validate_again(self, field: Any) -> None:
        if field.data != self.new.data:
            raise ValueError(str(say("两次输入的新密码不一样。", "The two new passwords differ.")))


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
        status = 200
        if request.method == "POST":
            status = 422
            if form.validate() and attempt(change_own_password, current=form.current.data, new=form.new.data, token=g.token,
                                           done=say("密码已修改，其他设备上的登录已退出。",
                                                    "Your password was changed; you were logged out on other devices.")):
                return redirect(self.get_url(".index"), 303)
        return self.render("profile/password.html", form=form), status
