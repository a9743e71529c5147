"""Orders: the list with saved filters, one order with its time line, shipping, refunds, changes before goods leave, printing."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import g, redirect, request
from markupsafe import Markup
from sqlalchemy.orm import Query

from admin.audit import ids_in
from admin.base import Asked, Button, ReadOnlyView, action, attempt, client_key, expose, needs, read_and
from admin.filters import Choice, Filter, PlacedDays, Yuan, clean
from admin.formats import badge, shown
from admin.gate import context
from admin.menu import TRADE
from admin.order_timeline import MATTERS, told
from admin.order_words import FLAGS, KINDS, PAYMENTS, REFUNDS, STATES, UPLOADS, state_of
from admin.typed import chosen, moment, needed, quantities, text, yuan
from admin.words import language, say
from backend.fulfilment.couriers import COURIERS
from backend.fulfilment.states import PARCEL_WORDS
from backend.infra.crypto import mask_name, mask_phone
from backend.orders.models import Order
from backend.queries.audit_names import audit_names
from backend.queries.order_desk import (
    TO_SHIP,
    order_desk,
    orders_at_point,
    orders_beside,
    orders_like,
    orders_to_print,
    orders_with_sku,
    pick_list,
    saved_filters,
)
from backend.queries.points_in_scope import points_in_scope
from backend.queries.regions import code_of, names_of
from backend.usecases.add_order_note import add_order_note
from backend.usecases.call_off_order import call_off_order
from backend.usecases.change_order_address import change_order_address
from backend.usecases.change_order_price import change_order_price
from backend.usecases.change_order_remark import change_order_remark
from backend.usecases.correct_parcel import correct_parcel
from backend.usecases.note_tracking import note_tracking
from backend.usecases.refund_order import refund_order
from backend.usecases.remove_order_filter import remove_order_filter
from backend.usecases.retry_shipping_upload import retry_shipping_upload
from backend.usecases.save_order_filter import save_order_filter
from backend.usecases.ship_order import ship_order

DELIVERIES = {"courier": say("快递", "Courier"), "pickup": say("自提", "Pick-up")}


class Todo(Filter):
    """What has to be done with an order now; finer than its state."""

    kind = "choice"
    choices: Mapping[str, Any] = {"to_ship": say("待发货", "To ship"), "to_fetch": say("待自提", "To be picked up")}

    def narrow(self, query: Query[Any], column: Any, text: str) -> Query[Any]:
        if text == "to_ship":
            return query.filter(TO_SHIP)
        return query.filter(Order.state == "paid", Order.delivery == "pickup") if text == "to_fetch" else query

    def apply(self, query: Query[Any], model: Any, given: Mapping[str, str]) -> Query[Any]:
        return self.narrow(query, None, given.get("todo", ""))


class Sold(Filter):
    """Orders that hold the SKU of this code."""

    def apply(self, query: Query[Any], model: Any, given: Mapping[str, str]) -> Query[Any]:
        code = given.get("sku", "")
        return query.filter(orders_with_sku(code)) if code else query


CALLED_OFF = {
    "closed": say("订单已关闭，库存已放回。", "Closed; the stock is back."),
    "closing": say("正在关闭：微信确认没有付款后放回库存。",
                   "Being closed: the stock goes back once WeChat says that nothing was paid."),
}


def points() -> dict[str, str]:
    """The pick-up points of the stores that one sees, by name."""
    return points_in_scope(context())


class AtPoint(Choice):
    """Orders that are fetched at this point, to pack and print what goes there."""

    def apply(self, query: Query[Any], model: Any, given: Mapping[str, str]) -> Query[Any]:
        point_id = given.get(self.column, "")
        return query.filter(orders_at_point(point_id)) if point_id and point_id in self.choices else query


TABS = (
    (say("全部", "All"), {}), (say("待发货", "To ship"), {"todo": "to_ship"}), (say("待自提", "To pick up"), {"todo": "to_fetch"}),
    (say("待付款", "To pay"), {"state": "unpaid"}), (say("待收货", "On their way"), {"state": "shipped"}),
    (say("已完成", "Completed"), {"state": "completed"}), (say("已退款", "Refunded"), {"state": "refunded"}),
)


class Orders(ReadOnlyView):
    """All orders of the stores that one sees."""

    title, permission, category, icon, endpoint = say("订单", "Orders"), "orders.view", TRADE, "bag", "orders"
    model, scope = Order, "store_id"
    columns = {"number": say("订单号", "Order"), "goods": say("商品", "Goods"), "receiver": say("收货人", "Receiver"),
               "total_fen": say("应付", "Total"), "state": say("状态", "State"), "placed_at": say("下单时间", "Placed")}
    reads = ("id", "number", "ship_to", "total_fen", "state", "delivery", "refunded_fen", "paid_fen", "placed_at")
    column_default_sort, column_sortable_list = ("id", True), ("placed_at",)
    search_exact, search_hint = ("number",), say("订单号、手机号或快递单号", "Order, phone or tracking number")
    filters = (Todo("todo", say("待办", "To do")),
               Choice("state", say("状态", "State"), {name: words for name, (words, _) in STATES.items()}),
               Choice("delivery", say("配送", "Delivery"), DELIVERIES),
               AtPoint("point", say("自提点", "Pick-up point"), points), PlacedDays("placed_at", "ord", say("下单时间", "Placed")),
               Yuan("total_fen", say("金额", "Amount")), Sold("sku", say("商品编码", "SKU")))
    sheet, sheet_fields = "orders", {
        "state": "state", "delivery": "delivery", "placed_at_from": "since", "placed_at_to": "until", "sku": "sku_code",
        "total_fen_from": "total_from", "total_fen_to": "total_to"}
    list_template, details_template = "orders/list.html", "orders/details.html"

    @property
    def column_formatters(self) -> Any:
        return {"number": shown(unbroken), "state": shown(self._state), "goods": shown(self._goods), "receiver": shown(receiver)}

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        return orders_beside(context(), order_ids=[row.id for row in rows], language=language())

    def _goods(self, row: Any) -> str:
        known = self.page.get(row.id)
        return known.goods if known else ""

    def _state(self, row: Any) -> Any:
        known, marks = self.page.get(row.id), [badge(*state_of(row))]
        if row.delivery == "pickup" and row.state != "paid":
            marks.append(badge(DELIVERIES["pickup"], "info"))
        if row.state == "paid" and row.delivery == "courier" and known and known.held < known.pieces:
            marks.append(badge(FLAGS["partly"], "warn"))
        if 0 < row.refunded_fen < row.paid_fen:
            marks.append(badge(FLAGS["part_refund"], "warn"))
        if known and known.noted:
            marks.append(badge(FLAGS["noted"], "info"))
        return marks

    def search(self, query: Query[Any], text: str) -> Query[Any]:
        return query.filter(orders_like(context(), text))

    def tab_rows(self, asked: Asked) -> Sequence[tuple[Any, str, bool, Any]]:
        """What people look for most, then one's own saved filters."""
        now = asked.query(size=None)
        rows = [(label, self.get_url(".index_view", **chosen), now == chosen, None) for label, chosen in TABS]
        return rows + [(name, self.get_url(".index_view", **query), now == query, None) for name, query in self._saved()]

    def _saved(self) -> list[tuple[str, dict[str, str]]]:
        """One's own saved filters, asked once a page."""
        if "saved_filters" not in g:
            g.saved_filters = saved_filters(context())
        return g.saved_filters

    def saved_as(self, asked: Asked) -> str | None:
        """The name under which one has saved just this filter."""
        now = asked.query(size=None)
        return next((name for name, query in self._saved() if query == now), None)

    def sheet_filters(self, asked: Asked) -> Mapping[str, str] | None:
        """What is to do says itself by state and delivery."""
        todo = asked.filters.get("todo", "")
        if todo and {"state", "delivery"} & asked.filters.keys():
            return None
        said = super().sheet_filters(replace(asked, filters={k: v for k, v in asked.filters.items() if k != "todo"}))
        more = {"to_ship": {"to_ship": "1"}, "to_fetch": {"state": "paid", "delivery": "pickup"}}
        return None if said is None else dict(said) | more.get(todo, {})

    def header_buttons(self) -> Sequence[Button]:
        return (Button(say("批量发货", "Batch shipping"), self.get_url("admin_batch-ship.index"), "orders.ship", icon="upload"),)

    def buttons(self, row: Any) -> Sequence[Button]:
        known = self.page.get(row.id)
        if row.state == "paid" and row.delivery == "courier" and known and known.held:
            url = self.get_url(".details_view", row_id=row.id) + "#ship"
            return (Button(say("发货", "Ship"), url, "orders.ship", tone="primary"),)
        return ()

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """One order, whole."""
        desk = order_desk(context(), order_id=self.row_or_404(row_id).id, language=language())
        place = desk.address
        changes = [each.facts["row"] for each in desk.happenings if each.kind == "audit"]
        names = audit_names(context(), ids=ids_in(changes)) if changes and self._may_read_names() else {}
        return self.render(
            "orders/details.html", desk=desk, state=state_of(desk.order), kinds=KINDS, uploads=UPLOADS, matters=MATTERS,
            told=lambda each: told(each, names),
            couriers=couriers(), parcel_words=PARCEL_WORDS, deliveries=DELIVERIES,
            region_code=code_of(" ".join(place.get(name, "") for name in ("province", "city", "district"))),
            payment_states=PAYMENTS, refund_states=REFUNDS,
            can=lambda permission: context().actor.may(permission))

    @staticmethod
    def _may_read_names() -> bool:
        actor = context().actor
        return actor.sees_all and actor.may("audit.view")

    # --- what can be done ---

    @expose("/<id:row_id>/ship/", methods=("POST",))
    @needs("orders.ship")
    def ship(self, row_id: str) -> Any:
        """Send a parcel."""
        return self._do(row_id, lambda order_id: attempt(
            ship_order, order_id=order_id, courier=text("courier"), tracking_number=text("tracking_number"), note=text("note"),
            lines=chosen(), key=client_key(),
            done=say("已发货，微信发货信息会自动上传。", "Shipped; WeChat is told by itself.")))

    @expose("/<id:row_id>/price/", methods=("POST",))
    @needs("orders.edit")
    def price(self, row_id: str) -> Any:
        """Lower the price of an unpaid order."""
        return self._do(row_id, lambda order_id: attempt(
            change_order_price, order_id=order_id, off_goods_fen=yuan("off_goods") or 0, off_freight_fen=yuan("off_freight") or 0,
            reason=text("reason"), key=client_key(),
            done=say("已改价，顾客可以按新价格付款。", "Changed; the shopper pays the new price.")))

    @expose("/<id:row_id>/address/", methods=("POST",))
    @needs("orders.edit")
    def address(self, row_id: str) -> Any:
        """Send it somewhere else."""
        return self._do(row_id, lambda order_id: attempt(
            change_order_address, order_id=order_id, name=text("name"), phone=text("phone"), region_code=region(),
            detail=text("detail"), key=client_key(), done=say("地址已修改。", "The address was changed.")))

    @expose("/<id:row_id>/remark/", methods=("POST",))
    @needs("orders.edit")
    def remark(self, row_id: str) -> Any:
        """Change what the shopper asked for."""
        return self._do(row_id, lambda order_id: attempt(
            change_order_remark, order_id=order_id, remark=text("remark"), key=client_key(),
            done=say("留言已修改，发货单上会显示。", "The remark was changed; the delivery note shows it.")))

    @expose("/<id:row_id>/close/", methods=("POST",))
    @needs("orders.edit")
    def close(self, row_id: str) -> Any:
        """Close an unpaid order."""
        return self._do(row_id, lambda order_id: attempt(
            call_off_order, order_id=order_id, reason=text("reason"), key=client_key(),
            done=lambda state: CALLED_OFF[state]))

    @expose("/<id:row_id>/note/", methods=("POST",))
    @needs("orders.edit")
    def note(self, row_id: str) -> Any:
        """Write something down."""
        return self._do(row_id, lambda order_id: attempt(
            add_order_note, order_id=order_id, text=text("text"), key=client_key(),
            done=say("备注已添加。", "The note was added.")))

    @expose("/<id:row_id>/refund/", methods=("POST",))
    @needs("orders.refund")
    def refund(self, row_id: str) -> Any:
        """Refund lines and freight."""
        return self._do(row_id, lambda order_id: attempt(
            refund_order, order_id=order_id, lines=quantities() if yuan("freight") else chosen(),
            freight_fen=yuan("freight") or 0, reason=needed("reason"),
            restock="restock" in request.form, shipped={"yes": True, "no": False}.get(text("shipped")), key=client_key(),
            done=say("退款已提交，微信处理后到账。", "The refund was asked for; WeChat sends the money.")))

    @expose("/<id:row_id>/parcels/<id:parcel_id>/correct/", methods=("POST",))
    @needs("orders.ship")
    def correct(self, row_id: str, parcel_id: str) -> Any:
        """A number was typed wrong."""
        return self._do(row_id, lambda _: attempt(
            correct_parcel, parcel_id=parcel_id, courier=text("courier"), tracking_number=text("tracking_number"), key=client_key(),
            done=say("单号已更正，会重新上传给微信。", "Corrected; WeChat is told anew.")))

    @expose("/<id:row_id>/parcels/<id:parcel_id>/track/", methods=("POST",))
    @needs("orders.ship")
    def track(self, row_id: str, parcel_id: str) -> Any:
        """Note what is known of a parcel's way."""
        def traces() -> list[tuple[datetime, str]]:
            return [(moment("at") or context().now, text("text"))] if text("text") or not text("state") else []
        return self._do(row_id, lambda _: attempt(
            note_tracking, parcel_id=parcel_id, traces=traces(), state=text("state") or None,
            done=say("物流动态已记录。", "Noted.")))

    @expose("/<id:row_id>/upload/", methods=("POST",))
    @needs("orders.ship")
    def upload(self, row_id: str) -> Any:
        """Have WeChat told once more."""
        return self._do(row_id, lambda order_id: attempt(
            retry_shipping_upload, order_id=order_id, key=client_key(),
            done=say("已重新提交，稍后刷新查看。", "It is tried again.")))

    def _do(self, row_id: str, act: Callable[[str], Any]) -> Any:
        order_id = self.row_or_404(row_id).id
        read_and(lambda: act(order_id))
        return redirect(request.form.get("back") == "list" and self.get_url(".index_view") or
                        self.get_url(".details_view", row_id=row_id), 303)

    # --- printing ---

    @action("print_notes", say("打印发货单", "Print delivery notes"))
    @needs("orders.ship")
    def print_notes(self, ids: list[str]) -> Any:
        """Delivery notes of the chosen orders."""
        return redirect(self.get_url(".print_view", what="notes") + "?" + urlencode({"id": ids}, doseq=True), 303)

    @action("print_picks", say("打印拣货单", "Print pick list"))
    @needs("orders.ship")
    def print_picks(self, ids: list[str]) -> Any:
        """One pick list over the chosen orders."""
        return redirect(self.get_url(".print_view", what="picks") + "?" + urlencode({"id": ids}, doseq=True), 303)

    @expose("/print/<any(notes, picks):what>")
    @needs("orders.ship")
    def print_view(self, what: str) -> Any:
        """A page for paper: delivery notes, or a pick list, of at most 100 orders."""
        orders = orders_to_print(context(), order_ids=[clean(each) for each in request.args.getlist("id")])
        return self.render(f"orders/print_{what}.html", orders=orders, picks=pick_list(orders), now=context().now)

    # --- saved filters ---

    @expose("/filters/save/", methods=("POST",))
    @needs("orders.view")
    def save_filter(self) -> Any:
        """Keep the filter that is in use."""
        known = {name for each in self.filters for name in each.names} | {"q", "sort", "desc"}
        query = {name: value[:100] for name, value in request.form.items() if name in known and value}
        attempt(save_order_filter, name=text("filter_name"), query=query, done=say("筛选已保存。", "The filter was saved."))
        return redirect(self.get_url(".index_view", **query), 303)

    @expose("/filters/remove/", methods=("POST",))
    @needs("orders.view")
    def remove_filter(self) -> Any:
        """Forget a saved filter."""
        attempt(remove_order_filter, name=text("filter_name"), done=say("筛选已删除。", "The filter was removed."))
        return redirect(self.get_url(".index_view"), 303)


def unbroken(row: Any) -> Markup:
    """An order's number on one line."""
    return Markup('<span class="nowrap">{}</span>').format(row.number)


def receiver(row: Any) -> Markup:
    """Who gets an order, masked; the number on one line."""
    address = json.loads(row.ship_to)
    return Markup('{} <span class="nowrap">{}</span>').format(mask_name(address["name"]), mask_phone(address["phone"]))


def region() -> str:
    """The district's code: as the page's own script sends it, or found by the names that people wrote."""
    return text("region") if names_of(text("region")) else code_of(text("region"))


def couriers() -> list[tuple[str, str]]:
    """Code and name of each courier, those most used first."""
    return [(code, each.en if language() == "en" else each.zh) for code, each in COURIERS.items()]
