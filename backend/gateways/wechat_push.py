"""Reads the events that WeChat pushes to us: signature and freshness first, then – in encrypted mode – AES, then strict JSON.

Our URL is registered with the data format JSON, so XML is never parsed. The signature of plain mode covers neither body nor
path: encrypted mode is what production runs with, where it covers the sealed body, which names our appid.
"""

import base64
import binascii
import hashlib
import hmac
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from backend.gateways.outcomes import BadNotification, BadSignature
from backend.gateways.strict_json import WORD, Broken, Fields, read_object

PUSH_BYTES = 64 * 1024
FRESH = timedelta(minutes=5)
MOST_LISTED = 20
_SIGNATURE, _TIMESTAMP, _NONCE = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9]{9,11}"), re.compile(r"[\x21-\x7e]{1,64}")
_ECHO = re.compile(r"[\x21-\x7e]{1,256}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{1,90000}={0,2}")
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_OPENID, _TRACE = re.compile(r"[0-9A-Za-z_-]{1,64}"), re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, slots=True)
class PictureWord:
    """The verdict on a picture; `suggest` is empty when WeChat could not look at it (`problem` says why)."""

    trace_id: str
    suggest: str
    label: int
    problem: str


@dataclass(frozen=True, slots=True)
class ConsentWord:
    """What a user now says to a template in the settings: `status` ∈ accept, reject (or a word that is new)."""

    template_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """One event, proved to be WeChat's; neither `picture` nor `consents` for an event that is new to us or of no use."""

    event: str
    openid: str
    created_at: datetime
    picture: PictureWord | None = None
    consents: tuple[ConsentWord, ...] = ()


class PushReader:
    """Knows our token and key. An empty token refuses everything; an empty key means plain mode."""

    def __init__(self, token: str, aes_key: str, appid: str) -> None:
        """ValueError for a key that is not what WeChat calls an EncodingAESKey."""
        if aes_key and not _AES_KEY.fullmatch(aes_key):
            raise ValueError("TUANMA_PUSH_AES_KEY must be 43 letters and digits")
        self._token = token
        self._key = base64.b64decode(f"{aes_key}=") if aes_key else b""
        self._appid = appid

    def __repr__(self) -> str:
        return f"PushReader({self._appid})"

    def echo(self, query: Mapping[str, str], now: datetime) -> str:
        """What to answer to WeChat's check of our URL; BadSignature unless it is WeChat that asks, and now."""
        self._verify(query, now)
        echo = query.get("echostr", "")
        if not _ECHO.fullmatch(echo):
            raise BadNotification("echostr")
        return echo

    def read(self, query: Mapping[str, str], raw: bytes, now: datetime) -> Pushed:
        """The event in `raw`; BadSignature if it is not WeChat's and fresh, BadNotification if unreadable."""
        self._verify(query, now)
        if len(raw) > PUSH_BYTES:
            raise BadNotification("too long")
        try:
            body = read_object(raw)
            if self._key:
                body = read_object(self._open(query, body.text("Encrypt", _BASE64)))
            return _read(body)
        except Broken as error:
            raise BadNotification(str(error)) from error

    def _verify(self, query: Mapping[str, str], now: datetime) -> None:
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not self._token or not _TIMESTAMP.fullmatch(timestamp) or not _NONCE.fullmatch(nonce):
            raise BadSignature("missing")
        self._must_match(query.get("signature", ""), timestamp, nonce)
        if abs(now.timestamp() - int(timestamp)) > FRESH.total_seconds():
            raise BadSignature("stale")

    def _must_match(self, given: str, *parts: str) -> None:
        right = hashlib.sha1("".join(sorted([self._token, *parts])).encode()).hexdigest()
        if not _SIGNATURE.fullmatch(given) or not hmac.compare_digest(given, right):
            raise BadSignature("signature")

    def _open(self, query: Mapping[str, str], sealed: str) -> bytes:
        self._must_match(query.get("msg_signature", ""), query["timestamp"], query["nonce"], sealed)
        try:
            opener = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).decryptor()
            plain = opener.update(base64.b64decode(sealed, validate=True)) + opener.finalize()
        except (binascii.Error, ValueError) as error:
            raise Broken("Encrypt does not open") from error
        padding = plain[-1] if plain else 0
        if not 1 <= padding <= 32 or plain[-padding:] != bytes([padding]) * padding or len(plain) - padding < 20:
            raise Broken("Encrypt is not padded")
        [length] = struct.unpack(">I", plain[16:20])
        content, appid = plain[20:20 + length], plain[20 + length:-padding]
        if len(content) != length or appid != self._appid.encode():
            raise Broken("Encrypt is for somebody else")
        return content


def _read(body: Fields) -> Pushed:
    if body.text("MsgType", WORD) != "event":
        return Pushed(f"message:{body.text('MsgType', WORD)}", body.text("FromUserName", _OPENID), body.instant("CreateTime"))
    head = body.text("Event", WORD), body.text("FromUserName", _OPENID), body.instant("CreateTime")
    if head[0] == "wxa_media_check":
        return Pushed(*head, picture=_picture(body))
    if head[0] == "subscribe_msg_change_event":
        return Pushed(*head, consents=tuple(_consents(body)))
    return Pushed(*head)


def _picture(body: Fields) -> PictureWord:
    problem = body.whole("errcode")
    result = body.part("result")
    if problem:
        return PictureWord(body.text("trace_id", _TRACE), "", 0, str(problem))
    return PictureWord(body.text("trace_id", _TRACE), result.text("suggest", WORD), result.whole("label"), "")


def _consents(body: Fields) -> list[ConsentWord]:
    return [ConsentWord(each.text("TemplateId", _TRACE), each.text("SubscribeStatusString", WORD))
            for each in body.parts("List", MOST_LISTED)]
