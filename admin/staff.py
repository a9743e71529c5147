"""Staff of the merchant: who works here, with which rights, on whose data."""

from typing import Any

from admin.base import HEAD_OFFICE, ReadOnlyView
from admin.filters import Choice
from admin.formats import badge, badges, shown
from admin.menu import ORGANISATION
from admin.words import either, say
from backend.organisation.models import Staff
from backend.queries.roles import roles, scopes

STATES = {"active": (say("启用", "Active"), "good"), "disabled": (say("停用", "Disabled"), "plain")}


def role_badges(row: Any) -> Any:
    """The roles of somebody as badges."""
    known = roles()
    return [badge(either(known[role][0]) if role in known else role, "info") for role in row.roles]


class StaffList(ReadOnlyView):
    """Everybody who may log in here."""

    title, permission, category, icon, endpoint = say("员工", "Staff"), "staff.manage", ORGANISATION, "users", "staff"
    model, scope = Staff, HEAD_OFFICE
    columns = {"name": say("姓名", "Name"), "login": say("用户名", "User name"), "roles": say("角色", "Roles"),
               "scope": say("数据范围", "Scope"), "state": say("状态", "State"), "last_login_at": say("最近登录", "Last log-in")}
    column_default_sort = ("created_at", True)
    column_sortable_list = ("name", "login", "last_login_at")
    search_contains, search_hint = ("name", "login"), say("姓名或用户名", "Name or user name")
    filters = (Choice("state", say("状态", "State"), {name: words for name, (words, _) in STATES.items()}),
               Choice("scope", say("数据范围", "Scope"), scopes))
    column_formatters = {"state": badges(STATES), "roles": shown(role_badges),
                         "scope": shown(lambda row: either(scopes()[row.scope]))}
