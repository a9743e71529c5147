"""The fault campaign in short, on one shop, and what its table promises; whole: `python3 -m backend campaign faults`."""

import sys
from collections.abc import Iterator

import pytest

from tests.campaigns import faults
from tests.campaigns.fault_scripts import databases, queues, wechat
from tests.campaigns.fault_scripts.ground import Given, Ground, Missing, Wrong, opened
from tests.campaigns.faults import FAIL, NOT_APPLICABLE, PASS, ROOT, SKIP, TABLE, Row, Script, Shops, Verdict

linux = pytest.mark.skipif(sys.platform != "linux", reason="the real processes are found through /proc")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    return Given("sqlite", tmp_path_factory.mktemp("faults"), 0.05, "1")


@pytest.fixture(scope="module")
def ground(given: Given) -> Iterator[Ground]:
    with opened(given, "shop") as ground:
        yield ground


@linux
@pytest.mark.parametrize("script", [queues.torn, databases.sqlite_crowded, wechat.told_first], ids=lambda each: each.__name__)
def test_a_fault_leaves_nothing(ground: Ground, script: object) -> None:
    assert "orders, quiet after" in script(ground)  # type: ignore[operator]


@linux
def test_what_does_not_hold_is_noticed(ground: Ground) -> None:
    """Twins: an order that its shopper was not told of, and one that is not as they were told."""
    buyer = ground.buyer()
    order = buyer.place()
    ground.holds(buyers=[buyer])
    buyer.placed[order] = "paid"
    with pytest.raises(Wrong, match="told and kept differ"):
        ground.holds(buyers=[buyer])
    del buyer.placed[order]
    with pytest.raises(Wrong, match="told of 0 orders and has 1"):
        ground.holds(buyers=[buyer])


def test_the_table_has_every_fault_in_words() -> None:
    assert [row.id for row in TABLE] == [f"F{number:02}" for number in range(1, 46)]
    for row in TABLE:
        assert bool(row.nothing_yet) != bool(row.tests or row.scripts), row.id
        assert row.nothing_yet or all((row.says, row.how, row.parts, row.holds)), row.id
        for node in row.tests:
            file, _, name = node.partition("::")
            assert f"def {name}" in (ROOT / file).read_text() if name else (ROOT / file).exists(), node


def missing(_: Given) -> str:
    raise Missing("strace is not on this machine")


def failing(_: Given) -> str:
    raise Wrong("two refunds of one")


def well(_: Given) -> str:
    return "3 orders"


@pytest.mark.parametrize(("scripts", "word", "code"), [
    ((well,), PASS, 0), ((well, failing), FAIL, 1), ((missing,), SKIP, 1), ((missing, failing), FAIL, 1)])
def test_a_verdict(given: Given, scripts: tuple, word: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    row = Row("F99", "a fault", "by hand", "all", "all of it", scripts=tuple(Script(alone=each) for each in scripts))
    verdict = Verdict(row, "sqlite", PASS)
    for script in row.scripts:
        faults.play(script, Shops(given), verdict)
    assert verdict.word == word and len(verdict.says) == len(scripts)
    assert faults.tell([verdict], 1, as_json=False, allow_missing=False) == code
    assert faults.tell([verdict], 1, as_json=False, allow_missing=True) == (0 if word == SKIP else code)
    assert f"sqlite {word}" in capsys.readouterr().out


def test_what_concerns_another_database_is_said_so(given: Given) -> None:
    rows = [Row("F99", "a fault", "by hand", "PostgreSQL", "all", scripts=(Script(alone=failing, on=("postgresql",)),)),
            Row("F98", "a fault", "", "all", "", nothing_yet="there is no such part")]
    assert [(each.word, each.says) for each in faults.run(rows, given, print)] == [
        (NOT_APPLICABLE, ["concerns PostgreSQL"]), (NOT_APPLICABLE, ["there is no such part"])]


@pytest.mark.parametrize(("outcomes", "word"), [
    ([("tests/a.py::test_x", "PASSED")], PASS), ([("tests/a.py::test_x", "PASSED"), ("tests/a.py::test_y", "FAILED")], FAIL),
    ([], FAIL), ([("tests/a.py", "ERROR")], FAIL)])
def test_a_row_of_tests(outcomes: list[tuple[str, str]], word: str) -> None:
    row = Row("F99", "a fault", "by hand", "all", "all", tests=("tests/a.py",))
    verdict = Verdict(row, "sqlite", PASS)
    faults.judged(row, {"tests/a.py": outcomes}, verdict)
    assert verdict.word == word


