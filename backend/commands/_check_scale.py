"""`doctor` on what large shops need: months of the tables that only grow are ready, and the replica is a fit copy."""

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from backend.commands._check_stores import reading_engine
from backend.commands._findings import Finding
from backend.infra import partitions
from backend.infra.clock import real_now
from backend.infra.settings import Settings
from backend.kernel.calendar import business_day

_NOW = text("select cast(pg_current_wal_lsn() as text) as lsn, system_identifier as server from pg_control_system()")
_COPY = text("""
    select pg_is_in_recovery() as copy, system_identifier as server, current_setting('hot_standby_feedback') as feedback,
           case when pg_is_in_recovery() then pg_wal_lsn_diff(cast(:lsn as pg_lsn), pg_last_wal_replay_lsn()) end as behind
    from pg_control_system()""")
FAR_BYTES = 16 * 1024 * 1024
"""One file of the primary's log: a replica that keeps up is closer."""


def months(settings: Settings) -> list[Finding]:
    """On PostgreSQL the months to come must be there before they begin, and only the owner of the tables can make them."""
    if settings.database.startswith("sqlite"):
        return []
    try:
        with reading_engine(settings.database).connect() as connection:
            if not partitions.owned(connection):
                cure = "Let the role of DATABASE_URL own the tables, or make it a member of their owner's role"
                return [Finding("warn", "months", "the role of DATABASE_URL may not make the months of growing tables", cure)]
            now = real_now()
            soon = partitions.next_month(business_day(now).replace(day=1))
            missing = [each.name(month) for each, month in partitions.missing(connection, now) if month <= soon]
    except DBAPIError:
        return []  # said already, or the tables are not up to date
    if not missing:
        return [Finding("ok", "months", "growing tables have their months ready")]
    cure = "Run “清理过期数据” in the console (系统 › 后台任务; System › Jobs, Forget what is old), and see why it failed"
    return [Finding("warn", "months", f"{', '.join(missing)} not ready: new rows will go to the rest", cure)]


def replica(settings: Settings) -> list[Finding]:
    """Reachable, a copy of our primary and of no other, read-only, close behind."""
    if not settings.replica:
        return []
    try:
        with reading_engine(settings.database).connect() as connection:
            now = connection.execute(_NOW).one()
    except DBAPIError:
        return []  # said already
    try:
        with reading_engine(settings.replica).connect() as connection:
            return list(fit(connection, now.lsn, now.server))
    except DBAPIError as problem:
        cure = "Start it, or unset DATABASE_READ_URL; meanwhile the primary answers everything"
        return [Finding("fail", "replica", f"cannot be used: {str(problem.orig).strip()}", cure)]


def fit(connection: Connection, lsn: str, server: int) -> list[Finding]:
    """What is wrong with this copy, or that nothing is."""
    copy = connection.execute(_COPY, {"lsn": lsn}).one()
    if copy.server != server:
        cure = "DATABASE_READ_URL must name a streaming replica of the server in DATABASE_URL"
        return [Finding("fail", "replica", "is a copy of another server, so nobody asks it", cure)]
    if not copy.copy:
        cure = "Name a streaming replica in DATABASE_READ_URL, or unset it"
        return [Finding("fail", "replica", "is no replica but a primary that could be written to, so nobody asks it", cure)]
    found = [Finding("ok", "replica", f"follows, read-only, {copy.behind / 1024:.0f} KB behind")]
    if copy.feedback != "on":
        found.append(Finding("warn", "replica", "hot_standby_feedback is off: long sheets and checks may be cut off",
                             "Set hot_standby_feedback = on in its postgresql.conf"))
    if copy.behind > FAR_BYTES:
        said = f"is {copy.behind / 2**20:.0f} MB behind; nobody asks it when it is more than 10 s behind"
        found[0] = Finding("warn", "replica", said, "See its log, its disk, and the network between both servers")
    return found
