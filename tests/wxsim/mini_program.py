"""The mini-program's side of the tests: calls with a token, and pushed events opened without wxsim's own code."""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.wxsim.shop import Taken
from tests.wxsim_server import Wxsim

TOKEN = "PushTokenOfTheTests"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TEMPLATE = "TemplateShipped0123456789"
FIELDS = {"character_string1": "订单编号", "thing2": "商品名称", "amount3": "订单金额", "time4": "发货时间", "phrase5": "状态"}
DATA = {
    "character_string1": "24030212345678",
    "thing2": "红富士苹果 5 斤等 2 件",
    "amount3": "¥88.50",
    "time4": "2026年3月2日 12:00",
    "phrase5": "已发货",
}


@dataclass
class MiniProgram:
    """Calls the stand-in's mini-program API."""

    wx: Wxsim
    http: httpx.Client

    def token(self) -> str:
        given = {"grant_type": "client_credential", "appid": self.wx.appid, "secret": self.wx.app_secret}
        return self.http.post(self.wx.url + "/cgi-bin/stable_token", json=given).json()["access_token"]

    def post(self, path: str, body: Any, token: str | None = None) -> httpx.Response:
        query = {"access_token": self.token() if token is None else token}
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        answer = self.http.post(self.wx.url + path, params=query, content=raw)
        assert answer.status_code == 200
        return answer

    def text(self, content: str, user: str = "评评", **instead: Any) -> dict[str, Any]:
        given = {"version": 2, "openid": self.wx.openid(user), "scene": 2, "content": content} | instead
        return self.post("/wxa/msg_sec_check", given).json()

    def picture(self, url: str, user: str = "评评", **instead: Any) -> dict[str, Any]:
        given = {"version": 2, "openid": self.wx.openid(user), "scene": 2, "media_url": url, "media_type": 2} | instead
        return self.post("/wxa/media_check_async", given).json()

    def send(self, user: str = "评评", fields: dict[str, Any] | None = None, **instead: Any) -> dict[str, Any]:
        given = {
            "touser": self.wx.openid(user),
            "template_id": TEMPLATE,
            "page": "pages/order/index?id=ord_1",
            "data": {key: {"value": value} for key, value in (DATA | (fields or {})).items()},
        }
        return self.post("/cgi-bin/message/subscribe/send", given | instead).json()

    def tap(self, user: str = "评评", answer: str = "accept", template_id: str = TEMPLATE) -> dict[str, Any]:
        return self.wx.control("POST", "/subscribe", {"user": user, "answers": {template_id: answer}})

    def inbox(self, user: str = "评评") -> dict[str, Any]:
        return self.wx.control("POST", "/inbox", {"user": user})


def opened(taken: Taken, token: str = TOKEN, aes_key: str | None = None, appid: str = "") -> dict[str, Any]:
    """The event in a push whose signatures are right; in encrypted mode its appid as well."""
    query = dict(parse_qsl(urlsplit(taken.path).query, strict_parsing=True))
    assert query["signature"] == sha1(token, query["timestamp"], query["nonce"])
    body = json.loads(taken.body)
    if aes_key is None:
        assert "encrypt_type" not in query
        return body
    assert query["encrypt_type"] == "aes"
    assert query["msg_signature"] == sha1(token, query["timestamp"], query["nonce"], body["Encrypt"])
    key = base64.b64decode(aes_key + "=")
    opener = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = opener.update(base64.b64decode(body["Encrypt"])) + opener.finalize()
    plain = plain[: -plain[-1]]
    [length] = struct.unpack(">I", plain[16:20])
    assert plain[20 + length :].decode() == appid
    event = json.loads(plain[20 : 20 + length])
    assert event["ToUserName"] == body["ToUserName"]
    return event


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()
