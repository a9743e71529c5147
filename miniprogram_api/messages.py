"""Routes of subscribe messages: which there are, and what the shopper said to them."""

from typing import Any

from flask import Response
from marshmallow import fields, validate

from backend.infra.once import ClientKey
from backend.messages.refusals import CONSENT_ANSWER, CONSENT_TEMPLATE
from backend.queries.message_templates import message_templates
from backend.usecases.record_message_consents import record_message_consents
from miniprogram_api.auth import context, shopper_only
from miniprogram_api.door import Door, refuses
from miniprogram_api.fields import Choice, Input, Output, Words
from miniprogram_api.idempotency import keyed
from miniprogram_api.strict_json import ready

blp = Door("messages", "Subscribe messages: one tap lets one message through.")


class TemplateOut(Output):
    name = Choice("shipped", "ready", "refunded", required=True)
    template_id = fields.String(required=True, metadata={"description": "For wx.requestSubscribeMessage."})
    balance = fields.Integer(required=True, metadata={"description": "Messages that the shopper still lets through."})


class TemplatesOut(Output):
    items = fields.List(fields.Nested(TemplateOut), required=True)


class AnswersIn(Input):
    answers = fields.Dict(
        keys=Words(1, 64, r"^[A-Za-z0-9_-]+$"), values=Choice("accept", "reject", "ban"), required=True,
        validate=validate.Length(1, 5),
        metadata={"description": "What wx.requestSubscribeMessage said, by template id.", "minProperties": 1, "maxProperties": 5})


@blp.route("/me/message-templates", methods=["GET"])
@blp.response(200, TemplatesOut)
@shopper_only
def list_templates() -> Response:
    """Messages that can be asked for"""
    return ready({"items": message_templates(context())})


@blp.route("/me/message-consents", methods=["POST"])
@blp.arguments(AnswersIn)
@blp.response(204)
@refuses(CONSENT_TEMPLATE, CONSENT_ANSWER)
@keyed
@shopper_only
def record_consents(body: dict[str, Any], key: ClientKey) -> Response:
    """Record what the shopper said in WeChat's window

    Each accept lets one more message of that template through.
    """
    record_message_consents(context(), answers=body["answers"], key=key)
    return Response(status=204)
