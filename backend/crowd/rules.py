"""The SQL vocabulary of the crowd: what is spelled alike on both databases, and what is not. Pure: text in, text out.

Pseudo-random numbers are arithmetic on the row number, so that a crowd is the same for the same seed, in one statement.
"""

from dataclasses import dataclass

from backend.kernel.ids import CROCKFORD, HUMAN

CHUNK = 50_000
"""Rows of a chunk: one transaction each, so that no journal and no lock grows without end."""
SKUS = 120
STORES = 10
DAY_MS = 86_400_000

_AT = {
    "sqlite": "(datetime('1970-01-01', '+' || (({ms}) / 1000) || ' seconds') || '.' || substr(1000 + ({ms}) % 1000, 2) || '000')",
    "postgresql": "to_timestamp(({ms}) / 1000.0)",
}
_OBJECT = {"sqlite": "json_object", "postgresql": "jsonb_build_object"}
_LEAST = {"sqlite": "min", "postgresql": "least"}


@dataclass(frozen=True, slots=True)
class Crowd:
    """What is made: how many members and orders, over how much time before `now_ms`, from which seed."""

    orders: int
    members: int
    now_ms: int
    seed: int
    days: int = 365

    @property
    def span_ms(self) -> int:
        return self.days * DAY_MS


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a crowd is made: its first so many members, then its first so many orders; `whole` when nothing is left to do."""

    crowd: Crowd
    members: int = 0
    orders: int = 0
    whole: bool = False


def chunks(total: int, done: int = 0) -> list[tuple[int, int]]:
    """(first, last) row numbers of each chunk, after the `done` first rows."""
    return [(first, min(first + CHUNK, total) - 1) for first in range(done, total, CHUNK)]


def rand(row: str, salt: int, seed: int) -> str:
    """A pseudo-random whole number in [0, 2³¹) of a row number (Lehmer's generator, each `salt` at a stride of its own)."""
    stride, start = 7919 + salt * 1_000_003, salt * 104_729 + seed % 1000 * 15_485_863 + 1
    return f"((({row} * {stride} + {start}) % 2147483647 * 48271 % 2147483647) * 16807 % 2147483647)"


def digits(value: str, length: int) -> str:
    """The last `length` digits of a number, zeros in front."""
    return f"substr(cast({10 ** length} + ({value}) % {10 ** length} as varchar), 2)"


def tail(ms: str, row: str, salt: int, seed: int) -> str:
    """26 letters that sort by time, as the tail of an id does: ten of milliseconds, eight of the row, eight of chance."""
    time = " || ".join(f"substr('{CROCKFORD}', cast((({ms}) >> {5 * place}) & 31 as integer) + 1, 1)" for place in range(9, -1, -1))
    return f"({time} || {digits(row, 8)} || {digits(rand(row, salt, seed), 8)})"


def human_number(row: str, seed: int) -> str:
    """Twelve letters without look-alikes: six of chance, six of the row, so that no two are the same."""
    def letters(value: str) -> str:
        return " || ".join(f"substr('{HUMAN}', cast(({value}) / {31 ** place} % 31 as integer) + 1, 1)" for place in range(6))
    shuffled = f"({row} * 486187739 + 12345) % {31 ** 6}"  # one to one: the factor shares no divisor with 31
    return f"({letters(rand(row, 91, seed))} || {letters(shuffled)})"


def member_ms(row: str, crowd: Crowd) -> str:
    """When member number `row` came: evenly over twice the time of the orders, before now."""
    return f"({crowd.now_ms - 2 * crowd.span_ms} + {2 * crowd.span_ms // crowd.members} * ({row}))"


def member_id(row: str, crowd: Crowd) -> str:
    """The id of member number `row`: a formula, so that orders find their members without a join."""
    return f"('mem_' || {tail(member_ms(row, crowd), row, 1, crowd.seed)})"


def series(first: int, last: int) -> str:
    """A common table `series(n)` of the whole numbers from `first` to `last`."""
    return f"series(n) as (select cast({first} as bigint) union all select n + 1 from series where n < {last})"


def spelled(sql: str, dialect: str) -> str:
    """`sql` in this database's spelling: `$at(ms)` is an instant, `$least(a, b)` the smaller of two,
    `$object(name, value)` JSON."""
    while (start := sql.find("$at(")) >= 0:
        depth, end = 1, start + 4
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        sql = sql[:start] + _AT[dialect].format(ms=sql[start + 4:end - 1]) + sql[end:]
    return sql.replace("$least", _LEAST[dialect]).replace("$object", _OBJECT[dialect])
