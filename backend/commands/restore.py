"""Brings a shop back from a file that `backup` made."""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from backend.commands import _archive, _dumps, _running
from backend.commands._folder import Folder, Refused
from backend.infra.settings import Settings


def main(argv: list[str]) -> int:
    """Checks the whole file first, then puts it in place; refuses a running shop, and existing data without --force."""
    parser = argparse.ArgumentParser(prog="python3 -m backend restore", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="what `backup` has made")
    _running.add_arguments(parser)
    parser.add_argument("--force", action="store_true", help="replace the data that are there")
    arguments = parser.parse_args(argv)
    os.umask(0o077)
    archive = arguments.file.expanduser().absolute()
    manifest = _archive.check(archive)
    folder = Folder(arguments.data)
    folder.claim()
    with folder.held():
        if (folder.database.exists() or folder.secrets.exists()) and not arguments.force:
            raise Refused(
                f"{folder.root} has data already: name another folder with --data DIR, or replace them with --force."
            )
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder.root) as beside:
            _archive.unpack(archive, Path(beside))
            if manifest["database"] == "postgresql":
                load(_running.settings(), Path(beside) / "database.sql", arguments.force)
            put(folder, Path(beside))
    print(f"Restored {len(manifest['files'])} files of {manifest['made_at']} into {folder.root}.")
    return 0


def load(settings: Settings, dump: Path, force: bool) -> None:
    """The SQL into the server of DATABASE_URL, in one transaction."""
    if settings.database.startswith("sqlite"):
        raise Refused("This backup is of a PostgreSQL database: set DATABASE_URL to the server it shall go to.")
    if not force and not _dumps.is_empty_postgresql(settings.database):
        raise Refused(
            "The database in DATABASE_URL has tables already: take an empty one, or replace them with --force."
        )
    _dumps.load_postgresql(settings.database, dump, replace=force)


def put(folder: Folder, beside: Path) -> None:
    """Replaces the folder's data by the unpacked ones; the queue is not among them: the database knows what is due."""
    folder.clear()
    (beside / "database.sql").unlink(missing_ok=True)
    if (beside / "database.sqlite").exists():
        (beside / "database.sqlite").replace(folder.database)
    for path in sorted(beside.iterdir()):
        shutil.move(path, folder.root / path.name)
