"""Routes of after-sales: what may be asked now, asking, and what becomes of it."""

from typing import Any

from flask import Response
from marshmallow import fields

from backend.aftersales.refusals import (
    AMOUNT,
    KIND_NOT_NOW,
    LINE_IN_CASE,
    LINE_REFUSED_TWICE,
    LINE_UNKNOWN,
    NOT_NOW,
    NOTHING_ASKED,
    ORDER_NOT_NOW,
    PARCEL,
    QUANTITY_LEFT,
    REASON_UNKNOWN,
    TEXT_NEEDED,
    TOO_MANY_PICTURES,
    UNSHIPPED_WHOLE,
    WINDOW_OVER,
)
from backend.infra.once import ClientKey
from backend.queries.aftersales import aftersale_list, aftersale_options, aftersale_page
from backend.uploads.refusals import PICTURE_NOT_FOUND
from backend.usecases.ask_aftersale import Asked, ask_aftersale
from backend.usecases.cancel_aftersale import cancel_aftersale
from backend.usecases.send_return_parcel import send_return_parcel
from miniprogram_api.auth import context, shopper_only
from miniprogram_api.door import Door, refuses
from miniprogram_api.errors import language
from miniprogram_api.fields import Choice, Fen, Input, Instant, Output, PublicId, QueryWhole, Whole, Words
from miniprogram_api.idempotency import keyed
from miniprogram_api.strict_json import ready

blp = Door("aftersales", "After-sales: refund only, or return and refund, by line.")

KINDS = ("refund_only", "return_and_refund")
STATES = ("asked", "approved", "returning", "refunding", "refund_failed", "refunded", "refused", "cancelled", "lapsed")
REASONS = ("changed_mind", "wrong_choice", "too_slow", "not_arrived", "missing", "damaged", "quality", "not_as_described",
           "wrong_goods", "other")
ACTIONS = ("cancel", "send_parcel", "correct_parcel", "ask_again", "complain")
STAGES = ("before", "kept", "returned")
PICTURE_KEY = r"^[0-9a-f]{32}(\.[a-z0-9]{1,8})?$"


class AskedLineIn(Input):
    order_line_id = PublicId(required=True)
    quantity = Whole(1, 999_999, required=True)
    amount_fen = Fen(metadata={"description": "Absent: what the units are worth. Less is a compensation; never more."})


class AftersaleIn(Input):
    kind = Choice(*KINDS, required=True)
    reason = Choice(*REASONS, required=True)
    words = Words(0, 500, load_default="", metadata={"description": "What happened; mandatory with the reason `other`."})
    pictures = fields.List(Words(1, 64, PICTURE_KEY), load_default=list, metadata={
        "description": "Keys of the shopper's own uploads for `aftersale`.", "maxItems": 9})
    lines = fields.List(fields.Nested(AskedLineIn), required=True, metadata={"maxItems": 1000})


class AskedOut(Output):
    id = fields.String(required=True)
    number = fields.String(required=True)


class AftersalesQuery(Input):
    state = Choice("open", "ended")
    after = PublicId()
    limit = QueryWhole(1, 100, load_default=20)


class CaseLineOut(Output):
    order_line_id = fields.String(required=True)
    title = fields.String(required=True)
    options = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    picture = fields.String(required=True, allow_none=True)
    price_fen = Fen(required=True)
    quantity = fields.Integer(required=True)
    asked_fen = Fen(required=True)
    given_fen = Fen(required=True, allow_none=True)


class CaseOut(Output):
    id = fields.String(required=True)
    number = fields.String(required=True)
    order_id = fields.String(required=True)
    order_number = fields.String(required=True)
    kind = Choice(*KINDS, required=True)
    kind_text = fields.String(required=True)
    state = Choice(*STATES, required=True)
    state_text = fields.String(required=True)
    next_text = fields.String(required=True, metadata={"description": "What can be done now and by when, for people."})
    due_at = Instant(required=True, allow_none=True, metadata={"description": "The deadline of whoever's turn it is."})
    allowed = fields.List(Choice(*ACTIONS), required=True)
    lines = fields.List(fields.Nested(CaseLineOut), required=True)
    asked_fen = Fen(required=True)
    given_fen = Fen(required=True, allow_none=True)
    freight_fen = Fen(required=True)
    asked_at = Instant(required=True)


class CasesOut(Output):
    items = fields.List(fields.Nested(CaseOut), required=True)
    next = fields.String(required=True, allow_none=True)


class ReturnToOut(Output):
    name = fields.String(required=True)
    phone = fields.String(required=True)
    address = fields.String(required=True)


class CaseRefundOut(Output):
    id = fields.String(required=True)
    state = Choice("asked", "sent", "succeeded", "abnormal", "closed", required=True)
    amount_fen = Fen(required=True)
    ended_at = Instant(required=True, allow_none=True)


class CaseMoveOut(Output):
    state = Choice(*STATES, required=True)
    state_text = fields.String(required=True)
    at = Instant(required=True)


class WholeCaseOut(CaseOut):
    reason = Choice(*REASONS, required=True)
    reason_text = fields.String(required=True)
    words = fields.String(required=True)
    pictures = fields.List(fields.String(), required=True)
    answer = fields.String(required=True, metadata={"description": "What the shop says to it."})
    answer_pictures = fields.List(fields.String(), required=True, metadata={
        "description": "What the shop shows: GET /evidence/{key}."})
    return_to = fields.Nested(ReturnToOut, required=True, allow_none=True)
    courier = fields.String(required=True, allow_none=True)
    tracking_number = fields.String(required=True, allow_none=True)
    refund = fields.Nested(CaseRefundOut, required=True, allow_none=True)
    history = fields.List(fields.Nested(CaseMoveOut), required=True)


class WhyNotOut(Output):
    code = fields.String(required=True)
    text = fields.String(required=True)


class LineOptionOut(Output):
    order_line_id = fields.String(required=True)
    title = fields.String(required=True)
    options = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    picture = fields.String(required=True, allow_none=True)
    price_fen = Fen(required=True)
    left = fields.Integer(required=True, metadata={"description": "Units that may be asked for."})
    unshipped = fields.Integer(required=True, metadata={"description": "Of these, units that have not left: refund only, whole."})
    returnable = fields.Integer(required=True, metadata={"description": "Of these, units that may be sent back."})
    worth_fen = Fen(required=True, metadata={"description": "What all units left are worth: the most that can be asked."})
    kinds = fields.List(Choice(*KINDS), required=True)
    why_not = fields.Nested(WhyNotOut, required=True, allow_none=True)


class KindOptionOut(Output):
    code = Choice(*KINDS, required=True)
    text = fields.String(required=True)


class ReasonOptionOut(Output):
    code = Choice(*REASONS, required=True)
    text = fields.String(required=True)
    when = fields.List(Choice(*STAGES), required=True, metadata={
        "description": "before: nothing of it has left. kept: refund only. returned: return and refund."})


class OptionsOut(Output):
    lines = fields.List(fields.Nested(LineOptionOut), required=True)
    until = Instant(required=True, allow_none=True, metadata={"description": "Null while the goods have not been received."})
    freight_left_fen = Fen(required=True, metadata={"description": "Goes back with a whole unshipped order."})
    kinds = fields.List(fields.Nested(KindOptionOut), required=True)
    reasons = fields.List(fields.Nested(ReasonOptionOut), required=True)


class ParcelIn(Input):
    courier = Words(1, 32, required=True)
    tracking_number = Words(6, 60, required=True)


@blp.route("/orders/<id:order_id>/aftersales/options", methods=["GET"])
@blp.response(200, OptionsOut)
@shopper_only
def get_aftersale_options(order_id: str) -> Response:
    """What may be asked of an order now

    Line by line: how many units, for how much at most, by which kinds – or why not.
    """
    return ready(aftersale_options(context(), order_id=order_id, language=language()))


@blp.route("/orders/<id:order_id>/aftersales", methods=["POST"])
@blp.arguments(AftersaleIn)
@blp.response(201, AskedOut)
@refuses(ORDER_NOT_NOW, WINDOW_OVER, LINE_IN_CASE, LINE_REFUSED_TWICE, NOTHING_ASKED, LINE_UNKNOWN, KIND_NOT_NOW, QUANTITY_LEFT,
         AMOUNT, UNSHIPPED_WHOLE, REASON_UNKNOWN, TEXT_NEEDED, TOO_MANY_PICTURES, PICTURE_NOT_FOUND)
@keyed
@shopper_only
def ask(body: dict[str, Any], order_id: str, key: ClientKey) -> Response:
    """Ask for money back

    With or without sending the goods. What the shop does not answer in time is granted by itself.
    """
    lines = [Asked(line["order_line_id"], line["quantity"], line.get("amount_fen")) for line in body["lines"]]
    return ready(ask_aftersale(context(), order_id=order_id, kind=body["kind"], reason=body["reason"], words=body["words"],
                               pictures=body["pictures"], lines=lines, key=key), 201)


@blp.route("/aftersales", methods=["GET"])
@blp.arguments(AftersalesQuery, location="query")
@blp.response(200, CasesOut)
@shopper_only
def list_aftersales(query: dict[str, Any]) -> Response:
    """One's own cases, newest first"""
    return ready(aftersale_list(context(), state=query.get("state"), after=query.get("after"), limit=query["limit"],
                                language=language()))


@blp.route("/aftersales/<id:aftersale_id>", methods=["GET"])
@blp.response(200, WholeCaseOut)
@shopper_only
def get_aftersale(aftersale_id: str) -> Response:
    """One case, whole

    With its history, its refund, where to send the goods, and what can be done now and by when.
    """
    return ready(aftersale_page(context(), aftersale_id=aftersale_id, language=language()))


@blp.route("/aftersales/<id:aftersale_id>/cancel", methods=["POST"])
@blp.response(200, WholeCaseOut)
@refuses(NOT_NOW)
@shopper_only
def cancel_case(aftersale_id: str) -> Response:
    """Withdraw a case

    Before a parcel or money is on its way. Answers the case as it stands then.
    """
    cancel_aftersale(context(), aftersale_id=aftersale_id)
    return ready(aftersale_page(context(), aftersale_id=aftersale_id, language=language()))


@blp.route("/aftersales/<id:aftersale_id>/parcel", methods=["POST"])
@blp.arguments(ParcelIn)
@blp.response(200, WholeCaseOut)
@refuses(NOT_NOW, PARCEL)
@shopper_only
def send_parcel(body: dict[str, Any], aftersale_id: str) -> Response:
    """Say how the goods come back

    Courier and tracking number of an approved return; again to correct them. Answers the case as it stands then.
    """
    send_return_parcel(context(), aftersale_id=aftersale_id, courier=body["courier"], tracking_number=body["tracking_number"])
    return ready(aftersale_page(context(), aftersale_id=aftersale_id, language=language()))
