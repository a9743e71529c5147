"""Pure decisions about goods: titles and how they are found, prices, option values, what may be bought."""

import hashlib
import json
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from backend.catalog import refusals
from backend.catalog.detail import MAX_PICTURES as MAX_DETAIL_PICTURES
from backend.catalog.detail import html_in, pictures
from backend.kernel.errors import FORBIDDEN, Refusal, Refused

MAX_TITLE = 128
MAX_FOLDED = 300
MAX_CODE = 64
MAX_PRICE_FEN = 10**9
"""Ten million yuan: no single thing in the shop costs more."""
MAX_SKUS = 200
MAX_OPTION_NAMES = 3
MAX_OPTION_LENGTH = 32
MAX_OPTION_KEY = 255
MAX_PICTURES = 20
MAX_DETAIL = 20_000
MAX_QUERY = 64
QUERY_TERMS = 8
GRAM = 2
LAST_LETTER = "\U0010ffff"
"""Sorts after every letter, so that what begins with `x` lies between `x` and `x` + this."""
HOME_MARK = "home"
"""The mark that holds how the home page is arranged."""
MAX_HOME_PARTS = 20
COURIER, PICKUP = "courier", "pickup"
WAYS = (COURIER, PICKUP)
"""How goods can reach a shopper."""
NAMED = 3
"""A sentence names so many goods."""


@dataclass(frozen=True, slots=True)
class SkuForm:
    """A SKU as somebody gives it. `stock` is its opening stock and counts only when the SKU is new; fen throughout."""

    code: str
    price_fen: int
    market_price_fen: int | None = None
    cost_fen: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    picture: str | None = None
    stock: int = 0


@dataclass(frozen=True, slots=True)
class ImportedProduct:
    """One product with one SKU, as a sheet lists it; `stock` None means: the default of the import."""

    code: str
    title: str
    category: str
    price_fen: int
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class Banner:
    """A picture on the home page that leads to a category, a product, or nowhere."""

    picture: str
    title: str = ""
    subtitle: str = ""
    category_id: str | None = None
    product_id: str | None = None


@dataclass(frozen=True, slots=True)
class HomeBlock:
    """A titled row of chosen products on the home page."""

    title: str
    product_ids: Sequence[str]
    subtitle: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A SKU with what selling it needs; `cost_fen` never leaves through a public query. `available` only where it was asked for."""

    sku_id: str
    code: str
    product_id: str
    category_id: str
    title: str
    options: Mapping[str, str]
    picture: str | None
    price_fen: int
    market_price_fen: int | None
    cost_fen: int | None
    active: bool
    on_shelf: bool
    publish_at: datetime
    by_courier: bool = True
    by_pickup: bool = True
    available: int | None = None

    @property
    def deliveries(self) -> tuple[str, ...]:
        """The ways in which it can reach a shopper."""
        return ways(self.by_courier, self.by_pickup)


def ways(by_courier: bool, by_pickup: bool) -> tuple[str, ...]:
    """The allowed ones of WAYS, in their order."""
    return tuple(way for way, allowed in zip(WAYS, (by_courier, by_pickup), strict=True) if allowed)


def ways_together(offers: Iterable[Offer]) -> tuple[str, ...]:
    """The ways in which all of these goods can reach a shopper in one order; all of them for no goods."""
    found = list(offers)
    return ways(all(offer.by_courier for offer in found), all(offer.by_pickup for offer in found))


def check_deliveries(deliveries: Collection[str]) -> dict[str, bool]:
    """The ways as a product keeps them; refuses (`delivery_needed`) none. ValueError for one that there is not."""
    if unknown := set(deliveries) - set(WAYS):
        raise ValueError(f"no way of delivery {sorted(unknown)}")
    if not deliveries:
        raise refusals.DELIVERY_NEEDED()
    return {"by_courier": COURIER in deliveries, "by_pickup": PICKUP in deliveries}


def check_delivery(offers: Sequence[Offer], delivery: str) -> None:
    """Refuses goods that do not go this way, naming them and the way that works: `goods_pickup_only`, `goods_courier_only`, or
    `no_delivery_together` when no way works for all. ValueError for a way that there is not."""
    if delivery not in WAYS:
        raise ValueError(f"no way of delivery {delivery!r}")
    fetched = [offer for offer in offers if not offer.by_courier]
    sent = [offer for offer in offers if not offer.by_pickup]
    if fetched and sent:
        raise refusals.NO_DELIVERY_TOGETHER(pickup_only=_named(fetched), courier_only=_named(sent), items=_items(fetched + sent))
    if delivery == COURIER and fetched:
        raise refusals.GOODS_PICKUP_ONLY(goods=_named(fetched), items=_items(fetched))
    if delivery == PICKUP and sent:
        raise refusals.GOODS_COURIER_ONLY(goods=_named(sent), items=_items(sent))


def _named(offers: Sequence[Offer]) -> str:
    titles = list(dict.fromkeys(offer.title for offer in offers))
    return "、".join(f"“{title}”" for title in titles[:NAMED]) + (" …" if len(titles) > NAMED else "")


def _items(offers: Sequence[Offer]) -> list[dict[str, Any]]:
    return [{"sku_id": offer.sku_id, "title": offer.title, "deliveries": list(offer.deliveries)} for offer in offers]


def why_not(offer: Offer, now: datetime) -> Refusal | None:
    """Why this SKU cannot be bought now, or None: `off_shelf`, `not_published`, `sku_gone`. Stock is another matter."""
    if not offer.on_shelf:
        return refusals.OFF_SHELF
    if offer.publish_at > now:
        return refusals.NOT_PUBLISHED
    return None if offer.active else refusals.SKU_GONE


def shelf_state(
    on_shelf: bool, publish_at: datetime, now: datetime, available: int
) -> Literal["off_shelf", "scheduled", "sold_out", "on_sale"]:
    """Where a product stands for staff; `available` is that of all its active SKUs together."""
    if not on_shelf:
        return "off_shelf"
    if publish_at > now:
        return "scheduled"
    return "on_sale" if available > 0 else "sold_out"


def clean(text: str) -> bool:
    """Whether `text` can be stored and shown: no control characters (line breaks, NUL), no half characters."""
    return not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text)


def check_title(title: str) -> str:
    """The title without spaces around it; refuses (`title`) an empty, long or unprintable one."""
    title = title.strip()
    if not 1 <= len(title) <= MAX_TITLE or not clean(title) or len(fold(title)) > MAX_FOLDED:
        raise refusals.TITLE(limit=MAX_TITLE)
    return title


def check_name(name: str) -> str:
    """A category's name without spaces around it; refuses (`category_name`) an empty, long or unprintable one."""
    name = name.strip()
    if not 1 <= len(name) <= 64 or not clean(name):
        raise refusals.CATEGORY_NAME(limit=64)
    return name


def check_texts(selling_point: str, detail: str) -> None:
    """Refuses what the columns do not hold (`text_too_long`), HTML in the detail (`detail_html`) and too many pictures.

    The detail may have line breaks.
    """
    if len(selling_point) > 128 or not clean(selling_point):
        raise refusals.TEXT_TOO_LONG(field="selling_point", limit=128)
    if len(detail) > MAX_DETAIL or not clean(detail.translate({10: None, 13: None, 9: None})):
        raise refusals.TEXT_TOO_LONG(field="detail", limit=MAX_DETAIL)
    if (found := html_in(detail)) is not None:
        raise refusals.DETAIL_HTML(found=found)
    if len(pictures(detail)) > MAX_DETAIL_PICTURES:
        raise refusals.DETAIL_PICTURES(limit=MAX_DETAIL_PICTURES)


def check_pictures(keys: Sequence[str]) -> list[str]:
    """The keys as a list; refuses (`pictures`) too many, and what cannot be a key."""
    if len(keys) > MAX_PICTURES or not all(1 <= len(key) <= 128 and key.isascii() and key.isprintable() for key in keys):
        raise refusals.PICTURES(limit=MAX_PICTURES)
    return list(keys)


def check_home(banners: Sequence[Banner], blocks: Sequence[HomeBlock]) -> None:
    """Refuses (`home`) too many parts, long or unprintable words, and a banner that leads to two places."""
    parts: list[Banner | HomeBlock] = [*banners, *blocks]
    words = [word for part in parts for word in (part.title, part.subtitle)]
    chosen = [product_id for block in blocks for product_id in block.product_ids]
    if (
        len(banners) > MAX_HOME_PARTS
        or len(blocks) > MAX_HOME_PARTS
        or len(chosen) > MAX_HOME_PARTS**2
        or any(len(word) > MAX_TITLE or not clean(word) for word in words)
        or any(banner.category_id and banner.product_id for banner in banners)
    ):
        raise refusals.HOME(limit=MAX_HOME_PARTS)


def home_fingerprint(arrangement: Mapping[str, Any] | None) -> str:
    """A short text that is another one for another arrangement of the home page."""
    written = json.dumps(arrangement or {}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def category_fingerprint(name: str, parent_id: str | None, picture: str | None) -> str:
    """A short text that is another one when somebody has changed the category; its place among others is no part of it."""
    written = json.dumps([name, parent_id, picture], ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def picture_keys(keys: Sequence[str], skus: Sequence[SkuForm], detail: str = "") -> set[str]:
    """All pictures of a product, its SKUs and its detail."""
    return {*keys, *(sku.picture for sku in skus if sku.picture is not None), *pictures(detail)}


def check_code(code: str) -> str:
    """`code` if it can be a SKU code; else refuses (`sku_code`)."""
    if not 1 <= len(code) <= MAX_CODE or code != code.strip() or not clean(code):
        raise refusals.SKU_CODE(given=code[:MAX_CODE].encode("utf-8", "replace").decode())
    return code


def check_prices(price_fen: object, market_price_fen: object = None, cost_fen: object = None) -> None:
    """Refuses prices that make no sense: whole fen, 0 < price ≤ MAX_PRICE_FEN, market price ≥ price, cost ≥ 0."""
    limit_yuan = MAX_PRICE_FEN // 100
    if type(price_fen) is not int or not 0 < price_fen <= MAX_PRICE_FEN:
        raise refusals.PRICE(limit_yuan=limit_yuan)
    if market_price_fen is not None and (type(market_price_fen) is not int or not price_fen <= market_price_fen <= MAX_PRICE_FEN):
        raise refusals.MARKET_PRICE()
    if cost_fen is not None and (type(cost_fen) is not int or not 0 <= cost_fen <= MAX_PRICE_FEN):
        raise refusals.COST(limit_yuan=limit_yuan)


def keep_cost(sku: SkuForm, cost_fen: int | None) -> SkuForm:
    """`sku` at the cost that it has, for whoever may not see costs; refuses (`forbidden`) any that they gave.

    The right one too, or they could find it out by trying.
    """
    if sku.cost_fen is not None:
        raise FORBIDDEN()
    return replace(sku, cost_fen=cost_fen)


def kept_market_price(market_price_fen: int | None, price_fen: int) -> int | None:
    """The crossed-out price beside a new price: gone when it would be the lower one."""
    return market_price_fen if market_price_fen is not None and market_price_fen >= price_fen else None


def option_key(options: Mapping[str, str]) -> str:
    """One text for one combination of option values, whatever the order of names: "尺码=L|颜色=红"."""
    parts = (f"{_escape(name)}={_escape(value)}" for name, value in sorted(options.items()))
    return "|".join(parts)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("=", "\\=")


def check_skus(skus: Sequence[SkuForm]) -> None:
    """Refuses SKUs of one product that do not fit together: none, too many, a code or a combination twice, other names.

    A single SKU needs no options; several need the same 1 to 3 option names each, in different combinations. Refusals
    carry the `sku_code` that they are about.
    """
    if not skus:
        raise refusals.NO_SKU()
    if len(skus) > MAX_SKUS:
        raise refusals.TOO_MANY_SKUS(limit=MAX_SKUS)
    names = sorted(skus[0].options)
    codes: set[str] = set()
    keys: set[str] = set()
    for sku in skus:
        check_code(sku.code)
        try:
            check_prices(sku.price_fen, sku.market_price_fen, sku.cost_fen)
            _check_options(sku.options, names, needed=len(skus) > 1)
        except Refused as refused:
            raise refused.refusal(**refused.details, sku_code=sku.code) from None
        if sku.picture is not None:
            check_pictures([sku.picture])
        if sku.code in codes:
            raise refusals.SKU_CODE_TWICE(sku_code=sku.code)
        codes.add(sku.code)
        if (key := option_key(sku.options)) in keys:
            raise refusals.OPTIONS_TWICE(options=" ".join(sku.options.values()), sku_code=sku.code)
        keys.add(key)


def _check_options(options: Mapping[str, str], names: Sequence[str], *, needed: bool) -> None:
    words = [*options, *options.values()]
    fits = all(1 <= len(word) <= MAX_OPTION_LENGTH and word == word.strip() and clean(word) for word in words)
    if (
        not fits
        or sorted(options) != names
        or len(names) > MAX_OPTION_NAMES
        or (needed and not names)
        or len(option_key(options)) > MAX_OPTION_KEY
    ):
        raise refusals.OPTIONS(names=MAX_OPTION_NAMES, length=MAX_OPTION_LENGTH)


def fold(text: str) -> str:
    """How a title is compared: NFKC forms, no case, nothing invisible, single spaces; twice changes nothing."""
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text).casefold()
    seen = (letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    return " ".join("".join(seen).split())


def grams(folded_title: str) -> set[str]:
    """The terms under which a title is found: at every letter the two letters from there on, the last one alone.

    Words of any script are treated alike, so any substring without spaces is found: one of a single letter by the terms
    that begin with it, a longer one by having all of its own pairs.
    """
    return {word[start : start + GRAM] for word in folded_title.split() for start in range(len(word))}


@dataclass(frozen=True, slots=True)
class Search:
    """A search, taken apart: all `words` must be substrings of the folded title.

    Every such title has a term in each of the `ranges` (from, to), so that looking at the rarest of them is enough.
    """

    words: tuple[str, ...]
    ranges: tuple[tuple[str, str], ...]


def search(query: str) -> Search | None:
    """Take a search apart; None for an empty one. Refuses (`bad_query`) a long one."""
    if len(query) > MAX_QUERY:
        raise refusals.BAD_QUERY(limit=MAX_QUERY)
    words = tuple(dict.fromkeys(fold("".join(letter if clean(letter) else " " for letter in query)).split()))
    if not words:
        return None
    pairs = [word[start : start + GRAM] for word in words for start in range(len(word) - 1)]
    ranges = [(pair, pair) for pair in dict.fromkeys(pairs)]
    ranges += [(word, word + LAST_LETTER) for word in words if len(word) < GRAM]
    return Search(words, _spread(ranges, QUERY_TERMS))


def _spread(terms: Sequence[tuple[str, str]], most: int) -> tuple[tuple[str, str], ...]:
    """At most `most` of the terms, evenly spread: more would cost more than they narrow."""
    if len(terms) <= most:
        return tuple(terms)
    return tuple(terms[index * len(terms) // most] for index in range(most))


def matches(folded_title: str, words: Collection[str]) -> bool:
    """The meaning of a search, by which the index is judged: every word is a substring of the folded title."""
    return all(word in folded_title for word in words)
