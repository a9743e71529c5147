"""Price what somebody wants: goods as they are for sale now, freight terms of the shop, through the one price function."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from backend.catalog import store as catalog
from backend.catalog.refusals import SKU_GONE
from backend.catalog.rules import Offer, check_delivery, ways_together, why_not
from backend.context import Context
from backend.fulfilment.rules import COURIER, Tariff, tariff
from backend.infra.uow import Reading
from backend.orders.refusals import NOT_FOR_SALE
from backend.orders.rules import Wanted
from backend.promotions.rules import FreightTerms, Item, Quote, price
from backend.stock import MAIN_LOCATION
from backend.stock import store as stock

_AVAILABLE = stock.available(catalog.SKUS.c.id, MAIN_LOCATION)


@dataclass(frozen=True, slots=True)
class Priced:
    """A quote and, by SKU, the goods behind its lines (title, options, picture, code, cost); the way of delivery that it is for,
    and all ways that these goods allow together."""

    quote: Quote
    goods: dict[str, Offer]
    delivery: str
    deliveries: tuple[str, ...]


def offers_in_stock(rd: Reading, sku_ids: Collection[str]) -> dict[str, Offer]:
    """What selling these SKUs needs, and how many of each are `available`; unknown ones are absent. One statement, no lock."""
    return catalog.find_offers(rd, sku_ids, _AVAILABLE)


def price_items(rd: Reading, ctx: Context, wanted: Sequence[Wanted], delivery: str | None = COURIER,
                region_code: str | None = None) -> Priced:
    """Quote `wanted` (merged) at this moment with the freight of a way of delivery (None: the first one that all goods allow) to a
    district (None: not known yet).

    Refuses what is not for sale (`not_for_sale`, naming them), goods that do not go this way (`goods_pickup_only`,
    `goods_courier_only`, `no_delivery_together`), and (`no_courier_there`) where no courier goes. One statement.
    """
    goods = offers_in_stock(rd, [each.sku_id for each in wanted])
    gone = [{"sku_id": each.sku_id, "why": no.code} for each in wanted
            if (no := why_not(goods[each.sku_id], ctx.now) if each.sku_id in goods else SKU_GONE) is not None]
    if gone:
        raise NOT_FOR_SALE(items=gone)
    offers = [goods[each.sku_id] for each in wanted]
    deliveries = ways_together(offers)
    delivery = delivery or next(iter(deliveries), COURIER)
    check_delivery(offers, delivery)
    shop = ctx.shop
    terms = tariff(delivery, Tariff(shop.freight_fen, shop.free_freight_from_fen), region_code=region_code,
                   far=Tariff(shop.far_freight_fen, shop.far_free_freight_from_fen, far=True), far_provinces=shop.far,
                   no_courier=shop.no_courier)
    items = [Item(each.sku_id, each.quantity, goods[each.sku_id].price_fen) for each in wanted]
    quote = price(items, FreightTerms(terms.flat_fen, terms.free_from_fen, terms.fetched, terms.far))
    return Priced(quote, goods, delivery, deliveries)
