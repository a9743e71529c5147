"""How goods may reach a shopper: what a product allows, what goods allow together, and whom a refusal names."""

from dataclasses import replace

import pytest

from backend.catalog import rules
from backend.fulfilment.rules import DELIVERIES
from backend.kernel.errors import Refused
from tests.conftest import NOON

BOTH = rules.Offer("sku_1", "A1", "prd_1", "cat_1", "苹果", {}, None, 100, None, None, True, True, NOON)
FETCHED = replace(BOTH, sku_id="sku_2", title="冰鲜三文鱼", by_courier=False)
SENT = replace(BOTH, sku_id="sku_3", title="大米", by_pickup=False)


def refused(call) -> Refused:
    with pytest.raises(Refused) as no:
        call()
    return no.value


def test_the_catalogue_knows_the_ways_that_fulfilment_has() -> None:
    assert rules.WAYS == DELIVERIES


@pytest.mark.parametrize(("deliveries", "kept"), [
    (["courier"], (True, False)), (["pickup"], (False, True)), (["pickup", "courier", "pickup"], (True, True))])
def test_a_product_keeps_its_ways(deliveries, kept) -> None:
    assert tuple(rules.check_deliveries(deliveries).values()) == kept
    assert set(rules.ways(*kept)) == set(deliveries)


def test_a_product_has_one_way_at_least_and_none_that_there_is_not() -> None:
    assert refused(lambda: rules.check_deliveries([])).code == "delivery_needed"
    with pytest.raises(ValueError, match="drone"):
        rules.check_deliveries(["drone"])
    with pytest.raises(ValueError, match="drone"):
        rules.check_delivery([BOTH], "drone")


@pytest.mark.parametrize(("offers", "together"), [
    ([], ("courier", "pickup")), ([BOTH, BOTH], ("courier", "pickup")), ([BOTH, FETCHED], ("pickup",)),
    ([SENT, BOTH], ("courier",)), ([SENT, FETCHED], ())])
def test_the_ways_that_goods_allow_together(offers, together) -> None:
    assert rules.ways_together(offers) == together
    for way in together:
        rules.check_delivery(offers, way)
    for way in set(rules.WAYS) - set(together):
        assert refused(lambda way=way: rules.check_delivery(offers, way))


@pytest.mark.parametrize(("offers", "way", "code", "zh", "en"), [
    ([BOTH, FETCHED], "courier", "goods_pickup_only", "“冰鲜三文鱼”只能自提，请改为自提并选择自提点。",
     "“冰鲜三文鱼” can only be picked up; please choose pick-up and a point."),
    ([SENT, BOTH], "pickup", "goods_courier_only", "“大米”只能快递配送，请改为快递并选择收货地址。",
     "“大米” can only be sent by courier; please choose courier and an address."),
    ([SENT, FETCHED], "courier", "no_delivery_together", "“冰鲜三文鱼”只能自提，“大米”只能快递，不能一起下单，请分成两单。",
     "“冰鲜三文鱼” can only be picked up and “大米” only sent, so they do not go into one order; please make two orders of them."),
])
def test_a_refusal_names_the_goods_and_the_way_that_works(offers, way, code, zh, en) -> None:
    no = refused(lambda: rules.check_delivery(offers, way))
    assert (no.code, no.sentence("zh"), no.sentence("en")) == (code, zh, en)
    assert {item["title"]: item["deliveries"] for item in no.details["items"]} == {
        offer.title: list(offer.deliveries) for offer in offers if offer is not BOTH}


def test_many_goods_are_not_all_named() -> None:
    many = [replace(FETCHED, sku_id=f"sku_{number}", title=f"鱼{number}") for number in range(5)]
    no = refused(lambda: rules.check_delivery(many, "courier"))
    assert no.sentence("zh").startswith("“鱼0”、“鱼1”、“鱼2” …只能自提") and len(no.details["items"]) == 5
