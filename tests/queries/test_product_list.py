"""The product list: search, sorting, pages and what is public, against a plain Python model, in one statement."""

import base64
import random
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.catalog import rules
from backend.catalog import store as catalog
from backend.catalog.rules import SkuForm
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.queries import product_list as product_list_module
from backend.queries.categories import category_tree
from backend.queries.home import home_page
from backend.queries.product_list import product_list
from backend.stock import MAIN_LOCATION, store
from backend.usecases.edit_product import edit_product
from backend.usecases.import_products_batch import ImportedProduct, import_products_batch
from tests.conftest import NOON
from tests.counting import counted
from tests.given_goods import given_category, given_product

TITLES = [
    "红富士苹果 5斤",
    "苹果手机壳 iPhone 15",
    "ＡＰＰＬＥ juice 1L",
    "果冻",
    "香梨",
    "梨膏糖 100% 手工",
    "a_b\\c 'quoted'",
    "Straße",
    "果",
]


def listed(ctx, **asked):
    return msgspec.json.decode(product_list(ctx(), **asked))


def titles(ctx, q, **asked):
    return sorted(item["title"] for item in listed(ctx, q=q, limit=100, **asked)["items"])


@pytest.fixture
def window(ctx):
    import_products_batch(
        ctx(),
        stock_default=5,
        products=[ImportedProduct(f"T{number}", title, "OTHER", 100 + number) for number, title in enumerate(TITLES)],
    )


def test_any_substring_and_several_words(ctx, window):
    assert titles(ctx, "苹果") == ["红富士苹果 5斤", "苹果手机壳 iPhone 15"]
    assert titles(ctx, "果") == sorted(["红富士苹果 5斤", "苹果手机壳 iPhone 15", "果冻", "果"])
    assert titles(ctx, "富士苹") == ["红富士苹果 5斤"]
    assert titles(ctx, "苹果 iPHONE") == titles(ctx, "15 果手") == ["苹果手机壳 iPhone 15"]
    assert titles(ctx, "ppl") == titles(ctx, "Ａpp") == ["ＡＰＰＬＥ juice 1L"]
    assert titles(ctx, "l") == ["ＡＰＰＬＥ juice 1L"]
    assert titles(ctx, "苹机") == titles(ctx, "果苹") == titles(ctx, "苹果 梨") == []
    assert titles(ctx, "strasse") == ["Straße"]
    assert titles(ctx, " ") == titles(ctx, "") == sorted(TITLES)


def test_wildcards_and_quotes_are_letters(ctx, window):
    assert titles(ctx, "%") == ["梨膏糖 100% 手工"]
    assert titles(ctx, "_") == titles(ctx, "\\") == titles(ctx, "'") == titles(ctx, "_b\\c") == ["a_b\\c 'quoted'"]
    assert titles(ctx, "' OR 1=1 --") == []


@pytest.mark.parametrize("common", [0, 3, 1000])
@given(
    query=st.text(
        st.sampled_from(sorted({letter for title in TITLES for letter in title} | {"Ａ", "x", "\u200b", "\x00"})),
        max_size=6,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_search_means_substrings(ctx, monkeypatch, common, query):
    monkeypatch.setattr(product_list_module, "COMMON", common)
    if not listed(ctx)["items"]:
        import_products_batch(
            ctx(),
            stock_default=5,
            products=[ImportedProduct(f"T{number}", title, "OTHER", 100 + number) for number, title in enumerate(TITLES)],
        )
    found = rules.search(query)
    assert titles(ctx, query) == sorted(title for title in TITLES if found is None or rules.matches(rules.fold(title), found.words))


def test_only_public_products(ctx, later):
    shown = given_product(ctx, "A1", title="shown")
    given_product(ctx, "A2", title="hidden", on_shelf=False)
    given_product(ctx, "A3", title="future", publish_at=NOON + timedelta(hours=2))
    gone = given_product(ctx, "A4", title="gone")
    with transaction(ctx()) as tx:
        catalog.replace_skus(tx, gone.product_id, [], [])
        catalog.roll_up(tx, [gone.product_id])
    assert titles(ctx, "") == ["shown"], "a product without an active SKU is not public"
    edit_product(
        ctx(),
        product_id=gone.product_id,
        title="came back",
        category_id=gone.category_id,
        publish_at=NOON,
        skus=[SkuForm("A5", 1)],
    )
    assert titles(ctx, "") == ["came back", "shown"]
    later(hours=3)
    assert titles(ctx, "") == ["came back", "future", "shown"]
    assert listed(ctx, limit=1)["items"][0]["title"] == "future", "newest by date of publishing"
    assert shown.product_id in [item["id"] for item in listed(ctx)["items"]]


def test_in_stock_is_what_can_still_be_had(ctx):
    sku_id = given_product(ctx, "A1", stock=2).sku_id
    given_product(ctx, "A2", stock=0)
    assert {item["sku_code"]: item["in_stock"] for item in listed(ctx)["items"]} == {"A1": True, "A2": False}
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", sku_id, 2)])
    assert {item["sku_code"]: item["in_stock"] for item in listed(ctx)["items"]} == {"A1": False, "A2": False}


def test_a_category_brings_its_children(ctx):
    food = given_category(ctx, "食品")
    fruit = given_category(ctx, "水果", food)
    for code, category_id in (("A1", food), ("A2", fruit), ("A3", given_category(ctx, "文具"))):
        given_product(ctx, code, title=code, category_id=category_id)
    assert titles(ctx, "", category_id=food) == ["A1", "A2"]
    assert titles(ctx, "2", category_id=food) == titles(ctx, "", category_id=fruit) == ["A2"]
    assert titles(ctx, "", category_id="cat_unknown") == []
    assert msgspec.json.decode(category_tree(ctx()))["items"] == [
        {"id": rows_id, "name": name, "picture": None, "children": children}
        for rows_id, name, children in [
            (given_category(ctx, "文具"), "文具", []),
            (food, "食品", [{"id": fruit, "name": "水果", "picture": None}]),
        ]
    ]


@pytest.mark.parametrize("sort", ["newest", "price", "-price", "sales"])
def test_sorted_pages_have_no_gap_and_no_repetition(ctx, rows, sort):
    choose = random.Random(7)
    for day in range(3):
        for number in range(4):
            given_product(ctx, f"{day}-{number}", price_fen=choose.choice([100, 200]), publish_at=NOON - timedelta(days=day))
    with transaction(ctx()) as tx:
        tx.execute(sa.text("update products set sold = length(id) + price_fen"))
    column, sign = {
        "newest": ("publish_at", -1),
        "price": ("price_fen", 1),
        "-price": ("price_fen", -1),
        "sales": ("sold", -1),
    }[sort]
    expected = [
        row["id"]
        for row in rows(
            f"select id, {column} as value from products order by {column} {'desc' if sign < 0 else ''},"
            f" id {'desc' if sign < 0 else ''}"
        )
    ]
    for limit in (1, 5, 12, 100):
        seen, after = [], None
        for _ in expected:
            with counted() as statements:
                page = listed(ctx, sort=sort, after=after, limit=limit)
            assert len(statements) == 1 and len(page["items"]) <= limit
            seen += [item["id"] for item in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert seen == expected


def test_a_cursor_belongs_to_its_list(ctx):
    for number in range(3):
        given_product(ctx, f"A{number}")
    cursor = listed(ctx, sort="price", limit=1)["next"]
    assert listed(ctx, sort="price", limit=1, after=cursor)["items"]
    for after, sort in ((cursor, "newest"), (cursor, "-price"), ("", "price"), ("键", "price"), (cursor[:-4], "price")):
        with pytest.raises(Refused, match="bad_cursor"):
            listed(ctx, sort=sort, after=after)
    for place in (
        ["price", 2**63, "prd_1"],
        ["price", True, "prd_1"],
        ["price", "1", "prd_1"],
        ["price", 1, "a\x00"],
        ["price", 1],
        ["newest", "0001-01-01T00:00:00+00:00", "prd_1"],
        ["newest", "2026-01-01", "prd_1"],
        ["newest", "9999-12-31T23:59:59-23:00", "prd_1"],
        ["newest", "0001-01-01T00:00:00+23:00", "prd_1"],
        ["newest", 5, "prd_1"],
    ):
        raw = base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")
        with pytest.raises(Refused, match="bad_cursor"):
            listed(ctx, sort=place[0], after=raw)


def test_the_home_page_takes_few_statements(ctx):
    given_product(ctx)
    with counted() as statements:
        home_page(ctx())
    assert len(statements) == 4


def test_a_search_takes_one_statement_more(ctx, window):
    for query, statements_needed in (("", 1), ("果", 2), ("苹果 iphone 手机壳", 2), ("x" * 64, 2)):
        with counted() as statements:
            listed(ctx, q=query)
        assert len(statements) == statements_needed, query
