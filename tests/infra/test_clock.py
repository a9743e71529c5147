"""The clocks: the file moves business time and nothing else, and a broken file is no offset."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.infra.clock import FileClock, SystemClock, make_clock, real_now, ticks

NEAR = timedelta(seconds=5)


def test_the_system_clock_is_utc_now() -> None:
    now = make_clock("system").now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < NEAR


def test_the_file_shifts_the_clock_for_everybody_who_reads_it(tmp_path: Path) -> None:
    mine, theirs = make_clock(f"file:{tmp_path / 'clock'}"), FileClock(tmp_path / "clock")
    assert abs(theirs.now() - real_now()) < NEAR
    assert isinstance(mine, FileClock)
    for year in (2026, 2031, 2001):
        at = datetime(year, 3, 2, 4, 0, tzinfo=UTC)
        mine.move_to(at)
        assert timedelta(0) <= theirs.now() - at < NEAR
        assert abs(real_now() - SystemClock().now()) < NEAR
    assert [path.name for path in tmp_path.iterdir()] == ["clock"]
    assert mine.path.stat().st_mode & 0o777 == 0o600, "doctor wants the data folder's files for their owner only"


def test_the_clock_goes_on_after_it_was_moved(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "clock")
    clock.move_to(datetime(2026, 3, 2, tzinfo=UTC))
    before = clock.now()
    time.sleep(0.01)
    assert clock.now() > before


@pytest.mark.parametrize("text", [
    b"", b" \n", b"0", b"tomorrow", b"nan", b"inf", b"-inf", b"1e300", "１２".encode(), b"\xff\xfe", b"12 34"])
def test_a_broken_file_is_no_offset(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "clock"
    path.write_bytes(text)
    assert abs(FileClock(path).now() - real_now()) < NEAR


def test_a_folder_in_place_of_the_file_is_no_offset(tmp_path: Path) -> None:
    assert FileClock(tmp_path).offset() == 0.0


@pytest.mark.parametrize("setting", ["", "wall", "SYSTEM", "file", "http://clock"])
def test_there_is_no_third_clock(setting: str) -> None:
    with pytest.raises(ValueError):
        make_clock(setting)


def test_ticks_only_grow() -> None:
    first = ticks()
    assert ticks() >= first
