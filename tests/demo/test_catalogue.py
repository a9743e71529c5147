"""The demo's goods and people are such as the shop itself would take."""

from collections import Counter
from datetime import date

from backend.catalog import rules as catalog_rules
from backend.demo.catalogue import Product, catalogue
from backend.demo.drawing.canvas import font
from backend.demo.people import PROFILES, people
from backend.demo.remarks import ANY_LINE, BY_GOODS, BY_PROFILE, COMMON, LINE_BY_GOODS, WHOLE
from backend.members import rules as member_rules

PRODUCTS = catalogue().products
SKUS = [sku for product in PRODUCTS for sku in product.skus]


def test_there_is_enough_to_browse() -> None:
    assert len([product for product in PRODUCTS if product.for_sale]) >= 72
    assert min(Counter(product.category for product in PRODUCTS if product.for_sale).values()) >= 7
    assert len(catalogue().categories) >= 9
    assert len([product for product in PRODUCTS if len(product.skus) > 1]) >= 40


def test_every_case_of_a_shelf_is_there() -> None:
    assert [product.key for product in PRODUCTS if not product.on_shelf] == ["watermelon", "cutting-board"]
    assert [product.key for product in PRODUCTS if product.published_days_ago < 0] == ["cherry"]
    assert len([sku for sku in SKUS if sku.stock == 0]) >= 2
    assert len([sku for sku in SKUS if 0 < sku.stock < 10]) >= 2
    assert any(len(product.options) == 2 for product in PRODUCTS)


def test_keys_and_codes_are_unique() -> None:
    for names in ([p.key for p in PRODUCTS], [p.title for p in PRODUCTS], [s.code for s in SKUS]):
        assert len(set(names)) == len(names)


def test_prices_are_sane() -> None:
    for sku in SKUS:
        assert 0 < sku.cost.fen < sku.price.fen <= sku.market_price.fen, sku.code
        assert sku.cost.fen * 10 > sku.price.fen * 4, f"{sku.code} earns too much to be believed"
        assert sku.cycle_days is None or 3 <= sku.cycle_days <= 150


def test_a_bigger_pack_is_not_dearer_by_the_day() -> None:
    for product in PRODUCTS:
        rates = [(sku.cycle_days, sku.price.fen / sku.cycle_days) for sku in product.skus if sku.cycle_days]
        for days, rate in rates:
            assert all(rate <= other * 1.1 for fewer, other in rates if fewer < days), product.key


def _forms(product: Product) -> list[catalog_rules.SkuForm]:
    return [
        catalog_rules.SkuForm(
            code=sku.code,
            price_fen=sku.price.fen,
            market_price_fen=sku.market_price.fen,
            cost_fen=sku.cost.fen,
            options=dict(zip(product.options, sku.values, strict=True)),
            stock=sku.stock,
        )
        for sku in product.skus
    ]


def test_the_shop_takes_every_product() -> None:
    for product in PRODUCTS:
        assert catalog_rules.check_title(product.title) == product.title
        catalog_rules.check_texts(product.point, "\n".join(product.details))
        catalog_rules.check_skus(_forms(product))
        assert 1 <= product.popularity <= 10


def test_the_home_page_leads_to_what_is_for_sale() -> None:
    for_sale = {product.key for product in PRODUCTS if product.for_sale}
    for block in catalogue().blocks:
        assert set(block.products) <= for_sale and len(set(block.products)) == len(block.products) >= 4
    assert {banner.category for banner in catalogue().banners} <= {category.key for category in catalogue().categories}


def test_people_are_such_as_the_shop_takes() -> None:
    everybody = people()
    assert len(everybody) >= 40
    for names in ([p.key for p in everybody], [p.phone for p in everybody], [p.name for p in everybody]):
        assert len(set(names)) == len(names)
    for person in everybody:
        assert member_rules.nickname(person.nickname) == person.nickname
        given = {"gender": person.gender, "birthday": person.birthday}
        assert member_rules.profile(given, date(2026, 1, 1)) == given
        assert person.profile in PROFILES and len(person.addresses) == 2
        assert person.phone[3:7] == "0000", "reserved-looking: nobody's real number"
        for address in person.addresses:
            place = {"region_code": address.region_code, "detail": address.detail}
            kept = member_rules.destination(name=person.name, phone_text=person.phone, **place)
            assert (kept.phone, kept.detail) == (person.phone, address.detail)


def test_some_were_there_before_and_some_join_on_the_way() -> None:
    joined = [person.joined_days_ago for person in people()]
    assert joined == sorted(joined, reverse=True)
    assert len([days for days in joined if days >= 60]) >= 20
    assert len([days for days in joined if days < 60]) >= 10


def test_the_font_has_every_sign() -> None:
    words = [text for p in PRODUCTS for text in (p.title, p.name, p.point, *p.details, *p.options)]
    words += [value for sku in SKUS for value in sku.values]
    words += [str(look) for p in PRODUCTS for thing in p.scene for look in thing.looks.values()]
    words += [text for part in (*catalogue().banners, *catalogue().blocks) for text in (part.title, part.subtitle)]
    words += [text for p in people() for text in (p.name, p.nickname, *(a.detail for a in p.addresses))]
    words += [*COMMON, *WHOLE, *ANY_LINE]
    for table in (BY_PROFILE, BY_GOODS, LINE_BY_GOODS):
        words += [text for texts in table.values() for text in texts]
    for bold in (False, True):
        face = font(24, bold)
        unknown = bytes(face.getmask("\U0010fffd"))
        missing = {sign for word in words for sign in word if bytes(face.getmask(sign)) == unknown}
        assert not missing
