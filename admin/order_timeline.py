"""The time line of an order in words: what happened, by whom, and where it leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from admin.aftersales import STATES as CASES
from admin.audit import difference, who
from admin.audit_words import ACTIONS
from admin.formats import plain, yuan
from admin.links import to
from admin.order_words import ACTORS, KINDS, STATES
from admin.reviews import STATES as REVIEWS
from admin.tickets import STATES as TICKETS
from admin.tickets import STEPS as TICKET_STEPS
from admin.words import language, say
from backend.queries.parcels import courier_name

MATTERS = {"aftersales": (say("售后", "After-sale"), CASES), "tickets": (say("投诉", "Complaint"), TICKETS),
           "reviews": (say("评价", "Review"), REVIEWS)}
"""What is about an order: its screen → what it is called, and its states."""
OF = {"": say("评价", "Review"), "follow_up": say("追评", "Addition"), "reply": say("商家回复评价", "Answer to a review")}

WHYS: Mapping[str, Any] = {
    "cancelled by the shopper": say("顾客取消", "cancelled by the shopper"),
    "no payment was begun": say("没有发起过付款", "no payment was begun"),
    "nothing was paid": say("微信确认没有付款", "WeChat says that nothing was paid"),
    "time to pay is over": say("付款时间已过", "the time to pay is over"),
    "handed over": say("在自提点交货", "handed over at the pick-up point"),
    "confirmed by the shopper": say("顾客确认收货", "confirmed by the shopper"),
    "the time to object is over": say("到期自动确认收货", "confirmed by itself when the time was over"),
    "fully refunded": say("已全额退款", "fully refunded"),
    "all goods were refunded before they left; the freight was kept": say(
        "商品发出前已全部退款，运费未退", "all goods were refunded before they left; the freight was kept"),
    "withdrawn by the shopper": say("顾客撤销", "withdrawn by the shopper"),
    "no parcel was sent in time": say("逾期未寄回", "no parcel came in time"),
    "the money arrived": say("退款到账", "the money arrived"),
    "nobody answered in time": say("逾期无人答复", "nobody answered in time"),
    "shown by staff": say("员工放行", "let pass by staff"), "passed": say("微信检测通过", "WeChat let it pass"),
    "doubtful": say("微信检测存疑，待人工", "WeChat is not sure; a person decides"),
    "risky": say("微信检测不通过", "WeChat found it unfit"), "no_reply": say("会员未再回复", "the member wrote no more"),
}
"""What the books say of why something moved → the same for people; what people wrote themselves stands as it is."""


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
    parts: list[Any] = [WHYS.get(facts.get("why", ""), facts.get("why", ""))]
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
