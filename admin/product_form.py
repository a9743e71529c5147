"""The form of a product as somebody typed it: read into what the use cases take, or shown again with every fault in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from admin.words import language, say
from backend.kernel.calendar import CHINA
from backend.kernel.errors import Refused
from backend.kernel.money import format_yuan, parse_yuan
from backend.queries.goods_form import FormSku, GoodsForm
from backend.usecases.create_product import SkuForm

MINUTES = "%Y-%m-%dT%H:%M"
OPTION_NAMES = 3
WAYS = {"courier": say("快递", "Courier"), "pickup": say("自提", "Pick-up")}
"""How goods can reach a shopper."""
NO_AMOUNT = say("请填写金额，单位为元，最多两位小数，例如 12.50。",
                "Please give an amount in yuan with at most two decimals, such as 12.50.")
NO_COUNT = say("请填写整数。", "Please give a whole number.")
NO_TIME = say("请选择日期和时间。", "Please choose a date and a time.")
NEEDED = say("请填写此项。", "Please fill this in.")

PLACES = {
    "title": "title", "detail_html": "detail", "detail_pictures": "detail", "category_unknown": "category_id",
    "pictures": "pictures", "file_not_found": "pictures", "no_sku": "skus", "too_many_skus": "skus", "options": "skus",
    "options_twice": "skus", "delivery_needed": "delivery",
}
"""Where the form says a refusal that belongs to no single SKU; all others are said at its top."""

CELLS = {"sku_code": "code", "sku_code_twice": "code", "sku_code_taken": "code", "price": "price", "market_price": "market",
         "cost": "cost", "stock_out_of_bounds": "stock", "options": "options", "options_twice": "options"}


@dataclass(slots=True)
class SkuRow:
    """A row of the SKU table as text; `kept` is the SKU that it is, None for a new one."""

    code: str = ""
    options: list[str] = field(default_factory=lambda: [""] * OPTION_NAMES)
    price: str = ""
    market: str = ""
    cost: str = ""
    stock: str = ""
    picture: str = ""
    kept: FormSku | None = None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """A product as it stands in the form; `errors` by field, those of SKUs in their rows."""

    title: str = ""
    category_id: str = ""
    selling_point: str = ""
    detail: str = ""
    position: str = "0"
    publish_at: str = ""
    publish_was: str = ""
    shelf: str = "now"
    deliveries: list[str] = field(default_factory=lambda: list(WAYS))
    pictures: list[str] = field(default_factory=list)
    option_names: list[str] = field(default_factory=lambda: [""] * OPTION_NAMES)
    rows: list[SkuRow] = field(default_factory=lambda: [SkuRow()])
    seen_at: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def with_options(self) -> bool:
        return any(self.option_names)

    @property
    def faulty(self) -> bool:
        return bool(self.errors) or any(row.errors for row in self.rows)


def drafted(goods: GoodsForm, *, copy: bool = False) -> Draft:
    """The form of a product as it is; a copy has no codes, no stock and waits off the shelf."""
    names = list(dict.fromkeys(name for sku in goods.skus for name in sku.options))
    rows = [_row(sku, names, copy) for sku in goods.skus] or [SkuRow()]
    shown = goods.publish_at.astimezone(CHINA).strftime(MINUTES)
    return Draft(
        title=f"{goods.title[:120]} {say('副本', 'copy')}" if copy else goods.title,
        category_id=goods.category_id, selling_point=goods.selling_point, detail=goods.detail, position=str(goods.position),
        publish_at="" if copy else shown, publish_was="" if copy else goods.publish_at.isoformat(),
        shelf="off" if copy else "now", deliveries=list(goods.deliveries),
        pictures=list(goods.pictures), option_names=_padded(names), rows=rows,
        seen_at="" if copy else goods.updated_at.isoformat())


def typed(form: MultiDict[str, str], goods: GoodsForm | None) -> Draft:
    """The form as it was sent; rows whose code a product of ours has are that SKU."""
    known = {sku.code: sku for sku in (*goods.skus, *goods.gone)} if goods else {}
    columns = {name: form.getlist(f"sku_{name}") for name in ("code", "price", "market", "cost", "stock", "picture")}
    options = [form.getlist(f"sku_option_{number}") for number in range(OPTION_NAMES)]
    rows = [
        SkuRow(
            code=code.strip(), options=[_at(each, place).strip() for each in options],
            **{name: _at(columns[name], place).strip() for name in columns if name != "code"}, kept=known.get(code.strip()))
        for place, code in enumerate(columns["code"])
    ]
    return Draft(
        **{name: form.get(name, "").strip() for name in ("title", "category_id", "selling_point", "position", "publish_at",
                                                         "publish_was", "shelf", "seen_at")},
        detail=form.get("detail", "").replace("\r\n", "\n").rstrip(), pictures=[each for each in form.getlist("picture") if each],
        option_names=_padded([each.strip() for each in form.getlist("option_name")]), rows=rows,
        deliveries=[way for way in WAYS if way in form.getlist("delivery")])


def read(draft: Draft, *, costs: bool) -> dict[str, Any]:
    """What the use cases take, by their names; faults stand in the draft (`faulty`), and then it is of no use.

    `costs`: whether the form had costs; without, none are given.
    """
    draft.errors.clear()
    for row in draft.rows:
        row.errors.clear()
    names = [name for name in draft.option_names if name]
    chosen = [number for number, name in enumerate(draft.option_names) if name]
    if len(set(names)) != len(names):
        draft.errors["skus"] = str(say("规格名不能重复。", "Option names must differ."))
    if not draft.category_id:
        draft.errors["category_id"] = str(say("请选择分类。", "Please choose a category."))
    skus = [
        SkuForm(
            row.code, _amount(row, "price") or 0, _amount(row, "market"), _amount(row, "cost") if costs else None,
            {draft.option_names[number]: row.options[number] for number in chosen}, row.picture or None,
            _count(row.errors, "stock", row.stock or "0") if row.kept is None else 0)
        for row in draft.rows
    ]
    for row in draft.rows:
        if not row.price:
            row.errors["price"] = str(NEEDED)
    return {
        "title": draft.title, "category_id": draft.category_id, "selling_point": draft.selling_point, "detail": draft.detail,
        "position": _count(draft.errors, "position", draft.position or "0"), "pictures": draft.pictures, "skus": skus,
        "deliveries": draft.deliveries,
    }


def published(draft: Draft) -> datetime | None:
    """The moment that the form says, to the second where nobody touched it; None when it says none."""
    if not draft.publish_at:
        return None
    was = moment(draft.publish_was)
    if was is not None and was.astimezone(CHINA).strftime(MINUTES) == draft.publish_at:
        return was
    try:
        at = datetime.strptime(draft.publish_at[:16], MINUTES).replace(tzinfo=CHINA).astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or not 2000 <= at.year <= 2999:
        draft.errors["publish_at"] = str(NO_TIME)
        return None
    return at


def moment(text: str) -> datetime | None:
    """An instant that a form of ours carried, or None for anything else."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def place(draft: Draft, refused: Refused) -> None:
    """Say a refusal where it belongs: in the row of its SKU, at its field, or at the top of the form."""
    sentence, details = refused.sentence(language()), refused.details
    codes = {*details.get("sku_codes", ()), details.get("sku_code"), details.get("given")} - {None}
    rows = [row for row in draft.rows if row.code in codes] if refused.code in CELLS else []
    for row in rows:
        row.errors[CELLS[refused.code]] = sentence
    if not rows:
        where = details["field"] if refused.code == "text_too_long" else PLACES.get(refused.code, "")
        draft.errors[where] = sentence


def _row(sku: FormSku, names: Sequence[str], copy: bool) -> SkuRow:
    return SkuRow(
        code="" if copy else sku.code, options=_padded([sku.options.get(name, "") for name in names]),
        price=_yuan(sku.price_fen), market=_yuan(sku.market_price_fen), cost=_yuan(sku.cost_fen), picture=sku.picture or "",
        kept=None if copy else sku)


def _padded(texts: Sequence[str]) -> list[str]:
    return [*texts, *[""] * OPTION_NAMES][:OPTION_NAMES]


def _at(texts: Sequence[str], place: int) -> str:
    return texts[place] if place < len(texts) else ""


def _yuan(fen: int | None) -> str:
    return "" if fen is None else format_yuan(fen).replace("¥", "")


def _amount(row: SkuRow, name: str) -> int | None:
    text = getattr(row, name).replace(",", "").replace("，", "").removeprefix("¥").removeprefix("￥")
    if not text:
        return None
    try:
        return parse_yuan(text)
    except ValueError:
        row.errors[name] = str(NO_AMOUNT)
        return None


def _count(errors: dict[str, str], name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        errors[name] = str(NO_COUNT)
        return 0
    return int(text)


def sentences(draft: Draft) -> Mapping[str, str]:
    """What is said at the top of the form: refusals without a place, and that there is more below."""
    top = {"": draft.errors[""]} if "" in draft.errors else {}
    return top or ({"": str(say("有几处需要修改，请看标红的地方。", "Some fields need correcting; see those in red."))}
                   if draft.faulty else {})
