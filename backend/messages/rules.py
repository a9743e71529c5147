"""Pure decisions about messages: what a template wants to be told, and how our values fit into WeChat's fields."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.kernel.calendar import CHINA
from backend.kernel.words import one_line
from backend.messages.refusals import CONSENT_ANSWER, CONSENT_TEMPLATE

SHIPPED, READY, REFUNDED = "shipped", "ready", "refunded"
"""Our templates: goods are on their way, wait at a pick-up point, money is back."""

ANSWERS = {"accept": "accepted", "reject": "rejected", "ban": "rejected"}
"""What wx.requestSubscribeMessage says of a template, and the kind in our journal."""

AGAIN = timedelta(minutes=1)
"""When to try again what WeChat finds too frequent."""
TOO_OLD = timedelta(days=2)
"""News older than this is not told any more."""

_LONGEST = {"thing": 20, "character_string": 32, "number": 32, "letter": 32, "symbol": 5, "phrase": 5, "name": 10,
            "phone_number": 17, "amount": 14}
_KEPT = {"character_string": r"[^\x20-\x7e]", "number": r"[^0-9]", "letter": r"[^A-Za-z]", "symbol": r"[^!-/:-@\[-`{-~]",
         "phrase": r"[^\u4e00-\u9fff]", "phone_number": r"[^0-9+*() -]"}
"""Letters that a kind of field does not take."""
NOTHING = {"thing": "无", "character_string": "-", "number": "0", "letter": "N", "symbol": "-", "phrase": "无", "name": "无",
           "phone_number": "0", "amount": "¥0.00"}
"""What stands in a field for which we have no value: WeChat takes no empty ones."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template as the merchant chose it at WeChat: its id, and for each of its fields the name of the value it is told."""

    id: str
    fields: Mapping[str, str]


def templates(settings: Mapping[str, str]) -> dict[str, Template]:
    """Our templates by name, read from settings of the form `<id> thing1=goods amount2=amount`; empty ones are left out."""
    found = {}
    for name, text in settings.items():
        if text:
            template_id, *fields = text.split()
            found[name] = Template(template_id, dict(field.split("=") for field in fields))
    return found


def kind_in_journal(answer: str, template_id: str, known: Mapping[str, Template]) -> str:
    """The kind of an answer in our journal; refuses (`message_template`, `message_answer`) what is neither known nor one."""
    if template_id not in {each.id for each in known.values()}:
        raise CONSENT_TEMPLATE()
    if answer not in ANSWERS:
        raise CONSENT_ANSWER()
    return ANSWERS[answer]


def fill(template: Template, values: Mapping[str, str | int | datetime]) -> dict[str, str]:
    """Each field of the template with its value as WeChat takes it; a value that we do not have is replaced by a dash."""
    return {key: fit(key, values.get(name, "")) for key, name in template.fields.items()}


def fit(key: str, value: str | int | datetime) -> str:
    """A value as the field `key` ("thing1") takes it: letters that do not fit left out, too much cut. Ints are fen."""
    kind = key.rstrip("0123456789")
    if isinstance(value, datetime):
        at = value.astimezone(CHINA)
        return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"
    if isinstance(value, int):
        return f"¥{value // 100}.{value % 100:02d}"
    text = re.sub(_KEPT.get(kind, r"(?!)"), "", one_line(value)).strip()
    longest = _LONGEST.get(kind, 20)
    if len(text) > longest:
        text = f"{text[: longest - 1]}…" if kind == "thing" else text[:longest]
    return text or NOTHING.get(kind, "-")


def goods_words(first: str, lines: int) -> str:
    """What an order holds, for a field of 20 letters: its first goods, and how many kinds there are beside."""
    more = f"等{lines}种" if lines > 1 else ""
    return f"{first[: 20 - len(more)]}{more}"
