"""What people typed into forms without a class: texts, amounts, quantities and moments, or a refusal that names its field."""

import re
from datetime import datetime

from flask import request

from backend.kernel.calendar import CHINA
from backend.kernel.errors import Kind, Refusal
from backend.kernel.money import parse_yuan

LINE = "q_"
"""What the fields of quantities begin with; an order line's id follows."""

THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d*)?")
LONGEST = 9
"""No quantity has more digits."""

AMOUNT = Refusal(Kind.INVALID, "amount_mistyped", zh="请填写金额，单位为元，最多两位小数，例如 12.50。",
                 en="Please give an amount in yuan with at most two decimals, such as 12.50.")
QUANTITY = Refusal(Kind.INVALID, "quantity_mistyped", zh="请填写整数，例如 2；不需要的填 0。",
                   en="Please give a whole number such as 2, or 0 for none.")
MOMENT = Refusal(Kind.INVALID, "moment_mistyped", zh="请填写日期和时间，例如 2026-03-02 12:00。",
                 en="Please give a day and a time, such as 2026-03-02 12:00.")
MISSING = Refusal(Kind.INVALID, "field_missing", zh="请填写此项。", en="Please fill this in.")
NOTHING = Refusal(Kind.INVALID, "nothing_chosen", zh="请至少给一件商品填写数量。",
                  en="Please give a quantity of at least one of the goods.")
TYPED = frozenset({AMOUNT.code, QUANTITY.code, MOMENT.code, MISSING.code, NOTHING.code})


def text(name: str) -> str:
    """A field of the form without space around it, its lines parted as everywhere; nothing is empty."""
    return request.form.get(name, "").replace("\r\n", "\n").strip()


def needed(name: str) -> str:
    """The same, and something must stand there."""
    if not text(name):
        raise MISSING(field=name)
    return text(name)


def chosen() -> list[tuple[str, int]]:
    """The same, and there is at least one."""
    if found := quantities():
        return found
    raise NOTHING(field=next((name for name in request.form if name.startswith(LINE)), ""))


def fen_of(typed: str) -> int | None:
    """Fen of an amount as people write it, with ¥ and commas between thousands; nothing is None, ValueError for what is none."""
    typed = typed.strip().replace("，", ",").removeprefix("¥").removeprefix("￥").strip()
    if "," in typed and not THOUSANDS.fullmatch(typed):
        raise ValueError("commas that part no thousands")
    return parse_yuan(typed.replace(",", "")) if typed else None


def yuan(name: str) -> int | None:
    """An amount in fen; nothing is None."""
    try:
        return fen_of(text(name))
    except (ValueError, TypeError):
        raise AMOUNT(field=name) from None


def quantities() -> list[tuple[str, int]]:
    """The lines of the form with a quantity above 0: fields `q_<order line id>`."""
    found = []
    for name in request.form:
        if name.startswith(LINE) and (typed := text(name)):
            if not (typed.isascii() and typed.isdigit() and len(typed) <= LONGEST):
                raise QUANTITY(field=name)
            if int(typed):
                found.append((name.removeprefix(LINE), int(typed)))
    return found


def moment(name: str) -> datetime | None:
    """`2026-03-02T12:00`, as browsers send it, as an instant in China; nothing is None."""
    try:
        return datetime.fromisoformat(text(name)).replace(tzinfo=CHINA) if text(name) else None
    except ValueError:
        raise MOMENT(field=name) from None
