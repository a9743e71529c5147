"""The books: what the checks of money, stock, orders and queues demand, where they do not hold, and what to do about it."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from flask import redirect
from markupsafe import Markup
from werkzeug.wrappers import Response

from admin.base import ID, Button, Page, allowed, attempt, client_key, expose, needs
from admin.formats import code
from admin.gate import context
from admin.links import link
from admin.menu import MONEY
from admin.words import Said, say
from backend.queries.books import TOLD, Finding, books_page, books_underway
from backend.usecases.open_books_run import open_books_run

AREAS: Mapping[str, Said] = {
    "ledger": say("账本", "Ledger"), "numbers": say("数字", "Numbers"), "orders": say("订单", "Orders"),
    "payments": say("支付", "Payments"), "refunds": say("退款", "Refunds"),
    "aftersales": say("售后与工单", "After-sales and complaints"),
    "stock": say("库存", "Stock"), "parcels": say("包裹", "Parcels"), "pickups": say("自提", "Pick-up"),
    "outbox": say("后台任务", "Jobs"), "waiting": say("是否按时", "In time"), "carts": say("购物车", "Carts"),
    "catalogue": say("商品目录", "Catalogue"), "members": say("会员", "Members"), "reviews": say("评价", "Reviews"),
    "messages": say("订阅消息", "Messages"), "files": say("文件", "Files"), "desk": say("后台操作", "The console"),
}
"""What the areas of the checks are called (a test holds every area against it)."""

IDS: Mapping[str, tuple[Said, str]] = {
    "order_id": (say("订单", "Order"), "orders.details_view"), "payment_id": (say("支付", "Payment"), "payments.details_view"),
    "refund_id": (say("退款", "Refund"), "refunds.details_view"),
    "aftersale_id": (say("售后", "After-sale"), "aftersales.details_view"),
    "ticket_id": (say("工单", "Complaint"), "tickets.details_view"), "sku_id": (say("规格", "SKU"), "stock.details_view"),
    "product_id": (say("商品", "Product"), "goods.details_view"), "member_id": (say("会员", "Member"), "members.details_view"),
    "review_id": (say("评价", "Review"), "reviews.details_view"), "import_id": (say("导入", "Import"), "imports.details"),
    "order_line_id": (say("订单明细", "Order line"), ""), "parcel_id": (say("包裹", "Parcel"), ""),
    "stock_move_id": (say("库存流水", "Stock move"), ""), "location_id": (say("仓位", "Location"), ""),
    "ledger_transaction_id": (say("分录", "Posting"), ""), "account": (say("科目", "Account"), ""),
    "debit": (say("借方", "Debit"), ""), "credit": (say("贷方", "Credit"), ""),
    "transaction_id": (say("微信交易号", "WeChat number"), ""),
    "number": (say("单号", "Number"), ""), "day": (say("日期", "Day"), ""), "event_id": (say("事件", "Event"), ""),
    "reaction": (say("任务", "Job"), ""), "export_id": (say("导出", "Export"), ""), "message_id": (say("消息", "Message"), ""),
    "template_id": (say("模板", "Template"), ""), "screening_id": (say("审核", "Screening"), ""),
    "upload_id": (say("图片", "Picture"), ""), "category_id": (say("分类", "Category"), ""), "store_id": (say("门店", "Store"), ""),
    "table_name": (say("表", "Table"), ""), "column_name": (say("字段", "Column"), ""), "name": (say("名称", "Name"), ""),
    "subject": (say("对象", "Subject"), ""), "id": (say("编号", "Id"), ""), "kind": (say("类型", "Kind"), ""),
    "position": (say("序号", "Position"), ""), "seq": (say("序号", "Step"), ""), "cause": (say("起因", "Cause"), ""),
    "code_index": (say("取货码索引", "Code index"), ""), "actor": (say("操作者", "Actor"), ""),
    "use_case": (say("操作", "Operation"), ""), "key": (say("幂等键", "Client key"), ""),
}
"""What a check calls that which leads to a fault: its word, and the screen where it can be looked at (a test knows them all)."""

STATES = {"running": (say("进行中", "Under way"), "info"), "done": (say("完成", "Done"), "good"),
          "given_up": (say("中断", "Broken off"), "warn")}


def outcome(run: Any) -> tuple[Said, str]:
    """What came of a run, and its tone."""
    if run.state != "done":
        return STATES[run.state]
    if run.failing:
        return say(f"{run.failing} 项未通过", f"{run.failing} checks failed"), "bad"
    if run.unjudged:
        return say(f"{run.unjudged} 项未查完", f"{run.unjudged} not judged"), "warn"
    return say("全部通过", "All hold"), "good"


def place(ids: Mapping[str, str]) -> Markup:
    """The ids of a fault, with links to the screens where they can be looked at."""
    parts = []
    for name, value in ids.items():
        if not value:
            continue
        word, endpoint = IDS.get(name, (say(name, name), ""))
        leads = endpoint and ID.fullmatch(value)
        argument = "import_id" if name == "import_id" else "row_id"
        shown = link(value, endpoint, **{argument: value}) if leads else code(value)
        parts.append(Markup("<span>{} {}</span>").format(word, shown))
    return Markup("<br>").join(parts)


class Books(Page):
    """What the checks of the books found."""

    title, permission, category, icon, endpoint = say("账目检查", "Books"), "books.view", MONEY, "shield", "books"

    @expose("/")
    def index(self) -> Any:
        """The last run: what failed, every check, and the runs before."""
        return self._page(None)

    @expose("/runs/<id:run_id>/")
    def run_view(self, run_id: str) -> Any:
        """An earlier run."""
        return self._page(run_id)

    @expose("/underway/")
    def underway(self) -> Any:
        """How far a run is, for a page that stays open."""
        running, made, checks = books_underway(context())
        return self.render("books/underway.html", running=running, made=made, checks=checks, fresh=not running)

    @expose("/run/", methods=("POST",))
    @needs("books.run")
    def run(self) -> Response:
        """Have all checks made now, by the worker."""
        attempt(open_books_run, key=client_key(), done=say(
            "已开始检查，通常一分钟内完成。", "The books are being checked; it usually takes less than a minute."))
        return redirect(self.get_url(".index"), 303)

    def _page(self, run_id: str | None) -> Any:
        page = books_page(context(), run_id=run_id)
        areas = [(AREAS.get(area, say("已取消的检查", "Checks that exist no more")), list(rows))
                 for area, rows in groupby(page.findings, key=lambda finding: finding.area)]
        wrong: list[Finding] = [finding for finding in page.findings if finding.wrong]
        now = Button(say("立即检查", "Check now"), self.get_url(".run"), "books.run", tone="primary", post=True, key=True,
                     icon="check")
        buttons = allowed([now]) if page.running is None and run_id is None else []
        return self.render("books/index.html", page=page, areas=areas, wrong=wrong, outcome=outcome, place=place, most=TOLD,
                           buttons=buttons, one=run_id is not None, running=page.running is not None, made=page.made,
                           checks=page.checks, fresh=False)
