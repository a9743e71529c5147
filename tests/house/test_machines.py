"""State machines and tables agree: what a CHECK lets into `state` are the states of a machine of that noun."""

import importlib
import re
from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from backend.kernel.machine import Machine
from backend.tables import METADATA
from tests.house.sources import ROOT
from tests.house.test_packages import domains

STATES = re.compile(r"^state in \(([^)]*)\)$")
SWITCHES = {
    "members": "open or closed for good; there is one move and no machine",
    "payment_exceptions": "a list to be ticked off by a person",
    "staff": "a switch that owners throw: active or disabled, and back",
    "bill_differences": "a list to be ticked off by a person, or gone by itself when the bill is compared again",
}
"""Tables whose state has no life of its own, each with its reason."""


def allowed_states(metadata: sa.MetaData) -> dict[str, frozenset[str]]:
    """Table → what its CHECK allows as `state`; empty when nothing stops a wrong one."""
    found = {}
    for table in metadata.tables.values():
        if "state" in table.c:
            checks = [str(each.sqltext) for each in table.constraints if isinstance(each, sa.CheckConstraint)]
            named = [frozenset(re.findall(r"'([^']*)'", each[1])) for each in map(STATES.match, checks) if each]
            found[table.name] = named[0] if named else frozenset()
    return found


def machines() -> dict[str, Machine]:
    """`orders.ORDER` → machine, for every noun that has states."""
    found = {}
    for noun in domains():
        if (ROOT / "backend" / noun / "states.py").exists():
            module = importlib.import_module(f"backend.{noun}.states")
            found |= {f"{noun}.{name}": each for name, each in vars(module).items() if isinstance(each, Machine)}
    return found


def disagreements(tables: Mapping[str, frozenset[str]], known: Mapping[str, Machine]) -> Iterator[str]:
    """Tables without a machine of the same states, and machines without a table."""
    for table, states in tables.items():
        if not states:
            yield f"{table}.state takes anything"
        elif table not in SWITCHES and states not in [frozenset(each.states) for each in known.values()]:
            yield f"no machine has the states of {table}: {sorted(states)}"
    for name, machine in known.items():
        if frozenset(machine.states) not in tables.values():
            yield f"no table has the states of {name}"


def test_tables_and_machines_have_the_same_states() -> None:
    tables = allowed_states(METADATA)
    assert {"orders", "payments", "refunds"} <= tables.keys()
    assert set(SWITCHES) <= tables.keys()
    assert list(disagreements(tables, machines())) == []


def test_a_disagreement_is_seen() -> None:
    lamp = {"lamps.LAMP": Machine("off", {"off": {"on"}, "on": set()})}
    assert list(disagreements({"lamps": frozenset({"on", "off"})}, lamp)) == []
    assert len(list(disagreements({"lamps": frozenset({"on", "off", "broken"})}, lamp))) == 2
    assert len(list(disagreements({"lamps": frozenset()}, lamp))) == 2


def test_a_state_without_check_is_seen() -> None:
    metadata = sa.MetaData()
    sa.Table("lamps", metadata, sa.Column("state", sa.String))
    assert allowed_states(metadata) == {"lamps": frozenset()}


def test_the_words_of_a_state_cover_every_state() -> None:
    for name, machine in machines().items():
        words = getattr(importlib.import_module(f"backend.{name.split('.')[0]}.states"), "WORDS", None)
        if words is not None and name == "orders.ORDER":
            assert set(words) == set(machine.states)
            assert all(zh and en for zh, en in words.values())
