"""After-sales, complaints and reviews of the demo shop: a few in several states, so that the desks have something to show."""

import contextlib
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from backend.commands._client import Declined
from backend.commands._shopper import Shopper
from backend.commands._stage import Stage
from backend.infra.once import ClientKey
from backend.kernel.actors import EVERYTHING, Actor, staff
from backend.kernel.errors import Refused
from backend.queries.staff import staff_id_of
from backend.usecases.answer_review import answer_review
from backend.usecases.answer_ticket import answer_ticket
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.enter_ticket import enter_ticket
from backend.usecases.hide_review import hide_review
from backend.usecases.refuse_aftersale import refuse_aftersale
from backend.usecases.ship_order import ship_order

LOOKED_AT = 40
"""So many orders are looked at for one that fits."""


def play_objections(stage: Stage, bought: Iterable[tuple[Shopper, str]]) -> None:
    """Let six of `bought` (shopper, order id) that can be asked about object to something. Safe to do again.

    When the courier has just been there little is left unshipped: what can be said of either is said of what was shipped.
    """
    here: list[tuple[Shopper, dict[str, Any]]] = []
    gone: list[tuple[Shopper, dict[str, Any]]] = []
    for shopper, order_id in islice(bought, LOOKED_AT):
        order = shopper.order(order_id)
        if "ask_aftersale" in order["allowed"] and order["delivery"] == "courier" and order["state"] in ("paid", "shipped"):
            (here if order["state"] == "paid" else gone).append((shopper, order))
        if len(here) >= 2 and len(here) + len(gone) >= len(OBJECTIONS):
            break
    for objection, better_here in OBJECTIONS:
        if found := (here or gone) if better_here else (gone or here):
            objection(stage, *found.pop(0))


def on_duty(stage: Stage, login: str) -> Actor:
    """One of the demo's staff at work."""
    return staff(staff_id_of(stage.ctx(), login), EVERYTHING)


def _ask(shopper: Shopper, order: dict[str, Any], **body: Any) -> str | None:
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1} | body.pop("line", {})
    try:
        return shopper.ask("POST", f"/orders/{order['id']}/aftersales", {"lines": [line]} | body, key=f"demo-{order['id']}")["id"]
    except Declined:
        return None


def _ship(stage: Stage, order: dict[str, Any]) -> None:
    if order["state"] == "paid":
        ship_order(stage.ctx(on_duty(stage, "service")), order_id=order["id"], courier="SF", tracking_number=f"SF{order['number']}",
                   key=ClientKey(f"demo-ship-{order['id']}", "demo"))


def _changed_mind(stage: Stage, shopper: Shopper, order: dict[str, Any]) -> None:
    kind = "refund_only" if order["state"] == "paid" else "return_and_refund"
    _ask(shopper, order, kind=kind, reason="changed_mind", words="买重了，麻烦退一份。")


def _bruised(stage: Stage, shopper: Shopper, order: dict[str, Any]) -> None:
    _ship(stage, order)
    half = max(order["lines"][0]["payable_fen"] // order["lines"][0]["quantity"] // 2, 1)
    _ask(shopper, order, kind="refund_only", reason="damaged", words="有一半压坏了，希望补偿一半。", line={"amount_fen": half})


def _returned(stage: Stage, shopper: Shopper, order: dict[str, Any]) -> None:
    _ship(stage, order)
    case_id = _ask(shopper, order, kind="return_and_refund", reason="not_as_described", words="和图片颜色不一样，想退货。")
    if case_id is not None:
        approve_aftersale(stage.ctx(on_duty(stage, "service")), aftersale_id=case_id, answer="收到后原路退款",
                          key=ClientKey(f"demo-{case_id}", "demo"))
        shopper.ask("POST", f"/aftersales/{case_id}/parcel", {"courier": "中通快递", "tracking_number": f"ZT{order['number']}"})


def _too_late(stage: Stage, shopper: Shopper, order: dict[str, Any]) -> None:
    here = order["state"] == "paid"
    case_id = _ask(shopper, order, kind="refund_only", reason="too_slow" if here else "damaged")
    if case_id is not None:
        refuse_aftersale(stage.ctx(on_duty(stage, "service")), aftersale_id=case_id, reason=(
            "商品已在打包，今天发出，感谢您的耐心。" if here else "看不出哪里损坏，请附上开箱照片再申请一次。"))


def _complains(stage: Stage, shopper: Shopper, order: dict[str, Any]) -> None:
    ticket_id = shopper.ask("POST", "/tickets", {
        "category": "delivery", "words": "说好上午送到，下午才到，冷藏的都不凉了。", "order_id": order["id"]},
        key=f"demo-ticket-{order['id']}")["id"]
    answer_ticket(stage.ctx(on_duty(stage, "service")), ticket_id=ticket_id,
                  words="非常抱歉，今天冷链车晚点。给您补一张优惠，可以吗？",
                  key=ClientKey(f"demo-{ticket_id}", "demo"))


def _is_heard(stage: Stage, shopper: Shopper, order: dict[str, Any]) -> None:
    enter_ticket(stage.ctx(on_duty(stage, "service")), member_id=shopper.member_id, category="leader",
                 words="群里反映到货没有通知，来回跑了两趟。",
                 heard_in="幸福里小区 2 群", order_id=order["id"], key=ClientKey(f"demo-heard-{order['id']}", "demo"))


OBJECTIONS: tuple[tuple[Callable[[Stage, Shopper, dict[str, Any]], None], bool], ...] = (
    (_changed_mind, True), (_bruised, False), (_returned, False), (_too_late, True), (_complains, False), (_is_heard, False))
"""What is objected to, and whether rather before the goods have left."""


REVIEWS: tuple[tuple[int, int, str, str], ...] = (
    (5, 5, "第三次买了，品质一直稳定，包装也用心，家里老人孩子都爱吃。", ""),
    (5, 5, "隔天就到，打开还是冰的，比超市新鲜。", ""),
    (4, 5, "味道不错，就是分量比想象的少一点点，下次买大份。", ""),
    (5, 4, "朋友推荐来的，果然没失望，已经分享到小区群里了。", ""),
    (3, 4, "东西可以，外箱压瘪了一个角，还好里面没坏。", "给您添麻烦了，我们已经换了加厚的箱子，下次请放心。"),
    (5, 5, "送礼很体面，收到的人都说好。", ""),
    (4, 4, "性价比高，日常吃足够了。", ""),
    (2, 2, "等了四天才到，客服电话也难打，希望改进。", "真的抱歉，那几天仓库爆单。已经为您申请了补偿，请留意短信。"),
    (5, 5, "煮出来很香，孩子多吃了一碗饭。", ""),
    (5, 5, "一直在这家买，团长人也很热心。", "谢谢您一直以来的支持！"),
    (4, 5, "口感脆甜，个头均匀，推荐。", ""),
    (5, 5, "加我微信领优惠，比这里便宜。", ""),
    (3, 3, "不好意思发错了，这条是写给别家店的。", ""),
)
"""Stars for the goods, stars for the service, what is said, and what the shop answers. The last but one is an advertisement,
which WeChat has a person look at; the last is hidden."""


def play_reviews(stage: Stage, bought: Iterable[tuple[Shopper, str]]) -> None:
    """Let the first orders of `bought` (shopper, order id) that may be reviewed be reviewed. Safe to do again."""
    written: list[str] = []
    for shopper, order_id in bought:
        if len(written) == len(REVIEWS):
            break
        order = shopper.order(order_id)
        if "review" not in order["allowed"]:
            continue
        stars, service, text, _ = REVIEWS[len(written)]
        stage.phone.active(shopper.name)
        try:
            written.append(shopper.ask("POST", f"/orders/{order_id}/lines/{order['lines'][0]['id']}/review", {
                "stars": stars, "service_stars": service, "text": text, "anonymous": stars < 3},
                key=f"demo-review-{order_id}")["id"])
        except Declined:
            continue
    stage.settle()
    clerk = stage.ctx(on_duty(stage, "service"))
    for review_id, (_, _, _, answer) in zip(written, REVIEWS, strict=False):
        if answer:
            with contextlib.suppress(Refused):
                answer_review(clerk, review_id=review_id, text=answer, key=ClientKey(f"demo-{review_id}", "demo"))
    if len(written) == len(REVIEWS):
        with contextlib.suppress(Refused):  # WeChat may not let it be seen in the first place
            hide_review(clerk, subject=written[-1], reason="内容与本商品无关，作者说明发错了")
    stage.settle()
