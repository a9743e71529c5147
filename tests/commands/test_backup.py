"""Backup and restore: what comes back is what was saved, on both databases; nothing is overwritten or trusted."""

import gzip
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from backend.commands import _archive, _dumps, backup, restore
from backend.commands._folder import Folder, Refused

pytestmark = pytest.mark.usefixtures("bare_environment")


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


@pytest.fixture
def shop(shop_folder: Folder) -> Folder:
    """A shop with rows in both books, a picture and a moved clock."""
    for path, text in ((shop_folder.database, "ours"), (shop_folder.books, "theirs")):
        path.parent.mkdir(exist_ok=True)
        query(path, "PRAGMA journal_mode=WAL")
        query(path, "CREATE TABLE book (line TEXT)")
        query(path, f"INSERT INTO book VALUES ('{text}')")
    (shop_folder.files / "pictures").mkdir(parents=True)
    (shop_folder.files / "pictures" / "a.png").write_bytes(b"\x89PNG")
    shop_folder.clock.write_text("86400")
    return shop_folder


def save(shop: Folder, target: Path) -> Path:
    assert backup.main(["--data", str(shop.root), "--to", str(target)]) == 0
    return target


def content(folder: Folder) -> dict[str, bytes]:
    return {
        path.relative_to(folder.root).as_posix(): path.read_bytes()
        for path in folder.root.rglob("*")
        if path.is_file() and path.parent != folder.wxsim and not path.name.startswith(("tuanma.db", "up.lock"))
    }


def test_a_shop_comes_back_as_it_was(shop: Folder, tmp_path: Path) -> None:
    saved = save(shop, tmp_path / "saved.tar.gz")
    assert saved.stat().st_mode & 0o777 == 0o600
    other = Folder(tmp_path / "other")
    assert restore.main([str(saved), "--data", str(other.root)]) == 0
    assert query(other.database, "SELECT * FROM book") == [("ours",)]
    assert query(other.books, "SELECT * FROM book") == [("theirs",)]
    assert content(other) == content(shop)
    assert [str(path) for path in other.root.rglob("*") if path.stat().st_mode & 0o077] == []


def test_a_backup_taken_while_somebody_writes_holds_what_was_committed_and_not_the_rest(
    shop: Folder, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(shop.database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO book VALUES ('half done')")
        saved = save(shop, tmp_path / "saved.tar.gz")
        writer.execute("COMMIT")
    other = Folder(tmp_path / "other")
    restore.main([str(saved), "--data", str(other.root)])
    assert query(other.database, "SELECT * FROM book") == [("ours",)]


def test_a_running_shop_can_be_saved_and_not_be_overwritten(shop: Folder, tmp_path: Path) -> None:
    with shop.held():
        saved = save(shop, tmp_path / "saved.tar.gz")
        with pytest.raises(Refused, match="A shop is running on"):
            restore.main([str(saved), "--data", str(shop.root), "--force"])
    assert query(shop.database, "SELECT * FROM book") == [("ours",)]


def test_data_are_replaced_only_by_force(shop: Folder, tmp_path: Path) -> None:
    saved = save(shop, tmp_path / "saved.tar.gz")
    query(shop.database, "INSERT INTO book VALUES ('later')")
    (shop.valkey).mkdir()
    with pytest.raises(Refused, match="has data already"):
        restore.main([str(saved), "--data", str(shop.root)])
    assert query(shop.database, "SELECT * FROM book") == [("ours",), ("later",)]
    assert restore.main([str(saved), "--data", str(shop.root), "--force"]) == 0
    assert query(shop.database, "SELECT * FROM book") == [("ours",)]
    assert not shop.valkey.exists()  # a queue of another time


def test_an_earlier_backup_is_not_overwritten(shop: Folder, tmp_path: Path) -> None:
    saved = save(shop, tmp_path / "saved.tar.gz")
    before = saved.read_bytes()
    with pytest.raises(Refused, match="exists already"):
        save(shop, saved)
    assert saved.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["saved.tar.gz", "shop"]


def test_a_damaged_database_makes_no_backup(shop: Folder, tmp_path: Path) -> None:
    query(shop.database, "CREATE TABLE big (text TEXT)")
    with closing(sqlite3.connect(shop.database)) as connection, connection:
        connection.executemany("INSERT INTO big VALUES (?)", [(f"row {number}" * 9,) for number in range(500)])
    query(shop.database, "PRAGMA wal_checkpoint(TRUNCATE)")
    raw = bytearray(shop.database.read_bytes())
    raw[8192:9000] = os.urandom(808)
    shop.database.write_bytes(raw)
    with pytest.raises(Refused, match="is damaged .* this backup was not made"):
        save(shop, tmp_path / "saved.tar.gz")
    assert not (tmp_path / "saved.tar.gz").exists()


def test_a_backup_with_one_wrong_byte_is_refused_before_anything_is_touched(shop: Folder, tmp_path: Path) -> None:
    saved = save(shop, tmp_path / "saved.tar.gz")
    raw = bytearray(gzip.decompress(saved.read_bytes()))
    raw[raw.index(b"\x89PNG")] = 0
    saved.write_bytes(gzip.compress(bytes(raw)))
    with pytest.raises(Refused, match="is damaged: files/pictures/a.png is not what was saved"):
        restore.main([str(saved), "--data", str(tmp_path / "other")])
    assert not (tmp_path / "other").exists()


def test_a_cut_backup_is_refused(shop: Folder, tmp_path: Path) -> None:
    saved = save(shop, tmp_path / "saved.tar.gz")
    saved.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    with pytest.raises(Refused, match="cannot be read as a backup|is damaged|is incomplete"):
        restore.main([str(saved), "--data", str(tmp_path / "other")])


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "files/../../evil"])
def test_a_backup_cannot_write_outside_its_folder(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "evil.tar.gz"
    manifest = {"format": 1, "database": "sqlite", "made_at": "now", "files": {name: "0" * 64}}
    with tarfile.open(archive, "w:gz") as tar:
        _archive.add(tar, _archive.MANIFEST, json.dumps(manifest).encode())
        _archive.add(tar, name, b"evil")
    with pytest.raises(Refused, match="not a backup of ours"):
        _archive.unpack(archive, tmp_path / "into")
    assert not list(tmp_path.rglob("evil"))


def test_what_the_manifest_does_not_name_is_refused_links_too(tmp_path: Path) -> None:
    archive = tmp_path / "evil.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        _archive.add(tar, _archive.MANIFEST, json.dumps({"format": 1, "files": {"keys": "0" * 64}}).encode())
        link = tarfile.TarInfo("keys")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
    with pytest.raises(Refused, match="not a backup of ours"):
        _archive.check(archive)


@pytest.mark.parametrize("raw", [b"", b"no archive", gzip.compress(b"no tar", mtime=0)])
def test_any_other_file_is_refused(tmp_path: Path, raw: bytes) -> None:
    archive = tmp_path / "other.tar.gz"
    archive.write_bytes(raw)
    with pytest.raises(Refused, match="cannot be read as a backup|is not a backup of ours"):
        _archive.check(archive)


def test_another_archive_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "other.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("readme"), io.BytesIO())
    with pytest.raises(Refused, match="does not begin with a manifest"):
        _archive.check(archive)


@pytest.fixture
def two_databases(postgres_server: str) -> Iterator[tuple[str, str]]:
    """Two empty PostgreSQL databases."""
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    names = ("backup_from", "backup_to")
    with engine.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    urls = [sa.make_url(postgres_server).set(database=name).render_as_string(hide_password=False) for name in names]
    yield urls[0], urls[1]
    with engine.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def on_server(url: str, *statements: str) -> list[str]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        for statement in statements[:-1]:
            connection.exec_driver_sql(statement)
        return [str(value) for (value,) in connection.exec_driver_sql(statements[-1])]


def test_a_postgresql_database_comes_back_and_a_full_one_is_replaced_only_by_force(
    shop_folder: Folder, tmp_path: Path, two_databases: tuple[str, str]
) -> None:
    source, target = two_databases
    on_server(source, "CREATE TABLE book (line TEXT)", "INSERT INTO book VALUES ('一行') RETURNING line")
    os.environ["DATABASE_URL"] = source
    saved = save(shop_folder, tmp_path / "saved.tar.gz")
    os.environ["DATABASE_URL"] = target
    assert restore.main([str(saved), "--data", str(tmp_path / "other")]) == 0
    assert on_server(target, "SELECT line FROM book") == ["一行"]
    on_server(target, "INSERT INTO book VALUES ('later') RETURNING line")
    with pytest.raises(Refused, match="has tables already"):
        restore.main([str(saved), "--data", str(tmp_path / "third")])
    assert on_server(target, "SELECT line FROM book ORDER BY 1") == ["later", "一行"]
    assert restore.main([str(saved), "--data", str(tmp_path / "third"), "--force"]) == 0
    assert on_server(target, "SELECT line FROM book") == ["一行"]


def test_a_failed_load_changes_nothing(tmp_path: Path, two_databases: tuple[str, str]) -> None:
    target, _ = two_databases
    on_server(target, "CREATE TABLE book (line TEXT)", "INSERT INTO book VALUES ('kept') RETURNING line")
    dump = tmp_path / "dump.sql"
    dump.write_text("CREATE TABLE book (line TEXT); SELECT nonsense;")
    with pytest.raises(Refused, match='psql failed: .*"nonsense" does not exist'):
        _dumps.load_postgresql(target, dump, replace=True)
    assert on_server(target, "SELECT line FROM book") == ["kept"]


def test_a_postgresql_backup_needs_a_postgresql_server(
    shop_folder: Folder, tmp_path: Path, two_databases: tuple[str, str]
) -> None:
    os.environ["DATABASE_URL"] = two_databases[0]
    saved = save(shop_folder, tmp_path / "saved.tar.gz")
    del os.environ["DATABASE_URL"]
    with pytest.raises(Refused, match="set DATABASE_URL"):
        restore.main([str(saved), "--data", str(tmp_path / "other")])
    assert not (tmp_path / "other" / "secrets.json").exists()


def test_without_client_programs_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dumps.shutil, "which", lambda name: None)
    monkeypatch.setattr(_dumps.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Refused, match="pg_dump is not on this machine: install .* \\(apt install postgresql-client\\)"):
        _dumps.program("pg_dump")


def test_the_password_is_not_on_the_command_line() -> None:
    environment = _dumps.environment(
        sa.make_url("postgresql+psycopg://me:s%40cret@db.example:5433/shop?sslmode=require")
    )
    wanted = {"PGHOST": "db.example", "PGPORT": "5433", "PGUSER": "me", "PGPASSWORD": "s@cret", "PGDATABASE": "shop"}
    assert wanted.items() <= environment.items()
    assert environment["PGSSLMODE"] == "require"
