"""Members: found by name, phone or id, shown masked; a whole phone number leaves a trace."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect
from sqlalchemy import func, select
from sqlalchemy.orm import Query
from werkzeug.wrappers import Response

from admin.base import Asked, Button, ReadOnlyView, allowed, attempt, expose, needs
from admin.filters import CameDays, Choice
from admin.formats import badges, shown
from admin.gate import context
from admin.menu import PEOPLE
from admin.order_words import state_of
from admin.words import say
from backend.infra.crypto import mask_phone
from backend.infra.db import read_only
from backend.infra.keyset import Sorting
from backend.members.models import Member
from backend.orders.models import Order
from backend.queries.member_page import member_page
from backend.queries.phones import phone_index
from backend.usecases.end_member_sessions import end_member_sessions
from backend.usecases.reveal_contact import reveal_contact

STATES = {"active": (say("正常", "Active"), "good"), "closed": (say("已注销", "Closed"), "plain")}
CONSENTS = {"terms": say("用户协议", "Terms"), "privacy": say("隐私政策", "Privacy"), "marketing": say("营销消息", "Marketing")}
LAST_LETTER = "\U0010ffff"


class Members(ReadOnlyView):
    """Shoppers, newest first. Staff of stores see who ordered there."""

    title, permission, category, icon, endpoint = say("会员", "Members"), "members.view", PEOPLE, "users", "members"
    model, scope = Member, "id"
    columns = {"nickname": say("昵称", "Name"), "phone": say("手机号", "Phone"), "state": say("状态", "State"),
               "orders": say("付款订单", "Paid orders"), "last": say("最近下单", "Last order"),
               "created_at": say("加入时间", "Joined"), "id": say("会员号", "Member")}
    reads = ("id", "nickname", "phone", "state", "created_at")
    column_default_sort = ("id", True)
    search_exact, search_hint = ("id",), say("完整手机号、昵称开头或会员号", "Whole phone number, beginning of the name, or id")
    filters = (Choice("state", say("状态", "State"), {name: words for name, (words, _) in STATES.items()}),
               CameDays("mem", say("加入日期", "Joined")))
    sheet, sheet_fields = "members", {"state": "state", "came_from": "since", "came_to": "until"}
    column_formatters = {
        "state": badges(STATES), "phone": shown(lambda row: mask_phone(row.phone) if row.phone else None),
        "orders": lambda view, _, row, __: view.page["orders"].get(row.id, (None, None))[0],
        "last": lambda view, _, row, __: view.page["orders"].get(row.id, (None, None))[1]}

    def scoped(self, query: Query[Any]) -> Query[Any]:
        actor = context().actor
        if actor.sees_all:
            return query
        ordered = select(Order.id).where(Order.store_id.in_(sorted(actor.store_ids or ())), Order.member_id == Member.id)
        return query.filter(ordered.exists())

    def search(self, query: Query[Any], text: str) -> Query[Any]:
        """A whole phone number by its blind index, an id, or the beginning of a nickname (by an index, in its order)."""
        index = phone_index(context(), text)
        if index is not None:
            return query.filter(Member.phone_index == index)
        if text.startswith("mem_"):
            return query.filter(Member.id == text)
        return query.filter(Member.nickname >= text, Member.nickname < text + LAST_LETTER)

    def order(self, asked: Asked) -> Sorting:
        """Found by name: by name, as the index has it."""
        if asked.search and phone_index(context(), asked.search) is None and not asked.search.startswith("mem_"):
            return self.by("nickname")
        return super().order(asked)

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        """Paid orders of the members shown, in the stores that one sees."""
        actor, ids = context().actor, [row.id for row in rows]
        counted = select(Order.member_id, func.count(), func.max(Order.placed_at)).where(
            Order.member_id.in_(ids), Order.paid_at.is_not(None)).group_by(Order.member_id)
        if not actor.sees_all:
            counted = counted.where(Order.store_id.in_(sorted(actor.store_ids or ())))
        found = read_only.session.execute(counted) if ids else ()
        return {"orders": {member_id: (count, last) for member_id, count, last in found}}

    def member_buttons(self, member_id: str, has_phone: bool, has_sessions: bool) -> Sequence[Button]:
        """What can be done with a member."""
        buttons = []
        if has_phone:
            buttons.append(Button(say("查看完整手机号", "Show the phone"), self.get_url(".reveal", row_id=member_id),
                                  "members.reveal", post=True, icon="eye"))
        if has_sessions:
            buttons.append(Button(say("强制下线", "Log out"), self.get_url(".log_out", row_id=member_id), "members.log_out",
                                  post=True, tone="danger", confirm=say("该会员所有设备都要重新登录，确定吗？",
                                                             "The member has to log in again everywhere. Go on?")))
        return buttons

    def _page(self, row_id: str, phone: str | None = None, address: Any = None) -> Any:
        page = member_page(context(), member_id=row_id)
        buttons = allowed(self.member_buttons(row_id, bool(page.phone) and phone is None, bool(page.sessions)))
        return self.render("members/details.html", page=page, buttons=buttons, states=STATES, consent_words=CONSENTS,
                           state_of=state_of, phone=phone, address=address)

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """A member, masked."""
        return self._page(row_id)

    @expose("/<id:row_id>/phone/", methods=("POST",))
    @needs("members.reveal")
    def reveal(self, row_id: str) -> Any:
        """The same page with the whole number; the look is written down."""
        seen = attempt(reveal_contact, member_id=row_id)
        return self._page(row_id, phone=seen.value.phone if seen else None)

    @expose("/<id:row_id>/addresses/<id:address_id>/", methods=("POST",))
    @needs("members.reveal")
    def reveal_address(self, row_id: str, address_id: str) -> Any:
        """The same page with one whole address; the look is written down."""
        seen = attempt(reveal_contact, member_id=row_id, address_id=address_id)
        return self._page(row_id, address=(address_id, seen.value) if seen else None)

    @expose("/<id:row_id>/log-out/", methods=("POST",))
    @needs("members.log_out")
    def log_out(self, row_id: str) -> Response:
        """End every log-in of the member."""
        attempt(end_member_sessions, member_id=row_id,
                done=lambda ended: say(f"已下线 {ended} 个登录。", f"{ended} log-ins were ended."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)
