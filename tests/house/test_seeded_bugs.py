"""The seeded bugs (`tests/campaigns/seeded/`) go with the source: whoever changes a line or renames a test changes its bug, too.

Played they are by `python3 -m backend campaign mutants --only ID`.
"""

import re
import tomllib

from tests.campaigns.mutants import ROOT, SEEDED, DoesNotApply, changes, seeded

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
