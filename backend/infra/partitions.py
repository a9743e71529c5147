"""Months of the tables that only grow, on PostgreSQL: made ahead of time, and those of the outbox dropped whole when they are past.

A part `<table>_<year>_<month>` holds what was made in that month of the Chinese calendar, by the time in the ids; the oldest holds
all that is older, too, and `<table>_rest` whatever fits nowhere, so that every id is legal whatever a clock said. SQLite has none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from backend.kernel.calendar import business_day, day_start
from backend.kernel.ids import first_id

AHEAD = 3
"""So many months beyond this one are ready: what makes them may fail for a quarter before anything lands in the rest."""
SURVIVORS = 10_000
"""A month of the outbox goes when no more than so many of its events have not ended well; these are kept in the rest."""


@dataclass(frozen=True, slots=True)
class Parted:
    """A table that is divided by months of the ids in `key`, which begin with `prefix`; `protected` ones are only added to."""

    table: str
    key: str
    prefix: str
    protected: bool = False

    def name(self, month: date) -> str:
        """The part of a month, which is named by its first day."""
        return f"{self.table}_{month:%Y_%m}"


EVENTS, DELIVERIES = Parted("outbox_events", "id", "evt"), Parted("deliveries", "event_id", "evt")
PARTED = (EVENTS, DELIVERIES, Parted("order_moves", "order_id", "ord", True), Parted("stock_moves", "id", "stm", True))


def next_month(month: date) -> date:
    """The first day of the month after it."""
    return (month + timedelta(days=31)).replace(day=1)


def months(connection: Connection, each: Parted) -> list[date]:
    """The months that a table has, oldest first; none on SQLite."""
    if connection.dialect.name != "postgresql":
        return []
    names = connection.execute(text(
        "select relname from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = cast(:table as regclass)"),
        {"table": each.table}).scalars()
    endings = [name.removeprefix(f"{each.table}_").split("_") for name in names]
    return sorted(date(int(ending[0]), int(ending[1]), 1) for ending in endings if len(ending) == 2)


def owned(connection: Connection) -> bool:
    """Whether we may make and drop parts: only whose the tables are may."""
    return connection.execute(text("select bool_and(pg_has_role(relowner, 'usage')) from pg_class where oid ="
                                   " any (cast(:tables as regclass[]))"), {"tables": [each.table for each in PARTED]}).scalar_one()


def hurry(connection: Connection) -> None:
    """Rather fail than make the shop wait: who waits for the lock of a whole table has all others wait behind."""
    connection.exec_driver_sql("set local lock_timeout = '1s'")


def missing(connection: Connection, now: datetime) -> Iterator[tuple[Parted, date]]:
    """The months from this one on that should be there and are not, oldest first."""
    for each in PARTED:
        known = months(connection, each)
        month = business_day(now).replace(day=1)
        for _ in range(AHEAD + 1 if known else 0):
            if month > known[0] and month not in known:
                yield each, month
            month = next_month(month)


def make(connection: Connection, each: Parted, month: date) -> bool:
    """Make a month, empty; False, and nothing is done, when the rest holds rows of it: there they stay.

    Writers wait for as long as it takes to look into the rest, which is empty when this ran in time.
    """
    part, rest = each.name(month), f"{each.table}_rest"
    begins, ends = (first_id(each.prefix, day_start(day)) for day in (month, next_month(month)))
    taken = text(f"select 1 from {rest} where {each.key} >= :begins and {each.key} < :ends limit 1")
    if connection.execute(taken, {"begins": begins, "ends": ends}).first() is not None:
        return False
    opened = connection.begin_nested()
    try:
        connection.exec_driver_sql(f"create table {part} (like {rest} including all)")
        connection.exec_driver_sql(f"alter table {each.table} attach partition {part} for values from ('{begins}') to ('{ends}')")
        if each.protected:
            connection.exec_driver_sql(
                f"create trigger {each.table}_append_only before update or delete or truncate on {part}"
                f" for each statement execute function {each.table}_append_only()")
    except IntegrityError:  # somebody wrote such a row meanwhile
        opened.rollback()
        return False
    return True


def past(connection: Connection, before: datetime) -> list[date]:
    """The months of the outbox that were over before then."""
    return [month for month in months(connection, EVENTS) if day_start(next_month(month)) <= before]


def drop(connection: Connection, month: date) -> int | None:
    """Drop a month of the outbox; returns how many events were kept of it, or None when they are too many and all stays.

    What has not ended, or failed for good, goes into the rest with its event, where it is forgotten row by row once it is done.
    """
    events, deliveries = EVENTS.name(month), DELIVERIES.name(month)
    connection.exec_driver_sql("lock table outbox_events, deliveries in access exclusive mode")
    connection.exec_driver_sql(f"""create temporary table kept_ids on commit drop as
        select event_id as id from {deliveries} where done_at is null and dead_at is null
        union select event_id from {deliveries} where dead_at is not null
        union select id from {events} where not fanned limit {SURVIVORS + 1}""")
    connection.exec_driver_sql("analyze kept_ids")
    count = connection.exec_driver_sql("select count(*) from kept_ids").scalar_one()
    if count > SURVIVORS:
        return None
    for each, part in ((EVENTS, events), (DELIVERIES, deliveries)):
        connection.exec_driver_sql(f"create temporary table kept_{each.table} on commit drop as"
                                   f" select * from {part} where {each.key} in (select id from kept_ids)")
        connection.exec_driver_sql(f"drop table {part}")
        connection.exec_driver_sql(f"insert into {each.table} table kept_{each.table}")
    return count


def analyse(connection: Connection) -> None:
    """Let PostgreSQL look at the tables as wholes: by itself it only looks at each of their parts."""
    for each in PARTED:
        connection.exec_driver_sql(f"analyze {each.table}")
