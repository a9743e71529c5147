"""Pushed events: only WeChat's, only fresh ones, only what can be read (F31, R09, S10, S12)."""

import base64
import hashlib
import json
import os
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from backend.gateways.outcomes import BadNotification, BadSignature
from backend.gateways.wechat_push import ConsentWord, PictureWord, PushReader
from tests.gateways.playing_wechat import APPID, NOW

TOKEN, KEY = "PushTokenOfTheTests", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
HEAD = {"ToUserName": "gh_1", "FromUserName": OPENID, "CreateTime": 1772424000, "MsgType": "event"}
MEDIA = HEAD | {
    "Event": "wxa_media_check", "appid": APPID, "trace_id": "60ae-1", "version": 2, "errcode": 0, "errmsg": "ok",
    "result": {"suggest": "risky", "label": 20002}, "detail": [{}],
}  # fmt: skip
PLAIN, SEALED = PushReader(TOKEN, "", APPID), PushReader(TOKEN, KEY, APPID)


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def query(seconds: float = 0, token: str = TOKEN, **more: str) -> dict[str, str]:
    timestamp = str(int(NOW.timestamp() + seconds))
    return {"timestamp": timestamp, "nonce": "n1", "signature": sha1(token, timestamp, "n1"), "openid": OPENID} | more


def sealed(event, appid: str = APPID, key: str = KEY, length: int | None = None, padding: bytes | None = None, **more):
    """(query, body) of an event in encrypted mode."""
    raw = base64.b64decode(key + "=")
    content = event if isinstance(event, bytes) else json.dumps(event).encode()
    plain = os.urandom(16) + struct.pack(">I", len(content) if length is None else length) + content + appid.encode()
    count = 32 - len(plain) % 32
    closer = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    padded = plain + (bytes([count]) * count if padding is None else padding)
    closed = base64.b64encode(closer.update(padded + b"\0" * (-len(padded) % 16)) + closer.finalize()).decode()
    asked = query(encrypt_type="aes")
    asked["msg_signature"] = sha1(TOKEN, asked["timestamp"], "n1", closed)
    return asked | more, json.dumps({"ToUserName": "gh_1", "Encrypt": closed}).encode()


def raised(call) -> str:
    with pytest.raises((BadSignature, BadNotification)) as caught:
        call()
    return caught.value.reason


def test_a_verdict_on_a_picture():
    for pushed in (PLAIN.read(query(), json.dumps(MEDIA).encode(), NOW), SEALED.read(*sealed(MEDIA), NOW)):
        assert pushed.picture == PictureWord("60ae-1", "risky", 20002, "")
        assert (pushed.event, pushed.openid) == ("wxa_media_check", OPENID)
    failed = MEDIA | {"errcode": -1008, "result": {}}
    assert PLAIN.read(query(), json.dumps(failed).encode(), NOW).picture == PictureWord("60ae-1", "", 0, "-1008")


def test_a_template_switched_off():
    one = {"TemplateId": "T1", "SubscribeStatusString": "reject"}
    for listed in (one, [one]):
        event = HEAD | {"Event": "subscribe_msg_change_event", "List": listed}
        assert PLAIN.read(query(), json.dumps(event).encode(), NOW).consents == (ConsentWord("T1", "reject"),)


@pytest.mark.parametrize("event", [{"Event": "of_next_year", "x": [1]}, {"Event": "subscribe_msg_sent_event", "List": 5},
                                   {"MsgType": "text", "Content": "你好"}])
def test_what_is_of_no_use_is_read_and_empty(event):
    pushed = PLAIN.read(query(), json.dumps(HEAD | event).encode(), NOW)
    assert pushed.picture is None and pushed.consents == ()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({}, "missing"),
        (query(signature=""), "signature"),
        (query(signature="0" * 40), "signature"),
        (query(signature="é" * 40), "signature"),
        (query(token="another"), "signature"),
        (query(nonce="n2"), "signature"),
        (query(nonce=""), "missing"),
        (query(timestamp="1e9"), "missing"),
        (query(timestamp="٣" * 10), "missing"),
        (query(-301), "stale"),
        (query(301), "stale"),
    ],
)
def test_what_is_not_wechat_s_or_not_fresh(asked, reason):
    assert raised(lambda: PLAIN.read(asked, json.dumps(MEDIA).encode(), NOW)) == reason
    assert raised(lambda: PLAIN.echo(asked | {"echostr": "1"}, NOW)) == reason
    assert raised(lambda: PushReader("", "", APPID).read(query(token=""), b"{}", NOW)) == "missing"


def test_five_minutes_are_fresh():
    assert PLAIN.echo(query(-299, echostr="5837397576"), NOW) == "5837397576"
    for echo in ("", "<script>alert(1)</script> ", "a\nb", "x" * 257):
        assert raised(lambda echo=echo: PLAIN.echo(query(echostr=echo), NOW)) == "echostr"


@pytest.mark.parametrize(
    "raw",
    [b"", b"<xml><!DOCTYPE x [<!ENTITY a 'b'>]></xml>", b"[]", b"[" * 100_000, b'{"a":1,"a":2}', b"\xff", b"{}",
     json.dumps(HEAD).encode(), json.dumps(MEDIA | {"CreateTime": "now"}).encode(),
     json.dumps(MEDIA | {"CreateTime": 10**30}).encode(),
     json.dumps(MEDIA | {"trace_id": "<b>"}).encode(), json.dumps(MEDIA | {"trace_id": ["a"]}).encode(),
     json.dumps(MEDIA | {"result": {"suggest": "x y", "label": 1}}).encode(),
     json.dumps(MEDIA | {"errcode": "0"}).encode(), json.dumps(MEDIA | {"FromUserName": "a'b"}).encode(),
     json.dumps(HEAD | {"Event": "subscribe_msg_change_event", "List": [1]}).encode(),
     json.dumps(HEAD | {"Event": "subscribe_msg_change_event", "List": [{"TemplateId": "T"}] * 21}).encode(),
     b'{"x":"' + b"a" * (64 * 1024) + b'"}'],
    ids=lambda raw: raw[:40].decode("latin-1"),
)  # fmt: skip
def test_hostile_bodies(raw):
    assert raised(lambda: PLAIN.read(query(), raw, NOW))
    assert raised(lambda: SEALED.read(*sealed(raw), NOW))


def test_encrypted_mode_believes_nothing_that_is_not_sealed_for_us():
    good_query, good = sealed(MEDIA)
    assert raised(lambda: SEALED.read(query(), json.dumps(MEDIA).encode(), NOW)) == "Encrypt is missing"
    assert raised(lambda: SEALED.read(good_query | {"msg_signature": "0" * 40}, good, NOW)) == "signature"
    assert raised(lambda: SEALED.read({k: v for k, v in good_query.items() if k != "msg_signature"}, good, NOW)) == "signature"
    other_query, _ = sealed(MEDIA)
    assert raised(lambda: SEALED.read(other_query, good, NOW)) == "signature"
    assert raised(lambda: SEALED.read(*sealed(MEDIA, appid="wx0000000000000000"), NOW)) == "Encrypt is for somebody else"
    assert raised(lambda: SEALED.read(*sealed(MEDIA, length=10**9), NOW)) == "Encrypt is for somebody else"
    assert raised(lambda: SEALED.read(*sealed(MEDIA, key=KEY[::-1]), NOW))
    for padding in (b"", b"\0", b"\x21" * 33):
        assert raised(lambda padding=padding: SEALED.read(*sealed(MEDIA, padding=padding), NOW))


def test_nothing_secret_shows():
    assert TOKEN not in repr(SEALED) and KEY not in repr(SEALED) and TOKEN not in repr(vars(SEALED).keys())


def test_a_key_that_is_none_is_refused_at_start():
    with pytest.raises(ValueError, match="43"):
        PushReader(TOKEN, KEY[1:], APPID)
