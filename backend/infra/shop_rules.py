"""The shop's rules: what a merchant may set within bounds, declared once for environment, database, form and use cases.

A rule's default comes from the environment (`TUANMA_` + its name); a row of `shop_settings` overrides it. Use cases read
`ctx.shop.<name>`; each process keeps the rules for at most `FRESH_SECONDS`, so that hot paths pay no statement.
A new rule is one line here: form, bounds, history and audit follow from it.
"""

import re
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import JSON, Engine, Integer, String, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.clock import ticks
from backend.infra.db import Base, Utc
from backend.infra.logging import log
from backend.infra.marks import INSERT
from backend.infra.uow import Reading, Transaction
from backend.kernel.errors import Kind, Refusal

FRESH_SECONDS = 5.0
"""No process acts by rules that are older."""

RULE_OUT_OF_BOUNDS = Refusal(
    Kind.INVALID, "rule_out_of_bounds", zh="须在 {lowest} 到 {highest} 之间，请修改后再保存。",
    en="It must lie between {lowest} and {highest}; please correct it and save again.")
RULE_PROVINCES = Refusal(
    Kind.INVALID, "rule_provinces", zh="请从列表里勾选省份。", en="Please tick provinces of the list.")
RULE_TEXT = Refusal(
    Kind.INVALID, "rule_text", zh="须为 {lowest}–{highest} 个字，请修改后再保存。",
    en="It has {lowest} to {highest} characters; please correct it and save again.")
NO_SUCH_RULE = Refusal(Kind.NOT_FOUND, "no_such_rule", zh="没有这项设置。", en="There is no such setting.")
RULE_CHANGED = Refusal(
    Kind.CONFLICT, "rule_changed_meanwhile", zh="刚被别人修改过，请刷新页面，看过新的值再保存。",
    en="Somebody else has just changed it; please reload, look at the new value and save again.")
"""Each carries the rule's `name`, so that a form can say it where it belongs."""

GROUPS = {
    "shop": ("店铺", "Shop"), "orders": ("下单与支付", "Ordering and paying"), "freight": ("运费", "Freight"),
    "receipt": ("收货与自提", "Receipt and pick-up"), "aftersales": ("售后与投诉", "After-sales and complaints"),
    "reviews": ("评价", "Reviews"), "stock": ("库存", "Stock"),
}
"""Groups of rules in the order of the form, in Chinese and English."""

UNITS = {"minutes": ("分钟", "minutes"), "hours": ("小时", "hours"), "days": ("天", "days"), "orders": ("笔", "orders"),
         "pieces": ("件", "pieces"), "fen": ("元", "yuan"), "text": ("", ""), "provinces": ("", "")}
"""What a rule is measured in. Amounts are kept in fen and shown in yuan, provinces by the first two digits of their codes, with
commas between."""

_PROVINCE = re.compile(r"[1-8][0-9]", re.ASCII)


def _rule(default: Any, lowest: int, highest: int, group: str, unit: str, zh: str, en: str, why_zh: str, why_en: str,
          private: bool = False) -> Any:
    """A rule: numbers lie between `lowest` and `highest`, texts have so many characters. `private` values are masked in the
    audit log."""
    words = {"group": group, "unit": unit, "zh": zh, "en": en, "why_zh": why_zh, "why_en": why_en, "private": private}
    if unit in ("text", "provinces"):
        return Field(default, min_length=lowest, max_length=highest, json_schema_extra=words | {"bounds": [lowest, highest]})
    return Field(default, ge=lowest, le=highest, json_schema_extra=words | {"bounds": [lowest, highest]})


class ShopRules(BaseModel):
    """All rules with their values at a moment. Amounts in fen."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    shop_name: str = _rule("团码商城", 1, 20, "shop", "text", "店铺名称", "Name of the shop",
                           "显示在微信支付账单和打印单上。", "Shown on WeChat's payment slips and on printed notes.")
    return_name: str = _rule("", 0, 20, "shop", "text", "退货收件人", "Returns go to",
                             "退货退款通过后告诉顾客寄给谁。", "Whom a shopper sends returned goods to.", private=True)
    return_phone: str = _rule("", 0, 20, "shop", "text", "退货电话", "Phone for returns",
                              "快递和顾客联系用。", "For couriers and shoppers.", private=True)
    return_address: str = _rule("", 0, 120, "shop", "text", "退货地址", "Address for returns",
                                "写全省市区和门牌号。", "In full, with province, city, district and number.")
    payment_minutes: int = _rule(15, 1, 24 * 60, "orders", "minutes", "付款时限", "Time to pay",
                                 "下单后这么久没付款，订单自动关闭，库存退回。",
                                 "An order not paid by then closes and its stock is back on sale.")
    unpaid_orders_limit: int = _rule(5, 1, 100, "orders", "orders", "每人待付款上限", "Unpaid orders per shopper",
                                     "防止囤单占库存。", "So that nobody hoards stock with unpaid orders.")
    freight_fen: int = _rule(800, 0, 100_000, "freight", "fen", "运费", "Freight",
                             "每单快递费。", "What courier delivery costs per order.")
    free_freight_from_fen: int = _rule(8800, 0, 10_000_000, "freight", "fen", "包邮门槛", "Free freight from",
                                       "商品金额达到后免运费；填 0 表示全部包邮。",
                                       "Goods of this amount travel free; 0 means that all do.")
    far_provinces: str = _rule("", 0, 120, "freight", "provinces", "偏远地区", "Far provinces",
                               "寄往这些省份的订单，按下面的偏远运费计算。", "Orders to these pay the far freight below.")
    far_freight_fen: int = _rule(1500, 0, 100_000, "freight", "fen", "偏远运费", "Far freight",
                                 "寄往偏远地区的每单快递费。", "What courier delivery to a far province costs per order.")
    far_free_freight_from_fen: int = _rule(19900, 0, 10_000_000, "freight", "fen", "偏远包邮门槛", "Free far freight from",
                                           "寄往偏远地区，商品金额达到后免运费；填 0 表示全部包邮。",
                                           "Goods of this amount travel free to far provinces, too; 0 means that all do.")
    no_courier_provinces: str = _rule("", 0, 120, "freight", "provinces", "不发快递的地区", "No courier to",
                                      "寄往这些省份的订单不能提交，顾客可以换地址或选择自提。",
                                      "Orders to these are refused; shoppers take another address, or fetch their goods.")
    receive_days: int = _rule(10, 1, 60, "receipt", "days", "自动收货", "Receipt by itself after",
                              "发货后这么久顾客没有确认，系统自动确认收货。",
                              "After shipping, when the shopper has not confirmed by then.")
    pickup_remind_days: int = _rule(3, 1, 30, "receipt", "days", "自提未取提醒", "Pick-up reminder after",
                                    "到货（未登记到货则从付款算起）这么久没有来取，提醒顾客并列入待办。",
                                    "Goods that nobody fetched so long after they arrived (or were paid) are on the to-do list.")
    review_days: int = _rule(30, 1, 365, "reviews", "days", "评价时限", "Time to review",
                             "确认收货后这么久内可以评价和修改评价。", "How long after receipt a review can be written or edited.")
    follow_up_days: int = _rule(180, 1, 730, "reviews", "days", "追评时限", "Time to add to a review",
                                "确认收货后这么久内可以追评一次。", "How long after receipt a review can be added to, once.")
    aftersale_days: int = _rule(7, 0, 90, "aftersales", "days", "售后期", "Time for after-sales",
                                "收货后这么久内可以申请售后；未收货的订单随时可以。",
                                "After receipt; an order on its way can always be asked about.")
    aftersale_answer_hours: int = _rule(48, 1, 240, "aftersales", "hours", "商家处理时限", "Time to answer a request",
                                        "到时没有处理，系统自动同意顾客的申请。",
                                        "A request that nobody answered by then is granted by itself.")
    aftersale_return_days: int = _rule(7, 1, 30, "aftersales", "days", "顾客寄回时限", "Time to send goods back",
                                       "同意退货后这么久没有填写单号，申请自动关闭。",
                                       "A return without a tracking number by then closes by itself.")
    aftersale_receive_days: int = _rule(10, 1, 30, "aftersales", "days", "退货签收时限", "Time to receive a return",
                                        "顾客寄出后这么久没有确认收到，系统自动退款。",
                                        "After the parcel was sent; then the refund goes out by itself.")
    ticket_answer_hours: int = _rule(24, 1, 240, "aftersales", "hours", "投诉答复时限", "Time to answer a complaint",
                                     "超时未答复的工单会标红并进入逾期列表。",
                                     "A ticket that nobody answered by then is marked and listed as overdue.")
    low_stock_at: int = _rule(10, 0, 100_000, "stock", "pieces", "低库存提醒", "Low stock from",
                                   "可售数量不高于它的规格会出现在低库存列表。",
                                   "SKUs with no more than this for sale are listed as low.")

    @property
    def far(self) -> frozenset[str]:
        """Provinces with a freight of their own, by the first two digits of their codes."""
        return frozenset(filter(None, self.far_provinces.split(",")))

    @property
    def no_courier(self) -> frozenset[str]:
        """Provinces to which no courier goes, by the first two digits of their codes."""
        return frozenset(filter(None, self.no_courier_provinces.split(",")))

    @property
    def takes_returns(self) -> bool:
        """Whether a shopper can be told where to send goods: couriers need a name, a phone and an address."""
        return bool(self.return_name and self.return_phone and self.return_address)


@dataclass(frozen=True, slots=True)
class Rule:
    """The declaration of a rule: its words, its unit, its bounds."""

    name: str
    group: str
    unit: str
    lowest: int
    highest: int
    zh: str
    en: str
    why_zh: str
    why_en: str
    private: bool

    @property
    def is_text(self) -> bool:
        return self.unit == "text"

    def checked(self, value: Any) -> Any:
        """`value` as it is kept; refuses (`rule_out_of_bounds`, `rule_text`, `rule_provinces`) what does not fit."""
        words = {"name": self.name, "lowest": self.lowest, "highest": self.highest}
        if self.is_text:
            text = _clean(value) if isinstance(value, str) else None
            if text is None or not self.lowest <= len(text) <= self.highest:
                raise RULE_TEXT(**words)
            return text
        if self.unit == "provinces":
            codes = sorted(set(filter(None, value.split(",")))) if isinstance(value, str) else [""]
            if not all(_PROVINCE.fullmatch(code) for code in codes):
                raise RULE_PROVINCES(name=self.name)
            return ",".join(codes)
        if type(value) is not int or not self.lowest <= value <= self.highest:
            if self.unit == "fen":
                words |= {"lowest": f"{self.lowest / 100:.2f}", "highest": f"{self.highest / 100:.2f}"}
            raise RULE_OUT_OF_BOUNDS(**words)
        return value

    def for_audit(self, value: Any) -> Any:
        """`value` as the audit log may hold it."""
        return f"{value[:3]}***" if self.private and value else value


def _clean(text: str) -> str:
    shown = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", text))
    return " ".join("".join(letter for letter in shown if not unicodedata.category(letter).startswith("C")).split())


def _declared() -> dict[str, Rule]:
    found = {}
    for name, field in ShopRules.model_fields.items():
        words: Any = dict(field.json_schema_extra)  # type: ignore[arg-type]
        lowest, highest = words.pop("bounds")
        found[name] = Rule(name=name, lowest=lowest, highest=highest, **words)
    return found


RULES: Mapping[str, Rule] = _declared()
"""Every rule by its name."""


class ShopSetting(Base):
    """A rule that was set in the console; `value` None is the environment's again. `version` counts the changes."""

    __tablename__ = "shop_settings"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    version: Mapped[int] = mapped_column(Integer)
    changed_at: Mapped[datetime] = mapped_column(Utc)
    changed_by: Mapped[str] = mapped_column(String(48))


SETTINGS = ShopSetting.__table__
_ALL = select(SETTINGS)
_VALUES = select(SETTINGS.c.name, SETTINGS.c.value).where(SETTINGS.c.value.is_not(None))


@dataclass(frozen=True, slots=True)
class SetRule:
    """What is kept of a rule: its value (None: the default counts), how often it was changed, when and by whom."""

    value: Any
    version: int
    changed_at: datetime
    changed_by: str


def find_set(rd: Reading) -> dict[str, SetRule]:
    """The rules that were ever set, by name; one statement."""
    return {row.name: SetRule(row.value, row.version, row.changed_at, row.changed_by) for row in rd.execute(_ALL)}


def set_rule(tx: Transaction, name: str, value: Any, seen_version: int) -> None:
    """Set a rule (guarded by the version that was seen, 0: never set); refuses `rule_changed_meanwhile`."""
    values = {"value": value, "version": seen_version + 1, "changed_at": tx.now, "changed_by": str(tx.actor)}
    if seen_version:
        done = tx.execute(update(SETTINGS).where(SETTINGS.c.name == name, SETTINGS.c.version == seen_version).values(**values))
    else:
        done = tx.execute(INSERT[tx.dialect](SETTINGS).values(name=name, **values).on_conflict_do_nothing())
    if done.rowcount != 1:
        raise RULE_CHANGED(name=name)


def overridden(defaults: ShopRules, values: Mapping[str, Any]) -> ShopRules:
    """`defaults` with `values` in their place. What no longer fits a rule (of an older version) is left out, rule by rule."""
    kept = {}
    for name, value in values.items():
        try:
            ShopRules.model_validate({name: value})
        except ValidationError:
            continue
        if name in RULES:
            kept[name] = value
    return ShopRules.model_validate({name: getattr(defaults, name) for name in RULES} | kept)


class RuleBook:
    """The rules as this process knows them: read anew when they are older than `FRESH_SECONDS`.

    One thread reads, the others go on with what they have. When the database cannot be read, what was known last counts: a
    use case could not go on without the database anyway.
    """

    def __init__(self, defaults: ShopRules, engine: Engine) -> None:
        self._engine = engine
        self._defaults = overridden(defaults, {})
        self._known = self._defaults
        self._read_at: float | None = None
        self._reading = threading.Lock()

    def now(self) -> ShopRules:
        """The rules, at most some seconds old."""
        if self._is_fresh():
            return self._known
        with self._reading:
            if not self._is_fresh():
                self._read()
        return self._known

    def forget(self) -> None:
        """Read anew next time."""
        self._read_at = None

    def _is_fresh(self) -> bool:
        return self._read_at is not None and ticks() - self._read_at < FRESH_SECONDS

    def _read(self) -> None:
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(_VALUES).all()
            self._known = overridden(self._defaults, {row.name: row.value for row in rows})
        except SQLAlchemyError as error:
            log("tuanma.rules").warning("the shop's rules cannot be read", error=type(error).__name__)
        self._read_at = ticks()
