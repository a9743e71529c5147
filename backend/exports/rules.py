"""Pure decisions about exports: who may, which filters there are, whether frozen rights still hold, how links are bound."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from backend.exports import KINDS
from backend.exports.refusals import EXPORT_DAYS, EXPORT_FILTER, EXPORT_NOT_ALLOWED
from backend.kernel.actors import Actor
from backend.kernel.calendar import CHINA, day_start
from backend.kernel.money import parse_yuan

SEATS = 3
KEPT = timedelta(hours=24)
LINK_GOOD = timedelta(minutes=10)
GIVEN_UP_AFTER = 3
"""Tries of one slice, after which the export is failed and says so."""

NEEDED = {"orders": "orders.export", "order_lines": "orders.export", "members": "members.export", "products": "goods.view",
          "stock": "goods.view", "stock_moves": "goods.view", "payments": "money.view", "refunds": "money.view",
          "exceptions": "money.view", "aftersales": "aftersales.view", "tickets": "tickets.view", "reviews": "reviews.view",
          "audit": "audit.view"}
"""The permission for each kind."""
WHOLE = ("audit", "exceptions")
"""Kinds that belong to the merchant as a whole: only for staff who see all stores."""
REVEAL = "members.reveal"
LINK_PURPOSE = "exports.link"
WORDS = {"orders": ("订单", "Orders"), "order_lines": ("订单商品明细", "Order lines"), "members": ("会员", "Members"),
         "products": ("商品", "Products"), "stock": ("库存", "Stock"), "stock_moves": ("库存流水", "Stock journal"),
         "payments": ("支付", "Payments"), "refunds": ("退款", "Refunds"), "exceptions": ("资金异常", "Money exceptions"),
         "aftersales": ("售后", "After-sales"), "tickets": ("投诉工单", "Complaints"), "reviews": ("评价", "Reviews"),
         "audit": ("操作日志", "Audit log")}
DAYS = ("since", "until")
FILTERS = {"orders": ("state", *DAYS, "delivery", "to_ship", "sku_code", "total_from", "total_to"),
           "order_lines": ("state", *DAYS, "sku_code"), "members": ("state", *DAYS),
           "products": ("category_id", "on_shelf", "price_from", "price_to"), "stock": ("low", "low_line"),
           "stock_moves": ("sku_id", "kind", *DAYS), "payments": ("state", *DAYS), "refunds": ("state", *DAYS),
           "exceptions": ("kind", "state", *DAYS), "aftersales": ("state", "kind", *DAYS),
           "tickets": ("state", "category", "owner", "overdue", *DAYS), "reviews": ("state", "stars", "product", *DAYS),
           "audit": ("actor", "action", "subject", *DAYS)}
"""Filters of each kind. `since` and `until` are Chinese days, both included; states and the like may be several, with commas."""

assert set(NEEDED) == set(WORDS) == set(FILTERS) == set(KINDS)

_WORD = re.compile(r"[^\x00-\x1f]{1,64}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an export covers: rows that existed at `until`, of these stores (None: of all), under these filters."""

    filters: Mapping[str, str]
    store_ids: tuple[str, ...] | None
    reveal: bool
    costs: bool
    until: datetime
    english: bool

    def day(self, name: str, *, end: bool = False) -> datetime | None:
        """The moment at which the day of a filter begins, or with `end` is over."""
        text = self.filters.get(name)
        return None if text is None else day_start(date.fromisoformat(text) + timedelta(days=end))

    def fen(self, name: str) -> int | None:
        """The amount of a filter that people wrote in yuan; None for none and for what is none."""
        try:
            return parse_yuan(self.filters.get(name, ""))
        except ValueError:
            return None

    def word(self, pair: tuple[str, str]) -> str:
        """One of (Chinese, English), in the language of the asker."""
        return pair[self.english]

    def moment(self, at: datetime | None) -> str | None:
        """Chinese time as people and spreadsheets read it."""
        return None if at is None else at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in their order, where the next ones begin (None: there are no more), and with the first ones how many in all."""

    rows: Sequence[Sequence[Any]]
    after: str | None
    total: int | None = None


def check_filters(kind: str, filters: Mapping[str, str]) -> dict[str, str]:
    """The filters that say something; refuses (`export_filter`) an unknown, long or senseless one, and (`export_days`) days
    that end before they begin."""
    said = {}
    for name, text in filters.items():
        if name not in FILTERS[kind] or not isinstance(text, str):
            raise EXPORT_FILTER(name=str(name)[:32])
        if text == "":
            continue
        if not (_is_day(text) if name in DAYS else _WORD.fullmatch(text)):
            raise EXPORT_FILTER(name=name)
        said[name] = text
    if "since" in said and said["since"] > said.get("until", said["since"]):
        raise EXPORT_DAYS()
    return said


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and 2000 <= date.fromisoformat(text).year <= 2999
    except ValueError:
        return False


def check_asker(actor: Actor, kind: str) -> None:
    """Refuse who may not export this kind."""
    actor.must(NEEDED[kind])
    if kind in WHOLE:
        actor.must_see_all()


def check_still(actor: Actor, kind: str, *, store_ids: Sequence[str] | None, reveal: bool) -> None:
    """Refuse (`export_not_allowed`) when the rights of today no longer cover what was frozen."""
    covered = actor.store_ids is None or (store_ids is not None and actor.store_ids >= set(store_ids))
    whole = kind not in WHOLE or actor.store_ids is None
    if not (actor.kind == "staff" and actor.may(NEEDED[kind]) and covered and whole and (not reveal or actor.may(REVEAL))):
        raise EXPORT_NOT_ALLOWED()


def link_text(export_id: str, asked_by: str, until: int) -> str:
    """What the signature of a download link is over: the export, its asker, and the second at which the link ends."""
    return f"{export_id}|{asked_by}|{until}"


def link_until(now: datetime) -> int:
    """The second at which a link that is made now ends."""
    return int((now + LINK_GOOD).timestamp())


def link_is_over(until: int, now: datetime) -> bool:
    """Whether a link has ended; one that claims to last longer than ours do was not made by us."""
    return not now.timestamp() <= until <= (now + LINK_GOOD).timestamp() + 1


def file_name(kind: str, asked_at: datetime, format_: str, english: bool) -> str:
    """The name under which a browser keeps the file: `订单-20260302-1200.csv`."""
    return f"{WORDS[kind][english]}-{asked_at.astimezone(CHINA):%Y%m%d-%H%M}.{format_}"


