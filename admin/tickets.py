"""The desk of complaints: mine, unassigned, overdue; the thread of one, with answering, assigning and closing."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, request
from sqlalchemy.orm import Query
from wtforms import SelectField, TextAreaField

from admin.aftersales import Tabbed, evidence, sent_pictures, tabbed
from admin.base import Attempt, Button, EditView, attempt, client_key, expose, needs
from admin.filters import Choice, Days
from admin.formats import badge, badges, code, shown
from admin.forms import Form, Line, at_most, options, required
from admin.gate import context, member
from admin.menu import AFTER
from admin.words import either, say
from backend.infra.keyset import Sorting
from backend.queries.ticket_desk import beside_tickets, find_complainant, ticket_at_desk, ticket_counts, ticket_words
from backend.tickets.models import Ticket
from backend.usecases.answer_ticket import answer_ticket
from backend.usecases.assign_ticket import assign_ticket
from backend.usecases.close_ticket import close_ticket
from backend.usecases.enter_ticket import enter_ticket

STATES = {
    "open": (say("待答复", "To answer"), "warn"), "waiting": (say("待再次答复", "To answer again"), "warn"),
    "answered": (say("已答复", "Answered"), "info"), "closed": (say("已办结", "Closed"), "good"),
}
STEPS = {
    "opened": say("提交", "Opened"), "answered": say("答复", "Answered"), "written": say("留言", "Written"),
    "assigned": say("指派", "Assigned"), "overdue": say("逾期未答复", "Overdue"), "closed": say("办结", "Closed"),
    "reopened": say("重新打开", "Opened again"),
}
TAB_WORDS = {
    "mine": say("我的", "Mine"), "unassigned": say("未指派", "Unassigned"), "todo": say("全部待办", "All to do"),
    "overdue": say("已逾期", "Overdue"), "answered": say("已答复", "Answered"), "closed": say("已办结", "Closed"),
    "all": say("全部", "All"),
}
TO_DO = ("open", "waiting")


def categories() -> Mapping[str, Any]:
    """Categories for filters and forms."""
    return {code: either(words) for code, words in ticket_words()["categories"].items()}


class EnterForm(Form):
    """What a member said elsewhere."""

    refusals = {"ticket_who": "who", "ticket_category": "category", "ticket_text": "words"}

    who = Line(say("会员编号或订单号", "Member's id or order number"), [required(), at_most(40)],
               description=say("填订单号时工单会关联该订单。", "With an order's number the ticket is about that order."))
    category = SelectField(say("问题类型", "Category"))
    heard_in = Line(say("来源", "Heard in"), [required(), at_most(100)],
                    description=say("例如：幸福小区 3 群、电话、门店。", "Such as a group, the phone, a store."))
    words = TextAreaField(say("内容", "What was said"), [required(), at_most(1000)], render_kw={"rows": 5})


class Tickets(EditView):
    """Complaints within the scope; what waits for whoever looks comes first, the most urgent on top."""

    title, permission, category, icon, endpoint = say("投诉工单", "Complaints"), "tickets.view", AFTER, "chat", "tickets"
    edit_permission, create_label, form = "tickets.answer", say("代会员录入", "Enter for a member"), EnterForm
    model, scope = Ticket, "store_id"
    columns = {"number": say("工单号", "Ticket"), "state": say("状态", "State"), "category": say("类型", "Category"),
               "words": say("内容", "Words"), "member": say("会员", "Member"), "owner": say("负责人", "Owner"),
               "due_at": say("截止时间", "Due"), "opened_at": say("提交时间", "Opened")}
    column_default_sort, column_sortable_list = ("opened_at", True), ("opened_at", "due_at")
    search_exact, search_hint = ("number", "order_id", "member_id"), say("工单号或会员编号", "Ticket number or member's id")
    filters = (Choice("category", say("类型", "Category"), categories), Days("opened_at", say("提交", "Opened")))
    sheet, sheet_fields = "tickets", {"category": "category", "opened_at_from": "since", "opened_at_to": "until"}
    empty = say("这里没有工单", "No tickets here")
    can_edit = False

    @property
    def column_formatters(self) -> Any:
        return {"number": shown(lambda row: code(row.number)), "state": badges(STATES),
                "category": shown(lambda row: categories()[row.category]), "words": shown(self._words),
                "member": shown(lambda row: self._of(row, "nickname")), "owner": shown(self._owner), "due_at": shown(self._due)}

    def _of(self, row: Any, name: str) -> Any:
        return getattr(self.page["tickets"].get(row.id), name, None)

    def _words(self, row: Any) -> str:
        words = self._of(row, "words") or ""
        return words if len(words) <= 28 else f"{words[:28]}…"

    def _owner(self, row: Any) -> Any:
        return self._of(row, "owner") or row.owner or badge(say("未指派", "Nobody"), "warn")

    def _due(self, row: Any) -> Any:
        return [row.due_at, badge(say("已逾期", "Overdue"), "bad")] if row.overdue_at else row.due_at

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        return {"tickets": beside_tickets(context(), ids=[row.id for row in rows])}

    def row_url(self, row: Any) -> str | None:
        return self.get_url(".details_view", row_id=row.id)

    def buttons(self, row: Any) -> Sequence[Button]:
        return ()

    # --- tabs ---

    def asked(self) -> Tabbed:
        return tabbed(super().asked(), TAB_WORDS)

    def narrowed(self, query: Query[Any], asked: Any) -> Query[Any]:
        query, tab = super().narrowed(query, asked), asked.tab
        if tab in ("mine", "unassigned", "todo", "overdue"):
            query = query.filter(Ticket.state.in_(TO_DO))
        elif tab in STATES:
            query = query.filter(Ticket.state == tab)
        if tab == "mine":
            return query.filter(Ticket.owner == member().actor.id)
        if tab == "unassigned":
            return query.filter(Ticket.owner.is_(None))
        return query.filter(Ticket.overdue_at.is_not(None)) if tab == "overdue" else query

    def order(self, asked: Any) -> Sorting:
        urgent = asked.sort is None and asked.tab in ("mine", "unassigned", "todo", "overdue")
        return self.by("due_at") if urgent else super().order(asked)

    def sheet_filters(self, asked: Any) -> Mapping[str, str] | None:
        """A tab is so many states, perhaps of one owner or of nobody."""
        said, tab = super().sheet_filters(asked), asked.tab
        if said is None or tab == "all":
            return said
        states = {"state": tab if tab in STATES else ",".join(TO_DO)}
        more = {"mine": {"owner": member().actor.id}, "unassigned": {"owner": "nobody"}, "overdue": {"overdue": "1"}}
        return dict(said) | states | more.get(tab, {})

    def sheet_words(self, name: str) -> Mapping[str, Any]:
        return {state: words for state, (words, _) in STATES.items()} if name == "state" else super().sheet_words(name)

    def tab_rows(self, asked: Any) -> Sequence[tuple[Any, str, bool, Any]]:
        numbers = ticket_counts(context())
        return [(words, self.get_url(".index_view", tab=tab), asked.tab == tab, numbers.get(tab)) for tab, words in
                TAB_WORDS.items()]

    # --- entering one ---

    def prepare(self, form: Form, row: Any | None) -> None:
        form.category.choices = options(categories().items())

    def save(self, form: Any, row: Any | None) -> Attempt:
        found = attempt(find_complainant, text=form.who.data, form=form)
        if not found:
            return found
        member_id, order_id = found.value
        return attempt(enter_ticket, member_id=member_id, order_id=order_id, category=form.category.data, words=form.words.data,
                       heard_in=form.heard_in.data, key=client_key(), form=form,
                       done=say("工单已录入。", "The ticket was entered."))

    # --- one ticket ---

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """The thread, and what can be done."""
        found = ticket_at_desk(context(), ticket_id=self.row_or_404(row_id).id)
        return self.render("tickets/details.html", STATES=STATES, STEPS=STEPS, **ticket_words(), **found)

    @expose("/<id:row_id>/picture/<key>")
    def picture(self, row_id: str, key: str) -> Any:
        """A picture of the thread."""
        self.row_or_404(row_id)
        return evidence(key)

    @expose("/<id:row_id>/answer/", methods=("POST",))
    @needs("tickets.answer")
    def answer(self, row_id: str) -> Any:
        """Say something to the shopper, or leave a note."""
        note = request.form.get("note") == "1"
        attempt(answer_ticket, ticket_id=self.row_or_404(row_id).id, words=request.form.get("words", ""), note=note,
                pictures=sent_pictures(), key=client_key(),
                done=say("备注已保存。", "The note was kept.") if note else say("已答复。", "Answered."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)

    @expose("/<id:row_id>/assign/", methods=("POST",))
    @needs("tickets.answer")
    def assign(self, row_id: str) -> Any:
        """Say who answers."""
        attempt(assign_ticket, ticket_id=self.row_or_404(row_id).id, owner=request.form.get("owner", ""),
                done=say("已指派。", "Assigned."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)

    @expose("/<id:row_id>/close/", methods=("POST",))
    @needs("tickets.answer")
    def close(self, row_id: str) -> Any:
        """End it with an outcome."""
        attempt(close_ticket, ticket_id=self.row_or_404(row_id).id, outcome=request.form.get("outcome", ""),
                words=request.form.get("words", ""), done=say("已办结。", "Closed."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)
