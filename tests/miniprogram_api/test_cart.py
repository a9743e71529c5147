"""The cart through the door."""

import pytest
from sqlalchemy import text

from backend.catalog.rules import SkuForm
from backend.infra.db import db
from tests.given_goods import given_product


@pytest.fixture
def skus(ctx):
    forms = [SkuForm(f"S{n}", n * 100, stock=10, options={"规格": f"{n} 斤"}) for n in (1, 2, 3)]
    return list(given_product(ctx, skus=forms).skus.values())


def test_put_get_change_and_remove(api, shopper, skus):
    a = shopper("a", address=False)
    put = api.put(
        "/cart",
        a,
        json={"lines": [{"sku_id": skus[0], "quantity": 2}, {"sku_id": skus[1], "quantity": 1, "selected": False}]},
    )
    assert put.status_code == 200
    assert put.json == api.get("/cart", a).json
    assert (put.json["goods_fen"], put.json["count"], put.json["invalid"]) == (200, 2, [])
    assert put.json["lines"][0] == {
        "sku_id": skus[0],
        "quantity": 2,
        "selected": True,
        "product_id": put.json["lines"][1]["product_id"],
        "title": "红富士苹果",
        "options": {"规格": "1 斤"},
        "picture": None,
        "price_fen": 100,
        "amount_fen": 200,
        "deliveries": ["courier", "pickup"],
    }
    changed = api.put(f"/cart/lines/{skus[1]}", a, json={"quantity": 5})
    assert (changed.json["goods_fen"], changed.json["count"]) == (1200, 2)
    for _ in range(2):
        assert [line["sku_id"] for line in api.delete(f"/cart/lines/{skus[0]}", a).json["lines"]] == [skus[1]]


def test_why_a_line_cannot_be_bought_is_said_in_the_clients_language(api, shopper, skus):
    a = shopper("a", address=False)
    api.put("/cart", a, json={"lines": [{"sku_id": skus[0], "quantity": 11}]})
    [line] = api.get("/cart", a).json["invalid"]
    assert line["why"] == {"code": "too_few", "message": "库存不足，仅剩 10 件。", "available": 10}
    [line] = api.get("/cart", a, headers={"Accept-Language": "en-GB,en;q=0.9"}).json["invalid"]
    assert line["why"]["message"] == "Only 10 left."


def test_unknown_skus_are_named_and_the_cart_stays(api, shopper, skus, snapshot):
    a = shopper("a", address=False)
    api.put("/cart", a, json={"lines": [{"sku_id": skus[0], "quantity": 1}]})
    before = snapshot()
    refused = api.put(
        "/cart", a, json={"lines": [{"sku_id": skus[1], "quantity": 1}, {"sku_id": "sku_x", "quantity": 1}]}
    )
    assert (refused.status_code, refused.json["code"], refused.json["details"]) == (
        422,
        "unknown_skus",
        {"sku_ids": ["sku_x"]},
    )
    assert api.put("/cart/lines/sku_x", a, json={"quantity": 1}).status_code == 422
    assert snapshot() == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("extra", ["price", "price_fen", "amount_fen", "discount", "member_id", "title", "added_at"])
def test_r05_a_client_sets_no_price(api, shopper, skus, snapshot, extra):
    a = shopper("a", address=False)
    before = snapshot()
    assert api.put("/cart", a, json={"lines": [{"sku_id": skus[0], "quantity": 1, extra: 1}]}).status_code == 422
    assert api.put("/cart", a, json={"lines": [{"sku_id": skus[0], "quantity": 1}], extra: 1}).status_code == 422
    assert api.put(f"/cart/lines/{skus[0]}", a, json={"quantity": 1, extra: 1}).status_code == 422
    assert snapshot() == before


def test_r02_carts_are_apart(api, shopper, skus):
    a, b = shopper("a", address=False), shopper("b", address=False)
    api.put("/cart", a, json={"lines": [{"sku_id": skus[0], "quantity": 1}]})
    api.delete(f"/cart/lines/{skus[0]}", b)
    api.put("/cart", b, json={"lines": []})
    assert api.get("/cart", a).json["count"] == 1
    assert api.get("/cart", b).json["count"] == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_thousand_lines_and_not_one_more(api, shopper, ctx):
    a = shopper("a", address=False)
    forms = [SkuForm(f"S{n}", 100, stock=10, options={"规格": str(n)}) for n in range(50)]
    first = list(given_product(ctx, skus=forms).skus.values())
    copies = copy_sku(first[0], 951)
    lines = [{"sku_id": sku_id, "quantity": 1} for sku_id in first + copies]
    assert api.put("/cart", a, json={"lines": lines[:1000]}).json["count"] == 1000
    full = api.put("/cart", a, json={"lines": lines})
    assert (full.status_code, full.json["code"]) == (409, "cart_full")
    assert api.put("/cart", a, json={"lines": lines[:1000] * 2}).json["lines"][0]["quantity"] == 2
    assert api.put("/cart", a, json={"lines": lines[:1000] * 2 + lines[:1]}).status_code == 422


def copy_sku(sku_id, count):
    """More SKUs than a product may have, written past the rules."""
    ids = [f"sku_copy{number:04}" for number in range(count)]
    with db.engines[None].begin() as connection:
        connection.execute(
            text(
                "insert into skus (id, product_id, code, options, option_key, price_fen, active, position)"
                " select :id, product_id, :id, options, :id, price_fen, active, position from skus where id = :of"
            ),
            [{"id": each, "of": sku_id} for each in ids],
        )
    return ids


def test_the_cart_never_shows_cost(api, shopper, skus):
    a = shopper("a", address=False)
    with db.engines[None].begin() as connection:
        connection.execute(text("update skus set cost_fen = 77777"))
    answer = api.put("/cart", a, json={"lines": [{"sku_id": skus[0], "quantity": 1}]})
    # Only numbers are looked at: a random id may hold any digits.
    assert "cost" not in answer.text and 77777 not in answer.json["lines"][0].values()


def test_the_cart_and_the_preview_say_how_its_lines_can_be_had_together(ctx, api, shopper):
    a = shopper("a")
    rice, fish = (given_product(ctx, code, 9000, title=title, deliveries=[way]).sku_id for code, title, way in (
        ("R1", "大米", "courier"), ("F1", "冰鲜三文鱼", "pickup")))
    apple = given_product(ctx, "A1", 9000).sku_id

    def put(*sku_ids: str) -> dict:
        lines = [{"sku_id": each, "quantity": 1, "selected": each in sku_ids} for each in (rice, fish, apple)]
        return api.put("/cart", a, json={"lines": lines}).get_json()
    for chosen, together in [((rice, fish, apple), []), ((fish, apple), ["pickup"]), ((rice,), ["courier"]), (
            (apple,), ["courier", "pickup"])]:
        assert put(*chosen)["deliveries"] == together
        quote = api.post("/checkout/preview", a, json={})
        if not together:
            assert (quote.status_code, quote.get_json()["code"]) == (409, "no_delivery_together")
            continue
        assert (quote.get_json()["deliveries"], quote.get_json()["delivery"]) == (together, together[0])
        assert quote.get_json()["freight_fen"] == 0
        for way in {"courier", "pickup"} - set(together):
            no = api.post("/checkout/preview", a, json={"delivery": way}).get_json()
            assert no["code"] == {"courier": "goods_pickup_only", "pickup": "goods_courier_only"}[way]
    assert [line["deliveries"] for line in put()["lines"]] == [["courier"], ["pickup"], ["courier", "pickup"]]
