"""The wire log: what came in and what went out, without secrets, the newest few thousand."""

import re
from typing import Any

from flask import Response, request

from wxsim.clock import utc_iso
from wxsim.world import World

KEPT = 5000
_SHOWN = 4000
_SECRET = re.compile(r'((?:secret|access_token|session_key)"?\s*[=:]\s*"?)[^&"\s,}]+')


def incoming(world: World, call: str, raw: bytes, response: Response, seconds: float, struck: list[str]) -> None:
    """Notes a call that somebody made to us."""
    picture = response.mimetype.startswith("image/")
    content = b"" if response.is_streamed else b"(a picture)" if picture else response.get_data()
    target = request.environ.get("RAW_URI", request.full_path)
    _note(world, "in", call, request.method, target, response.status_code, raw, content, seconds, ",".join(struck))


def outgoing(
    world: World,
    call: str,
    url: str,
    status: int | None,
    raw: bytes,
    content: bytes,
    seconds: float,
    fault: str,
    method: str = "POST",
) -> None:
    """Notes a notification that we sent; status None means that nobody answered."""
    _note(world, "out", call, method, url, status, raw, content, seconds, fault)


def newest(world: World, limit: int) -> list[dict[str, Any]]:
    """The last `limit` entries, newest first."""
    rows = world.books.rows("SELECT * FROM wire ORDER BY id DESC LIMIT ?", (limit,))
    return [{**dict(row), "at": utc_iso(row["at"])} for row in rows]


def _note(
    world: World,
    direction: str,
    call: str,
    method: str,
    target: str,
    status: int | None,
    raw: bytes,
    content: bytes,
    seconds: float,
    fault: str,
) -> None:
    values = (
        world.clock.now(),
        direction,
        call,
        method,
        _masked(target),
        status,
        _masked(_text(raw)),
        _masked(_text(content)),
        round(seconds * 1000, 1),
        fault,
    )
    with world.books.writing() as tx:
        added = tx.execute(
            "INSERT INTO wire (at, direction, call, method, target, status, request, answer, milliseconds, fault)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        if (added.lastrowid or 0) % 500 == 0:
            tx.execute("DELETE FROM wire WHERE id <= ?", ((added.lastrowid or 0) - KEPT,))


def _text(raw: bytes) -> str:
    return raw[:_SHOWN].decode("utf-8", "replace")


def _masked(text: str) -> str:
    return _SECRET.sub(r"\1***", text)
