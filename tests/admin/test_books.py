"""The page of the books: what failed, where, and what to do about it; who may look, who may have them checked."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from admin.books import AREAS, IDS
from backend.checks.check_books import AREA_OF, CHECKS
from backend.infra.uow import reading, transaction
from backend.usecases.check_books_slice import check_books_slice
from tests.given_orders import Shop
from tests.given_staff import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def checked(shop: Shop, finance: Browser) -> str:
    """Have the books checked by the button, and play the worker; the run's id."""
    answer = finance.post("/admin/books/run/", follow=True)
    assert "已开始检查" in answer.text and "正在检查：已完成 0 /" in answer.text and "立即检查" not in answer.text
    run_id = shop.one("select id from books_runs where state = 'running'")["id"]
    assert check_books_slice(shop.ctx(), run_id=run_id, step=0) == "done"
    return run_id


def test_books_that_hold(console, shop: Shop, log_in: Callable[..., Browser]) -> None:
    finance = log_in("finance")
    assert "还没有检查过" in finance.get("/admin/books/").text
    run_id = checked(shop, finance)
    page = finance.get("/admin/books/").text
    assert "全部通过" in page and "没有发现问题" in page and "怎么办" not in page
    assert "检查完成" in finance.get("/admin/books/underway/").text
    assert all(check.zh in page for check in CHECKS)
    assert f"{len(CHECKS)} 项检查" in finance.get(f"/admin/books/runs/{run_id}/").text
    assert finance.get("/admin/books/runs/bkr_none/").status_code == 404


def test_what_does_not_hold_is_shown_with_its_order_and_what_to_do(console, shop: Shop, log_in: Callable[..., Browser]) -> None:
    order_id, _ = shop.paid(shop.shopper(), (shop.goods(), 1))
    with transaction(shop.ctx()) as tx:
        tx.execute(text("update orders set moves = moves + 1"))
    owner = log_in("owner")
    checked(shop, owner)
    page = owner.get("/admin/books/").text
    assert "项未通过" in page and f'href="/admin/orders/{order_id}/"' in page
    assert "用当时失败的那个操作来纠正，不要直接改数据" in page
    owner.client.set_cookie("tuanma_language", "en")
    english = owner.get("/admin/books/").text
    owner.client.delete_cookie("tuanma_language")
    assert "What to do: " in english and "correct the order by the use case that failed" in english
    assert "账目检查未通过" in owner.get("/admin/").text
    waiting = owner.get("/admin/waiting/").json["books"]["count"]
    assert waiting == shop.one("select count(*) as n from books_results where faults > 0")["n"] > 0


def test_more_than_twenty_are_counted_and_it_says_that_the_list_is_cut(console, shop: Shop, log_in: Callable[..., Browser]) -> None:
    finance = log_in("finance")
    run_id = checked(shop, finance)
    with transaction(shop.ctx()) as tx:
        tx.execute(text("update books_results set faults = 25 where check_id = 'I19.never-oversold'"))
        tx.execute(text("insert into books_faults values (:run, 'I19.never-oversold', 1, '{\"sku_id\": \"sku_1\"}', '<b>2', '1')"),
                   {"run": run_id})
        tx.execute(text("update books_results set judged = false where check_id = 'I27.days'"))
    page = finance.get("/admin/books/").text
    assert "还有 24 处未列出" in page and "check-books --only I19.never-oversold --limit 25" in page
    assert "&lt;b&gt;2" in page and "<b>2" not in page
    assert "用时太久或中途中断" in page and "check-books --only I27.days" in page


def test_a_second_run_is_refused_with_words(console, shop: Shop, log_in: Callable[..., Browser]) -> None:
    finance = log_in("finance")
    for said in ("已开始检查", "账目检查正在进行，请等它完成"):
        assert said in finance.post("/admin/books/run/", follow=True).text
    assert shop.one("select count(*) as n from books_runs") == {"n": 1}


def test_who_may(console, shop: Shop, log_in: Callable[..., Browser]) -> None:
    for role in ("goods", "orders", "service", "community", "read_only"):
        who = log_in(role)
        assert who.get("/admin/books/").status_code == 403 and who.post("/admin/books/run/").status_code == 403
    elsewhere = log_in("owner", scope="store", scope_id="sto_main")
    assert elsewhere.get("/admin/books/").status_code == 403
    assert "books" not in elsewhere.get("/admin/waiting/").json and "books" in log_in("finance").get("/admin/waiting/").json


def test_every_area_and_every_id_has_its_word(console, shop: Shop) -> None:
    assert set(AREA_OF.values()) == AREAS.keys()
    names = set()
    with reading(shop.ctx()) as rd:
        for check in CHECKS:
            sql = check.statement(rd.dialect).replace(":real_due", "'2026'").replace(":due", "'2026'")
            names |= set(rd.execute(text(f"select * from ({sql}) as faults limit 0")).keys())
    assert names - {"found", "expected"} == IDS.keys()
