"""State machines as tables that are checked when they are imported."""

from collections.abc import Mapping, Set


class Machine:
    """`Machine(start, {state: {next, …}})`: moves are data; guards are visible `if`s in the use case.

    Checked at once: every target is a state, every state can be reached from `start`. ValueError otherwise.
    """

    def __init__(self, start: str, moves: Mapping[str, Set[str]]) -> None:
        self.start = start
        self.moves = {state: frozenset(targets) for state, targets in moves.items()}
        unknown = {target for targets in self.moves.values() for target in targets} - self.moves.keys()
        if start not in self.moves or unknown:
            raise ValueError(f"unknown states: {sorted(unknown or {start})}")
        reached, frontier = {start}, [start]
        while frontier:
            for target in self.moves[frontier.pop()] - reached:
                reached.add(target)
                frontier.append(target)
        if lost := self.moves.keys() - reached:
            raise ValueError(f"states that cannot be reached: {sorted(lost)}")

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.moves)

    def allows(self, old: str, new: str) -> bool:
        """Whether `old` → `new` is a declared move."""
        return new in self.moves.get(old, frozenset())

    def check(self, old: str, new: str) -> None:
        """AssertionError if the move is not declared: asking for it is a bug, not a refusal."""
        if not self.allows(old, new):
            raise AssertionError(f"no move {old} → {new}")

    def is_final(self, state: str) -> bool:
        return not self.moves[state]
