"""Imports in the console: sent, checked, confirmed, watched (R21, F44)."""

import io

import pytest

from backend.usecases.check_import import check_import
from backend.usecases.read_import import read_import
from backend.usecases.run_import import run_import

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SHEET = "sku,title,category,price,颜色\nA1,苹果,水果,12.50,红\nA2,<script>alert(1)</script>,水果,x,\nA3,锅,厨具,99,\n"
SHEET_BYTES = SHEET.encode()


def work(ctx, rows):
    while True:
        [row] = rows("select id, state, step from imports order by id desc limit 1")
        if row["state"] == "received":
            read_import(ctx(), import_id=row["id"], step=row["step"])
        elif row["state"] == "checking":
            check_import(ctx(), import_id=row["id"], step=row["step"])
        elif row["state"] == "running":
            run_import(ctx(), import_id=row["id"], step=row["step"])
        else:
            return row["id"]


def send(who, data=SHEET_BYTES, name="商品.csv", **more):
    return who.post("/admin/imports/new/", {"file": (io.BytesIO(data), name), "stock_default": "5"} | more)


def test_a_sheet_is_checked_confirmed_and_taken_in(log_in, ctx, rows):
    goods = log_in("goods")
    page = send(goods)
    assert page.status_code == 200 and "等待读取" in page.text and "data-watch=" in page.text
    import_id = work(ctx, rows)
    page = goods.get(f"/admin/imports/{import_id}/").text
    assert "待确认" in page and "data-watch" not in page and "跳过 1 个错误行" in page and "颜色" in page
    assert "金额" in page or "价格" in page
    assert "<script>alert" not in page
    assert rows("select * from products") == []
    part = goods.get(f"/admin/imports/{import_id}/progress/").text
    assert "<html" not in part and "data-part" in part
    faults = goods.get(f"/admin/imports/{import_id}/faults/")
    assert faults.headers["Content-Disposition"] == f'attachment; filename="faults-{import_id}.csv"'
    assert faults.data.decode("utf-8-sig").startswith('"行号","代码","问题"\r\n3,"yuan",')
    assert "文件有 1 行错误" in goods.post(f"/admin/imports/{import_id}/confirm/").text
    assert "已开始导入" in goods.post(f"/admin/imports/{import_id}/confirm/", {"skip_bad": "1"}).text
    work(ctx, rows)
    assert "已完成" in goods.get(f"/admin/imports/{import_id}/").text
    assert rows("select title, on_hand from products p join skus s on s.product_id = p.id join stock_levels l on l.sku_id = s.id"
                " order by s.code") == [{"title": "苹果", "on_hand": 5}, {"title": "锅", "on_hand": 5}]
    assert "新增 2 · 更新 0 · 不变 0" in goods.get("/admin/imports/").text


def test_what_cannot_be_read_is_told(log_in, ctx, rows):
    goods = log_in("goods")
    send(goods, b"PK\x03\x04 no workbook", "a.xlsx")
    import_id = work(ctx, rows)
    page = goods.get(f"/admin/imports/{import_id}/").text
    assert "文件无法读取" in page and "失败" in page


def test_a_form_that_is_wrong(log_in, snapshot):
    goods = log_in("goods")
    before = snapshot()
    for data in ({"stock_default": "5"}, {"file": (io.BytesIO(SHEET.encode()), "a.csv"), "stock_default": "-1"},
                 {"file": (io.BytesIO(SHEET.encode()), "a.csv"), "stock_default": "x"}, {"file": (io.BytesIO(b""), "")}):
        assert goods.post("/admin/imports/new/", data).status_code == 422
    assert snapshot() == before
    assert send(goods, bytes(34 * 2**20)).status_code == 413
    assert snapshot() == before


def test_who_may(log_in, ctx, rows, snapshot):
    goods, clerk = log_in("goods"), log_in("orders")
    send(goods)
    [row] = rows("select id from imports")
    before = snapshot()
    for path in ("", f"{row['id']}/", f"{row['id']}/progress/", f"{row['id']}/faults/", "example/"):
        assert clerk.get(f"/admin/imports/{path}").status_code == 403
    for path in ("new/", f"{row['id']}/confirm/", f"{row['id']}/cancel/"):
        assert clerk.post(f"/admin/imports/{path}").status_code == 403
        assert goods.post_bare(f"/admin/imports/{path}").status_code == 400
    assert goods.get("/admin/imports/imp_none/").status_code == 404
    assert snapshot() == before
    assert "已取消" in goods.post(f"/admin/imports/{row['id']}/cancel/").text


def test_the_example_can_be_imported(log_in, ctx, rows):
    goods = log_in("goods")
    example = goods.get("/admin/imports/example/").data
    send(goods, example)
    import_id = work(ctx, rows)
    [row] = rows("select state, bad, lines from imports where id = :id", id=import_id)
    assert tuple(row.values()) == ("checked", 0, 1)
