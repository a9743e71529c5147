"""稳定版接口调用凭据 (stable_token): access tokens that overlap for 5 minutes when they change."""

import json
import secrets
import sqlite3
from typing import Any

from flask import Blueprint, request

from wxsim.login import check_app
from wxsim.open_api import OpenApiError, open_call
from wxsim.world import World

blueprint = Blueprint("tokens", __name__)
LIFE_SECONDS = 7200
OVERLAP_SECONDS = 300
FORCED_PER_DAY = 20
FORCED_GAP_SECONDS = 30
_DAY_SECONDS = 86400


@open_call(blueprint, "POST", "/cgi-bin/stable_token", "token")
def stable_token(world: World) -> dict[str, Any]:
    """The current token with what is left of it; a new one in its last 5 minutes or by force_refresh.

    Renewed, the old token works on until it expires; forced, it dies at once, at most 20 times a day, 30 s apart.
    """
    given = read_json(request.get_data())
    for name, errcode in (("appid", 41002), ("secret", 41004)):
        if not given.get(name):
            raise OpenApiError(errcode, f"{name} missing")
    if given.get("grant_type") != "client_credential":
        raise OpenApiError(40002, "invalid grant_type")
    check_app(world, given["appid"], given["secret"])
    force = given.get("force_refresh", False)
    if not isinstance(force, bool):
        raise OpenApiError(47001, "data format error: force_refresh")
    now = world.clock.now()
    with world.books.writing() as tx:
        tx.execute("DELETE FROM tokens WHERE expires_at < ?", (now - _DAY_SECONDS,))
        if force:
            _count_forced(tx, now)
            tx.execute("UPDATE tokens SET dead = 1")
        current = tx.execute(
            "SELECT * FROM tokens WHERE NOT dead AND expires_at > ? AND made_at <= ? ORDER BY expires_at DESC",
            (now + OVERLAP_SECONDS, now),
        ).fetchone()
        if current is not None:
            return {"access_token": current["token"], "expires_in": int(current["expires_at"] - now)}
        token = f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(99)}"
        tx.execute("INSERT INTO tokens (token, made_at, expires_at) VALUES (?, ?, ?)", (token, now, now + LIFE_SECONDS))
    return {"access_token": token, "expires_in": LIFE_SECONDS}


def check_token(world: World, call: str) -> None:
    """Raises 41001, 40001 or 42001 unless the request's access_token is alive."""
    token, about = request.args.get("access_token"), {"call": call}
    if not token:
        raise OpenApiError(41001, "access_token missing")
    killed = world.faults.strike("token-invalidated", about) is not None
    aged = world.faults.strike("token-expired", about) is not None
    with world.books.writing() as tx:
        if killed or aged:
            tx.execute("UPDATE tokens SET dead = 1 WHERE token = ?", (token,))
        row = tx.execute("SELECT * FROM tokens WHERE token = ?", (token,)).fetchone()
    if aged or (row is not None and world.clock.now() > row["expires_at"]):
        raise OpenApiError(42001, "access_token expired")
    if row is None or row["dead"]:
        raise OpenApiError(40001, "invalid credential, access_token is invalid or not latest")


def read_json(raw: bytes) -> dict[str, Any]:
    """The JSON object of the body; 47001 for anything else."""
    try:
        body = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise OpenApiError(47001, "data format error") from error
    if not isinstance(body, dict):
        raise OpenApiError(47001, "data format error")
    return body


def _count_forced(tx: sqlite3.Connection, now: float) -> None:
    times = [row["at"] for row in tx.execute("SELECT at FROM forced_tokens WHERE at > ?", (now - _DAY_SECONDS,))]
    if times and now - max(times) < FORCED_GAP_SECONDS:
        raise OpenApiError(45011, "api minute-quota reach limit, must slower, retry next minute")
    if len(times) >= FORCED_PER_DAY:
        raise OpenApiError(45009, "reach max api daily quota limit")
    tx.execute("INSERT INTO forced_tokens VALUES (?)", (now,))
