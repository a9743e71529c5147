"""Routes of complaint tickets: opening, reading, writing, closing and opening again."""

from typing import Any

from flask import Response
from marshmallow import fields

from backend.infra.once import ClientKey
from backend.queries.tickets import ticket_list, ticket_page
from backend.tickets.refusals import ABOUT, CATEGORY, NOT_CLOSED, NOT_NOW, PICTURES, REOPEN_OVER, TEXT, TOO_LONG, TOO_MANY
from backend.uploads.refusals import PICTURE_NOT_FOUND
from backend.usecases.close_ticket import close_ticket
from backend.usecases.open_ticket import open_ticket
from backend.usecases.reopen_ticket import reopen_ticket
from backend.usecases.write_ticket import write_ticket
from miniprogram_api.auth import context, shopper_only
from miniprogram_api.door import Door, refuses
from miniprogram_api.errors import language
from miniprogram_api.fields import Choice, Input, Instant, Output, PublicId, QueryWhole, Words
from miniprogram_api.idempotency import keyed
from miniprogram_api.strict_json import ready

blp = Door("tickets", "Complaints: a named person answers in time.")

CATEGORIES = ("goods", "delivery", "aftersale", "leader", "price", "privacy", "other")
STATES = ("open", "answered", "waiting", "closed")
OUTCOMES = ("solved", "compensated", "explained", "not_ours", "settled", "no_reply")
PICTURE_KEY = r"^[0-9a-f]{32}(\.[a-z0-9]{1,8})?$"


def _pictures() -> fields.List:
    return fields.List(Words(1, 64, PICTURE_KEY), load_default=list, metadata={
        "description": "Keys of the shopper's own uploads for `ticket`.", "maxItems": 9})


class TicketIn(Input):
    category = Choice(*CATEGORIES, required=True)
    words = Words(1, 1000, required=True)
    pictures = _pictures()
    order_id = PublicId()
    order_line_id = PublicId(metadata={"description": "With `order_id` only."})


class OpenedOut(Output):
    id = fields.String(required=True)
    number = fields.String(required=True)


class TicketsQuery(Input):
    state = Choice("open", "closed")
    after = PublicId()
    limit = QueryWhole(1, 100, load_default=20)


class OutcomeOut(Output):
    code = Choice(*OUTCOMES, required=True)
    text = fields.String(required=True)
    words = fields.String(required=True)


class TicketOut(Output):
    id = fields.String(required=True)
    number = fields.String(required=True)
    category = Choice(*CATEGORIES, required=True)
    category_text = fields.String(required=True)
    state = Choice(*STATES, required=True)
    state_text = fields.String(required=True)
    next_text = fields.String(required=True, metadata={"description": "What can be done now and by when, for people."})
    allowed = fields.List(Choice("write", "settle", "reopen"), required=True)
    due_at = Instant(required=True, allow_none=True, metadata={"description": "When the shop must have answered."})
    words = fields.String(required=True, metadata={"description": "What it began with."})
    order_id = fields.String(required=True, allow_none=True)
    order_number = fields.String(required=True, allow_none=True)
    order_line_id = fields.String(required=True, allow_none=True)
    owner = fields.String(required=True, allow_none=True, metadata={"description": "The name of whoever answers."})
    opened_at = Instant(required=True)
    closed_at = Instant(required=True, allow_none=True)
    outcome = fields.Nested(OutcomeOut, required=True, allow_none=True)


class TicketsOut(Output):
    items = fields.List(fields.Nested(TicketOut), required=True)
    next = fields.String(required=True, allow_none=True)


class MessageOut(Output):
    side = Choice("member", "staff", required=True)
    words = fields.String(required=True)
    pictures = fields.List(fields.String(), required=True)
    at = Instant(required=True)


class WholeTicketOut(TicketOut):
    messages = fields.List(fields.Nested(MessageOut), required=True)


class MessageIn(Input):
    words = Words(1, 1000, required=True)
    pictures = _pictures()


class ReopenIn(Input):
    words = Words(1, 1000, required=True)


def whole(ticket_id: str, status: int = 200) -> Response:
    """The ticket as it stands now."""
    return ready(ticket_page(context(), ticket_id=ticket_id, language=language()), status)


@blp.route("/tickets", methods=["POST"])
@blp.arguments(TicketIn)
@blp.response(201, OpenedOut)
@refuses(CATEGORY, TEXT, PICTURES, PICTURE_NOT_FOUND, ABOUT, TOO_MANY)
@keyed
@shopper_only
def open_one(body: dict[str, Any], key: ClientKey) -> Response:
    """Complain

    About the shop, an order or a line of it. A named person answers in time.
    """
    return ready(open_ticket(context(), category=body["category"], words=body["words"], pictures=body["pictures"],
                             order_id=body.get("order_id"), order_line_id=body.get("order_line_id"), key=key), 201)


@blp.route("/tickets", methods=["GET"])
@blp.arguments(TicketsQuery, location="query")
@blp.response(200, TicketsOut)
@shopper_only
def list_tickets(query: dict[str, Any]) -> Response:
    """One's own tickets, newest first"""
    return ready(ticket_list(context(), state=query.get("state"), after=query.get("after"), limit=query["limit"],
                             language=language()))


@blp.route("/tickets/<id:ticket_id>", methods=["GET"])
@blp.response(200, WholeTicketOut)
@shopper_only
def get_ticket(ticket_id: str) -> Response:
    """One ticket with its thread"""
    return whole(ticket_id)


@blp.route("/tickets/<id:ticket_id>/messages", methods=["POST"])
@blp.arguments(MessageIn)
@blp.response(201, WholeTicketOut)
@refuses(TEXT, PICTURES, PICTURE_NOT_FOUND, NOT_NOW, TOO_LONG)
@keyed
@shopper_only
def write(body: dict[str, Any], ticket_id: str, key: ClientKey) -> Response:
    """Write into a ticket"""
    write_ticket(context(), ticket_id=ticket_id, words=body["words"], pictures=body["pictures"], key=key)
    return whole(ticket_id, 201)


@blp.route("/tickets/<id:ticket_id>/close", methods=["POST"])
@blp.response(200, WholeTicketOut)
@shopper_only
def settle(ticket_id: str) -> Response:
    """Say that it is settled

    It can be opened again for a week.
    """
    close_ticket(context(), ticket_id=ticket_id)
    return whole(ticket_id)


@blp.route("/tickets/<id:ticket_id>/reopen", methods=["POST"])
@blp.arguments(ReopenIn)
@blp.response(201, WholeTicketOut)
@refuses(TEXT, NOT_CLOSED, REOPEN_OVER, TOO_LONG)
@keyed
@shopper_only
def reopen(body: dict[str, Any], ticket_id: str, key: ClientKey) -> Response:
    """Open a closed ticket again

    Within a week, because it was not settled after all.
    """
    reopen_ticket(context(), ticket_id=ticket_id, words=body["words"], key=key)
    return whole(ticket_id, 201)
