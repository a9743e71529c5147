"""消息推送: events that go to the shop's message-push URL, signed, sealed in encrypted mode, three times again at most."""

import base64
import hashlib
import http.client
import json
import os
import sqlite3
import struct
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from wxsim import wire
from wxsim.clock import elapsed
from wxsim.config import Push
from wxsim.signing import random_text
from wxsim.transport import Transport
from wxsim.world import World

SCHEDULE = (5, 5, 5)
"""Seconds on the shared clock from each failed attempt to the next."""
MEDIA_SECONDS = 1
"""How long a picture is looked at; the platform says up to 30 minutes."""
LONGEST_MEDIA = 10 << 20
_STALE_SECONDS = 600


def place(world: World) -> Push | None:
    """Where pushes go: what the control API set last, else the configuration; None: nothing is pushed."""
    row = world.books.row("SELECT * FROM message_push")
    return Push(row["url"], row["token"], row["aes_key"]) if row else world.config.push


def of_media_check(world: World, openid: str, url: str, trace_id: str, verdict: Mapping[str, Any]) -> None:
    """The verdict on a picture, to be pushed once the picture has been fetched."""
    event = {"appid": world.config.appid, "trace_id": trace_id, "version": 2}
    _write(world, "wxa_media_check", openid, event, MEDIA_SECONDS, url, json.dumps(verdict))


def of_consents(world: World, openid: str, event: str, answers: Mapping[str, str]) -> None:
    """What the person said to templates, in the window or in the settings."""
    listed = [
        {"TemplateId": template_id, "SubscribeStatusString": answer} | ({"PopupScene": "0"} if "popup" in event else {})
        for template_id, answer in answers.items()
    ]
    _write(world, event, openid, {"List": listed if len(listed) > 1 else listed[0]})


def of_sent(world: World, openid: str, template_id: str) -> None:
    """A message has arrived on the phone."""
    told = {"TemplateId": template_id, "MsgID": random_text(12), "ErrorCode": "0", "ErrorStatus": "success"}
    _write(world, "subscribe_msg_sent_event", openid, {"List": told})


def of_anything(world: World, openid: str, event: Mapping[str, Any]) -> None:
    """Any event that a test makes up; `Event` names it."""
    _write(world, str(event.get("Event", "unknown")), openid, dict(event))


def claim_due(world: World, now: float) -> list[int]:
    """Claims the pushes that are due; each must then be handed to `deliver`."""
    if world.books.row("SELECT 1 FROM pushes WHERE state = 'pending' AND due_at <= ?", (now,)) is None:
        return []
    with world.books.writing() as tx:
        sql = "UPDATE pushes SET state = 'sending' WHERE state = 'pending' AND due_at <= ? RETURNING seq"
        return [row["seq"] for row in tx.execute(sql, (now,)).fetchall()]


def deliver(world: World, transport: Transport, seq: int) -> bool:
    """Makes one attempt with a claimed push and writes down what came of it; True if the shop took it."""
    row = world.books.row("SELECT * FROM pushes WHERE seq = ?", (seq,))
    where = place(world)
    assert row is not None and row["state"] == "sending"
    if where is None:
        _write_down(world, row, None, "no message-push URL is set", False)
        return False
    body, habits = _body(world, transport, row), json.loads(row["habits"])
    status, answer = send(world, transport, where, row, body, habits)
    for _ in range(int(habits.get("copies", 1)) - 1):
        send(world, transport, where, row, body, habits)
    taken = status == 200 and answer in ("success", "")
    _write_down(world, row, status, answer, taken)
    return taken


def send(
    world: World, transport: Transport, where: Push, row: Any, body: dict[str, Any], habits: Mapping[str, Any]
) -> tuple[int | None, str]:
    """One POST, signed now and noted in the wire log: (status, answer), or (None, what went wrong)."""
    at = world.clock.now() - (_STALE_SECONDS if habits.get("stale") else 0)
    token = "not-the-token" if habits.get("forged") else where.token
    url, content = sealed(where, token, world.config.appid, row["openid"], body, at)
    started = elapsed()
    status: int | None
    try:
        status, answer = transport.call("POST", url, {"Content-Type": "application/json; encoding=utf-8"}, content)
        text = answer.decode("utf-8", "replace")
    except (OSError, http.client.HTTPException, ValueError) as error:
        status, text = None, f"{type(error).__name__}: {error}"
    wire.outgoing(world, "push", url, status, content, text.encode(), elapsed() - started, ",".join(sorted(habits)))
    return status, text


def sealed(
    where: Push, token: str, appid: str, openid: str, body: dict[str, Any], at: float
) -> tuple[str, bytes]:
    """(address with its signature, body): plain JSON, or JSON with everything inside `Encrypt`."""
    timestamp, nonce = str(int(at)), random_text(10)
    query = {"signature": sha1(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce, "openid": openid}
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    if where.aes_key is not None:
        closed = encrypted(where.aes_key, appid, content)
        query |= {"encrypt_type": "aes", "msg_signature": sha1(token, timestamp, nonce, closed)}
        content = json.dumps({"ToUserName": body["ToUserName"], "Encrypt": closed}).encode()
    return f"{where.url}{'&' if '?' in where.url else '?'}{urlencode(query)}", content


def sha1(*parts: str) -> str:
    """The signature of the message push: SHA-1 over the sorted parts."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def encrypted(aes_key: str, appid: str, content: bytes) -> str:
    """AES-256-CBC over 16 random bytes, the length, the content and the appid, padded to 32 (PKCS#7)."""
    key = base64.b64decode(aes_key + "=")
    plain = os.urandom(16) + struct.pack(">I", len(content)) + content + appid.encode()
    padding = 32 - len(plain) % 32
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(plain + bytes([padding]) * padding) + cipher.finalize()).decode()


def answers_echo(transport: Transport, where: Push, at: float) -> bool:
    """Whether the shop's URL passes the check that the platform makes when it is set: a signed GET, echoed."""
    timestamp, nonce, echo = str(int(at)), random_text(10), random_text(19)
    query = urlencode(
        {
            "signature": sha1(where.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "echostr": echo,
        }
    )
    try:
        status, answer = transport.call("GET", f"{where.url}?{query}", {})
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return status == 200 and answer.decode("utf-8", "replace") == echo


def _write(
    world: World,
    event: str,
    openid: str,
    more: Mapping[str, Any],
    after: float = 0.0,
    media_url: str | None = None,
    verdict: str | None = None,
) -> None:
    if place(world) is None:
        return
    strike, about, habits = world.faults.strike, {"event_type": event, "openid": openid}, dict[str, Any]()
    if (late := strike("push-delayed", about)) is not None:
        after += float(late.get("seconds", 60))
    if (copies := strike("push-duplicated", about)) is not None:
        habits["copies"] = int(copies.get("count", 3))
    habits |= {name: True for name in ("forged", "stale") if strike(f"push-{name}", about) is not None}
    state = "lost" if strike("push-lost", about) is not None else "pending"
    now = world.clock.now()
    body = {
        "ToUserName": f"gh_{hashlib.sha256(world.config.appid.encode()).hexdigest()[:12]}",
        "FromUserName": openid,
        "CreateTime": int(now),
        "MsgType": "event",
        "Event": event,
        **more,
    }
    with world.books.writing() as tx:
        tx.execute(
            "INSERT INTO pushes (event, openid, body, media_url, verdict, made_at, due_at, state, habits)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event,
                openid,
                json.dumps(body, ensure_ascii=False),
                media_url,
                verdict,
                now,
                now + after,
                state,
                json.dumps(habits),
            ),
        )
    world.delivery.wake()


def _body(world: World, transport: Transport, row: sqlite3.Row) -> dict[str, Any]:
    """The event; a picture is fetched now, before its verdict is told for the first time."""
    body = json.loads(row["body"])
    if row["media_url"] is None:
        return body
    body["CreateTime"] = int(world.clock.now())
    problem = _fetch(world, transport, row["media_url"])
    verdict = {"suggest": "review", "label": 21000} if problem else json.loads(row["verdict"])
    code, words = (-1008, problem) if problem else (0, "ok")
    body |= {
        "errcode": code,
        "errmsg": words,
        "result": verdict,
        "detail": [{"strategy": "content_model", "errcode": code, "prob": 90, **verdict}],
    }
    with world.books.writing() as tx:
        told = json.dumps(body, ensure_ascii=False)
        tx.execute("UPDATE pushes SET body = ?, media_url = NULL WHERE seq = ?", (told, row["seq"]))
    return body


def _fetch(world: World, transport: Transport, url: str) -> str:
    """What is wrong with the file behind the address; empty when it is a picture of at most 10 MB."""
    started, status = elapsed(), None
    try:
        status, content = transport.call("GET", url, {"Accept": "*/*"}, longest=LONGEST_MEDIA + 1)
        picture = content[:3] == b"\xff\xd8\xff" or content[:8] == b"\x89PNG\r\n\x1a\n" or content[8:12] == b"WEBP"
        problem = "" if status == 200 and picture and len(content) <= LONGEST_MEDIA else "not a picture"
    except (OSError, http.client.HTTPException, ValueError) as error:
        problem = type(error).__name__
    wire.outgoing(world, "media-fetch", url, status, b"", problem.encode(), elapsed() - started, "", method="GET")
    return problem


def _write_down(world: World, row: sqlite3.Row, status: int | None, answer: str, taken: bool) -> None:
    attempts, now = row["attempts"] + 1, world.clock.now()
    state = "delivered" if taken else "pending" if attempts <= len(SCHEDULE) else "given_up"
    due_at = now + SCHEDULE[attempts - 1] if state == "pending" else row["due_at"]
    with world.books.writing() as tx:
        tx.execute(
            "UPDATE pushes SET state = ?, attempts = ?, due_at = ?, last_status = ?, last_error = ? WHERE seq = ?",
            (state, attempts, due_at, status, None if taken else answer[:500], row["seq"]),
        )
