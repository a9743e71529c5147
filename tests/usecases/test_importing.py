"""Imports in the console: checked first, written after a yes, resumed after a kill without doubles (F44, R21)."""

import contextlib
import csv
import gzip
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from openpyxl import Workbook

from backend.imports import rules as import_rules
from backend.infra import outbox
from backend.infra.clock import real_now
from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.actors import staff
from backend.kernel.errors import NOT_FOUND, Refused
from backend.organisation.rules import permissions_of
from backend.queries.imports import fault_sheet, import_list, import_page
from backend.reactions import NAMES
from backend.usecases import check_import as checking
from backend.usecases import read_import as reading
from backend.usecases import run_import as running
from backend.usecases.cancel_import import cancel_import
from backend.usecases.check_import import check_import
from backend.usecases.clear_import import clear_import
from backend.usecases.confirm_import import confirm_import
from backend.usecases.read_import import read_import
from backend.usecases.run_import import run_import
from backend.usecases.sweep_imports import sweep_imports
from backend.usecases.take_import import take_import
from tests.given_goods import given_product
from tests.given_staff import given_staff

GOOD = "商品编码,名称,分类,价格,库存\nA1,苹果,水果,12.50,10\nA2,梨,水果,￥８.８０,\nA3,锅,厨具,99,3\n"
BAD = ("sku,title,category,price,stock,颜色\nA1,苹果,水果,12.50,10,红\n"
       "A2,,水果,x,1\nA1,梨,水果,1,1\nA4,#N/A,水果,1,-5\nA5,好,水果,5,\n")


@pytest.fixture
def goods(app):
    """Somebody of the goods desk."""
    return staff(given_staff(app, "goods-desk", "goods"), permissions_of(["goods"]))


def take(ctx, actor, data=GOOD, **more):
    raw = data.encode() if isinstance(data, str) else data
    return take_import(ctx(actor), kind="products", file=io.BytesIO(raw), file_name="../商品.csv", **more)


def state(rows, import_id):
    return rows("select * from imports where id = :id", id=import_id)[0]


def work(ctx, rows, import_id):
    """Play the worker until it has nothing to do."""
    for _ in range(1000):
        row = state(rows, import_id)
        if row["state"] == "received":
            read_import(ctx(), import_id=import_id, step=row["step"])
        elif row["state"] == "checking":
            check_import(ctx(), import_id=import_id, step=row["step"])
        elif row["state"] == "running":
            run_import(ctx(), import_id=import_id, step=row["step"])
        else:
            return row["state"]
    raise AssertionError("it does not end")


def imported(ctx, rows, actor, data=GOOD, skip_bad=False, **more):
    import_id = take(ctx, actor, data, **more)
    assert work(ctx, rows, import_id) == "checked", state(rows, import_id)["problem"]
    confirm_import(ctx(actor), import_id=import_id, skip_bad=skip_bad)
    return import_id, work(ctx, rows, import_id)


def products(rows):
    return [tuple(row.values()) for row in rows("""select s.code, p.title, c.name, s.price_fen, l.on_hand from skus s
        join products p on p.id = s.product_id join categories c on c.id = p.category_id
        join stock_levels l on l.sku_id = s.id order by s.code""")]


def refusal(call, *args, **more) -> str:
    with pytest.raises(Refused) as refused:
        call(*args, **more)
    return refused.value.code


def lying(ctx) -> list[str]:
    return [path.name for path in ctx().gateways.private.root.rglob("*") if path.is_file()]


def workbook(*lines) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for line in lines:
        book.worksheets[0].append(line)
    book.save(file)
    return file.getvalue()


SHEETS = {
    "utf-8": GOOD.encode(), "bom": GOOD.encode("utf-8-sig"), "gbk": GOOD.replace("￥", "").encode("gbk"),
    "utf-16": GOOD.encode("utf-16"), "gzip": gzip.compress(GOOD.encode("utf-8-sig")),
    "xlsx": workbook(["sku", "title", "category", "price", "stock"], ["A1", "苹果", "水果", 12.5, 10],
                     ["A2", "梨", "水果", 8.8, None],
                     ["A3", "锅", "厨具", "９９", "３"])}


@pytest.mark.parametrize("kind", SHEETS)
def test_every_kind_of_sheet_is_taken_in(ctx, rows, goods, kind):
    import_id, end = imported(ctx, rows, goods, SHEETS[kind], stock_default=7)
    assert end == "done"
    assert products(rows) == [("A1", "苹果", "水果", 1250, 10), ("A2", "梨", "水果", 880, 7), ("A3", "锅", "厨具", 9900, 3)]
    assert state(rows, import_id)["seen"] == 3
    page = import_page(ctx(goods), import_id=import_id)
    assert page.sheet.tally == {"new": 3, "changed": 0, "same": 0}
    assert (page.sheet.who, page.sheet.file_name) == ("goods-desk", "商品.csv")


def test_nothing_is_written_before_somebody_says_yes(ctx, rows, goods):
    given_product(ctx, "A1", 1000, 5)
    import_id = take(ctx, goods)
    assert work(ctx, rows, import_id) == "checked"
    page = import_page(ctx(goods), import_id=import_id)
    assert (page.sheet.tally, page.sheet.lines, page.sheet.bad, page.faults) == ({"new": 2, "known": 1}, 3, 0, ())
    assert [row[0] for row in products(rows)] == ["A1"] and products(rows)[0][3] == 1000
    confirm_import(ctx(goods), import_id=import_id)
    assert work(ctx, rows, import_id) == "done"
    assert state(rows, import_id)["tally"] in ({"new": 2, "changed": 1, "same": 0}, '{"new":2,"changed":1,"same":0}')
    assert products(rows)[0] == ("A1", "苹果", "水果", 1250, 5)


def test_saying_yes_again_is_nothing_and_by_somebody_else_refused(app, ctx, rows, goods, snapshot):
    import_id = take(ctx, goods)
    work(ctx, rows, import_id)
    colleague = staff(given_staff(app, "colleague", "goods"), permissions_of(["goods"]))
    confirm_import(ctx(goods), import_id=import_id)
    for ended in ("running", "done"):
        assert state(rows, import_id)["state"] == ended
        before = snapshot()
        confirm_import(ctx(goods), import_id=import_id)
        assert refusal(confirm_import, ctx(colleague), import_id=import_id) == "import_not_now"
        assert snapshot() == before
        work(ctx, rows, import_id)


def test_faults_are_told_by_line_and_bad_lines_can_be_left_out(ctx, rows, goods):
    import_id = take(ctx, goods, BAD)
    assert work(ctx, rows, import_id) == "checked"
    page = import_page(ctx(goods), import_id=import_id)
    assert [(line, code) for line, code, _, _ in page.faults] == [
        (3, "title"), (3, "yuan"), (4, "sku_code_twice"), (5, "cell_formula"), (5, "stock_cell")]
    assert (page.fault_count, page.sheet.bad, page.sheet.ignored) == (5, 3, ("颜色",))
    sheet = b"".join(fault_sheet(ctx(goods), import_id=import_id, language="zh"))
    told = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"))))
    assert told[0] == ["行号", "代码", "问题"] and len(told) == 6
    assert refusal(confirm_import, ctx(goods), import_id=import_id) == "import_has_faults"
    confirm_import(ctx(goods), import_id=import_id, skip_bad=True)
    assert work(ctx, rows, import_id) == "done"
    assert [row[0] for row in products(rows)] == ["A1", "A5"]


@pytest.mark.parametrize(("data", "code"), [
    ("", "sheet_empty"), ("a,b\n1,2\n", "sheet_columns"), ("sku,title,category,price\n", "import_nothing"),
    (b"\xff\xfe\x00", "sheet_not_readable"),
    (b"PK\x03\x04 nothing", "sheet_not_readable"), (gzip.compress(bytes(2**26 + 1)), "sheet_too_large"),
    ("sku,sku,title,category,price\n", "sheet_column_twice")])
def test_R21_what_cannot_be_read_fails_and_says_why(ctx, rows, goods, data, code):
    import_id = take(ctx, goods, data)
    assert work(ctx, rows, import_id) == "failed"
    problem = import_page(ctx(goods), import_id=import_id).sheet.problem
    assert problem["code"] == code and problem["zh"] and problem["en"]
    clear_import(ctx(), import_id=import_id)
    assert lying(ctx) == []


def test_R21_too_large_a_file_is_refused_unkept(ctx, goods, snapshot, monkeypatch):
    monkeypatch.setattr(import_rules, "MAX_FILE_BYTES", 100)
    before = snapshot()
    assert refusal(take, ctx, goods, b"x" * 101) == "import_too_large"
    assert snapshot() == before and lying(ctx) == []


def test_R21_too_many_lines_and_too_many_faults(ctx, rows, goods, monkeypatch):
    monkeypatch.setattr(import_rules, "CSV_LINES", 3)
    import_id = take(ctx, goods)
    assert work(ctx, rows, import_id) == "failed" and "sheet_too_large" in str(state(rows, import_id)["problem"])
    monkeypatch.setattr(import_rules, "CSV_LINES", 100)
    monkeypatch.setattr(import_rules, "MAX_FAULTS", 2)
    head = "sku,title,category,price\n"
    for lines in ("".join(f"B{number},,c,1\n" for number in range(3)), "C,t,c,1\n" * 4,
                  "".join(f"D{number},t,c,1\nD{number},t,c,1\n" for number in range(3))):
        import_id = take(ctx, goods, head + lines)
        assert work(ctx, rows, import_id) == "failed"
        assert "import_too_many_faults" in str(state(rows, import_id)["problem"])


class Killed(BaseException):
    """The worker's process is gone."""


def many(count):
    lines = [f"K{number:04},商品{number},类{number % 3},1.{number % 90 + 10},{number + 1}\n" for number in range(count)]
    return "sku,title,category,price,stock\n" + "".join(lines)


@pytest.fixture
def small_slices(monkeypatch):
    for module in (reading, checking, running):
        monkeypatch.setattr(module, "BATCH", 3)
        monkeypatch.setattr(module, "SLICE_SECONDS", -1)


def test_F44_killed_at_every_row_it_resumes_without_doubles(ctx, rows, goods, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 3)
    import_id = take(ctx, goods, many(20))
    assert work(ctx, rows, import_id) == "checked"
    confirm_import(ctx(goods), import_id=import_id)
    real, kills = running.write_products, []
    for attempt in range(60):
        row = state(rows, import_id)
        if row["state"] != "running":
            break
        calls = []

        def dying(*args, calls=calls, attempt=attempt):
            """On even tries die in the second batch, by turns before and after its rows are written."""
            calls.append(1)
            fatal = attempt % 2 == 0 and len(calls) == 2
            if fatal and attempt % 4:
                raise Killed
            done = real(*args)
            if fatal:
                raise Killed
            return done

        monkeypatch.setattr(running, "write_products", dying)
        monkeypatch.setattr(running, "SLICE_SECONDS", 5 if attempt % 2 == 0 else -1)
        try:
            run_import(ctx(), import_id=import_id, step=row["step"])
        except Killed:
            kills.append(state(rows, import_id)["seen"])
    assert kills == [3, 9, 15] and state(rows, import_id)["state"] == "done"
    assert [row[0] for row in products(rows)] == [f"K{number:04}" for number in range(20)]
    assert rows("select count(*) as n from stock_moves where kind = 'opening'") == [{"n": 20}]
    assert "\"new\":20" in str(state(rows, import_id)["tally"]).replace(" ", "").replace("'", '"')


def test_R21_a_long_sheet_is_read_in_slices_and_a_kill_costs_one(ctx, rows, goods, monkeypatch):
    """Killed before and after each slice is written down, with a line break within a cell, an old encoding and an empty line."""
    text = many(9).replace("商品4", '"商品\n4"') + "\n" + "K0001,又,c,1,1\n"
    monkeypatch.setattr(reading, "BATCH", 2)
    monkeypatch.setattr(reading, "SLICE_SECONDS", -1)
    import_id, killed = take(ctx, goods, gzip.compress(text.encode("gbk"))), 0
    real = reading.imports.advance
    for turn in range(60):
        row = state(rows, import_id)
        if row["state"] != "received":
            break

        def dying(*args, turn=turn, **values):
            if turn % 3 == 0:
                raise Killed
            done = real(*args, **values)
            if turn % 3 == 1:
                raise Killed  # rolled back
            return done

        monkeypatch.setattr(reading.imports, "advance", dying)
        try:
            said = read_import(ctx(), import_id=import_id, step=row["step"])
            assert read_import(ctx(), import_id=import_id, step=row["step"]) == "nothing to do", said
        except Killed:
            killed += 1
    monkeypatch.setattr(reading.imports, "advance", real)
    assert killed >= 12 and turn >= 20
    row = state(rows, import_id)
    assert (row["state"], row["lines"], row["seen"], row["place"]) == ("checking", 10, 0, 0)
    with ctx().gateways.private.open(row["work_key"]) as lines:
        read = [json.loads(line)[:3] for line in lines]
    assert [(number, code) for number, code, _ in read] == [
        *((number + 2 + (number > 4), f"K{number:04}") for number in range(9)), (13, "K0001")]
    assert read[4][2] == "商品\n4" and len(lying(ctx)) == 2, "the sheet and our lines; what was replaced is gone"
    assert [tuple(each.values()) for each in rows("select line, code from import_faults")] == [(13, "sku_code_twice")]
    assert work(ctx, rows, import_id) == "checked"


def test_R21_a_workbook_that_takes_too_long_is_too_large(ctx, rows, goods, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 1)
    monkeypatch.setattr(import_rules, "XLSX_SECONDS", -1)
    import_id = take(ctx, goods, SHEETS["xlsx"])
    assert work(ctx, rows, import_id) == "failed" and "sheet_too_large" in str(state(rows, import_id)["problem"])
    clear_import(ctx(), import_id=import_id)
    assert lying(ctx) == []


def test_F44_killed_while_checking_no_fault_stands_twice(ctx, rows, goods, small_slices, monkeypatch):
    import_id = take(ctx, goods, many(7) + "K0001,t,c,1,1\nX,,c,1,1\n")
    while (row := state(rows, import_id))["state"] == "received":
        read_import(ctx(), import_id=import_id, step=row["step"])
    real = checking.imports.insert_faults
    for turn in range(20):
        row = state(rows, import_id)
        if row["state"] != "checking":
            break

        def dying(*args, turn=turn):
            real(*args)
            if turn % 2 == 0:
                raise Killed

        monkeypatch.setattr(checking.imports, "insert_faults", dying)
        with contextlib.suppress(Killed):
            check_import(ctx(), import_id=import_id, step=row["step"])
    assert [tuple(row.values()) for row in rows("select line, number, code from import_faults order by line")] == [
        (9, 0, "sku_code_twice"), (10, 0, "title")]
    assert (state(rows, import_id)["state"], state(rows, import_id)["bad"]) == ("checked", 2)


def test_F44_two_workers_write_no_row_twice(app, ctx, rows, goods, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)
    import_id = take(ctx, goods, many(30))
    assert work(ctx, rows, import_id) == "checked"
    confirm_import(ctx(goods), import_id=import_id)
    step = state(rows, import_id)["step"]

    def run(_):
        with app.app_context():
            try:
                return run_import(ctx(), import_id=import_id, step=step)
            except Refused as refused:
                return refused.code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(run, range(4)))
    assert set(answers) <= {"done", "somebody else's turn", "nothing to do", "busy"}
    assert work(ctx, rows, import_id) == "done"
    assert len(products(rows)) == 30 and "'new': 30" in str(import_page(ctx(goods), import_id=import_id).sheet.tally)
    assert rows("select count(*) as n from stock_moves where kind = 'opening'") == [{"n": 30}]


def test_F44_a_batch_from_a_stale_view_writes_nothing(ctx, rows, goods, monkeypatch):
    """Two workers on the same step: the second finds that the place has moved."""
    monkeypatch.setattr(running, "BATCH", 2)
    import_id = take(ctx, goods, many(4))
    work(ctx, rows, import_id)
    confirm_import(ctx(goods), import_id=import_id)
    with transaction(ctx()) as tx:
        seen = running.imports.get_import(tx, import_id)
    with ctx().gateways.private.open(seen.work_key) as lines:
        running._batch(ctx(), seen, goods, set(), lines)
        with pytest.raises(running.NotOurs):
            running._batch(ctx(), seen, goods, set(), lines)
    assert len(products(rows)) == 2 and state(rows, import_id)["seen"] == 2
    assert work(ctx, rows, import_id) == "done" and len(products(rows)) == 4


def test_without_its_guard_two_workers_would_count_rows_twice(ctx, rows, goods, monkeypatch):
    """The twin: a worker that is late, and a place that moves whoever asks."""
    monkeypatch.setattr(running, "BATCH", 2)
    import_id = take(ctx, goods, many(4))
    work(ctx, rows, import_id)
    confirm_import(ctx(goods), import_id=import_id)
    with transaction(ctx()) as tx:
        late = running.imports.get_import(tx, import_id)
    run_import(ctx(), import_id=import_id, step=late.step)
    with pytest.raises(running.NotOurs), ctx().gateways.private.open(late.work_key) as lines:
        running._batch(ctx(), late, goods, set(), lines)
    monkeypatch.setattr(running.imports, "keep_place", lambda tx, before, **values: before)
    with ctx().gateways.private.open(late.work_key) as lines:
        running._batch(ctx(), late, goods, set(), lines)
    assert len(products(rows)) == 4, "rows are known by their codes, so even then there are no doubles"


def test_whoever_lost_the_right_meanwhile_writes_nothing(ctx, rows, goods, monkeypatch):
    import_id = take(ctx, goods)
    work(ctx, rows, import_id)
    confirm_import(ctx(goods), import_id=import_id)
    monkeypatch.setattr(running, "actor_of", lambda rd, name: staff("stf", ["goods.view"]))
    assert work(ctx, rows, import_id) == "failed" and products(rows) == []
    assert import_page(ctx(goods), import_id=import_id).sheet.problem["code"] == "import_not_allowed"


def test_a_row_that_is_refused_later_stops_it_there(ctx, rows, goods, app, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)
    clerk = staff(given_staff(app, "clerk", "goods"), permissions_of(["goods"]))
    import_id = take(ctx, clerk, "sku,title,category,price\nN1,t,c,1\nA1,t,c,2\nN2,t,c,3\n")
    work(ctx, rows, import_id)
    given_product(ctx, "A1", 1000, 5)
    confirm_import(ctx(clerk), import_id=import_id)
    monkeypatch.setattr(running, "actor_of", lambda rd, name: staff("stf", ["goods.edit"]))
    assert work(ctx, rows, import_id) == "failed"
    page = import_page(ctx(goods), import_id=import_id)
    assert (page.sheet.problem["code"], page.sheet.seen, page.sheet.tally["new"]) == ("import_stopped", 1, 1)
    assert "权限" in page.sheet.problem["zh"] and "not allowed" in page.sheet.problem["en"]


def test_a_slice_that_breaks_again_and_again_fails_it(ctx, rows, goods, monkeypatch):
    import_id = take(ctx, goods)
    work(ctx, rows, import_id)
    confirm_import(ctx(goods), import_id=import_id)
    with transaction(ctx()) as tx:
        outbox.fan_out(tx.connection, NAMES)
    [event] = rows("select id from outbox_events where name = 'ImportRunDue'")
    monkeypatch.setattr(running, "write_products", lambda *_: 1 / 0)
    step = state(rows, import_id)["step"]
    for attempt in (1, 2, 3, 4):
        lease = outbox.Lease(event["id"], "run_import", attempt)
        with transaction(ctx()) as tx:
            outbox.start(tx.connection, lease, real_now())
        if attempt < 4:
            with pytest.raises(ZeroDivisionError):
                run_import(ctx(delivery=lease), import_id=import_id, step=step)
        else:
            assert run_import(ctx(delivery=lease), import_id=import_id, step=step) == "import_broke"
    assert state(rows, import_id)["state"] == "failed" and products(rows) == []


def test_f44_a_slice_that_comes_on_has_new_tries(ctx, rows, goods, monkeypatch):
    """A worker that dies again and again writes a batch each time: the import is not given up."""
    monkeypatch.setattr(running, "BATCH", 2)
    import_id = take(ctx, goods, many(9))
    work(ctx, rows, import_id)
    confirm_import(ctx(goods), import_id=import_id)
    real, calls = running.write_products, []

    def dying(*args):
        calls.append(1)
        if len(calls) % 2 == 0:
            raise Killed
        return real(*args)

    def tries(count):
        with transaction(ctx()) as tx:
            outbox.fan_out(tx.connection, NAMES)
        found = rows("select id, cast(payload as varchar) as payload from outbox_events where name = 'ImportRunDue'")
        event, told = max(((row["id"], json.loads(row["payload"])) for row in found), key=lambda each: each[1]["step"])
        for attempt in range(1, count + 1):
            lease = outbox.Lease(event, "run_import", attempt)
            with transaction(ctx()) as tx:
                outbox.start(tx.connection, lease, real_now())
            with contextlib.suppress(Killed):
                yield run_import(ctx(delivery=lease), **told)

    monkeypatch.setattr(running, "write_products", dying)
    assert list(tries(4)) == ["6 lines"], "three deaths, three batches"
    monkeypatch.setattr(running, "write_products", lambda *_: (_ for _ in ()).throw(Killed))
    assert list(tries(4)) == ["import_broke"]
    assert state(rows, import_id)["state"] == "failed" and len(products(rows)) == 6


def test_f44_what_a_dead_worker_left_is_swept_after_a_day(ctx, rows, goods, later):
    """It was killed after its file was whole and before anybody had noted it."""
    private = ctx().gateways.private
    open_import, ended = take(ctx, goods), take(ctx, goods, GOOD.replace("A1", "B1"))
    for _ in range(2):
        read_import(ctx(), import_id=open_import, step=state(rows, open_import)["step"])
    assert state(rows, open_import)["work_key"] is not None
    cancel_import(ctx(goods), import_id=ended)
    lost = [private.put(b"lost", suffix) for suffix in (".sheet", ".text", ".lines")]
    others = [private.put(b"kept", suffix) for suffix in (".jpg", ".part1", "")]
    assert sweep_imports(ctx()) == 0, "it may still be noted"
    for each in private.root.rglob("*"):
        os.utime(each, (0, 0))
    before = set(lying(ctx))
    assert sweep_imports(ctx()) == 3 and set(lying(ctx)) == before - set(lost) and set(others) < before
    assert work(ctx, rows, open_import) == "checked", "what is in use stays"
    later(days=2)
    assert sweep_imports(ctx()) == 1, "nobody cleared the cancelled one"
    assert state(rows, ended)["file_key"] not in lying(ctx) and state(rows, open_import)["file_key"] in lying(ctx)


def test_who_may(app, ctx, rows, goods, snapshot):
    service = staff(given_staff(app, "service", "service"), permissions_of(["service"]))
    import_id = take(ctx, goods)
    before = snapshot()
    assert refusal(take, ctx, service) == "forbidden"
    for call in (confirm_import, cancel_import, import_page):
        assert refusal(call, ctx(service), import_id=import_id) == "forbidden"
        assert refusal(call, ctx(goods), import_id="imp_none") == NOT_FOUND.code
    assert import_list(ctx(service)) == [] and len(import_list(ctx(goods))) == 1
    assert snapshot() == before
    with transaction(ctx()) as tx:
        table = running.imports.IMPORTS.metadata.tables["staff"]
        tx.execute(table.update().where(table.c.id == goods.id).values(roles=["service"]))
    assert work(ctx, rows, import_id) == "failed"
    assert "import_not_allowed" in str(state(rows, import_id)["problem"])


def test_cancelling_stops_it_between_two_batches(ctx, rows, goods, small_slices):
    import_id = take(ctx, goods, many(9))
    work(ctx, rows, import_id)
    confirm_import(ctx(goods), import_id=import_id)
    run_import(ctx(), import_id=import_id, step=state(rows, import_id)["step"])
    cancel_import(ctx(goods), import_id=import_id)
    assert work(ctx, rows, import_id) == "cancelled" and len(products(rows)) == 3
    assert refusal(cancel_import, ctx(goods), import_id=import_id) == "import_not_now"
    assert len(lying(ctx)) == 2
    clear_import(ctx(), import_id=import_id)
    clear_import(ctx(), import_id=import_id)
    assert lying(ctx) == []


def test_two_unfinished_ones_a_person_and_a_repeat_is_no_new_one(ctx, goods):
    key = lambda: ClientKey("key-of-an-import", "f" * 64)  # noqa: E731
    first = take(ctx, goods, key=key())
    assert take(ctx, goods, key=key()) == first and len(lying(ctx)) == 1
    take(ctx, goods)
    assert refusal(take, ctx, goods) == "too_many_imports" and len(lying(ctx)) == 2
    cancel_import(ctx(goods), import_id=first)
    assert take(ctx, goods)


def test_each_step_is_audited(ctx, rows, goods):
    import_id, _ = imported(ctx, rows, goods)
    assert [row["action"] for row in rows("select action from audit_log where subject = :id order by at, id", id=import_id)] == [
        "take_import", "confirm_import"]
