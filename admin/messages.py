"""Subscribe messages: what was sent, what was refused and why, what nobody can say."""

from collections.abc import Mapping, Sequence
from typing import Any

from admin.base import HEAD_OFFICE, Asked, ReadOnlyView
from admin.filters import Choice
from admin.formats import badges, shown
from admin.gate import context
from admin.links import link
from admin.menu import SYSTEM
from admin.words import say
from backend.messages.models import Message
from backend.queries.message_desk import beside_messages

STATES = {
    "failed": (say("失败", "Failed"), "bad"), "unknown": (say("结果未知", "Unknown"), "warn"),
    "waiting": (say("待发送", "Waiting"), "info"), "sending": (say("发送中", "Being sent"), "info"),
    "sent": (say("已发送", "Sent"), "good"), "skipped": (say("未授权，未发送", "Not allowed, not sent"), "plain"),
}
TEMPLATES = {"shipped": say("发货通知", "Shipped"), "ready": say("到货自提通知", "Ready for pick-up"),
             "refunded": say("退款到账通知", "Refunded")}
WHY = {
    "43101": say("用户已关闭或未授权", "the member does not let it through"),
    "47003": say("内容与模板字段不符", "a field does not fit the template"),
    "40003": say("用户标识无效", "the openid is not valid"),
    "40037": say("模板编号无效，请检查设置", "the template id is not valid; see the settings"),
    "41030": say("页面不存在", "there is no such page"),
    "45009": say("今日次数已用完，明天再发", "no sends left today; again tomorrow"),
    "45011": say("太频繁，稍后再发", "too frequent; again in a minute"),
    "no consent left": say("没有可用的订阅授权", "no consent left"), "too late": say("消息已过时", "no longer news"),
}


class Messages(ReadOnlyView):
    """All messages, newest first."""

    title, permission, category, icon, endpoint = say("订阅消息", "Messages"), "jobs.view", SYSTEM, "bell", "messages"
    model, scope = Message, HEAD_OFFICE
    columns = {"template": say("消息", "Message"), "state": say("状态", "State"), "problem": say("原因", "Why"),
               "member_id": say("会员", "Member"), "about": say("关于", "About"), "asked_at": say("时间", "Asked"),
               "ended_at": say("结束", "Ended")}
    column_default_sort = ("id", True)
    search_exact, search_hint = ("member_id", "about"), say("会员号、订单或退款编号", "Id of the member, order or refund")
    filters = (Choice("state", say("状态", "State"), {name: words for name, (words, _) in STATES.items()}),
               Choice("template", say("消息", "Message"), TEMPLATES))
    lead = say("一次授权只能发一条；结果未知的不会重发，以免打扰。",
               "One consent lets one message through; what may have arrived is never sent again.")
    column_formatters = {
        "state": badges(STATES), "template": shown(lambda row: TEMPLATES.get(row.template, row.template)),
        "problem": shown(lambda row: WHY.get((row.problem or "").split(" ")[0], WHY.get(row.problem or "", row.problem))),
        "member_id": lambda view, _, row, __: view.member(row), "about": lambda view, _, row, __: view.about(row)}

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        return beside_messages(context(), ids=[row.id for row in rows])

    def member(self, row: Any) -> Any:
        """Whom it went to, by the name they gave themselves."""
        return link(self.page[row.id].nickname, "members.details_view", row_id=row.member_id)

    def about(self, row: Any) -> Any:
        """The order that it speaks of, or what it is about where that is none."""
        found = self.page[row.id]
        return link(found.number, "orders.details_view", row_id=found.order_id) if found.number else row.about

    def tab_rows(self, asked: Asked) -> Sequence[tuple[Any, str, bool, Any]]:
        state = asked.filters.get("state", "")
        names = {"": say("全部", "All")} | {name: STATES[name][0] for name in ("failed", "unknown", "skipped", "sent")}
        return [(label, self.get_url(".index_view", **({"state": name} if name else {})), state == name, None)
                for name, label in names.items()]
