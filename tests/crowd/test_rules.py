"""The vocabulary of the crowd: ids that sort by time, numbers that are never the same, chance that is the same each time."""

import sqlite3

import pytest

from backend.crowd import rules
from backend.crowd.rules import Crowd, chunks, human_number, member_id, rand, series, spelled, tail
from backend.kernel.ids import HUMAN, new_id
from tests.conftest import NOON

NOON_MS = int(NOON.timestamp() * 1000)


def ask(sql: str) -> list[tuple]:
    with sqlite3.connect(":memory:") as connection:
        return connection.execute(spelled(sql, "sqlite")).fetchall()


def test_a_tail_sorts_by_time_as_ids_do() -> None:
    real = new_id("ord", NOON)
    [(made,)] = ask(f"select 'ord_' || {tail(str(NOON_MS), '7', 1, 1)}")
    assert made[:14] == real[:14] and len(made) == len(real)
    rows = ask(f"with recursive {series(0, 500)} select {tail(f'{NOON_MS} + n * 977', 'n', 1, 1)} from series")
    assert rows == sorted(rows) and len(set(rows)) == 501


def test_numbers_are_never_the_same_and_easily_read() -> None:
    numbers = [row[0] for row in ask(f"with recursive {series(0, 5000)} select {human_number('n', 3)} from series")]
    assert len(set(numbers)) == 5001
    assert {len(each) for each in numbers} == {12} and set("".join(numbers)) <= set(HUMAN)


def test_chance_is_spread_and_the_same_each_time() -> None:
    sql = f"with recursive {series(0, 9999)} select {rand('n', 5, 1)} % 10, count(*) from series group by 1"
    assert ask(sql) == ask(sql)
    assert all(850 < count < 1150 for _, count in ask(sql))
    assert ask(sql) != ask(sql.replace(rand("n", 5, 1), rand("n", 5, 2)))


def test_members_are_found_by_a_formula() -> None:
    crowd = Crowd(orders=10, members=1000, now_ms=NOON_MS, seed=1)
    ids = [row[0] for row in ask(f"with recursive {series(0, 999)} select {member_id('n', crowd)} from series")]
    assert ids == sorted(ids) and len(set(ids)) == 1000


@pytest.mark.parametrize(("total", "found"), [(0, []), (3, [(0, 2)]), (4, [(0, 3)]), (9, [(0, 3), (4, 7), (8, 8)])])
def test_chunks_cover_everything_once(monkeypatch: pytest.MonkeyPatch, total: int, found: list[tuple[int, int]]) -> None:
    monkeypatch.setattr(rules, "CHUNK", 4)
    assert chunks(total) == found


def test_instants_are_spelled_for_each_database() -> None:
    assert ask("select $at(1772424000123)") == [("2026-03-02 04:00:00.123000",)]
    assert spelled("$at((a + b) * 2)", "postgresql") == "to_timestamp(((a + b) * 2) / 1000.0)"
