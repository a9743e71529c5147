"""`doctor` on the stores: the database answers, is durable and migrated; Redis keeps what it is given."""

from datetime import datetime
from pathlib import Path

import redis
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from rq import Worker
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from backend.commands._findings import Finding, Level
from backend.commands.migrate import configuration
from backend.infra.clock import real_now
from backend.infra.db import engine_options, prepare_sqlite
from backend.infra.settings import Settings
from backend.infra.shop_rules import RuleBook

DURABLE = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply", "remote_write")}
OLDEST_POSTGRES = 140000


def database(settings: Settings) -> list[Finding]:
    """Reachable, durable, up to date with our migrations."""
    url = make_url(settings.database)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        cure = "Start the shop with `python3 -m backend up`, or run `python3 -m backend migrate`"
        return [Finding("fail", "database", f"{shown} does not exist yet", cure)]
    engine = reading_engine(settings.database)
    try:
        with engine.connect() as connection:
            found = sqlite(connection) if url.get_backend_name() == "sqlite" else postgresql(connection)
            tables = migrated(connection, settings)
        known = [return_address(engine, settings)] if tables.level == "ok" else []
        return [Finding("ok", "database", f"{shown} answers"), *found, tables, *known]
    except DBAPIError as problem:
        cure = "Check DATABASE_URL and that the server runs"
        return [Finding("fail", "database", f"{shown} cannot be used: {str(problem.orig).strip()}", cure)]


def reading_engine(url: str) -> Engine:
    """An engine that writes nothing and keeps no connection."""
    options = engine_options(url, read_only=True, pool=1)
    for name in ("pool_size", "max_overflow", "pool_pre_ping", "pool_recycle"):
        options.pop(name, None)
    engine = create_engine(options.pop("url"), poolclass=NullPool, **options)
    prepare_sqlite(engine, read_only=True)
    return engine


def return_address(engine: Engine, settings: Settings) -> Finding:
    """Without an address for returns no return can be granted, not even by itself."""
    if RuleBook(settings, engine).now().takes_returns:
        return Finding("ok", "shop", "returned goods have an address to go to")
    cure = "Fill in who, phone and address in the console: 系统 › 设置 › 店铺 (System › Settings › Shop)"
    return Finding("warn", "shop", "has no complete address for returns, so no return can be granted", cure)


def sqlite(connection: Connection) -> list[Finding]:
    """Our connections must use WAL and FULL, or a power cut could take a payment back."""
    mode = connection.execute(text("PRAGMA journal_mode")).scalar()
    synchronous = connection.execute(text("PRAGMA synchronous")).scalar()
    if mode == "wal" and synchronous == 2:
        return [Finding("ok", "database", "SQLite with WAL and synchronous=FULL")]
    return [
        Finding(
            "fail", "database", f"SQLite with journal_mode={mode}, synchronous={synchronous}", "WAL and 2 it must be"
        )
    ]


def postgresql(connection: Connection) -> list[Finding]:
    """Durability settings, version, and its clock against ours."""
    found = []
    for name, good in DURABLE.items():
        value = connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar()
        level: Level = "ok" if value in good else "fail"
        cure = "" if level == "ok" else f"Money needs {name} = {good[0]} in postgresql.conf"
        found.append(Finding(level, "database", f"{name} = {value}", cure))
    version = int(connection.execute(text("SELECT current_setting('server_version_num')")).scalar() or 0)
    if version < OLDEST_POSTGRES:
        found.append(Finding("warn", "database", f"PostgreSQL {version // 10000} is old", "Take 14 or newer"))
    at = connection.execute(text("SELECT clock_timestamp()")).scalar()
    return [*found, skew("PostgreSQL", at)] if isinstance(at, datetime) else found


def migrated(connection: Connection, settings: Settings) -> Finding:
    """The tables must be those of this version of the program."""
    head = ScriptDirectory.from_config(configuration(settings.database)).get_current_head()
    current = MigrationContext.configure(connection).get_current_revision()
    if current == head:
        return Finding("ok", "database", f"its tables are up to date ({current})")
    return Finding(
        "fail", "database", f"its tables are at {current}, the program at {head}", "Run: python3 -m backend migrate"
    )


def queue(settings: Settings) -> list[Finding]:
    """Redis answers, keeps what it is given, and has workers."""
    if not settings.redis_url:
        level: Level = "fail" if settings.production else "warn"
        return [
            Finding(level, "redis", "REDIS_URL is not set and no shop runs here", "Start the shop, or set REDIS_URL")
        ]
    try:
        with redis.Redis.from_url(settings.redis_url, socket_connect_timeout=2, socket_timeout=3) as client:
            return [*promises(client), *working(client)]
    except redis.RedisError as problem:
        return [Finding("fail", "redis", f"cannot be used: {problem}", "Check REDIS_URL and that the server runs")]


def promises(client: redis.Redis) -> list[Finding]:
    """noeviction and AOF, so that no job is dropped silently; its clock against ours."""
    info = client.info()
    found = [Finding("ok", "redis", f"version {info.get('valkey_version') or info['redis_version']} answers")]
    policy = info.get("maxmemory_policy")
    if policy != "noeviction":
        found.append(
            Finding("fail", "redis", f"maxmemory-policy is {policy}", "Set it to noeviction, or jobs are dropped")
        )
    if not info.get("aof_enabled"):
        found.append(
            Finding("warn", "redis", "keeps no append-only file", "Set appendonly yes; the outbox repairs it, later")
        )
    seconds, micro = client.time()
    return [*found, skew("Redis", datetime.fromtimestamp(seconds + micro / 1e6, real_now().tzinfo))]


def working(client: redis.Redis) -> list[Finding]:
    """At least one worker must be there, or nothing that is due gets done."""
    count = Worker.count(connection=client)
    if count:
        return [Finding("ok", "worker", f"{count} at work")]
    return [Finding("fail", "worker", "none is at work", "Start one: python3 -m backend worker")]


def skew(whose: str, at: datetime) -> Finding:
    """How far another clock is from ours: timers and signatures stand 5 s easily, and not a minute."""
    apart = abs((at - real_now()).total_seconds())
    level: Level = "ok" if apart < 5 else "warn" if apart < 60 else "fail"
    cure = "" if level == "ok" else "Let both machines follow a time server"
    return Finding(level, "clock", f"{whose} and this machine are {apart:.1f} s apart", cure)
