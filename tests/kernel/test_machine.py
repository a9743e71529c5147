"""State machines: a wrong table fails when it is imported, an undeclared move is an assertion."""

import pytest

from backend.kernel.machine import Machine

LAMP = Machine("off", {"off": {"on"}, "on": {"off", "broken"}, "broken": set()})


def test_declared_moves_pass_and_others_do_not() -> None:
    LAMP.check("off", "on")
    assert LAMP.allows("on", "broken")
    for old, new in [("off", "broken"), ("broken", "on"), ("off", "off"), ("off", "nowhere"), ("nowhere", "on")]:
        assert not LAMP.allows(old, new)
        with pytest.raises(AssertionError):
            LAMP.check(old, new)


def test_states_and_ends() -> None:
    assert LAMP.start == "off"
    assert LAMP.states == ("off", "on", "broken")
    assert [state for state in LAMP.states if LAMP.is_final(state)] == ["broken"]


@pytest.mark.parametrize(("start", "moves"), [
    ("off", {"off": {"on"}}),
    ("nowhere", {"off": set()}),
    ("off", {"off": set(), "lost": {"off"}}),
    ("off", {"off": set(), "a": {"b"}, "b": {"a"}}),
    ("off", {}),
])
def test_a_wrong_table_fails_at_once(start: str, moves: dict[str, set[str]]) -> None:
    with pytest.raises(ValueError):
        Machine(start, moves)


def test_the_table_cannot_be_changed_from_outside() -> None:
    moves = {"off": {"on"}, "on": set()}
    lamp = Machine("off", moves)
    moves["on"].add("off")
    assert not lamp.allows("on", "off")
