"""Random operations on a real shop whose processes die, in short, and the proof that a bug there shows (G03, F01–F05);
whole: `campaign random --processes`."""

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backend.infra import shop_rules
from tests.campaigns import random_processes, real_shop
from tests.campaigns.both_sides import Violation
from tests.campaigns.crowd import Crowd
from tests.campaigns.random_processes import HURRY, Played, burst

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the real processes are found and ended through /proc")


def test_f01_many_at_once_while_processes_die_and_a_planted_bug_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One shop for both: it is as the rules demand as long as it has no bug, and not any more when it has one."""
    monkeypatch.setattr(shop_rules, "FRESH_SECONDS", 0.1)
    monkeypatch.setattr(random_processes, "DEADLY", 1.0)
    monkeypatch.setattr(random_processes, "VICTIM_SHARES", {"web": 2, "worker": 1, "valkey": 1})
    bug, played = tmp_path / "bug", Played()
    with real_shop.opened(tmp_path, HURRY | {"TUANMA_PLANTED": str(bug)}) as (stage, _):
        crowd = Crowd(stage.running.database_url, stage.running.data, "short", stage=stage)
        crowd.furnish()
        burst(crowd, 1, played)
        assert played.operations >= 10 and played.kills >= 1
        bug.touch()
        monkeypatch.setattr(random_processes, "DEADLY", 0.0)
        with pytest.raises(Violation, match="stock"):
            for number in range(2, 9):
                burst(crowd, number, played)


def test_what_goes_wrong_is_told_with_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    @contextlib.contextmanager
    def no_shop(*_: Any) -> Iterator[Any]:
        yield SimpleNamespace(), None

    wrong = Played(40, 2, 3.0, Counter({"web": 2, "flush": 1}), 1, "money is gone", ["  3 crowd-1 places"])
    monkeypatch.setattr(real_shop, "opened", no_shop)
    monkeypatch.setattr(random_processes, "play", lambda *_, **__: wrong)
    assert random_processes.run("sqlite", 100, "42", say=said.append) == (wrong.struck, False)
    assert "seed 42, episode 0, burst 3" in said[0] and "money is gone" in said[0]
    assert "--processes --database sqlite --seed 42 --episode 0" in said[2]
