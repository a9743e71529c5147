"""`check-books`: 0 when the books hold, 1 with a line a fault, 2 when they cannot be read."""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.checks.check import Violation
from backend.checks.check_books import CHECKS
from backend.commands import check_books
from tests.conftest import make_settings
from tests.queries.busy_shop import busy_shop


@pytest.fixture(scope="module")
def lived_in(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which everything has happened once."""
    folder = tmp_path_factory.mktemp("books")
    shutil.copyfile(sqlite_template, folder / "tuanma.db")
    with busy_shop(folder, f"sqlite:///{folder / 'tuanma.db'}"):
        pass
    with sqlite3.connect(folder / "tuanma.db") as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    return folder


@pytest.fixture
def shop(lived_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of it, with the settings that lead there in the environment."""
    shutil.copytree(lived_in, tmp_path / "shop")
    settings = make_settings(tmp_path / "shop", f"sqlite:///{tmp_path / 'shop' / 'tuanma.db'}")
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    for name in ("env", "clock", "field_keys", "index_key", "log_level"):
        monkeypatch.setenv(f"TUANMA_{name.upper()}", getattr(settings, name))
    yield tmp_path / "shop"


def spoil(shop: Path, *statements: str) -> None:
    connection = sqlite3.connect(shop / "tuanma.db")
    connection.execute("pragma ignore_check_constraints = on")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_clean_shop(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_books.main(["--data", str(shop / "nobody")]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "Note: no shop runs here, so nothing was judged as late.", f"The books hold: {len(CHECKS)} checks."]
    timed = [line.split(":")[0] for line in err.splitlines()]
    assert timed == [check.id for check in CHECKS if not check.waits]


def test_faults_one_a_line_with_what_to_do(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(shop, "update products set sold = sold + 1 where id in (select id from products order by id limit 3)",
          "update orders set line_count = 7 where id = (select max(id) from orders where state = 'refunded')")
    assert check_books.main(["--data", str(shop / "nobody"), "--limit", "2"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("I14.lines  order_id=ord_")
    assert re.search("found [1-6] lines", lines[0]) and "expected 7 lines" in lines[0] and lines[0].endswith("was shown.")
    assert [line.split("  ")[0] for line in lines[1:3]] == ["I27.sold"] * 2
    assert lines[3] == "I27.sold  and 1 more"
    assert lines[-1] == f"4 faults in 2 of {len(CHECKS)} checks."


def test_json(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(shop, "update products set sold = sold + 1 where id in (select id from products order by id limit 3)")
    assert check_books.main(["--data", str(shop / "nobody"), "--json", "--only", "I27", "--limit", "1"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["clean"], said["faults"], said["counts"], len(said["violations"])) == (False, 3, {"I27.sold": 3}, 1)
    assert set(said["violations"][0]) == {"check", "ids", "found", "expected", "what_to_do"}


def test_without_tables_it_cannot_be_checked(
        shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{shop / 'empty.db'}")
    assert check_books.main(["--data", str(shop / "nobody")]) == 2
    [*_, sentence] = capsys.readouterr().err.splitlines()
    assert "no such table" in sentence and "doctor" in sentence


def test_without_a_shop_it_says_so(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUANMA_FIELD_KEYS", raising=False)
    monkeypatch.delenv("TUANMA_INDEX_KEY", raising=False)
    assert check_books.main(["--data", str(tmp_path / "nothing")]) == 2
    assert "There is no shop here" in capsys.readouterr().err
    assert check_books.main(["--data", str(tmp_path / "nothing"), "--wxsim"]) == 2
    assert "No shop is running" in capsys.readouterr().err


def test_late_things_count_only_when_they_stay() -> None:
    gone, here = (Violation("I17.unpaid", {"order_id": name}, "unpaid", "closed", "") for name in ("gone", "here"))
    new = Violation("I17.unpaid", {"order_id": "new"}, "unpaid", "closed", "")
    looks = iter([[gone, here], [here, new], [here, new]])
    assert check_books.lasting(lambda: next(looks, [here, new]), 0.05) == [here]
    assert check_books.lasting(lambda: [], 60) == []
    assert check_books.lasting(lambda: [here], 0) == [here]
    looks = iter([[gone], []])
    assert check_books.lasting(lambda: next(looks), 3) == []
