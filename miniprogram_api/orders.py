"""Routes of checkout, orders and paying."""

from typing import Any

from flask import Response
from marshmallow import fields

from backend.carts.refusals import CART_FULL
from backend.catalog.refusals import GOODS_COURIER_ONLY, GOODS_PICKUP_ONLY, NO_DELIVERY_TOGETHER
from backend.fulfilment.refusals import DELIVERY_MIXED
from backend.infra.once import ClientKey
from backend.members.refusals import ADDRESS_NOT_FOUND, PHONE, RECEIVER_NAME
from backend.orders.refusals import (
    NOT_FOR_SALE,
    NOT_NOW,
    NOTHING_TO_ORDER,
    PAY_TIME_OVER,
    QUANTITY,
    TOO_MANY_LINES,
    TOO_MANY_UNPAID,
)
from backend.payments.refusals import ALREADY_PAID, PAYMENT_REFUSED
from backend.pickups.refusals import CONTACT_NEEDED, POINT_NOT_FOUND
from backend.promotions.refusals import ORDER_TOO_LARGE, TOTAL_MOVED
from backend.queries.checkout import preview
from backend.queries.orders import order_list, order_page
from backend.stock.refusals import OUT_OF_STOCK
from backend.usecases.buy_again import buy_again
from backend.usecases.cancel_order import cancel_order
from backend.usecases.check_order_payment import check_order_payment
from backend.usecases.confirm_receipt import confirm_receipt
from backend.usecases.place_order import place_order
from backend.usecases.start_payment import start_payment
from miniprogram_api.auth import context, shopper_only
from miniprogram_api.door import Door, refuses
from miniprogram_api.errors import language
from miniprogram_api.fields import NOT_BLANK, Choice, Deliveries, Fen, Input, Instant, Output, PublicId, QueryWhole, Whole, Words
from miniprogram_api.idempotency import keyed
from miniprogram_api.pickup import PointOut
from miniprogram_api.strict_json import ready

blp = Door("orders", "Checkout, orders and paying.")

MAX_LINES, MAX_QUANTITY = 1000, 999_999
"""For the document; the use case decides."""
DELIVERIES = ("courier", "pickup")
ACTIONS = ("pay", "cancel", "show_code", "confirm_receipt", "track", "review", "buy_again", "ask_aftersale")
"""What the shopper may do with an order now."""
STATES = ("unpaid", "closing", "closed", "paid", "shipped", "completed", "refunded")


class ItemIn(Input):
    sku_id = PublicId(required=True)
    quantity = Whole(1, MAX_QUANTITY, required=True)


class PreviewIn(Input):
    items = fields.List(fields.Nested(ItemIn), metadata={"description": "Absent: the selected lines of the cart.",
                                                         "maxItems": MAX_LINES})
    delivery = Choice(*DELIVERIES, metadata={
        "description": "Pick-up costs no freight. Absent: the first way that all of the goods allow."})
    address_id = PublicId()
    point_id = PublicId(metadata={"description": "With `pickup` only."})


class ContactIn(Input):
    name = Words(1, 30, NOT_BLANK, required=True, metadata={"example": "王小满"})
    phone = Words(7, 30, r"^[0-9+() -]+$", required=True, metadata={"example": "13800138000"})


class OrderIn(Input):
    items = fields.List(fields.Nested(ItemIn), metadata={"description": "Absent: the selected lines of the cart.",
                                                         "maxItems": MAX_LINES})
    delivery = Choice(*DELIVERIES, load_default="courier")
    address_id = PublicId(metadata={"description": "Where to with a courier. With `pickup` and no `contact`: its name and phone."})
    point_id = PublicId(metadata={"description": "Where it is fetched; with `pickup` only, and needed there."})
    contact = fields.Nested(ContactIn, metadata={"description": "Who fetches it; with `pickup` only."})
    remark = Words(0, 200, load_default="")
    shown_total_fen = Fen(required=True, metadata={"description": "The total that the shopper saw; only compared."})


class ReasonOut(Output):
    code = fields.String(required=True)
    amount_fen = fields.Integer(required=True)
    text = fields.String(required=True)


class QuoteLineOut(Output):
    sku_id = fields.String(required=True)
    product_id = fields.String(required=True)
    title = fields.String(required=True)
    options = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    picture = fields.String(required=True, allow_none=True)
    deliveries = Deliveries()
    quantity = fields.Integer(required=True)
    price_fen = Fen(required=True)
    amount_fen = Fen(required=True)
    discount_fen = Fen(required=True)
    payable_fen = Fen(required=True)
    explanation = fields.List(fields.Nested(ReasonOut), required=True)


class QuoteOut(Output):
    delivery = Choice(*DELIVERIES, required=True, metadata={"description": "The way that this quote is for."})
    deliveries = Deliveries("All ways in which these goods can be had together.")
    lines = fields.List(fields.Nested(QuoteLineOut), required=True)
    goods_fen = Fen(required=True)
    discount_fen = Fen(required=True)
    freight_fen = Fen(required=True)
    total_fen = Fen(required=True)
    explanation = fields.List(fields.Nested(ReasonOut), required=True)


class PlacedOut(Output):
    id = fields.String(required=True)
    number = fields.String(required=True)
    total_fen = Fen(required=True)
    placed_at = Instant(required=True)
    pay_before = Instant(required=True)


class ListQuery(Input):
    state = Choice(*STATES)
    after = PublicId()
    limit = QueryWhole(1, 100, load_default=20)


class FirstLineOut(Output):
    title = fields.String(required=True)
    options = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    picture = fields.String(required=True, allow_none=True)
    quantity = fields.Integer(required=True)
    price_fen = Fen(required=True)


class ListedOut(Output):
    id = fields.String(required=True)
    number = fields.String(required=True)
    state = Choice(*STATES, required=True)
    state_text = fields.String(required=True)
    delivery = Choice(*DELIVERIES, required=True)
    allowed = fields.List(Choice(*ACTIONS), required=True)
    line_count = fields.Integer(required=True)
    lines = fields.List(fields.Nested(FirstLineOut), required=True)
    total_fen = Fen(required=True)
    refunded_fen = Fen(required=True)
    placed_at = Instant(required=True)
    pay_before = Instant(required=True)


class ListOut(Output):
    items = fields.List(fields.Nested(ListedOut), required=True)
    next = fields.String(required=True, allow_none=True)


class AddressOut(Output):
    name = fields.String(required=True)
    phone = fields.String(required=True)
    region_code = fields.String(required=True)
    province = fields.String(required=True)
    city = fields.String(required=True)
    district = fields.String(required=True)
    detail = fields.String(required=True)


class PickupOut(Output):
    point_name = fields.String(required=True, metadata={"description": "As it was when the order was placed."})
    point = fields.Nested(PointOut, required=True, metadata={"description": "The point as it is now."})
    code = fields.String(required=True, allow_none=True, metadata={"description": "While the order can be fetched."})
    code_text = fields.String(required=True, allow_none=True, metadata={"description": "In halves, to read aloud."})
    ready_at = Instant(required=True, allow_none=True, metadata={"description": "When the goods arrived at the point."})
    handed_over_at = Instant(required=True, allow_none=True)


class LineOut(FirstLineOut):
    id = fields.String(required=True)
    product_id = fields.String(required=True)
    sku_id = fields.String(required=True)
    sku_code = fields.String(required=True)
    amount_fen = Fen(required=True)
    discount_fen = Fen(required=True)
    payable_fen = Fen(required=True)
    shipped_qty = fields.Integer(required=True)
    refund_qty = fields.Integer(required=True)
    refund_fen = Fen(required=True)
    review_id = fields.String(required=True, allow_none=True)


class ParcelLineOut(Output):
    order_line_id = fields.String(required=True)
    quantity = fields.Integer(required=True)


class TraceOut(Output):
    at = Instant(required=True)
    text = fields.String(required=True)


class ParcelOut(Output):
    id = fields.String(required=True)
    number = fields.Integer(required=True, metadata={"description": "1 for the parcel that left first."})
    courier = fields.String(required=True, metadata={"description": "WeChat's code of the courier."})
    courier_text = fields.String(required=True)
    tracking_number = fields.String(required=True)
    state = Choice("underway", "delivered", "returned", required=True)
    state_text = fields.String(required=True)
    shipped_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)
    lines = fields.List(fields.Nested(ParcelLineOut), required=True)
    traces = fields.List(fields.Nested(TraceOut), required=True, metadata={"description": "Newest first."})


class AddedOut(Output):
    added = fields.Integer(required=True, metadata={"description": "How many of the order's lines are in the cart now."})
    gone = fields.List(fields.String(), required=True, metadata={"description": "SKUs that are not for sale any more."})


class MoveOut(Output):
    state = Choice(*STATES, required=True)
    state_text = fields.String(required=True)
    at = Instant(required=True)


class RefundOut(Output):
    id = fields.String(required=True)
    state = Choice("asked", "sent", "succeeded", "abnormal", "closed", required=True)
    amount_fen = Fen(required=True)
    asked_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)
    reason = fields.String(required=True)


class OrderOut(Output):
    id = fields.String(required=True)
    number = fields.String(required=True)
    state = Choice(*STATES, required=True)
    state_text = fields.String(required=True)
    allowed = fields.List(Choice(*ACTIONS), required=True)
    hint = fields.String(required=True, metadata={"description": "What the shopper can do now, in a sentence."})
    goods_fen = Fen(required=True)
    discount_fen = Fen(required=True)
    freight_fen = Fen(required=True)
    total_fen = Fen(required=True)
    paid_fen = Fen(required=True)
    refunded_fen = Fen(required=True)
    explanation = fields.List(fields.Nested(ReasonOut), required=True)
    delivery = Choice(*DELIVERIES, required=True)
    address = fields.Nested(AddressOut, required=True, metadata={
        "description": "Who gets it, and where; for pick-up the point's address as it was when the order was placed."})
    pickup = fields.Nested(PickupOut, required=True, allow_none=True)
    remark = fields.String(required=True)
    placed_at = Instant(required=True)
    pay_before = Instant(required=True)
    paid_at = Instant(required=True, allow_none=True)
    shipped_at = Instant(required=True, allow_none=True)
    receive_by = Instant(required=True, allow_none=True, metadata={"description": "When receipt is confirmed by itself."})
    completed_at = Instant(required=True, allow_none=True)
    closed_at = Instant(required=True, allow_none=True)
    close_reason = fields.String(required=True, allow_none=True)
    lines = fields.List(fields.Nested(LineOut), required=True)
    parcels = fields.List(fields.Nested(ParcelOut), required=True)
    history = fields.List(fields.Nested(MoveOut), required=True)
    refunds = fields.List(fields.Nested(RefundOut), required=True)


class CancelIn(Input):
    reason = Words(0, 100, load_default="")


class StateOut(Output):
    state = Choice(*STATES, required=True)


class ParamsOut(Output):
    appId = fields.String(required=True)
    timeStamp = fields.String(required=True)
    nonceStr = fields.String(required=True)
    package = fields.String(required=True)
    signType = fields.String(required=True)
    paySign = fields.String(required=True)


class PaymentOut(Output):
    payment_id = fields.String(required=True)
    params = fields.Nested(ParamsOut, required=True, metadata={"description": "Hand these to wx.requestPayment as they are."})


def wanted(items: list[dict[str, Any]] | None) -> list[tuple[str, int]] | None:
    """The wanted (sku id, quantity) of a body, or None for the cart."""
    return None if items is None else [(item["sku_id"], item["quantity"]) for item in items]


@blp.route("/checkout/preview", methods=["POST"])
@blp.arguments(PreviewIn)
@blp.response(200, QuoteOut)
@refuses(NOTHING_TO_ORDER, NOT_FOR_SALE, TOO_MANY_LINES, QUANTITY, ORDER_TOO_LARGE, ADDRESS_NOT_FOUND, POINT_NOT_FOUND,
         DELIVERY_MIXED, GOODS_COURIER_ONLY, GOODS_PICKUP_ONLY, NO_DELIVERY_TOGETHER)
@shopper_only
def preview_checkout(body: dict[str, Any]) -> Response:
    """What an order would cost now

    Line by line, with the reason of every amount. Nothing is reserved.
    """
    return ready(preview(context(), items=wanted(body.get("items")), address_id=body.get("address_id"),
                         delivery=body.get("delivery"), point_id=body.get("point_id"), language=language()))


@blp.route("/orders", methods=["POST"])
@blp.arguments(OrderIn)
@blp.response(201, PlacedOut)
@refuses(NOTHING_TO_ORDER, NOT_FOR_SALE, TOO_MANY_LINES, QUANTITY, ORDER_TOO_LARGE, TOTAL_MOVED, OUT_OF_STOCK, TOO_MANY_UNPAID,
         ADDRESS_NOT_FOUND, POINT_NOT_FOUND, CONTACT_NEEDED, DELIVERY_MIXED, RECEIVER_NAME, PHONE, GOODS_COURIER_ONLY,
         GOODS_PICKUP_ONLY, NO_DELIVERY_TOGETHER)
@keyed
@shopper_only
def place(body: dict[str, Any], key: ClientKey) -> Response:
    """Place an order

    Of the given items ("buy now"), or of the selected lines of the cart. Its stock is reserved until it is paid or closes.
    By courier to one of one's addresses, or to be fetched at a pick-up point.
    """
    contact = body.get("contact")
    return ready(place_order(context(), items=wanted(body.get("items")), address_id=body.get("address_id"), remark=body["remark"],
                             delivery=body["delivery"], point_id=body.get("point_id"),
                             contact=contact and (contact["name"], contact["phone"]),
                             shown_total_fen=body["shown_total_fen"], key=key), 201)


@blp.route("/orders", methods=["GET"])
@blp.arguments(ListQuery, location="query")
@blp.response(200, ListOut)
@shopper_only
def list_orders(query: dict[str, Any]) -> Response:
    """One's own orders, newest first"""
    return ready(order_list(context(), state=query.get("state"), after=query.get("after"), limit=query["limit"],
                            language=language()))


@blp.route("/orders/<id:order_id>", methods=["GET"])
@blp.response(200, OrderOut)
@shopper_only
def get_order(order_id: str) -> Response:
    """One order, whole

    With its lines, amounts, history and refunds, and what can be done with it now.
    """
    return ready(order_page(context(), order_id=order_id, language=language()))


@blp.route("/orders/<id:order_id>/cancel", methods=["POST"])
@blp.arguments(CancelIn)
@blp.response(200, StateOut)
@refuses(NOT_NOW)
@keyed
@shopper_only
def cancel(body: dict[str, Any], order_id: str, key: ClientKey) -> Response:
    """Give an unpaid order up

    `closing` until WeChat confirms that nothing was paid, then `closed`. A payment that was quicker still counts.
    """
    return ready({"state": cancel_order(context(), order_id=order_id, reason=body["reason"], key=key)})


@blp.route("/orders/<id:order_id>/receipt", methods=["POST"])
@blp.response(200, StateOut)
@refuses(NOT_NOW)
@keyed
@shopper_only
def confirm(order_id: str, key: ClientKey) -> Response:
    """Confirm that the goods came

    Once all of it has left. Without it the order completes by itself at `receive_by`.
    """
    return ready({"state": confirm_receipt(context(), order_id=order_id, key=key)})


@blp.route("/orders/<id:order_id>/buy-again", methods=["POST"])
@blp.response(200, AddedOut)
@refuses(NOT_FOR_SALE, CART_FULL)
@keyed
@shopper_only
def buy_once_more(order_id: str, key: ClientKey) -> Response:
    """Put the order's goods into the cart

    As many as it held, at today's prices; what is not for sale any more is named and left out.
    """
    return ready(buy_again(context(), order_id=order_id, key=key))


@blp.route("/orders/<id:order_id>/payment", methods=["POST"])
@blp.response(201, PaymentOut)
@refuses(NOT_NOW, PAY_TIME_OVER, ALREADY_PAID, PAYMENT_REFUSED)
@keyed
@shopper_only
def pay(order_id: str, key: ClientKey) -> Response:
    """Start paying, or go on with it

    The parameters with which the phone opens the cashier; the same ones while the attempt is open.
    """
    return ready(start_payment(context(), order_id=order_id, key=key), 201)


@blp.route("/orders/<id:order_id>/payment/check", methods=["POST"])
@blp.response(200, StateOut)
@shopper_only
def check_payment(order_id: str) -> Response:
    """Ask WeChat whether it was paid

    Call it when the cashier says so. Answers the order's state afterwards.
    """
    return ready({"state": check_order_payment(context(), order_id=order_id)})
