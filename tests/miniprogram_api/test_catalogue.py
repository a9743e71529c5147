"""The shop window through the API: what anybody sees, as the document promises, kept under an ETag."""

import pytest

from backend.catalog.rules import Banner, HomeBlock, SkuForm
from backend.kernel.actors import SYSTEM
from backend.usecases.arrange_home import arrange_home
from backend.usecases.set_on_shelf import set_on_shelf
from miniprogram_api import cached
from tests.given_goods import given_category, given_product
from tests.miniprogram_api.checked import facts

PATHS = ["/home", "/categories", "/products", "/products?q=苹果&sort=sales&limit=2"]


@pytest.fixture
def picture(ctx):
    return ctx(SYSTEM).gateways.files.put(b"\xff\xd8 a picture", ".jpg")


@pytest.fixture
def goods(ctx, picture):
    """A product with a choice, and a plain one."""
    return (
        given_product(
            ctx,
            title="红富士苹果",
            pictures=[picture],
            skus=[
                SkuForm("A5", 5900, 6900, 100, {"规格": "5斤"}, stock=1),
                SkuForm("A9", 9900, None, 100, {"规格": "9斤"}),
            ],
        ),
        given_product(ctx, "B1", 1200, title="香梨", stock=5000),
    )


@pytest.mark.parametrize("path", PATHS)
def test_every_page_fits_its_document_and_is_kept(api, goods, path):
    first = api.get(path)
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "public, no-cache")
    again = api.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert api.get(path, headers={"If-None-Match": '"another"'}).data == first.data


def test_an_empty_shop_has_every_page(api):
    assert api.get("/products").get_json() == {"items": [], "next": None}
    assert api.get("/categories").get_json() == {"items": []}
    assert api.get("/home").get_json() == {
        "banners": [],
        "categories": [],
        "blocks": [],
        "newest": [],
        "best_selling": [],
    }


def test_a_product_with_a_choice(api, goods, picture):
    apple, _ = goods
    page = api.get(f"/products/{apple.product_id}").get_json()
    assert page == {
        "id": apple.product_id,
        "title": "红富士苹果",
        "selling_point": "",
        "detail": "",
        "detail_blocks": [],
        "pictures": [picture],
        "category": {"id": apple.category_id, "name": "水果"},
        "price_fen": 5900,
        "market_price_fen": 6900,
        "sold": 0,
        "deliveries": ["courier", "pickup"],
        "in_stock": True,
        "lowest_deal_fen": None,
        "reviews": {"average_tenths": None, "count": 0},
        "options": [{"name": "规格", "values": ["5斤", "9斤"]}],
        "skus": [
            {
                "id": apple.skus["A5"],
                "code": "A5",
                "options": {"规格": "5斤"},
                "picture": None,
                "price_fen": 5900,
                "market_price_fen": 6900,
                "in_stock": True,
                "available": 1,
                "lowest_deal_fen": None,
            },
            {
                "id": apple.skus["A9"],
                "code": "A9",
                "options": {"规格": "9斤"},
                "picture": None,
                "price_fen": 9900,
                "market_price_fen": None,
                "in_stock": False,
                "available": 0,
                "lowest_deal_fen": None,
            },
        ],
    }
    item = api.get("/products?q=苹果").get_json()["items"]
    assert item == [
        {
            "id": apple.product_id,
            "title": "红富士苹果",
            "price_fen": 5900,
            "market_price_fen": 6900,
            "picture": picture,
            "sku_id": None,
            "sku_code": None,
            "in_stock": True,
        }
    ]


def test_cost_and_exact_stock_stay_inside(api, goods):
    _, pear = goods
    page = api.get(f"/products/{pear.product_id}").get_json()
    assert [sku["available"] for sku in page["skus"]] == [999]
    assert b"cost" not in api.get("/products").data and b"cost" not in api.get(f"/products/{pear.product_id}").data
    [item] = api.get("/products?q=梨").get_json()["items"]
    assert (item["sku_id"], item["sku_code"]) == (pear.sku_id, "B1")


def test_pages_follow_one_another_without_gap_or_repetition(api, ctx):
    made = [given_product(ctx, f"P{number}", price_fen=100 + number // 2).product_id for number in range(7)]
    for sort in ("newest", "price", "-price", "sales"):
        seen, after = [], ""
        while after is not None and len(seen) <= len(made):
            page = api.get(f"/products?sort={sort}&limit=3{after and f'&after={after}'}").get_json()
            seen += [item["id"] for item in page["items"]]
            after = page["next"]
        assert sorted(seen) == sorted(made), sort


def test_absent_and_hidden_products_answer_alike(api, ctx, goods):
    hidden = goods[0].product_id
    set_on_shelf(ctx(SYSTEM), product_ids=[hidden], on_shelf=False)
    answers = [api.get(f"/products/{product_id}") for product_id in (hidden, "prd_unknown")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert facts(answers[0]) == facts(answers[1])


REFUSED = {
    "bad_cursor": ["after=x", "after=WyJuZXdlc3QiLDEsImEiXQ", "after=" + "A" * 200, "after=%E9%94%AE"],
    "invalid_fields": [
        "after=",
        "after=" + "A" * 201,
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=1e9",
        "sort=__class__",
        "sort=price;drop",
        "page=1",
        "q=" + "x" * 65,
        "q=%00",
        "category=%00",
        "category=%27+OR+1=1--",
    ],
}
FINDS_NOTHING = [
    "q=" + "ﷺ" * 64,
    "q=%27%20OR%201=1--",
    "q=%25",
    "q=_",
    "q=%F0%9F%8D%8E",
    "q=%ED%A0%80",
    "q=%5C",
    "category=cat_unknown",
]


def test_R17_S10_strange_queries_are_refused_or_find_nothing(api, goods):
    for code, queries in REFUSED.items():
        for query in queries:
            answer = api.get(f"/products?{query}")
            assert (query, answer.status_code, answer.get_json()["code"]) == (query, 422, code)
    for query in FINDS_NOTHING:
        answer = api.get(f"/products?{query}")
        assert (query, answer.status_code, answer.get_json()) == (query, 200, {"items": [], "next": None})


def test_the_home_page_as_arranged(api, ctx, goods, picture):
    apple, pear = goods
    fruit = given_category(ctx)
    arrange_home(
        ctx(SYSTEM),
        banners=[Banner(picture, "丰收", "产地直发", category_id=fruit)],
        blocks=[
            HomeBlock("本周", [pear.product_id, "prd_gone", apple.product_id], "三件起"),
            HomeBlock("空", ["prd_gone"]),
        ],
    )
    home = api.get("/home").get_json()
    assert home["banners"] == [
        {"picture": picture, "title": "丰收", "subtitle": "产地直发", "category_id": fruit, "product_id": None}
    ]
    assert [(block["title"], block["subtitle"], [item["id"] for item in block["items"]]) for block in home["blocks"]] == [
        ("本周", "三件起", [pear.product_id, apple.product_id])
    ]
    assert home["categories"] == [{"id": fruit, "name": "水果", "picture": None}]
    assert {item["id"] for item in home["newest"]} == {apple.product_id, pear.product_id}


def test_categories_have_two_levels(api, ctx, picture):
    fruit = given_category(ctx, "水果")
    berries = given_category(ctx, "浆果", fruit)
    assert api.get("/categories").get_json() == {
        "items": [
            {
                "id": fruit,
                "name": "水果",
                "picture": None,
                "children": [{"id": berries, "name": "浆果", "picture": None}],
            }
        ]
    }


def test_a_picture_is_kept_for_ever(web, picture):
    client = web.test_client()
    answer = client.get(f"/api/v1/pictures/{picture}")
    assert (answer.status_code, answer.data, answer.content_type) == (200, b"\xff\xd8 a picture", "image/jpeg")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Accept-Ranges" not in answer.headers
    again = client.get(f"/api/v1/pictures/{picture}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    part = client.get(f"/api/v1/pictures/{picture}", headers={"Range": "bytes=0-1"})
    assert (part.status_code, len(part.data)) == (200, 12)


def test_no_picture_is_a_404(web):
    for key in ("0" * 32 + ".jpg", "x.jpg", "..%2F..%2Fclock", "%2e%2e%2fclock.jpg", "%00.jpg", "a" * 5000 + ".jpg"):
        answer = web.test_client().get(f"/api/v1/pictures/{key}")
        assert answer.status_code == 404 and answer.get_json()["code"] in ("file_not_found", "not_found"), key


def test_a_file_that_is_no_picture_is_not_served(web, ctx):
    key = ctx(SYSTEM).gateways.files.put(b"<script>", ".html")
    assert web.test_client().get(f"/api/v1/pictures/{key}").status_code == 404


def test_what_everybody_sees_is_asked_once_in_a_second(api, web, goods, ctx, monkeypatch):
    now = [100.0]
    monkeypatch.setitem(web.extensions, "shown", cached.Shown(1.0, timer=lambda: now[0]))
    apple, pear = goods
    first, listed = api.get(f"/products/{pear.product_id}"), api.get("/products").data
    set_on_shelf(ctx(SYSTEM), product_ids=[pear.product_id], on_shelf=False)
    now[0] = 100.9
    assert (api.get(f"/products/{pear.product_id}").data, api.get("/products").data) == (first.data, listed)
    assert api.get(f"/products/{pear.product_id}", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert [each["id"] for each in api.get("/products?limit=10").get_json()["items"]] == [apple.product_id], "another question"
    now[0] = 101.0
    assert api.get(f"/products/{pear.product_id}").status_code == 404
    set_on_shelf(ctx(SYSTEM), product_ids=[pear.product_id], on_shelf=True)
    assert api.get(f"/products/{pear.product_id}").data == first.data, "a refusal is not kept"


def test_kept_answers_have_a_bound():
    shown = cached.Shown(60)
    for number in range(5):
        shown.answer((str(number), b""), lambda: b"x" * (cached.MOST_BYTES // 4))
    made = []
    for number in (4, 3, 2, 1, 0):
        shown.answer((str(number), b""), lambda number=number: made.append(number) or b"again")
    assert made == [0], "the oldest went"
    huge = b"x" * (cached.MOST_BYTES + 1)
    assert shown.answer(("huge", b""), lambda: huge) == huge
    assert shown.answer(("huge", b""), lambda: b"made anew") == b"made anew"


def test_without_seconds_nothing_is_kept():
    shown = cached.Shown(0)
    assert [shown.answer(("a", b""), lambda body=body: body) for body in (b"1", b"2")] == [b"1", b"2"]
