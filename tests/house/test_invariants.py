"""docs/invariants.md cannot rot: every check stands there, every name there exists, and no invariant is left out (I01–I56)."""

import re
from collections.abc import Iterator

import sqlalchemy as sa

from backend.checks.check_books import CHECKS
from backend.tables import METADATA
from tests.house.sources import ROOT

WANTED = [*range(1, 34), *range(41, 57)]
"""Those of I01–I56 that speak of what there is or will be before leaders have accounts."""
ROW = re.compile(r"^\| (I\d\d) \|(.*)\|$", re.M)
NAME = re.compile(r"`([^`]+)`")


def rows(text: str) -> dict[str, list[str]]:
    """Invariant → its cells: what must hold, constraints, checks, tests."""
    return {found[1]: [cell.strip() for cell in found[2].split("|")] for found in ROW.finditer(text)}


def constraints() -> set[str]:
    """What the schema calls its keys, CHECKs and unique indexes."""
    convention = METADATA.naming_convention
    found = set()
    for table in METADATA.tables.values():
        found |= {index.name for index in table.indexes if index.unique}
        for each in table.constraints:
            if isinstance(each, sa.PrimaryKeyConstraint):
                found.add(convention["pk"] % {"table_name": table.name})
            elif each.name:
                found.add(str(each.name))
    return found


def faults(text: str) -> Iterator[str]:
    table, known, checks = rows(text), constraints(), {check.id for check in CHECKS}
    yield from (f"I{number:02} is missing" for number in WANTED if f"I{number:02}" not in table)
    named: set[str] = set()
    for invariant, cells in table.items():
        says, held, checked, tested = cells
        names = [NAME.findall(cell) for cell in (held, checked, tested)]
        named |= set(names[1])
        yield from (f"{invariant}: no constraint {name}" for name in names[0] if name not in known)
        yield from (f"{invariant}: no check {name} of its own" for name in names[1]
                    if name not in checks or not name.startswith(f"{invariant}."))
        for name in names[2]:
            path, _, test = name.partition("::")
            if not (ROOT / path).exists() or (test and f"def {test}(" not in (ROOT / path).read_text("utf-8")):
                yield f"{invariant}: no test {name}"
        if not says or not (any(names) or checked.startswith("not yet: ")):
            yield f"{invariant}: nothing holds it"
    yield from (f"{check} stands nowhere" for check in sorted(checks - named))


def test_the_page_of_invariants_is_true() -> None:
    assert list(faults((ROOT / "docs" / "invariants.md").read_text("utf-8"))) == []


def test_a_page_that_is_not_is_seen() -> None:
    text = (ROOT / "docs" / "invariants.md").read_text("utf-8")
    for old, new, fault in (
            ("`I33.refunded`", "–", "I33.refunded stands nowhere"), ("| I22 |", "| I99 |", "I22 is missing"),
            ("`I10.amount`", "`I10.sum`", "I10: no check I10.sum of its own"),
            ("`ck_payments_refund`", "`ck_payments_back`", "I29: no constraint ck_payments_back"),
            ("::test_all_of_an_order", "::test_none", "I33: no test tests/usecases/test_refunding.py::test_none"),
            ("not yet: there are no flash sales", "–", "I21: nothing holds it")):
        assert old in text and fault in list(faults(text.replace(old, new, 1)))
