"""The audit log: who changed what, when, from what to what."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import g, url_for
from markupsafe import Markup

from admin.audit_words import ACTIONS, FIELDS
from admin.base import HEAD_OFFICE, ReadOnlyView
from admin.filters import Choice, Days, Equals
from admin.formats import NOTHING, local_time, plain, shown, yuan
from admin.gate import context
from admin.jobs import NAMES
from admin.links import to
from admin.menu import SYSTEM
from admin.settings import in_words
from admin.words import either, say
from backend.infra.audit import AuditRow
from backend.infra.shop_rules import RULES
from backend.queries.audit_names import CODES, STATES, audit_names
from backend.queries.roles import roles, scopes
from backend.queries.staff import everybody, names

OTHERS = {"system": say("系统", "System"), "wechat": say("微信", "WeChat"), "anonymous": say("未登录", "Not logged in")}
SHORT = 10
THUMBS = 6
VALUES: dict[tuple[str, str], Any] = (
    {("roles", role): either(words) for role, (words, _) in roles().items()}
    | {("scope", scope): either(words) for scope, words in scopes().items()}
    | {(field, code): either(words) for field, known in CODES.items() for code, words in known.items()}
    | {("state", "active"): say("启用", "active"), ("state", "disabled"): say("停用", "disabled")}
    | {("kind", "store"): say("门店", "Store"), ("kind", "community"): say("小区", "Community")}
    | {("reaction", name): words for name, words in NAMES.items()})
"""Words for values of some fields."""

THINGS = {
    "prd": (say("商品", "Product"), "goods.details_view"), "sku": (say("规格", "SKU"), "stock.details_view"),
    "cat": (say("分类", "Category"), "categories.index"), "ord": (say("订单", "Order"), "orders.details_view"),
    "aft": (say("售后", "Case"), "aftersales.details_view"), "tkt": (say("投诉", "Complaint"), "tickets.details_view"),
    "rev": (say("评价", "Review"), "reviews.details_view"), "mem": (say("会员", "Member"), "members.details_view"),
    "ref": (say("退款", "Refund"), "refunds.details_view"), "pay": (say("支付", "Payment"), "payments.details_view"),
    "ppt": (say("自提点", "Point"), "pickup-points.details_view"), "stf": (say("员工", "Staff"), "staff.edit_view"),
    "reg": (say("区域", "Region"), "regions.edit_view"), "dea": (say("经销商", "Dealer"), "dealers.edit_view"),
    "sto": (say("门店", "Store"), "stores.edit_view"), "exp": (say("导出", "Export"), ""), "imp": (say("导入", "Import"), ""),
    "pex": (say("资金异常", "Exception"), "exceptions.details_view"),
}
"""What the things are called that the log is about, by their kind of id, and where they are looked at."""


PLACES = {"home": say("首页", "Home page")}
"""Things of which there is one."""


def short(identifier: str) -> Markup:
    """An identifier by its kind and its last letters; all of it when one points at it."""
    kind, _, rest = identifier.partition("_")
    if len(rest) <= SHORT:
        return Markup('<code class="id">{}</code>').format(plain(identifier))
    return Markup('<code class="id" title="{}">{}_…{}</code>').format(plain(identifier), kind, rest[-SHORT:])


def is_id(content: Any) -> bool:
    """Whether a value is the id of something."""
    return isinstance(content, str) and len(content) == 30 and content[3:4] == "_"


def ids_in(rows: Iterable[Any]) -> set[str]:
    """The ids that rows of the log are about or name in what they changed."""
    found: set[str] = set()
    rest: list[Any] = [each for row in rows for each in (row.subject, row.before, row.after)]
    while rest:
        each = rest.pop()
        if isinstance(each, dict):
            rest += each.values()
        elif isinstance(each, list):
            rest += each
        elif is_id(each):
            found.add(each)
    return found


def thumbs(keys: list[str]) -> Markup:
    """Pictures of the shop window, small."""
    shown_ones = Markup("").join(
        Markup('<img src="/api/v1/pictures/{}?size=160" alt="" loading="lazy">').format(each) for each in keys[:THUMBS])
    return Markup('<span class="thumbs">{}{}</span>').format(shown_ones, f" +{len(keys) - THUMBS}" if len(keys) > THUMBS else "")


def said(name: str, content: Any, row: Any, names: Mapping[str, str]) -> Any:
    """One value of a change as people read it: amounts in yuan, times of here, pictures, states in words, things by
    name; whatever is in a list or a mapping likewise."""
    if content in (None, "", [], {}):
        return say("空", "nothing")
    if name == "value" and row.action == "change_shop_rules" and row.subject in RULES:
        return in_words(RULES[row.subject], content)
    if isinstance(content, bool):
        return say("是", "yes") if content else say("否", "no")
    if isinstance(content, int) and name.endswith("_fen"):
        return yuan(content)
    if name in ("picture", "pictures"):
        return thumbs(content if isinstance(content, list) else [content])
    if isinstance(content, list):
        return Markup(str(say("、", ", "))).join(
            Markup(str(say("（{}）", "({})")) if isinstance(each, list | dict) else "{}").format(said(name, each, row, names))
            for each in content)
    if isinstance(content, dict):
        inner = "_fen" if name.endswith("_fen") else ""  # a mapping of amounts holds amounts
        inside = [Markup("{}: {}").format(plain(FIELDS.get(key, key)), said(f"{key}{inner}", each, row, names))
                  for key, each in content.items()]
        return Markup(str(say("；", "; "))).join(inside)
    if isinstance(content, str) and content in names:
        return plain(names[content])
    if is_id(content):
        return short(content)
    state = STATES.get(row.subject.partition("_")[0], {}).get(content) if name == "state" else None
    return either(state) if state else VALUES.get((name, content)) or _time(content) or plain(content)


def _time(content: Any) -> str:
    """A moment as it is kept in JSON, in the time of here; empty for anything else."""
    if not (isinstance(content, str) and len(content) >= 20 and content[10:11] == "T" and content.endswith("Z")):
        return ""
    try:
        return local_time(datetime.fromisoformat(content))
    except ValueError:
        return ""


def difference(row: Any, names: Mapping[str, str]) -> Markup:
    """What a change changed, field by field: the old value struck out, the new one behind it."""
    before, after = row.before or {}, row.after or {}
    lines = []
    for name in [*after, *(each for each in before if each not in after)]:
        if before.get(name) == after.get(name):
            continue
        parts = [Markup("<del>{}</del>").format(said(name, before[name], row, names))] if name in before else []
        parts += [Markup("<ins>{}</ins>").format(said(name, after[name], row, names))] if name in after else []
        label = FIELDS.get(name, name)
        lines.append(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(plain(label), Markup(" → ").join(parts)))
    return Markup('<dl class="diff">{}</dl>').format(Markup("").join(lines)) if lines else Markup("")


def actors() -> dict[str, Any]:
    """Everybody who may stand in the log: staff by name, the system, WeChat; asked once a request."""
    if "actor_names" not in g:
        _know(everybody(context()))
    return g.actor_names


def _know(staff: Mapping[str, str]) -> None:
    g.actor_names = {f"staff:{staff_id}": name for staff_id, name in staff.items()} | OTHERS


def who(actor: str | None) -> Any:
    """The name of an actor as it is kept ("staff:stf_…"); a shopper or somebody gone by their id."""
    if not actor:
        return NOTHING
    return actors().get(actor) or short(actor.partition(":")[2] or actor)


def subject(view: Any, _: Any, row: Any, __: str) -> Markup:
    """What was changed, by name where it has one, leading to everything that happened to it; below, where it is looked at."""
    kind = row.subject.partition("_")[0]
    words, place = THINGS.get(kind, ("", ""))
    if row.action == "change_shop_rules" and row.subject in RULES:
        name: Any = either((RULES[row.subject].zh, RULES[row.subject].en))
    else:
        name = view.page["names"].get(row.subject) or NAMES.get(row.subject) or PLACES.get(row.subject)
    history = Markup('<a href="{}" title="{}">{}</a>').format(
        url_for("admin_audit.index_view", subject=row.subject), plain(row.subject), plain(name) if name else short(row.subject))
    where = {} if place.endswith(".index") else {"row_id": row.subject}
    url = to(place, **where) if place else ""
    below = Markup('<a class="muted" href="{}">{}</a>').format(url, words) if url else plain(words)
    return Markup('<span>{}<br><small class="muted">{}</small></span>').format(history, below) if words else history


class AuditLog(ReadOnlyView):
    """Every change of money, prices, stock and rights; rows are only ever added."""

    title, permission, category, icon, endpoint = say("操作日志", "Audit log"), "audit.view", SYSTEM, "log", "audit"
    lead = say("谁在什么时候改了什么，只增不改。", "Who changed what, and when; rows are only ever added.")
    model, scope = AuditRow, HEAD_OFFICE
    columns = {"at": say("时间", "Time"), "actor": say("操作人", "Who"), "action": say("操作", "Action"),
               "subject": say("对象", "Subject"), "changes": say("修改内容", "Changes")}
    column_default_sort = ("at", True)
    filters = (Choice("actor", say("操作人", "Who"), actors), Choice("action", say("操作", "Action"), ACTIONS),
               Equals("subject", say("对象编号", "Subject")), Days("at", say("时间", "Time")))
    sheet, sheet_fields = "audit", {"actor": "actor", "action": "action", "subject": "subject", "at_from": "since",
                                    "at_to": "until"}
    column_formatters = {
        "at": shown(lambda row: Markup('<time class="nowrap">{}</time>').format(local_time(row.at, seconds=True))),
        "action": shown(lambda row: Markup('<span class="nowrap">{}</span>').format(ACTIONS.get(row.action, row.action))),
        "actor": lambda view, _, row, __: view.page["actors"].get(row.actor) or short(row.actor),
        "subject": subject, "changes": lambda view, _, row, __: difference(row, view.page["names"])}

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        staff, known = names(context())
        _know(staff)
        return {"actors": actors(), "names": staff | known | audit_names(context(), ids=ids_in(rows))}
