"""import_products_batch: new rows make products, known ones follow the sheet, the same rows again change nothing."""

import pytest

from backend.kernel.actors import staff
from backend.kernel.errors import Refused
from backend.usecases.create_product import SkuForm
from backend.usecases.import_products_batch import LIMIT, Imported, ImportedProduct, import_products_batch
from tests.counting import counted
from tests.given_goods import given_product, level

ROWS = [
    ImportedProduct("10002", "INFLATABLE GLOBE", "OTHER", 85),
    ImportedProduct("10080", "仙人掌", "装饰", 39, stock=7),
]
FIND = (
    "select s.code, p.title, c.name as category, s.price_fen as sku_price, p.price_fen, p.on_shelf, p.sku_count"
    " from skus s join products p on p.id = s.product_id join categories c on c.id = p.category_id order by s.code"
)


def run(ctx, rows=ROWS, stock=1_000_000):
    return import_products_batch(ctx(), products=rows, stock_default=stock)


def test_new_rows_make_products(ctx, rows):
    assert run(ctx) == Imported(new=2)
    assert [tuple(row.values()) for row in rows(FIND)] == [
        ("10002", "INFLATABLE GLOBE", "OTHER", 85, 85, True, 1),
        ("10080", "仙人掌", "装饰", 39, 39, True, 1),
    ]
    assert {row["code"]: level(ctx, row["id"]) for row in rows("select code, id from skus")} == {
        "10002": (1_000_000, 0),
        "10080": (7, 0),
    }
    assert rows("select count(*) as n from stock_moves where kind = 'opening'") == [{"n": 2}]
    assert rows("select count(*) as n from product_terms where term in ('仙人', 'gl')") == [{"n": 2}]


def test_the_same_rows_again_change_nothing(ctx, snapshot, later):
    run(ctx)
    before = snapshot()
    later(minutes=1)
    assert run(ctx, stock=5) == Imported(same=2)
    assert snapshot() == before


def test_known_rows_follow_the_sheet_and_keep_their_stock(ctx, rows):
    run(ctx)
    changed = [
        ImportedProduct("10002", "地球仪", "文具", 85, stock=3),
        ImportedProduct("10080", "仙人掌", "装饰", 45),
        ImportedProduct("N", "新", "装饰", 1),
    ]
    assert run(ctx, changed) == Imported(new=1, changed=2)
    assert [tuple(row.values())[:5] for row in rows(FIND)] == [
        ("10002", "地球仪", "文具", 85, 85),
        ("10080", "仙人掌", "装饰", 45, 45),
        ("N", "新", "装饰", 1, 1),
    ]
    assert rows("select on_hand from stock_levels l join skus s on s.id = l.sku_id where s.code = '10002'") == [
        {"on_hand": 1_000_000}
    ]
    assert rows("select count(*) as n from product_terms where term = 'in'") == [{"n": 0}]
    assert [row["action"] for row in rows("select action from audit_log")] == ["change_price"]
    assert run(ctx, changed) == Imported(same=3)


def test_of_a_product_with_a_choice_only_the_price_changes(ctx, rows):
    given_product(
        ctx,
        title="衬衫",
        category="服装",
        skus=[SkuForm("R", 1000, 1200, options={"颜色": "红"}), SkuForm("B", 1100, options={"颜色": "蓝"})],
    )
    assert run(ctx, [ImportedProduct("R", "别的", "别的", 1300), ImportedProduct("B", "别的", "别的", 1100)]) == Imported(
        changed=1, same=1
    )
    assert rows("select title, price_fen from products") == [{"title": "衬衫", "price_fen": 1100}]
    assert rows("select price_fen, market_price_fen from skus where code = 'R'") == [{"price_fen": 1300, "market_price_fen": None}]


def test_what_staff_took_off_the_shelf_stays_off(ctx, rows):
    given_product(ctx, "10002", on_shelf=False)
    run(ctx)
    assert rows("select p.on_shelf from products p join skus s on s.product_id = p.id where s.code = '10002'") == [
        {"on_shelf": False}
    ]


@pytest.mark.parametrize("known", [False, True])
def test_the_number_of_statements_does_not_grow(ctx, known):
    counts = set()
    for size in (2, 400):
        batch = [ImportedProduct(f"{size}-{number}", f"商品{number}", "OTHER", 100) for number in range(size)]
        if known:
            run(ctx, batch)
            batch = [ImportedProduct(row.code, row.title + "新", "OTHER", 200) for row in batch]
        with counted() as statements:
            run(ctx, [*batch, ImportedProduct(f"x{size}{known}", "新", f"类{size}", 1)])
        counts.add(len(statements))
    assert len(counts) == 1


def test_a_refusal_changes_nothing(ctx, snapshot):
    run(ctx)
    before = snapshot()
    for batch, code in [
        ([ROWS[0], ImportedProduct("B", "", "C", 1)], "title"),
        ([ImportedProduct("B", "b", "x" * 65, 1)], "category_name"),
        ([ImportedProduct(" B", "b", "c", 1)], "sku_code"),
        ([ImportedProduct("B", "b", "c", 0)], "price"),
        ([ImportedProduct("B", "b", "c", 1, stock=-1)], "stock_out_of_bounds"),
        ([*ROWS, ROWS[0]], "sku_code_twice"),
        ([ImportedProduct(str(number), "b", "c", 1) for number in range(LIMIT + 1)], "too_many_at_once"),
    ]:
        with pytest.raises(Refused) as refused:
            run(ctx, batch)
        assert refused.value.code == code
    assert run(ctx, []) == Imported()
    assert snapshot() == before


def test_who_may_not_change_prices_imports_only_the_same_ones(ctx, snapshot):
    run(ctx)
    before = snapshot()
    goods_only = ctx(staff("stf_1", {"goods.edit"}))
    with pytest.raises(Refused, match="forbidden"):
        import_products_batch(goods_only, products=[ImportedProduct("10080", "仙人掌", "装饰", 45)], stock_default=1)
    assert snapshot() == before
    import_products_batch(goods_only, products=[ImportedProduct("10080", "仙人球", "装饰", 39)], stock_default=1)
