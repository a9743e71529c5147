"""Answers of WeChat Pay: signed as the platform signs them, or spoilt by a fault."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from wxsim import numbers
from wxsim.keys import Signer
from wxsim.signing import SIGNATURE_TYPE, random_text, sign
from wxsim.world import World

_HTML = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
_STALE_SECONDS = 600


@dataclass(frozen=True)
class Answer:
    """Status and JSON body (None: empty); `raw` instead of a body is sent unsigned as a file."""

    status: int
    body: dict[str, Any] | None
    number: int = 0
    raw: bytes | None = None
    wakes_delivery: bool = False


def signed(world: World, answer: Answer, signer: Signer, at: float) -> Response:
    """The answer with the five Wechatpay headers over its exact bytes, and a Request-ID."""
    content = b"" if answer.body is None else to_bytes(answer.body)
    response = _plain(answer.status, content, answer.number)
    response.headers.update(signature_headers(signer, content, at))
    if answer.wakes_delivery:
        response.call_on_close(world.delivery.wake)
    return response


def signature_headers(signer: Signer, content: bytes, at: float) -> dict[str, str]:
    """Wechatpay-Serial, -Timestamp, -Nonce, -Signature and -Signature-Type for `content`, signed at `at`."""
    timestamp, nonce = str(int(at)), random_text(32)
    return {
        "Wechatpay-Serial": signer.serial,
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": sign(signer.key, timestamp, nonce, content),
        "Wechatpay-Signature-Type": SIGNATURE_TYPE,
    }


def to_bytes(body: dict[str, Any]) -> bytes:
    """JSON without spaces, as WeChat Pay sends it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def spoilt(
    world: World, answer: Answer, signer: Signer, at: float, strikes: Callable[[str], dict[str, Any] | None]
) -> Response:
    """The signed answer, or what the first armed answer fault makes of it."""
    if answer.raw is not None:
        return Response(answer.raw, answer.status, content_type="application/octet-stream")
    if strikes("answer-unknown-field") is not None and answer.body is not None:
        answer = _with(answer, {**answer.body, "a_field_of_next_year": {"value": [1, 2]}})
    if (chosen := strikes("answer-unknown-state")) is not None and answer.body is not None:
        key = "trade_state" if "trade_state" in answer.body else "status"
        answer = _with(answer, {**answer.body, key: chosen.get("state", "NEW_STATE")})
    if strikes("answer-stale") is not None:
        at -= _STALE_SECONDS
    if strikes("answer-forged") is not None:
        signer = Signer(signer.serial, world.keys.stranger.key)
    response = signed(world, answer, signer, at)
    content = response.get_data()
    _spoil(response, content, strikes)
    if response.status_code == 204 and response.get_data():
        response.status_code = 200  # HTTP allows a 204 no body
    return response


def _spoil(response: Response, content: bytes, strikes: Callable[[str], dict[str, Any] | None]) -> None:
    if strikes("answer-html") is not None:
        response.set_data(_HTML)
        response.content_type = "text/html"
    if strikes("answer-empty") is not None:
        response.set_data(b"")
    if strikes("answer-truncated") is not None:
        response.set_data(content[: len(content) // 2])
    if strikes("answer-altered") is not None:
        response.set_data(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:] if len(content) > 1 else b"{}")
    if strikes("answer-gzip-bomb") is not None:
        response.set_data(gzip.compress(bytes(64 << 20), 1))
        response.headers["Content-Encoding"] = "gzip"
    if strikes("answer-unsigned") is not None:
        for name in [name for name, _ in response.headers if name.startswith("Wechatpay-")]:
            del response.headers[name]


def broken(status: int, as_status: int | None = None) -> Response:
    """What a gateway in front of the platform says when the platform is away: unsigned."""
    return Response(_HTML if status == 502 else b"", as_status or status, content_type="text/html")


def dropped() -> Response:
    """No answer at all: the server cuts the connection."""
    request.environ["wxsim.connection"]["cut"] = True
    return Response(b"", 500)


def _plain(status: int, content: bytes, number: int) -> Response:
    response = Response(content or None, status, content_type="application/json; charset=utf-8")
    response.headers["Request-ID"] = numbers.request_id(number)
    return response


def _with(answer: Answer, body: dict[str, Any]) -> Answer:
    return Answer(answer.status, body, answer.number, None, answer.wakes_delivery)
