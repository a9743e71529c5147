"""Staff of the merchant: who works here, with which rights, on whose data; the table of roles and permissions."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, request, url_for
from wtforms import SelectField

from admin.base import HEAD_OFFICE, Attempt, Button, EditView, Page, attempt, client_key, expose, needs
from admin.filters import Choice
from admin.formats import badge, shown
from admin.forms import Checkboxes, Form, Line, at_most, options, required
from admin.gate import context, member
from admin.menu import ORGANISATION
from admin.words import either, say
from backend.organisation.models import Staff
from backend.queries.roles import permissions, roles, scopes
from backend.queries.staff import has_open_link, locked_staff, places
from backend.usecases.create_staff import create_staff
from backend.usecases.edit_staff import edit_staff
from backend.usecases.remove_totp import remove_totp
from backend.usecases.reset_staff_password import reset_staff_password
from backend.usecases.unlock_staff import unlock_staff

STATES = {"active": say("启用", "Active"), "disabled": say("停用", "Disabled")}


class StaffForm(Form):
    """Name, rights and scope."""

    refusals = {"staff_name": "name", "login_name": "login", "login_taken": "login", "roles_needed": "roles",
                "scope_unknown": "scope", "last_owner": "state", "own_rights": "state"}
    name = Line(say("姓名", "Name"), [required(), at_most(32)])
    login = Line(say("用户名", "User name"), [required(), at_most(32)],
                 description=say("登录用，创建后不能修改；小写字母、数字、点、横线、下划线。",
                                 "For logging in, and not changed later; small letters, digits, dots, hyphens, underscores."))
    roles = Checkboxes(say("角色", "Roles"), [required()],
                       description=say("多个角色的权限相加。", "Rights of several roles add up."))
    scope = SelectField(say("数据范围", "Scope"), render_kw={"data-shows": "scope"})
    region = SelectField(say("区域", "Region"), default="")
    dealer = SelectField(say("经销商", "Dealer"), default="")
    store = SelectField(say("门店", "Store"), default="")
    state = SelectField(say("状态", "State"), choices=options(STATES.items()),
                        description=say("停用后立即退出所有登录。", "Whoever is disabled is logged out everywhere at once."))

    @property
    def scope_id(self) -> str | None:
        """The place that the scope names; None for the head office."""
        return None if self.scope.data == "head_office" else self[self.scope.data].data or None


class StaffList(EditView):
    """Everybody who may log in here."""

    title, permission, category, icon, endpoint = say("员工", "Staff"), "staff.manage", ORGANISATION, "users", "staff"
    edit_permission, create_label = "staff.manage", say("添加员工", "Add staff")
    model, scope, form = Staff, HEAD_OFFICE, StaffForm
    columns = {"name": say("姓名", "Name"), "login": say("用户名", "User name"), "roles": say("角色", "Roles"),
               "scope": say("数据范围", "Scope"), "state": say("状态", "State"), "last_login_at": say("最近登录", "Last log-in")}
    column_default_sort = ("created_at", True)
    column_sortable_list = ("name", "login", "last_login_at")
    search_contains, search_hint = ("name", "login"), say("姓名或用户名", "Name or user name")
    filters = (Choice("state", say("状态", "State"), STATES), Choice("scope", say("数据范围", "Scope"), scopes))
    edit_template, create_template = "staff/edit.html", "staff/edit.html"

    @property
    def column_formatters(self) -> Any:
        return {"state": shown(self._state), "roles": shown(role_badges), "scope": shown(self._scope)}

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        return {"places": places(context()), "locked": locked_staff(context(), {row.id: row.login for row in rows})}

    def _state(self, row: Any) -> Any:
        marks = [badge(STATES[row.state], "good" if row.state == "active" else "plain")]
        if row.id in self.page["locked"]:
            marks.append(badge(say("已锁定", "Locked"), "warn"))
        if row.state == "active" and not row.password_hash:
            marks.append(badge(say("未设密码", "No password yet"), "warn"))
        return marks + ([badge(say("两步验证", "Two-step"), "info")] if row.totp_on else [])

    def _scope(self, row: Any) -> Any:
        return self.page["places"].name(row.scope, row.scope_id) or either(scopes()[row.scope])

    def prepare(self, form: Form, row: Any | None) -> None:
        form.roles.choices = options((role, either(words)) for role, (words, _) in roles().items())
        form.scope.choices = options((scope, either(words)) for scope, words in scopes().items())
        known = places(context())
        for kind in ("region", "dealer", "store"):
            form[kind].choices = options([("", say("请选择", "Please choose")), *getattr(known, kind).items()])
        if row is None:
            del form.state
        else:
            form.login.validators, form.login.render_kw, form.login.data = (), {"readonly": True}, row.login

    def initial(self, row: Any) -> Mapping[str, Any]:
        return {row.scope: row.scope_id} if row.scope_id else {}

    def save(self, form: Any, row: Any | None) -> Attempt:
        said = {"name": form.name.data, "roles": form.roles.data, "scope": form.scope.data, "scope_id": form.scope_id}
        if row is None:
            return attempt(create_staff, login=form.login.data, key=client_key(), form=form, **said,
                           done=say("员工已添加。", "The member of staff was added."))
        return attempt(edit_staff, staff_id=row.id, state=form.state.data, form=form, **said,
                       done=say("已保存，立即生效。", "Saved; it counts at once."))

    def after_save(self, result: Attempt, row: Any | None) -> Any:
        if row is None and result.value.reset_token is not None:
            return self._link_page(result.value.staff_id, result.value.reset_token)
        return super().after_save(result, row)

    def more(self, row: Any) -> Mapping[str, Any]:
        """What the form's page shows below the form."""
        own = row is not None and row.id == member().actor.id
        return {"own": own, "locked": row is not None and not own and row.id in locked_staff(context(), {row.id: row.login}),
                "link_out": row is not None and has_open_link(context(), row.id), "buttons": self._account_buttons(row, own)}

    def _account_buttons(self, row: Any | None, own: bool) -> Sequence[Button]:
        if row is None or own:
            return ()
        reset = Button(say("重设密码", "Reset password"), self.get_url(".reset", row_id=row.id), "staff.manage", post=True,
                       icon="key", confirm=say(f"重设 {row.name} 的密码？原密码和所有登录立即失效。",
                                   f"Reset the password of {row.name}? The old one and all log-ins end at once."))
        unlock = Button(say("解除锁定", "Unlock"), self.get_url(".unlock", row_id=row.id), "staff.manage", post=True, icon="lock")
        totp = Button(say("关闭两步验证", "Switch off two-step"), self.get_url(".second_step_off", row_id=row.id), "staff.manage",
                      post=True, icon="phone", tone="danger",
                      confirm=say(f"关闭 {row.name} 的两步验证？只在其手机丢失时使用。",
                                  f"Switch off the second step of {row.name}? Only when their phone is lost."))
        return (reset, unlock, totp) if row.totp_on else (reset, unlock)

    def _link_page(self, staff_id: str, token: str) -> Any:
        link = url_for("console.set_password", token=token, _external=True)
        return self.render("staff/link.html", link=link, person=self.row_or_404(staff_id))

    @expose("/<id:row_id>/reset/", methods=("POST",))
    @needs("staff.manage")
    def reset(self, row_id: str) -> Any:
        """End the password and show a link, this once."""
        done = attempt(reset_staff_password, staff_id=self.row_or_404(row_id).id)
        return self._link_page(row_id, done.value) if done else redirect(self.get_url(".edit_view", row_id=row_id), 303)

    @expose("/<id:row_id>/unlock/", methods=("POST",))
    @needs("staff.manage")
    def unlock(self, row_id: str) -> Any:
        """Forget failed log-ins."""
        attempt(unlock_staff, staff_id=self.row_or_404(row_id).id, done=say("已解除锁定。", "Unlocked."))
        return redirect(self.get_url(".edit_view", row_id=row_id), 303)

    @expose("/<id:row_id>/second-step-off/", methods=("POST",))
    @needs("staff.manage")
    def second_step_off(self, row_id: str) -> Any:
        """For somebody who lost their phone."""
        attempt(remove_totp, staff_id=self.row_or_404(row_id).id, password=request.form.get("password", ""),
                done=say("两步验证已关闭。", "The second step is off."))
        return redirect(self.get_url(".edit_view", row_id=row_id), 303)


def role_badges(row: Any) -> Any:
    """The roles of somebody as badges."""
    known = roles()
    return [badge(either(known[role][0]) if role in known else role, "info") for role in row.roles]


class Roles(Page):
    """Which role may what; to read."""

    title, permission, category = say("角色与权限", "Roles and rights"), "staff.manage", ORGANISATION
    icon, endpoint = "shield", "roles"

    @expose("/")
    def index(self) -> Any:
        """The table of roles and permissions."""
        return self.render("staff/roles.html", roles=roles(), permissions=permissions())
