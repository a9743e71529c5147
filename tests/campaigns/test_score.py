"""How the score of the money rules is told; the whole: `python3 -m backend campaign mutmut`."""

import tomllib

import pytest

from tests.campaigns.mutants import ROOT
from tests.campaigns.score import EQUAL, Score, tell


@pytest.mark.parametrize(("noticed", "missed", "per_cent", "code"), [
    (90, 10, 90.0, 0), (899, 101, 89.9, 1), (5, 0, 100.0, 0), (0, 1, 0.0, 1)])
def test_below_the_goal_it_fails(noticed: int, missed: int, per_cent: float, code: int) -> None:
    score = Score("money.py", noticed, 3, {f"x_{number}": "return 0" for number in range(missed)})
    assert score.per_cent == pytest.approx(per_cent)
    assert tell([score, Score("other.py", 1, 0, {})], as_json=True) == code


def test_nothing_changed_proves_nothing() -> None:
    assert tell([], as_json=False) == 1


def test_what_is_changed_and_tested_exists() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    named = [*config["only_mutate"], *config["pytest_add_cli_args_test_selection"], *config["source_paths"], *config["also_copy"]]
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert all(reason.endswith(".") for reason in EQUAL.values())
