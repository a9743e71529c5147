"""A backup taken while people buy, brought back beside a WeChat that has gone on (F41, I54)."""

import shutil
import subprocess
import sys
from datetime import timedelta

from backend.commands import _dumps
from backend.commands._client import new_key
from backend.commands._folder import Folder
from backend.kernel.calendar import business_day, day_start
from tests.campaigns import real_shop
from tests.campaigns.fault_scripts.ground import Given, Ground, Wrong, servers, standing


def restored(given: Given) -> str:
    """Saved in the middle of a run; afterwards one order is paid, one refunded and more are placed; then only the backup is left.

    WeChat knows what happened since. What was paid is found paid; what the shop never heard of, payments and refunds, stands on
    the next day's list of differences, number by number, and nothing is paid back twice.
    """
    root = given.root / f"restored-{given.database}"
    root.mkdir()
    with servers(given.database) as on:
        database = {name: value for name, value in on.environment.items() if name == "DATABASE_URL"}  # as its owner
        with standing(on, given, root) as ground:
            buyer = ground.buyer()
            paid_later, refunded_later = buyer.place(), buyer.place()
            params = buyer.who.start_payment(paid_later, new_key())["params"]
            buyer.pay(refunded_later)
            with ground.crowd() as crowd:
                crowd.until(4)
                saved = root / "saved.tar.gz"
                _command("backup", "--data", str(ground.stage.running.data), "--to", str(saved), **database)
                crowd.until(4)
            ground.stage.phone.pay(buyer.who.name, params)
            buyer.placed[paid_later] = "paid"
            ground.refund(buyer)
            buyer.pay(unheard := buyer.place())
            ground.holds(crowd, buyers=[buyer])
            before, books = ground.stage.running, root / "books.db"
            _dumps.copy_sqlite(Folder(before.data).books, books)
        folder = Folder(root / "again")
        _command("restore", str(saved), "--data", str(folder.root), "--force", **database)
        shutil.copyfile(books, folder.books)
        with standing(on, given, root, folder=folder, port=before.port) as ground:
            return _reconciled(ground, buyer.who.member_id, paid_later, unheard)


def _reconciled(ground: Ground, member_id: str, paid_later: str, unheard: str) -> str:
    ground.quiet()
    ground.stage.move(minutes=16)
    ground.quiet()
    states = dict(ground.rows("select id, state from orders where member_id = :m", m=member_id))
    if states.get(paid_later) != "paid" or unheard in states:
        raise Wrong(f"one was paid after the backup and is {states.get(paid_later)}, one placed and is {states.get(unheard)}")
    ground.stage.move_to(day_start(business_day(ground.stage.now()) + timedelta(days=1)) + timedelta(hours=11))
    ground.quiet()
    listed = {number for (number,) in ground.rows("select number from bill_differences")}
    ground.books(known=listed)
    if len(listed) < 2:
        raise Wrong(f"listed are only {listed}")
    return f"{len(listed)} payments and refunds that it never heard of are listed"


def _command(*words: str, **more: str) -> None:
    done = subprocess.run([sys.executable, "-m", "backend", *words], cwd=real_shop.ROOT, env=real_shop.outside() | more,
                          capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise Wrong(f"{words[0]}: {done.stdout}{done.stderr}")


