"""The people with phones: made when first named, always the same openid; and the codes that their phones hand out."""

import sqlite3

from wxsim import numbers
from wxsim.signing import random_text
from wxsim.world import World

CODE_SECONDS = 300


def user(world: World, name: str) -> sqlite3.Row:
    """The user's row, made now if there is none of this name."""
    known = find(world, name)
    if known is not None:
        return known
    values = (name, numbers.openid(world.config.appid, name), numbers.unionid(name), world.clock.now())
    with world.books.writing() as tx:
        tx.execute("INSERT INTO users VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", values)
        return tx.execute("SELECT * FROM users WHERE name = ?", (name,)).fetchone()


def find(world: World, name: str) -> sqlite3.Row | None:
    """The user's row, or None."""
    return world.books.row("SELECT * FROM users WHERE name = ?", (name,))


def find_openid(world: World, openid: object) -> sqlite3.Row | None:
    """The row of the user with this openid, or None."""
    return world.books.row("SELECT * FROM users WHERE openid = ?", (openid,)) if isinstance(openid, str) else None


def touch(world: World, openid: str) -> None:
    """Notes that the user is in the mini-program now."""
    with world.books.writing() as tx:
        tx.execute("INSERT OR REPLACE INTO activity VALUES (?, ?)", (openid, world.clock.now()))


def active_at(world: World, openid: str) -> float | None:
    """When the user was last seen in the mini-program."""
    row = world.books.row("SELECT at FROM activity WHERE openid = ?", (openid,))
    return row["at"] if row else None


def login_code(world: World, name: str) -> tuple[str, sqlite3.Row]:
    """What wx.login gives the mini-program: a code for one use within 5 minutes; and the user."""
    person = user(world, name)
    touch(world, person["openid"])
    return _code(world, "login", name, None), person


def phone_code(world: World, name: str, phone: str) -> str:
    """What the phone-number button gives: a code for one use within 5 minutes."""
    user(world, name)
    return _code(world, "phone", name, phone)


def use_code(world: World, kind: str, code: str) -> tuple[sqlite3.Row | None, str]:
    """Uses the code up and gives its row joined with the user's; or (None, "unknown" | "used" | "old")."""
    now = world.clock.now()
    with world.books.writing() as tx:
        row = tx.execute(
            "SELECT codes.*, openid, unionid FROM codes JOIN users ON users.name = codes.user"
            " WHERE code = ? AND kind = ?",
            (code, kind),
        ).fetchone()
        if row is None:
            return None, "unknown"
        if row["used_at"] is not None:
            return None, "used"
        if not row["made_at"] - CODE_SECONDS <= now <= row["made_at"] + CODE_SECONDS:
            return None, "old"
        tx.execute("UPDATE codes SET used_at = ? WHERE code = ?", (now, code))
    return row, ""


def _code(world: World, kind: str, name: str, phone: str | None) -> str:
    code = "0" + random_text(31) if kind == "login" else random_text(64)
    now = world.clock.now()
    with world.books.writing() as tx:
        tx.execute(
            "INSERT INTO codes (code, kind, user, phone, made_at) VALUES (?, ?, ?, ?, ?)",
            (code, kind, name, phone, now),
        )
    return code
