"""Forms that stay on the page: what refuses one is answered to the script that sent it, which shows it beside the field.

`console.js` sends the forms of dialogs, and those with `data-stay`, with the header STAY. Their views know nothing of it: a
redirect is answered as `{"to": address}`, a refusal as `{"sentence": …, "fields": […]}`, so that what people typed is never lost.
Without the script the same forms work as any other.
"""

from collections.abc import Mapping

from flask import Response, flash, g, jsonify, request

from backend.kernel.errors import Refused

STAY = "X-Stay"
REFUSED = 422

FIELDS: Mapping[str, tuple[str, ...]] = {
    "tracking_number": ("tracking_number",), "parcel_known": ("tracking_number",), "parcel_same": ("tracking_number",),
    "courier_unknown": ("courier",), "price_change": ("off_goods",), "note_text": ("text",), "remark_text": ("remark",),
    "close_reason": ("reason",), "trace_text": ("text",),
    "trace_time": ("at",), "receiver_name": ("name",), "phone": ("phone",), "region": ("region",),
    "address_detail": ("detail",), "filter_name": ("filter_name",), "too_many_filters": ("filter_name",),
    "aftersale_words_needed": ("reason", "answer"), "aftersale_freight": ("freight",),
    "ticket_text": ("words",), "ticket_too_long": ("words",), "ticket_outcome": ("words",), "ticket_owner": ("owner",),
    "category_name": ("name",), "category_name_taken": ("name",), "category_too_deep": ("parent_id",), "note_needed": ("note",),
    "review_reason": ("reason",), "review_text": ("text",), "review_empty": ("text",),
}
"""Code of a refusal → what the field that it speaks of may be called; a refusal about no field stands at the top of its form."""


def fields_of(refused: Refused) -> tuple[str, ...]:
    """Names of fields that a refusal may speak of, the likeliest first."""
    details = refused.details
    if name := details.get("field"):
        return (name,)
    if line := details.get("order_line_id"):
        return (f"q_{line}", f"given-{line}")
    return FIELDS.get(refused.code, ())


def stays() -> bool:
    """Whether the form that asks stays on its page."""
    return STAY in request.headers


def tell(sentence: str, fields: tuple[str, ...] = ()) -> None:
    """Say why not: beside the field when the form stays on its page, else as a message on the next one."""
    if not stays():
        flash(sentence, "bad")
    elif "told" not in g:
        g.told = {"sentence": sentence, "fields": fields}


def finish(answer: Response) -> Response:
    """The answer that the script of a form which stays understands; all other answers as they are."""
    told = g.pop("told", None)
    if not stays():
        return answer
    if told is not None:
        return _json(told, REFUSED)
    return _json({"to": answer.location}, 200) if answer.location and 300 <= answer.status_code < 400 else answer


def _json(words: Mapping[str, object], status: int) -> Response:
    answer = jsonify(words)
    answer.status_code = status
    return answer
