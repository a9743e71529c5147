"""Saves database, WeChat's stand-in's books, secrets, keys and pictures into one checked file, while the shop runs."""

import argparse
import os
import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url

from backend.commands import _archive, _dumps, _running
from backend.commands._folder import Folder, Refused
from backend.infra.clock import real_now
from backend.infra.settings import Settings

SMALL = ("secrets.json", "clock", "demo.json")
FOLDERS = ("keys", "files", "private")


def main(argv: list[str]) -> int:
    """Prints the path of the new file (0600); it holds the keys as well, so keep it as carefully as the shop."""
    parser = argparse.ArgumentParser(prog="python3 -m backend backup", description=__doc__)
    _running.add_arguments(parser)
    parser.add_argument("--to", metavar="FILE", help="default: DIR/backups/tuanma-<time>.tar.gz")
    arguments = parser.parse_args(argv)
    _running.connect(arguments, required=False)
    settings = _running.settings()
    folder = Folder(settings.data_dir if settings.production else arguments.data)
    moment = real_now()
    target = Path(arguments.to) if arguments.to else folder.root / "backups" / f"tuanma-{moment:%Y%m%d-%H%M%S}.tar.gz"
    os.umask(0o077)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as beside:
        kind, files = gather(folder, settings, Path(beside))
        _archive.pack(target, files, {"made_at": moment.isoformat(), "database": kind})
    print(f"{target} ({target.stat().st_size:,} bytes, {len(files)} files, checked)")
    return 0


def gather(folder: Folder, settings: Settings, beside: Path) -> tuple[str, dict[str, Path]]:
    """The kind of database and name in the archive → file.

    Our database is copied before the stand-in's books: a payment between the two is then one that WeChat knows
    and we do not yet, which the query after a restore repairs; the other way round nothing would.
    """
    url = make_url(settings.database)
    kind = url.get_backend_name()
    if kind == "sqlite":
        database = Path(url.database or "")
        if not database.exists():
            raise Refused(f"There is nothing to save: {database} does not exist.")
        files = {"database.sqlite": beside / "database.sqlite"}
        _dumps.copy_sqlite(database.absolute(), files["database.sqlite"])
    else:
        files = {"database.sql": beside / "database.sql"}
        _dumps.dump_postgresql(settings.database, files["database.sql"])
    if folder.books.exists():
        files["wxsim/books.db"] = beside / "books.db"
        _dumps.copy_sqlite(folder.books, files["wxsim/books.db"])
    kept = [folder.root / name for name in SMALL]
    kept += [path for name in FOLDERS for path in sorted((folder.root / name).rglob("*"))]
    files |= {
        path.relative_to(folder.root).as_posix(): path for path in kept if path.is_file() and not path.is_symlink()
    }
    return kind, files
