"""The counter: type or scan a pick-up code, see the order, hand it over. Made for a phone."""

from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response

from admin.base import Page, attempt, client_key, expose, needs
from admin.filters import clean
from admin.gate import context
from admin.in_place import REFUSED
from admin.menu import TRADE
from admin.words import Said, language, say
from backend.queries.pickup_counter import WHICH, counter_order, handed_over_today, my_points, waiting_orders
from backend.usecases.hand_over import hand_over
from backend.usecases.look_up_pickup_code import look_up_pickup_code
from backend.usecases.mark_ready import mark_ready

DONE = "done"
TABS = {"waiting": say("待自提", "Waiting"), "ready": say("已到货", "Arrived"), "overdue": say("超时未取", "Overdue"),
        DONE: say("今日已取", "Fetched today")}


class HandOver(Page):
    """For the staff of pick-up points; others see that they serve nowhere."""

    title, permission, category, icon, endpoint = say("自提核销", "Hand over"), "orders.hand_over", TRADE, "check", "hand-over"

    @expose("/")
    def index(self) -> Any:
        """The field for the code, and what waits."""
        return self._counter()

    def _counter(self, code: str = "", wrong: str = "") -> Any:
        """The counter; with a code that opens nothing, and why it does not."""
        points = my_points(context())
        if not points:
            return self.render("pickups/counter.html", points=[], point=None, wrong=wrong)
        chosen = next((each for each in points if each["id"] == request.values.get("point")), points[0])
        tab = request.args.get("tab") if request.args.get("tab") in TABS else "waiting"
        search, after = clean(request.args.get("q", "")), clean(request.args.get("after", ""))
        if tab == DONE:
            rows, following = handed_over_today(context(), point_id=chosen["id"]), None
        else:
            rows, following = waiting_orders(context(), point_id=chosen["id"], which=tab, search=search, after=after)
        return self.render("pickups/counter.html", points=points, point=chosen, tab=tab, rows=rows, following=following,
                           search=search, can_mark=tab in WHICH, code=code, wrong=wrong,
                           tabs=[(words, self.get_url(".index", point=chosen["id"], tab=name), name == tab, chosen[name])
                                 for name, words in TABS.items()])

    @expose("/code/", methods=("POST",))
    @needs("orders.hand_over")
    def look_up(self) -> Any:
        """The order that a code opens, to be confirmed."""
        code = clean(request.form.get("code", ""))
        found = attempt(look_up_pickup_code, code=code, quiet=True)
        if not found:
            return self._counter(code, found.sentence), REFUSED
        return self._order_page(found.value, code)

    @expose("/<id:order_id>/")
    def order(self, order_id: str) -> Any:
        """An order of the list, to be confirmed."""
        return self._order_page(order_id, "")

    @expose("/<id:order_id>/", methods=("POST",))
    @needs("orders.hand_over")
    def confirm(self, order_id: str) -> Any:
        """Hand it over."""
        code = clean(request.form.get("code", ""))
        named = {"code": code} if code else {"order_id": order_id}
        done = attempt(hand_over, **named, key=client_key(), done=lambda facts: handed(counter_order(
            context(), order_id=facts["order_id"])))
        back = {"point": request.form.get("point", "")[:32] or None} if done else {"order_id": order_id}
        return redirect(self.get_url(".index" if done else ".order", **back), 303)

    @expose("/ready/", methods=("POST",))
    @needs("orders.hand_over")
    def ready(self) -> Response:
        """Note that the chosen orders have arrived."""
        chosen = request.form.getlist("order_id")[:100]
        if chosen:
            attempt(mark_ready, order_ids=chosen, done=marked)
        return redirect(self.get_url(".index", point=request.form.get("point", "")[:32]), 303)

    def _order_page(self, order_id: str, code: str) -> Any:
        found = attempt(counter_order, order_id=order_id, language=language())
        if not found:
            return redirect(self.get_url(".index"), 303)
        return self.render("pickups/order.html", order=found.value, code=code)


def handed(order: dict[str, Any]) -> Said:
    """What to say when it went well."""
    return say(f"已交货：{order['name']}的订单 {order['number']}。", f"Handed over: order {order['number']} of {order['name']}.")


def marked(answers: dict[str, str]) -> Said:
    """What became of a batch."""
    ready, refused = list(answers.values()).count("ready"), sum(each not in ("ready", "known") for each in answers.values())
    left = len(answers) - ready - refused
    zh, en = [f"{ready} 单已登记到货"], [f"{ready} noted as arrived"]
    if left:
        zh.append(f"{left} 单此前已登记")
        en.append(f"{left} were before")
    if refused:
        zh.append(f"{refused} 单不能登记（已取货、已退款或不在本点）")
        en.append(f"{refused} cannot be (fetched, refunded or not of this point)")
    return say("，".join(zh) + "。", ", ".join(en) + ".")
