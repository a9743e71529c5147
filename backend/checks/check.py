"""What a check is, what it finds, and how it is run on either database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import TextClause, bindparam, text

from backend.checks.advice import ADVICE
from backend.infra.db import Utc
from backend.infra.uow import Reading

WORDS = {
    "sqlite": {"$instr": "instr", "$order_of": "json_extract(k.result, '$.id')",
               "$refund_of": "json_extract(k.result, '$.refund_id')", "$length": "json_array_length",
               "$event_order": "json_extract(e.payload, '$.order_id')",
               "$subject_of": "json_extract(e.payload, '$.subject')", "$message_of": "json_extract(e.payload, '$.message_id')",
               "$export_of": "json_extract(e.payload, '$.export_id')", "$import_of": "json_extract(e.payload, '$.import_id')",
               "$parcel_of": "json_extract(k.result, '$.parcel_id')", "$review_of": "json_extract(k.result, '$.review_id')"},
    "postgresql": {"$instr": "strpos", "$order_of": "k.result ->> 'id'", "$refund_of": "k.result ->> 'refund_id'",
                   "$length": "jsonb_array_length", "$event_order": "e.payload ->> 'order_id'",
                   "$subject_of": "e.payload ->> 'subject'", "$message_of": "e.payload ->> 'message_id'",
                   "$export_of": "e.payload ->> 'export_id'", "$import_of": "e.payload ->> 'import_id'",
                   "$parcel_of": "k.result ->> 'parcel_id'", "$review_of": "k.result ->> 'review_id'"},
}
"""What the two databases spell differently; everything else in the statements is common to both."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where the books do not hold: which check, the ids that lead there, what is and what should be."""

    check: str
    ids: Mapping[str, str]
    found: str
    expected: str
    what_to_do: str

    @property
    def key(self) -> tuple[str, ...]:
        """What stays the same while the fault lasts."""
        return (self.check, *self.ids.values())


@dataclass(frozen=True, slots=True)
class Check:
    """One statement whose rows are faults: columns `found` and `expected`, all others are ids.

    It may use `:due` and `:real_due`, the business and the real moment 60 seconds ago, and a dialect's words. `waits`:
    its rows are what should have happened by now; where the business clock can jump, they count only when they stay.
    """

    id: str
    zh: str
    en: str
    sql: str | Mapping[str, str]
    what_to_do: str
    waits: bool = field(default=False, kw_only=True)

    @property
    def advice(self) -> tuple[str, str]:
        """What to do about it, in Chinese and English."""
        return ADVICE[self.what_to_do], self.what_to_do

    def statement(self, dialect: str) -> str:
        """The SQL for a database."""
        sql = self.sql if isinstance(self.sql, str) else self.sql[dialect]
        for word, meaning in WORDS[dialect].items():
            sql = sql.replace(word, meaning)
        return sql


@dataclass(frozen=True, slots=True)
class Result:
    """A check that was run: how many faults there are, the first of them, and how long it took; `judged`: it came to its end."""

    check: Check
    count: int
    violations: list[Violation]
    seconds: float
    judged: bool = True


def rows_of(rd: Reading, check: Check, *, due: datetime, real_due: datetime, limit: int) -> tuple[int, list[Violation]]:
    """Count the faults and tell the first `limit` of them; a second statement counts, only when there are more.

    Planned as for all rows (MATERIALIZED): for the first few of many, PostgreSQL takes ways that are quick only if there are any.
    """
    sql = check.statement(rd.dialect)
    first = f"with faults as materialized ({sql}) select * from faults limit {limit + 1}"
    faults = list(_violations(rd, check, first, due, real_due))
    count = len(faults)
    if count > limit:
        count = rd.execute(_bound(f"select count(*) from ({sql}) as faults", due, real_due)).scalar_one()
    return count, faults[:limit]


def _violations(rd: Reading, check: Check, sql: str, due: datetime, real_due: datetime) -> Iterator[Violation]:
    for row in rd.execute(_bound(sql, due, real_due)).mappings():
        ids = {name: str(value) for name, value in row.items() if name not in ("found", "expected")}
        yield Violation(check.id, ids, str(row["found"]), str(row["expected"]), check.what_to_do)


def _bound(sql: str, due: datetime, real_due: datetime) -> TextClause:
    used = [(name, at) for name, at in (("due", due), ("real_due", real_due)) if f":{name}" in sql]
    return text(sql).bindparams(*(bindparam(name, at, type_=Utc()) for name, at in used))


def shown(column: str) -> str:
    """SQL for a value in words; a dash where there is none."""
    return f"coalesce(cast({column} as varchar), '–')"
