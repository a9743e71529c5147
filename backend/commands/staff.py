"""Makes an owner of the admin console, or a new password for somebody: `create-owner LOGIN`, `reset LOGIN`."""

import argparse
import getpass
import os
import secrets
import sys

from backend.app import create_app, runtime
from backend.commands import _running
from backend.commands._folder import Refused as CommandRefused
from backend.context import Context
from backend.kernel.actors import SYSTEM
from backend.kernel.errors import Refused
from backend.queries.staff import staff_id_of
from backend.usecases.create_staff import create_staff
from backend.usecases.reset_staff_password import reset_staff_password


def main(argv: list[str]) -> int:
    """Works on the database of the settings, in production too; that is how the first owner comes to be."""
    parser = argparse.ArgumentParser(prog="python3 -m backend staff", description=__doc__)
    parser.add_argument("action", choices=("create-owner", "reset"))
    parser.add_argument("login", help="log-in name: small letters, digits, . _ -")
    parser.add_argument("--name", help="what people call them (default: the log-in name)")
    _running.add_arguments(parser)
    arguments = parser.parse_args(argv)
    running = _running.connect(arguments, required=False)
    try:
        app = create_app(_running.settings())
    except ValueError as error:
        raise CommandRefused(f"{error}. Start the shop once with `python3 -m backend up`: it draws the keys.") from None
    language = "zh" if os.environ.get("LANG", "").startswith("zh") else "en"
    with app.app_context():
        ctx = runtime(app).context(SYSTEM)
        where = (running.url if running else ctx.settings.public_url).rstrip("/")
        try:
            if arguments.action == "create-owner":
                print(create_owner(ctx, arguments.login, arguments.name or arguments.login, where))
            else:
                token = reset_staff_password(ctx, staff_id=staff_id_of(ctx, arguments.login))
                print(f"The old password has ended. A new one can be set once, within a day, at\n  {where}/admin/password/{token}")
        except Refused as refused:
            raise CommandRefused(f"{refused.sentence(language)} ({refused.code})") from None
    return 0


def create_owner(ctx: Context, login: str, name: str, where: str) -> str:
    """Makes the owner; asks a person at a terminal for the password, else draws one that must be changed at first log-in."""
    asked = sys.stdin.isatty()
    password = ask() if asked else secrets.token_urlsafe(12)
    create_staff(ctx, login=login, name=name, roles=["owner"], password=password, must_change_password=not asked)
    made = f"{login} can log in at {where}/admin/"
    return f"{made}." if asked else f"{made} with this password, which is said this once and must be changed then:\n  {password}"


def ask() -> str:
    """The password, typed twice the same."""
    password = getpass.getpass("Password (at least 10 characters): ")
    if getpass.getpass("Once more: ") != password:
        raise CommandRefused("The two passwords differ; nothing was made.")
    return password
