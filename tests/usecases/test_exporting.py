"""Exports: frozen and checked again, written in slices that may die, fetched by their asker alone (F44, R34, I46)."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from openpyxl import load_workbook

from backend.exports import rules
from backend.exports import store as exports
from backend.infra import outbox
from backend.infra.clock import real_now
from backend.infra.db import write_engine
from backend.infra.once import ClientKey
from backend.infra.uow import reading, transaction
from backend.kernel.actors import staff
from backend.kernel.errors import Refused
from backend.organisation.rules import permissions_of
from backend.payments import store as payments
from backend.queries.exports import exportable, my_exports
from backend.reactions import NAMES
from backend.usecases import run_export as running
from backend.usecases.ask_export import ask_export
from backend.usecases.cancel_export import cancel_export
from backend.usecases.clear_export import clear_export
from backend.usecases.edit_profile import edit_profile
from backend.usecases.open_export import open_export
from backend.usecases.open_ticket import open_ticket
from backend.usecases.refuse_aftersale import refuse_aftersale
from backend.usecases.run_export import run_export
from backend.usecases.write_review import write_review
from tests.given_aftersales import Cases
from tests.given_staff import given_staff


@pytest.fixture
def owner(app):
    return staff(given_staff(app, "boss", "owner"), permissions_of(["owner"]))


@pytest.fixture
def clerk(app):
    """Somebody of the orders desk, without the right to whole phone numbers."""
    return staff(given_staff(app, "clerk", "orders"), permissions_of(["orders"]))


@pytest.fixture
def orders(shop):
    """Three paid orders of two shoppers."""
    li, han = shop.shopper("li"), shop.shopper("han")
    goods = shop.goods("A1", 3333, 100, title="=cmd|' /C calc'!A0")
    return [shop.paid(who, (goods, quantity))[0] for who, quantity in ((li, 1), (han, 2), (li, 3))]


def ask(ctx, actor, kind="orders", format="csv", filters=None, **more):
    return ask_export(ctx(actor), kind=kind, format=format, filters=filters or {}, **more)


def run(ctx, export_id, rows):
    """Play the worker until the export has ended."""
    for _ in range(1000):
        [row] = rows("select state, slices from exports where id = :id", id=export_id)
        if row["state"] not in ("asked", "running"):
            return row["state"]
        run_export(ctx(), export_id=export_id, slices=row["slices"])
    raise AssertionError("it does not end")


def fetch(ctx, actor, export_id) -> bytes:
    [until, sign] = next(each.link for each in my_exports(ctx(actor)) if each.id == export_id)
    opened = open_export(ctx(actor), export_id=export_id, until=until, sign=sign)
    return ctx().gateways.private.path(opened.key).read_bytes()


def read_csv(data: bytes):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def exported(ctx, actor, rows, kind="orders", format="csv", filters=None, **more):
    export_id = ask(ctx, actor, kind, format, filters, **more)
    assert run(ctx, export_id, rows) == "done", rows("select problem from exports")
    data = fetch(ctx, actor, export_id)
    return read_csv(data) if format == "csv" else data


def refusal(call, *args, **more) -> str:
    with pytest.raises(Refused) as refused:
        call(*args, **more)
    return refused.value.code


def lying(ctx) -> list[str]:
    root = ctx().gateways.private.root
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_orders_as_csv(ctx, rows, owner, clerk, orders):
    found = exported(ctx, clerk, rows)
    assert len(found) == 3
    first = found[0]
    assert (first["状态"], first["商品金额"], first["运费"], first["实付"], first["省"], first["配送方式"]) == (
        "待发货", "33.33", "8.00", "41.33", "北京市", "快递")
    assert (first["收货人"], first["手机"], first["详细地址"]) == ("李**", "138****8000", "建国路***")
    assert [row["实付"] for row in found] == ["41.33", "74.66", "99.99"]
    whole = exported(ctx, owner, rows)[0]
    assert (whole["收货人"], whole["手机"], whole["详细地址"]) == ("李雷", "13800138000", "建国路 1 号")


def test_orders_as_xlsx_in_english(ctx, rows, clerk, orders):
    book = load_workbook(io.BytesIO(exported(ctx, clerk, rows, format="xlsx", language="en")))
    sheet = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert sheet[0][:3] == ["Order", "State", "Placed"] and len(sheet) == 4
    assert sheet[1][1] == "To be shipped" and sheet[1][sheet[0].index("Paid")] == 41.33


def test_R18_what_shoppers_and_goods_are_called_is_inert(ctx, rows, owner, orders, shop):
    edit_profile(shop.shopper("li"), changes={"nickname": "=1+1"})
    assert exported(ctx, owner, rows)[0]["会员昵称"] == "'=1+1"
    assert exported(ctx, owner, rows, "order_lines")[0]["商品名称"] == "'=cmd|' /C calc'!A0"
    assert {row["昵称"] for row in exported(ctx, owner, rows, "members")} == {"'=1+1", "han"}


def test_every_kind_can_be_written(ctx, rows, owner, orders, shop):
    refund = shop.refund(orders[2])
    assert [row["数量"] for row in exported(ctx, owner, rows, "order_lines")] == ["1", "2", "3"]
    members = exported(ctx, owner, rows, "members")
    assert [(row["付款订单数"], row["实付合计"]) for row in members] == [("2", "141.32"), ("1", "74.66")]
    [product] = exported(ctx, owner, rows, "products")
    assert (product["商品编码"], product["分类"], product["价格"], product["上架"]) == ("A1", "水果", "33.33", "是")
    [level] = exported(ctx, owner, rows, "stock")
    assert (level["现货"], level["占用"], level["可售"]) == ("100", "3", "97")
    [row] = exported(ctx, owner, rows, "refunds")
    assert (row["退款单号"], row["退款金额"], row["状态"]) == (refund["refund_id"], "99.99", "待退款")
    audit = exported(ctx, owner, rows, "audit")
    assert {"ask_export", "download_export", "refund_order"} <= {row["操作"] for row in audit}
    payments = exported(ctx, owner, rows, "payments", filters={"state": "succeeded,surplus"})
    assert [(row["状态"], row["金额"], row["已退（含处理中）"]) for row in payments] == [
        ("已入账", "41.33", "0.00"), ("已入账", "74.66", "0.00"), ("已入账", "99.99", "99.99")]
    moves = exported(ctx, owner, rows, "stock_moves", filters={"kind": "opening,release"})
    assert [(row["类型"], row["现货变动"], row["占用变动"], row["商品编码"]) for row in moves] == [
        ("期初", "100", "0", "A1"), ("释放占用", "0", "-3", "A1")]


def test_what_comes_after_a_sale_can_be_written(ctx, rows, owner, shop):
    cases = Cases(shop)
    order_id, [line] = cases.completed((shop.goods("A1", 9000, 10, title="=1+1"), 2))
    case_id = cases.ask(order_id, "return_and_refund", quantity=1, words="@SUM(A1)")
    assert exported(ctx, owner, rows, "aftersales", filters={"state": "refunded,refused"}) == []
    refuse_aftersale(ctx(), aftersale_id=case_id, reason="包装完好")
    [case] = exported(ctx, owner, rows, "aftersales", filters={"state": "refunded,refused", "kind": "return_and_refund"})
    assert (case["类型"], case["状态"], case["原因"], case["顾客说明"], case["商品"], case["申请金额"], case["商家答复"]) == (
        "退货退款", "商家未同意", "质量问题", "'@SUM(A1)", "'=1+1 × 1", "90.00", "包装完好")
    open_ticket(cases.who, category="goods", words="+46 坏了", order_id=order_id)
    [ticket] = exported(ctx, owner, rows, "tickets", filters={"owner": "nobody", "category": "goods"})
    assert (ticket["内容"], ticket["状态"], ticket["负责人"], ticket["会员昵称"]) == ("'+46 坏了", "待答复", "", "li")
    assert exported(ctx, owner, rows, "tickets", filters={"overdue": "1"}) == []
    write_review(cases.who, order_id=order_id, line_id=line, stars=4, service_stars=5, text="-好吃")
    [review] = exported(ctx, owner, rows, "reviews", filters={"stars": "4", "product": "1+1", "state": "checking"})
    assert (review["商品星级"], review["内容"], review["状态"], review["追评"]) == ("4", "'-好吃", "审核中", "")
    assert exported(ctx, owner, rows, "reviews", filters={"stars": "3"}) == []
    with transaction(ctx()) as tx:
        payments.quarantine(tx, "wrong_amount", "pay_1", "4200", {"total_fen": 5})
    [exception] = exported(ctx, owner, rows, "exceptions", filters={"state": "open"})
    assert (exception["单号"], exception["状态"], exception["微信消息"]) == ("pay_1", "待处理", '{"total_fen":5}')


def test_the_filters_of_lists_narrow_their_sheets(ctx, rows, owner, orders, shop):
    shop.goods("B1", 500, 2, title="梨", on_shelf=False)

    def found(kind, **filters):
        return len(exported(ctx, owner, rows, kind, filters=filters))
    shop.ship(orders[0])
    assert (found("orders", to_ship="1"), found("orders", sku_code="A1"), found("orders", sku_code="B1")) == (2, 3, 0)
    assert (found("orders", total_from="70", total_to="80"), found("orders", total_from="x")) == (1, 3)
    assert (found("products", price_from="10"), found("products", on_shelf="0"), found("products", price_to="5.00")) == (1, 1, 1)
    assert (found("stock", low_line="10"), found("stock", low_line="95"), found("stock", low="2")) == (0, 1, 1)
    assert (found("members", state="active"), found("members", state="closed")) == (2, 0)
    assert found("audit", action="ship_order") == 1 and found("audit", actor=f"staff:{owner.id}", subject="none") == 0


def test_filters_and_frozen_moment(ctx, rows, clerk, orders, shop, later):
    shop.place(shop.shopper("li"), (shop.goods("B1", 1000, 5), 1))
    assert len(exported(ctx, clerk, rows, filters={"state": "paid"})) == 3
    assert len(exported(ctx, clerk, rows, filters={"since": "2026-03-02", "until": "2026-03-02"})) == 4
    assert exported(ctx, clerk, rows, filters={"since": "2026-03-03"}) == []
    assert exported(ctx, clerk, rows, filters={"until": "2026-03-01"}) == []
    export_id = ask(ctx, clerk)
    later(minutes=1)
    shop.place(shop.shopper("han"), (shop.goods("C1", 1000, 5), 1))
    run(ctx, export_id, rows)
    assert len(read_csv(fetch(ctx, clerk, export_id))) == 4, "what came after the asking is not in it"


def test_a_sheet_is_written_in_slices_and_its_pieces_go(ctx, rows, clerk, orders, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)
    monkeypatch.setattr(running, "SLICE_SECONDS", -1)
    export_id = ask(ctx, clerk)
    assert run_export(ctx(), export_id=export_id) == "1 rows"
    assert [tuple(row.values()) for row in rows("select state, slices, rows, estimate from exports")] == [("running", 1, 1, 3)]
    assert [each.percent for each in my_exports(ctx(clerk))] == [33]
    assert run_export(ctx(), export_id=export_id) == "nothing to do", "the first slice again"
    run(ctx, export_id, rows)
    names = [row["name"] for row in rows("select name from outbox_events where name like 'Export%' order by id")]
    assert names.count("ExportSliceDue") == 3 and names.count("ExportAsked") == names.count("ExportEnded") == 1
    assert len(lying(ctx)) == 5
    assert clear_export(ctx(), export_id=export_id) == 4
    assert len(lying(ctx)) == 1 and len(read_csv(fetch(ctx, clerk, export_id))) == 3


def test_F44_a_worker_that_dies_costs_a_slice_and_leaves_nothing(ctx, rows, clerk, orders, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)
    monkeypatch.setattr(running, "SLICE_SECONDS", -1)
    export_id, died = ask(ctx, clerk), 0
    monkeypatch.setattr(running, "csv_piece", None)

    class Killed(BaseException):
        pass

    for state in range(40):
        real, seen = running.PIECES["csv"], []

        def dying(batch, seen=seen, real=real, state=state):
            if state % 2 == 0:
                raise Killed
            return real(batch)

        monkeypatch.setitem(running.PIECES, "csv", dying)
        [row] = rows("select state, slices from exports")
        if row["state"] == "done":
            break
        try:
            run_export(ctx(), export_id=export_id, slices=row["slices"])
        except Killed:
            died += 1
        monkeypatch.setitem(running.PIECES, "csv", real)
    assert died >= 3
    assert [row["实付"] for row in read_csv(fetch(ctx, clerk, export_id))] == ["41.33", "74.66", "99.99"]
    clear_export(ctx(), export_id=export_id)
    assert len(lying(ctx)) == 1 and rows("select count(*) as n from export_parts") == [{"n": 1}]


def test_F44_of_two_workers_on_one_slice_one_counts(app, ctx, rows, clerk, orders):
    export_id = ask(ctx, clerk)

    def work(_):
        with app.app_context():
            return run_export(ctx(), export_id=export_id)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(work, range(4)))
    assert answers.count("done") == 1 and set(answers) <= {"done", "somebody else's turn", "nothing to do"}
    assert len(read_csv(fetch(ctx, clerk, export_id))) == 3
    assert [row["name"] for row in rows("select name from outbox_events where name = 'ExportEnded'")] == ["ExportEnded"]


def test_F44_a_slice_from_a_stale_view_is_not_counted(ctx, clerk, orders):
    export_id = ask(ctx, clerk)

    def keep(view, key):
        with transaction(ctx()) as tx:
            exports.begin_part(tx, export_id, view.slices, key)
            return exports.keep_slice(tx, view, key, rows=1, cursor="x", estimate=3)

    def view():
        with reading(ctx()) as rd:
            return exports.find_export(rd, export_id)

    assert keep(view(), "a")
    second = view()
    assert (keep(second, "b"), keep(second, "c"), view().slices) == (True, False, 2)


def test_what_breaks_three_times_fails_and_says_so(ctx, rows, clerk, orders, monkeypatch):
    ask(ctx, clerk)
    monkeypatch.setitem(running.PIECES, "csv", lambda batch: 1 / 0)
    with transaction(ctx()) as tx:
        outbox.fan_out(tx.connection, NAMES)
    [row] = rows("select e.id, e.payload from outbox_events e where name = 'ExportAsked'")
    for attempt in (1, 2, 3):
        lease = outbox.Lease(row["id"], "run_export", attempt)
        with transaction(ctx()) as tx:
            name, payload = outbox.start(tx.connection, lease, real_now())
        if attempt < 3:
            with pytest.raises(ZeroDivisionError):
                run_export(ctx(delivery=lease), **payload)
        else:
            assert run_export(ctx(delivery=lease), **payload) == "export_broke"
    [listed] = my_exports(ctx(clerk))
    assert (listed.state, listed.problem["code"], listed.link) == ("failed", "export_broke", None)
    assert rows("select count(*) as n from deliveries where reaction = 'run_export' and done_at is not null") == [{"n": 1}]


def test_a_sheet_too_long_for_excel_fails_and_says_so(ctx, rows, clerk, orders, monkeypatch):
    monkeypatch.setattr(running, "XLSX_LINES", 3)
    export_id = ask(ctx, clerk, format="xlsx")
    assert run_export(ctx(), export_id=export_id) == "export_too_long"
    [listed] = my_exports(ctx(clerk))
    assert listed.state == "failed" and "Excel" in listed.problem["zh"] and listed.link is None


def test_R34_rights_are_checked_when_it_is_asked_run_and_fetched(app, ctx, rows, clerk, owner, orders):
    nobody = staff(given_staff(app, "service", "service"), permissions_of(["service"]))
    assert refusal(ask, ctx, nobody) == "forbidden"
    export_id = ask(ctx, clerk)
    other = ask(ctx, clerk)
    run(ctx, other, rows)
    [until, sign] = next(each.link for each in my_exports(ctx(clerk)) if each.id == other)
    change(ctx, clerk.id, roles=["service"])
    assert run_export(ctx(), export_id=export_id) == "export_not_allowed"
    assert rows("select state from exports where id = :id", id=export_id) == [{"state": "failed"}]
    now = staff(clerk.id, permissions_of(["service"]))
    assert refusal(open_export, ctx(now), export_id=other, until=until, sign=sign) == "export_not_allowed"


def change(ctx, staff_id, **values):
    with transaction(ctx()) as tx:
        table = running.exports.EXPORTS.metadata.tables["staff"]
        tx.execute(table.update().where(table.c.id == staff_id).values(**values))


def test_R34_a_disabled_asker_gets_nothing(ctx, rows, clerk, orders):
    export_id = ask(ctx, clerk)
    change(ctx, clerk.id, state="disabled")
    assert run(ctx, export_id, rows) == "failed"
    assert lying(ctx) == []


def test_R34_a_clerk_of_another_store_sees_none_of_these_orders(app, ctx, rows, orders):
    with write_engine().begin() as connection:
        connection.exec_driver_sql(
            "insert into stores (id, name, created_at) values ('sto_far', '远店', '2026-03-02 04:00:00.000000')")
    far = given_staff(app, "far", "orders", scope="store", scope_id="sto_far")
    near = given_staff(app, "near", "orders", scope="store", scope_id="sto_main")
    assert exported(ctx, staff(far, permissions_of(["orders"]), ["sto_far"]), rows) == []
    assert len(exported(ctx, staff(near, permissions_of(["orders"]), ["sto_main"]), rows)) == 3
    boss = given_staff(app, "far-boss", "owner", scope="store", scope_id="sto_far")
    everything = staff(boss, permissions_of(["owner"]), ["sto_far"])
    for kind in exportable(ctx(everything)):
        assert exported(ctx, everything, rows, kind) == [] or kind == "products", kind
    assert not {"audit", "exceptions"} & set(exportable(ctx(everything)))
    liar = staff(far, permissions_of(["orders"]))
    export_id = ask(ctx, liar)
    assert run(ctx, export_id, rows) == "failed", "the scope is asked anew"


def test_R34_a_link_is_its_askers_and_ends(ctx, rows, clerk, owner, orders, later, snapshot):
    export_id = ask(ctx, clerk)
    run(ctx, export_id, rows)
    [until, sign] = my_exports(ctx(clerk))[0].link
    before = snapshot()
    assert refusal(open_export, ctx(owner), export_id=export_id, until=until, sign=sign) == "not_found"
    for bad in ((until + 1, sign), (until, "x"), (until, sign[:-1]), (until, "é"), (10**12, sign), (-1, sign)):
        assert refusal(open_export, ctx(clerk), export_id=export_id, until=bad[0], sign=bad[1]) == "export_link_over"
    assert snapshot() == before
    assert open_export(ctx(clerk), export_id=export_id, until=until, sign=sign).name == "订单-20260302-1200.csv"
    later(minutes=11)
    assert refusal(open_export, ctx(clerk), export_id=export_id, until=until, sign=sign) == "export_link_over"
    assert fetch(ctx, clerk, export_id)
    assert rows("select downloads from exports") == [{"downloads": 2}]
    assert [row["action"] for row in rows("select action from audit_log where subject = :id order by at, id", id=export_id)] == [
        "ask_export", "download_export", "download_export"]


def test_the_file_is_gone_after_a_day(ctx, rows, clerk, orders, later):
    export_id = ask(ctx, clerk)
    run(ctx, export_id, rows)
    later(hours=23)
    assert clear_export(ctx(), export_id=export_id) == 1 and len(lying(ctx)) == 1
    later(hours=2)
    assert my_exports(ctx(clerk))[0].link is None
    until = rules.link_until(ctx().now)
    sign = ctx().cipher.blind_index(rules.link_text(export_id, str(clerk), until), rules.LINK_PURPOSE)
    assert refusal(open_export, ctx(clerk), export_id=export_id, until=until, sign=sign) == "export_expired"
    assert clear_export(ctx(), export_id=export_id) == 1
    assert (lying(ctx), rows("select state, file_key from exports")) == ([], [{"state": "expired", "file_key": None}])
    assert clear_export(ctx(), export_id=export_id) == 0


def test_cancelling(ctx, rows, clerk, owner, orders):
    export_id = ask(ctx, clerk)
    assert refusal(cancel_export, ctx(owner), export_id=export_id) == "not_found"
    cancel_export(ctx(clerk), export_id=export_id)
    assert run_export(ctx(), export_id=export_id) == "nothing to do"
    assert refusal(cancel_export, ctx(clerk), export_id=export_id) == "export_over"
    assert rows("select state from exports") == [{"state": "cancelled"}]


def test_three_unfinished_ones_a_person_and_a_repeat_is_no_new_one(app, ctx, rows, clerk, owner):
    key = ClientKey("key-of-an-export", "f" * 64)
    first = ask(ctx, clerk, key=key)
    assert ask(ctx, clerk, key=ClientKey("key-of-an-export", "f" * 64)) == first
    ask(ctx, clerk), ask(ctx, clerk)
    assert refusal(ask, ctx, clerk) == "too_many_exports"
    assert ask(ctx, owner)
    cancel_export(ctx(clerk), export_id=first)

    def attempt(_) -> str:
        with app.app_context():
            try:
                return ask(ctx, clerk)[:4]
            except Refused as refused:
                return refused.code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(attempt, range(6))) == ["exp_"] + ["too_many_exports"] * 5


def test_the_list_shows_ones_own(ctx, clerk, owner):
    ask(ctx, clerk)
    assert my_exports(ctx(owner)) == [] and len(my_exports(ctx(clerk))) == 1
    assert set(exportable(ctx(clerk))) == {"orders", "order_lines", "products", "stock", "stock_moves", "aftersales"}
    assert "audit" in exportable(ctx(owner)) and "audit" not in exportable(ctx(staff("s", ["audit.view"], ["sto_main"])))
