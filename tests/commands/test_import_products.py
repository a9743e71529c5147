"""import-products: a good file goes in, a bad one is told line by line and changes nothing."""

import csv
import gzip
import io

import pytest

from backend.commands import import_products
from backend.commands._folder import Refused

GOOD = "sku,title,category,price,lines\n10002,INFLATABLE GLOBE,OTHER,0.85,49\n10080,仙人掌,装饰,12,3\n"
BAD = GOOD + "10080,twice,OTHER,1\nB1,,OTHER,x\n"


@pytest.fixture
def run(app, settings, tmp_path, bare_environment, monkeypatch, capsys):
    """`run(content, *options)` → (exit code or sentence, stdout, stderr), on the database of this test."""
    monkeypatch.delenv("LANG", raising=False)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    for name in ("field_keys", "index_key", "clock"):
        monkeypatch.setenv(f"TUANMA_{name.upper()}", getattr(settings, name))

    def run(content, *options):
        file = tmp_path / "products.anything"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        try:
            answer = import_products.main([str(file), "--data", str(tmp_path / "shop"), *options])
        except Refused as refused:
            answer = str(refused)
        said = capsys.readouterr()
        return answer, said.out, said.err

    return run


def products(rows):
    return [
        tuple(row.values())
        for row in rows(
            "select s.code, p.title, c.name, s.price_fen, l.on_hand from skus s join products p on p.id = s.product_id"
            " join categories c on c.id = p.category_id join stock_levels l on l.sku_id = s.id order by s.code"
        )
    ]


def test_a_good_file_goes_in_once(run, rows, snapshot):
    answer, out, err = run(GOOD)
    assert (answer, out) == (0, "2 rows: 2 new, 0 changed, 0 as before; 0 left out\n")
    assert "notice: columns that are not used: lines" in err and "2/2 rows  100%" in err
    assert products(rows) == [
        ("10002", "INFLATABLE GLOBE", "OTHER", 85, 1_000_000),
        ("10080", "仙人掌", "装饰", 1200, 1_000_000),
    ]
    before = snapshot()
    assert run(gzip.compress(GOOD.encode("utf-8-sig")), "--stock", "5")[:2] == (
        0,
        "2 rows: 0 new, 0 changed, 2 as before; 0 left out\n",
    )
    assert run(GOOD.encode("gbk"))[0] == 0
    assert snapshot() == before


def test_stock_by_option_and_by_column(run, rows):
    run("sku,title,category,price,stock\nA,a,c,1,7\nB,b,c,1,\n", "--stock", "0")
    assert [(row[0], row[4]) for row in products(rows)] == [("A", 7), ("B", 0)]


def test_a_bad_row_refuses_the_whole_file(run, snapshot):
    before = snapshot()
    answer, out, err = run(BAD)
    assert answer == "2 bad lines; nothing was imported. Correct them, or leave them out with --skip-bad." and out == ""
    assert [line for line in err.splitlines() if line.startswith("line")] == [
        "line 4: The SKU code “10080” is there twice. (sku_code_twice)",
        "line 5: A title has 1 to 128 characters and no line breaks or other control characters. (title)",
        "line 5: The price “x” must be in yuan with at most two decimals, like 12.50. (yuan)",
    ]
    assert snapshot() == before


def test_skip_bad_takes_the_good_rows(run, rows, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    answer, out, err = run(BAD, "--skip-bad")
    assert (answer, out) == (0, "2 rows: 2 new, 0 changed, 0 as before; 2 left out\n")
    assert "line 5: 价格“x”须为元，最多两位小数，如 12.50。 (yuan)" in err and len(products(rows)) == 2


def test_a_dry_run_writes_nothing(run, snapshot):
    run(GOOD.replace("10080", "OLD"))
    before = snapshot()
    assert run(GOOD, "--dry-run")[:2] == (
        0,
        "dry run: 2 good rows (1 new products, 1 known ones), 0 bad ones; nothing was written\n",
    )
    assert run(BAD, "--dry-run", "--skip-bad")[1].startswith("dry run: 2 good rows (1 new products, 1 known ones), 2 bad ones")
    assert run(BAD, "--dry-run")[0].startswith("2 bad lines; nothing was imported.")
    assert snapshot() == before


def test_what_cannot_be_read_is_one_sentence(run, tmp_path):
    assert run("")[0].endswith("The sheet is empty: its first line has the column names. (sheet_empty)")
    assert "Columns are missing: price." in run("sku,title,category\n")[0]
    assert "(sheet_not_readable)" in run(b"PK\x03\x04")[0]
    with pytest.raises(Refused, match="cannot be read: No such file or directory"):
        import_products.main([str(tmp_path / "none.csv")])
    with pytest.raises(Refused, match="cannot be read: Is a directory"):
        import_products.main([str(tmp_path)])


@pytest.mark.parametrize("stock", ["-1", "1.5", "x", "1000000001", "1_000"])
def test_a_stock_that_makes_no_sense(run, stock, capsys):
    with pytest.raises(SystemExit) as ended:
        run(GOOD, "--stock", stock)
    assert ended.value.code == 2 and "must be a whole number from 0 to 1,000,000,000" in capsys.readouterr().err


def test_a_database_without_tables_is_one_sentence(run, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    assert run(GOOD)[0].startswith("The database has no tables: start the shop with")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'none' / 'empty.db'}")
    assert run(GOOD)[0].startswith("The database cannot be used: unable to open")


def test_without_keys_it_says_what_to_do(run, monkeypatch):
    monkeypatch.delenv("TUANMA_FIELD_KEYS")
    assert run(GOOD)[0].endswith("Start the shop once with `python3 -m backend up`: it draws the keys.")


def test_batches_follow_one_another(run, rows, monkeypatch):
    monkeypatch.setattr(import_products, "LIMIT", 2)
    sheet = "sku,title,category,price\n" + "".join(f"S{number},商品,其他,1\n" for number in range(5))
    answer, out, _ = run(sheet)
    assert (answer, out) == (0, "5 rows: 5 new, 0 changed, 0 as before; 0 left out\n")
    assert len(products(rows)) == 5


def test_a_chinese_sheet_with_tabs(run, rows):
    file = io.StringIO()
    csv.writer(file, delimiter="\t").writerows([["价格", "名称", "货号", "分类"], ["9.9", "苹果, 红", "A1", "水果"]])
    assert run(file.getvalue())[0] == 0
    assert products(rows) == [("A1", "苹果, 红", "水果", 990, 1_000_000)]
