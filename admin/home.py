"""The front page of the console: today's figures, what waits, thirty days, and the screens that one may see."""

import json
from collections.abc import Mapping
from typing import Any

from flask import jsonify
from markupsafe import Markup

from admin.base import Page, expose
from admin.gate import context
from admin.links import to
from admin.permissions import ANY_STAFF
from admin.words import Said, language, say
from backend.kernel.calendar import CHINA
from backend.queries.front_page import DAYS, MANY, Figures, FrontPage, front_page, to_do

WAITING: Mapping[str, tuple[Said, str, str, Mapping[str, str]]] = {
    "to_ship": (say("待发货", "To ship"), "warn", "orders.index_view", {"todo": "to_ship"}),
    "to_hand_over": (say("待自提", "To hand over"), "warn", "orders.index_view", {"todo": "to_fetch"}),
    "aftersales": (say("待处理售后", "After-sales to decide"), "warn", "aftersales.index_view", {"tab": "todo"}),
    "tickets": (say("待答复投诉", "Complaints to answer"), "warn", "tickets.index_view", {"tab": "todo"}),
    "tickets_overdue": (say("投诉已超时", "Complaints overdue"), "bad", "tickets.index_view", {"tab": "overdue"}),
    "reviews_held": (say("待审核评价", "Reviews to look at"), "warn", "reviews.index_view", {"state": "held"}),
    "uploads_failed": (say("发货信息未上传", "Shipping not told to WeChat"), "bad", "stuck-uploads.index", {}),
    "stuck_refunds": (say("卡住的退款", "Refunds that are stuck"), "bad", "refunds.index_view", {"state": "abnormal"}),
    "exceptions": (say("资金异常", "Money exceptions"), "bad", "exceptions.index_view", {"state": "open"}),
    "bill_differences": (say("对账差异", "Bill differences"), "bad", "bills.index_view", {}),
    "books": (say("账目检查未通过", "Checks of the books that failed"), "bad", "books.index", {}),
    "low_stock": (say("低库存", "Low stock"), "warn", "stock.index_view", {"tab": "low"}),
    "dead_deliveries": (say("放弃的任务", "Jobs given up"), "bad", "jobs.index", {}),
}
"""What waits → its name, its tone when there is some, and where it leads."""


def number(count: int) -> str:
    """A count as a tile shows it: counted up to MANY only."""
    return f"{MANY - 1}+" if count >= MANY else f"{count:,}"


def tiles(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The tiles of what waits."""
    shown = []
    for name, count in counts.items():
        label, tone, endpoint, values = WAITING[name]
        shown.append({"name": name, "label": label, "number": number(count), "tone": tone if count else "",
                      "url": to(endpoint, **values)})
    return shown


def chart(page: FrontPage) -> Markup:
    """The thirty days as JSON for the chart; `<` is escaped, so that nothing can end the script element."""
    assert page.days is not None
    data = {
        "days": [f"{day.month}-{day.day}" for day, _ in page.days],
        "paid_fen": [figures.paid_fen for _, figures in page.days],
        "refunded_fen": [figures.refunded_fen for _, figures in page.days],
        "paid": [figures.paid for _, figures in page.days],
        "words": {"paid_fen": str(say("实收", "Revenue")), "refunded_fen": str(say("退款", "Refunds")),
                  "paid": str(say("付款订单", "Paid orders"))},
    }
    return Markup(json.dumps(data, ensure_ascii=False).replace("<", r"\u003c"))


def greeting() -> Said:
    """By the shop's clock."""
    hour = context().now.astimezone(CHINA).hour
    if hour < 6:
        return say("夜深了，%s", "Good night, %s")
    if hour < 12:
        return say("早上好，%s", "Good morning, %s")
    return say("下午好，%s", "Good afternoon, %s") if hour < 18 else say("晚上好，%s", "Good evening, %s")


class Home(Page):
    """Where everybody begins."""

    title, permission, icon, endpoint = say("首页", "Home"), ANY_STAFF, "home", ""

    @expose("/")
    def index(self) -> Any:
        """Figures, what waits, the chart, and every screen of one's own."""
        page = front_page(context())
        groups = [item for item in self.admin.menu() if item.is_category() and item.get_children()]  # type: ignore[union-attr]
        totals = Figures(*(sum(values) for values in zip(*(
            (each.placed, each.paid, each.paid_fen, each.refunds, each.refunded_fen) for _, each in page.days), strict=True)
        )) if page.days else None
        return self.render("front/index.html", page=page, tiles=tiles(page.to_do), groups=groups, totals=totals, days=DAYS,
                           greeting=greeting(), weekday=weekday(page), chart=chart(page) if page.days else None)

    @expose("/waiting/")
    def waiting(self) -> Any:
        """What waits, for a front page that stays open; looking at it is no use of the log-in."""
        counts = to_do(context())
        return jsonify({name: {"count": count, "number": number(count)} for name, count in counts.items()})


def weekday(page: FrontPage) -> str:
    """The day as people say it."""
    if language() == "en":
        return f"{page.day:%A}, {page.day.day} {page.day:%B %Y}"
    return f"{page.day.year}年{page.day.month}月{page.day.day}日 星期{'一二三四五六日'[page.day.weekday()]}"
