"""Brings the database's tables up to date (upgrade, downgrade, current)."""

import argparse

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from backend.commands import _programs, _running
from backend.commands._folder import Refused

PYPROJECT = _programs.ROOT / "pyproject.toml"


def main(argv: list[str]) -> int:
    """Moves the schema to a revision, each migration in a transaction of its own; a second run finds nothing to do."""
    parser = argparse.ArgumentParser(prog="python3 -m backend migrate", description=__doc__)
    parser.add_argument("action", nargs="?", choices=("upgrade", "downgrade", "current"), default="upgrade")
    parser.add_argument("revision", nargs="?", help="default: head for upgrade, -1 for downgrade")
    _running.add_arguments(parser)
    arguments = parser.parse_args(argv)
    _running.connect(arguments, required=False)
    config = configuration(_running.settings().database)
    try:
        if arguments.action == "upgrade":
            command.upgrade(config, arguments.revision or "head")
        elif arguments.action == "downgrade":
            command.downgrade(config, arguments.revision or "-1")
        else:
            command.current(config)
    except OperationalError as problem:
        raise Refused(f"The database cannot be used: {str(problem.orig).strip()}") from None
    return 0


def configuration(url: str) -> Config:
    """Alembic's configuration from pyproject.toml, for the database at `url`."""
    config = Config(toml_file=PYPROJECT)
    config.attributes["url"] = url
    return config
