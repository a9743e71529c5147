"""Loads the demo shop into a running one: goods with drawn pictures, members, sixty days of orders; once."""

import argparse
import json
import sys

from backend.commands import _running
from backend.commands._demo_days import load_days
from backend.commands._demo_goods import load_goods
from backend.commands._demo_points import load_points
from backend.commands._demo_rules import load_return_address
from backend.commands._folder import Folder, write_private
from backend.commands._stage import Stage
from backend.demo.opening import DAYS
from backend.demo.people import people
from backend.demo.staff import PASSWORD, STAFF
from backend.infra.clock import real_now
from backend.kernel.errors import Refused
from backend.organisation.refusals import LOGIN_TAKEN
from backend.queries.demo import demo_progress
from backend.queries.roles import roles
from backend.usecases.create_staff import create_staff

SHOWN = 3
"""How many members are named as log-ins."""


def say(what: str) -> None:
    """Progress: one line that is written over on a terminal, one line each elsewhere."""
    end = "\r" if sys.stderr.isatty() else "\n"
    print(f"  demo: {what:<60}", file=sys.stderr, end=end, flush=True)


def main(argv: list[str]) -> int:
    """Makes the demo shop, going on where an earlier try was cut off; does nothing when it is there. Ends at the real time."""
    parser = argparse.ArgumentParser(prog="python3 -m backend load-demo", description=__doc__)
    _running.add_arguments(parser)
    parser.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"so many days of orders (default: {DAYS})")
    arguments = parser.parse_args(argv)
    running = _running.connect(arguments)
    assert running is not None
    with Stage.opened(running) as stage:
        load_staff(stage)
        load_return_address(stage)
        if not demo_progress(stage.ctx()).get("done"):
            load_days(stage, load_goods(stage, real_now(), say), load_points(stage), arguments.days, say)
        stage.move_to(real_now())
    folder = Folder(running.data)
    log_ins = [{"who": f"{person.nickname}（{person.name}）", "how": f"pick “{person.key}” on the phone page"}
               for person in people()[:SHOWN]]
    log_ins += [{"who": f"{roles()[role][0][0]}（{name}）", "how": f"admin: {login} / {PASSWORD}"} for login, name, role in STAFF]
    write_private(folder.demo, json.dumps({"wanted": True, "log_ins": log_ins}, ensure_ascii=False))
    return 0


def load_staff(stage: Stage) -> None:
    """One member of staff for each role, with the demo's password; those that are there stay as they are."""
    for login, name, role in STAFF:
        try:
            create_staff(stage.ctx(), login=login, name=name, roles=[role], password=PASSWORD, must_change_password=False)
        except Refused as refused:
            if refused.code != LOGIN_TAKEN.code:
                raise
