"""Logs: one JSON line each, with secrets and personal data masked wherever they stand (I51, R32)."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog

from backend.infra import logging as house


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict]]]:
    """`lines()` → what was logged, each line read as JSON."""
    written = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    monkeypatch.setattr(sys, "stderr", written)
    house.configure("INFO")
    house.configure("INFO")
    yield lambda: [json.loads(line) for line in written.getvalue().split("\n")[:-1]]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def log() -> structlog.stdlib.BoundLogger:
    return structlog.get_logger("tests").bind()


def test_a_line_has_its_fields_its_level_and_its_time(lines: Callable[[], list[dict]]) -> None:
    log().info("order placed", order_id="ord_1", total_fen=1999)
    [line] = lines()
    assert (line["event"], line["level"]) == ("order placed", "info")
    assert (line["order_id"], line["total_fen"]) == ("ord_1", 1999)
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("name", [
    "token", "access_token", "Authorization", "app_secret", "password", "session_key", "js_code", "phone", "openid",
    "address", "signature", "private_key"])
def test_telling_names_are_masked(lines: Callable[[], list[dict]], name: str) -> None:
    log().info("x", **{name: "o6_bmjr"}, nested={name: "o6_bmjr", "deep": [{name: "o6_bmjr"}]})
    assert "o6_bmjr" not in json.dumps(lines())
    assert lines()[0][name] == "***"


def test_R32_phone_numbers_are_masked_wherever_they_stand(lines: Callable[[], list[dict]]) -> None:
    log().info("call 13800138000 now", text="+8613800138000,13900139000", pair=("13600136000", 1),
               nested={"to": ["13700137000"]})
    logging.getLogger("other").warning("from %s", "13500135000")
    try:
        raise ValueError("no member with 13400134000")
    except ValueError:
        log().exception("failed")
        logging.getLogger("other").exception("failed")
    written = json.dumps(lines())
    assert "138****8000" in written
    assert "134****4000" in written
    for number in ("13800138000", "13900139000", "13700137000", "13600136000", "13500135000", "13400134000"):
        assert number not in written


@pytest.mark.parametrize("number", ["1380013800", "138001380001", "12800138000", "ord_13800138000123"])
def test_other_numbers_stay_as_they_are(lines: Callable[[], list[dict]], number: str) -> None:
    log().info("x", number=number)
    assert lines()[0]["number"] == number


def test_R32_nobody_can_write_a_second_line(lines: Callable[[], list[dict]]) -> None:
    log().info("x", text="a\r\n2026-01-01 ERROR fake\n{}", **{"k\n": "v\u2028w"})
    logging.getLogger("other").warning("%s", "a\r\n2026-01-01 ERROR fake")
    assert len(lines()) == 2


def test_what_is_not_json_is_written_all_the_same(lines: Callable[[], list[dict]]) -> None:
    log().info("x", thing=object(), raw=b"13800138000", nan=float("nan"))
    assert "object" in lines()[0]["thing"]


def test_the_event_of_the_caller_is_left_alone() -> None:
    given = {"nested": {"token": "t"}}
    assert house.mask(None, "", dict(given)) == {"nested": {"token": "***"}}
    assert given == {"nested": {"token": "t"}}


def test_below_its_level_nothing_is_written(lines: Callable[[], list[dict]]) -> None:
    log().debug("x")
    logging.getLogger("other").debug("x")
    logging.getLogger("httpx").info("GET https://api/?secret=1")
    assert lines() == []
