"""The after-sale desk: what waits for staff, one case with its pictures and amounts, and the buttons that decide it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, request, send_file
from sqlalchemy.orm import Query

from admin.base import Asked, ReadOnlyView, attempt, client_key, expose, needs, read_and
from admin.filters import Choice, Days
from admin.formats import badge, badges, code, shown
from admin.gate import context
from admin.menu import AFTER
from admin.order_words import REFUNDS
from admin.typed import yuan
from admin.words import say
from backend.aftersales.models import Aftersale
from backend.infra.keyset import Sorting
from backend.queries.aftersale_desk import SOON, TABS, TO_DO, beside_cases, case_at_desk, desk_counts
from backend.queries.uploads import visible_evidence
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.receive_return import receive_return
from backend.usecases.refuse_aftersale import refuse_aftersale
from backend.usecases.retry_aftersale_refund import retry_aftersale_refund

STATES = {
    "asked": (say("待处理", "To decide"), "warn"), "approved": (say("待顾客寄回", "Parcel to come"), "info"),
    "returning": (say("待收货", "To receive"), "warn"), "refunding": (say("退款中", "Refunding"), "info"),
    "refund_failed": (say("退款失败", "Refund failed"), "bad"), "refunded": (say("已退款", "Refunded"), "good"),
    "refused": (say("已拒绝", "Refused"), "plain"), "cancelled": (say("顾客撤销", "Withdrawn"), "plain"),
    "lapsed": (say("超时关闭", "Lapsed"), "plain"),
}
KINDS = {"refund_only": (say("仅退款", "Refund only"), "plain"), "return_and_refund": (say("退货退款", "Return"), "info")}
HINTS = {
    "asked": say("请在 {due} 前处理，逾期未处理系统自动同意。", "Please decide by {due}; after that it is granted by itself."),
    "approved": say("等待顾客在 {due} 前寄回商品，逾期自动关闭；顾客当面退回也可以直接收货。",
                    "The shopper sends the goods by {due}, or it closes; goods handed in over the counter can be received now."),
    "returning": say("商品在退回途中，{due} 前未确认收货将自动退款。",
                     "The goods are on their way back; the refund goes out by itself after {due}."),
    "refunding": say("退款已提交微信支付，等待结果。", "The refund is with WeChat Pay; its answer is awaited."),
    "refund_failed": say("微信支付未能退款，请看原因后重试。", "WeChat Pay could not refund; look why and try again."),
    "refunded": say("已退款，售后完结。", "Refunded; all done."), "refused": say("已拒绝，顾客可以补充凭证再申请一次。",
                    "Refused; the shopper may ask once more with new evidence."),
    "cancelled": say("顾客已撤销申请。", "The shopper withdrew it."),
    "lapsed": say("顾客超时未寄回，已关闭。", "No parcel came in time; closed."),
}
"""What staff should know of a case in this state; `{due}` is the deadline."""
TAB_WORDS = {
    "todo": say("待处理", "To do"), "soon": say("即将超时", "Due soon"), "parcel": say("待寄回", "Parcel to come"),
    "refunding": say("退款中", "Refunding"), "done": say("已完结", "Done"), "all": say("全部", "All"),
}
EVIDENCE_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}


def sent_pictures() -> list[str]:
    """The pictures that a form carries, by their keys."""
    return [key for key in request.form.getlist("picture") if key]


def evidence(key: str) -> Any:
    """The bytes of a picture that somebody sent as evidence, for whoever may see it."""
    known = visible_evidence(context(), key=key)
    path = context().gateways.private.path(known)
    answer = send_file(path, mimetype=EVIDENCE_TYPES.get(known.rpartition(".")[2], "application/octet-stream"))
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


@dataclass(frozen=True, slots=True)
class Tabbed(Asked):
    """What a list with tabs was asked for."""

    tab: str = ""

    def query(self, **change: Any) -> dict[str, Any]:
        """Parameters of this list's address with `change`; the tab stays."""
        return {"tab": self.tab} | Asked.query(self, **change)


def tabbed(asked: Asked, tabs: Mapping[str, Any]) -> Tabbed:
    """`asked` with its tab: what the address says, else what is to do, or all where somebody searches."""
    tab = request.args.get("tab", "")
    tab = tab if tab in tabs else "all" if asked.search or asked.filters else "todo"
    return Tabbed(asked.turn, asked.size, asked.sort, asked.desc, asked.search, asked.filters, tab)


class Aftersales(ReadOnlyView):
    """All cases within the scope; the first tab shows what waits for staff, the most urgent first."""

    title, permission, category, icon, endpoint = say("售后", "After-sales"), "aftersales.view", AFTER, "undo", "aftersales"
    model, scope = Aftersale, "store_id"
    columns = {"number": say("售后单号", "Case"), "state": say("状态", "State"), "kind": say("类型", "Kind"),
               "goods": say("商品", "Goods"),
               "member": say("会员", "Member"), "asked_fen": say("申请金额", "Asked"), "due_at": say("截止时间", "Due"),
               "asked_at": say("申请时间", "Asked at")}
    column_default_sort, column_sortable_list = ("asked_at", True), ("asked_at", "due_at", "asked_fen")
    search_exact, search_hint = ("number", "order_id", "tracking_number"), say("售后单号或退货单号", "Case or tracking number")
    filters = (Choice("kind", say("类型", "Kind"), {code: words for code, (words, _) in KINDS.items()}),
               Days("asked_at", say("申请", "Asked")))
    sheet, sheet_fields = "aftersales", {"kind": "kind", "asked_at_from": "since", "asked_at_to": "until"}
    empty = say("这里没有售后单", "No cases here")

    @property
    def column_formatters(self) -> Any:
        return {"number": shown(lambda row: code(row.number)), "state": badges(STATES), "kind": badges(KINDS),
                "goods": shown(lambda row: "、".join(self._of(row)["goods"])),
                "member": shown(lambda row: self._of(row)["nickname"]), "due_at": shown(self._due)}

    def _of(self, row: Any) -> Mapping[str, Any]:
        return self.page["cases"].get(row.id, {"goods": [], "nickname": ""})

    def _due(self, row: Any) -> Any:
        if row.due_at is None or row.state not in TO_DO:
            return row.due_at
        late = row.due_at <= context().now + SOON
        return [row.due_at, badge(say("即将超时", "Soon"), "bad")] if late else row.due_at

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        return {"cases": beside_cases(context(), ids=[row.id for row in rows])}

    # --- tabs ---

    def asked(self) -> Tabbed:
        return tabbed(super().asked(), TAB_WORDS)

    def narrowed(self, query: Query[Any], asked: Any) -> Query[Any]:
        query, tab = super().narrowed(query, asked), asked.tab
        if tab in TABS:
            return query.filter(Aftersale.state.in_(TABS[tab]))
        if tab == "soon":
            return query.filter(Aftersale.state.in_(("asked", "returning")), Aftersale.due_at <= context().now + SOON)
        return query

    def order(self, asked: Any) -> Sorting:
        urgent = asked.sort is None and asked.tab in ("todo", "soon", "parcel")
        return self.by("due_at") if urgent else super().order(asked)

    def sheet_filters(self, asked: Any) -> Mapping[str, str] | None:
        """A tab is so many states; what is due soon is no sheet."""
        said = super().sheet_filters(asked)
        if said is None or asked.tab == "soon":
            return None
        return dict(said) | ({"state": ",".join(TABS[asked.tab])} if asked.tab in TABS else {})

    def sheet_words(self, name: str) -> Mapping[str, Any]:
        return {state: words for state, (words, _) in STATES.items()} if name == "state" else super().sheet_words(name)

    def tab_rows(self, asked: Any) -> Sequence[tuple[Any, str, bool, Any]]:
        numbers = desk_counts(context())
        return [(words, self.get_url(".index_view", tab=tab), asked.tab == tab, numbers.get(tab)) for tab, words in
                TAB_WORDS.items()]

    # --- one case ---

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """One case, whole, with what can be done now."""
        found = case_at_desk(context(), aftersale_id=self.row_or_404(row_id).id)
        actor = self._actor(found["names"])
        missing = not context().shop.takes_returns and found["can"]["approve"] and found["case"].kind == "return_and_refund"
        return self.render("aftersales/details.html", no_address=missing, STATES=STATES, KINDS=KINDS, HINTS=HINTS, REFUNDS=REFUNDS,
                           actor=actor, **found)

    @staticmethod
    def _actor(names: Mapping[str, str]) -> Any:
        def of(actor: str) -> Any:
            kind = actor.partition(":")[0]
            return names.get(actor) or {"shopper": say("顾客", "Shopper"), "system": say("系统", "By itself"),
                                        "wechat": say("微信", "WeChat")}.get(kind, actor)
        return of

    @expose("/<id:row_id>/picture/<key>")
    def picture(self, row_id: str, key: str) -> Any:
        """A picture of the case."""
        self.row_or_404(row_id)
        return evidence(key)

    @expose("/<id:row_id>/approve/", methods=("POST",))
    @needs("aftersales.decide")
    def approve(self, row_id: str) -> Any:
        """Agree, wholly or to less."""
        case = self.row_or_404(row_id).id
        read_and(lambda: attempt(
            approve_aftersale, aftersale_id=case, given=self._given(), freight_fen=yuan("freight"),
            answer=request.form.get("answer", ""), pictures=sent_pictures(), key=client_key(), done=say("已同意。", "Granted.")))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)

    @expose("/<id:row_id>/refuse/", methods=("POST",))
    @needs("aftersales.decide")
    def refuse(self, row_id: str) -> Any:
        """Refuse, with a reason that the shopper reads."""
        attempt(refuse_aftersale, aftersale_id=self.row_or_404(row_id).id, reason=request.form.get("reason", ""),
                pictures=sent_pictures(), done=say("已拒绝，顾客会看到原因。", "Refused; the shopper reads the reason."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)

    @expose("/<id:row_id>/receive/", methods=("POST",))
    @needs("aftersales.decide")
    def receive(self, row_id: str) -> Any:
        """The goods came back: refund, and put what is good on sale again."""
        case = self.row_or_404(row_id).id
        read_and(lambda: attempt(
            receive_return, aftersale_id=case, restock=request.form.getlist("restock"), given=self._given(),
            answer=request.form.get("answer", ""), pictures=sent_pictures(), key=client_key(),
            done=say("已收货，退款已提交。", "Received; the refund is out.")))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)

    @expose("/<id:row_id>/retry/", methods=("POST",))
    @needs("aftersales.decide")
    def retry(self, row_id: str) -> Any:
        """Send the failed refund again."""
        attempt(retry_aftersale_refund, aftersale_id=self.row_or_404(row_id).id, key=client_key(),
                done=say("退款已重新提交。", "The refund was sent again."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)

    @staticmethod
    def _given() -> dict[str, int] | None:
        given = {name.removeprefix("given-"): yuan(name) for name in request.form if name.startswith("given-")}
        return {line_id: fen for line_id, fen in given.items() if fen is not None} or None
