"""Loads, locks and guarded writes of the catalogue; any number of goods in the same few statements.

Goods are locked before the stock levels, ascending by product id, and weakly (NO KEY), so that nobody who orders waits
for an editor. Long, because one product and an imported batch share every statement, and each stands here once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Row, ScalarSelect, Select, bindparam, case, delete, exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

from backend.catalog import rules
from backend.catalog.models import Category, DealDay, Product, ProductTerm, Sku
from backend.catalog.refusals import CATEGORY_NAME_TAKEN, CATEGORY_UNKNOWN, PRODUCT_UNKNOWN, SKU_CODE_TAKEN, SKU_UNKNOWN
from backend.catalog.rules import Offer, SkuForm
from backend.infra import audit
from backend.infra.rows import among
from backend.infra.uow import Reading, Transaction
from backend.kernel.ids import new_id

CATEGORIES, PRODUCTS, SKUS, TERMS = Category.__table__, Product.__table__, Sku.__table__, ProductTerm.__table__


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be written, with its SKUs by their new ids."""

    id: str
    category_id: str
    title: str
    skus: Sequence[tuple[str, SkuForm]]
    publish_at: datetime
    on_shelf: bool = True
    selling_point: str = ""
    detail: str = ""
    pictures: Sequence[str] = ()
    position: int = 0
    by_courier: bool = True
    by_pickup: bool = True


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of a SKU, in fen."""

    sku_id: str
    product_id: str
    price_fen: int
    market_price_fen: int | None

    def as_json(self) -> dict[str, Any]:
        return {"price_fen": self.price_fen, "market_price_fen": self.market_price_fen}


def prices(sku: Row[Any]) -> Prices:
    """The prices in a row of `find_skus`, `lock_skus` or `skus_of`."""
    return Prices(sku.id, sku.product_id, sku.price_fen, sku.market_price_fen)


_PICTURE = func.coalesce(SKUS.c.picture, PRODUCTS.c.pictures[0].as_string())
_OFFERS = (
    select(
        SKUS.c.id.label("sku_id"),
        SKUS.c.code,
        SKUS.c.product_id,
        PRODUCTS.c.category_id,
        PRODUCTS.c.title,
        SKUS.c.options,
        _PICTURE.label("picture"),
        SKUS.c.price_fen,
        SKUS.c.market_price_fen,
        SKUS.c.cost_fen,
        SKUS.c.active,
        PRODUCTS.c.on_shelf,
        PRODUCTS.c.publish_at,
        PRODUCTS.c.by_courier,
        PRODUCTS.c.by_pickup,
    )
    .join(PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id)
    .where(among(SKUS.c.id, "sku_ids"))
)


def find_offers(rd: Reading, sku_ids: Collection[str], available: ScalarSelect[int] | None = None) -> dict[str, Offer]:
    """What selling these SKUs needs, by SKU id; unknown ones are absent. One statement, no lock.

    `available`: a column of `SKUS` that says how much of each can be had.
    """
    asked = [sku_id for sku_id in dict.fromkeys(sku_ids) if sku_id.isascii() and sku_id.isprintable()]
    if not asked:
        return {}
    return {row.sku_id: Offer(*row) for row in rd.execute(_offers(available), {"sku_ids": asked})}


@cache
def _offers(available: ScalarSelect[int] | None) -> Select[Any]:
    return _OFFERS if available is None else _OFFERS.add_columns(available)


_OTHER = SKUS.alias()
_ONLY_ONE = ~exists().where(_OTHER.c.product_id == SKUS.c.product_id, _OTHER.c.id != SKUS.c.id)


def find_skus(rd: Reading, codes: Collection[str]) -> dict[str, Row[Any]]:
    """SKUs with the head of their product, by code; unknown codes are absent. One statement, no lock."""
    statement = (
        select(
            SKUS.c.id,
            SKUS.c.code,
            SKUS.c.product_id,
            SKUS.c.price_fen,
            SKUS.c.market_price_fen,
            SKUS.c.active,
            PRODUCTS.c.title,
            PRODUCTS.c.category_id,
            _ONLY_ONE.label("only_sku"),
        )
        .join(PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id)
        .where(among(SKUS.c.code, "codes"))
    )
    return {row.code: row for row in rd.execute(statement, {"codes": list(codes)})}


def lock_skus(tx: Transaction, codes: Collection[str]) -> dict[str, Row[Any]]:
    """Like `find_skus`, with their products locked. Three statements."""
    owners = select(SKUS.c.product_id).where(among(SKUS.c.code, "codes"))
    lock_products(tx, set(tx.execute(owners, {"codes": list(codes)}).scalars()))
    return find_skus(tx, codes)


def get_prices(tx: Transaction, codes: Collection[str]) -> dict[str, Prices]:
    """The prices of SKUs by code, their products locked; refuses unknown codes (`sku_unknown`, details `sku_codes`)."""
    known = lock_skus(tx, codes)
    if missing := sorted(set(codes) - known.keys()):
        raise SKU_UNKNOWN(sku_codes=missing)
    return {code: prices(row) for code, row in known.items()}


def lock_prices(tx: Transaction, sku_ids: Collection[str]) -> dict[str, Prices]:
    """The prices of SKUs by id, their products locked; unknown ones are absent. Three statements."""
    owners = select(SKUS.c.product_id).where(among(SKUS.c.id, "ids"))
    lock_products(tx, set(tx.execute(owners, {"ids": list(sku_ids)}).scalars()))
    known = select(SKUS).where(among(SKUS.c.id, "ids"))
    return {row.id: prices(row) for row in tx.execute(known, {"ids": list(sku_ids)})}


_HEADS = (
    select(
        PRODUCTS.c.id,
        PRODUCTS.c.category_id,
        PRODUCTS.c.title,
        PRODUCTS.c.folded_title,
        PRODUCTS.c.on_shelf,
        PRODUCTS.c.publish_at,
        PRODUCTS.c.updated_at,
    )
    .where(among(PRODUCTS.c.id, "ids"))
    .order_by(PRODUCTS.c.id)
    .with_for_update(key_share=True)
)


def lock_products(tx: Transaction, product_ids: Collection[str]) -> dict[str, Row[Any]]:
    """Lock products in the order of their ids and return their heads; unknown ones are absent. One statement."""
    tx.locking("product")
    return {row.id: row for row in tx.execute(_HEADS, {"ids": list(product_ids)})} if product_ids else {}


def lock_product(tx: Transaction, product_id: str) -> Row[Any]:
    """Lock a product; refuses (`product_unknown`) an absent one."""
    product = lock_products(tx, [product_id]).get(product_id)
    if product is None:
        raise PRODUCT_UNKNOWN()
    return product


_TEXTS = select(
    *(
        PRODUCTS.c[name]
        for name in ("title", "category_id", "publish_at", "selling_point", "detail", "pictures", "position", "on_shelf",
                     "by_courier", "by_pickup")
    )
).where(PRODUCTS.c.id == bindparam("product_id"))


def product_texts(rd: Reading, product_id: str) -> dict[str, Any]:
    """What a form says of a product, without its SKUs."""
    return dict(rd.execute(_TEXTS, {"product_id": product_id}).mappings().one())


def skus_of(rd: Reading, product_id: str) -> dict[str, Row[Any]]:
    """All SKUs of a product by code, inactive ones too."""
    rows = rd.execute(select(SKUS).where(SKUS.c.product_id == product_id).order_by(SKUS.c.position, SKUS.c.id))
    return {row.code: row for row in rows}


_INSERT_PRODUCTS = insert(PRODUCTS)
_INSERT_SKUS = insert(SKUS)


def insert_products(tx: Transaction, products: Sequence[NewProduct]) -> None:
    """Write new products with their SKUs, search terms and roll-ups; refuses (`sku_code_taken`) a code that exists."""
    if not products:
        return
    tx.execute(
        _INSERT_PRODUCTS,
        [
            {
                "id": new.id,
                "category_id": new.category_id,
                "title": new.title,
                "selling_point": new.selling_point,
                "detail": new.detail,
                "pictures": list(new.pictures),
                "on_shelf": new.on_shelf,
                "publish_at": new.publish_at,
                "position": new.position,
                "by_courier": new.by_courier,
                "by_pickup": new.by_pickup,
                "folded_title": rules.fold(new.title),
                "price_fen": 0,
                "sku_count": 0,
                "sold": 0,
                "created_at": tx.now,
                "updated_at": tx.now,
            }
            for new in products
        ],
    )
    insert_skus(tx, [(new.id, position, sku_id, sku) for new in products for position, (sku_id, sku) in enumerate(new.skus)])
    write_terms(tx, {new.id: new.title for new in products})
    roll_up(tx, [new.id for new in products])


def insert_skus(tx: Transaction, skus: Sequence[tuple[str, int, str, SkuForm]]) -> None:
    """Write SKUs [(product id, position, sku id, form)] without roll-ups; refuses (`sku_code_taken`) known codes."""
    if not skus:
        return
    taken = select(SKUS.c.code).where(among(SKUS.c.code, "codes")).order_by(SKUS.c.code)
    if codes := list(tx.execute(taken, {"codes": [sku.code for _, _, _, sku in skus]}).scalars()):
        raise SKU_CODE_TAKEN(sku_codes=codes)
    try:
        tx.execute(
            _INSERT_SKUS,
            [
                _sku_row(sku, product_id=product_id, position=position, id=sku_id, code=sku.code)
                for product_id, position, sku_id, sku in skus
            ],
        )
    except IntegrityError as error:
        raise SKU_CODE_TAKEN(sku_codes=[]) from error


def _sku_row(sku: SkuForm, **more: Any) -> dict[str, Any]:
    return {
        "options": dict(sku.options),
        "option_key": rules.option_key(sku.options),
        "picture": sku.picture,
        "price_fen": sku.price_fen,
        "market_price_fen": sku.market_price_fen,
        "cost_fen": sku.cost_fen,
        "active": True,
    } | more


_VACATE = update(SKUS).where(SKUS.c.product_id == bindparam("of_product")).values(option_key=SKUS.c.id, active=False)
_UPDATE_SKU = (
    update(SKUS)
    .where(SKUS.c.id == bindparam("sku_id"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "options",
                "option_key",
                "picture",
                "price_fen",
                "market_price_fen",
                "cost_fen",
                "active",
                "position",
            )
        }
    )
)


def replace_skus(
    tx: Transaction, product_id: str, kept: Sequence[tuple[str, int, SkuForm]], new: Sequence[tuple[str, int, SkuForm]]
) -> None:
    """Make [(sku id, position, form)] the active SKUs of a locked product; all others become inactive. No roll-up.

    All combinations are vacated first, so that two SKUs may swap theirs.
    """
    tx.execute(_VACATE, {"of_product": product_id})
    if kept:
        tx.execute(_UPDATE_SKU, [_sku_row(sku, position=position, sku_id=sku_id) for sku_id, position, sku in kept])
    insert_skus(tx, [(product_id, position, sku_id, sku) for sku_id, position, sku in new])


def update_product(tx: Transaction, product_id: str, **values: Any) -> None:
    """Write columns of a locked product; a new title is folded, and found from now on."""
    if "title" in values:
        values["folded_title"] = rules.fold(values["title"])
        write_terms(tx, {product_id: values["title"]}, replace=True)
    tx.execute(update(PRODUCTS).where(PRODUCTS.c.id == product_id).values(updated_at=tx.now, **values))


_RETITLE = (
    update(PRODUCTS)
    .where(PRODUCTS.c.id == bindparam("product_id"))
    .values(
        title=bindparam("new_title"),
        folded_title=bindparam("new_folded"),
        category_id=bindparam("new_category"),
        updated_at=bindparam("at"),
    )
)


def retitle(tx: Transaction, products: Sequence[tuple[str, str, str]]) -> None:
    """Give locked products [(id, title, category id)] their new heads, and their terms. Three statements."""
    if products:
        tx.execute(
            _RETITLE,
            [
                {
                    "product_id": product_id,
                    "new_title": title,
                    "new_folded": rules.fold(title),
                    "new_category": category_id,
                    "at": tx.now,
                }
                for product_id, title, category_id in products
            ],
        )
        write_terms(tx, {product_id: title for product_id, title, _ in products}, replace=True)


_SHELVE = (
    update(PRODUCTS)
    .where(among(PRODUCTS.c.id, "ids"), PRODUCTS.c.on_shelf != bindparam("now_on_shelf"))
    .values(on_shelf=bindparam("now_on_shelf"), updated_at=bindparam("at"))
)


def shelve(tx: Transaction, product_ids: Collection[str], on_shelf: bool) -> int:
    """Put locked products on the shelf or take them off; returns how many were elsewhere before."""
    return tx.execute(_SHELVE, {"ids": list(product_ids), "now_on_shelf": on_shelf, "at": tx.now}).rowcount


_REPRICE = (
    update(SKUS)
    .where(SKUS.c.id == bindparam("sku_id"))
    .values(price_fen=bindparam("new_price"), market_price_fen=bindparam("new_market"))
)


def reprice(tx: Transaction, changes: Sequence[tuple[Prices, Prices]]) -> None:
    """Write [(before, after)] of SKUs of locked products, one audit row each, without roll-ups. Two statements."""
    if not changes:
        return
    tx.execute(
        _REPRICE,
        [{"sku_id": after.sku_id, "new_price": after.price_fen, "new_market": after.market_price_fen} for _, after in changes],
    )
    audit_prices(tx, changes)


def audit_prices(tx: Transaction, changes: Sequence[tuple[Prices, Prices]]) -> None:
    """One audit row for each SKU whose price changed; one statement."""
    audit.record_all(tx, "change_price", [(after.sku_id, before.as_json(), after.as_json()) for before, after in changes])


_OF_PRODUCT = (SKUS.c.product_id == PRODUCTS.c.id) & SKUS.c.active
_ONLY = case((func.count() == 1, func.min(SKUS.c.id)))
_ONLY_CODE = case((func.count() == 1, func.min(SKUS.c.code)))
_ROLL_UP = (
    update(PRODUCTS)
    .where(among(PRODUCTS.c.id, "ids"))
    .values(
        price_fen=func.coalesce(select(func.min(SKUS.c.price_fen)).where(_OF_PRODUCT).scalar_subquery(), PRODUCTS.c.price_fen),
        market_price_fen=select(SKUS.c.market_price_fen)
        .where(_OF_PRODUCT)
        .order_by(SKUS.c.price_fen, SKUS.c.position, SKUS.c.id)
        .limit(1)
        .scalar_subquery(),
        sku_count=select(func.count()).select_from(SKUS).where(_OF_PRODUCT).scalar_subquery(),
        sole_sku_id=select(_ONLY).where(_OF_PRODUCT).scalar_subquery(),
        sole_sku_code=select(_ONLY_CODE).where(_OF_PRODUCT).scalar_subquery(),
        updated_at=bindparam("at"),
    )
)


def roll_up(tx: Transaction, product_ids: Collection[str]) -> None:
    """Rewrite the price, count and only SKU of locked products from their active SKUs. One statement.

    The market price is that of the cheapest SKU; a product without active SKUs keeps its last price and is not public.
    """
    if product_ids:
        tx.execute(_ROLL_UP, {"ids": list(product_ids), "at": tx.now})


_DELETE_TERMS = delete(TERMS).where(among(TERMS.c.product_id, "ids"))
_INSERT_TERMS = {
    "sqlite": text(
        "insert into product_terms (product_id, term) select p.key, t.value from json_each(:terms) as p, json_each(p.value) as t"
    ),
    "postgresql": text(
        "insert into product_terms (product_id, term) select p.key, t.term"
        " from jsonb_each(cast(:terms as jsonb)) as p, jsonb_array_elements_text(p.value) as t(term)"
    ),
}


def write_terms(tx: Transaction, titles: Mapping[str, str], *, replace: bool = False) -> None:
    """Make products {id: title} searchable. One statement, two when old terms are replaced."""
    if replace:
        tx.execute(_DELETE_TERMS, {"ids": list(titles)})
    terms = {product_id: sorted(rules.grams(rules.fold(title))) for product_id, title in titles.items()}
    tx.execute(_INSERT_TERMS[tx.dialect], {"terms": msgspec.json.encode(terms).decode()})


def must_have_category(rd: Reading, category_id: str) -> None:
    """Refuses (`category_unknown`) an absent category."""
    if not rd.execute(select(exists().where(CATEGORIES.c.id == category_id))).scalar():
        raise CATEGORY_UNKNOWN()


def lock_categories(tx: Transaction, category_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """Lock categories in the order of their ids; unknown ones are absent."""
    tx.locking("product")
    statement = select(CATEGORIES).where(CATEGORIES.c.id.in_(list(category_ids))).order_by(CATEGORIES.c.id)
    return {row.id: row for row in tx.execute(statement.with_for_update(key_share=True))}


def level_of(rd: Reading, parent_id: str | None) -> list[str]:
    """The ids of a level's categories in their order."""
    below = CATEGORIES.c.parent_id.is_(None) if parent_id is None else CATEGORIES.c.parent_id == parent_id
    return list(rd.execute(select(CATEGORIES.c.id).where(below).order_by(
        CATEGORIES.c.position, CATEGORIES.c.name, CATEGORIES.c.id)).scalars())


def has_children(rd: Reading, category_id: str) -> bool:
    return bool(rd.execute(select(exists().where(CATEGORIES.c.parent_id == category_id))).scalar())


def write_category(
    tx: Transaction,
    category_id: str,
    *,
    new: bool,
    name: str,
    parent_id: str | None,
    position: int,
    picture: str | None,
) -> None:
    """Insert or update a category; refuses (`category_name_taken`) a name that its level has already."""
    values = {"name": name, "parent_id": parent_id, "position": position, "picture": picture}
    try:
        if new:
            tx.execute(insert(CATEGORIES), {"id": category_id, "created_at": tx.now} | values)
        else:
            tx.execute(update(CATEGORIES).where(CATEGORIES.c.id == category_id).values(values))
    except IntegrityError as error:
        raise CATEGORY_NAME_TAKEN(name=name) from error


_PLACE = update(CATEGORIES).where(CATEGORIES.c.id == bindparam("category_id")).values(position=bindparam("place"))


def place_categories(tx: Transaction, places: Mapping[str, int]) -> None:
    """Give locked categories {id: position} their places; one statement."""
    if places:
        tx.execute(_PLACE, [{"category_id": category_id, "place": place} for category_id, place in places.items()])


_BY_NAME = (
    select(CATEGORIES.c.id, CATEGORIES.c.name, CATEGORIES.c.parent_id)
    .where(among(CATEGORIES.c.name, "names"))
    .order_by(CATEGORIES.c.parent_id.is_(None), CATEGORIES.c.id.desc())
)
_NEW_ROOTS = {
    "sqlite": sqlite_insert(CATEGORIES).on_conflict_do_nothing(),
    "postgresql": postgresql_insert(CATEGORIES).on_conflict_do_nothing(),
}


def claim_categories(tx: Transaction, names: Collection[str]) -> dict[str, str]:
    """The ids of categories by name; missing ones are made on the first level. One statement, three when some are new.

    A name that both levels have means the one on the first level.
    """
    known = {row.name: row.id for row in tx.execute(_BY_NAME, {"names": sorted(names)})}
    if missing := sorted(set(names) - known.keys()):
        tx.execute(
            _NEW_ROOTS[tx.dialect],
            [
                {"id": new_id("cat", tx.now), "parent_id": None, "name": name, "position": 0, "created_at": tx.now}
                for name in missing
            ],
        )
        known |= {row.name: row.id for row in tx.execute(_BY_NAME, {"names": missing})}
    return known


DEALS = DealDay.__table__
_DEAL_FACTS = ("lowest_fen", "highest_fen", "quantity")
_WRITE_DEALS = {
    dialect: (statement := into(DEALS)).on_conflict_do_update(
        index_elements=["sku_id", "day"], set_={name: statement.excluded[name] for name in _DEAL_FACTS}
    )
    for dialect, into in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
}
_TOUCHED = select(SKUS.c.product_id).distinct().join(DEALS, DEALS.c.sku_id == SKUS.c.id).where(DEALS.c.day >= bindparam("since"))
_SOLD = (
    select(func.coalesce(func.sum(DEALS.c.quantity), 0))
    .join(SKUS, SKUS.c.id == DEALS.c.sku_id)
    .where(SKUS.c.product_id == PRODUCTS.c.id)
    .scalar_subquery()
)
_COUNT_SOLD = (
    update(PRODUCTS).where(among(PRODUCTS.c.id, "ids"), PRODUCTS.c.sold != _SOLD).values(sold=_SOLD)
)


def write_deals(tx: Transaction, deals: Sequence[Mapping[str, Any]]) -> None:
    """Write what SKUs were sold for, [{sku_id, day, lowest_fen, highest_fen, quantity}], over what was counted before."""
    if deals:
        tx.execute(_WRITE_DEALS[tx.dialect], list(deals))


def count_sold(tx: Transaction, since: date) -> int:
    """Add the deals up for products with deals on or after `since`; returns how many products. Three statements."""
    touched = list(tx.execute(_TOUCHED, {"since": since}).scalars())
    lock_products(tx, touched)
    if touched:
        tx.execute(_COUNT_SOLD, {"ids": touched})
    return len(touched)
