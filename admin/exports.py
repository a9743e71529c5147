"""Exports of one's own: ask for a sheet, watch it being written, fetch it. Lists offer theirs by themselves (`sheet`)."""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, redirect, request, send_file
from werkzeug.exceptions import BadRequest

from admin.audit_words import ACTIONS
from admin.base import Page, attempt, client_key, expose, needs
from admin.gate import context
from admin.menu import SYSTEM
from admin.order_words import STATES
from admin.permissions import ANY_STAFF, SCREENS
from admin.words import language, say
from backend.exports import FORMATS
from backend.exports.states import WORDS
from backend.queries.exports import exportable, my_exports
from backend.usecases.ask_export import ask_export
from backend.usecases.cancel_export import cancel_export
from backend.usecases.open_export import open_export

TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
TONES = {"asked": "plain", "running": "info", "done": "good", "failed": "bad"}
LABELS = {
    "state": say("状态", "State"), "since": say("从", "From"), "until": say("到", "To"), "delivery": say("配送方式", "Delivery"),
    "sku_code": say("商品编码", "SKU"), "category_id": say("分类编号", "Category"), "on_shelf": say("上架", "On shelf"),
    "low": say("可售不超过", "Available at most"), "low_line": say("低库存", "Low stock, by default at"),
    "action": say("操作", "Action"),
    "kind": say("类型", "Kind"), "category": say("类型", "Category"), "sku_id": say("规格编号", "SKU"),
    "to_ship": say("待发货", "To ship"), "total_from": say("金额从", "Amount from"), "total_to": say("金额到", "Amount to"),
    "price_from": say("价格从", "Price from"), "price_to": say("价格到", "Price to"), "owner": say("负责人", "Owner"),
    "overdue": say("已逾期", "Overdue"), "stars": say("星级", "Stars"), "product": say("商品", "Goods"),
    "actor": say("操作人", "Who"),
    "subject": say("对象", "Subject")}
"""What the filters are called."""
YES = {"1": say("是", "Yes"), "0": say("否", "No")}
PLAIN: dict[str, Any] = {
    "state": {state: words for state, (words, _) in STATES.items()}, "action": ACTIONS, "to_ship": YES, "overdue": YES,
    "on_shelf": YES,
    "delivery": {"courier": say("快递", "Courier"), "pickup": say("自提", "Pick-up")}, "owner": {"nobody": say("未指派", "Nobody")}}
"""Words of filters that no list draws as a choice."""


def filter_word(kind: str, name: str, text: str) -> Any:
    """What a filter of an export says, in the words of the list that has this sheet."""
    lists = [each for each in current_app.extensions[SCREENS].values() if getattr(each, "sheet", "") == kind]
    words: dict[str, Any] = {}
    for each in lists:
        words |= each.sheet_words(name)
    words = words or PLAIN.get(name, {})
    return "、".join(str(words.get(part, part)) for part in text.split(","))


class Exports(Page):
    """What one has asked for, newest first."""

    title, permission, category, icon, endpoint = say("导出", "Exports"), ANY_STAFF, SYSTEM, "download", "exports"

    def is_visible(self) -> bool:
        return bool(exportable(context()))

    @expose("/")
    def index(self) -> Any:
        """Ask for a sheet, and the list."""
        return self._page()

    def _page(self, wrong: str = "") -> Any:
        given = request.form if wrong else {}
        return self.render("exports/index.html", kinds=exportable(context()), formats=FORMATS, given=given, wrong=wrong,
                           **self._rows())

    @expose("/rows/")
    def rows(self) -> Any:
        """The list alone, for the page that watches it."""
        return self.render("exports/rows.html", **self._rows())

    def _rows(self) -> Mapping[str, Any]:
        return {"rows": my_exports(context()), "words": WORDS, "tones": TONES, "names": exportable(context()), "labels": LABELS,
                "filter_word": filter_word}

    @expose("/new/", methods=("POST",))
    @needs(ANY_STAFF)
    def ask(self) -> Any:
        """Ask for a sheet; the use case asks for the right to its rows."""
        kind, format_ = request.form.get("kind", ""), request.form.get("format", "")
        if kind not in exportable(context()) or format_ not in FORMATS:
            raise BadRequest()
        filters = {name[2:]: text.strip() for name, text in request.form.items() if name.startswith("f_") and text.strip()}
        asked = attempt(ask_export, kind=kind, format=format_, filters=filters, language=language(), key=client_key(), quiet=True,
                        done=say("已开始导出，完成后在这里下载。", "It is being written; fetch it here when it is ready."))
        return redirect(self.get_url(".index"), 303) if asked else (self._page(asked.sentence), 422)

    @expose("/<id:export_id>/cancel/", methods=("POST",))
    @needs(ANY_STAFF)
    def cancel(self, export_id: str) -> Any:
        """Cancel one that is not finished."""
        attempt(cancel_export, export_id=export_id, done=say("已取消。", "Cancelled."))
        return redirect(self.get_url(".index"), 303)

    @expose("/<id:export_id>/file/")
    def file(self, export_id: str) -> Any:
        """The file, by its link; always as a download, kept by nobody on the way."""
        until = request.args.get("until", -1, type=int)
        opened = attempt(open_export, export_id=export_id, until=until, sign=request.args.get("sign", ""))
        if not opened:
            return Response(self.index(), 403)
        path = context().gateways.private.path(opened.value.key)
        answer = send_file(path, mimetype=TYPES[opened.value.format], as_attachment=True, download_name=opened.value.name,
                           conditional=False, etag=False)
        answer.headers["Cache-Control"] = "no-store"
        return answer
