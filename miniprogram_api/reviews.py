"""Routes of reviews: read by everybody, written by whoever received the goods."""

from typing import Any

from flask import Response
from marshmallow import fields

from backend.infra.once import ClientKey
from backend.kernel.errors import NOT_FOUND
from backend.queries.reviews import my_reviews, product_reviews
from backend.reviews.refusals import (
    ANSWERED,
    FOLLOWED_UP,
    HIDDEN_NOW,
    NOT_RECEIVED,
    NOT_SHOWN_YET,
    REUSE_VERSION,
    REVIEW_EMPTY,
    REVIEW_PICTURES,
    REVIEW_TEXT,
    REVIEWED,
    STARS,
    TOO_LATE,
    TOO_MANY_EDITS,
)
from backend.uploads.refusals import PICTURE_NOT_FOUND
from backend.usecases.add_follow_up import add_follow_up
from backend.usecases.change_reuse import change_reuse
from backend.usecases.edit_review import edit_review
from backend.usecases.write_review import write_review
from miniprogram_api.auth import context, public, shopper_only
from miniprogram_api.cached import answers_kept, kept
from miniprogram_api.door import Door, refuses
from miniprogram_api.errors import language
from miniprogram_api.fields import Choice, Input, Instant, Output, PublicId, QueryWhole, Whole, Words, YesNo
from miniprogram_api.idempotency import keyed
from miniprogram_api.strict_json import ready

blp = Door("reviews", "What shoppers say about goods that they received.")

KEY = r"^[0-9a-f]{32}(\.[a-z0-9]{1,8})?$"
STATES = ("checking", "shown", "held", "rejected", "hidden")


def PictureKeys() -> fields.List:
    return fields.List(Words(32, 41, KEY), load_default=list, metadata={
        "description": "Keys of one's own pictures, sent with purpose `review`.", "maxItems": 9})


class ReuseIn(Input):
    version = Words(1, 32, r"^[A-Za-z0-9.-]+$", required=True, metadata={"description": "Of the text that the author agreed to."})
    credit = YesNo(load_default=False, metadata={"description": "With their name."})


class ContentIn(Input):
    stars = Whole(1, 5, required=True)
    service_stars = Whole(1, 5, required=True)
    text = Words(0, 1000, load_default="", metadata={"description": "At most 500 characters once cleaned."})
    pictures = PictureKeys()
    anonymous = YesNo(load_default=False)


class ReviewIn(ContentIn):
    reuse = fields.Nested(ReuseIn, load_default=None, allow_none=True, metadata={
        "description": "Absent or null: it must not be used elsewhere."})


class FollowUpIn(Input):
    text = Words(0, 1000, load_default="")
    pictures = PictureKeys()


class ReuseWordIn(Input):
    version = Words(1, 32, r"^[A-Za-z0-9.-]+$", required=True)
    granted = YesNo(required=True)
    credit = YesNo(load_default=False)


class IdOut(Output):
    id = fields.String(required=True)


class ReviewsQuery(Input):
    stars = QueryWhole(1, 5)
    with_pictures = QueryWhole(0, 1, load_default=0, metadata={"description": "1: only those with pictures."})
    after = PublicId()
    limit = QueryWhole(1, 50, load_default=20)


class MineQuery(Input):
    after = PublicId()
    limit = QueryWhole(1, 50, load_default=20)


class ReplyOut(Output):
    text = fields.String(required=True)
    written_at = Instant(required=True)


class FollowUpOut(ReplyOut):
    pictures = fields.List(fields.String(), required=True)


class ShownOut(Output):
    id = fields.String(required=True)
    author = fields.String(required=True)
    avatar = fields.String(required=True, allow_none=True)
    stars = fields.Integer(required=True)
    service_stars = fields.Integer(required=True)
    text = fields.String(required=True)
    pictures = fields.List(fields.String(), required=True)
    options = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    written_at = Instant(required=True)
    edited = fields.Boolean(required=True)
    follow_up = fields.Nested(FollowUpOut, required=True, allow_none=True)
    reply = fields.Nested(ReplyOut, required=True, allow_none=True)


class ReviewsOut(Output):
    count = fields.Integer(required=True)
    average_tenths = fields.Integer(required=True, allow_none=True, metadata={"description": "46 is 4.6; null without reviews."})
    with_pictures = fields.Integer(required=True)
    stars = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    items = fields.List(fields.Nested(ShownOut), required=True)
    next = fields.String(required=True, allow_none=True)


class MyFollowUpOut(FollowUpOut):
    state = Choice(*STATES, required=True)
    state_text = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)


class ReuseOut(Output):
    version = fields.String(required=True)
    credit = fields.Boolean(required=True)


class MineOut(Output):
    id = fields.String(required=True)
    order_id = fields.String(required=True)
    line_id = fields.String(required=True)
    product_id = fields.String(required=True)
    title = fields.String(required=True)
    options = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    picture = fields.String(required=True, allow_none=True)
    stars = fields.Integer(required=True)
    service_stars = fields.Integer(required=True)
    text = fields.String(required=True)
    pictures = fields.List(fields.String(), required=True)
    anonymous = fields.Boolean(required=True)
    state = Choice(*STATES, required=True)
    state_text = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why it is rejected or hidden."})
    allowed = fields.List(Choice("edit", "follow_up"), required=True)
    written_at = Instant(required=True)
    reuse = fields.Nested(ReuseOut, required=True, allow_none=True)
    follow_up = fields.Nested(MyFollowUpOut, required=True, allow_none=True)
    reply = fields.Nested(ReplyOut, required=True, allow_none=True)


class MyReviewsOut(Output):
    items = fields.List(fields.Nested(MineOut), required=True)
    next = fields.String(required=True, allow_none=True)


@blp.route("/products/<id:product_id>/reviews", methods=["GET"])
@blp.arguments(ReviewsQuery, location="query")
@answers_kept(blp, ReviewsOut)
@refuses(NOT_FOUND)
@public
def list_product_reviews(query: dict[str, Any], product_id: str) -> Response:
    """What is said of a product, newest first, with how many gave how many stars."""
    return kept(product_reviews(context(), product_id=product_id, stars=query.get("stars"),
                                with_pictures=bool(query["with_pictures"]), after=query.get("after"), limit=query["limit"]))


@blp.route("/orders/<id:order_id>/lines/<id:line_id>/review", methods=["POST"])
@blp.arguments(ReviewIn)
@blp.response(201, IdOut)
@refuses(NOT_RECEIVED, TOO_LATE, REVIEWED, REVIEW_TEXT, REVIEW_PICTURES, STARS, REUSE_VERSION, PICTURE_NOT_FOUND)
@keyed
@shopper_only
def review(body: dict[str, Any], order_id: str, line_id: str, key: ClientKey) -> Response:
    """Review what was received

    One review per line. Others see it once WeChat has let text and pictures pass.
    """
    reuse = body.pop("reuse") or {"version": None, "credit": False}
    review_id = write_review(context(), order_id=order_id, line_id=line_id, **body, reuse_version=reuse["version"],
                             reuse_credit=reuse["credit"], key=key)
    return ready({"id": review_id}, 201)


@blp.route("/me/reviews", methods=["GET"])
@blp.arguments(MineQuery, location="query")
@blp.response(200, MyReviewsOut)
@shopper_only
def list_my_reviews(query: dict[str, Any]) -> Response:
    """One's own reviews in every state, newest first"""
    return ready(my_reviews(context(), after=query.get("after"), limit=query["limit"], language=language()))


@blp.route("/me/reviews/<id:review_id>", methods=["PUT"])
@blp.arguments(ContentIn)
@blp.response(204)
@refuses(ANSWERED, HIDDEN_NOW, TOO_MANY_EDITS, TOO_LATE, REVIEW_TEXT, REVIEW_PICTURES, STARS, PICTURE_NOT_FOUND)
@shopper_only
def edit(body: dict[str, Any], review_id: str) -> Response:
    """Rewrite one's own review, or hand a rejected one in again

    Until the merchant has answered. It is looked at anew, and out of sight meanwhile.
    """
    edit_review(context(), review_id=review_id, **body)
    return Response(status=204)


@blp.route("/me/reviews/<id:review_id>/follow-up", methods=["POST"])
@blp.arguments(FollowUpIn)
@blp.response(201, IdOut)
@refuses(FOLLOWED_UP, NOT_SHOWN_YET, TOO_LATE, TOO_MANY_EDITS, REVIEW_TEXT, REVIEW_EMPTY, REVIEW_PICTURES, PICTURE_NOT_FOUND)
@keyed
@shopper_only
def follow_up(body: dict[str, Any], review_id: str, key: ClientKey) -> Response:
    """Add to one's own review, once"""
    return ready({"id": add_follow_up(context(), review_id=review_id, **body, key=key)}, 201)


@blp.route("/me/reviews/<id:review_id>/reuse", methods=["PUT"])
@blp.arguments(ReuseWordIn)
@blp.response(204)
@refuses(REUSE_VERSION)
@shopper_only
def reuse(body: dict[str, Any], review_id: str) -> Response:
    """Allow, or no longer allow, that one's own review is used elsewhere

    Earlier words stay on record.
    """
    change_reuse(context(), review_id=review_id, **body)
    return Response(status=204)
