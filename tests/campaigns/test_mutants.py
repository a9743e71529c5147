"""How a seeded bug is played and judged; all of them: `python3 -m backend campaign mutants`."""

from pathlib import Path

import pytest

from tests.campaigns.mutants import CAUGHT, NO_VERDICT, SURVIVED, Bug, Edit, copy_tree, play


@pytest.mark.parametrize(("old", "new", "word"), [
    ("return fen", "return  fen", SURVIVED), ("return fen", "return fen + 1", CAUGHT),
    ("return fen", "return", NO_VERDICT), ("fen", "yuan", NO_VERDICT)])
def test_a_verdict_is_a_test_that_fails(tmp_path: Path, old: str, new: str, word: str) -> None:
    """What changes nothing survives; what keeps the tests from running at all is no catch, and neither is what does not fit."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "pytest.ini").write_text("[pytest]\naddopts = -p no:valkey -p no:faker -p no:schemathesis\n")
    (source / "money_.py").write_text("def same(fen):\n    return fen\n\n\nassert same(2)\n")
    (source / "test_money_.py").write_text("from money_ import same\n\n\ndef test_same():\n    assert same(1) == 1\n")
    bug = Bug("X", "", (Edit("money_.py", old, new),), ("test_money_.py",))
    [verdict] = play([bug], [copy_tree(source, tmp_path / "copy")])
    assert verdict.word == word
    assert (tmp_path / "copy" / "money_.py").read_text() == (source / "money_.py").read_text()
