"""The seeded bugs in short: each still fits the source and names tests that exist; whole: `python3 -m backend campaign mutants`."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.campaigns.mutants import (
    CAUGHT,
    NO_VERDICT,
    ROOT,
    SEEDED,
    SURVIVED,
    Bug,
    DoesNotApply,
    Edit,
    changes,
    copy_tree,
    play,
    seeded,
)

BUGS = seeded()


def test_every_bug_fits_the_source_once() -> None:
    wrong = []
    for bug in BUGS:
        try:
            assert changes(bug, ROOT)
        except DoesNotApply as no:
            wrong.append(f"{bug.id} {no}")
    assert wrong == []


def test_every_bug_names_tests_that_exist() -> None:
    missing = []
    for bug in BUGS:
        assert bug.tests and bug.on in ("sqlite", "postgresql")
        for test in bug.tests:
            path, _, name = test.partition("::")
            file = ROOT / path
            if not file.exists() or name and f"def {name}(" not in file.read_text():
                missing.append(f"{bug.id} {test}")
    assert missing == []


def test_there_are_enough_of_them_and_no_two_are_the_same() -> None:
    assert len(BUGS) >= 60
    assert len({bug.id for bug in BUGS}) == len({bug.edits for bug in BUGS}) == len(BUGS)


def test_every_bug_of_the_list_is_seeded_or_has_a_reason() -> None:
    absent = tomllib.loads((SEEDED / "absent.toml").read_text())["absent"]
    here = {re.match(r"T\d\d", bug.id)[0] for bug in BUGS if bug.id.startswith("T")}
    assert here.isdisjoint(absent)
    assert here | absent.keys() == {f"T{number:02}" for number in range(1, 53)}


@pytest.mark.parametrize(("old", "new", "word"), [
    ("return fen", "return  fen", SURVIVED), ("return fen", "return fen + 1", CAUGHT),
    ("return fen", "return", NO_VERDICT), ("fen", "yuan", NO_VERDICT)])
def test_a_verdict_is_a_test_that_fails(tmp_path: Path, old: str, new: str, word: str) -> None:
    """What changes nothing survives; what keeps the tests from running at all is no catch, and neither is what does not fit."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "money_.py").write_text("def same(fen):\n    return fen\n\n\nassert same(2)\n")
    (source / "test_money_.py").write_text("from money_ import same\n\n\ndef test_same():\n    assert same(1) == 1\n")
    bug = Bug("X", "", (Edit("money_.py", old, new),), ("test_money_.py",))
    [verdict] = play([bug], [copy_tree(source, tmp_path / "copy")])
    assert verdict.word == word
    assert (tmp_path / "copy" / "money_.py").read_text() == (source / "money_.py").read_text()
