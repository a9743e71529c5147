"""Words and colours of orders, parcels and what happened to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from admin.aftersales import STATES as CASES
from admin.audit import difference, who
from admin.audit_words import ACTIONS
from admin.formats import plain, yuan
from admin.links import to
from admin.reviews import STATES as REVIEWS
from admin.tickets import STATES as TICKETS
from admin.tickets import STEPS as TICKET_STEPS
from admin.words import Said, language, say
from backend.orders.states import WORDS
from backend.queries.parcels import courier_name

_TONES = {"unpaid": "warn", "closing": "plain", "closed": "plain", "paid": "warn", "shipped": "info", "completed": "good",
          "refunded": "bad"}
STATES: dict[str, tuple[Said, str]] = {name: (say(*words), _TONES[name]) for name, words in WORDS.items()}
"""State → words and colour."""

TO_FETCH = (say("待自提", "To be picked up"), "warn")


def state_of(order: Any) -> tuple[Said, str]:
    """Words and colour of an order's state: what is fetched at a point does not wait to be shipped."""
    return TO_FETCH if order.state == "paid" and order.delivery == "pickup" else STATES[order.state]


FLAGS = {"partly": say("部分已发", "Partly sent"), "part_refund": say("部分退款", "Partly refunded"),
         "noted": say("有备注", "Noted")}
UPLOADS: dict[str, tuple[Said, str]] = {
    "due": (say("等待上传微信", "WeChat is to be told"), "info"), "sent": (say("微信已知", "WeChat knows"), "good"),
    "failed": (say("微信上传失败", "WeChat refused"), "bad"), "gave_up": (say("微信无法再更新", "WeChat takes no more"), "warn")}
KINDS: dict[str, tuple[Said, str]] = {
    "payment": (say("微信收款", "Paid at WeChat"), "good"), "refund": (say("申请退款", "Refund asked for"), "warn"),
    "refund_succeeded": (say("退款到账", "Refund arrived"), "good"), "refund_closed": (say("退款关闭", "Refund closed"), "bad"),
    "refund_abnormal": (say("退款异常", "Refund abnormal"), "bad"), "parcel": (say("包裹发出", "Parcel left"), "info"),
    "note": (say("内部备注", "Note"), "warn")}
PAYMENTS: dict[str, tuple[Said, str]] = {
    "asked": (say("发起中", "Begun"), "plain"), "open": (say("待支付", "Open"), "warn"),
    "closed": (say("已关闭", "Closed"), "plain"), "succeeded": (say("已支付", "Paid"), "good"),
    "surplus": (say("多付，自动退回", "Surplus, goes back"), "bad")}
REFUNDS: dict[str, tuple[Said, str]] = {
    "asked": (say("待发送", "To be sent"), "warn"), "sent": (say("微信处理中", "At WeChat"), "warn"),
    "succeeded": (say("已到账", "Arrived"), "good"), "abnormal": (say("异常", "Abnormal"), "bad"),
    "closed": (say("已关闭", "Closed"), "bad")}
ACTORS = {"system": say("系统", "System"), "wechat": say("微信", "WeChat")}
MATTERS = {"aftersales": (say("售后", "After-sale"), CASES), "tickets": (say("投诉", "Complaint"), TICKETS),
           "reviews": (say("评价", "Review"), REVIEWS)}
"""What is about an order: its screen → what it is called, and its states."""
OF = {"": say("评价", "Review"), "follow_up": say("追评", "Addition"), "reply": say("商家回复评价", "Answer to a review")}


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the time line in words: what, when, by whom, what else, and where it leads."""

    title: Any
    at: Any
    who: Any
    words: Any
    tone: str
    url: str


def told(each: Any, names: Mapping[str, str]) -> Told:
    """A happening as people read it; `names` are those of what an audited change speaks of, by id."""
    facts, title, tone, screen = each.facts, "", "", ""
    parts: list[Any] = [facts.get("why", "")]
    if each.kind == "move":
        title, tone = STATES[facts["state"]]
    elif each.kind == "aftersale":
        (state, tone), screen = CASES[facts["state"]], "aftersales"
        title = f"{say('售后', 'After-sale')} · {state}"
    elif each.kind == "ticket":
        title, screen = f"{say('投诉', 'Complaint')} · {TICKET_STEPS[facts['what']]}", "tickets"
        tone = {"overdue": "bad", "closed": "good"}.get(facts["what"], "")
        parts = [] if facts["what"] == "assigned" else parts
    elif each.kind == "review":
        (state, tone), screen = REVIEWS[facts["state"]], "reviews"
        title = f"{OF[facts['note']]} · {state}"
    elif each.kind == "audit":
        row = facts["row"]
        title, parts = ACTIONS.get(row.action, row.action), [difference(row, names)]
    else:
        title, tone = KINDS.get(each.kind, (each.kind, ""))
        parts = [yuan(facts["amount_fen"]) if "amount_fen" in facts else "", facts.get("reason", ""),
                 courier_name(facts["courier"], language()) if "courier" in facts else "",
                 facts.get("number", ""), facts.get("words", "")]
    by = say("顾客", "Shopper") if each.by.startswith("shopper:") else ACTORS.get(each.by) or who(each.by)
    words = Markup(" · ").join(part if isinstance(part, Markup) else plain(part) for part in parts if part)
    url = to(f"{screen}.details_view", row_id=each.about) if screen else ""
    return Told(title, each.at, by, words, "" if tone == "plain" else tone, url)
